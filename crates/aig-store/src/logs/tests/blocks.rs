//! Blocks and the newest rows answer alike: every query is compared with one that looks at each row.

use aig_model::{
    Body, CacheStatus, CostSource, LogFilter, LogKey, LogOperator, LogOrder, LogPatch, LogValue,
    Money, Transcript,
};
use bytes::Bytes;

use super::*;
use crate::{Side, StoredBody};

/// Whether a row is meant.
type Is = fn(&Record) -> bool;
/// What a row is ordered by.
type Key = fn(&Record) -> String;

/// More than two blocks, so that there are sealed ones and newest rows.
const ROWS: u32 = 9_000;

fn varied(account: AccountId, gateway: &GatewayId, number: u32) -> Record {
    let metadata = format!(
        r#"{{"team":"t{}","n":{},"ok":true}}"#,
        number % 7,
        number % 11
    );
    let plain = record(account, gateway, number);
    Record {
        // Not in the order of their numbers: rows are written when they end.
        created_at: at(i64::from(
            number / 3 * 3 + 5_000 * u32::from(number.is_multiple_of(50)),
        )),
        event: match number % 3 {
            0 => None,
            1 => Some(Uuid::from_u128(u128::from(number / 2)).to_string()),
            _ => Some(format!("event-{}", number % 100)),
        },
        provider: ["openai", "anthropic", "groq"][number as usize % 3].into(),
        model: format!("model-{}", number % 13).into(),
        model_type: (!number.is_multiple_of(4)).then(|| format!("kind-{}", number % 2).into()),
        status: [200, 200, 429, 500][number as usize % 4],
        cached: number.is_multiple_of(5),
        cache_status: (number.is_multiple_of(2)).then_some(CacheStatus::Miss),
        duration_ms: u64::from(number * 37 % 5_000),
        cost: (!number.is_multiple_of(3))
            .then(|| Money::from_pico(i128::from(number % 90) * 1_000_000)),
        cost_source: Some(CostSource::List),
        metadata: (number.is_multiple_of(2))
            .then(|| Metadata::read(metadata.as_bytes()).metadata.unwrap()),
        usage: Usage {
            tokens_in: (!number.is_multiple_of(6)).then(|| u64::from(number % 500)),
            tokens_out: (!number.is_multiple_of(9)).then(|| u64::from(number % 77)),
            ..Usage::default()
        },
        ..plain
    }
}

pub(super) fn filter(key: LogKey, operator: LogOperator, values: &[LogValue]) -> LogQuery {
    LogQuery {
        filters: vec![LogFilter {
            key,
            operator,
            values: values.to_vec(),
        }],
        ..LogQuery::default()
    }
}

pub(super) fn text(text: &str) -> LogValue {
    LogValue::Text(text.into())
}

#[tokio::test]
async fn every_filter_finds_what_looking_at_each_row_finds() {
    let (rig, account, gateway) = house().await;
    let rows: Vec<_> = (0..ROWS)
        .map(|number| varied(account, &gateway, number))
        .collect();
    write(&rig, rows.clone()).await;
    let number = LogValue::Number;
    let cases: [(LogQuery, Is); 20] = [
        (LogQuery::default(), |_| true),
        (
            filter(
                LogKey::Provider,
                LogOperator::Eq,
                &[text("groq"), text("x")],
            ),
            |r| r.provider == "groq",
        ),
        (
            filter(LogKey::Provider, LogOperator::Neq, &[text("groq")]),
            |r| r.provider != "groq",
        ),
        (
            filter(LogKey::Model, LogOperator::Contains, &[text("EL-1")]),
            |r| r.model.contains("el-1"),
        ),
        (
            filter(LogKey::ModelType, LogOperator::Eq, &[LogValue::Null]),
            |r| r.model_type.is_none(),
        ),
        (
            filter(LogKey::Success, LogOperator::Eq, &[LogValue::Flag(false)]),
            |r| !r.success(),
        ),
        (
            filter(LogKey::Cached, LogOperator::Eq, &[LogValue::Flag(true)]),
            |r| r.cached,
        ),
        (
            filter(LogKey::Duration, LogOperator::Gt, &[number(4_900.5)]),
            |r| r.duration_ms > 4_900,
        ),
        (
            filter(LogKey::Duration, LogOperator::Lt, &[number(100.0)]),
            |r| r.duration_ms < 100,
        ),
        (
            filter(LogKey::Cost, LogOperator::Eq, &[number(0.000_05)]),
            |r| r.cost == Some(Money::from_pico(50_000_000)),
        ),
        (
            filter(LogKey::Cost, LogOperator::Eq, &[LogValue::Null]),
            |r| r.cost.is_none(),
        ),
        (
            filter(LogKey::Tokens, LogOperator::Gt, &[number(500.0)]),
            |r| r.usage.tokens_in.unwrap_or(0) + r.usage.tokens_out.unwrap_or(0) > 500,
        ),
        (
            filter(
                LogKey::TokensIn,
                LogOperator::Eq,
                &[number(7.0), number(9.0)],
            ),
            |r| matches!(r.usage.tokens_in, Some(7 | 9)),
        ),
        (
            filter(LogKey::EventId, LogOperator::Eq, &[text("event-11")]),
            |r| r.event_id() == "event-11",
        ),
        (
            filter(
                LogKey::EventId,
                LogOperator::Eq,
                &[text("00000000-0000-0000-0000-000000000003")],
            ),
            |r| r.event_id() == "00000000-0000-0000-0000-000000000003",
        ),
        (
            filter(LogKey::EventId, LogOperator::Contains, &[text("2b")]),
            |r| r.event_id().contains("2b"),
        ),
        (
            filter(LogKey::Id, LogOperator::Contains, &[text("00123")]),
            |r| r.id.to_string().contains("00123"),
        ),
        (
            filter(LogKey::MetadataKey, LogOperator::Eq, &[text("team")]),
            |r| r.metadata.is_some(),
        ),
        (
            filter(LogKey::MetadataValue, LogOperator::Eq, &[number(3.0)]),
            |r| {
                r.metadata
                    .as_ref()
                    .is_some_and(|m| m.to_json().contains("\"n\":3,"))
            },
        ),
        (
            filter(LogKey::MetadataValue, LogOperator::Contains, &[text("T5")]),
            |r| {
                r.metadata
                    .as_ref()
                    .is_some_and(|m| m.to_json().contains("t5"))
            },
        ),
    ];
    for (query, is) in cases {
        let mut expected: Vec<_> = rows.iter().filter(|row| is(row)).collect();
        expected.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
        for page in [1, 3, 40] {
            let request = PageRequest::new(Some(page), Some(50), 50);
            let found = rig
                .scope(account)
                .find_logs(&gateway, request, query.clone(), true)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(found.page.total, expected.len() as u64, "{query:?}");
            let skipped = expected.iter().skip(request.offset() as usize).take(50);
            let wanted: Vec<_> = skipped.map(|row| (*row).clone()).collect();
            assert_eq!(found.page.items, wanted, "{query:?} {page}");
            let longest = expected.iter().map(|row| row.duration_ms as i64).max();
            assert_eq!(
                found.extents.unwrap().duration.map(|(_, most)| most),
                longest
            );
        }
    }
}

#[tokio::test]
async fn every_order_is_that_of_its_values_and_then_of_time() {
    let (rig, account, gateway) = house().await;
    let rows: Vec<_> = (0..ROWS)
        .map(|number| varied(account, &gateway, number))
        .collect();
    write(&rig, rows.clone()).await;
    for ascending in [true, false] {
        let orders: [(LogOrder, Key); 5] = [
            (LogOrder::CreatedAt, |_| String::new()),
            (LogOrder::Provider, |r| r.provider.to_string()),
            (LogOrder::ModelType, |r| {
                r.model_type.clone().unwrap_or_default().into_owned()
            }),
            (LogOrder::Success, |r| r.success().to_string()),
            (LogOrder::Cost, |r| {
                format!("{:?}", r.cost.map(|c| format!("{:020}", c.pico())))
            }),
        ];
        for (order, key) in orders {
            let mut expected = rows.clone();
            expected.sort_by_cached_key(|row| (key(row), row.created_at, row.id));
            if !ascending {
                expected.reverse();
            }
            for page in [1, 100] {
                let request = PageRequest::new(Some(page), Some(50), 50);
                let query = LogQuery {
                    order,
                    ascending,
                    ..LogQuery::default()
                };
                let scope = rig.scope(account);
                let found = scope.find_logs(&gateway, request, query, false).await;
                let ids: Vec<_> = (found.unwrap().unwrap().page.items.iter())
                    .map(|r| r.id)
                    .collect();
                let wanted = expected.iter().skip(request.offset() as usize).take(50);
                assert_eq!(
                    ids,
                    wanted.map(|r| r.id).collect::<Vec<_>>(),
                    "{order:?} {page}"
                );
            }
        }
    }
}

fn body(text: &str) -> Option<Body> {
    let mut body = Body::default();
    for piece in text.as_bytes().chunks(7) {
        body.push(Bytes::copy_from_slice(piece)).unwrap();
    }
    Some(body)
}

#[tokio::test]
async fn bodies_come_back_as_they_were_and_leave_with_their_row() {
    let (rig, account, gateway) = house().await;
    let journal = rig.store.journal();
    for number in 0..ROWS {
        let transcript = Transcript {
            request: body(&format!("SECRET-{number}?")),
            response: body(&format!("answer {number}")).filter(|_| number.is_multiple_of(2)),
        };
        journal.offer((record(account, &gateway, number), transcript));
    }
    journal.flush().await;
    let scope = rig.scope(account);
    let stored = async |number: u32, side| {
        let id = Uuid::from_u128(number.into());
        scope.log_body(&gateway, id, side).await.unwrap()
    };
    for number in [0, 1, 4_095, 4_096, 5_000, 8_999] {
        let request = stored(number, Side::Request).await.unwrap();
        let wanted = StoredBody {
            bytes: format!("SECRET-{number}?").into_bytes(),
            content_type: Some("application/json".into()),
            coding: None,
        };
        assert_eq!(request, wanted);
        let answer = stored(number, Side::Response).await.map(|body| body.bytes);
        let wanted = (number.is_multiple_of(2)).then(|| format!("answer {number}").into_bytes());
        assert_eq!(answer, wanted);
    }
    let one = filter(
        LogKey::Id,
        LogOperator::Eq,
        &[text("00000000-0000-0000-0000-000000001000")],
    );
    assert_eq!(scope.delete_logs(&gateway, one, 10).await.unwrap(), Some(1));
    assert_eq!(stored(4_096, Side::Request).await, None);
    assert!(
        stored(4_097, Side::Request).await.is_some(),
        "the neighbour keeps its own"
    );
    let raw: Vec<Vec<u8>> = (rig
        .foreign("logs.db")
        .prepare("SELECT data FROM log_body")
        .unwrap())
    .query_map([], |row| row.get::<_, Vec<u8>>(0))
    .unwrap()
    .map(|data| zstd::bulk::decompress(&data.unwrap(), 64 << 20).unwrap())
    .collect();
    let holds = |needle: &[u8]| {
        raw.iter()
            .any(|raw| raw.windows(needle.len()).any(|w| w == needle))
    };
    assert!(holds(b"SECRET-4097?"));
    assert!(!holds(b"SECRET-4096?"), "the body is at rest no more");
    scope
        .delete_logs(&gateway, LogQuery::default(), 10_000)
        .await
        .unwrap();
    let left: i64 = rig
        .foreign("logs.db")
        .query_row(
            "SELECT (SELECT count(*) FROM log_body) + (SELECT count(*) FROM log_column)
            + (SELECT count(*) FROM log_row)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn rows_are_deleted_in_the_order_that_was_asked_for_and_counted() {
    let (rig, account, gateway) = house().await;
    let rows: Vec<_> = (0..ROWS)
        .map(|number| varied(account, &gateway, number))
        .collect();
    write(&rig, rows.clone()).await;
    let scope = rig.scope(account);
    let query = LogQuery {
        ascending: true,
        ..filter(LogKey::Provider, LogOperator::Eq, &[text("groq")])
    };
    assert_eq!(
        scope
            .delete_logs(&gateway, query.clone(), 1_000)
            .await
            .unwrap(),
        Some(1_000)
    );
    let mut left: Vec<_> = rows.iter().filter(|row| row.provider == "groq").collect();
    left.sort_by_key(|row| (row.created_at, row.id));
    let request = PageRequest::new(None, Some(50), 50);
    let found = scope
        .find_logs(&gateway, request, query, false)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.page.total, 2_000);
    let ids: Vec<_> = found.page.items.iter().map(|row| row.id).collect();
    let wanted: Vec<_> = left[1_000..1_050].iter().map(|row| row.id).collect();
    assert_eq!(ids, wanted);
    assert_eq!(
        scope
            .logs(&gateway, request, None)
            .await
            .unwrap()
            .unwrap()
            .total,
        8_000
    );
}

#[tokio::test]
async fn a_row_is_found_by_its_id_and_changed_wherever_it_stands() {
    let (rig, account, gateway) = house().await;
    let rows: Vec<_> = (0..ROWS)
        .map(|number| varied(account, &gateway, number))
        .collect();
    write(&rig, rows.clone()).await;
    let scope = rig.scope(account);
    for number in [0, 4_097, 8_999] {
        let id = Uuid::from_u128(number);
        let row = scope.log(&gateway, id).await.unwrap().unwrap();
        assert_eq!(row, rows[number as usize]);
        let patch = LogPatch {
            feedback: Some(Some(-1.0)),
            score: Some(Some(12.5)),
            metadata: Some(None),
        };
        assert!(scope.patch_log(&gateway, id, patch).await.unwrap());
        let patch = LogPatch {
            score: Some(None),
            ..LogPatch::default()
        };
        assert!(scope.patch_log(&gateway, id, patch).await.unwrap());
        let changed = scope.log(&gateway, id).await.unwrap().unwrap();
        let wanted = Record {
            feedback: Some(-1.0),
            metadata: None,
            ..row
        };
        assert_eq!(changed, wanted);
    }
    let unhappy = filter(LogKey::Feedback, LogOperator::Eq, &[LogValue::Number(-1.0)]);
    let request = PageRequest::new(None, None, 50);
    let found = scope
        .find_logs(&gateway, request, unhappy, false)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.page.total, 3);
    let absent = Uuid::from_u128(u128::MAX);
    assert_eq!(scope.log(&gateway, absent).await.unwrap(), None);
    assert!(
        !scope
            .patch_log(&gateway, absent, LogPatch::default())
            .await
            .unwrap()
    );
    let other = rig.account("b").await;
    let stranger = rig.gateway(other, "x").await;
    assert_eq!(
        rig.scope(other)
            .log(&stranger, Uuid::from_u128(1))
            .await
            .unwrap(),
        None
    );
}
