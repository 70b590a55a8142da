//! Stored keys that are documents: requests that are signed with AWS's, and go with the tokens that
//! Google's are changed for.

use std::collections::BTreeMap;

use aig_testkit::provider::Request;
use aig_testkit::{House, Provider};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::data_keys::{ask, control, store};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const SECRET: &str = "canary/wJalrXUtnFEMI+K7MDENG";
const CONVERSE: &str = "aws-bedrock/bedrock-runtime/eu-west-1/model/a.b-v1%3A0/converse";
const VERTEX: &str = "google-vertex-ai/v1/projects/p/locations/r1/publishers/google/models/m:go";

/// A house with all three providers scripted, and an authenticated gateway `g`.
async fn house(provider: &Provider) -> House {
    let url = provider.url();
    let house = House::builder()
        .provider(provider)
        .flags(|flags| {
            for slug in ["aws-bedrock", "google-vertex-ai"] {
                flags.providers.push(format!("{slug}={url}"));
            }
        })
        .start()
        .await;
    house.gateway("g", json!({"authentication": true})).await;
    provider.always_answers(200, &JSON, "{}");
    house
}

// === AWS ===

fn aws(session: Option<&str>) -> String {
    let mut keys = json!({
        "accessKeyId": "AKIDEXAMPLE", "secretAccessKey": SECRET, "region": "us-east-1",
    });
    if let Some(token) = session {
        keys["sessionToken"] = json!(token);
    }
    keys.to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Computes the signature anew from what arrived, by the steps of AWS's documentation ("Create a
/// signed AWS API request"), and compares. Answers the scope and the names of what was signed.
fn verified(request: &Request) -> (String, String) {
    let told = request.header("authorization").unwrap();
    let fields: BTreeMap<&str, &str> = told
        .strip_prefix("AWS4-HMAC-SHA256 ")
        .unwrap()
        .split(", ")
        .map(|field| field.split_once('=').unwrap())
        .collect();
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    // Once encoded as it travels, once more as it is signed.
    let path = path.replace('%', "%25").replace(':', "%3A");
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let names = fields["SignedHeaders"];
    let signed: String = names
        .split(';')
        .map(|name| format!("{name}:{}\n", request.header(name).unwrap().trim()))
        .collect();
    let canonical = format!(
        "{}\n{path}\n{}\n{signed}\n{names}\n{}",
        request.method,
        pairs.join("&"),
        hex(&Sha256::digest(&request.body))
    );
    let (id, scope) = fields["Credential"].split_once('/').unwrap();
    assert_eq!(id, "AKIDEXAMPLE");
    let parts: Vec<&str> = scope.split('/').collect();
    let date = request.header("x-amz-date").unwrap();
    assert_eq!((&date[..8], parts[3]), (parts[0], "aws4_request"));
    let digest = hex(&Sha256::digest(&canonical));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}");
    let first = format!("AWS4{SECRET}").into_bytes();
    let key = parts.iter().fold(first, |key, part| keyed(&key, part));
    assert_eq!(hex(&keyed(&key, &text)), fields["Signature"], "{canonical}");
    (format!("{}/{}", parts[1], parts[2]), names.to_owned())
}

#[tokio::test]
async fn every_try_is_signed_anew_over_exactly_what_goes_out() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    store(&house, "aws-bedrock", "default", &aws(None)).await;
    provider.fails(500);
    // What SDKs without a key send is none; a gateway's token is none either.
    let token = format!("Bearer {}", house.token());
    let headers = [
        ("cf-aig-max-attempts", "2"),
        ("cf-aig-retry-delay", "1"),
        ("authorization", token.as_str()),
        ("x-amz-security-token", ""),
        ("x-amz-date", "20000101T000000Z"),
        ("x-amzn-bedrock-trace", "ENABLED"),
    ];
    let path = format!("{CONVERSE}?b=2&a=1");
    assert_eq!(ask(&house, &path, &headers).await.0, 200);
    for _ in 0..2 {
        let request = provider.next_request().await;
        assert_eq!(request.target, "/model/a.b-v1%3A0/converse?b=2&a=1");
        let (scope, names) = verified(&request);
        assert_eq!(scope, "eu-west-1/bedrock");
        assert_eq!(names, "content-type;host;x-amz-date");
        assert_eq!(request.json()["model"], "m");
        assert_ne!(request.header("x-amz-date"), Some("20000101T000000Z"));
        assert_eq!(request.header("x-amz-security-token"), None);
        assert_eq!(request.header("x-amzn-bedrock-trace"), Some("ENABLED"));
    }
    // A body whose length nobody said, with a cache to look into first.
    let pieces = (0..50).map(|n| Ok::<_, std::io::Error>(format!("{n:>9}")));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let mantle = "aws-bedrock/bedrock-mantle/us-east-1/anthropic/v1/messages";
    let request = house.http().post(house.url("g", mantle)).body(body);
    let request = request.header("cf-aig-authorization", &token);
    let request = request.header("cf-aig-cache-key", "k");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let request = provider.next_request().await;
    assert_eq!(verified(&request).0, "us-east-1/bedrock-mantle");
    assert_eq!(
        (request.body.len(), request.header("content-length")),
        (450, Some("450"))
    );
    provider.stop().await;
}

#[tokio::test]
async fn a_signature_of_the_callers_and_a_key_of_one_piece_pass_as_they_are() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    store(&house, "aws-bedrock", "default", &aws(None)).await;
    store(&house, "aws-bedrock", "plain", "bedrock-api-key-1").await;
    let own = "AWS4-HMAC-SHA256 Credential=x/y, SignedHeaders=host;x-amz-date, Signature=z";
    let signed = [("authorization", own), ("x-amz-date", "20000101T000000Z")];
    assert_eq!(ask(&house, CONVERSE, &signed).await.0, 200);
    let request = provider.next_request().await;
    assert_eq!(request.header("authorization"), Some(own));
    assert_eq!(request.header("x-amz-date"), Some("20000101T000000Z"));
    let presigned = format!("{CONVERSE}?X-Amz-Signature=z");
    assert_eq!(ask(&house, &presigned, &[]).await.0, 200);
    assert_eq!(provider.next_request().await.header("authorization"), None);
    let plain = [("cf-aig-byok-alias", "plain")];
    assert_eq!(ask(&house, CONVERSE, &plain).await.0, 200);
    let request = provider.next_request().await;
    assert_eq!(
        request.header("authorization"),
        Some("Bearer bedrock-api-key-1")
    );
    assert_eq!(request.header("x-amz-date"), None);
    provider.stop().await;
}

#[tokio::test]
async fn a_body_that_is_too_long_to_be_signed_is_refused() {
    const MOST: usize = 25 << 20;
    let provider = Provider::start().await;
    let house = house(&provider).await;
    store(&house, "aws-bedrock", "default", &aws(None)).await;
    let piece = bytes::Bytes::from(vec![b' '; 1 << 20]);
    for (count, more, status) in [(25, 0, 200), (25, 1, 413)] {
        let last = piece.slice(..more);
        let pieces = std::iter::repeat_n(piece.clone(), count).chain([last]);
        let pieces = pieces.map(Ok::<_, std::io::Error>);
        let bodies = [
            reqwest::Body::wrap_stream(futures_util::stream::iter(pieces)),
            vec![b' '; MOST + more].into(),
        ];
        for body in bodies {
            let request = house.http().post(house.url("g", CONVERSE)).body(body);
            let token = format!("Bearer {}", house.token());
            let answer = request.header("cf-aig-authorization", token).send();
            assert_eq!(answer.await.unwrap().status(), status);
        }
    }
    assert_eq!(provider.requests().len(), 2);
    verified(&provider.next_request().await);
    provider.stop().await;
}

#[tokio::test]
async fn s_09_a_session_token_that_comes_back_is_not_quoted() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    let session = "canary-session-token";
    store(&house, "aws-bedrock", "default", &aws(Some(session))).await;
    provider.answers(403, &JSON, json!({"message": session}).to_string());
    let (status, body) = ask(&house, CONVERSE, &[]).await;
    let expected = json!({"message": "*".repeat(session.len())});
    assert_eq!((status.as_u16(), body), (403, expected));
    let request = provider.next_request().await;
    assert_eq!(request.header("x-amz-security-token"), Some(session));
    let (_, names) = verified(&request);
    assert!(names.ends_with(";x-amz-security-token"), "{names}");
    assert!(
        !json!(house.logged("g", 1).await)
            .to_string()
            .contains("canary")
    );
    provider.stop().await;
}

// === Google ===

struct Account {
    key: KeyPair,
    document: String,
}

impl Account {
    /// One whose key is changed for tokens at that provider.
    fn at(endpoint: &Provider) -> Self {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = key.as_der().unwrap();
        let armoured = STANDARD.encode(der.as_ref());
        let document = json!({
            "type": "service_account", "project_id": "p", "private_key_id": "kid-1",
            "client_email": "a@p.iam.gserviceaccount.com",
            "token_uri": format!("{}/token", endpoint.url()),
            "private_key":
                format!("-----BEGIN PRIVATE KEY-----\n{armoured}\n-----END PRIVATE KEY-----\n"),
        });
        Self {
            key,
            document: format!("{document:#}"),
        }
    }
}

fn token(text: &str) -> String {
    json!({"access_token": text, "expires_in": 3599, "token_type": "Bearer"}).to_string()
}

#[tokio::test]
async fn a_service_account_is_changed_for_a_token_once_for_all_who_wait() {
    const CALLS: usize = 20;
    let provider = Provider::start().await;
    let endpoint = Provider::start().await;
    let house = house(&provider).await;
    let account = Account::at(&endpoint);
    let id = store(&house, "google-vertex-ai", "default", &account.document).await;
    let body = token("ya29.first");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let gate = endpoint.answers_in_parts([head, body]);
    let calls = join_all((0..CALLS).map(|_| ask(&house, VERTEX, &[])));
    let opened = async {
        let asked = endpoint.next_request().await;
        gate.release_all();
        asked
    };
    let (answers, asked) = tokio::join!(calls, opened);
    assert!(
        answers.iter().all(|(status, _)| *status == 200),
        "{answers:?}"
    );
    for _ in 0..CALLS {
        let request = provider.next_request().await;
        assert_eq!(request.header("authorization"), Some("Bearer ya29.first"));
    }
    assert_eq!(endpoint.requests().len(), 1);
    assert_eq!((&*asked.method, &*asked.target), ("POST", "/token"));
    let (_, assertion) = asked.text().split_once("&assertion=").unwrap();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let public = account.key.public_key();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref())
        .verify(
            signed.as_bytes(),
            &URL_SAFE_NO_PAD.decode(signature).unwrap(),
        )
        .unwrap();

    // Another key has another token, at once.
    endpoint.answers(200, &JSON, token("ya29.second"));
    let owner = house.account().to_string();
    let path = format!("/g/provider_configs/{id}");
    let next = json!({"secret": Account::at(&endpoint).document});
    control(&house, (&owner, house.token()), Method::PUT, &path, next).await;
    assert_eq!(ask(&house, VERTEX, &[]).await.0, 200);
    let request = provider.next_request().await;
    assert_eq!(request.header("authorization"), Some("Bearer ya29.second"));
    // Who brings a key goes with that.
    let own = [("authorization", "Bearer ya29.own")];
    assert_eq!(ask(&house, VERTEX, &own).await.0, 200);
    let request = provider.next_request().await;
    assert_eq!(request.header("authorization"), Some("Bearer ya29.own"));
    assert_eq!(endpoint.requests().len(), 2);
    provider.stop().await;
    endpoint.stop().await;
}

#[tokio::test]
async fn without_a_token_the_caller_is_told_why_and_nothing_of_the_key() {
    let provider = Provider::start().await;
    let endpoint = Provider::start().await;
    let house = house(&provider).await;
    let account = Account::at(&endpoint);
    store(&house, "google-vertex-ai", "default", &account.document).await;
    let refusal = json!({"error": "invalid_grant", "error_description": "canary"});
    endpoint.answers(400, &JSON, refusal.to_string());
    endpoint.answers(200, &JSON, "[]");
    endpoint.answers(302, &[("location", "http://127.0.0.1/canary")], "");
    for said in ["invalid_grant", "holds none", "refused"] {
        let (status, body) = ask(&house, VERTEX, &[("cf-aig-max-attempts", "3")]).await;
        assert_eq!(
            (status.as_u16(), &body["internalCode"]),
            (400, &json!(2005))
        );
        let told = body["description"].as_str().unwrap();
        assert!(
            told.contains("access token") && told.contains(said),
            "{told}"
        );
        assert!(!body.to_string().contains("canary"), "{body}");
    }
    assert_eq!(
        endpoint.requests().len(),
        3,
        "what is refused is not tried again"
    );
    // What may pass is, and another step is there for what does not.
    endpoint.fails(503);
    endpoint.answers(200, &JSON, token("ya29.first"));
    let again = [("cf-aig-max-attempts", "2"), ("cf-aig-retry-delay", "1")];
    assert_eq!(ask(&house, VERTEX, &again).await.0, 200);
    let stored = Account::at(&endpoint).document;
    let body = json!({"provider_slug": "google-vertex-ai", "alias": "other", "secret": stored});
    let owner = house.account().to_string();
    let owner = (owner.as_str(), house.token());
    control(&house, owner, Method::POST, "/g/provider_configs", body).await;
    endpoint.answers(401, &JSON, "{}");
    let steps = json!([
        {"provider": "google-vertex-ai", "endpoint": VERTEX.split_once('/').unwrap().1,
            "headers": {"cf-aig-byok-alias": "other"}, "query": {}},
        {"provider": "openai", "endpoint": "chat/completions", "query": {"model": "m"}},
    ]);
    let answer = house.http().post(house.url("g", "")).json(&steps);
    let answer = answer.header("cf-aig-authorization", format!("Bearer {}", house.token()));
    let answer = answer.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["cf-aig-step"]),
        (200, &"1".parse().unwrap())
    );
    provider.stop().await;
    endpoint.stop().await;
}

#[tokio::test]
async fn s_09_an_access_token_that_comes_back_is_not_quoted() {
    let provider = Provider::start().await;
    let endpoint = Provider::start().await;
    let house = house(&provider).await;
    let account = Account::at(&endpoint);
    store(&house, "google-vertex-ai", "default", &account.document).await;
    let minted = "ya29.canary-token";
    endpoint.answers(200, &JSON, token(minted));
    let echo = json!({"error": {"message": format!("bad token {minted}")}});
    provider.answers(401, &[("www-authenticate", minted)], echo.to_string());
    let (status, body) = ask(&house, VERTEX, &[]).await;
    assert_eq!(status, 401);
    assert!(!body.to_string().contains("canary"), "{body}");
    assert_eq!(
        body["error"]["message"],
        format!("bad token {}", "*".repeat(minted.len()))
    );
    // What a good answer says passes; the log is not to have it all the same.
    provider.answers(200, &JSON, echo.to_string());
    assert_eq!(ask(&house, VERTEX, &[]).await.0, 200);
    let rows: Vec<Value> = house.logged("g", 2).await;
    assert!(!json!(rows).to_string().contains("canary"));
    for row in &rows {
        let url = house.gateways_url(&format!("/g/logs/{}/response", row["id"].as_str().unwrap()));
        let body = house.http().get(url).bearer_auth(house.token()).send();
        let body = body.await.unwrap().text().await.unwrap();
        assert!(
            body.contains("bad token") && !body.contains("canary"),
            "{body}"
        );
    }
    provider.stop().await;
    endpoint.stop().await;
}

// === every provider ===

/// A path that the shape of the provider takes.
fn path(slug: &str) -> String {
    let tail = match slug {
        "azure-openai" => "resource/deployment/chat/completions",
        "aws-bedrock" => "bedrock-runtime/eu-west-1/model/m/invoke",
        "google-vertex-ai" => "v1/projects/p/locations/r1/publishers/google/models/m:go",
        "google-ai-studio" => "v1beta/models/m:go",
        "huggingface" => "owner/model",
        _ => "v1/anything",
    };
    format!("{slug}/{tail}")
}

/// With `byok_only`: no key is 400, an empty one and a gateway's token are none and leave nothing,
/// in whichever place a key of that provider could stand; a key of the caller's passes.
#[tokio::test]
async fn of_every_provider_a_stored_key_stands_alone() {
    let provider = Provider::start().await;
    let providers = aig_provider::Providers::known();
    let url = provider.url();
    let house = House::builder().flags(|flags| {
        let slugs = providers.iter().map(|one| format!("{}={url}", one.slug()));
        flags.providers = slugs.collect();
    });
    let house = house.start().await;
    let settings = json!({"authentication": true, "byok_only": true});
    house.gateway("g", settings).await;
    provider.always_answers(200, &JSON, "{}");
    let gateway_token = format!("Bearer {}", house.token());
    for one in providers.iter() {
        let (slug, path) = (one.slug(), path(one.slug()));
        if slug != "workers-ai" {
            let (status, body) = ask(&house, &path, &[]).await;
            assert_eq!(
                (status.as_u16(), &body["internalCode"]),
                (400, &json!(7001)),
                "{slug}"
            );
        }
        store(&house, slug, "default", &format!("sk-{slug}")).await;
        let mut asked: Vec<(String, Option<(String, String)>)> = vec![(path.clone(), None)];
        for name in one.credential_headers() {
            for value in ["", &gateway_token] {
                let header = (name.to_string(), value.to_owned());
                asked.push((path.clone(), Some(header)));
            }
        }
        if let Some(name) = one.credential_parameter() {
            asked.push((format!("{path}?{name}="), None));
            asked.push((format!("{path}?{name}={}", house.token()), None));
        }
        for (path, header) in &asked {
            let header: Vec<_> = (header.iter())
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            let (status, body) = ask(&house, path, &header).await;
            assert_eq!(status, 200, "{path} {header:?}: {body}");
            let request = provider.next_request().await;
            let names = one.credential_headers();
            let found: Vec<_> = (names.iter())
                .flat_map(|name| request.header_values(name.as_str()).map(move |v| (name, v)))
                .collect();
            let expected = format!("{}sk-{slug}", one.credential_scheme());
            assert_eq!(found, [(&names[0], expected.as_str())], "{path} {header:?}");
            assert!(!request.target.contains('='), "{}", request.target);
            assert!(!String::from_utf8_lossy(&request.head).contains(house.token()));
        }
        for name in one.credential_headers() {
            let own = [(name.as_str(), "own-key")];
            assert_eq!(ask(&house, &path, &own).await.0, 200);
            let request = provider.next_request().await;
            assert_eq!(request.header(name.as_str()), Some("own-key"));
            assert!(
                !String::from_utf8_lossy(&request.head).contains("sk-"),
                "{slug}"
            );
        }
    }
    provider.stop().await;
}
