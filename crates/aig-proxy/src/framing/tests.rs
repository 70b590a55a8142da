//! Which codings leave no doubt.

use super::*;

#[test]
fn h_02_one_chunked_and_nothing_beside_it() {
    let rows: [(&[&'static str], bool); 8] = [
        (&[], true),
        (&["chunked"], true),
        (&["Chunked"], true),
        (&["gzip, chunked"], false),
        (&["chunked, chunked"], false),
        (&["identity"], false),
        (&["chunked", "chunked"], false),
        (&[""], false),
    ];
    for (lines, expected) in rows {
        let lines = lines.iter();
        let headers: HeaderMap = lines
            .clone()
            .map(|line| (header::TRANSFER_ENCODING, line.parse().unwrap()))
            .collect();
        assert_eq!(doubt(&headers).is_none(), expected, "{lines:?}");
    }
}
