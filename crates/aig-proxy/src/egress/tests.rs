//! Which addresses are really dialled, by the table and by every way to write one.

use tower_service::Service;

use super::*;

mod differential;

const PATIENCE: Duration = Duration::from_secs(30);

/// One address a line, `refused` or `public`.
const ADDRESSES: &str = include_str!("tests/addresses.txt");

fn connector(allow: &[&str]) -> Connector {
    let allow = allow.iter().map(|net| net.parse().unwrap()).collect();
    let rules = EgressRules {
        allow,
        ..EgressRules::default()
    };
    Connector::new(rules, PATIENCE)
}

fn uri(text: &str) -> Uri {
    text.parse().unwrap()
}

/// A refused address is refused by the rules and by the connector; of a public one the connector
/// would dial that very address. (It is not dialled: tests stay in the house.)
#[tokio::test]
async fn n_03_literal_addresses_by_the_rules_and_on_the_dial() {
    let mut connector = connector(&[]);
    let mut seen = 0;
    for line in ADDRESSES.lines() {
        let (verdict, text) = line.split_once(' ').unwrap();
        let address: std::net::IpAddr = text.parse().unwrap();
        let host = match address.is_ipv6() {
            true => format!("[{text}]"),
            false => text.to_owned(),
        };
        let public = verdict == "public";
        let judged = connector.rules.judge("https", &host);
        assert_eq!(judged.is_ok(), public, "{line}: {judged:?}");
        let permitted = connector.rules.permit(address, 443, true);
        assert_eq!(permitted.is_ok(), public, "{line}: {permitted:?}");
        let uri = uri(&format!("https://{host}/v1"));
        if public {
            let dialled = connector.addresses(&uri).await.unwrap();
            assert_eq!(dialled, [SocketAddr::new(address, 443)], "{line}");
        } else {
            let error = connector.call(uri).await.unwrap_err();
            assert!(matches!(error, DialError::Forbidden), "{line}: {error}");
        }
        seen += 1;
    }
    assert!(seen >= 60, "{seen} addresses");
}

/// The resolver is not asked for a literal, so the connector itself must refuse; somebody listens,
/// so a dial would be seen.
#[tokio::test]
async fn n_08_a_literal_address_is_refused_where_no_resolver_is_asked() {
    let honeypot = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = honeypot.local_addr().unwrap().port();
    let mut connector = connector(&[]);
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"] {
        for scheme in ["http", "https"] {
            let uri = uri(&format!("{scheme}://{host}:{port}/"));
            let error = connector.call(uri).await.unwrap_err();
            assert!(matches!(error, DialError::Forbidden), "{host}: {error}");
        }
    }
    let dialled = futures_util::FutureExt::now_or_never(honeypot.accept());
    assert!(dialled.is_none(), "somebody dialled");
    // And the same address is dialled where it is allowed, so the port was none of the reasons.
    let mut connector = self::connector(&["127.0.0.0/8"]);
    connector
        .call(uri(&format!("http://127.0.0.1:{port}/")))
        .await
        .unwrap();
}

/// A name is resolved by the connector, and each of its addresses asked for.
#[tokio::test]
async fn names_lead_to_permitted_addresses_only() {
    let local = uri("http://localhost:8000/");
    for address in connector(&["127.0.0.0/8"]).addresses(&local).await.unwrap() {
        assert_eq!(address, "127.0.0.1:8000".parse().unwrap());
    }
    let error = connector(&["192.0.2.0/24"]).addresses(&local).await;
    assert!(matches!(error, Err(DialError::Forbidden)), "{error:?}");
}

#[tokio::test]
async fn n_14_a_connection_that_leads_back_home_is_given_up() {
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let rules = EgressRules {
        allow: vec!["0.0.0.0/0".parse().unwrap()],
        own: vec![own],
    };
    let mut connector = Connector::new(rules, PATIENCE);
    for host in ["127.0.0.1", "127.1.2.3", "0.0.0.0", "localhost"] {
        let uri = uri(&format!("http://{host}:{}/", own.port()));
        let error = connector.call(uri).await.unwrap_err();
        assert!(matches!(error, DialError::Forbidden), "{host}: {error}");
    }
}
