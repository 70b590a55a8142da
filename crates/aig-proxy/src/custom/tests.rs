//! What requests find of an account's own providers.

use aig_model::{CostTerms, CustomCost, CustomCostId, CustomProvider, CustomSettings, Timestamp};
use aig_policy::price::Tokens;
use tower::retry::budget::Budget;
use uuid::Uuid;

use super::*;

const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);

fn entry(slug: &str, enable: bool, headers: Option<&[(&str, &str)]>) -> CustomEntry {
    let id = CustomProviderId(Uuid::from_bytes([slug.len() as u8; 16]));
    let now = Timestamp::from_millis(0);
    let terms = CostTerms {
        model: "large".into(),
        token_pricing: [("total_tokens".to_owned(), "2".to_owned())].into(),
        enable: true,
        ..CostTerms::default()
    };
    CustomEntry {
        provider: CustomProvider {
            id,
            account: ACCOUNT,
            settings: CustomSettings {
                name: slug.into(),
                slug: slug.into(),
                base_url: "https://h.example/v1".into(),
                enable,
                ..CustomSettings::default()
            },
            header_names: vec![],
            version: 1,
            created_at: now,
            modified_at: now,
        },
        headers: headers.map(|headers| {
            let pair = |(n, v): &(&str, &str)| ((*n).to_owned(), Secret::new((*v).to_owned()));
            ExtraHeaders::new(headers.iter().map(pair))
        }),
        costs: vec![CustomCost {
            id: CustomCostId(Uuid::nil()),
            account: ACCOUNT,
            provider: id,
            terms,
            created_at: now,
            modified_at: now,
        }],
    }
}

fn snapshot(entries: impl IntoIterator<Item = CustomEntry>) -> Snapshot {
    Snapshot::new(1, [], [], []).with_custom_providers(entries)
}

#[test]
fn a_provider_is_found_under_its_whole_name_by_its_account_alone() {
    let all = Customs::default();
    let snapshot = snapshot([
        entry("acme", true, Some(&[])),
        entry("custom-ai", true, Some(&[])),
    ]);
    let mine = all.of(&snapshot, ACCOUNT);
    let found = mine.get("custom-acme").unwrap().unwrap();
    assert_eq!(found.provider.slug(), "custom-acme");
    assert!(mine.get("custom-custom-ai").unwrap().is_some());
    for name in ["acme", "custom-", "custom-ai", "custom-other", "openai"] {
        assert!(mine.get(name).unwrap().is_none(), "{name}");
    }
    let (target, model) = mine.of_model("custom-acme/a/b").unwrap().unwrap();
    assert_eq!((target.provider.slug(), model), ("custom-acme", "a/b"));
    assert!(mine.of_model("custom-acme/").unwrap().is_none());
    let other = all.of(&snapshot, AccountId::from_bytes([2; 16]));
    assert!(other.get("custom-acme").unwrap().is_none());
    assert_eq!(other.models(), []);
    let large = |name: &str| (name.to_owned(), "large".to_owned());
    assert_eq!(
        mine.models(),
        [large("custom-acme"), large("custom-custom-ai")]
    );
}

#[test]
fn what_is_not_enabled_or_does_not_open_is_refused() {
    let all = Customs::default();
    let snapshot = snapshot([entry("off", false, Some(&[])), entry("shut", true, None)]);
    let mine = all.of(&snapshot, ACCOUNT);
    let disabled = Unusable::Disabled("custom-off".into());
    assert_eq!(mine.get("custom-off").unwrap_err(), disabled);
    let broken = Unusable::Broken("custom-shut".into());
    assert_eq!(mine.get("custom-shut").unwrap_err(), broken);
}

#[test]
fn a_change_is_seen_and_makes_no_retry_undone() {
    let all = Customs::default();
    let former = snapshot([entry("acme", true, Some(&[("x-team", "a")]))]);
    let custom = |snapshot: &Snapshot| {
        let found = all.of(snapshot, ACCOUNT).get("custom-acme");
        found.unwrap().unwrap().custom.unwrap()
    };
    let before = custom(&former);
    assert!(
        Arc::ptr_eq(&before, &custom(&former)),
        "it is made ready once"
    );
    while before.budget.withdraw() {}
    let after = custom(&snapshot([entry("acme", true, Some(&[("x-team", "b")]))]));
    assert_eq!(after.headers["x-team"], "b");
    assert!(!after.budget.withdraw());
    let usage = Tokens {
        input: Some(1),
        output: Some(2),
        ..Tokens::default()
    };
    let (cost, _) = after.prices.cost("large", &usage).unwrap();
    assert_eq!(cost.pico(), 6_000_000);
}

#[test]
fn headers_are_sent_and_a_key_among_them_gives_way_and_goes_to_nobody_unknown() {
    let all = Customs::default();
    let headers = [
        ("x-team", "research"),
        ("authorization", "Bearer sk-in-headers"),
    ];
    let snapshot = snapshot([entry("acme", true, Some(&headers))]);
    let target = all.of(&snapshot, ACCOUNT).get("custom-acme");
    let target = target.unwrap().unwrap();
    let custom = target.custom.unwrap();
    let sent = |keyed, open| {
        let mut sent = HeaderMap::new();
        sent.insert("x-team", HeaderValue::from_static("callers"));
        if keyed {
            sent.insert("authorization", HeaderValue::from_static("Bearer sk-own"));
        }
        custom.put(&mut sent, &target.provider, keyed, open);
        let key = sent
            .get("authorization")
            .map(|v| v.to_str().unwrap().to_owned());
        (sent["x-team"].to_str().unwrap().to_owned(), key)
    };
    let team = || "research".to_owned();
    assert_eq!(
        sent(false, false),
        (team(), Some("Bearer sk-in-headers".into()))
    );
    assert_eq!(sent(true, false), (team(), Some("Bearer sk-own".into())));
    assert_eq!(sent(false, true), (team(), None));
    assert!(custom.has_key(&target.provider));
    let secrets: Vec<_> = custom.secrets().collect();
    assert!(secrets.contains(&b"sk-in-headers".as_slice()));
    assert!(!format!("{custom:?}").contains("sk-in-headers"));
}
