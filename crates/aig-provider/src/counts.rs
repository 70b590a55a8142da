//! Counts as a provider's dialect gives them, and what they come to in the one convention of
//! `aig_model::Usage`.
//!
//! A dialect says which member of its usage objects counts what (`fields!`), and what its counts
//! leave out: whether cached tokens stand beside the prompt's count, and thoughts beside the answer's.
//! Of each count the newest number stays.

use aig_model::Usage;

use crate::scan::{Paths, Scanner};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Of the prompt, without what the convention counts apart.
    Input,
    /// Of the answer, without what the convention counts apart.
    Output,
    /// Of both.
    Total,
    /// Of the prompt and in no other count: put in by tools.
    ToolInput,
    CacheRead,
    CacheWrite,
    CacheWrite5m,
    CacheWrite1h,
    Reasoning,
    AudioIn,
    AudioOut,
    ImageIn,
    ImageOut,
    Images,
    Characters,
    AudioSeconds,
    ComputeSeconds,
    Searches,
    /// In US dollars.
    Cost,
    /// In units of 10⁻¹⁰ US dollars.
    CostTicks,
    /// Nothing by itself; the dialect looks at the value.
    Other,
}

/// How many kinds of numbers there are.
const SLOTS: usize = Slot::Other as usize + 1;

/// The wanted members of a usage object, and what each of them counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    pub(crate) paths: &'static Paths,
    pub(crate) slots: &'static [Slot],
}

/// Pairs of a member's path and its slot; of two for the same slot the later one counts.
macro_rules! fields {
    ($($path:expr => $slot:ident),* $(,)?) => {
        $crate::counts::Fields {
            paths: &$crate::scan::Paths::new(&[$(&$path),*]),
            slots: &[$($crate::counts::Slot::$slot),*],
        }
    };
}
pub(crate) use fields;

/// Everything that one answer has counted so far.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    numbers: [Option<u64>; SLOTS],
    /// Whether cached tokens are in no other count.
    pub(crate) cache_apart: bool,
    /// Whether thoughts are in no other count.
    pub(crate) thoughts_apart: bool,
    slots: &'static [Slot],
    object: Scanner,
}

/// The largest count that is believed: beyond it JSON's numbers stop being exact, and nobody has
/// sent that many tokens.
pub(crate) const MOST: u64 = (1 << 53) - 1;

// === impl Counts ===

impl Counts {
    /// Before the first usage object of that form.
    pub(crate) fn new(fields: Fields) -> Self {
        Self {
            numbers: [None; SLOTS],
            cache_apart: false,
            thoughts_apart: false,
            slots: fields.slots,
            object: Scanner::new(fields.paths),
        }
    }

    /// Takes the numbers out of a usage object, and gives it back for a closer look.
    pub(crate) fn take(&mut self, object: Option<&[u8]>) -> Option<&Scanner> {
        let object = object.filter(|object| object.starts_with(b"{"))?;
        self.object.reset();
        self.object.feed(object);
        for (path, slot) in self.slots.iter().enumerate() {
            if let Some(number) = self.object.value(path).and_then(|raw| slot.number(raw)) {
                self.numbers[*slot as usize] = Some(number);
            }
        }
        Some(&self.object)
    }

    /// Replaces a count by a newer one; whatever is no count changes nothing.
    pub(crate) fn update(&mut self, slot: Slot, raw: Option<&[u8]>) {
        if let Some(number) = raw.and_then(|raw| slot.number(raw)) {
            self.numbers[slot as usize] = Some(number);
        }
    }

    /// Replaces a count by one that was added up elsewhere.
    pub(crate) fn set(&mut self, slot: Slot, number: u64) {
        self.numbers[slot as usize] = Some(number.min(MOST));
    }

    fn get(&self, slot: Slot) -> Option<u64> {
        self.numbers[slot as usize]
    }

    /// The counts in the convention of `Usage`.
    pub(crate) fn usage(&self) -> Usage {
        let get = |slot| self.get(slot);
        let by_age = [get(Slot::CacheWrite5m), get(Slot::CacheWrite1h)];
        let cache_read = get(Slot::CacheRead);
        let cache_write = get(Slot::CacheWrite).or_else(|| sum(by_age));
        let apart = [cache_read, cache_write].map(|cached| cached.filter(|_| self.cache_apart));
        let input = [get(Slot::Input), get(Slot::ToolInput)];
        let (tokens_out, reasoning) = self.answer();
        Usage {
            tokens_in: sum(input.into_iter().chain(apart)),
            tokens_out,
            cache_read_tokens: cache_read,
            cache_write_tokens: cache_write,
            cache_write_1h_tokens: get(Slot::CacheWrite1h),
            reasoning_tokens: reasoning,
            audio_in_tokens: get(Slot::AudioIn),
            audio_out_tokens: get(Slot::AudioOut),
            image_in_tokens: get(Slot::ImageIn),
            image_out_tokens: get(Slot::ImageOut),
            images: get(Slot::Images),
            characters: get(Slot::Characters),
            audio_ms: get(Slot::AudioSeconds),
            compute_ms: get(Slot::ComputeSeconds),
            searches: get(Slot::Searches),
            stated_cost: get(Slot::Cost).or(get(Slot::CostTicks)),
        }
    }

    /// The tokens of the answer, and those of its thoughts.
    ///
    /// Servers of OpenAI's dialect disagree whether the answer's count includes thoughts, and some
    /// give no count of them at all; the total does include them, so it tells.
    fn answer(&self) -> (Option<u64>, Option<u64>) {
        let (input, output) = (self.get(Slot::Input), self.get(Slot::Output));
        let thoughts = self.get(Slot::Reasoning);
        if self.thoughts_apart {
            return (sum([output, thoughts]), thoughts);
        }
        let counted = sum([input, output]).unwrap_or(0);
        let missing = self.get(Slot::Total).filter(|_| input.is_some());
        let missing = missing.map_or(0, |total| total.saturating_sub(counted));
        match thoughts {
            _ if missing == 0 => (output, thoughts),
            None | Some(0) => (sum([output, Some(missing)]), Some(missing)),
            Some(thoughts) if thoughts == missing => (sum([output, Some(missing)]), Some(missing)),
            Some(_) => (output, thoughts),
        }
    }
}

fn sum(parts: impl IntoIterator<Item = Option<u64>>) -> Option<u64> {
    let parts = parts.into_iter().flatten();
    parts.reduce(|sum, part| MOST.min(sum + part))
}

// === impl Slot ===

impl Slot {
    /// The number of a JSON value in the unit in which it is kept; `None` if it is no such number.
    fn number(self, raw: &[u8]) -> Option<u64> {
        match self {
            // Milliseconds and pico-dollars, to the nearest.
            Self::AudioSeconds | Self::ComputeSeconds => scaled(raw, 3, true),
            Self::Cost => scaled(raw, 12, true),
            Self::CostTicks => scaled(raw, 2, true),
            Self::Other => None,
            _ => scaled(raw, 0, false),
        }
    }
}

/// A decimal number times a power of ten, exactly; `10.0` and `1e3` are whole numbers, too. A half is
/// rounded up, if anything may be rounded at all.
fn scaled(raw: &[u8], power: i64, round: bool) -> Option<u64> {
    let raw = str::from_utf8(raw).ok()?;
    let (mantissa, exponent) = match raw.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (raw, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut number = 0_u128;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    let shift = i64::from(exponent) + power - i64::try_from(fraction.len()).ok()?;
    let factor = u32::try_from(shift.unsigned_abs())
        .ok()
        .and_then(|shift| 10_u128.checked_pow(shift));
    let number = match factor {
        _ if whole.is_empty() => None,
        Some(factor) if shift >= 0 => number.checked_mul(factor),
        Some(factor) => {
            let rest = number % factor;
            let number = number / factor + u128::from(rest >= factor - rest);
            Some(number).filter(|_| round || rest == 0)
        }
        // Divided by more than it can be.
        None if shift < 0 => Some(0).filter(|_| round || number == 0),
        None => Some(0).filter(|_| number == 0),
    };
    u64::try_from(number?).ok().filter(|number| *number <= MOST)
}

#[cfg(test)]
mod tests;
