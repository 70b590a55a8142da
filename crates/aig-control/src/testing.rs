//! What the tests of this crate share: a control plane over a store of its own, and a caller.

use std::sync::Arc;

use aig_model::{
    AccountId, GatewayId, Outcome, Permission, Permissions, Record, Secret, Timestamp, TokenText,
    Usage,
};
use aig_policy::Identity;
use aig_store::{KEY_LEN, KeyRing, Store, Vault};
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tempfile::TempDir;

use crate::{ControlConfig, ControlPlane};

/// A control plane whose clock always says 1,000.
pub(crate) struct Rig {
    pub(crate) control: ControlPlane,
    pub(crate) store: Store,
    identity: Arc<Identity>,
    tokens: u8,
    _directory: TempDir,
}

/// An answer, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        let config = ControlConfig {
            data_origin: "https://gateway.example".to_owned(),
            providers: ["openai", "aws-bedrock", "google-vertex-ai"]
                .map(str::to_owned)
                .into(),
            ..ControlConfig::default()
        };
        Self::with(|| Timestamp::from_millis(1_000), config).await
    }

    pub(crate) async fn with(
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        config: ControlConfig,
    ) -> Self {
        let directory = TempDir::new().unwrap();
        let store = Store::open_with(directory.path(), vault()).unwrap();
        let identity = Arc::new(Identity::new(Secret::new([7; 32])));
        let control = ControlPlane::start(store.clone(), Arc::clone(&identity), clock, config)
            .await
            .unwrap();
        Self {
            control,
            store,
            identity,
            tokens: 0,
            _directory: directory,
        }
    }

    pub(crate) async fn account(&self) -> AccountId {
        let now = Timestamp::from_millis(0);
        let made = self.store.instance().create_account("test", None, now);
        made.await.unwrap().id
    }

    /// A token of the account, as its holder would send it.
    pub(crate) async fn token(&mut self, account: AccountId, permissions: Permissions) -> String {
        self.tokens += 1;
        let text = TokenText::from_random([self.tokens; 32]);
        self.store
            .instance()
            .create_token(
                account,
                "test",
                permissions,
                self.identity.digest(&text),
                text.last_four(),
                Timestamp::from_millis(0),
            )
            .await
            .unwrap();
        format!("Bearer {}", text.expose())
    }

    /// What is stored of a token, in hex.
    pub(crate) fn digest(&self, value: &str) -> String {
        let text = TokenText::parse(value).unwrap();
        let digest = self.identity.digest(&text);
        digest.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// An account and a token that may do everything in it.
    pub(crate) async fn tenant(&mut self) -> (AccountId, String) {
        let account = self.account().await;
        let token = self.token(account, Permissions::ALL).await;
        (account, token)
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let (head, body) = self.control.call(request).await.into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    pub(crate) async fn call(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> Answer {
        self.send(request(token, method, path, body)).await
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The first error's code.
    pub(crate) fn code(&self) -> i64 {
        self.json()["errors"][0]["code"].as_i64().unwrap()
    }

    /// The first error's path, with dots.
    pub(crate) fn path(&self) -> String {
        let answer = self.json();
        let steps = answer["errors"][0]["path"].as_array();
        let steps: Vec<_> = steps
            .into_iter()
            .flatten()
            .map(|s| s.as_str().unwrap())
            .collect();
        steps.join(".")
    }

    pub(crate) fn message(&self) -> String {
        let answer = self.json();
        answer["errors"][0]["message"].as_str().unwrap().to_owned()
    }

    /// Whether it has the envelope, and says the same in every place where it says so.
    pub(crate) fn is_enveloped(&self) -> bool {
        let answer = self.json();
        let lists = ["errors", "messages"].map(|list| answer[list].is_array());
        let failed = answer["success"] == false
            && answer["result"].is_null()
            && answer["errors"][0]["code"].is_u64();
        let succeeded = answer["success"] == true && answer["errors"] == serde_json::json!([]);
        lists == [true, true]
            && self.headers["content-type"] == "application/json"
            && if self.status.is_success() {
                succeeded
            } else {
                failed
            }
    }
}

fn vault() -> Vault {
    Vault::new(|| Ok(KeyRing::new([Secret::new([9; KEY_LEN])])?)).unwrap()
}

pub(crate) fn request(
    token: &str,
    method: Method,
    path: &str,
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(AUTHORIZATION, token)
        .body(Full::new(body.into()))
        .unwrap()
}

pub(crate) fn gateways(account: AccountId) -> String {
    format!("/client/v4/accounts/{account}/ai-gateway/gateways")
}

pub(crate) fn only(permission: Permission) -> Permissions {
    Permissions::default().with(permission)
}

pub(crate) fn record(account: AccountId, gateway: &GatewayId, number: u8) -> Record {
    let id = format!("00000000-0000-7000-8000-0000000000{number:02x}");
    let created_at = Timestamp::from_millis(1_768_473_000_000 + i64::from(number));
    Record {
        event: Some("event".into()),
        provider: "openai".into(),
        model: format!("model-{number}").into(),
        path: "chat/completions".into(),
        method: "POST".into(),
        status: 200,
        outcome: Outcome::Complete,
        duration_ms: 840,
        first_byte_ms: Some(310),
        usage: Usage {
            tokens_in: Some(12),
            ..Usage::default()
        },
        request_size: 180,
        response_size: 4_096,
        authentication: true,
        ..Record::begin(id.parse().unwrap(), account, gateway.clone(), created_at)
    }
}
