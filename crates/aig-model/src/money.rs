//! Amounts of US dollars as integers, so that a sum of them is the same in any order and to the end.
//!
//! The unit is the pico-dollar, a millionth of the millionth part of a dollar: every list price of
//! a token is a whole number of them (0.000001 dollars for a million tokens would still be one).
//! Sums are checked and never wrap. A float appears at one place only, where JSON asks for one, on
//! the way out. Leaves what anything costs to `aig-policy`.

use std::fmt;
use std::str::FromStr;

use serde_json::Number;

/// An amount of US dollars, exact to the pico-dollar (10⁻¹² dollars); may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

/// The text is no amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadMoney {
    /// It is not a decimal number as JSON writes them.
    #[error("is not a decimal number")]
    Syntax,
    /// It has parts below a pico-dollar, which would be lost.
    #[error("has more than twelve decimals")]
    TooFine,
    /// It is out of the range of what can be summed up.
    #[error("is too great")]
    TooGreat,
}

/// What to do with parts below a pico-dollar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    Refuse,
    RoundHalfUp,
}

/// A decimal number, taken apart but not yet weighed.
struct Decimal<'t> {
    negative: bool,
    whole: &'t [u8],
    fraction: &'t [u8],
    exponent: i64,
}

// === impl Money ===

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// How many pico-dollars are a dollar.
    pub const PICO_PER_DOLLAR: i128 = 1_000_000_000_000;

    /// So many pico-dollars.
    pub const fn from_pico(pico: i128) -> Self {
        Self(pico)
    }

    /// In pico-dollars.
    pub const fn pico(self) -> i128 {
        self.0
    }

    /// In pico-dollars, where 64 bits are all there is room for; `None` from about 9.2 million
    /// dollars on.
    pub fn to_i64(self) -> Option<i64> {
        self.0.try_into().ok()
    }

    /// The dollars of a text, rounded half up to the pico-dollar: for prices that somebody
    /// calculated, which end in digits that nobody meant.
    ///
    /// What is not nothing never becomes nothing: an amount that would is [`BadMoney::TooFine`].
    pub fn rounded(text: &str) -> Result<Self, BadMoney> {
        Self::read(text, 0, Below::RoundHalfUp)
    }

    /// The price of one of a million pieces that cost the dollars of the text together; rounded
    /// like [`Money::rounded`].
    pub fn per_million(text: &str) -> Result<Self, BadMoney> {
        Self::read(text, -6, Below::RoundHalfUp)
    }

    fn read(text: &str, shift: i64, below: Below) -> Result<Self, BadMoney> {
        let decimal = Decimal::parse(text).ok_or(BadMoney::Syntax)?;
        let pico = decimal.scaled(shift + 12, below)?;
        Ok(Self(if decimal.negative { -pico } else { pico }))
    }

    /// The sum, unless it is out of range.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, unless it is out of range.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// So many times the amount, unless it is out of range.
    pub fn checked_mul(self, times: u64) -> Option<Self> {
        self.0.checked_mul(i128::from(times)).map(Self)
    }

    /// The sum of all of them, unless it is out of range on the way.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// Whether it is below nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// In dollars, as a JSON number: whole dollars as an integer, else the float that is nearest,
    /// which up to some thousand dollars prints the same digits.
    pub fn to_json(self) -> Number {
        if self.0 % Self::PICO_PER_DOLLAR == 0
            && let Ok(dollars) = i64::try_from(self.0 / Self::PICO_PER_DOLLAR)
        {
            return dollars.into();
        }
        let text = self.to_string();
        let nearest: f64 = text.parse().expect("a decimal number is a float");
        Number::from_f64(nearest).expect("127 bits are far from infinity")
    }
}

impl FromStr for Money {
    type Err = BadMoney;

    /// The dollars of a text such as `0.00000015` or `1.5e-7`, exactly or not at all.
    fn from_str(text: &str) -> Result<Self, BadMoney> {
        Self::read(text, 0, Below::Refuse)
    }
}

impl fmt::Display for Money {
    /// In dollars, as a plain decimal number with no more decimals than it has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_dollar = Self::PICO_PER_DOLLAR.unsigned_abs();
        let (whole, rest) = (
            self.0.unsigned_abs() / per_dollar,
            self.0.unsigned_abs() % per_dollar,
        );
        let mut text = format!("{whole}.{rest:012}");
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
        f.pad_integral(self.0 >= 0, "", &text)
    }
}

// === impl Decimal ===

impl<'t> Decimal<'t> {
    /// Takes a number apart as JSON writes it: no plus, no bare point, no `NaN`.
    fn parse(text: &'t str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, power(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (digits(whole)?, digits(fraction)?),
            None => (digits(mantissa)?, &[][..]),
        };
        let padded = whole.len() > 1 && whole[0] == b'0';
        (!padded).then_some(Self {
            negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// The number without its sign, times ten to the power of `shift`, as an integer.
    fn scaled(&self, shift: i64, below: Below) -> Result<i128, BadMoney> {
        let all = || self.whole.iter().chain(self.fraction);
        let length = self.whole.len() + self.fraction.len();
        let fraction = i64::try_from(self.fraction.len()).map_err(|_| BadMoney::TooGreat)?;
        // Behind this many digits stands the point.
        let point = i64::try_from(length).map_err(|_| BadMoney::TooGreat)? - fraction
            + self.exponent.saturating_add(shift);
        let keep = usize::try_from(point.max(0)).map_or(length, |point| point.min(length));
        let mut value = all().take(keep).try_fold(0, push)?;
        let mut missing = point.saturating_sub(i64::try_from(length).unwrap_or(i64::MAX));
        while missing > 0 && value > 0 {
            value = push(value, &b'0')?;
            missing -= 1;
        }
        if all().skip(keep).all(|digit| *digit == b'0') {
            return Ok(value);
        }
        // A point far in front of the digits leaves nothing to round.
        let half_or_more = point >= 0 && all().nth(keep).is_some_and(|digit| *digit >= b'5');
        let rounded = value + i128::from(half_or_more);
        match below {
            Below::RoundHalfUp if rounded > 0 => Ok(rounded),
            _ => Err(BadMoney::TooFine),
        }
    }
}

fn digits(text: &str) -> Option<&[u8]> {
    let bytes = text.as_bytes();
    (!bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)).then_some(bytes)
}

/// An exponent. One beyond any sense is as good as a milliard.
fn power(text: &str) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let power = digits(text)?.iter().fold(0, |power: i64, digit| {
        (power * 10 + i64::from(digit - b'0')).min(1_000_000_000)
    });
    Some(if negative { -power } else { power })
}

/// One more digit at the end; the range ends where one more rounding would still fit.
fn push(value: i128, digit: &u8) -> Result<i128, BadMoney> {
    value
        .checked_mul(10)
        .and_then(|value| value.checked_add(i128::from(digit - b'0')))
        .filter(|value| *value < i128::MAX)
        .ok_or(BadMoney::TooGreat)
}

#[cfg(test)]
mod tests;
