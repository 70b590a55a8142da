//! `aig demo`: a whole house in a temporary directory with an offline provider beside it, and
//! commands to paste. Needs no settings, no key and no network; leaves nothing behind.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use crate::config::{Flags, LogConfig, LogFormat};
use crate::house::{FirstStart, House};
use crate::offline::OfflineProvider;
use crate::serve;

/// The words of `aig demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Milliseconds between two words of a stream
    #[arg(long, value_name = "MS", default_value_t = 20)]
    pace: u64,
    /// Print one line of JSON instead of commands to paste
    #[arg(long)]
    json: bool,
}

/// The gateway that the demo makes.
const GATEWAY: &str = "demo";

impl Demo {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        serve::start_log(&LogConfig {
            filter: "warn".into(),
            format: LogFormat::Text,
        })?;
        let signals = serve::Signals::listen()?;
        let directory = tempfile::tempdir().context("no temporary directory can be made")?;
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let provider = OfflineProvider::start(loopback, Duration::from_millis(self.pace))
            .await
            .context("the offline provider cannot start")?;
        let flags = Flags {
            listen: Some(self.listen),
            data_dir: Some(directory.path().to_owned()),
            providers: (provider.bases().into_iter())
                .map(|(slug, base)| format!("{slug}={base}"))
                .collect(),
            egress_allow: vec![std::net::IpAddr::from(Ipv4Addr::LOCALHOST).into()],
            drain_timeout: Some(2),
            ..Flags::default()
        };
        let (mut config, _) = flags.resolve()?;
        config.bootstrap = None;
        for (slug, _) in provider.bases() {
            let providers = config.proxy.providers;
            config.proxy.providers = providers.with_models(slug, OfflineProvider::models())?;
        }
        let mut house = House::start(config).await?;
        let first = (house.take_first_start()).context("a new directory has no account yet")?;
        make_gateway(&house, &first).await?;
        if self.json {
            println!("{}", as_json(&house, &first));
        } else {
            println!("{}", as_text(&house, &first));
        }
        let code = serve::until_stopped(house, signals).await;
        provider.stop().await;
        code
    }
}

/// Through the API, as anybody would.
async fn make_gateway(house: &House, first: &FirstStart) -> anyhow::Result<()> {
    let base = format!("{}/client/v4", house.control_origin());
    let client = aig_client::Client::with_token(&base, first.token.expose())?;
    client
        .create_ai_gateway()
        .account_id(first.account.to_string())
        .body(aig_client::types::GatewayInput {
            name: Some(GATEWAY.parse()?),
            ..Default::default()
        })
        .send()
        .await
        .context("the demo's gateway cannot be made")?;
    Ok(())
}

fn as_json(house: &House, first: &FirstStart) -> String {
    json!({
        "base_url": house.origin(),
        "account": first.account.to_string(),
        "gateway": GATEWAY,
        "token": first.token.expose(),
    })
    .to_string()
}

fn as_text(house: &House, first: &FirstStart) -> String {
    let origin = house.origin();
    let (account, token) = (first.account, first.token.expose());
    let gateways = format!("{origin}/client/v4/accounts/{account}/ai-gateway/gateways");
    let models = format!("{origin}/v1/{account}/{GATEWAY}");
    format!(
        r#"The gateway runs at {origin}, with an offline provider behind it. Paste into another terminal:

# the gateways of the account
curl -s {gateways} -H 'Authorization: Bearer {token}'

# a chat, through the gateway "{GATEWAY}"
curl -s {models}/openai/chat/completions -H 'Content-Type: application/json' \
  -d '{{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": "Hello"}}]}}'

# the same as a stream
curl -sN {models}/openai/chat/completions -H 'Content-Type: application/json' \
  -d '{{"model": "gpt-4o-mini", "stream": true, "messages": [{{"role": "user", "content": "Hello"}}]}}'

# one path for all providers, chosen by the model's name
curl -s {models}/compat/chat/completions -H 'Content-Type: application/json' \
  -d '{{"model": "groq/llama-3.3", "messages": [{{"role": "user", "content": "Hello"}}]}}'

# the log of all
curl -s {gateways}/{GATEWAY}/logs -H 'Authorization: Bearer {token}'

# the OpenAI SDK (pip install openai)
python3 - <<'EOF'
from openai import OpenAI
client = OpenAI(base_url="{models}/openai", api_key="none-needed-here")
for chunk in client.chat.completions.create(
    model="gpt-4o-mini", stream=True, messages=[{{"role": "user", "content": "Hello"}}]
):
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
EOF

Ctrl-C stops it and removes everything."#
    )
}
