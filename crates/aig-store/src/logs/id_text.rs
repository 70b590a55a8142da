//! Ids that have a text in them, without writing every id: where the text may stand in an id, it
//! says what some bits of it are.

/// How long the text of an id is.
const LENGTH: usize = 36;
/// Where it has its dashes.
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// The places at which a text may stand in an id.
pub(crate) struct IdText(Vec<Place>);

/// Which bits of both halves count for a place, and what they are there.
struct Place {
    counts: [u64; 2],
    are: [u64; 2],
}

impl IdText {
    /// Reads a text in lower case; one without places stands in no id.
    pub(crate) fn of(text: &str) -> Self {
        let last = LENGTH.checked_sub(text.len());
        let starts = last.map_or(0..0, |last| 0..last + 1);
        Self(starts.filter_map(|start| Place::of(text, start)).collect())
    }

    /// Whether it can stand in an id at all.
    pub(crate) const fn is_nowhere(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets the rows whose ids, in two halves, have the text in them.
    pub(crate) fn mark(&self, high: &[u64], low: &[u64], found: &mut [bool]) {
        for Place { counts, are } in &self.0 {
            // Most texts are so short that only one half counts.
            let one = |half: &[u64], counts: u64, are: u64, found: &mut [bool]| {
                for (set, half) in found.iter_mut().zip(half) {
                    *set |= half & counts == are;
                }
            };
            match counts {
                [counts, 0] => one(high, *counts, are[0], found),
                [0, counts] => one(low, *counts, are[1], found),
                _ => {
                    for ((set, high), low) in found.iter_mut().zip(high).zip(low) {
                        *set |= (high & counts[0] == are[0]) & (low & counts[1] == are[1]);
                    }
                }
            }
        }
    }
}

impl Place {
    fn of(text: &str, start: usize) -> Option<Self> {
        let (mut counts, mut are) = (0_u128, 0_u128);
        for (sign, at) in text.chars().zip(start..) {
            if DASHES.contains(&at) != (sign == '-') {
                return None;
            }
            if sign == '-' {
                continue;
            }
            let digit = sign.to_digit(16).filter(|_| !sign.is_ascii_uppercase())?;
            let before = DASHES.iter().filter(|dash| **dash < at).count();
            let shift = 4 * (31 - (at - before));
            counts |= 0xf << shift;
            are |= u128::from(digit) << shift;
        }
        let halves = |bits: u128| [(bits >> 64) as u64, bits as u64];
        Some(Self {
            counts: halves(counts),
            are: halves(are),
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn it_finds_what_looking_into_each_text_finds() {
        let mut mixed = 1_u64;
        let mut half = || {
            mixed = mixed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            mixed ^ mixed >> 29
        };
        let (high, low): (Vec<_>, Vec<_>) = (0..300).map(|_| (half(), half())).unzip();
        let ids: Vec<_> = (high.iter().zip(&low))
            .map(|(high, low)| Uuid::from_u64_pair(*high, *low).to_string())
            .collect();
        let mut texts: Vec<String> = ["", "-", "--", "a", "0f", "g", "A", "-4", "é"]
            .map(Into::into)
            .into();
        for (row, id) in ids.iter().enumerate().step_by(7) {
            for length in [2, 3, 5, 9, 20, 36] {
                let start = row % (LENGTH - length + 1);
                texts.push(id[start..start + length].into());
            }
            texts.push(format!("{id}0"));
        }
        for text in texts {
            let mut found = vec![false; ids.len()];
            IdText::of(&text).mark(&high, &low, &mut found);
            let wanted: Vec<_> = ids.iter().map(|id| id.contains(&text)).collect();
            assert_eq!(found, wanted, "{text}");
        }
        assert!(IdText::of("g").is_nowhere() && !IdText::of("a-b").is_nowhere());
    }
}
