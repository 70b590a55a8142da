//! Paths and what is read from them.

use super::*;

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

fn read(path: &str) -> Option<(bool, String, String, String, Option<String>)> {
    let uri: http::Uri = path.replace("{a}", ACCOUNT).parse().unwrap();
    Route::read(&uri, &HeaderMap::new()).map(|route| {
        (
            route.account.is_some(),
            route.gateway.map(|g| g.to_string()).unwrap_or_default(),
            route.provider.to_owned(),
            route.tail.to_owned(),
            route.query.map(str::to_owned),
        )
    })
}

#[test]
fn a_path_is_cut_at_its_first_three_slashes() {
    let (account, gateway, provider, tail, query) =
        read("/v1/{a}/my-gateway/openai/chat//completions%2F?x=%20&x").unwrap();
    assert!(account);
    assert_eq!((&*gateway, &*provider), ("my-gateway", "openai"));
    assert_eq!(tail, "chat//completions%2F");
    assert_eq!(query.as_deref(), Some("x=%20&x"));
}

#[test]
fn the_universal_form_has_no_provider() {
    for path in ["/v1/{a}/g", "/v1/{a}/g/"] {
        let (_, gateway, provider, tail, _) = read(path).unwrap();
        assert_eq!((&*gateway, &*provider, &*tail), ("g", "", ""));
    }
}

#[test]
fn h_11_no_other_spelling_reaches_an_account_or_a_gateway() {
    for path in [
        "/v1/0123456789ABCDEF0123456789ABCDEF/g/openai/x",
        "/v1/%30123456789abcdef0123456789abcdef/g/openai/x",
        "/v1//g/openai/x",
    ] {
        assert!(!read(path).unwrap().0, "{path}");
    }
    for path in [
        "/v1/{a}/G/openai",
        "/v1/{a}/%67/openai",
        "/v1/{a}/../openai",
        "/v1/{a}//openai",
    ] {
        assert_eq!(read(path).unwrap().1, "", "{path}");
    }
}

#[test]
fn other_paths_are_not_the_data_planes() {
    for path in ["/", "/v1", "/v1/", "/v2/{a}/g/openai", "/v1/{a}"] {
        assert_eq!(read(path), None, "{path}");
    }
}

/// The goal and the voice of a path, which must be one of the data plane's.
fn goal(path: &str) -> (Goal, Voice) {
    let uri: Uri = path.replace("{a}", ACCOUNT).parse().unwrap();
    assert!(serves(uri.path()), "{path}");
    let route = Route::read(&uri, &HeaderMap::new()).unwrap();
    assert_eq!(voice(&uri), route.voice, "{path}");
    (route.goal, route.voice)
}

#[test]
fn unified_paths_have_an_endpoint_each() {
    use Endpoint::{Chat, Embeddings, Messages, Responses};
    for (path, endpoint) in [
        ("chat/completions", Chat),
        ("v1/chat/completions", Chat),
        ("responses", Responses),
        ("v1/responses", Responses),
        ("embeddings", Embeddings),
        ("v1/embeddings", Embeddings),
    ] {
        let expected = (Goal::Unified(endpoint), Voice::Gateway);
        assert_eq!(goal(&format!("/v1/{{a}}/g/compat/{path}?x")), expected);
    }
    for path in ["models", "v1/models"] {
        let expected = (Goal::Models, Voice::Gateway);
        assert_eq!(goal(&format!("/v1/{{a}}/g/compat/{path}")), expected);
    }
    for path in [
        "",
        "messages",
        "v1/messages",
        "v1/v1/chat/completions",
        "/chat/completions",
        "chat/completions/",
        "chat%2Fcompletions",
        "Chat/completions",
        "v1",
    ] {
        let expected = (Goal::Nowhere, Voice::Gateway);
        assert_eq!(
            goal(&format!("/v1/{{a}}/g/compat/{path}")),
            expected,
            "{path}"
        );
    }
    for (path, endpoint) in [
        ("v1/chat/completions", Chat),
        ("v1/responses", Responses),
        ("v1/embeddings", Embeddings),
        ("v1/messages", Messages),
        ("v1/v1/messages", Messages),
    ] {
        let expected = (Goal::Unified(endpoint), Voice::Dialect(endpoint));
        assert_eq!(
            goal(&format!("/client/v4/accounts/{{a}}/ai/{path}")),
            expected
        );
    }
}

#[test]
fn runs_name_their_model_in_the_path_or_in_the_body() {
    assert_eq!(
        goal("/client/v4/accounts/{a}/ai/run"),
        (Goal::Run, Voice::Api)
    );
    for path in ["run/@cf/meta/llama", "run/@hf/a/b", "run/@cf/../x"] {
        let uri: Uri = format!("/client/v4/accounts/{ACCOUNT}/ai/{path}?q")
            .parse()
            .unwrap();
        let route = Route::read(&uri, &HeaderMap::new()).unwrap();
        assert_eq!((route.goal, route.voice), (Goal::Provider, Voice::Api));
        assert_eq!((route.provider, route.tail), (WORKERS_AI, path));
        assert_eq!(route.query, Some("q"));
    }
    for (path, voice) in [
        ("run/", Voice::Api),
        ("run/@cf/", Voice::Api),
        ("run/openai/gpt-5", Voice::Api),
        ("run/%40cf/meta/llama", Voice::Api),
        ("", Voice::Api),
        ("models/search", Voice::Api),
        ("v1/models", Voice::Dialect(Endpoint::Chat)),
        ("v1/v1/chat/completions", Voice::Dialect(Endpoint::Chat)),
    ] {
        let path = format!("/client/v4/accounts/{{a}}/ai/{path}");
        assert_eq!(goal(&path), (Goal::Nowhere, voice), "{path}");
    }
}

#[test]
fn the_ai_segment_and_no_other_is_the_data_planes() {
    for path in [
        "/client/v4/accounts/{a}/ai",
        "/client/v4/accounts/{a}/ai-gateway/gateways",
        "/client/v4/accounts/{a}/AI/run",
        "/client/v4/accounts/{a}/%61i/run",
        "/client/v4/accounts/{a}//ai/run",
        "/client/v4/accounts/{a}/x/ai/run",
        "/client/v4/accounts/ai/run",
        "/client/v4//accounts/{a}/ai/run",
        "/client/v4/zones/{a}/ai/run",
        "/client/v4/accounts/{a}/../ai/run",
    ] {
        assert!(!serves(&path.replace("{a}", ACCOUNT)), "{path}");
    }
    assert!(serves("/client/v4/accounts/nobody/ai/run"));
}

#[test]
fn a_header_names_the_gateway_on_the_api_host_and_only_there() {
    let api: Uri = format!("/client/v4/accounts/{ACCOUNT}/ai/run")
        .parse()
        .unwrap();
    let own: Uri = format!("/v1/{ACCOUNT}/g/openai/x").parse().unwrap();
    for (sent, named) in [
        (&[][..], Some("default")),
        (&["other"], Some("other")),
        (&["Other"], None),
        (&[""], None),
        (&["other", "other"], None),
    ] {
        let mut headers = HeaderMap::new();
        for id in sent {
            headers.append("cf-aig-gateway-id", id.parse().unwrap());
        }
        let of = |uri| {
            let gateway = Route::read(uri, &headers).unwrap().gateway;
            gateway.map(|id| id.to_string())
        };
        assert_eq!(of(&api).as_deref(), named, "{sent:?}");
        assert_eq!(of(&own).as_deref(), Some("g"));
    }
}

#[test]
fn only_a_providers_own_path_takes_any_method() {
    let refuses = |path: &str, method| {
        let uri: Uri = path.replace("{a}", ACCOUNT).parse().unwrap();
        Route::read(&uri, &HeaderMap::new())
            .unwrap()
            .refuses(&method)
    };
    assert_eq!(refuses("/v1/{a}/g/openai/models", Method::GET), None);
    for path in [
        "/v1/{a}/g",
        "/v1/{a}/g/compat/chat/completions",
        "/client/v4/accounts/{a}/ai/run",
        "/client/v4/accounts/{a}/ai/run/@cf/a/b",
        "/client/v4/accounts/{a}/ai/v1/messages",
    ] {
        assert_eq!(refuses(path, Method::POST), None, "{path}");
        for method in [Method::GET, Method::PUT, Method::OPTIONS] {
            assert_eq!(refuses(path, method), Some(Method::POST), "{path}");
        }
    }
    let models = "/v1/{a}/g/compat/v1/models";
    assert_eq!(refuses(models, Method::GET), None);
    assert_eq!(refuses(models, Method::POST), Some(Method::GET));
    assert_eq!(refuses("/v1/{a}/g/compat/nothing", Method::GET), None);
}
