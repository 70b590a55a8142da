//! How much a row costs to write and how long a query takes, at a size that is asked for:
//! `SOAK_ROWS=10000000 cargo test --release -p aig-store soak_ -- --ignored --nocapture`. With
//! `SOAK_DIR` the log that is read is made there once, and kept; `SOAK_USERS` says how many different
//! metadata there are.

use std::time::{Duration, Instant};

use aig_model::{Body, LogFilter, LogKey, LogOperator, LogValue, Money, Transcript};
use bytes::Bytes;

use super::*;

fn asked(name: &str, otherwise: u32) -> u32 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// Time of this process's threads, user and system.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let ticks = stat.rsplit(") ").next().unwrap().split(' ');
    let ticks: u64 = ticks
        .skip(11)
        .take(2)
        .map(|t| t.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// How long this process's threads have run, to the nanosecond: what a query takes whoever else
/// uses the machine.
fn running() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let times = tasks.filter_map(|task| {
        let path = task.ok()?.path().join("schedstat");
        let text = std::fs::read_to_string(path).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(times.sum())
}

/// A row such as a house with many callers makes it.
fn likely(account: AccountId, gateway: &GatewayId, number: u32) -> Record {
    // A mixing step of splitmix64: varied and the same in each run.
    let mut mixed = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    let pick = |at: u32, of: u64| (mixed >> at) % of;
    let users = asked("SOAK_USERS", 10_000).into();
    let millis = 1_700_000_000_000_u64 + u64::from(number) * 20;
    let id = Uuid::from_u64_pair(millis << 16 | 0x7000 | pick(3, 4_096), mixed >> 2 | 1 << 63);
    let metadata = format!(
        r#"{{"team":"team-{}","user":"user-{}"}}"#,
        pick(7, users) % 20,
        pick(7, users)
    );
    Record {
        id,
        event: None,
        created_at: at(millis as i64),
        provider: ["openai", "anthropic", "groq", "mistral"][pick(11, 4) as usize].into(),
        model: format!("model-{}", pick(13, 30)).into(),
        model_type: Some("text-generation".into()),
        request_type: Some("provider".into()),
        status: if pick(17, 50) == 0 { 429 } else { 200 },
        duration_ms: 100 + pick(19, 8_000),
        first_byte_ms: Some(50 + pick(23, 600)),
        cached: pick(21, 20) == 0,
        usage: Usage {
            tokens_in: Some(pick(29, 4_000)),
            tokens_out: Some(pick(31, 900)),
            ..Usage::default()
        },
        cost: Some(Money::from_pico(i128::from(pick(5, 9_000)) * 150_000)),
        metadata: Metadata::read(metadata.as_bytes()).metadata,
        user_agent: Some(format!("OpenAI/Python 2.{}", pick(37, 60)).into()),
        response_content_type: Some("application/json".into()),
        request_size: 500 + pick(41, 3_000),
        response_size: 500 + pick(43, 6_000),
        ..record(account, gateway, number)
    }
}

fn body(number: u32, length: usize) -> Option<Body> {
    let mut text = format!(
        r#"{{"id":"chatcmpl-{number}","object":"chat.completion","n":{}"#,
        number * 77
    );
    let mut seed = number;
    while text.len() < length {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let words = [
            "the ", "gateway ", "answers ", "model ", "token ", "request ", "and ", "of ",
        ];
        text.push_str(words[(seed >> 13) as usize % 8]);
        if seed >> 28 == 0 {
            text.push_str(&seed.to_string());
        }
    }
    text.truncate(length);
    Body::try_from(Bytes::from(text)).ok()
}

#[tokio::test]
#[ignore = "takes minutes; run by hand, in release"]
async fn soak_writing_rows() {
    let rows = asked("SOAK_ROWS", 100_000);
    for length in [0, 1_024] {
        let (rig, account, gateway) = house().await;
        let journal = rig.store.journal();
        let (mut writing, mut cpu_of_writing) = (Duration::ZERO, Duration::ZERO);
        for first in (0..rows).step_by(5_000) {
            let batch: Vec<_> = (first..first + 5_000)
                .map(|n| {
                    let transcript = match length {
                        0 => Transcript::EMPTY,
                        length => Transcript {
                            request: body(n, length),
                            response: body(n + 1, length),
                        },
                    };
                    (likely(account, &gateway, n), transcript)
                })
                .collect();
            let (began, before) = (Instant::now(), cpu());
            for (record, transcript) in batch {
                journal.offer((record, transcript));
            }
            journal.flush().await;
            writing += began.elapsed();
            cpu_of_writing += cpu() - before;
        }
        let size = std::fs::metadata(rig.path().join("logs.db")).unwrap().len();
        println!(
            "bodies 2 x {length}: {rows} rows in {writing:?}, CPU {:?} per 10,000, {} bytes per row, dropped {}, shed {}",
            cpu_of_writing * 10_000 / rows,
            size / u64::from(rows),
            journal.counters().dropped(),
            journal.counters().shed(),
        );
        assert_eq!(
            journal.counters().dropped() + journal.counters().refused(),
            0
        );
    }
}

#[tokio::test]
#[ignore = "takes minutes and gigabytes; run by hand, in release"]
async fn soak_reading_many_rows() {
    let rows = asked("SOAK_ROWS", 1_000_000);
    let kept = std::env::var_os("SOAK_DIR").map(std::path::PathBuf::from);
    let rig = kept.map_or_else(Rig::new, Rig::kept);
    let account = match rig.store.instance().list_accounts().await.unwrap().first() {
        Some(account) => account.id,
        None => rig.account("a").await,
    };
    let gateway = crate::testing::id("default");
    let journal = rig.store.journal();
    let (began, before) = (Instant::now(), cpu());
    let all = PageRequest::new(None, None, 50);
    let there = rig.scope(account).logs(&gateway, all, None).await.unwrap();
    let there = there.map_or(0, |page| page.total as u32);
    for first in (there..rows).step_by(5_000) {
        for number in first..first + 5_000 {
            journal.offer(likely(account, &gateway, number));
        }
        journal.flush().await;
    }
    let size = std::fs::metadata(rig.path().join("logs.db")).unwrap().len();
    println!(
        "{} rows in {:?}, CPU {:?}, {} bytes per row",
        rows - there,
        began.elapsed(),
        cpu() - before,
        size / u64::from(rows)
    );
    let text = |text: &str| LogValue::Text(text.into());
    let mut queries = vec![("newest".to_owned(), LogQuery::default())];
    for key in LogKey::ALL.iter().copied() {
        let (operator, value) = match key {
            LogKey::Id => (
                LogOperator::Eq,
                text(&likely(account, &gateway, rows / 3).id.to_string()),
            ),
            LogKey::EventId => (LogOperator::Eq, text("nobody's event")),
            LogKey::CreatedAt => (
                LogOperator::Lt,
                LogValue::Number(1_700_000_000_000.0 + f64::from(rows) * 4.0),
            ),
            LogKey::Success | LogKey::Wholesale => (LogOperator::Eq, LogValue::Flag(false)),
            LogKey::Cached | LogKey::Authentication | LogKey::CompatibilityMode => {
                (LogOperator::Eq, LogValue::Flag(true))
            }
            LogKey::Cost => (LogOperator::Gt, LogValue::Number(0.000_5)),
            LogKey::Tokens | LogKey::TokensIn => (LogOperator::Gt, LogValue::Number(3_000.0)),
            LogKey::TokensOut => (LogOperator::Lt, LogValue::Number(50.0)),
            LogKey::Duration => (LogOperator::Gt, LogValue::Number(7_000.0)),
            LogKey::Feedback | LogKey::DlpAction => (LogOperator::Eq, LogValue::Null),
            LogKey::MetadataKey => (LogOperator::Eq, text("team")),
            LogKey::MetadataValue => (LogOperator::Eq, text("user-77")),
            LogKey::Provider => (LogOperator::Eq, text("groq")),
            LogKey::Model => (LogOperator::Contains, text("el-12")),
            LogKey::UserAgent => (LogOperator::Contains, text("2.17")),
            _ => (LogOperator::Eq, text("text-generation")),
        };
        let filters = vec![LogFilter {
            key,
            operator,
            values: vec![value],
        }];
        let query = LogQuery {
            filters,
            ..LogQuery::default()
        };
        queries.push((format!("{} {}", key.as_str(), operator.as_str()), query));
    }
    let search = Some("user-4711".to_owned());
    queries.push((
        "search".to_owned(),
        LogQuery {
            search,
            ..LogQuery::default()
        },
    ));
    let part = vec![LogFilter {
        key: LogKey::Id,
        operator: LogOperator::Contains,
        values: vec![text("7f3a9")],
    }];
    queries.push((
        "id contains".to_owned(),
        LogQuery {
            filters: part,
            ..LogQuery::default()
        },
    ));
    for page in [1, 1_000, rows / 50] {
        for (name, query) in &queries {
            if page > 1 && name != "newest" {
                continue;
            }
            let mut times = vec![];
            let mut total = 0;
            let mut works = vec![];
            for _ in 0..9 {
                let (began, before) = (Instant::now(), running());
                let request = PageRequest::new(Some(page), Some(50), 50);
                let found = rig
                    .scope(account)
                    .find_logs(&gateway, request, query.clone(), false)
                    .await;
                total = found.unwrap().unwrap().page.total;
                times.push(began.elapsed());
                works.push(running() - before);
            }
            times.sort();
            works.sort();
            println!(
                "{name:30} page {page:6} {:>12?} (worst {:?}, CPU {:?}) of {total}",
                times[4], times[8], works[4]
            );
        }
    }
}
