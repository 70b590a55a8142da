//! Which addresses may be dialled.

use super::*;

fn permits(rules: &EgressRules, address: &str) -> bool {
    rules.permit(address.parse().unwrap(), 443, true)
}

#[test]
fn public_addresses_are_dialled_and_others_are_not() {
    let rules = EgressRules::default();
    for public in [
        "1.1.1.1",
        "8.8.8.8",
        "172.15.0.1",
        "172.32.0.1",
        "2606:4700::1111",
    ] {
        assert!(permits(&rules, public), "{public}");
    }
    for other in [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fc00::1",
        "fe80::1",
        "ff02::1",
    ] {
        assert!(!permits(&rules, other), "{other}");
    }
}

#[test]
fn public_addresses_only_over_https_on_its_port() {
    let rules = EgressRules::default();
    let public = "1.1.1.1".parse().unwrap();
    assert!(rules.permit(public, 443, true));
    for (port, tls) in [
        (80, false),
        (443, false),
        (22, true),
        (6379, true),
        (0, true),
    ] {
        assert!(!rules.permit(public, port, tls), "{port} {tls}");
    }
}

#[test]
fn an_allowed_network_is_free_of_all_rules() {
    let rules = EgressRules {
        authorities: Vec::new(),
        allow: vec!["127.0.0.0/8".parse().unwrap()],
    };
    assert!(rules.permit("127.0.0.1".parse().unwrap(), 8000, false));
    assert!(rules.permit("::ffff:127.0.0.1".parse().unwrap(), 8000, false));
    assert!(!rules.permit("10.0.0.1".parse().unwrap(), 8000, false));
}

#[tokio::test]
async fn a_literal_address_is_checked_like_a_name() {
    use tower_service::Service;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut connector = Connector::new(EgressRules::default(), Duration::from_secs(5));
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "0x7f.1",
        "127.1",
    ] {
        let Ok(uri) = format!("http://{host}:{port}/").parse::<Uri>() else {
            continue;
        };
        let error = connector.call(uri).await.unwrap_err();
        assert!(
            matches!(error, DialError::Forbidden | DialError::Unresolved(_)),
            "{host}: {error}"
        );
    }
}
