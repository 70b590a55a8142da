//! Makes a gateway, changes it, lists all, and deletes it again.
//!
//! ```sh
//! AIG_BASE_URL=http://127.0.0.1:8787/client/v4 AIG_ACCOUNT_ID=… AIG_API_TOKEN=… \
//!     cargo run -p aig-client --example gateways
//! ```

use std::env;
use std::error::Error;

use aig_client::{Client, types};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::with_token(&env::var("AIG_BASE_URL")?, &env::var("AIG_API_TOKEN")?)?;
    let account = env::var("AIG_ACCOUNT_ID")?;

    let name = types::GatewayInputName::try_from("Example").ok();
    let made = client
        .create_ai_gateway()
        .account_id(&account)
        .body_map(|body| body.name(name))
        .send()
        .await?;
    let id = made.result.id.clone();
    println!("made {id}");

    client
        .update_ai_gateway()
        .account_id(&account)
        .gateway_id(&id)
        .body_map(|body| body.authentication(true))
        .send()
        .await?;

    let list = client
        .list_ai_gateways()
        .account_id(&account)
        .send()
        .await?;
    for gateway in &list.result {
        println!("{}  {}", gateway.id, gateway.name);
    }

    client
        .delete_ai_gateway()
        .account_id(&account)
        .gateway_id(&id)
        .send()
        .await?;
    println!("deleted {id}");
    Ok(())
}
