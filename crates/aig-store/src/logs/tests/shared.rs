//! Bodies that many rows have are in the file once, for as long as one of the rows is there.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use aig_model::{Body, LogKey, LogOperator, LogQuery, LogValue, Transcript};
use bytes::Bytes;
use tokio::sync::oneshot;

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
        request.digest = Some(Box::new(digest(&self.question)));
        Transcript {
            request: Some(request),
            response: Body::try_from(self.answer.clone()).ok(),
        }
    }
}

/// Whatever tells questions apart.
fn digest(text: &str) -> [u8; 32] {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&hasher.finish().to_ne_bytes());
    digest
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
            ..self.hit(&self.gateway, number)
        };
        let journal = self.rig.store.journal();
        journal.offer((record, transcript));
        journal.flush().await;
    }

    fn hit(&self, gateway: &GatewayId, number: u32) -> Record {
        Record {
            cached: true,
            ..record(self.account, gateway, number)
        }
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
    let hit = |number| log.hit(&log.gateway, number);
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
    log.write(6, true, talk.again(6)).await;
    log.delete(5).await;
    assert_eq!(log.holds("rain! "), 1_000);
    assert!(log.tells(6, &talk).await);
    log.delete(6).await;
    assert_eq!(log.count("log_body"), 0);
    // One that comes when the last is gone is written anew.
    log.write(7, true, talk.again(7)).await;
    assert!(log.tells(7, &talk).await);
    log.delete(7).await;
    assert_eq!((log.count("log_body"), log.count("log_shared")), (0, 0));
}

#[tokio::test]
async fn in_one_block_with_others_shared_bodies_are_blanked_when_the_last_row_goes() {
    let log = Log::new().await;
    let (talk, stays) = (Talk::about("rain"), Talk::about("snow"));
    let journal = log.rig.store.journal();
    for (number, talk) in [(1, &talk), (2, &talk), (3, &talk), (4, &talk), (5, &stays)] {
        journal.offer((log.hit(&log.gateway, number), talk.again(9)));
    }
    journal.flush().await;
    assert_eq!(log.count("log_body"), 1);
    log.delete(1).await;
    let two = filter(
        LogKey::Id,
        LogOperator::Eq,
        &[2, 3].map(|number| LogValue::Text(Uuid::from_u128(number).to_string())),
    );
    let scope = log.rig.scope(log.account);
    let gone = scope.delete_logs(&log.gateway, two, 10).await.unwrap();
    assert_eq!((gone, log.holds("rain! ")), (Some(2), 1_000));
    log.delete(4).await;
    assert_eq!((log.holds("rain"), log.holds("snow! ")), (0, 1_000));
    assert!(log.tells(5, &stays).await);
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
    let journal = log.rig.store.journal();
    journal.offer((log.hit(&neighbour, 6), talk.again(1)));
    journal.flush().await;
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
    // And gave the block's number away.
    file.execute_batch("UPDATE log_body SET incarnation = 99, data = x''")
        .unwrap();
    log.write(2, true, talk.again(1)).await;
    assert!(log.tells(2, &talk).await);
}

#[tokio::test]
async fn a_late_row_of_a_log_that_was_swept_has_no_part_in_the_bodies_of_another() {
    let log = Log::new().await;
    let (talk, other) = (Talk::about("rain"), Talk::about("snow"));
    let journal = log.rig.store.journal();
    let next = log.rig.gateway(log.account, "y").await;
    log.write(1, true, talk.again(1)).await;
    log.write(2, true, talk.again(1)).await;
    let scope = || log.rig.scope(log.account);
    let incarnation: i64 = (log.rig.foreign("logs.db"))
        .query_row("SELECT incarnation FROM log_of", [], |row| row.get(0))
        .unwrap();
    // The writer is busy. Rows of both logs wait, and a deletion of somebody who had found the gateway.
    let (entered, busy) = oneshot::channel();
    let (free, freed) = std::sync::mpsc::channel::<()>();
    let held = journal.change(move |_, _| {
        entered.send(()).unwrap();
        freed.recv().unwrap();
        Ok(())
    });
    let meanwhile = async {
        busy.await.unwrap();
        journal.offer((log.hit(&next, 3), other.again(1)));
        journal.offer((log.hit(&log.gateway, 4), talk.again(1)));
        let of = (log.account, incarnation);
        let emptied = journal.change(move |transaction, scribe| {
            let late = Uuid::from_u128(4);
            let said = crate::logs::body(transaction, of, late, Side::Response)?;
            let gone = crate::logs::delete(transaction, scribe, of, &LogQuery::default(), 100)?;
            Ok((said.map(|body| body.bytes), gone))
        });
        let deleted = async {
            scope().delete_gateway(&log.gateway).await.unwrap();
            free.send(()).unwrap();
        };
        tokio::join!(emptied, deleted).0.unwrap()
    };
    let (_, (said, emptied)) = tokio::join!(held, meanwhile);
    assert_eq!(emptied, 1, "the sweep came before the late row");
    assert_eq!(said, Some(talk.answer.to_vec()), "its own words");
    journal.flush().await;
    let answer = scope().log_body(&next, Uuid::from_u128(3), Side::Response);
    let answer = answer.await.unwrap().map(|body| body.bytes);
    assert_eq!(answer, Some(other.answer.to_vec()));
    assert_eq!((log.holds("rain"), log.count("log_shared")), (0, 0));
}

#[tokio::test]
async fn rows_that_go_elsewhere_do_not_end_the_sharing() {
    let log = Log::new().await;
    let talk = Talk::about("rain");
    let next = log.rig.gateway(log.account, "y").await;
    for number in 0..5 {
        log.write(number, true, talk.again(1)).await;
        // As a log at its limit does after each batch.
        let journal = log.rig.store.journal();
        journal.offer((log.hit(&next, 100 + number), Talk::about("snow").again(1)));
        journal.flush().await;
        let scope = log.rig.scope(log.account);
        let gone = scope.delete_logs(&next, LogQuery::default(), 1).await;
        assert_eq!(gone.unwrap(), Some(1));
    }
    assert_eq!((log.holds("rain! "), log.holds("snow")), (1_000, 0));
}

#[tokio::test]
async fn a_short_answer_to_a_long_question_is_shared_wherever_it_lies() {
    let log = Log::new().await;
    let mut talk = Talk::about("rain");
    for number in 0..3 {
        // Each row has a copy of what is short.
        talk.answer = Bytes::copy_from_slice(b"yes");
        log.write(number, true, talk.again(1)).await;
        assert!(log.tells(number, &talk).await);
    }
    assert_eq!(log.holds("rain? "), 1_000);
}

#[tokio::test]
async fn whatever_comes_and_goes_each_row_has_its_own_words_and_nothing_else_is_left() {
    let log = Log::new().await;
    let talks: Vec<_> = (0..5).map(|n| Talk::about(&format!("t{n}"))).collect();
    let mut rows: BTreeMap<u32, usize> = BTreeMap::new();
    let mut state = 7_u32;
    let mut dice = move |sides: usize| {
        // Numerical Recipes' generator; its high bits are good enough.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % sides
    };
    for round in 0..60 {
        let journal = log.rig.store.journal();
        for at in 0..dice(6) as u32 {
            let (number, which) = (round * 10 + at, dice(talks.len()));
            let record = Record {
                cached: dice(4) > 0,
                ..log.hit(&log.gateway, number)
            };
            journal.offer((record, talks[which].again(dice(4_000))));
            rows.insert(number, which);
        }
        journal.flush().await;
        for _ in 0..dice(6) {
            let number = rows.keys().copied().nth(dice(rows.len().max(1)));
            if let Some(number) = number {
                log.delete(number).await;
                rows.remove(&number);
            }
        }
        for (number, which) in &rows {
            assert!(log.tells(*number, &talks[*which]).await, "{round} {number}");
        }
        let counted: i64 = (log.rig.foreign("logs.db"))
            .query_row("SELECT ifnull(sum(rows), 0) FROM log_body", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(counted, rows.len() as i64, "{round}");
        for (which, talk) in talks.iter().enumerate() {
            let word = format!("t{which}! ");
            let wanted = rows.values().any(|of| *of == which);
            assert_eq!(
                log.holds(&word) > 0,
                wanted,
                "{round} {}",
                &talk.question[..3]
            );
        }
    }
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
fn a_question_that_is_not_known_for_sure_shares_nothing() {
    let mut shared = Shared::default();
    let talk = Talk::about("rain");
    let asked = |change: fn(&mut Body)| {
        let mut entry = queued(&talk);
        change(entry.row.transcript.request.as_mut().unwrap());
        entry
    };
    shared.note(&asked(|_| {}), (1, 1));
    assert_eq!(shared.find(&asked(|_| {})), Some((1, 1)));
    let changes: [fn(&mut Body); 3] = [
        // As when a key was taken out of it.
        |body| body.digest = None,
        |body| body.coding = Some("gzip".into()),
        |body| body.push(Bytes::from_static(b"?")).unwrap(),
    ];
    for change in changes {
        assert_eq!(shared.find(&asked(change)), None);
    }
    let mut unasked = asked(|_| {});
    unasked.row.transcript.request = None;
    assert_eq!(shared.find(&unasked), None);
    shared.note(&asked(|body| body.digest = None), (2, 2));
    assert_eq!(shared.find(&asked(|body| body.digest = None)), None);
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

    for (at, talk) in longs.iter().enumerate() {
        shared.lose(at as i64, &[1]);
        assert_eq!(shared.find(&queued(talk)), None, "{at}");
    }
    for (at, talk) in longs[2..].iter().enumerate() {
        shared.note(&queued(talk), (at as i64, 2));
    }
    let mut held = |talk: &Talk| shared.find(&queued(talk)).is_some();
    assert!(longs[2..].iter().all(&mut held), "there is room again");
}
