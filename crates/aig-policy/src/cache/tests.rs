//! When the cache is used, for how long, and which answers are kept.

use std::collections::HashSet;

use aig_model::{AccountId, Timestamp};

use super::*;

mod key;

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
