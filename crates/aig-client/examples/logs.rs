//! Prints the newest rows of a gateway's log, and tells a refusal apart from a failure.
//!
//! ```sh
//! AIG_BASE_URL=http://127.0.0.1:8787/client/v4 AIG_ACCOUNT_ID=… AIG_API_TOKEN=… \
//!     cargo run -p aig-client --example logs -- my-gateway
//! ```

use std::env;
use std::error::Error as StdError;

use aig_client::{Client, Error};

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let client = Client::with_token(&env::var("AIG_BASE_URL")?, &env::var("AIG_API_TOKEN")?)?;
    let account = env::var("AIG_ACCOUNT_ID")?;
    let gateway = env::args().nth(1).ok_or("name a gateway")?;

    let page = client
        .list_ai_gateway_logs()
        .account_id(account)
        .gateway_id(gateway)
        .send()
        .await;
    match page {
        Ok(page) => {
            for row in &page.result {
                println!("{}", serde_json::to_string(row)?);
            }
            Ok(())
        }
        // Every declared error has a body, and the body a code to branch on.
        Err(Error::ErrorResponse(answer)) => {
            for error in &answer.errors {
                eprintln!("{}: {}", error.code, error.message);
            }
            Err("the server refused".into())
        }
        Err(other) => Err(other.into()),
    }
}
