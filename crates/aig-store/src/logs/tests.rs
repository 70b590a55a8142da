//! Order, pages and search of log rows.

mod blocks;
mod metadata;
mod retention;
mod shared;
mod soak;

use aig_model::{
    AccountId, GatewayId, LogQuery, Metadata, Outcome, Page, PageRequest, Record, Usage,
};
use uuid::Uuid;

use crate::testing::{Rig, at, record};

async fn house() -> (Rig, AccountId, GatewayId) {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "x").await;
    (rig, account, gateway)
}

async fn write(rig: &Rig, records: impl IntoIterator<Item = Record>) {
    let journal = rig.store.journal();
    records.into_iter().for_each(|record| journal.offer(record));
    journal.flush().await;
}

async fn found(rig: &Rig, record: &Record, search: Option<&str>) -> Page<Record> {
    let request = PageRequest::new(None, Some(50), 50);
    let scope = rig.scope(record.account);
    scope
        .logs(&record.gateway, request, search)
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn a_row_comes_back_as_it_was_offered() {
    let (rig, account, gateway) = house().await;
    let full = Record {
        id: Uuid::from_u128(u128::MAX),
        outcome: Outcome::UpstreamBroke,
        cached: true,
        step: 3,
        status: 599,
        usage: Usage {
            tokens_in: Some(0),
            tokens_out: Some(i64::MAX.unsigned_abs()),
            cache_read_tokens: Some(2),
            cache_write_tokens: Some(3),
            cache_write_1h_tokens: Some(4),
            reasoning_tokens: Some(5),
            audio_in_tokens: Some(6),
            audio_out_tokens: Some(7),
            image_in_tokens: Some(8),
            image_out_tokens: Some(9),
            images: Some(10),
            characters: Some(11),
            audio_ms: Some(12),
            compute_ms: Some(13),
            searches: Some(14),
            stated_cost: Some(15),
        },
        metadata: Metadata::read(r#"{"team":"sömething","n":1.5,"ok":false}"#.as_bytes()).metadata,
        response_content_type: Some("text/event-stream".into()),
        model: "nul \0 and \u{1f980}".into(),
        ..record(account, &gateway, 1)
    };
    let bare = Record {
        first_byte_ms: None,
        usage: Usage::default(),
        user_agent: None,
        request_content_type: None,
        ..record(account, &gateway, 0)
    };
    write(&rig, [full.clone(), bare.clone()]).await;
    assert_eq!(found(&rig, &bare, None).await.items, [full, bare]);
}

#[tokio::test]
async fn the_newest_come_first_and_equal_times_are_ordered_by_id() {
    let (rig, account, gateway) = house().await;
    let numbered = |number: u32, time| Record {
        created_at: at(time),
        ..record(account, &gateway, number)
    };
    write(
        &rig,
        [
            numbered(1, 50),
            numbered(3, 50),
            numbered(2, 50),
            numbered(9, 40),
        ],
    )
    .await;
    let page = found(&rig, &numbered(1, 50), None).await;
    let order: Vec<_> = page.items.iter().map(|r| r.id.as_u128()).collect();
    assert_eq!(order, [3, 2, 1, 9]);
}

#[tokio::test]
async fn pages_cover_every_row_once_and_end_with_an_empty_one() {
    let (rig, account, gateway) = house().await;
    write(&rig, (0..45).map(|n| record(account, &gateway, n))).await;
    let scope = rig.scope(account);
    let mut seen = vec![];
    for number in 1.. {
        let request = PageRequest::new(Some(number), None, 50);
        let page = scope.logs(&gateway, request, None).await.unwrap().unwrap();
        assert_eq!(page.total, 45);
        if page.items.is_empty() {
            assert_eq!(number, 4, "20, 20, 5, none");
            break;
        }
        seen.extend(page.items.iter().map(|r| r.id.as_u128()));
    }
    assert_eq!(seen, (0..45).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_search_looks_into_five_fields_and_no_others() {
    let (rig, account, gateway) = house().await;
    let plain = |number| record(account, &gateway, number);
    let metadata = Metadata::read(br#"{"team":"needle"}"#).metadata;
    let rows = [
        Record {
            provider: "a-needle".into(),
            ..plain(1)
        },
        Record {
            model: "needle-4".into(),
            ..plain(2)
        },
        Record {
            path: "v1/needles".into(),
            ..plain(3)
        },
        Record {
            metadata,
            ..plain(4)
        },
        Record {
            status: 418,
            ..plain(5)
        },
        Record {
            user_agent: Some("needle".into()),
            event: Some("needle".into()),
            ..plain(6)
        },
    ];
    write(&rig, rows).await;
    let found = async |search: &str| {
        let page = found(&rig, &plain(0), Some(search)).await;
        assert_eq!(page.total, page.items.len() as u64);
        page.items
            .iter()
            .map(|r| r.id.as_u128())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("needle").await, [4, 3, 2, 1]);
    assert_eq!(found("NeeDLe").await, [4, 3, 2, 1], "letter case aside");
    assert_eq!(found("418").await, [5]);
    assert_eq!(found("\"team\":\"needle\"").await, [4]);
    assert_eq!(found("").await.len(), 6, "an empty text asks for nothing");
    assert_eq!(found("hay").await, [0; 0]);
}

#[tokio::test]
async fn a_search_is_literal() {
    let (rig, account, gateway) = house().await;
    let models = [
        "100%",
        "100x",
        "a_b",
        "axb",
        r"back\slash",
        "quote'",
        "a*c?[d]",
    ];
    let rows = models.iter().zip(1..).map(|(model, number)| Record {
        model: (*model).into(),
        ..record(account, &gateway, number)
    });
    write(&rig, rows).await;
    for text in ["100%", "a_b", r"back\slash", "quote'", "*c?[d]"] {
        let page = found(&rig, &record(account, &gateway, 0), Some(text)).await;
        assert_eq!(page.total, 1, "{text}");
        assert!(page.items[0].model.contains(text));
    }
    let injections = [
        "' OR 1=1 --",
        "\"; DROP TABLE log; --",
        "%",
        "_",
        "\0",
        "a\0",
    ];
    for text in injections {
        let page = found(&rig, &record(account, &gateway, 0), Some(text)).await;
        let expected = models.iter().filter(|m| m.contains(text)).count();
        assert_eq!(page.total, expected as u64, "{text:?}");
    }
    let long = "x".repeat(100_000);
    let page = found(&rig, &record(account, &gateway, 0), Some(&long)).await;
    assert_eq!(page.total, 0);
}

#[tokio::test]
async fn pages_of_a_search_count_what_was_found() {
    let (rig, account, gateway) = house().await;
    let rows = (0..30).map(|number| Record {
        status: if number % 3 == 0 { 500 } else { 200 },
        ..record(account, &gateway, number)
    });
    write(&rig, rows).await;
    let request = PageRequest::new(Some(2), Some(4), 50);
    let page = rig
        .scope(account)
        .logs(&gateway, request, Some("500"))
        .await;
    let page = page.unwrap().unwrap();
    let ids: Vec<_> = page.items.iter().map(|r| r.id.as_u128()).collect();
    assert_eq!((ids, page.total), (vec![15, 12, 9, 6], 10));
}

/// Waits until the sweep has left so many rows.
async fn swept(rig: &Rig, left: i64) {
    let (journal, logs) = (rig.store.journal(), rig.foreign("logs.db"));
    let swept = async {
        loop {
            // Each flush is answered after a step of the sweep.
            journal.flush().await;
            let rows: i64 = logs
                .query_row("SELECT ifnull(sum(total), 0) FROM log_of", [], |row| {
                    row.get(0)
                })
                .unwrap();
            if rows == left {
                return;
            }
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, swept)
        .await
        .expect("the sweep comes to its end");
}

#[tokio::test]
async fn the_total_is_the_number_of_rows_whatever_became_of_them() {
    let (rig, account, gateway) = house().await;
    let other = rig.gateway(account, "y").await;
    let logs = rig.foreign("logs.db");
    let same = |wanted: &[i64], what: &str| {
        let mut kept = logs
            .prepare("SELECT total FROM log_of ORDER BY incarnation")
            .unwrap();
        let totals: Vec<i64> = kept
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(totals, wanted, "{what}");
        let numbers = super::numbers(&logs).len() as i64;
        assert_eq!(numbers, wanted.iter().sum::<i64>(), "{what}");
    };
    same(&[], "empty");

    // This cannot be stored: a duration beyond what a log holds.
    let endless = Record {
        duration_ms: u64::MAX,
        ..record(account, &gateway, 7)
    };
    write(&rig, (0..1_200).map(|n| record(account, &gateway, n))).await;
    write(&rig, [endless]).await;
    write(&rig, (0..5).map(|n| record(account, &other, n))).await;
    assert_eq!(rig.store.journal().counters().refused(), 1);
    same(&[1_200, 5], "written, some refused");

    // Too big for the queue.
    let big = Record {
        model: "m".repeat(crate::Journal::CAPACITY as usize).into(),
        ..record(account, &gateway, 2_000)
    };
    write(&rig, [big]).await;
    assert_eq!(rig.store.journal().counters().dropped(), 1);
    same(&[1_200, 5], "dropped");

    rig.scope(account).delete_gateway(&gateway).await.unwrap();
    rig.gateway(account, gateway.as_str()).await;
    write(&rig, (0..3).map(|n| record(account, &gateway, n))).await;
    let page = found(&rig, &record(account, &gateway, 0), None).await;
    assert_eq!((page.total, page.items.len()), (3, 3), "recreated");
    swept(&rig, 8).await;
    same(&[5, 3], "deleted, recreated, swept");
}

#[tokio::test]
async fn a_page_without_a_search_counts_no_rows() {
    let (rig, account, gateway) = house().await;
    write(&rig, (0..3).map(|n| record(account, &gateway, n))).await;
    let logs = rig.foreign("logs.db");
    logs.execute("UPDATE log_of SET total = 70", []).unwrap();
    let any = record(account, &gateway, 0);
    assert_eq!(found(&rig, &any, None).await.total, 70);
    assert_eq!(found(&rig, &any, Some("openai")).await.total, 3);
}
