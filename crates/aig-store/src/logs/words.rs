//! The dictionary: texts that many rows share stand in the file once.
//!
//! Words stay when the rows that used them are gone; they are the texts of a row's head, never of
//! a body.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction, named_params};

use super::row::{Intern, Lookup};

/// The numbers of words that were used lately. What it holds must stand in the file: after a
/// transaction that failed it is to be forgotten.
#[derive(Default)]
pub(crate) struct Known {
    words: HashMap<Box<str>, i64>,
    /// By facet, what stood there last: mostly it stands there again, and two texts are compared in
    /// a tenth of the time in which one is looked up.
    last: Vec<(String, i64)>,
}

/// A transaction that adds words.
pub(crate) struct Writing<'t> {
    pub(crate) transaction: &'t Transaction<'t>,
    pub(crate) known: &'t mut Known,
}

/// A transaction that reads words, each once.
pub(crate) struct Reading<'t> {
    transaction: &'t Transaction<'t>,
    known: HashMap<i64, String>,
}

/// A set of words.
#[derive(Clone, Default)]
pub(crate) struct Words(Vec<u64>);

/// How many words are remembered; callers choose some of them, so there must be an end.
const MOST: usize = 65_536;

const NUMBER: &str = "SELECT word FROM log_word WHERE text = :text";
const ADD: &str = "INSERT INTO log_word (text) VALUES (:text)";
const TEXT: &str = "SELECT text FROM log_word WHERE word = :word";
const ALL: &str = "SELECT word, text FROM log_word";

impl Known {
    pub(crate) fn forget(&mut self) {
        self.words.clear();
        self.last.clear();
    }
}

impl Intern for Writing<'_> {
    fn word(&mut self, text: &str) -> rusqlite::Result<i64> {
        if let Some(word) = self.known.words.get(text) {
            return Ok(*word);
        }
        let word = match number(self.transaction, text)? {
            Some(word) => word,
            None => {
                let mut statement = self.transaction.prepare_cached(ADD)?;
                statement.insert(named_params! { ":text": text })?
            }
        };
        if self.known.words.len() >= MOST {
            self.known.forget();
        }
        self.known.words.insert(text.into(), word);
        Ok(word)
    }

    fn word_at(&mut self, facet: usize, text: &str) -> rusqlite::Result<i64> {
        if let Some((last, word)) = self.known.last.get(facet)
            && last == text
        {
            return Ok(*word);
        }
        let word = self.word(text)?;
        let last = &mut self.known.last;
        if last.len() <= facet {
            last.resize(facet + 1, (text.to_owned(), word));
        }
        text.clone_into(&mut last[facet].0);
        last[facet].1 = word;
        Ok(word)
    }
}

impl<'t> Reading<'t> {
    pub(crate) fn new(transaction: &'t Transaction<'t>) -> Self {
        Self {
            transaction,
            known: HashMap::new(),
        }
    }
}

impl Lookup for Reading<'_> {
    fn text(&mut self, word: i64) -> rusqlite::Result<String> {
        if let Some(text) = self.known.get(&word) {
            return Ok(text.clone());
        }
        let mut statement = self.transaction.prepare_cached(TEXT)?;
        let text: String =
            statement.query_row(named_params! { ":word": word }, |row| row.get(0))?;
        self.known.insert(word, text.clone());
        Ok(text)
    }
}

impl Words {
    /// The words of which something is true.
    pub(crate) fn such(
        transaction: &Transaction<'_>,
        mut is: impl FnMut(&str) -> bool,
    ) -> rusqlite::Result<Self> {
        let mut words = Self::default();
        let mut statement = transaction.prepare_cached(ALL)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if is(row.get_ref(1)?.as_str()?) {
                words.add(row.get(0)?);
            }
        }
        Ok(words)
    }

    pub(crate) fn add(&mut self, word: i64) {
        let Ok(at) = usize::try_from(word / 64) else {
            return;
        };
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (word % 64);
    }

    pub(crate) fn has(&self, word: i64) -> bool {
        // A word below none lies beyond the end, as an unsigned number.
        let word = word.cast_unsigned();
        let bits = self.0.get((word / 64) as usize);
        bits.is_some_and(|bits| bits >> (word % 64) & 1 == 1)
    }

    /// Copies what there is from a word on, into the bits from the second on; the first is free.
    pub(crate) fn window(&self, from: i64, into: &mut [u64]) {
        let first = usize::try_from(from - 1).unwrap_or_default();
        let (at, shift) = (first / 64, first % 64);
        let bits = |at: usize| self.0.get(at).copied().unwrap_or_default();
        for (slot, at) in into.iter_mut().zip(at..) {
            let above = bits(at + 1).checked_shl(64 - shift as u32);
            *slot = bits(at) >> shift | above.unwrap_or_default();
        }
        into[0] &= !1;
    }

    /// Whether there may be one in that range, both ends included; looks at sixty-four at a time.
    pub(crate) fn some_within(&self, least: i64, greatest: i64) -> bool {
        let place = |word: i64| usize::try_from(word / 64).unwrap_or_default();
        let to = place(greatest).saturating_add(1).min(self.0.len());
        let range = self.0.get(place(least)..to);
        range.is_some_and(|range| range.iter().any(|bits| *bits != 0))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The number of a text, when it is a word.
pub(crate) fn number(transaction: &Transaction<'_>, text: &str) -> rusqlite::Result<Option<i64>> {
    let mut statement = transaction.prepare_cached(NUMBER)?;
    statement
        .query_row(named_params! { ":text": text }, |row| row.get(0))
        .optional()
}
