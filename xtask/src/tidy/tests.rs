//! The workspace is in order, and each kind of disorder is seen.

use std::path::Path;

use super::{GENERATED, inspect, profiles, reach, rooms, source};

#[test]
fn the_house_is_in_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = root.canonicalize().expect("the workspace is there");
    let found: Vec<String> = inspect(&root)
        .expect("the workspace is readable")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn an_empty_folder_is_not_taken_for_order() {
    let elsewhere = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert!(inspect(&elsewhere).is_err());
}

#[track_caller]
fn told(file: &str, text: &str) -> String {
    source(file, text).expect("this is disorder").to_string()
}

#[test]
fn files_say_what_they_are_for() {
    for (file, text) in [
        ("crates/a/src/lib.rs", "//! What it is for.\n"),
        (
            "crates/a/src/lib.rs",
            "#![doc = include_str!(\"../README.md\")]\n",
        ),
    ] {
        assert_eq!(source(file, text), None);
    }
    for text in [
        "",
        "use std::fmt;\n",
        "// A comment.\n",
        "/// Something.\nfn a() {}\n",
    ] {
        assert_eq!(
            told("crates/a/src/b.rs", text),
            "crates/a/src/b.rs: does not say what it is for; open it with a `//!` comment"
        );
    }
}

#[test]
fn generated_files_name_their_generator() {
    let text = format!("{GENERATED} from spec/effective.json\n");
    assert_eq!(source("crates/a/src/generated.rs", &text), None);
    let by_hand = told("crates/a/src/generated.rs", "//! By hand.\n");
    assert!(by_hand.contains("run `cargo xtask regen`"), "{by_hand}");
}

#[test]
fn generated_is_the_name_of_generated_files_alone() {
    let text = format!("{GENERATED} from spec/effective.json\n");
    for file in [
        "crates/a/src/wire/generated.rs",
        "crates/a/tests/generated.rs",
        "xtask/src/generated.rs",
    ] {
        assert!(told(file, &text).contains("choose another name"), "{file}");
    }
}

#[test]
fn nobody_hides_behind_the_generator() {
    let text = format!("{GENERATED} from spec/effective.json\n");
    assert!(told("crates/a/src/b.rs", &text).contains("nothing generates it"));
    assert_eq!(source("crates/a/tests/golden/b.rs", &text), None);
}

const WORKSPACE: &str = r#"
[workspace.dependencies]
aig-model = { path = "crates/aig-model" }
aig-store = { path = "crates/aig-store" }
store = { package = "aig-store", path = "crates/aig-store" }
"#;

fn dependencies(name: &str, rest: &str) -> Vec<String> {
    let text = format!("[package]\nname = \"{name}\"\n{rest}");
    rooms::manifest("crates/x/Cargo.toml", &text, WORKSPACE)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn rooms_know_the_rooms_below_them() {
    let allowed = "[dependencies]\naig-model.workspace = true\nserde = \"1\"\n";
    for name in [
        "aig-policy",
        "aig-provider",
        "aig-store",
        "aig-proxy",
        "aig-control",
    ] {
        assert_eq!(dependencies(name, allowed), Vec::<String>::new(), "{name}");
    }
    for name in [
        "aig-model",
        "aig-api",
        "aig-client",
        "aig-contract",
        "xtask",
    ] {
        assert_eq!(dependencies(name, allowed).len(), 1, "{name}");
    }
}

/// The arrows that the figure leaves out on purpose.
#[test]
fn forbidden_arrows_are_seen() {
    for (name, dependency) in [
        ("aig-policy", "aig-provider"),
        ("aig-provider", "aig-policy"),
        ("aig-proxy", "aig-api"),
        ("aig-proxy", "aig-client"),
        ("aig-proxy", "aig-store"),
        ("aig-proxy", "dropshot"),
        ("aig-proxy", "rusqlite"),
        ("aig-store", "aig-policy"),
        ("aig-control", "aig-provider"),
        ("aig-control", "aig-proxy"),
        ("aig-server", "aig-contract"),
        ("aig-server", "aig-testkit"),
        ("aig-model", "tokio"),
        ("aig-policy", "tracing"),
        ("xtask", "aig-api"),
        ("xtask", "aig-client"),
        ("xtask", "aig-control"),
    ] {
        let found = dependencies(name, &format!("[dependencies]\n{dependency} = \"1\"\n"));
        let [told] = found.as_slice() else {
            panic!("{name} on {dependency}: {found:?}");
        };
        let expected = format!("crates/x/Cargo.toml: `{name}` must not depend on `{dependency}`: ");
        assert!(told.starts_with(&expected), "{told}");
    }
}

#[test]
fn other_names_and_other_sections_are_seen_through() {
    for rest in [
        "[dependencies]\nstore.workspace = true\n",
        "[dependencies]\nkeep = { package = \"aig-store\", path = \"../aig-store\" }\n",
        "[build-dependencies]\naig-store.workspace = true\n",
        "[target.'cfg(unix)'.dependencies]\naig-store.workspace = true\n",
    ] {
        assert_eq!(dependencies("aig-proxy", rest).len(), 1, "{rest}");
    }
}

#[test]
fn tests_may_reach_further_but_for_the_tools() {
    let rest = "[dev-dependencies]\naig-api.workspace = true\n";
    assert_eq!(dependencies("aig-contract", rest), Vec::<String>::new());
    assert_eq!(dependencies("xtask", rest).len(), 1);
}

#[test]
fn a_crate_without_a_line_and_a_broken_manifest_are_told() {
    let found = dependencies("aig-cellar", "");
    assert!(
        found[0].contains("`aig-cellar` has no line in xtask/src/tidy/rooms.rs"),
        "{found:?}"
    );
    let found = dependencies("aig-model", "[dependencies\n");
    assert!(found[0].contains("is not readable"), "{found:?}");
}

#[test]
fn a_client_that_brings_a_server_along_is_seen_however_far_away_it_is() {
    let lock = |of_middle: &str| {
        format!(
            "[[package]]\nname = \"aig-client\"\ndependencies = [\"middle 1.0.0\"]\n\
             [[package]]\nname = \"middle\"\ndependencies = [\"{of_middle}\"]\n\
             [[package]]\nname = \"aig-server\"\n"
        )
    };
    assert_eq!(reach::lock_file(&lock("serde")), []);
    for far in ["aig-server", "rusqlite", "dropshot 0.18.0"] {
        let [fault] = &reach::lock_file(&lock(far))[..] else {
            panic!("{far} is not seen");
        };
        assert!(
            fault.to_string().contains("must not get the server"),
            "{fault}"
        );
    }
    assert_eq!(reach::lock_file("").len(), 1);
}

#[test]
fn the_pinned_compiler_has_a_profile() {
    let told = |toolchain: &str, files: &[&str]| -> Vec<String> {
        let files: Vec<String> = files.iter().map(ToString::to_string).collect();
        let found = profiles::order(toolchain, &files);
        found.iter().map(ToString::to_string).collect()
    };
    const PINNED: &str = "[toolchain]\nchannel = \"1.95.0\"\n";
    const OURS: &str = "crates/aig-server/pgo/1.95.0-x86_64-unknown-linux-gnu.profdata";
    const OLD: &str = "crates/aig-server/pgo/1.94.0-x86_64-unknown-linux-gnu.profdata";
    assert_eq!(told(PINNED, &[OURS]), Vec::<String>::new());
    let none = told(PINNED, &[]);
    assert!(
        none[0].contains("`cargo xtask profile` makes one"),
        "{none:?}"
    );
    let both = told(PINNED, &[OURS, OLD]);
    assert!(both.len() == 1 && both[0].starts_with(OLD), "{both:?}");
    assert_eq!(told(PINNED, &[OLD]).len(), 2);
    assert!(told("", &[OURS])[0].contains("names no channel"));
}
