//! The contract of this repository, read from `spec/` as the tools read it.

use std::path::{Path, PathBuf};

use aig_contract::document::SourceFile;
use aig_contract::generate::Contract;

const BASE: &str = "spec/cloudflare-ai-gateway-openapi.yml";
const OVERLAYS: &str = "spec/overlays";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file by its path from the root of the repository.
pub(crate) fn file(path: &str) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        text: std::fs::read_to_string(root().join(path)).expect("the file is in the repository"),
    }
}

/// The base, and what the overlays make of it.
pub(crate) fn contract() -> (SourceFile, Contract) {
    let mut overlays: Vec<String> = std::fs::read_dir(root().join(OVERLAYS))
        .expect("there are overlays")
        .map(|entry| entry.expect("the folder is readable").file_name())
        .map(|name| name.into_string().expect("names are UTF-8"))
        .filter(|name| name.ends_with(".yml"))
        .collect();
    overlays.sort();
    let overlays: Vec<SourceFile> = overlays
        .iter()
        .map(|name| file(&format!("{OVERLAYS}/{name}")))
        .collect();
    let base = file(BASE);
    let contract = Contract::read(&base, &overlays).unwrap_or_else(|problems| panic!("{problems}"));
    (base, contract)
}
