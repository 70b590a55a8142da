//! What headers say, and who wins.

use aig_model::{Cache, Gateway, GatewayId, Timestamp};
use aig_policy::cache::{Bypass, Credential, Request, Wanted};

use super::*;

fn said(pairs: &[(&'static str, &'static str)]) -> Wishes {
    let pairs = pairs.iter().map(|(name, value)| {
        let value = HeaderValue::from_static(value);
        (http::HeaderName::from_static(name), value)
    });
    Wishes::of(&Own::of(&pairs.collect()))
}

/// The TTL in seconds, or why there is none.
fn wanted(wishes: &Wishes, gateway_ttl: u32) -> Result<u64, Bypass> {
    let request = Request {
        epoch: 0,
        surface: "",
        provider: "p",
        model: "",
        method: "POST",
        path: "",
        query: None,
        headers: &[],
        credential: Credential::None,
        stream: false,
        inference: true,
        length: None,
    };
    let setting = Cache::new(None, Some(gateway_ttl)).unwrap();
    Wanted::of(setting, wishes.cache(), &request).map(|wanted| wanted.ttl().as_secs())
}

#[test]
fn a_step_wins_over_its_request_field_by_field() {
    let request = said(&[
        ("cf-aig-cache-ttl", "3600"),
        ("cf-aig-cache-key", "k"),
        ("cf-aig-collect-log-payload", "false"),
        ("cf-aig-custom-cost", r#"{"total_cost":1}"#),
    ]);
    let step = said(&[("cf-aig-cache-ttl", "0")]).over(&request);
    assert_eq!(wanted(&request, 0), Ok(3600));
    assert_eq!(wanted(&step, 0), Err(Bypass::ZeroTtl));
    assert!(!step.keep_bodies());
    assert_eq!(step.cost(), request.cost());
    let step = said(&[
        ("cf-aig-skip-cache", "true"),
        ("cf-aig-collect-log-payload", "true"),
        ("cf-aig-custom-cost", r#"{"total_cost":2}"#),
    ]);
    let step = step.over(&request);
    assert_eq!(wanted(&step, 0), Err(Bypass::Skipped));
    assert!(step.keep_bodies());
    assert_ne!(step.cost(), request.cost());
}

#[test]
fn nothing_said_leaves_it_to_the_gateway() {
    let silent = said(&[]);
    assert_eq!(wanted(&silent, 0), Err(Bypass::Off));
    assert_eq!(wanted(&silent, 60), Ok(60));
    assert!(silent.keep_bodies() && silent.cost().is_none());
    let unreadable = said(&[
        ("cf-aig-cache-ttl", "soon"),
        ("cf-aig-collect-log-payload", "?"),
    ]);
    assert_eq!(wanted(&unreadable, 60), Ok(60));
    assert!(unreadable.keep_bodies());
}

#[test]
fn a_wrong_price_is_kept_as_wrong() {
    let wrong = said(&[("cf-aig-custom-cost", "one dollar")]);
    assert!(matches!(wrong.cost(), Some(Err(_))));
}

#[test]
fn c_05_a_key_alone_asks_for_the_cache_of_its_own_gateway() {
    let keyed = said(&[("cf-aig-cache-key", "k")]);
    assert_eq!(wanted(&keyed, 0), Ok(300));
    let account = aig_model::AccountId::from_bytes([1; 16]);
    let of = |gateway: &str| {
        let id: GatewayId = gateway.parse().unwrap();
        let gateway = Gateway::new(account, id, Timestamp::from_millis(0));
        let request = Request {
            epoch: 0,
            surface: "",
            provider: "p",
            model: "",
            method: "POST",
            path: "",
            query: None,
            headers: &[],
            credential: Credential::None,
            stream: false,
            inference: true,
            length: None,
        };
        let wanted = Wanted::of(gateway.cache, keyed.cache(), &request).unwrap();
        wanted.key(&gateway, &request, &aig_policy::cache::BodyDigest::of(b""))
    };
    assert_ne!(of("a"), of("b"));
}
