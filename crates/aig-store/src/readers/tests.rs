//! Reads end in time, and see one moment.

use super::*;
use crate::testing::Rig;

fn readers(rig: &Rig, deadline: Duration) -> Readers {
    Readers::start("test", [rig.foreign("config.db")], deadline)
}

const FOREVER: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
    SELECT count(*) FROM n";

fn forever(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    transaction.query_row(FOREVER, [], |row| row.get(0))
}

fn one(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    transaction.query_row("SELECT 1", [], |row| row.get(0))
}

#[tokio::test]
async fn a_read_without_end_is_stopped_and_the_next_one_works() {
    let rig = Rig::new();
    let readers = readers(&rig, Duration::from_millis(30));
    let stopped = readers.read(forever).await.unwrap_err();
    assert_eq!(
        stopped.to_string(),
        "reading took longer than 30ms; ask for less, for example without a search"
    );
    assert_eq!(readers.read(one).await.unwrap(), 1);
}

#[tokio::test]
async fn a_read_whose_time_was_over_before_its_turn_is_not_begun() {
    let rig = Rig::new();
    let readers = readers(&rig, Duration::ZERO);
    let begun = |_: &Transaction<'_>| -> rusqlite::Result<()> { panic!("it was begun") };
    let late = readers.read(begun).await;
    assert!(
        matches!(late, Err(StoreError::Deadline(Duration::ZERO))),
        "{late:?}"
    );
    readers.set_deadline(Readers::DEADLINE);
    assert_eq!(readers.read(one).await.unwrap(), 1);
}

#[test]
fn work_that_takes_too_long_is_undone_and_the_next_has_no_deadline() {
    let rig = Rig::new();
    let mut connection = rig.foreign("logs.db");
    connection.execute_batch("CREATE TABLE n (i)").unwrap();
    let stopped = bounded(&mut connection, Duration::ZERO, |connection| {
        let transaction = connection.transaction()?;
        transaction.execute_batch("INSERT INTO n VALUES (1)")?;
        forever(&transaction)
    });
    assert!(
        matches!(stopped, Err(StoreError::Deadline(_))),
        "{stopped:?}"
    );
    let left: i64 = connection
        .query_row("SELECT count(*) FROM n", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    // As many steps as would have been stopped before.
    let counted: i64 = connection
        .query_row(
            &format!("{FOREVER} LIMIT 1").replace("FROM n)", "FROM n WHERE i < 9999)"),
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(counted, 9_999);
}

#[tokio::test]
async fn a_read_that_panics_takes_no_thread_with_it() {
    let rig = Rig::new();
    let readers = readers(&rig, Readers::DEADLINE);
    let panicked = readers
        .read(|_| -> rusqlite::Result<()> { panic!("planted") })
        .await;
    assert!(matches!(panicked, Err(StoreError::Closed)));
    assert_eq!(readers.read(one).await.unwrap(), 1);
}

#[tokio::test]
async fn reads_go_on_while_another_process_holds_the_file_for_writing() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let other = rig.foreign("config.db");
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let gateway = rig
        .scope(account)
        .gateway(&crate::testing::id("default"))
        .await;
    assert!(gateway.unwrap().is_some());
}
