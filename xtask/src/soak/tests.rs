//! What is taken for a test binary, and what for a long form.

use super::*;

#[test]
fn test_binaries_are_found_in_cargos_report() {
    let built = r#"{"reason":"compiler-artifact","manifest_path":"/w/tests/Cargo.toml",
        "target":{"name":"it","kind":["test"]},"profile":{"test":true},"executable":"/w/target/it-1"}"#;
    let expected = Binary {
        name: "it".into(),
        executable: "/w/target/it-1".into(),
        folder: "/w/tests".into(),
    };
    assert_eq!(artifact(&built.replace('\n', "")), Some(expected));
    for other in [
        built.replace("\"test\":true", "\"test\":false"),
        built.replace("\"/w/target/it-1\"", "null"),
        r#"{"reason":"build-finished","success":true}"#.to_owned(),
        "warning: text".to_owned(),
    ] {
        assert_eq!(artifact(&other), None, "{other}");
    }
}

#[test]
fn long_forms_are_called_so() {
    let listed = "a::soak_p_01_x: test\nprocess::child: test\nsoak_t_12: test\n\
        soak_::other: test\nb::soak_p_02: benchmark\n";
    assert_eq!(long_forms(listed, ""), ["a::soak_p_01_x", "soak_t_12"]);
    assert_eq!(long_forms(listed, "p_01"), ["a::soak_p_01_x"]);
    assert!(long_forms(listed, "p_03").is_empty());
}

#[test]
fn one_failure_fails_all() {
    let ended = |passed| Ended {
        name: "x".into(),
        passed,
        took: Duration::ZERO,
    };
    assert_eq!(summary(&[ended(true), ended(true)]), ExitCode::SUCCESS);
    assert_eq!(summary(&[ended(true), ended(false)]), ExitCode::FAILURE);
}
