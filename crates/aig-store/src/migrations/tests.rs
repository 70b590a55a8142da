//! From every older version to the newest, and refusals.

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
