//! The contract as it is served, and the server as it describes itself. Two documents on purpose:
//! comparing them is worth something only while neither is made from the other.

use aig_api::{BASE_PATH, TITLE, VERSION};
use semver::Version;
use serde_json::{Value, json};

use crate::inside::description;

const CONTRACT: &str = include_str!("../../../spec/effective.json");

/// The effective contract as JSON, with this server in the place of Cloudflare's. `origin` is
/// scheme and authority as the caller knows them, such as `http://127.0.0.1:8787`.
pub fn document(origin: &str) -> String {
    let mut contract: Value =
        serde_json::from_str(CONTRACT).expect("the generator wrote the contract as JSON");
    contract["servers"] = json!([{ "url": format!("{origin}{BASE_PATH}") }]);
    contract.to_string()
}

/// What dropshot says of the API that is registered, as pretty JSON.
pub fn emitted() -> Result<String, serde_json::Error> {
    let document = description().openapi(TITLE, version(VERSION)).json()?;
    serde_json::to_string_pretty(&document)
}

/// dropshot takes three numbers where contracts often write two; those that are missing are 0.
fn version(text: &str) -> Version {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    Version::new(next(), next(), next())
}

#[cfg(test)]
mod tests;
