//! What is compared, and what is said of it.

use super::*;

fn rounds(pairs: &[(f64, f64)]) -> Rounds {
    let mut rounds = Rounds::default();
    for &(floor, value) in pairs {
        rounds.push(floor, value);
    }
    rounds
}

#[test]
fn ratios_are_taken_round_by_round() {
    // The machine was half as fast in the second round; the medians alone would say 1.5.
    let rounds = rounds(&[(10.0, 20.0), (20.0, 40.0), (10.0, 30.0)]);
    let row = rounds.row(
        ("cpu", "aig"),
        "us",
        Against::Ratio,
        Some(Reach::AtMost(2.0)),
    );
    let compared = row.compared.unwrap();
    assert_eq!(
        (compared.least, compared.median, compared.most),
        (2.0, 2.0, 3.0)
    );
    assert_eq!(row.reached(), Some(true));
}

#[test]
fn a_miss_is_called_one_in_either_direction() {
    let row = |reach| rounds(&[(10.0, 9.0)]).row(("", ""), "", Against::Ratio, Some(reach));
    assert_eq!(row(Reach::AtMost(0.8)).reached(), Some(false));
    assert_eq!(row(Reach::AtLeast(0.95)).reached(), Some(false));
    assert_eq!(row(Reach::AtLeast(0.9)).reached(), Some(true));
    assert!(
        row(Reach::AtMost(0.8))
            .cells()
            .contains(&"MISSED".to_owned())
    );
}

#[test]
fn a_row_with_void_rounds_is_not_called_reached() {
    let mut all = rounds(&[(10.0, 10.0)]);
    all.void("3 log rows dropped".to_owned());
    let row = all.row(
        ("cpu", "aig"),
        "us",
        Against::Ratio,
        Some(Reach::AtMost(2.0)),
    );
    assert_eq!(row.cells()[6], "1 void: 3 log rows dropped");
    let none = Rounds::default().row(
        ("cpu", "aig"),
        "us",
        Against::Ratio,
        Some(Reach::AtMost(2.0)),
    );
    assert_eq!(none.reached(), None);
}
