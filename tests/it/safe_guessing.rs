//! Guessing tokens: by likeness, by time, by number, by what others begin with; and that nothing
//! which serves could be made to run something else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aig_model::{Permissions, Secret, Snapshot, Timestamp, Token, TokenId, TokenLife, TokenText};
use aig_policy::{Identified, Identity};
use aig_testkit::{House, Provider};

use crate::safe_tokens::{closed, run};

/// Nothing that serves starts a program, and no engine for scripts or templates is built in.
#[test]
fn a_18_no_exec_no_templates() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = vec![];
    for entry in std::fs::read_dir(root.join("crates")).unwrap() {
        let room = entry.unwrap().path();
        // Measured and developed with, and part of nothing that serves.
        let apart = ["aig-bench", "aig-testkit", "aig-contract"];
        if room.is_dir() && !apart.iter().any(|name| room.ends_with(name)) {
            gather(&room.join("src"), &mut sources);
        }
    }
    assert!(sources.len() > 100, "the sources were found");
    // Tests start what they kill.
    let serving = sources.iter().filter(|(path, _)| {
        let mut parts = path.components();
        !parts.any(|part| part.as_os_str() == "tests") && !path.ends_with("tests.rs")
    });
    for (path, source) in serving {
        for call in [
            "process::Command",
            "Command::new(",
            "libc::exec",
            "libc::fork",
        ] {
            assert!(!source.contains(call), "{call} in {}", path.display());
        }
    }
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap();
    for engine in [
        "tera",
        "handlebars",
        "minijinja",
        "askama",
        "liquid",
        "rhai",
        "mlua",
        "rlua",
        "rquickjs",
        "boa_engine",
        "deno_core",
        "v8",
        "wasmtime",
        "wasmer",
        "pyo3",
        "duct",
        "subprocess",
    ] {
        assert!(
            !lock.contains(&format!("name = \"{engine}\"\n")),
            "{engine}"
        );
    }
    assert!(lock.contains("name = \"serde\"\n"), "names stand like this");
}

fn gather(folder: &std::path::Path, into: &mut Vec<(std::path::PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => gather(&path, into),
            false if path.extension().is_some_and(|end| end == "rs") => {
                let source = std::fs::read_to_string(&path).unwrap();
                into.push((path, source));
            }
            false => {}
        }
    }
}

/// A recogniser and a configuration that knows one token, the one of these bits.
fn knowing(bits: [u8; 32]) -> (Identity, Snapshot) {
    let identity = Identity::new(Secret::new([3; 32]));
    let token = Token {
        id: TokenId(Default::default()),
        account: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        name: "t".into(),
        permissions: Permissions::ALL,
        last_four: "abcd".into(),
        life: TokenLife::default(),
        created_at: Timestamp::default(),
        modified_at: Timestamp::default(),
    };
    let digest = identity.digest(&TokenText::from_random(bits));
    let snapshot = Snapshot::new(1, [], [], [(digest, token)]);
    (identity, snapshot)
}

/// Tokens that begin like a good one, for 20, 30 and 40 of their characters, and are whole in
/// themselves, are somebody else's.
#[test]
fn a_10_cache_full_digest() {
    let bits = [0x5a; 32];
    let (identity, snapshot) = knowing(bits);
    let good = TokenText::from_random(bits);
    let now = Timestamp::default();
    for (shared, from) in [(20, 14), (30, 21), (40, 29)] {
        for number in 1..=4_000_u32 {
            let mut other = bits;
            for (byte, change) in other[from..]
                .iter_mut()
                .rev()
                .zip(number.to_be_bytes().iter().rev())
            {
                *byte ^= change;
            }
            let text = TokenText::from_random(other);
            if text.expose() == good.expose() {
                continue;
            }
            assert_eq!(text.expose()[..shared], good.expose()[..shared]);
            let found = identity.identify(&snapshot, text.expose(), now);
            assert_eq!(found, Identified::Unknown);
            // Whoever is known stays known in between.
            if number % 500 == 0 {
                assert!(
                    identity
                        .identify(&snapshot, good.expose(), now)
                        .good()
                        .is_some()
                );
            }
        }
    }
}

/// How long it takes to turn a token away says nothing of how much of it is right: Welch's test
/// on the two kinds, without the slowest tenth, which tells of the machine.
///
/// Texts of other characters take other times to read, and one table lies better than another;
/// neither tells of a token. So two houses are asked for the same texts, which are near to the
/// token of the one and far from that of the other, and only what closeness itself does is left.
#[test]
fn a_19_timing() {
    let secrets = [[0x5a; 32], [0xc3; 32]];
    let houses = secrets.map(knowing);
    let now = Timestamp::default();
    let took = |house: usize, text: &TokenText| {
        let (identity, snapshot) = &houses[house];
        let began = Instant::now();
        let found = identity.identify(snapshot, text.expose(), now);
        let took = began.elapsed();
        assert_eq!(found, Identified::Unknown);
        took
    };
    // Each of the four (house, text) pairs stands in each place once, and behind each other once.
    const ORDERS: [[(usize, usize); 4]; 4] = [
        [(0, 0), (0, 1), (1, 1), (1, 0)],
        [(0, 1), (1, 0), (0, 0), (1, 1)],
        [(1, 0), (1, 1), (0, 1), (0, 0)],
        [(1, 1), (0, 0), (1, 0), (0, 1)],
    ];
    // A difference that is there is found every time; one that is not, hardly ever.
    let rounds: Vec<f64> = (0..3_u32)
        .map(|round| {
            let (mut near, mut far) = (vec![], vec![]);
            for (number, order) in (0..5_000).zip(ORDERS.iter().cycle()) {
                let texts = secrets.map(|mut bits: [u8; 32]| {
                    bits[28..].copy_from_slice(&u32::to_be_bytes(round * 5_000 + number));
                    TokenText::from_random(bits)
                });
                let (mut to_own, mut to_other) = (Duration::ZERO, Duration::ZERO);
                for &(house, text) in order {
                    match house == text {
                        true => to_own += took(house, &texts[text]),
                        false => to_other += took(house, &texts[text]),
                    }
                }
                near.push(to_own);
                far.push(to_other);
            }
            welch(near, far)
        })
        .collect();
    assert!(rounds.iter().any(|t| t.abs() < 4.5), "{rounds:?}");
}

/// The test can find fault: a comparison that takes a little longer is told apart.
#[test]
fn a_timing_difference_would_be_noticed() {
    let times = |from: u64| {
        (0..5_000)
            .map(|n| Duration::from_nanos(from + n % 100))
            .collect()
    };
    assert!(welch(times(1_000), times(1_010)).abs() > 4.5);
    assert!(welch(times(1_000), times(1_000)).abs() < 4.5);
}

fn welch(one: Vec<Duration>, other: Vec<Duration>) -> f64 {
    let summary = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times.truncate(times.len() / 10 * 9);
        let nanos = times.iter().map(|time| time.as_secs_f64() * 1e9);
        let count = times.len() as f64;
        let mean = nanos.clone().sum::<f64>() / count;
        let variance = nanos.map(|n| (n - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((a, a_error), (b, b_error)) = (summary(one), summary(other));
    (a - b) / (a_error + b_error).sqrt().max(f64::MIN_POSITIVE)
}

/// Guessing costs the house no more than a digest a guess: the store hears nothing of it, nobody
/// is locked out, and valid callers are served meanwhile.
#[tokio::test]
async fn a_21_brute_force_cost() {
    let provider = Provider::start().await;
    let house = Arc::new(closed(&provider).await);
    assert_eq!(run(&house, house.token()).await, 200);
    let queries = house.running().store().queries();
    let before = queries.count();
    let guesses = 500_u32;
    let guessing: Vec<_> = (0..4_u8)
        .map(|caller| {
            let house = Arc::clone(&house);
            tokio::spawn(async move {
                for number in 0..guesses {
                    let mut bits = [caller; 32];
                    bits[..4].copy_from_slice(&number.to_be_bytes());
                    let guess = TokenText::from_random(bits);
                    assert_eq!(run(&house, guess.expose()).await, 401);
                }
            })
        })
        .collect();
    for _ in 0..200 {
        assert_eq!(run(&house, house.token()).await, 200);
    }
    for guessing in guessing {
        guessing.await.unwrap();
    }
    assert_eq!(queries.count(), before, "nothing was read for a guess");
    assert_eq!(run(&house, house.token()).await, 200);
}

/// A fresh house knows one token, that is its own alone, and none that others begin with.
#[tokio::test]
async fn a_22_no_default_credentials() {
    let (one, other) = (House::start().await, House::start().await);
    assert_ne!(one.token(), other.token());
    let instance = one.running().store().instance();
    assert_eq!(instance.list_tokens(one.account()).await.unwrap().len(), 1);
    let names = [
        "admin", "root", "user", "test", "guest", "api", "aig", "default", "postgres",
    ];
    let words = [
        "",
        "admin",
        "password",
        "Password1",
        "123456",
        "changeme",
        "change-me",
        "default",
        "root",
        "secret",
        "test",
        "token",
        "sk-1234",
        "sk-test",
        "master",
        "letmein",
        "aig",
        "bootstrap",
    ];
    let long = words.map(|word| format!("{word:x<32}"));
    let url = one.gateways_url("");
    for word in words.iter().copied().chain(long.iter().map(String::as_str)) {
        let bearer = one.http().get(&url).bearer_auth(word).send().await.unwrap();
        assert_eq!(bearer.status(), 401, "{word:?}");
        for name in names {
            let basic = one.http().get(&url).basic_auth(name, Some(word));
            assert_eq!(basic.send().await.unwrap().status(), 401, "{name}:{word}");
        }
    }
    let foreign = one.http().get(&url).bearer_auth(other.token());
    assert_eq!(foreign.send().await.unwrap().status(), 401);
}
