//! May requests go below this URL? Everything about it that can be said without resolving its host.
//!
//! The form is strict: what two parsers could read in two ways is refused, so that what is checked
//! here is what is dialled. Which addresses a name has is looked at by whoever dials, every time.

use aig_policy::{EgressRules, Forbidden};
use http::Uri;

use crate::error::{Failure, Fault};

/// The URL as it is kept: without slashes at its end.
pub(super) fn checked(url: String, rules: &EgressRules) -> Result<String, Failure> {
    match fault(&url, rules) {
        Some(what) => Err(Failure::BadBaseUrl(Fault::of_field(
            "base_url",
            format!("base_url {what}"),
        ))),
        None => Ok(url.trim_end_matches('/').to_owned()),
    }
}

fn fault(url: &str, rules: &EgressRules) -> Option<String> {
    let said = |text: &str| Some(text.to_owned());
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        return said("must begin with https://");
    }
    if url.contains(['?', '#']) {
        return said("must have no query and no fragment");
    }
    let Ok(uri) = url.parse::<Uri>() else {
        return said("must be a URL, such as https://api.acme.example/v1");
    };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return said("must name a host");
    };
    if authority.as_str().contains('@') {
        return said(
            "must have no user and no password; a key belongs into a stored key or a header",
        );
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=".contains(&byte);
    let path = uri.path();
    if !path.bytes().all(legal) || path.contains("//") {
        return said("must have a path of plain segments, without percent escapes and empty ones");
    }
    let is_dot = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    if path.split('/').any(is_dot) {
        return said("must have no dot segments in its path");
    }
    let forbidden = rules.judge(scheme, authority.as_str()).err()?;
    Some(match forbidden {
        Forbidden::Own => "must not lead to this gateway itself".to_owned(),
        Forbidden::Spelling => "must name its host in the usual spelling".to_owned(),
        reason => format!(
            "is not allowed: {reason}; use https and a public host, or have the instance's \
             administrator add the network to [egress] allow"
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn refused(url: &str, rules: &EgressRules) -> Option<String> {
        fault(url, rules)
    }

    #[test]
    fn n_05_a_base_url_is_public_and_by_https_or_refused() {
        let rules = EgressRules::default();
        for url in [
            "https://api.acme.example",
            "https://api.acme.example/v1",
            "https://api.acme.example:443/a/b-c_d~e",
            "https://8.8.8.8/v1",
            "https://[2606:4700::1111]/",
        ] {
            assert_eq!(refused(url, &rules), None, "{url}");
        }
        for url in [
            "http://api.acme.example",
            "https://api.acme.example:8443",
            "https://127.0.0.1",
            "https://10.0.0.1/v1",
            "https://169.254.169.254/latest",
            "https://[::1]",
            "https://[::ffff:10.0.0.1]",
            "https://localhost",
            "https://a.localhost",
            "https://2130706433",
            "https://0x7f.1",
            "https://0177.0.0.1",
            "https://user:key@api.acme.example",
            "https://api.acme.example@10.0.0.1",
            "https://",
            "https:///v1",
            "https://api.acme.example:0",
            "https://api.acme.example:99999",
            "file:///etc/passwd",
            "gopher://h.example",
            "ftp://h.example",
            "//h.example",
            "HTTPS://h.example",
            " https://h.example",
            "https://h.example/a b",
            "https://h.example?x=1",
            "https://h.example/#x",
            "https://h.example/../x",
            "https://h.example/a/..;x/b",
            "https://h.example/%2e%2e/x",
            "https://h.example//x",
            "https://{region}.example",
            "https://h.example/{x}",
            "https://bücher.example",
        ] {
            assert!(refused(url, &rules).is_some(), "{url}");
        }
    }

    #[test]
    fn n_05_what_the_instance_allows_may_be_private_but_never_itself() {
        let own: SocketAddr = "127.0.0.1:8787".parse().unwrap();
        let rules = EgressRules {
            allow: vec!["127.0.0.0/8".parse().unwrap()],
            own: vec![own],
        };
        assert_eq!(refused("http://127.0.0.1:9000", &rules), None);
        let itself = refused("http://127.0.0.1:8787", &rules).unwrap();
        assert!(itself.contains("itself"), "{itself}");
        assert!(refused("http://10.0.0.1", &rules).is_some());
    }
}
