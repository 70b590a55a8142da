//! What a crate that others import brings along, through all that it depends on: a manifest shows
//! the first step alone, the lock file all of them.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::Disorder;

/// The crate that people import.
const IMPORTED: &str = "aig-client";

/// What makes a server, and is no business of a client's. Every other crate of this workspace is
/// one of them too.
const SERVERS: [&str; 5] = ["clap", "dropshot", "libsqlite3-sys", "rusqlite", "slog"];

/// What is wrong with the lock file.
pub(super) fn lock_file(text: &str) -> Vec<Disorder> {
    let complaint = |message: String| Disorder {
        file: "Cargo.lock".to_owned(),
        message,
    };
    let Ok(lock) = text.parse::<Table>() else {
        return vec![complaint("is not readable".to_owned())];
    };
    let packages = lock.get("package").and_then(Value::as_array);
    let steps: BTreeMap<&str, Vec<&str>> = packages
        .into_iter()
        .flatten()
        .filter_map(|package| {
            let names = package.get("dependencies").and_then(Value::as_array);
            let names = names.into_iter().flatten().filter_map(Value::as_str);
            // A version stands behind the name where there are several.
            let names = names.filter_map(|name| name.split(' ').next());
            Some((package.get("name")?.as_str()?, names.collect()))
        })
        .collect();
    if !steps.contains_key(IMPORTED) {
        return vec![complaint(format!("does not know `{IMPORTED}`"))];
    }
    let (mut reached, mut next) = (BTreeSet::new(), vec![IMPORTED]);
    while let Some(name) = next.pop() {
        for step in steps.get(name).into_iter().flatten() {
            if reached.insert(*step) {
                next.push(step);
            }
        }
    }
    let is_server = |name: &&str| name.starts_with("aig-") || SERVERS.contains(name);
    let servers = reached.into_iter().filter(is_server);
    servers
        .map(|name| {
            complaint(format!(
                "`{IMPORTED}` brings `{name}` along: whoever imports the client must not get the \
                 server with it; see `cargo tree -p {IMPORTED} -i {name}`"
            ))
        })
        .collect()
}
