//! Which destinations are allowed. The table of addresses is held against the rules and against
//! the connector at once, in `aig-proxy`.

use super::*;

const OPEN: &str = "1.1.1.1";

fn loopback() -> EgressRules {
    EgressRules {
        allow: vec![network("127.0.0.0/8")],
        ..EgressRules::default()
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("the tests write addresses")
}

#[test]
fn public_addresses_only_over_https_on_its_port() {
    let rules = EgressRules::default();
    assert_eq!(rules.permit(ip(OPEN), 443, true), Ok(()));
    for (port, tls) in [
        (80, false),
        (443, false),
        (22, true),
        (6379, true),
        (0, true),
    ] {
        let judged = rules.permit(ip(OPEN), port, tls);
        assert_eq!(judged, Err(Forbidden::Port), "{port} {tls}");
    }
}

#[test]
fn an_allowed_network_is_free_of_all_rules_but_port_0() {
    let rules = loopback();
    for address in ["127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1"] {
        assert_eq!(rules.permit(ip(address), 8000, false), Ok(()), "{address}");
    }
    let judged = rules.permit(ip("127.0.0.1"), 0, false);
    assert_eq!(judged, Err(Forbidden::Port));
    let judged = rules.permit(ip("10.0.0.1"), 8000, false);
    assert_eq!(judged, Err(Forbidden::Address));
}

#[test]
fn hosts_have_one_spelling() {
    for (host, address) in [
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
    ] {
        assert_eq!(Host::read(host), Some(Host::Address(ip(address))), "{host}");
    }
    for name in [
        "a",
        "api.openai.com",
        "api.openai.com.",
        "LOCALHOST",
        "7.example",
        "0x7f.example",
        "a_b.example",
        "xn--bcher-kva.example",
    ] {
        assert_eq!(Host::read(name), Some(Host::Name(name)), "{name}");
    }
    for other in [
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0X7F.0.0.1",
        "0x",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.1.",
        "127.0.0.256",
        "1.2.3.4.5",
        "a.1",
        "a.0x1",
        "::1",
        "[::1",
        "[fe80::1%25eth0]",
        "[fe80::1%1]",
        "[1.2.3.4]",
        "１２７.0.0.1",
        "bücher.example",
        "a b",
        "a\tb",
        "a@b",
        "%31",
        "a%2eb",
    ] {
        assert_eq!(Host::read(other), None, "{other}");
    }
}

#[test]
fn a_name_is_judged_as_far_as_can_be_without_asking_for_it() {
    let (none, loopback) = (EgressRules::default(), loopback());
    for (scheme, authority, without, with) in [
        ("https", "api.example", true, true),
        ("HTTPS", "api.example:443", true, true),
        ("http", "api.example:443", false, true),
        ("http", "api.example", false, true),
        ("https", "api.example:8443", false, true),
        ("https", "api.example:0", false, false),
        ("https", "localhost", false, true),
        ("http", "LocalHost.:8000", false, true),
        ("https", "a.localhost", false, true),
    ] {
        for (rules, expected) in [(&none, without), (&loopback, with)] {
            let judged = rules.judge(scheme, authority);
            let place = format!("{scheme}://{authority}");
            assert_eq!(judged.is_ok(), expected, "{place}: {judged:?}");
        }
    }
}

#[test]
fn n_13_schemes_and_ports_are_read_strictly() {
    let rules = EgressRules::default();
    for (scheme, authority, why) in [
        ("file", "api.example", Forbidden::Scheme),
        ("gopher", "api.example", Forbidden::Scheme),
        ("unix", "api.example", Forbidden::Scheme),
        ("ftp", "api.example", Forbidden::Scheme),
        ("", "api.example", Forbidden::Scheme),
        ("https ", "api.example", Forbidden::Scheme),
        ("http", "1.1.1.1", Forbidden::Port),
        ("https", "1.1.1.1:0", Forbidden::Port),
        ("https", "1.1.1.1:22", Forbidden::Port),
        ("https", "1.1.1.1:25", Forbidden::Port),
        ("https", "1.1.1.1:6379", Forbidden::Port),
        ("https", "1.1.1.1:5432", Forbidden::Port),
        ("https", "1.1.1.1:65536", Forbidden::Port),
        ("https", "1.1.1.1:99999999999", Forbidden::Port),
        ("https", "1.1.1.1:", Forbidden::Port),
        ("https", "1.1.1.1:+443", Forbidden::Spelling),
        ("https", "1.1.1.1:443:443", Forbidden::Spelling),
        ("https", "user@1.1.1.1", Forbidden::Spelling),
        ("https", "user:word@1.1.1.1", Forbidden::Spelling),
        ("https", "[2606:4700::1111]443", Forbidden::Spelling),
        ("https", "", Forbidden::Spelling),
    ] {
        let judged = rules.judge(scheme, authority);
        assert_eq!(judged, Err(why), "{scheme}://{authority}");
    }
    let allowing = EgressRules {
        allow: vec![network("1.1.1.0/24")],
        ..EgressRules::default()
    };
    for authority in ["1.1.1.1:22", "1.1.1.1:6379", "1.1.1.1"] {
        assert!(allowing.judge("http", authority).is_ok(), "{authority}");
    }
}

#[test]
fn n_14_the_house_itself_is_never_dialled() {
    let everything = vec![network("0.0.0.0/0"), network("::/0")];
    let bound = |text: &str| EgressRules {
        allow: everything.clone(),
        own: vec![text.parse().expect("the tests write addresses")],
    };
    for (own, address, refused) in [
        ("127.0.0.1:8787", "127.0.0.1", true),
        ("127.0.0.1:8787", "::ffff:127.0.0.1", true),
        ("127.0.0.1:8787", "0.0.0.0", true),
        ("127.0.0.1:8787", "10.0.0.1", false),
        ("0.0.0.0:8787", "127.0.0.1", true),
        ("0.0.0.0:8787", "127.8.8.8", true),
        ("[::]:8787", "127.0.0.1", true),
        ("[::]:8787", "::1", true),
        ("[::]:8787", "10.0.0.1", false),
        ("10.0.0.1:8787", "10.0.0.1", true),
        ("127.0.0.1:8788", "127.0.0.1", false),
    ] {
        let judged = bound(own).permit(ip(address), 8787, false);
        assert_eq!(judged.is_err(), refused, "{own} {address}: {judged:?}");
    }
    // By an address of the machine, which shows only when the connection is there.
    let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
    let everywhere = bound("0.0.0.0:8787");
    assert!(everywhere.is_back_home(at("10.0.0.1:50000"), at("10.0.0.1:8787")));
    assert!(!everywhere.is_back_home(at("10.0.0.1:50000"), at("10.0.0.2:8787")));
    assert!(!everywhere.is_back_home(at("10.0.0.1:50000"), at("10.0.0.1:8788")));
}

#[test]
fn a_service_account_is_shown_to_google_and_to_allowed_addresses_alone() {
    let rules = |allow: &[&str]| EgressRules {
        allow: allow.iter().map(|net| net.parse().unwrap()).collect(),
        own: vec![],
    };
    let google = "https://oauth2.googleapis.com/token";
    assert!(rules(&[]).trusts_token_endpoint(google));
    assert!(rules(&[]).trusts_token_endpoint("https://accounts.google.com/o/oauth2/token"));
    for other in [
        "http://oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com.evil.example/token",
        "https://oauth2.googleapis.com@evil.example/token",
        "https://oauth2.googleapis.com:8443/token",
        "https://evil.example\\oauth2.googleapis.com/",
        "https://evil.example/oauth2.googleapis.com",
        "oauth2.googleapis.com/token",
        "https://127.0.0.1/token",
        "http://127.0.0.1:8080/token",
        "https://8.8.8.8/token",
        "https://localhost/token",
    ] {
        assert!(!rules(&[]).trusts_token_endpoint(other), "{other}");
    }
    let local = rules(&["127.0.0.0/8"]);
    assert!(local.trusts_token_endpoint("http://127.0.0.1:8080/token"));
    for other in [
        "http://10.0.0.1/token",
        "https://localhost/token",
        "http://2130706433/",
    ] {
        assert!(!local.trusts_token_endpoint(other), "{other}");
    }
}
