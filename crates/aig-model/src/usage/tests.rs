//! What is left when the parts are taken out.

use super::*;

#[test]
fn what_is_fresh_is_what_the_cache_had_no_part_in() {
    let usage = |all, read, write| Usage {
        tokens_in: all,
        cache_read_tokens: read,
        cache_write_tokens: write,
        ..Usage::default()
    };
    let cases = [
        (usage(Some(1000), Some(600), Some(200)), Some(200)),
        (usage(Some(1000), None, Some(200)), Some(800)),
        (usage(Some(1000), None, None), Some(1000)),
        (usage(None, Some(600), None), None),
        (usage(Some(1), Some(u64::MAX), Some(1)), Some(0)),
    ];
    for (usage, fresh) in cases {
        assert_eq!(usage.fresh_tokens_in(), fresh, "{usage:?}");
    }
}
