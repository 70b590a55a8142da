//! What is handed in for a token, and what is made of the answer.

use aig_model::KeyDocument;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;

use super::*;

fn account(pkcs8: &[u8]) -> ServiceAccount {
    let armoured = STANDARD.encode(pkcs8);
    let document = json!({
        "type": "service_account", "client_email": "a@p.iam.gserviceaccount.com",
        "private_key_id": "kid-1", "token_uri": "https://oauth2.googleapis.com/token",
        "private_key": format!("-----BEGIN PRIVATE KEY-----\n{armoured}\n-----END PRIVATE KEY-----\n"),
    });
    match KeyDocument::read(&document.to_string()).unwrap() {
        KeyDocument::Google(account) => account,
        KeyDocument::Aws(_) => panic!("this is a service account"),
    }
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn the_claims_are_those_that_google_asks_for_under_the_accounts_signature() {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let account = account(key.as_der().unwrap().as_ref());
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let made = assertion(&account, now).unwrap();
    let [head, claims, signature] = made.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts: {}", *made)
    };
    let expected = json!({"alg": "RS256", "typ": "JWT", "kid": "kid-1"});
    assert_eq!(decoded(head), expected);
    let expected = json!({
        "iss": "a@p.iam.gserviceaccount.com", "scope": SCOPE,
        "aud": "https://oauth2.googleapis.com/token",
        "iat": 1_700_000_000, "exp": 1_700_003_600,
    });
    assert_eq!(decoded(claims), expected);
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let text = format!("{head}.{claims}");
    public.verify(text.as_bytes(), &signature).unwrap();
    let asked = request(&account, now).unwrap();
    assert_eq!(asked.uri(), "https://oauth2.googleapis.com/token");
    let body = String::from_utf8(asked.into_body().to_vec()).unwrap();
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
    assert!(body.starts_with(grant), "{body}");
    assert_eq!(&body[grant.len()..], &**made);
}

#[test]
fn what_is_no_rsa_key_signs_nothing() {
    let refused = assertion(&account(b"canary"), UNIX_EPOCH).map(|_| ());
    assert_eq!(refused, Err(NoToken::BadKey));
}

async fn read(status: u16, body: &str) -> Result<(String, u64), NoToken> {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_owned())));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    let granted = granted(answer).await?;
    Ok((granted.token.expose().clone(), granted.lifetime.as_secs()))
}

#[tokio::test]
async fn an_answer_is_a_token_or_a_reason_and_what_it_says_freely_is_not_repeated() {
    let told = read(
        200,
        r#"{"access_token":"ya29.x","expires_in":120,"token_type":"Bearer"}"#,
    );
    assert_eq!(told.await, Ok(("ya29.x".into(), 120)));
    let silent = read(200, r#"{"access_token":"ya29.x"}"#);
    assert_eq!(silent.await, Ok(("ya29.x".into(), 3600)));
    for body in [
        "",
        "[]",
        "{}",
        r#"{"access_token":"two words"}"#,
        r#"{"access_token":""}"#,
    ] {
        assert_eq!(read(200, body).await, Err(NoToken::Malformed), "{body}");
    }
    let long = format!(r#"{{"access_token":"{}"}}"#, "x".repeat(MAX_ANSWER));
    assert_eq!(read(200, &long).await, Err(NoToken::Malformed));
    let refused = read(
        400,
        r#"{"error":"invalid_grant","error_description":"canary"}"#,
    );
    let why = refused.await.unwrap_err();
    assert_eq!(why, NoToken::Refused("invalid_grant"));
    assert!(why.to_string().contains("invalid_grant"));
    let free = read(403, r#"{"error":"canary"}"#).await.unwrap_err();
    assert!(!free.to_string().contains("canary"), "{free}");
    assert_eq!(read(503, "").await, Err(NoToken::Unreachable));
    assert_eq!(read(429, "").await, Err(NoToken::Unreachable));
}
