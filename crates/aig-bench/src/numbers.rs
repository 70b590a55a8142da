//! Medians, percentiles and spreads.

use serde::Serialize;

/// Several measurements of the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// `None` of nothing.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let (&least, &most) = (sorted.first()?, sorted.last()?);
        let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Some(Self {
            median: f64::midpoint(low, high),
            least,
            most,
        })
    }
}

/// The value below which that share of sorted values lies, by nearest rank; 0 of nothing.
pub(crate) fn percentile(sorted: &[u64], share: f64) -> u64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_numbers_of_values() {
        assert_eq!(Spread::of(&[]), None);
        let of = |values: &[f64]| Spread::of(values).unwrap();
        assert_eq!(of(&[3.0, 1.0, 2.0]).median, 2.0);
        let even = of(&[4.0, 1.0, 2.0, 3.0]);
        assert_eq!((even.least, even.median, even.most), (1.0, 2.5, 4.0));
    }

    #[test]
    fn percentiles_by_nearest_rank() {
        let sorted: Vec<u64> = (1..=100).collect();
        assert_eq!(percentile(&sorted, 0.5), 50);
        assert_eq!(percentile(&sorted, 0.99), 99);
        assert_eq!(percentile(&sorted[..1], 0.99), 1);
        assert_eq!(percentile(&[], 0.5), 0);
    }
}
