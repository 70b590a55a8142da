//! Offering never waits, and what is lost is counted exactly.

mod crash;
mod pace;

use aig_model::{PageRequest, Record, Rest};

use super::*;
use crate::testing::{Rig, id, record};

fn rows(rig: &Rig) -> i64 {
    rig.foreign("logs.db")
        .query_row("SELECT ifnull(sum(total), 0) FROM log_of", [], |row| {
            row.get(0)
        })
        .unwrap()
}

/// Numbers between the first and the last row that no row has.
fn gaps(rig: &Rig) -> i64 {
    let numbers = crate::logs::numbers(&rig.foreign("logs.db"));
    let (first, last) = (numbers.iter().min().unwrap(), numbers.iter().max().unwrap());
    last.1 - first.1 + 1 - numbers.len() as i64
}

#[tokio::test]
async fn rows_offered_before_a_flush_are_in_the_file_after_it() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    let journal = rig.store.journal();
    for number in 0..2_500 {
        journal.offer(record(account, &gateway, number));
    }
    journal.flush().await;
    let counters = journal.counters();
    assert_eq!((rows(&rig), gaps(&rig)), (2_500, 0));
    assert_eq!((counters.offered(), counters.written()), (2_500, 2_500));
    assert_eq!(
        (
            counters.dropped(),
            counters.refused(),
            counters.queued_bytes()
        ),
        (0, 0, 0)
    );
}

#[tokio::test]
async fn d_09_what_does_not_fit_while_the_file_is_locked_is_dropped_and_counted_exactly() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    let journal = rig.store.journal();
    let big = |number| Record {
        path: "p".repeat(64 << 10).into(),
        ..record(account, &gateway, number)
    };
    let fitting = Journal::CAPACITY / big(0).weight() as u64;

    let other = rig.foreign("logs.db");
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    // Of the same weight all, so as many fit as the arithmetic says, and later ones never do.
    let offered = u32::try_from(fitting).unwrap() + 100;
    for number in 1_000..1_000 + offered {
        journal.offer(big(number));
    }
    assert_eq!(journal.counters().dropped(), 100);
    assert_eq!(journal.counters().written(), 0);
    assert!(journal.counters().queued_bytes() <= Journal::CAPACITY);

    other.execute_batch("ROLLBACK").unwrap();
    journal.flush().await;
    journal.offer(record(account, &gateway, 7));
    journal.flush().await;
    let counters = journal.counters();
    assert_eq!(
        (
            counters.dropped(),
            counters.refused(),
            counters.queued_bytes()
        ),
        (100, 0, 0)
    );
    assert_eq!(counters.written(), fitting + 1);
    assert_eq!(rows(&rig).unsigned_abs(), fitting + 1);
    assert_eq!(gaps(&rig), 100, "the loss can be counted from the rows");
}

#[tokio::test]
async fn d_10_bodies_are_shed_before_rows_and_nothing_is_held_after_each_stall() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    let journal = rig.store.journal();
    let body = || Body::try_from(bytes::Bytes::from(vec![b'x'; 1 << 20])).ok();
    let other = rig.foreign("logs.db");
    for stall in 0..10 {
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        for number in 0..20 {
            let transcript = Transcript {
                request: body(),
                response: None,
            };
            journal.offer((record(account, &gateway, stall * 20 + number), transcript));
        }
        other.execute_batch("ROLLBACK").unwrap();
        journal.flush().await;
        assert_eq!(journal.counters().queued_bytes(), 0);
    }
    let counters = journal.counters();
    assert_eq!((counters.written(), counters.dropped()), (200, 0));
    let request = aig_model::PageRequest::new(None, Some(50), 50);
    let page = rig.scope(account).logs(&gateway, request, None).await;
    let shown = page.unwrap().unwrap().items;
    let shed = shown
        .iter()
        .filter(|row| row.request_body == BodyFate::Shed)
        .count();
    let kept = shown
        .iter()
        .filter(|row| row.request_body == BodyFate::Kept)
        .count();
    assert_eq!(shed + kept, 50);
    assert!(shed > 0 && kept > 0, "{shed} {kept}");
    // Eleven megabytes of bodies fit, of twenty; in each stall alike.
    assert_eq!(counters.shed(), 10 * 9);
}

#[tokio::test]
async fn d_11_a_row_that_cannot_be_stored_takes_no_other_with_it() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    let journal = rig.store.journal();
    let other = rig.foreign("logs.db");
    // Locked while offering, so that all of them share a batch.
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    journal.offer(record(account, &gateway, 1));
    journal.offer(Record {
        duration_ms: u64::MAX,
        ..record(account, &gateway, 2)
    });
    journal.offer(record(account, &gateway, 3));
    other.execute_batch("ROLLBACK").unwrap();
    journal.flush().await;
    assert_eq!(
        (journal.counters().written(), journal.counters().refused()),
        (2, 1)
    );
    assert_eq!((rows(&rig), journal.counters().queued_bytes()), (2, 0));
}

#[tokio::test]
async fn a_row_bigger_than_the_queue_is_dropped() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    let journal = rig.store.journal();
    journal.offer(Record {
        model: "m".repeat(Journal::CAPACITY as usize).into(),
        ..record(account, &gateway, 1)
    });
    assert_eq!(
        (journal.counters().offered(), journal.counters().dropped()),
        (1, 1)
    );
}

#[tokio::test]
async fn a_row_of_a_gateway_that_is_gone_is_refused() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    let journal = rig.store.journal();
    rig.scope(account).delete_gateway(&gateway).await.unwrap();
    journal.offer(record(account, &gateway, 1));
    journal.offer(record(account, &id("default"), 2));
    journal.flush().await;
    assert_eq!(
        (journal.counters().refused(), journal.counters().written()),
        (1, 1)
    );
}

#[tokio::test]
async fn rows_become_visible_without_a_flush() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    rig.store.journal().offer(record(account, &gateway, 1));
    let request = aig_model::PageRequest::new(None, None, 50);
    let visible = async {
        while rig
            .scope(account)
            .logs(&gateway, request, None)
            .await
            .unwrap()
            .unwrap()
            .items
            .is_empty()
        {}
    };
    // On a machine with nothing else to do it takes a quarter of a second.
    tokio::time::timeout(std::time::Duration::from_secs(20), visible)
        .await
        .expect("a row is written without being asked for");
}

#[tokio::test]
async fn the_end_of_the_store_writes_what_is_queued_and_drops_what_comes_later() {
    let directory = tempfile::TempDir::new().unwrap();
    let store = crate::Store::open(directory.path()).unwrap();
    let account = store
        .instance()
        .create_account("a", None, crate::testing::at(0))
        .await
        .unwrap();
    let journal = store.journal();
    let default = id("default");
    for number in 0..1_500 {
        journal.offer(record(account.id, &default, number));
    }
    drop(store);
    assert_eq!(journal.counters().written(), 1_500);
    journal.offer(record(account.id, &default, 9_999));
    journal.flush().await;
    assert_eq!(
        (journal.counters().offered(), journal.counters().dropped()),
        (1_501, 1)
    );
    assert_eq!(journal.counters().queued_bytes(), 0);
}

#[tokio::test]
async fn the_end_of_the_store_does_not_wait_for_ever_for_a_locked_file() {
    let directory = tempfile::TempDir::new().unwrap();
    let store = crate::Store::open(directory.path()).unwrap();
    let account = store
        .instance()
        .create_account("a", None, crate::testing::at(0))
        .await
        .unwrap();
    let journal = store.journal();
    let other = rusqlite::Connection::open(directory.path().join("logs.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for number in 0..10 {
        journal.offer(record(account.id, &id("default"), number));
    }
    drop(store);
    assert_eq!(
        (journal.counters().written(), journal.counters().dropped()),
        (0, 10)
    );
    assert_eq!(journal.counters().queued_bytes(), 0);
}

#[test]
fn only_the_row_that_fills_the_queue_to_the_mark_makes_it_press() {
    let counters = JournalCounters::default();
    let row = Journal::PRESSING / 4;
    let pressed: Vec<_> = (0..8)
        .map(|_| counters.take(row, Journal::CAPACITY))
        .collect();
    let fourth: Vec<_> = (0..8).map(|at| Some(at == 3)).collect();
    assert_eq!(pressed, fourth);
    let counters = JournalCounters::default();
    let pressed = (0..2 * Journal::PRESSING_ROWS)
        .filter(|_| counters.take(1, Journal::CAPACITY) == Some(true));
    assert_eq!(pressed.count(), 1, "many rows press too");
    assert!(counters.pressing());
}

/// What a row lacks, in a test.
struct Lacking(fn(&mut Record, &mut Transcript));

impl Rest for Lacking {
    fn weight(&self) -> usize {
        1_000
    }

    fn complete(&mut self, record: &mut Record, transcript: &mut Transcript) {
        (self.0)(record, transcript);
    }
}

#[tokio::test]
async fn what_a_row_lacks_is_written_with_it_and_a_fault_in_that_costs_its_bodies_alone() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    let journal = rig.store.journal();
    let body = || aig_model::Body::try_from(bytes::Bytes::from_static(b"a secret")).unwrap();
    let lacks = |number, rest| Row {
        record: record(account, &gateway, number),
        transcript: Transcript {
            request: Some(body()),
            response: None,
        },
        rest: Lacking(rest),
    };
    let light = lacks(1, |_, _| ());
    assert_eq!(light.weight(), light.record.weight() + 1_000);
    let whole: Box<Row> = Box::new(lacks(1, |record, _| record.model = "made out later".into()));
    let broken: Box<Row> = Box::new(lacks(2, |_, _| panic!("a fault of the program")));
    journal.offer(broken);
    journal.offer(whole);
    journal.offer(record(account, &gateway, 3));
    journal.flush().await;
    assert_eq!((journal.counters().written(), rows(&rig)), (3, 3));
    let request = PageRequest::new(None, Some(50), 50);
    let scope = rig.scope(account);
    let page = scope.logs(&gateway, request, None).await.unwrap().unwrap();
    let of = |number| {
        let id = record(account, &gateway, number).id;
        page.items.iter().find(|row| row.id == id).unwrap()
    };
    assert_eq!(of(1).model, "made out later");
    assert_eq!(of(1).request_body, BodyFate::Kept);
    assert_eq!(of(2).request_body, BodyFate::NotKept);
}

#[tokio::test]
async fn while_rows_wait_for_the_writer_they_are_made_whole_by_who_hands_them_in() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    let journal = rig.store.journal();
    let offer = |number, path: String| {
        let mut record = record(account, &gateway, number);
        record.path = path.into();
        journal.offer(Box::new(Row {
            record,
            transcript: Transcript::EMPTY,
            rest: Lacking(|record, _| {
                let thread = std::thread::current();
                record.model = thread.name().unwrap_or_default().into();
            }),
        }) as Box<Row>);
    };
    let other = rig.foreign("logs.db");
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    offer(1, "short".into());
    offer(2, "p".repeat(Journal::PRESSING as usize));
    offer(3, "short".into());
    other.execute_batch("ROLLBACK").unwrap();
    journal.flush().await;
    let request = PageRequest::new(None, Some(50), 50);
    let scope = rig.scope(account);
    let page = scope.logs(&gateway, request, None).await.unwrap().unwrap();
    for row in page.items {
        let by_the_writer = row.id.as_u128() <= 2;
        assert_eq!(row.model == "store-journal", by_the_writer, "{}", row.id);
    }
    assert_eq!(journal.counters().written(), 3);
}
