//! Where profiles are, what they say, and what is said of a bad one.

use std::cell::RefCell;
use std::fs;

use super::*;

/// What a profile says, and what was warned of.
fn read(text: &str, name: &str, mode: u32) -> (anyhow::Result<Profile>, Vec<String>) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("profiles.toml");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    let token = place.path().join("token");
    fs::write(&token, "from-a-file\n").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o640)).unwrap();
    let warned = RefCell::new(Vec::new());
    let profile = Profile::read(&file, name, |text| warned.borrow_mut().push(text));
    (profile, warned.into_inner())
}

fn fault(text: &str, name: &str) -> String {
    format!("{:#}", read(text, name, 0o600).0.unwrap_err())
}

const TWO: &str = "[home]\nbase_url = \"http://127.0.0.1:1/client/v4\"\naccount = \"a\"\ntoken = \"t\"\n\
    [cf]\naccount = \"b\"\ntoken_file = \"token\"\n";

#[test]
fn a_profile_says_what_it_says_and_nothing_else() {
    let (home, warned) = read(TWO, "home", 0o600);
    let said = |text: &str| Some(text.to_owned());
    let all = Profile {
        base_url: said("http://127.0.0.1:1/client/v4"),
        account: said("a"),
        token: said("t"),
    };
    assert_eq!((home.unwrap(), warned), (all, vec![]));
    let (cf, warned) = read(TWO, "cf", 0o644);
    let part = Profile {
        base_url: None,
        account: said("b"),
        token: said("from-a-file"),
    };
    assert_eq!(cf.unwrap(), part);
    assert!(
        warned.len() == 1 && warned[0].contains("/token;"),
        "{warned:?}"
    );
}

#[test]
fn a_token_that_others_can_read_is_warned_of() {
    for (mode, warns) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
        let (_, warned) = read(TWO, "home", mode);
        assert_eq!(!warned.is_empty(), warns, "{mode:o}");
        assert!(
            warned.iter().all(|text| text.contains("chmod 600")),
            "{warned:?}"
        );
    }
}

#[test]
fn a_bad_profile_is_told_with_its_place_and_without_its_token() {
    assert!(fault(TWO, "hoem").ends_with("no profile \"hoem\"; it has cf, home"));
    let both = "[x]\ntoken = \"canary\"\ntoken_file = \"f\"";
    assert!(fault(both, "x").contains("say one"));
    for (text, line) in [
        ("[x]\ntoken = \"canary\"\ntoken = \"canary\"", 3),
        ("[x]\nurl = \"canary\"", 2),
        ("[x]\ntoken = canary", 2),
        ("[x]\ntoken = 7", 2),
    ] {
        let fault = fault(text, "x");
        assert!(
            fault.contains(&format!("profiles.toml:{line}: ")),
            "{fault}"
        );
        assert!(!fault.contains("canary"), "{fault}");
    }
    assert!(fault("[x]\ntoken_file = \"none\"", "x").contains("the token in"));
}

#[test]
fn profiles_are_where_the_system_has_configuration() {
    let with = |config: Option<&str>, home: Option<&str>| {
        let path = path(|name| {
            let value = if name == "HOME" { home } else { config };
            value.map(PathBuf::from)
        });
        path.map(|path| path.display().to_string())
    };
    let own = Some("/h/.config/aig/profiles.toml".to_owned());
    assert_eq!(with(None, Some("/h")), own);
    assert_eq!(with(Some("relative"), Some("/h")), own);
    assert_eq!(
        with(Some("/x"), Some("/h")).unwrap(),
        "/x/aig/profiles.toml"
    );
    assert_eq!(with(None, None), None);
}
