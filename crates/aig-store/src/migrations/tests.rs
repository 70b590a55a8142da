//! From every older version to the newest, and refusals.

use rusqlite::types::Value;

use super::*;

const STEPS: &[&str] = &[
    "CREATE TABLE thing (name TEXT NOT NULL) STRICT; INSERT INTO thing VALUES ('first');",
    "ALTER TABLE thing ADD COLUMN size INTEGER NOT NULL DEFAULT 7;",
    "UPDATE thing SET size = size + 1;",
];

fn brought_to(version: usize, steps: &[&str]) -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, Path::new("x.db"), &steps[..version]).unwrap();
    connection
}

fn version(connection: &Connection) -> u32 {
    connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn every_older_version_becomes_the_newest_with_its_data() {
    for from in 0..=STEPS.len() {
        let mut connection = brought_to(from, STEPS);
        assert_eq!(version(&connection) as usize, from);
        migrate(&mut connection, Path::new("x.db"), STEPS).unwrap();
        let row: (String, i64) = connection
            .query_row("SELECT name, size FROM thing", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!((row, version(&connection)), (("first".into(), 8), 3));
    }
}

#[test]
fn the_schemas_of_this_program_can_be_made_from_every_older_version() {
    for steps in [CONFIG, LOGS] {
        let newest = tables(&brought_to(steps.len(), steps));
        assert!(!newest.is_empty());
        for from in 0..steps.len() {
            let mut connection = brought_to(from, steps);
            migrate(&mut connection, Path::new("x.db"), steps).unwrap();
            assert_eq!(tables(&connection), newest);
        }
    }
}

fn tables(connection: &Connection) -> Vec<String> {
    connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// Every column of every row that shows one, in the order of the gateways.
fn rows(connection: &Connection, table: &str) -> Vec<Vec<(String, Value)>> {
    let sql = format!("SELECT * FROM {table} ORDER BY account_id, gateway_id");
    let mut statement = connection.prepare(&sql).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    statement
        .query_map([], |row| {
            names
                .iter()
                .enumerate()
                .map(|(index, name)| Ok((name.clone(), row.get(index)?)))
                .collect()
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn gateways_from_before_retries_keep_their_settings_and_say_nothing_about_retries() {
    let mut connection = brought_to(1, CONFIG);
    connection
        .execute_batch(
            "INSERT INTO account VALUES ('0123456789abcdef0123456789abcdef', 'a', 5, 7);
            INSERT INTO account VALUES ('fedcba9876543210fedcba9876543210', 'b', 6, 8);
            INSERT INTO gateway VALUES ('0123456789abcdef0123456789abcdef', 'default', 9,
                'Mine', 1, 60, 0, 100, 10, 0, 1, 11, 12);
            INSERT INTO gateway VALUES ('fedcba9876543210fedcba9876543210', 'x', 10,
                'X', NULL, NULL, NULL, NULL, NULL, 1, 0, 13, 14);
            INSERT INTO token VALUES ('0123456789abcdef0123456789abcdef',
                '0123456789abcdef0123456789abcdef', 't', 'read', zeroblob(32), 'abcd', 0, 15);",
        )
        .unwrap();
    let tables = ["gateway", "gateway_or_default"];
    let before = tables.map(|table| rows(&connection, table));
    assert_eq!(before.each_ref().map(Vec::len), [2, 3]);

    migrate(&mut connection, Path::new("config.db"), &CONFIG[..3]).unwrap();
    for (table, before) in tables.into_iter().zip(before) {
        let mut after = rows(&connection, table);
        for row in &mut after {
            let said: Vec<_> = row
                .extract_if(.., |(name, _)| name.starts_with("retry_"))
                .map(|(_, value)| value)
                .collect();
            assert_eq!(said, [Value::Null, Value::Null, Value::Null], "{table}");
            // What came later still is not what this is about.
            row.retain(|(name, _)| before[0].iter().any(|(known, _)| known == name));
        }
        assert_eq!(after, before, "{table}");
    }
    let tokens: i64 = connection
        .query_row("SELECT count(*) FROM token", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tokens, 1);
}

#[test]
fn gateways_from_before_the_cache_begin_with_epochs_that_no_other_has() {
    let mut connection = brought_to(3, CONFIG);
    connection
        .execute_batch(
            "INSERT INTO account VALUES ('0123456789abcdef0123456789abcdef', 'a', 5, 7);
            INSERT INTO account VALUES ('fedcba9876543210fedcba9876543210', 'b', 6, 8);
            INSERT INTO gateway VALUES ('0123456789abcdef0123456789abcdef', 'default', 9,
                'Mine', 1, 60, 0, 100, 10, 0, 1, 11, 12, NULL, NULL, NULL);",
        )
        .unwrap();
    migrate(&mut connection, Path::new("config.db"), CONFIG).unwrap();
    let shown = rows(&connection, "gateway_or_default");
    let of = |row: &[(String, Value)], column: &str| {
        let value = row.iter().find(|(name, _)| name == column);
        value.unwrap().1.clone()
    };
    let columns = [
        "rate_limiting_technique",
        "cache_invalidate_on_update",
        "cache_epoch",
    ];
    let shown: Vec<_> = (shown.iter())
        .map(|row| columns.map(|column| of(row, column)))
        .collect();
    let (none, off) = (Value::Null, Value::Integer(0));
    let written = [none.clone(), off.clone(), Value::Integer(9)];
    assert_eq!(shown, [written, [none, off.clone(), off]]);
}

#[test]
fn a_step_that_fails_half_way_leaves_the_version_before_it() {
    let broken = [
        STEPS[0],
        "INSERT INTO thing VALUES ('half'); INSERT INTO nothing VALUES (1);",
    ];
    let mut connection = brought_to(1, STEPS);
    let error = migrate(&mut connection, Path::new("x.db"), &broken).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }));
    let rows: i64 = connection
        .query_row("SELECT count(*) FROM thing", [], |row| row.get(0))
        .unwrap();
    assert_eq!((rows, version(&connection)), (1, 1));
}

#[test]
fn a_newer_version_is_refused_and_left_as_it_is() {
    let mut connection = brought_to(3, STEPS);
    let error = migrate(&mut connection, Path::new("dir/x.db"), &STEPS[..2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "dir/x.db has schema version 3, this program knows versions up to 2; start a newer \
         version, or restore the backup that was made before the upgrade"
    );
    assert_eq!(version(&connection), 3);
}
