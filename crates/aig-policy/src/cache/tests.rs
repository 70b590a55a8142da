//! When the cache is used, for how long, and that no two different requests share a place.

use std::collections::{HashMap, HashSet};

use aig_model::{AccountId, Timestamp};

use super::*;

const BODY: &[u8] = br#"{"model":"m","messages":[]}"#;

fn gateway(account: u8, id: &str, ttl: Option<u32>) -> Gateway {
    let now = Timestamp::from_millis(5);
    let account = AccountId::from_bytes([account; 16]);
    Gateway {
        cache: Cache::new(None, ttl).unwrap(),
        ..Gateway::new(account, id.parse().unwrap(), now)
    }
}

const fn request() -> Request<'static> {
    Request {
        epoch: 0,
        surface: "native",
        provider: "openai",
        model: "",
        method: "POST",
        path: "chat/completions",
        query: None,
        headers: &[],
        credential: Credential::None,
        stream: false,
        inference: true,
        length: None,
    }
}

fn options<'h>(headers: &'h [(&'h str, &'h str)]) -> CacheOptions<'h> {
    CacheOptions::of_headers(|name| {
        let header = headers.iter().find(|(header, _)| *header == name);
        header.map(|(_, value)| *value)
    })
}

/// The seconds, or why not.
fn ttl(setting: Option<u32>, headers: &[(&str, &str)]) -> Result<u64, Bypass> {
    let gateway = gateway(1, "g", setting);
    let plan = CachePlan::of(
        &gateway,
        options(headers),
        &request(),
        &BodyDigest::of(BODY),
    );
    match plan {
        CachePlan::Use { ttl, .. } => Ok(ttl.as_secs()),
        CachePlan::Bypass(why) => Err(why),
    }
}

/// The key of a request through a gateway that caches.
fn key_of(gateway: &Gateway, request: &Request<'_>, own: Option<&str>, body: &[u8]) -> CacheKey {
    let headers: Vec<_> = own
        .map(|own| ("cf-aig-cache-key", own))
        .into_iter()
        .collect();
    match CachePlan::of(gateway, options(&headers), request, &BodyDigest::of(body)) {
        CachePlan::Use { key, .. } => key,
        CachePlan::Bypass(why) => panic!("{why:?}"),
    }
}

const TTL: &str = "cf-aig-cache-ttl";
const KEY: &str = "cf-aig-cache-key";
const SKIP: &str = "cf-aig-skip-cache";

#[test]
fn c_07_who_uses_the_cache_and_for_how_long() {
    for (setting, headers, expected) in [
        // The gateway alone, exact from a second on and at most a month.
        (None, &[][..], Err(Bypass::Off)),
        (Some(0), &[], Err(Bypass::Off)),
        (Some(1), &[], Ok(1)),
        (Some(300), &[], Ok(300)),
        (Some(u32::MAX), &[], Ok(2_592_000)),
        // A TTL alone does not ask for the cache, a key does.
        (None, &[(TTL, "600")], Err(Bypass::Off)),
        (None, &[(KEY, "k")], Ok(300)),
        (None, &[(KEY, "k"), (TTL, "600")], Ok(600)),
        (None, &[(KEY, "k"), (TTL, "0")], Err(Bypass::ZeroTtl)),
        // The header over the gateway, clamped.
        (Some(10), &[(KEY, "k")], Ok(10)),
        (Some(10), &[(TTL, "600")], Ok(600)),
        (Some(10), &[(TTL, "1")], Ok(60)),
        (Some(10), &[(TTL, "59")], Ok(60)),
        (Some(10), &[(TTL, "60")], Ok(60)),
        (Some(10), &[(TTL, "2592000")], Ok(2_592_000)),
        (Some(10), &[(TTL, "2592001")], Ok(2_592_000)),
        (Some(10), &[(TTL, "99999999999999999999999")], Ok(2_592_000)),
        (Some(10), &[(TTL, "0")], Err(Bypass::ZeroTtl)),
        (Some(10), &[(TTL, "-5")], Err(Bypass::ZeroTtl)),
        (Some(10), &[(TTL, "soon")], Ok(10)),
        (Some(10), &[(TTL, "1.5")], Ok(10)),
        // Skipping wins; what is no switch is none.
        (Some(10), &[(SKIP, "true")], Err(Bypass::Skipped)),
        (
            Some(10),
            &[(SKIP, "TRUE"), (TTL, "600")],
            Err(Bypass::Skipped),
        ),
        (None, &[(KEY, "k"), (SKIP, "true")], Err(Bypass::Skipped)),
        (None, &[(SKIP, "true")], Err(Bypass::Off)),
        (Some(10), &[(SKIP, "false")], Ok(10)),
        (Some(10), &[(SKIP, "1")], Ok(10)),
        // The former names, which the others win over.
        (Some(10), &[("cf-skip-cache", "true")], Err(Bypass::Skipped)),
        (Some(10), &[("cf-cache-ttl", "700")], Ok(700)),
        (Some(10), &[("cf-cache-ttl", "700"), (TTL, "800")], Ok(800)),
        (
            Some(10),
            &[("cf-skip-cache", "true"), (SKIP, "false")],
            Ok(10),
        ),
    ] {
        assert_eq!(ttl(setting, headers), expected, "{setting:?} {headers:?}");
    }
    // Switched off, the number is only remembered.
    let off = Cache::new(Some(false), Some(10)).unwrap();
    let wanted = |headers| Wanted::of(off, options(headers), &request()).map(|w| w.ttl());
    assert_eq!(wanted(&[]), Err(Bypass::Off));
    assert_eq!(wanted(&[(KEY, "k")]), Ok(Duration::from_secs(300)));
}

#[test]
fn what_a_step_says_lies_over_what_the_request_says() {
    let request = options(&[(TTL, "3600"), (KEY, "request")]);
    let step = options(&[(TTL, "0")]);
    let laid = step.over_options(request);
    let off = Wanted::of(Cache::default(), laid, &super::tests::request());
    assert_eq!(off, Err(Bypass::ZeroTtl));
    let laid = options(&[(KEY, "step")]).over_options(request);
    assert_eq!(laid, options(&[(TTL, "3600"), (KEY, "step")]));
    assert_eq!(options(&[]).over_options(request), request);
}

#[test]
fn requests_that_are_no_question_of_a_known_size_are_not_cached() {
    let setting = Cache::new(None, Some(10)).unwrap();
    let why = |request: &Request<'_>| Wanted::of(setting, options(&[]), request).err();
    assert_eq!(why(&request()), None);
    for (request, expected) in [
        (
            Request {
                stream: true,
                ..request()
            },
            Some(Bypass::Stream),
        ),
        (
            Request {
                method: "GET",
                ..request()
            },
            Some(Bypass::NotInference),
        ),
        (
            Request {
                method: "post",
                ..request()
            },
            Some(Bypass::NotInference),
        ),
        (
            Request {
                inference: false,
                ..request()
            },
            Some(Bypass::NotInference),
        ),
        (
            Request {
                length: Some(CachePlan::MAX_REQUEST),
                ..request()
            },
            None,
        ),
        (
            Request {
                length: Some(CachePlan::MAX_REQUEST + 1),
                ..request()
            },
            Some(Bypass::TooLong),
        ),
    ] {
        assert_eq!(why(&request), expected, "{request:?}");
    }
    let words = [
        Bypass::Off,
        Bypass::Skipped,
        Bypass::ZeroTtl,
        Bypass::BadKey,
        Bypass::NotInference,
        Bypass::Stream,
        Bypass::TooLong,
    ];
    let words: HashSet<_> = words.into_iter().map(Bypass::as_str).collect();
    assert_eq!(words.len(), 7, "each has its word");
}

/// A small generator of numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }

    /// A short text of few letters, often empty, so that neighbours can trade bytes.
    fn text(&mut self) -> String {
        let letters = b"ab:/";
        (0..self.roll(4))
            .map(|_| char::from(letters[self.roll(4)]))
            .collect()
    }
}

#[test]
fn c_02_different_requests_have_different_keys() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let gateways = [
        gateway(1, "a", Some(9)),
        gateway(1, "ab", Some(9)),
        gateway(2, "a", Some(9)),
    ];
    let mut seen = HashMap::new();
    let mut again = 0;
    for _ in 0..20_000 {
        let which = dice.roll(gateways.len());
        let texts: [String; 7] = std::array::from_fn(|_| dice.text());
        let [surface, provider, model, path, query, name, value] = &texts;
        let query = (dice.roll(2) == 0).then_some(query.as_str());
        let kind = dice.roll(3);
        let version = dice.roll(2) as u64;
        let header = [("accept", value.as_bytes())];
        let client = [(name.as_str(), value.as_bytes())];
        let own = (dice.roll(2) == 0).then(|| format!("k{}", dice.text()));
        let body = dice.text();
        let request = Request {
            epoch: version,
            surface,
            provider,
            model,
            path,
            query,
            headers: &header[..dice.roll(2)],
            credential: match kind {
                0 => Credential::None,
                1 => Credential::Client(&client),
                _ => Credential::Stored { id: name, version },
            },
            ..request()
        };
        let key = key_of(&gateways[which], &request, own.as_deref(), body.as_bytes());
        // What of all this counts: with a key of its own, model and body do not.
        let question = match own {
            Some(own) => (own, String::new()),
            None => (String::new(), format!("{model:?}{body:?}")),
        };
        let credential = format!("{:?}", request.credential);
        let same = (
            which,
            version,
            surface.clone(),
            provider.clone(),
            path.clone(),
        );
        let same = (
            same,
            query.map(str::to_owned),
            request.headers.len(),
            credential,
        );
        let value = if request.headers.is_empty() {
            ""
        } else {
            value
        };
        let tuple = format!("{same:?}{value:?}{question:?}");
        if let Some(other) = seen.insert(key, tuple.clone()) {
            assert_eq!(other, tuple, "one key for two requests");
            again += 1;
        }
    }
    let tuples: HashSet<_> = seen.values().collect();
    assert_eq!(tuples.len(), seen.len(), "two keys for one request");
    assert!(seen.len() > 10_000 && again < 10_000);
}

#[test]
fn c_03_every_input_is_in_the_key() {
    let base = gateway(1, "g", Some(9));
    let plain = request();
    let key = [("authorization", &b"Bearer one"[..])];
    let other_key = [("authorization", &b"Bearer two"[..])];
    let other_header = [("x-api-key", &b"Bearer one"[..])];
    let stored = |id, version| Credential::Stored { id, version };
    let requests = [
        plain,
        Request { epoch: 1, ..plain },
        Request {
            surface: "compat",
            ..plain
        },
        Request {
            provider: "groq",
            ..plain
        },
        Request {
            model: "m",
            ..plain
        },
        Request {
            path: "embeddings",
            ..plain
        },
        Request {
            path: "chat%2Fcompletions",
            ..plain
        },
        Request {
            query: Some(""),
            ..plain
        },
        Request {
            query: Some("a=1"),
            ..plain
        },
        Request {
            query: Some("a=1&"),
            ..plain
        },
        Request {
            credential: Credential::Client(&[]),
            ..plain
        },
        Request {
            credential: Credential::Client(&key),
            ..plain
        },
        Request {
            credential: Credential::Client(&other_key),
            ..plain
        },
        Request {
            credential: Credential::Client(&other_header),
            ..plain
        },
        Request {
            credential: stored("k", 1),
            ..plain
        },
        Request {
            credential: stored("k", 2),
            ..plain
        },
        Request {
            credential: stored("l", 1),
            ..plain
        },
    ];
    let mut keys: Vec<_> = requests
        .iter()
        .map(|request| key_of(&base, request, None, BODY))
        .collect();
    let gateways = [
        gateway(2, "g", Some(9)),
        gateway(1, "h", Some(9)),
        // Deleted and made anew.
        Gateway {
            created_at: Timestamp::from_millis(6),
            ..base.clone()
        },
    ];
    keys.extend(
        gateways
            .iter()
            .map(|gateway| key_of(gateway, &plain, None, BODY)),
    );
    // Every byte of the body, of every class, and its length.
    for body in [
        &b""[..],
        b" ",
        b"\0",
        b"\xff",
        b"\r\n",
        b"\n",
        b"{}",
        b"{ }",
    ] {
        keys.push(key_of(&base, &plain, None, body));
    }
    for at in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[at] ^= 0x20;
        keys.push(key_of(&base, &plain, None, &body));
    }
    let different: HashSet<_> = keys.iter().collect();
    assert_eq!(different.len(), keys.len());
    // What is not an input does not matter.
    let renamed = Gateway {
        name: "x".into(),
        modified_at: Timestamp::from_millis(9),
        ..base.clone()
    };
    let sized = Request {
        length: Some(5),
        ..plain
    };
    assert_eq!(key_of(&renamed, &sized, None, BODY), keys[0]);
    // A body in pieces is the same body.
    let mut pieces = BodyHasher::default();
    BODY.chunks(5).for_each(|piece| pieces.update(piece));
    assert_eq!(pieces.finish(), BodyDigest::of(BODY));
}

#[test]
fn c_04_headers_that_change_the_answer_are_in_the_key() {
    let base = gateway(1, "g", Some(9));
    let key = |headers: &[(&str, &[u8])]| {
        key_of(
            &base,
            &Request {
                headers,
                ..request()
            },
            None,
            BODY,
        )
    };
    let mut keys = vec![key(&[])];
    for name in VARYING {
        keys.extend([
            key(&[(name, b"")]),
            key(&[(name, b"a")]),
            key(&[(name, b"b")]),
        ]);
        keys.push(key(&[(name, b"a"), (name, b"b")]));
    }
    for name in [
        "anthropic-version",
        "anthropic-beta",
        "openai-beta",
        "accept",
    ] {
        assert!(VARYING.contains(&name), "{name}");
    }
    let different: HashSet<_> = keys.iter().collect();
    assert_eq!(different.len(), keys.len());
    // The order of different headers and what stands between them do not matter.
    let one = key(&[
        ("accept", b"a"),
        ("user-agent", b"x"),
        ("openai-beta", b"b"),
    ]);
    assert_eq!(
        one,
        key(&[
            ("openai-beta", b"b"),
            ("accept", b"a"),
            ("cf-aig-metadata", b"{}")
        ])
    );
    assert!(VARYING.is_sorted());
}

#[test]
fn c_05_a_key_of_ones_own_replaces_body_and_model_and_nothing_else() {
    let base = gateway(1, "g", None);
    let plain = request();
    let one = key_of(&base, &plain, Some("x"), BODY);
    let asked = Request {
        model: "other",
        ..plain
    };
    assert_eq!(key_of(&base, &asked, Some("x"), b"other"), one);
    assert_ne!(key_of(&base, &plain, Some("y"), BODY), one);
    let credential = [("authorization", &b"Bearer one"[..])];
    for request in [
        Request {
            provider: "groq",
            ..plain
        },
        Request {
            path: "embeddings",
            ..plain
        },
        Request {
            query: Some("a"),
            ..plain
        },
        Request {
            surface: "compat",
            ..plain
        },
        Request { epoch: 1, ..plain },
        Request {
            credential: Credential::Client(&credential),
            ..plain
        },
        Request {
            headers: &[("accept", b"text/plain")],
            ..plain
        },
    ] {
        assert_ne!(key_of(&base, &request, Some("x"), BODY), one, "{request:?}");
    }
    for gateway in [gateway(1, "h", None), gateway(2, "g", None)] {
        assert_ne!(key_of(&gateway, &plain, Some("x"), BODY), one);
    }
    // A key that looks like a digest of a body is none.
    let caching = gateway(1, "g", Some(9));
    let digest = format!("{:?}", BodyDigest::of(BODY));
    assert_ne!(
        key_of(&caching, &plain, None, BODY),
        key_of(&caching, &plain, Some(&digest), BODY)
    );

    let long = "k".repeat(CacheOptions::MAX_KEY + 1);
    for bad in ["", &long, "a\nb", "a\u{7f}", "ä", "\0"] {
        assert_eq!(ttl(None, &[(KEY, bad)]), Err(Bypass::BadKey), "{bad:?}");
    }
    let longest = &long[1..];
    assert_eq!(ttl(None, &[(KEY, longest)]), Ok(300));
    let wanted = |headers| Wanted::of(caching.cache, options(headers), &plain).unwrap();
    assert!(wanted(&[]).needs_body() && !wanted(&[(KEY, "x")]).needs_body());
}

#[test]
fn c_06_only_complete_answers_of_closed_matters_are_kept() {
    let json = Some("application/json");
    let head = |status, content_type, length| NotStored::of_head(status, content_type, length, 100);
    for status in [200, 203] {
        assert_eq!(head(status, json, Some(100)), None);
        assert_eq!(head(status, None, None), None);
    }
    let others = (100..=599).filter(|status| !matches!(status, 200 | 203));
    for status in others {
        assert_eq!(
            head(status, json, None),
            Some(NotStored::Status),
            "{status}"
        );
    }
    assert_eq!(head(200, json, Some(101)), Some(NotStored::TooLong));
    for stream in [
        "text/event-stream",
        "Text/Event-Stream; charset=utf-8",
        "application/vnd.amazon.eventstream",
        "application/x-ndjson",
    ] {
        assert_eq!(head(200, Some(stream), None), Some(NotStored::Stream));
    }
    for outcome in Outcome::ALL {
        let incomplete = (outcome != Outcome::Complete).then_some(NotStored::Incomplete);
        assert_eq!(NotStored::of_end(outcome, false), incomplete);
    }
    let error = NotStored::of_end(Outcome::Complete, true);
    assert_eq!(error, Some(NotStored::Error));
}
