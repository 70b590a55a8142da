//! What counts as an account id.

use super::*;

#[test]
fn thirty_two_lower_case_hex_digits_go_both_ways() {
    let text = "0123456789abcdef0123456789abcdef";
    assert_eq!(text.parse::<AccountId>().unwrap().to_string(), text);
}

#[test]
fn other_spellings_are_refused() {
    for text in [
        "",
        "0123456789ABCDEF0123456789ABCDEF",
        "0123456789abcdef0123456789abcde",
        "0123456789abcdef0123456789abcdef0",
        "0123456789abcdef0123456789abcde/",
        "é123456789abcdef0123456789abcde",
    ] {
        assert_eq!(text.parse::<AccountId>(), Err(BadAccountId), "{text}");
    }
}
