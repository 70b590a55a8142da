//! Bases with and without slots.

use super::*;

const ALL: [Slot; 7] = [
    Slot::Account,
    Slot::Resource,
    Slot::Deployment,
    Slot::Region,
    Slot::Service,
    Slot::Model,
    Slot::Host,
];

#[test]
fn slots_are_filled_where_they_stand() {
    let base = Base::parse("https://{service}.{region}.h:8443/a/{region}/v1/", &ALL).unwrap();
    let slots = Slots {
        service: Some("s-1"),
        region: Some("r"),
        ..Slots::default()
    };
    assert_eq!(base.authority(&slots).unwrap(), "s-1.r.h:8443");
    assert_eq!(base.path_for(&slots).unwrap(), "/a/r/v1");
    assert_eq!(base.version(), Some(Version::InBase("v1".into())));
    assert_eq!(
        base.to_string(),
        "https://{service}.{region}.h:8443/a/{region}/v1"
    );
    assert!(base.leaves_open(Slot::Region) && !base.leaves_open(Slot::Account));
    assert_eq!(
        base.authority(&Slots::default()),
        Err(BadTail::Slot("service"))
    );
}

#[test]
fn labels_are_matched_strictly() {
    for label in ["a", "us-east-1", "-", "0", &"a".repeat(63)] {
        assert!(is_label(label), "{label}");
    }
    for text in [
        "",
        "A",
        "a.b",
        "a_b",
        "a/b",
        "é",
        "a ",
        "%61",
        &"a".repeat(64),
    ] {
        assert!(!is_label(text), "{text}");
    }
}

#[test]
fn bases_with_foreign_or_broken_slots_are_refused() {
    for url in [
        "https://{region}.h",
        "https://h/{Account}",
        "https://h/{}",
        "https://h/{account",
        "https://h/account}",
        "https://h/{{account}}",
    ] {
        assert_eq!(
            Base::parse(url, &[Slot::Account]),
            Err(UNKNOWN_SLOT),
            "{url}"
        );
    }
    for url in [
        "https://h:{account}",
        "https://{account}@h",
        "https://h/?{account}",
        "{account}://h",
        "https://{deployment}.h",
    ] {
        assert!(Base::parse(url, &ALL).is_err(), "{url}");
    }
}

#[test]
fn a_segment_at_the_end_is_taken_off_once() {
    for (url, wanted) in [
        ("https://h/ai/run", "https://h/ai"),
        ("https://h/run", "https://h"),
        ("https://h/{account}/run/", "https://h/{account}"),
        ("https://h/ai/rerun", "https://h/ai/rerun"),
        ("https://h/run/run", "https://h/run"),
        ("https://h", "https://h"),
    ] {
        let base = Base::parse(url, &ALL).unwrap().without("run");
        assert_eq!(base.to_string(), wanted);
        let slots = Slots {
            account: Some("acc"),
            ..Slots::default()
        };
        let path = base.path_for(&slots).unwrap();
        assert_eq!(
            format!("https://h{path}"),
            wanted.replace("{account}", "acc")
        );
    }
}
