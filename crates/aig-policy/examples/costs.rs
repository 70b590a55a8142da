//! What the policies cost by the call, roughly; to be run by hand on a quiet machine.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use aig_model::{AccountId, Cache, Gateway, GatewayId, Timestamp};
use aig_policy::cache::{BodyDigest, CacheOptions, CachePlan, Credential, Request};
use aig_policy::price::{PriceBook, Tokens};
use aig_policy::rate_limit::{Limit, RateLimiter, Technique};

fn main() {
    prices();
    limits();
    keys();
}

fn measure(what: &str, rounds: u32, mut call: impl FnMut(u32)) {
    let start = Instant::now();
    (0..rounds).for_each(&mut call);
    println!("{what}: {:?}", start.elapsed() / rounds);
}

fn prices() {
    measure("reading the table", 1, |_| {
        black_box(PriceBook::built_in());
    });
    let tokens = Tokens {
        input: Some(1000),
        output: Some(100),
        ..Tokens::default()
    };
    for model in ["gpt-4o-mini", "gpt-4o-mini-2031-01-01", "no-such-model"] {
        measure(&format!("the cost of {model}"), 100_000, |_| {
            let _ = black_box(PriceBook::built_in().cost("openai", black_box(model), &tokens));
        });
    }
}

fn limits() {
    let (account, gateway) = (AccountId::from_bytes([1; 16]), GatewayId::default_gateway());
    let start = Instant::now();
    let limiter = RateLimiter::new(start, Timestamp::from_millis(0));
    for (technique, requests) in [
        (Technique::Fixed, 50),
        (Technique::Sliding, 50),
        (Technique::Sliding, 1_000_000),
    ] {
        let limit = Limit {
            requests: NonZeroU32::new(requests).expect("not zero"),
            interval: NonZeroU32::MIN,
            technique,
        };
        measure(
            &format!("{requests} a second, {}", technique.as_str()),
            1_000_000,
            |n| {
                let now = start + Duration::from_micros(n.into());
                let _ = black_box(limiter.admit(account, &gateway, limit, now));
            },
        );
    }
}

fn keys() {
    let account = AccountId::from_bytes([1; 16]);
    let gateway = Gateway {
        cache: Cache::new(None, Some(60)).expect("a TTL alone is legal"),
        ..Gateway::new(
            account,
            GatewayId::default_gateway(),
            Timestamp::from_millis(0),
        )
    };
    let headers = [("x-some-header", &b"value"[..]); 20];
    let request = Request {
        epoch: 0,
        surface: "native",
        provider: "openai",
        model: "gpt-4o-mini",
        method: "POST",
        path: "chat/completions",
        query: None,
        headers: &headers,
        credential: Credential::Client(&[("authorization", b"Bearer sk-0123456789")]),
        stream: false,
        inference: true,
        length: None,
    };
    for length in [0, 4 << 10, 1 << 20] {
        let body = vec![b'x'; length];
        measure(&format!("a key over {length} bytes"), 1_000, |_| {
            let body = BodyDigest::of(&body);
            black_box(CachePlan::of(
                &gateway,
                CacheOptions::default(),
                &request,
                &body,
            ));
        });
    }
}
