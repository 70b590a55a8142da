//! How values of the model stand in columns, where they are neither numbers nor text already.

use std::error::Error;
use std::str::FromStr;

use aig_model::{AccountId, Invalid, Timestamp, TokenDigest};
use rusqlite::Row;
use rusqlite::types::Type;

/// Reads a column that holds the text of a value.
pub(crate) fn parsed<T>(row: &Row<'_>, column: &'static str) -> rusqlite::Result<T>
where
    T: FromStr<Err: Into<Box<dyn Error + Send + Sync>>>,
{
    let index = row.as_ref().column_index(column)?;
    let text = row.get_ref(index)?.as_str()?;
    text.parse()
        .map_err(|e: T::Err| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, e.into()))
}

/// Reads a column of milliseconds since the epoch.
pub(crate) fn timestamp(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

/// Reads a text that is JSON.
pub(crate) fn json<T>(
    row: &Row<'_>,
    column: &str,
    read: fn(&str) -> serde_json::Result<T>,
) -> rusqlite::Result<T> {
    let index = row.as_ref().column_index(column)?;
    let text = row.get_ref(index)?.as_str()?;
    read(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, error.into()))
}

/// Reads a column of milliseconds since the epoch, or nothing.
pub(crate) fn maybe_timestamp(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let millis: Option<i64> = row.get(column)?;
    Ok(millis.map(Timestamp::from_millis))
}

/// Reads the owner of the row.
pub(crate) fn account(row: &Row<'_>) -> rusqlite::Result<AccountId> {
    parsed(row, "account_id")
}

/// Reads a keyed digest.
pub(crate) fn digest(row: &Row<'_>) -> rusqlite::Result<TokenDigest> {
    row.get("digest").map(TokenDigest)
}

/// Reads a column that holds a word out of a list, or nothing.
pub(crate) fn word<T>(
    row: &Row<'_>,
    column: &'static str,
    meaning: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    let index = row.as_ref().column_index(column)?;
    let Some(word) = row.get_ref(index)?.as_str_or_null()? else {
        return Ok(None);
    };
    let known = meaning(word).ok_or_else(|| {
        let error = format!("{word:?} is no {column}");
        rusqlite::Error::FromSqlConversionFailure(index, Type::Text, error.into())
    })?;
    Ok(Some(known))
}

/// A setting that was read; a combination that cannot be held names its column.
pub(crate) fn legal<T>(row: &Row<'_>, read: Result<T, Invalid>) -> rusqlite::Result<T> {
    read.or_else(|invalid| {
        let index = row.as_ref().column_index(invalid.field)?;
        Err(rusqlite::Error::FromSqlConversionFailure(
            index,
            Type::Integer,
            invalid.into(),
        ))
    })
}

/// A count as SQLite holds it; what is beyond its integers is beyond everything else too.
pub(crate) fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
