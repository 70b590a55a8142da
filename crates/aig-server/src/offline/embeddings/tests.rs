//! The two encodings of a direction.

use super::*;

#[test]
fn base64_is_the_standard_one() {
    for (plain, coded) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
        ("\u{7ff}?>~", "378/Pn4="),
    ] {
        assert_eq!(base64(plain.as_bytes()), coded, "{plain}");
    }
}

#[test]
fn directions_have_length_one_and_follow_from_the_input() {
    let one = direction(&json!("one"), 32);
    let length: f32 = one.iter().map(|part| part * part).sum();
    assert!((length - 1.0).abs() < 1e-5, "{length}");
    assert_eq!(one, direction(&json!("one"), 32));
    assert_ne!(one, direction(&json!("two"), 32));
}
