//! What is taken for a long form, and when all have passed.

use super::*;

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
