//! Paths and what is read from them.

use super::*;

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

fn read(path: &str) -> Option<(bool, String, String, String, Option<String>)> {
    let uri: http::Uri = path.replace("{a}", ACCOUNT).parse().unwrap();
    Route::read(&uri).map(|route| {
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
