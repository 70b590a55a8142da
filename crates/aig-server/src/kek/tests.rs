//! The first start makes a key, every other finds it, and no wrong one is taken.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn refusal(setting: &KekSetting, data_dir: &Path) -> String {
    match setting.open(data_dir) {
        Ok(_) => panic!("not refused"),
        Err(error) => format!("{error:#}"),
    }
}

#[test]
fn the_first_start_makes_a_private_file_and_the_next_one_finds_it() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("new");
    let setting = KekSetting::default();
    drop(setting.open(&place).unwrap());
    let path = place.join(FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(hex_key(text.trim_end()).is_ok());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    drop(setting.open(&place).unwrap());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let drafts = std::fs::read_dir(&place).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with("key-encryption-key.")
    });
    assert_eq!(drafts.count(), 0);
}

#[test]
fn s_06_wrong_short_and_empty_keys_refuse_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let own = KekSetting::default();
    drop(own.open(dir.path()).unwrap());
    let before = std::fs::read(dir.path().join("config.db")).unwrap();
    let path = dir.path().join(FILE);
    let right = std::fs::read_to_string(&path).unwrap();
    let other = random_hex().unwrap();
    for (text, told) in [
        (other.as_str(), "is not the one"),
        ("", "64 hex digits"),
        (" \n", "64 hex digits"),
        (&"ab".repeat(31), "64 hex digits"),
        (&"0".repeat(64), "must be random"),
        (&format!("{}\nx", right.trim()), "64 hex digits"),
    ] {
        std::fs::write(&path, text).unwrap();
        let told_whole = refusal(&own, dir.path());
        assert!(told_whole.contains(told), "{told_whole}");
        assert!(text.trim().is_empty() || !told_whole.contains(text));
    }
    assert_eq!(std::fs::read(dir.path().join("config.db")).unwrap(), before);
    std::fs::remove_file(&path).unwrap();
    let told = refusal(&own, dir.path());
    assert!(told.contains("is not there"), "{told}");
    assert!(
        !path.exists(),
        "a key that never sealed anything is not left"
    );
    std::fs::write(&path, right).unwrap();
    own.open(dir.path()).unwrap();
}

#[test]
fn s_13_an_empty_or_short_key_of_the_environment_is_refused() {
    for text in [" ", "x", "abc"] {
        let dir = tempfile::tempdir().unwrap();
        let text = Some(Secret::new(text.to_owned()));
        let setting = KekSetting { file: None, text };
        let told = refusal(&setting, dir.path());
        assert!(
            told.contains(VARIABLE) && told.contains("64 hex digits"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_rotation_leaves_one_new_key_and_finishes_what_was_broken_off() {
    let dir = tempfile::tempdir().unwrap();
    let own = KekSetting::default();
    drop(own.open(dir.path()).unwrap());
    let path = dir.path().join(FILE);
    let first = std::fs::read_to_string(&path).unwrap();
    own.rotate(dir.path()).await.unwrap();
    let second = std::fs::read_to_string(&path).unwrap();
    assert_ne!(first, second);
    assert_eq!(second.lines().count(), 1);
    drop(own.open(dir.path()).unwrap());

    let begun = random_hex().unwrap();
    std::fs::write(&path, format!("{}\n{second}", *begun)).unwrap();
    own.rotate(dir.path()).await.unwrap();
    let third = std::fs::read_to_string(&path).unwrap();
    assert_eq!(third.trim_end(), begun.as_str());
    drop(own.open(dir.path()).unwrap());
}

#[tokio::test]
async fn keys_that_are_somebody_elses_are_rotated_and_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine");
    let (old, new) = (random_hex().unwrap(), random_hex().unwrap());
    std::fs::write(&path, old.as_bytes()).unwrap();
    let place = dir.path().join("data");
    let setting = KekSetting {
        file: Some(path.clone()),
        text: None,
    };
    drop(setting.open(&place).unwrap());
    let told = format!("{:#}", setting.rotate(&place).await.unwrap_err());
    assert!(told.contains("on a line before it"), "{told}");
    let both = format!("{}\n{}\n", *new, *old);
    std::fs::write(&path, &both).unwrap();
    setting.rotate(&place).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), both);
    std::fs::write(&path, new.as_bytes()).unwrap();
    drop(setting.open(&place).unwrap());
    assert!(!place.join(FILE).exists());
}

/// Each would take away the key that the other one wraps with.
#[tokio::test]
async fn two_rotations_do_not_meet() {
    let dir = tempfile::tempdir().unwrap();
    let own = KekSetting::default();
    drop(own.open(dir.path()).unwrap());
    let first = only_rotation(dir.path()).unwrap();
    let before = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
    let told = own.rotate(dir.path()).await.unwrap_err().to_string();
    assert!(told.contains("another `aig keys rotate`"), "{told}");
    assert_eq!(
        std::fs::read_to_string(dir.path().join(FILE)).unwrap(),
        before
    );
    drop(first);
    own.rotate(dir.path()).await.unwrap();
}
