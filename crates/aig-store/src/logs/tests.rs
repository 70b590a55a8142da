//! Order, pages and search of log rows.

use aig_model::{AccountId, GatewayId, Metadata, Outcome, Page, PageRequest, Record, Usage};
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
            event_id: "needle".into(),
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

#[tokio::test]
async fn rows_are_read_through_an_index_and_never_sorted() {
    let (rig, account, _) = house().await;
    let plan: Vec<String> = rig
        .foreign("logs.db")
        .prepare(&["EXPLAIN QUERY PLAN ", super::PAGE].concat())
        .unwrap()
        .query_map(
            rusqlite::named_params! {
                ":account": account.to_string(),
                ":incarnation": 2,
                ":limit": 20,
                ":offset": 0,
            },
            |row| row.get(3),
        )
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("USING INDEX log_by_time"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}
