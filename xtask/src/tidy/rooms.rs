//! Which room may know which. The list is the figure at the top of
//! `crates/README.md` in another form: an arrow that is not here is not allowed.

use toml::{Table, Value};

use super::Disorder;

/// What one crate may depend on.
struct Room {
    name: &'static str,
    /// The crates of this workspace that it may know.
    knows: &'static [&'static str],
    /// Other crates that must never get in.
    never: &'static [&'static str],
    /// What either limit protects.
    because: &'static str,
    /// Whether its tests are held to the same.
    tests_too: bool,
}

const fn room(
    name: &'static str,
    knows: &'static [&'static str],
    never: &'static [&'static str],
    because: &'static str,
) -> Room {
    Room {
        name,
        knows,
        never,
        because,
        tests_too: false,
    }
}

/// Sockets, files, clocks, runtimes and logs.
const THE_OUTSIDE: &[&str] = &[
    "aws-lc-rs",
    "dropshot",
    "hyper",
    "hyper-util",
    "reqwest",
    "rusqlite",
    "slog",
    "tokio",
    "tracing",
];

const ROOMS: &[Room] = &[
    room(
        "aig-model",
        &[],
        THE_OUTSIDE,
        "the model is plain values and knows no socket, file, clock, runtime or log",
    ),
    room(
        "aig-policy",
        &["aig-model"],
        THE_OUTSIDE,
        "a policy answers from values alone",
    ),
    room(
        "aig-provider",
        &["aig-model"],
        THE_OUTSIDE,
        "a dialect knows bytes and headers and opens nothing",
    ),
    room(
        "aig-store",
        &["aig-model"],
        &["dropshot", "hyper", "reqwest"],
        "the store keeps model values and is no server",
    ),
    room(
        "aig-proxy",
        &["aig-model", "aig-policy", "aig-provider"],
        &["dropshot", "rusqlite"],
        "the data plane is handed a snapshot and a queue and never sees the store or wire types",
    ),
    room(
        "aig-api",
        &[],
        &["reqwest", "rusqlite"],
        "the generated server types stand on the contract alone",
    ),
    room(
        "aig-client",
        &[],
        &["dropshot", "rusqlite"],
        "whoever imports the client must not get the server with it",
    ),
    room(
        "aig-contract",
        &[],
        &["dropshot", "hyper", "reqwest", "tokio"],
        "text in, text out; a broken generated crate must not stop the generator",
    ),
    room(
        "aig-control",
        &["aig-api", "aig-model", "aig-policy", "aig-store"],
        &["reqwest"],
        "the control plane knows no provider and no upstream",
    ),
    room(
        "aig-server",
        &[
            "aig-client",
            "aig-control",
            "aig-model",
            "aig-policy",
            "aig-provider",
            "aig-proxy",
            "aig-store",
        ],
        &[],
        "the binary joins the planes and leaves the contract's tools behind",
    ),
    room(
        "aig-testkit",
        &[
            "aig-api",
            "aig-client",
            "aig-contract",
            "aig-control",
            "aig-model",
            "aig-policy",
            "aig-provider",
            "aig-proxy",
            "aig-server",
            "aig-store",
        ],
        &[],
        "the rig drives the house and is no part of the tests themselves",
    ),
    room(
        "aig-bench",
        &[],
        &["dropshot", "reqwest", "rusqlite"],
        "the gateway is measured from outside, like any other",
    ),
    room(
        "aig-tests",
        &[
            "aig-api",
            "aig-client",
            "aig-contract",
            "aig-control",
            "aig-model",
            "aig-policy",
            "aig-provider",
            "aig-proxy",
            "aig-server",
            "aig-store",
            "aig-testkit",
        ],
        &[],
        "tests may know everything but the tools",
    ),
    room(
        "aig-fuzz",
        &["aig-provider", "aig-proxy"],
        &["tokio"],
        "a fuzz target is a call of a crate's own check and nothing more",
    ),
    Room {
        tests_too: true,
        ..room(
            "xtask",
            &["aig-contract"],
            &["dropshot"],
            "a broken generated file must never stop `cargo xtask regen` from being built",
        )
    },
];

/// What is wrong with one manifest.
pub(super) fn manifest(file: &str, text: &str, workspace: &str) -> Vec<Disorder> {
    let complaint = |message: String| Disorder {
        file: file.to_owned(),
        message,
    };
    let (manifest, workspace) = match (text.parse::<Table>(), workspace.parse::<Table>()) {
        (Ok(manifest), Ok(workspace)) => (manifest, workspace),
        (Err(error), _) | (_, Err(error)) => {
            return vec![complaint(format!("is not readable: {error}"))];
        }
    };
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        return vec![complaint(format!(
            "the crate `{name}` has no line in xtask/src/tidy/rooms.rs; say there what it may depend on"
        ))];
    };
    dependencies(&manifest, &workspace, room.tests_too)
        .into_iter()
        .filter_map(|dependency| {
            let ours = ROOMS.iter().any(|room| room.name == dependency);
            let allowed = if ours {
                room.knows.contains(&dependency.as_str())
            } else {
                !room.never.contains(&dependency.as_str())
            };
            (!allowed).then(|| {
                complaint(format!(
                    "`{name}` must not depend on `{dependency}`: {}; move the code to the room it belongs in",
                    room.because
                ))
            })
        })
        .collect()
}

/// The crates that a manifest names, whatever it calls them.
fn dependencies(manifest: &Table, workspace: &Table, tests_too: bool) -> Vec<String> {
    let wanted = |section: &str| {
        matches!(section, "dependencies" | "build-dependencies")
            || (tests_too && section == "dev-dependencies")
    };
    let targets = manifest.get("target").and_then(Value::as_table);
    let holders = std::iter::once(manifest).chain(
        targets
            .into_iter()
            .flat_map(Table::values)
            .filter_map(Value::as_table),
    );
    let shared = workspace
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"));
    let mut names: Vec<String> = holders
        .flat_map(Table::iter)
        .filter(|(section, _)| wanted(section))
        .filter_map(|(_, members)| members.as_table())
        .flat_map(Table::iter)
        .map(|(name, details)| {
            let inherited = details.get("workspace").and_then(Value::as_bool) == Some(true);
            let details = if inherited {
                shared.and_then(|shared| shared.get(name))
            } else {
                Some(details)
            };
            details
                .and_then(|details| details.get("package"))
                .and_then(Value::as_str)
                .unwrap_or(name)
                .to_owned()
        })
        .collect();
    names.sort();
    names.dedup();
    names
}
