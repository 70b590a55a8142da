//! A picture for providers that bring none: the first letter of the name on a colour made of it.

/// An SVG, in Base64.
pub(super) fn of(name: &str) -> String {
    let first = name.chars().find(|c| c.is_alphanumeric()).unwrap_or('?');
    let letter: String = first.to_uppercase().collect();
    let hue = name
        .bytes()
        .fold(0, |hue: u32, byte| (hue * 31 + u32::from(byte)) % 360);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\">\
         <rect width=\"64\" height=\"64\" rx=\"12\" fill=\"hsl({hue},55%,42%)\"/>\
         <text x=\"32\" y=\"43\" font-family=\"sans-serif\" font-size=\"32\" \
         text-anchor=\"middle\" fill=\"#fff\">{letter}</text></svg>"
    );
    base64(svg.as_bytes())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place)) & 63;
            text.push(match place <= chunk.len() {
                true => char::from(DIGITS[digit as usize]),
                false => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let vectors = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        for (length, expected) in vectors.into_iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), expected);
        }
    }

    #[test]
    fn nothing_of_a_name_but_a_letter_gets_into_the_picture() {
        assert_eq!(of("<script>"), of("<script>"));
        let plain = of("<b>");
        assert!(plain.starts_with(&base64(b"<svg xmlns=")[..12]), "{plain}");
        assert!(!plain.contains(&base64(b"<b>")));
        assert_ne!(of("acme"), of("beta"));
    }
}
