//! Which requests go in circles, and what is said of where they have been.

use super::*;

fn headers(lines: &[&'static str]) -> HeaderMap {
    let lines = lines.iter();
    lines
        .map(|line| (NAME, HeaderValue::from_static(line)))
        .collect()
}

#[test]
fn h_17_gateways_are_counted_among_other_intermediaries() {
    let rows: [(&[&'static str], bool); 9] = [
        (&[], false),
        (&["aig"], false),
        (&["cloudflare; loops=1, aig"], false),
        (&["aigx, xaig, other; name=aig"], false),
        (&["aig, aig"], true),
        (&["aig", "aig"], true),
        (&["AIG;v=1 ,other,\taig ; v=2"], true),
        (&["aig", "other", "aig, aig"], true),
        // A comma in quotes counts as well: nobody but who writes it is refused for it.
        (&["other; x=\"a, aig, aig, b\""], true),
    ];
    for (lines, expected) in rows {
        assert_eq!(Hops::of(&headers(lines)).is_loop(), expected, "{lines:?}");
    }
}

#[test]
fn h_17_what_others_wrote_stays_and_what_a_step_wrote_does_not() {
    let hops = Hops::of(&headers(&["cloudflare; loops=1", "aig"]));
    let mut step = headers(&["forged"]);
    hops.stamp(&mut step);
    let lines: Vec<_> = step.get_all(NAME).iter().collect();
    assert_eq!(lines, ["cloudflare; loops=1", "aig", "aig"]);
}
