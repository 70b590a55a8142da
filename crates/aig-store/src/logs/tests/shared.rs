//! Bodies that many rows have are in the file once, for as long as one of the rows is there.

use aig_model::{Body, LogKey, LogOperator, LogQuery, LogValue, Transcript};
use bytes::Bytes;

use super::blocks::filter;
use super::*;
use crate::Side;
use crate::journal::Entry;
use crate::logs::Place;
use crate::logs::shared::Shared;
use crate::testing::id;

/// A question and an answer that are long enough to be shared.
struct Talk {
    question: String,
    answer: Bytes,
}

impl Talk {
    fn about(what: &str) -> Self {
        Self {
            question: format!("{what}? ").repeat(1_000),
            answer: format!("{what}! ").repeat(1_000).into(),
        }
    }

    /// As the cache gives it: the question came in pieces of its own, the answer is in one place.
    fn again(&self, split: usize) -> Transcript {
        let (head, tail) = self.question.as_bytes().split_at(split);
        let mut request = Body::default();
        for piece in [head, tail] {
            request.push(Bytes::copy_from_slice(piece)).unwrap();
        }
        Transcript {
            request: Some(request),
            response: Body::try_from(self.answer.clone()).ok(),
        }
    }
}

struct Log {
    rig: Rig,
    account: AccountId,
    gateway: GatewayId,
}

impl Log {
    async fn new() -> Self {
        let (rig, account, gateway) = house().await;
        Self {
            rig,
            account,
            gateway,
        }
    }

    async fn write(&self, number: u32, cached: bool, transcript: Transcript) {
        let record = Record {
            cached,
            ..record(self.account, &self.gateway, number)
        };
        let journal = self.rig.store.journal();
        journal.offer((record, transcript));
        journal.flush().await;
    }

    async fn delete(&self, number: u32) {
        let id = LogValue::Text(Uuid::from_u128(number.into()).to_string());
        let one = filter(LogKey::Id, LogOperator::Eq, &[id]);
        let scope = self.rig.scope(self.account);
        let gone = scope.delete_logs(&self.gateway, one, 10).await.unwrap();
        assert_eq!(gone, Some(1), "{number}");
    }

    async fn says(&self, number: u32) -> Option<(Vec<u8>, Vec<u8>)> {
        let scope = self.rig.scope(self.account);
        let id = Uuid::from_u128(number.into());
        let body = async |side| scope.log_body(&self.gateway, id, side).await.unwrap();
        let request = body(Side::Request).await?.bytes;
        Some((request, body(Side::Response).await?.bytes))
    }

    async fn tells(&self, number: u32, talk: &Talk) -> bool {
        self.says(number).await == Some((talk.question.clone().into(), talk.answer.to_vec()))
    }

    /// How often a text stands in the file.
    fn holds(&self, text: &str) -> usize {
        let file = self.rig.foreign("logs.db");
        let mut statement = file.prepare("SELECT data FROM log_body").unwrap();
        let blocks = statement.query_map([], |row| row.get(0)).unwrap();
        blocks
            .map(|block| zstd::bulk::decompress(&block.unwrap() as &Vec<u8>, 64 << 20).unwrap())
            .map(|raw| String::from_utf8_lossy(&raw).matches(text).count())
            .sum()
    }

    fn count(&self, table: &str) -> i64 {
        let file = self.rig.foreign("logs.db");
        let sql = format!("SELECT count(*) FROM {table}");
        file.query_row(&sql, [], |row| row.get(0)).unwrap()
    }
}

#[tokio::test]
async fn an_answer_that_comes_again_is_in_the_file_once_and_goes_with_its_last_row() {
    let log = Log::new().await;
    let (talk, other) = (Talk::about("rain"), Talk::about("snow"));
    let journal = log.rig.store.journal();
    let hit = |number| Record {
        cached: true,
        ..record(log.account, &log.gateway, number)
    };
    // Two in the transaction of the first, two in later ones.
    journal.offer((hit(1), talk.again(1)));
    journal.offer((hit(2), talk.again(2)));
    journal.offer((hit(3), other.again(3)));
    journal.flush().await;
    for number in [4, 5] {
        log.write(number, true, talk.again(number as usize)).await;
    }
    for number in [1, 2, 4, 5] {
        assert!(log.tells(number, &talk).await, "{number}");
    }
    assert!(log.tells(3, &other).await);
    assert_eq!((log.holds("rain? "), log.holds("rain! ")), (1_000, 1_000));

    log.delete(1).await;
    log.delete(4).await;
    assert!(log.tells(2, &talk).await && log.tells(5, &talk).await);
    let both = LogQuery {
        ascending: true,
        ..LogQuery::default()
    };
    // The oldest two of 2, 3, 5.
    let scope = log.rig.scope(log.account);
    let gone = scope.delete_logs(&log.gateway, both, 2).await.unwrap();
    assert_eq!(gone, Some(2));
    assert!(log.tells(5, &talk).await);
    assert_eq!(
        log.holds("snow! "),
        0,
        "what no row has any more is at rest no more"
    );
    // One that comes after a deletion is written anew, and outlives the old ones.
    log.write(6, true, talk.again(6)).await;
    assert_eq!(log.holds("rain! "), 2_000);
    log.delete(5).await;
    assert_eq!(log.holds("rain! "), 1_000);
    assert!(log.tells(6, &talk).await);
    log.delete(6).await;
    assert_eq!((log.count("log_body"), log.count("log_shared")), (0, 0));
}

#[tokio::test]
async fn in_one_block_with_others_shared_bodies_are_blanked_when_the_last_row_goes() {
    let log = Log::new().await;
    let (talk, stays) = (Talk::about("rain"), Talk::about("snow"));
    let journal = log.rig.store.journal();
    for (number, talk) in [(1, &talk), (2, &talk), (3, &talk), (4, &stays)] {
        let hit = Record {
            cached: true,
            ..record(log.account, &log.gateway, number)
        };
        journal.offer((hit, talk.again(9)));
    }
    journal.flush().await;
    assert_eq!(log.count("log_body"), 1);
    let rain = filter(
        LogKey::Id,
        LogOperator::Eq,
        &[1, 2].map(|number| LogValue::Text(Uuid::from_u128(number).to_string())),
    );
    let scope = log.rig.scope(log.account);
    let gone = scope.delete_logs(&log.gateway, rain, 10).await.unwrap();
    assert_eq!((gone, log.holds("rain! ")), (Some(2), 1_000));
    log.delete(3).await;
    assert_eq!((log.holds("rain"), log.holds("snow! ")), (0, 1_000));
    assert!(log.tells(4, &stays).await);
    assert_eq!(log.count("log_shared"), 0);
}

#[tokio::test]
async fn only_what_the_cache_gave_again_to_the_same_question_is_shared() {
    let log = Log::new().await;
    let talk = Talk::about("rain");
    log.write(1, true, talk.again(1)).await;
    // Sent by the provider.
    log.write(2, false, talk.again(1)).await;
    // The same answer to a question of the same length, under a key of the caller's own.
    let other = Talk {
        question: talk.question.replace("rain", "snow"),
        answer: talk.answer.clone(),
    };
    log.write(3, true, other.again(1)).await;
    // The answer coded, which is another one.
    let mut coded = talk.again(1);
    if let Some(body) = &mut coded.response {
        body.coding = Some("gzip".into());
    }
    log.write(4, true, coded).await;
    // The same words in another place.
    let repeated = Talk::about("rain");
    log.write(5, true, repeated.again(1)).await;
    // Another gateway of the same account.
    let neighbour = log.rig.gateway(log.account, "y").await;
    let record = Record {
        cached: true,
        ..record(log.account, &neighbour, 6)
    };
    log.rig.store.journal().offer((record, talk.again(1)));
    log.rig.store.journal().flush().await;
    assert!(log.tells(2, &talk).await && log.tells(3, &other).await);
    assert_eq!(log.count("log_shared"), 0);
    assert_eq!(log.holds("rain! "), 6_000);
    log.write(7, true, other.again(2)).await;
    assert_eq!((log.count("log_shared"), log.holds("snow? ")), (1, 1_000));
}

#[tokio::test]
async fn what_another_process_deleted_is_written_anew() {
    let log = Log::new().await;
    let talk = Talk::about("rain");
    log.write(1, true, talk.again(1)).await;
    let file = log.rig.foreign("logs.db");
    file.execute_batch("DELETE FROM log_body").unwrap();
    log.write(2, true, talk.again(1)).await;
    assert!(log.tells(2, &talk).await);
}

#[tokio::test]
async fn a_log_that_is_gone_takes_no_part_in_the_bodies_of_another() {
    let log = Log::new().await;
    let talk = Talk::about("rain");
    let journal = log.rig.store.journal();
    log.write(1, true, talk.again(1)).await;
    log.write(2, true, talk.again(1)).await;
    let scope = log.rig.scope(log.account);
    scope.delete_gateway(&log.gateway).await.unwrap();
    let next = log.rig.gateway(log.account, "y").await;
    let mut number = 3;
    // The journal sweeps between two batches.
    while log.count("log_body") > 0 {
        journal.offer(record(log.account, &next, number));
        journal.flush().await;
        number += 1;
    }
    assert_eq!(log.count("log_shared"), 0);
}

#[test]
fn a_block_with_the_number_of_one_that_was_swept_is_not_shared() {
    let mut file = rusqlite::Connection::open_in_memory().unwrap();
    let (path, steps) = (std::path::Path::new("logs.db"), crate::migrations::LOGS);
    crate::migrations::migrate(&mut file, path, steps).unwrap();
    file.execute_batch("INSERT INTO log_body VALUES (7, 2, 1, x'')")
        .unwrap();
    let transaction = file.transaction().unwrap();
    let counted = |incarnation| {
        crate::logs::bodies::share(&transaction, incarnation, (7, 0), 3).unwrap();
        let sql = "SELECT rows, (SELECT count(*) FROM log_shared) FROM log_body";
        transaction
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
    };
    assert_eq!(counted(1), (1, 0), "of another log");
    assert_eq!(counted(2), (4, 1));
}

/// A row that the cache answered, in the queue.
fn queued(talk: &Talk) -> Entry {
    let account = AccountId::from_bytes([0; 16]);
    let record = Record {
        cached: true,
        ..record(account, &id("x"), 1)
    };
    Entry {
        row: (record, talk.again(0)).into(),
        whole: true,
        place: Place {
            incarnation: 1,
            boot: 1,
            seq: 1,
        },
        weight: 0,
        shed: false,
    }
}

#[test]
fn few_bodies_are_held_and_those_that_are_asked_for_stay() {
    let mut shared = Shared::default();
    let talks: Vec<_> = (0..100).map(|n| Talk::about(&n.to_string())).collect();
    for (at, talk) in talks.iter().enumerate() {
        shared.note(&queued(talk), (at as i64, 0));
        assert_eq!(shared.find(&queued(&talks[0])), Some((0, 0)), "{at}");
    }
    let mut held = |at: usize| shared.find(&queued(&talks[at])).is_some();
    assert!(held(99) && !held(1) && !held(36) && held(37));

    let long = |what: &str| Talk {
        question: "?".into(),
        answer: what.repeat(1 << 19).into(),
    };
    let longs = ["a", "b", "c", "d", "e", "f", "g", "h", "i"].map(long);
    for (at, talk) in longs.iter().enumerate() {
        shared.note(&queued(talk), (at as i64, 1));
    }
    let mut held = |talk: &Talk| shared.find(&queued(talk)).is_some();
    assert!(!held(&talks[0]) && !held(&longs[0]));
    assert!(longs[2..].iter().all(&mut held), "seven fit");
    let longest = long("jjjj");
    shared.note(&queued(&longest), (1, 2));
    assert_eq!(shared.find(&queued(&longest)), None, "it would fill all");
}
