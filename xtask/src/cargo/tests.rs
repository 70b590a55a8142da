//! What is taken for a binary in cargo's report.

use super::*;

#[test]
fn binaries_are_found_in_cargos_report() {
    let built = r#"{"reason":"compiler-artifact","manifest_path":"/w/tests/Cargo.toml",
        "target":{"name":"it","kind":["test"]},"profile":{"test":true},"executable":"/w/target/it-1"}"#;
    let built = built.replace('\n', "");
    let expected = |test| Binary {
        name: "it".into(),
        executable: "/w/target/it-1".into(),
        folder: "/w/tests".into(),
        test,
    };
    let plain = built.replace("\"test\":true", "\"test\":false");
    assert_eq!(artifact(&built), Some(expected(true)));
    assert_eq!(artifact(&plain), Some(expected(false)));
    for other in [
        built.replace("\"/w/target/it-1\"", "null"),
        r#"{"reason":"build-finished","success":true}"#.to_owned(),
        "warning: text".to_owned(),
    ] {
        assert_eq!(artifact(&other), None, "{other}");
    }
    let both = vec![expected(true), expected(false)];
    assert_eq!(
        executable(both, "it").expect("it is there"),
        Path::new("/w/target/it-1")
    );
    // The binary, not its tests.
    assert!(executable(vec![expected(true)], "it").is_err());
}
