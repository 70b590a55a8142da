//! Changes are whole, in order, and bounded.

use std::sync::mpsc;

use super::*;
use crate::directory::Directory;

fn started() -> (tempfile::TempDir, Writer, Published) {
    let temporary = tempfile::TempDir::new().unwrap();
    let directory = Directory::prepare(temporary.path()).unwrap();
    let (writer, published) = Writer::start(directory.config_writer().unwrap(), None).unwrap();
    (temporary, writer, published)
}

fn insert(transaction: &Transaction<'_>, name: &str) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT INTO account (account_id, name, created_at, default_incarnation)
         VALUES (printf('%032d', abs(random()) % 1000000), ?1, 0, abs(random()))",
        [name],
    )?;
    Ok(())
}

fn names(published: &Published) -> Vec<String> {
    let snapshot = published.snapshots.borrow();
    let mut names: Vec<_> = snapshot.accounts.values().map(|a| a.name.clone()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_live_connection_is_set_to_sync_each_commit_which_others_see_at_once() {
    let (temporary, writer, _published) = started();
    let settings: (i64, String) = writer
        .write(|transaction| {
            insert(transaction, "a")?;
            Ok::<_, StoreError>((
                transaction.pragma_query_value(None, "synchronous", |row| row.get(0))?,
                transaction.pragma_query_value(None, "journal_mode", |row| row.get(0))?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(settings, (2, "wal".into()), "FULL: each commit is synced");
    let other = Connection::open(temporary.path().join("config.db")).unwrap();
    let name: String = other
        .query_row("SELECT name FROM account", [], |row| row.get(0))
        .unwrap();
    assert_eq!(name, "a");
}

#[tokio::test]
async fn dropping_the_request_does_not_cancel_the_change() {
    let (_temporary, writer, published) = started();
    let (go, wait) = mpsc::channel::<()>();
    {
        let mut request = Box::pin(writer.write(move |transaction| {
            wait.recv().unwrap();
            insert(transaction, "a")
        }));
        // Polled once, so that the change is queued, and then dropped.
        assert!(futures_poll(request.as_mut()).await.is_none());
    }
    go.send(()).unwrap();
    writer.write(|t| insert(t, "b")).await.unwrap();
    assert_eq!(names(&published), ["a", "b"]);
}

async fn futures_poll<F: Future>(request: std::pin::Pin<&mut F>) -> Option<F::Output> {
    let mut request = Some(request);
    std::future::poll_fn(|context| {
        let request = request.take().expect("this future is ready the first time");
        std::task::Poll::Ready(match request.poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn a_change_that_fails_or_panics_leaves_nothing_and_the_next_one_works() {
    let (_temporary, writer, published) = started();
    let failed = writer
        .write(|transaction| {
            insert(transaction, "a")?;
            Err::<(), _>(StoreError::Full)
        })
        .await;
    assert!(matches!(failed, Err(StoreError::Full)));
    let panicked = writer
        .write(|transaction| {
            insert(transaction, "b")?;
            panic!("planted");
            #[expect(unreachable_code, reason = "it says which type the change has")]
            Ok::<(), StoreError>(())
        })
        .await;
    assert!(matches!(panicked, Err(StoreError::Closed)));
    writer.write(|t| insert(t, "c")).await.unwrap();
    assert_eq!(names(&published), ["c"]);
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_for_and_then_refused() {
    let (temporary, writer, published) = started();
    let other = Connection::open(temporary.path().join("config.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let little = Duration::from_millis(20);
    let refused = writer.write_within(little, |t| insert(t, "a")).await;
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    other.execute_batch("ROLLBACK").unwrap();
    writer.write(|t| insert(t, "b")).await.unwrap();
    assert_eq!(names(&published), ["b"]);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_a_change_that_waited_too_long_is_not_made() {
    let (_temporary, writer, published) = started();
    let (go, wait) = mpsc::channel::<()>();
    let (running, started) = mpsc::channel::<()>();
    let first = move |_: &Transaction<'_>| {
        running.send(()).unwrap();
        wait.recv().unwrap();
        Ok::<(), StoreError>(())
    };
    writer.submit(first, |_| {}).unwrap();
    started.recv().unwrap();
    let (answers, answered) = mpsc::channel();
    for _ in 0..QUEUE {
        let answers = answers.clone();
        let done = move |result: Result<(), StoreError>| answers.send(result.is_err()).unwrap();
        // Without any patience they are too late whenever their turn comes.
        let late = |transaction: &Transaction<'_>| insert(transaction, "late");
        writer.submit_within(Duration::ZERO, late, done).unwrap();
    }
    let refused = writer.write(|t| insert(t, "one too many")).await;
    assert!(matches!(refused, Err(StoreError::Busy)));
    go.send(()).unwrap();
    assert_eq!(
        answered.iter().take(QUEUE).filter(|late| *late).count(),
        QUEUE
    );
    assert_eq!(names(&published), [""; 0]);
}

#[tokio::test]
async fn the_end_of_the_writer_waits_for_what_is_queued() {
    let (temporary, writer, _published) = started();
    for _ in 0..20 {
        let done = |result: Result<(), StoreError>| result.unwrap();
        writer.submit(|t| insert(t, "queued"), done).unwrap();
    }
    drop(writer);
    let other = Connection::open(temporary.path().join("config.db")).unwrap();
    let rows: i64 = other
        .query_row("SELECT count(*) FROM account", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 20);
}

#[tokio::test]
async fn a_full_disk_refuses_changes_and_takes_them_again_when_there_is_room() {
    let (_temporary, writer, published) = started();
    let limit = |pages: u32| {
        move |transaction: &Transaction<'_>| {
            let set = format!("PRAGMA max_page_count = {pages}");
            Ok::<(), StoreError>(transaction.query_row(&set, [], |_| Ok(()))?)
        }
    };
    let big = |transaction: &Transaction<'_>| insert(transaction, &"x".repeat(1 << 20));
    writer.write(limit(64)).await.unwrap();
    let refused = writer.write(big).await;
    assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
    assert_eq!(names(&published), [""; 0]);
    writer.write(|t| insert(t, "small")).await.unwrap();
    writer.write(limit(1_000_000)).await.unwrap();
    writer.write(big).await.unwrap();
    assert_eq!(names(&published).len(), 2);
}
