//! The form of tokens, and what they grant.

use super::*;

#[test]
fn a_token_is_read_back_as_it_was_written() {
    for bits in [[0; 32], [255; 32], std::array::from_fn(|i| i as u8)] {
        let token = TokenText::from_random(bits);
        assert_eq!(token.expose().len(), 53);
        assert_eq!(
            TokenText::parse(token.expose()).unwrap().expose(),
            token.expose()
        );
    }
}

#[test]
fn different_bits_give_different_tokens() {
    let mut low = [0; 32];
    low[31] = 1;
    let mut high = [0; 32];
    high[0] = 1;
    let texts = [[0; 32], low, high].map(|bits| TokenText::from_random(bits).expose().to_owned());
    assert_ne!(texts[0], texts[1]);
    assert_ne!(texts[0], texts[2]);
}

#[test]
fn one_wrong_digit_is_a_wrong_checksum() {
    let token = TokenText::from_random([9; 32]);
    for at in PREFIX.len()..token.expose().len() {
        let mut text = token.expose().to_owned();
        let other = if text.as_bytes()[at] == b'0' {
            "1"
        } else {
            "0"
        };
        text.replace_range(at..=at, other);
        assert_eq!(TokenText::parse(&text).unwrap_err(), BadToken::Checksum);
    }
}

#[test]
fn garbage_has_not_the_form() {
    let long = format!("aig_{}", "0".repeat(1_000_000));
    for text in [
        "",
        "aig_",
        "sk-proj-123",
        "aig_' OR 1=1",
        "aig_\0",
        "aig_é",
        &long,
    ] {
        assert_eq!(TokenText::parse(text).unwrap_err(), BadToken::Form);
    }
}

#[test]
fn a_token_from_outside_must_be_long_and_fit_a_header() {
    assert_eq!(TokenText::foreign("short").unwrap_err(), BadToken::Short);
    assert_eq!(
        TokenText::foreign(&" ".repeat(32)).unwrap_err(),
        BadToken::Form
    );
    assert!(TokenText::foreign(&"x".repeat(32)).is_ok());
}

#[test]
fn a_token_grants_only_what_it_has_in_its_own_account() {
    let own = AccountId::from_bytes([1; 16]);
    let token = Token {
        id: TokenId(Uuid::nil()),
        account: own,
        name: "t".into(),
        permissions: Permissions::default().with(Permission::Read),
        last_four: "abcd".into(),
        life: TokenLife::default(),
        created_at: Timestamp::default(),
        modified_at: Timestamp::default(),
    };
    assert_eq!(token.grant(own, Permission::Read).unwrap().account(), own);
    assert_eq!(
        token.grant(own, Permission::Edit),
        Err(Refused::Lacking(Permission::Edit))
    );
    let other = AccountId::from_bytes([2; 16]);
    assert_eq!(
        token.grant(other, Permission::Edit),
        Err(Refused::OtherAccount)
    );
}

#[test]
fn permissions_go_both_ways_as_text() {
    assert_eq!(
        "run, read".parse::<Permissions>().unwrap().to_string(),
        "read,run"
    );
    assert_eq!(Permissions::ALL.to_string().parse(), Ok(Permissions::ALL));
    assert!(
        "".parse::<Permissions>()
            .unwrap_err()
            .contains("read, edit, run, tokens-read or tokens-write")
    );
}
