//! The two vocabularies, and what each says when the other is silent.

use super::Change::{Clear, Keep, Set};
use super::*;

fn seconds(cache: Cache) -> Option<u32> {
    cache.ttl().map(NonZeroU32::get)
}

#[test]
fn a_ttl_alone_switches_the_cache() {
    let on = Cache::default().changed(Keep, Set(60)).unwrap();
    assert_eq!(seconds(on), Some(60));
    let off = on.changed(Keep, Set(0)).unwrap();
    assert_eq!((seconds(off), off.shown_ttl()), (None, 0));
}

#[test]
fn off_remembers_its_ttl() {
    let off = Cache::new(Some(false), Some(10)).unwrap();
    assert_eq!((seconds(off), off.shown_ttl()), (None, 10));
    let on = off.changed(Set(true), Keep).unwrap();
    assert_eq!(seconds(on), Some(10));
}

#[test]
fn on_without_a_ttl_is_five_minutes() {
    let on = Cache::default().changed(Set(true), Keep).unwrap();
    assert_eq!((seconds(on), on.shown_ttl()), (Some(300), 300));
}

#[test]
fn on_with_zero_is_refused() {
    let error = Cache::default().changed(Set(true), Set(0)).unwrap_err();
    assert_eq!(error.field, "cache_ttl");
}

#[test]
fn null_switches_off_what_the_switch_had_put_on() {
    let on = Cache::new(Some(true), Some(10)).unwrap();
    assert_eq!(seconds(on.changed(Keep, Clear).unwrap()), None);
    assert_eq!(seconds(on.changed(Keep, Set(0)).unwrap()), None);
    assert_eq!(seconds(on.changed(Clear, Keep).unwrap()), None);
    // Said in one breath, the switch wins and the default applies.
    assert_eq!(seconds(on.changed(Set(true), Clear).unwrap()), Some(300));
}

#[test]
fn a_cache_that_was_never_switched_stays_with_the_number() {
    let off = Cache::default().changed(Keep, Set(0)).unwrap();
    assert_eq!(seconds(off.changed(Keep, Set(60)).unwrap()), Some(60));
}

#[test]
fn numbers_alone_switch_the_rate_limit() {
    let on = RateLimit::default()
        .changed(Keep, Set(10), Set(60))
        .unwrap();
    let numbers = on
        .limit()
        .map(|(limit, interval)| (limit.get(), interval.get()));
    assert_eq!(numbers, Some((10, 60)));
    assert_eq!(on.changed(Keep, Set(0), Keep).unwrap().limit(), None);
    assert_eq!(on.changed(Keep, Keep, Clear).unwrap().limit(), None);
}

#[test]
fn a_rate_limit_that_is_on_needs_both_numbers() {
    let error = RateLimit::default()
        .changed(Set(true), Set(10), Keep)
        .unwrap_err();
    assert_eq!(error.field, "rate_limiting_interval");
    let error = RateLimit::default()
        .changed(Set(true), Keep, Set(10))
        .unwrap_err();
    assert_eq!(error.field, "rate_limiting_limit");
}

#[test]
fn a_switched_off_rate_limit_remembers_its_numbers() {
    let off = RateLimit::new(Some(false), Some(10), Some(60)).unwrap();
    assert_eq!(off.limit(), None);
    assert!(
        off.changed(Set(true), Keep, Keep)
            .unwrap()
            .limit()
            .is_some()
    );
}
