//! A running house in a temporary directory, with an account, a token, and a client of the API.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use aig_model::{AccountId, Permissions, Timestamp, TokenText};
use aig_server::config::{Config, Flags};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Certificates, Provider, Wire, eventually, leaks, left_behind};

/// A house under test.
pub struct House {
    running: Option<aig_server::house::House>,
    wire: Wire,
    account: AccountId,
    token: TokenText,
    address: SocketAddr,
    directory: TempDir,
    http: reqwest::Client,
    scheme: &'static str,
    /// Where the process's log was when it started.
    log_from: usize,
}

/// What a house is to be like.
#[derive(Default)]
pub struct HouseBuilder {
    flags: Flags,
    closed: bool,
    directory: Option<TempDir>,
    tls: Option<Secured>,
}

/// How a house that speaks TLS is called.
struct Secured {
    config: rustls::ClientConfig,
    authority: reqwest::Certificate,
}

impl House {
    /// A house with no provider but the public ones, which tests never reach.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A house whose `openai` and `anthropic` are the scripted provider.
    pub async fn with(provider: &Provider) -> Self {
        Self::builder().provider(provider).start().await
    }

    /// Says what the house is to be like.
    pub fn builder() -> HouseBuilder {
        HouseBuilder::default()
    }

    /// The account that the first start made.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Its token, with every permission.
    pub fn token(&self) -> &str {
        self.token.expose()
    }

    /// The same as the type that digests are made of.
    pub const fn token_text(&self) -> &TokenText {
        &self.token
    }

    /// Where the data plane listens, without anything in between.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The directory of its files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The running parts, for what cannot be seen from outside.
    pub const fn running(&self) -> &aig_server::house::House {
        self.running
            .as_ref()
            .expect("a house under test runs until it is stopped")
    }

    /// The wire to the control plane.
    pub const fn wire(&self) -> &Wire {
        &self.wire
    }

    /// A client that follows nothing and remembers nothing.
    pub const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The base URL of the API, by the wire that checks every answer.
    pub fn api(&self) -> String {
        format!("http://{}/client/v4", self.wire.address())
    }

    /// The generated client with the house's token.
    pub fn client(&self) -> aig_client::Client {
        self.client_as(self.token())
    }

    /// The generated client with another token.
    pub fn client_as(&self, token: &str) -> aig_client::Client {
        aig_client::Client::with_token(&self.api(), token).expect("a token is a header value")
    }

    /// URL of a gateway's provider path.
    pub fn url(&self, gateway: &str, path: &str) -> String {
        format!(
            "{}://{}/v1/{}/{gateway}/{path}",
            self.scheme, self.address, self.account
        )
    }

    /// URL below the account's gateways in the API.
    pub fn gateways_url(&self, path: &str) -> String {
        format!(
            "{}/accounts/{}/ai-gateway/gateways{path}",
            self.api(),
            self.account
        )
    }

    /// Makes a gateway of that id with those settings.
    pub async fn gateway(&self, id: &str, settings: Value) -> Value {
        let mut body = settings;
        body["id"] = id.into();
        let answer = self
            .http
            .post(self.gateways_url(""))
            .bearer_auth(self.token())
            .json(&body)
            .send()
            .await
            .expect("the house answers");
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
        let body: Value = answer.json().await.expect("the answer is JSON");
        body["result"].clone()
    }

    /// Makes another token of the account.
    pub async fn another_token(&self, permissions: &str) -> TokenText {
        self.token_of(self.account, permissions).await
    }

    /// Makes another account.
    pub async fn another_account(&self) -> AccountId {
        let instance = self.running().store().instance();
        let made = instance
            .create_account("another", None, Timestamp::default())
            .await;
        made.expect("the store takes it").id
    }

    /// Makes a token of an account.
    pub async fn token_of(&self, account: AccountId, permissions: &str) -> TokenText {
        let permissions: Permissions = permissions.parse().expect("these are permissions");
        let token = random_token();
        leaks::keep(token.expose());
        let digest = self.running().identity().digest(&token);
        let instance = self.running().store().instance();
        instance
            .create_token(
                account,
                "test",
                permissions,
                digest,
                token.last_four(),
                Timestamp::default(),
            )
            .await
            .expect("the store takes it");
        token
    }

    /// The log of a gateway, the newest first.
    pub async fn logs(&self, gateway: &str) -> Vec<Value> {
        let answer = self
            .http
            .get(self.gateways_url(&format!("/{gateway}/logs?per_page=50")))
            .bearer_auth(self.token())
            .send()
            .await
            .expect("the house answers");
        let body: Value = answer.json().await.expect("the answer is JSON");
        body["result"].as_array().expect("a list").clone()
    }

    /// Fails the test when a secret stands in the rows that are given, the files, the answers of the
    /// control plane, or the process's log.
    fn holds_no_secret(&self, rows: &[u8]) {
        leaks::keep(self.token());
        leaks::keep_own_files(self.directory.path());
        let mut leaks = leaks::found_in("the log of a gateway", rows);
        leaks.extend(leaks::found_below(self.directory.path()));
        leaks.extend(leaks::found_in(
            "an answer of the control plane",
            &self.wire.answers(),
        ));
        leaks.extend(leaks::said_since(self.log_from));
        // Once is as bad as often, and easier to read.
        leaks.truncate(10);
        assert!(leaks.is_empty(), "secrets leaked:\n{}", leaks.join("\n"));
    }

    /// Waits until the log of a gateway has that many rows.
    pub async fn logged(&self, gateway: &str, rows: usize) -> Vec<Value> {
        eventually(
            &format!("{rows} rows in the log of {gateway}"),
            async || {
                let logs = self.logs(gateway).await;
                assert!(logs.len() <= rows, "more rows than {rows}: {logs:#?}");
                (logs.len() == rows).then_some(logs)
            },
        )
        .await
    }

    /// Stops the house as a signal would, and gives its directory back.
    pub async fn stop(mut self) -> TempDir {
        if let Some(running) = self.running.take() {
            let rows = left_behind::rows(running.store());
            self.holds_no_secret(&rows);
            running.stop().await;
        }
        self.holds_no_secret(&[]);
        std::mem::replace(
            &mut self.directory,
            tempfile::tempdir().expect("there is room for a directory"),
        )
    }
}

impl Drop for House {
    /// Every answer of the control plane in every test has the shape that the contract declares, and
    /// nothing that a test leaves behind holds a secret.
    fn drop(&mut self) {
        let faults = self.wire.faults();
        if !faults.is_empty() && !std::thread::panicking() {
            panic!("answers broke the contract:\n{}", faults.join("\n"));
        }
        if !std::thread::panicking() {
            let running = self.running.as_ref();
            let rows = running.map(|running| left_behind::rows(running.store()));
            self.holds_no_secret(&rows.unwrap_or_default());
        }
    }
}

impl HouseBuilder {
    /// Has `openai` and `anthropic` answered by the scripted provider.
    pub fn provider(mut self, provider: &Provider) -> Self {
        let url = provider.url();
        self.flags.providers.push(format!("openai={url}/v1"));
        self.flags.providers.push(format!("anthropic={url}"));
        self
    }

    /// Has its listeners speak TLS with a certificate of `certificates`.
    pub fn tls(mut self, certificates: &Certificates) -> Self {
        self.flags.tls_certificate = Some(certificates.certificate_file());
        self.flags.tls_key = Some(certificates.key_file());
        let authority = certificates.authority_pem();
        self.tls = Some(Secured {
            config: certificates.client_config(&[]),
            authority: reqwest::Certificate::from_pem(authority.as_bytes())
                .expect("the authority's certificate is one"),
        });
        self
    }

    /// Has it trust the authority of `certificates` when it calls providers.
    pub fn trusts(mut self, certificates: &Certificates) -> Self {
        self.flags.egress_ca_file = Some(certificates.authority_file());
        self
    }

    /// Changes the settings as flags would.
    pub fn flags(mut self, change: impl FnOnce(&mut Flags)) -> Self {
        change(&mut self.flags);
        self
    }

    /// Allows no address beyond public ones, as the default does; the start, which would refuse the
    /// scripted provider then, is told otherwise.
    pub fn closed(mut self) -> Self {
        self.closed = true;
        self
    }

    /// Starts on the directory of a former house.
    pub fn directory(mut self, directory: TempDir) -> Self {
        self.directory = Some(directory);
        self
    }

    /// Starts the house.
    pub async fn start(self) -> House {
        let log_from = leaks::listen();
        let directory = self
            .directory
            .unwrap_or_else(|| tempfile::tempdir().expect("there is room for a directory"));
        let mut flags = self.flags;
        flags.listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        flags.data_dir = Some(directory.path().to_owned());
        flags
            .egress_allow
            .push(IpAddr::from(Ipv4Addr::LOCALHOST).into());
        let (config, _) = flags.resolve().expect("the settings of a test are good");
        let mut config = Config {
            bootstrap: None,
            ..config
        };
        if self.closed {
            config.proxy.egress.allow.clear();
        }
        let mut running = aig_server::house::House::start(config)
            .await
            .expect("the house starts");
        let (account, token) = match running.take_first_start() {
            Some(first) => (first.account, first.token),
            None => returning(&running).await,
        };
        let mut http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60));
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let mut config = None;
        if let Some(secured) = self.tls {
            http = http.tls_certs_only([secured.authority]);
            config = Some(secured.config);
        }
        let http = http.build().expect("a plain client can be built");
        House {
            scheme,
            log_from,
            wire: Wire::to(running.control_address(), config).await,
            address: running.address(),
            account,
            token,
            directory,
            http,
            running: Some(running),
        }
    }
}

/// The account of a house that was there before, and a new token of it.
async fn returning(running: &aig_server::house::House) -> (AccountId, TokenText) {
    let instance = running.store().instance();
    let accounts = instance.list_accounts().await.expect("the store answers");
    let account = accounts.first().expect("a former house had an account").id;
    let token = random_token();
    let digest = running.identity().digest(&token);
    instance
        .create_token(
            account,
            "again",
            Permissions::ALL,
            digest,
            token.last_four(),
            Timestamp::default(),
        )
        .await
        .expect("the store takes it");
    (account, token)
}

fn random_token() -> TokenText {
    let mut bits = [0; 32];
    for half in bits.chunks_exact_mut(16) {
        half.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    }
    TokenText::from_random(bits)
}
