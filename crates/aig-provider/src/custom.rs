//! Providers that accounts make for themselves: a base URL, OpenAI's dialect, and nothing to clean up.

use std::borrow::Cow;

use http::HeaderName;
use http::header::AUTHORIZATION;

use crate::base::Base;
use crate::endpoint::Endpoint;
use crate::provider::{Credential, Provider};
use crate::shape::Shape;
use crate::table::BadProvider;
use crate::version::Version;
use crate::wire::Wire;

/// Where a key for an unknown provider may travel. The first is where a stored one goes; the others
/// are looked at so that whoever brings a key in one of them keeps it.
static CREDENTIALS: [HeaderName; 4] = [
    AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// What it is taken to offer below a base with a path …
static ENDPOINTS: [(Endpoint, &str); 4] = [
    (Endpoint::Chat, "chat/completions"),
    (Endpoint::Responses, "responses"),
    (Endpoint::Embeddings, "embeddings"),
    (Endpoint::Messages, "messages"),
];
/// … and below a bare host.
static ENDPOINTS_WITH_VERSION: [(Endpoint, &str); 4] = [
    (Endpoint::Chat, "v1/chat/completions"),
    (Endpoint::Responses, "v1/responses"),
    (Endpoint::Embeddings, "v1/embeddings"),
    (Endpoint::Messages, "v1/messages"),
];

impl Provider {
    /// A provider that an account made for itself, called `name`.
    ///
    /// Paths go below the base URL as they come: a version that stands in both stays in both.
    pub fn custom(name: &str, base_url: &str) -> Result<Self, BadProvider> {
        let base =
            Base::parse(base_url, &[]).map_err(|why| BadProvider::BaseUrl(name.to_owned(), why))?;
        let endpoints = match base.path() {
            "" => &ENDPOINTS_WITH_VERSION[..],
            _ => &ENDPOINTS[..],
        };
        Ok(Self {
            slug: Cow::Owned(name.to_owned()),
            aliases: &[],
            bases: vec![base],
            lead: "",
            version: Version::AsGiven,
            shape: Shape::Plain,
            wire: Wire::OpenAi,
            endpoints,
            credential: Credential {
                headers: &CREDENTIALS,
                ..Wire::OpenAi.credential()
            },
            model_field: "model",
            asks_usage: true,
            models: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Call;

    fn target(base: &str, tail: &str) -> String {
        let provider = Provider::custom("custom-acme", base).unwrap();
        let call = Call {
            tail,
            query: Some("a=1"),
            ..Call::default()
        };
        provider.target_of(&call).unwrap().to_string()
    }

    #[test]
    fn paths_go_below_the_base_as_they_came() {
        for (base, tail, whole) in [
            ("https://h.example", "v1/x", "https://h.example/v1/x?a=1"),
            ("https://h.example/v1/", "x", "https://h.example/v1/x?a=1"),
            // Nothing is cleaned up: Cloudflare's custom providers do the same.
            (
                "https://h.example/v1",
                "v1/x",
                "https://h.example/v1/v1/x?a=1",
            ),
        ] {
            assert_eq!(target(base, tail), whole);
        }
    }

    #[test]
    fn a_bare_host_gets_the_version_at_the_unified_endpoints() {
        let tail = |base| {
            let provider = Provider::custom("custom-acme", base).unwrap();
            provider.tail_of(Endpoint::Chat)
        };
        assert_eq!(tail("https://h.example"), Some("v1/chat/completions"));
        assert_eq!(tail("https://h.example/"), Some("v1/chat/completions"));
        assert_eq!(tail("https://h.example/llm"), Some("chat/completions"));
    }

    #[test]
    fn the_path_says_which_dialect_is_spoken() {
        let provider = Provider::custom("custom-acme", "https://h.example").unwrap();
        assert_eq!(provider.wire_at("v1/messages"), Wire::Anthropic);
        assert_eq!(provider.wire_at("api/chat/completions"), Wire::OpenAi);
    }

    #[test]
    fn a_base_that_leaves_something_open_is_refused() {
        for base in [
            "https://{region}.example",
            "https://h.example/?x",
            "h.example",
            "https://u@h.example",
        ] {
            assert!(Provider::custom("custom-acme", base).is_err(), "{base}");
        }
    }
}
