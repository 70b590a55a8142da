//! That those who were turned away together do not come back together.

use super::*;

/// Ten thousand whom a provider asked to come back in ten seconds, by tenths of a second.
#[test]
fn u_09_pauses_are_spread_by_chance() {
    const ALL: usize = 10_000;
    let pause = Duration::from_secs(10);
    let mut arrivals = [0_usize; 26];
    for _ in 0..ALL {
        let after = retry::spread(pause, chance()) - pause;
        arrivals[usize::try_from(after.as_millis() / 100).unwrap()] += 1;
    }
    // Two seconds and a half, of which the very last moment is a tenth of its own.
    let mean = ALL / 25;
    for (tenth, arrived) in arrivals.into_iter().enumerate() {
        assert!(
            arrived <= 2 * mean,
            "{arrived} in tenth {tenth}, {mean} on average"
        );
        assert!(
            tenth == 25 || arrived >= mean / 2,
            "{arrived} in tenth {tenth}"
        );
    }
}
