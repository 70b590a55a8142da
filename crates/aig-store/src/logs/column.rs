//! A facet of many rows as a column: the least value, the greatest, and the distances from the
//! least in as few bytes as the widest of them needs. A column of one value is a head alone.
//!
//! Two shapes make columns shorter. Where all distances are multiples of a step, as costs are of a
//! price, steps are counted; where a column has few values, as one of words mostly has, they stand
//! in a list and each row names one in a byte. Whoever tests a column tests what stands in it, not
//! the values: bounds are turned into distances once, and the values of a list are looked at once.

use super::words::Words;

/// A column, as it stands in the file: shape, least, greatest, and what the shape needs.
pub(crate) struct Column<'d> {
    /// How many bytes a row has.
    width: usize,
    least: i64,
    greatest: i64,
    /// What distances are counted in.
    step: u64,
    /// The values of a list as distances, each in so many bytes.
    list: Option<(usize, &'d [u8])>,
    data: &'d [u8],
}

/// What the value of a row may be asked.
#[derive(Clone, Copy)]
pub(crate) enum Is<'w> {
    /// It lies in this range, both ends included.
    Within(i64, i64),
    /// It is one of these words.
    Among(&'w Words),
    /// There is none.
    Absent,
}

const HEAD: usize = 17;
/// In the first byte, beside the width: a step follows the head.
const STEPPED: u8 = 0x20;
/// In the first byte, beside the width of its values: a list follows the head.
const LISTED: u8 = 0x40;
/// The most values of a list: a byte has one more, for no value.
const LONGEST: usize = 255;

/// Packs a column; `None` when no row has a value.
pub(crate) fn pack(values: &[Option<i64>]) -> Option<Vec<u8>> {
    let least = values.iter().flatten().copied().min()?;
    let greatest = values.iter().flatten().copied().max()?;
    let all = values.iter().all(Option::is_some);
    let far = greatest.abs_diff(least);
    let plain = match far == 0 && all {
        true => 0,
        false => width(far),
    };
    let list = (plain > 1).then(|| distinct(values)).flatten();
    let listed = list.filter(|list| list.len() * plain < values.len() * (plain - 1));
    let step = match plain > 1 && listed.is_none() {
        true => step(values, least),
        false => 1,
    };
    let stepped = width(far / step);
    let mut out = Vec::with_capacity(HEAD + 8 + plain * values.len());
    let head = |out: &mut Vec<u8>, shape: u8| {
        out.push(shape);
        out.extend_from_slice(&least.to_le_bytes());
        out.extend_from_slice(&greatest.to_le_bytes());
    };
    if let Some(list) = listed {
        head(&mut out, LISTED | plain as u8);
        out.push(list.len() as u8);
        for value in &list {
            let distance = value.abs_diff(least);
            out.extend_from_slice(&distance.to_le_bytes()[..plain.min(8)]);
        }
        let place = |value| list.binary_search(&value).map_or(0, |at| at as u8 + 1);
        out.extend(values.iter().map(|value| value.map_or(0, place)));
        return Some(out);
    }
    let (width, step) = match step > 1 && stepped < plain {
        true => {
            head(&mut out, STEPPED | stepped as u8);
            out.extend_from_slice(&step.to_le_bytes());
            (stepped, step)
        }
        false => {
            head(&mut out, plain as u8);
            (plain, 1)
        }
    };
    for value in values.iter().filter(|_| width > 0) {
        // One more than it is, because 0 says that there is no value.
        let distance = value.map_or(0, |v| u128::from(v.abs_diff(least) / step) + 1);
        out.extend_from_slice(&distance.to_le_bytes()[..width]);
    }
    Some(out)
}

/// In how many bytes every distance up to that one can stand, and that there is none.
fn width(far: u64) -> usize {
    let widest = u128::from(far) + 1;
    let fits = |bytes: &usize| widest >> (8 * bytes) == 0;
    [1, 2, 3, 4, 6, 8].into_iter().find(fits).unwrap_or(9)
}

/// The different values in order, unless they are too many for a list.
fn distinct(values: &[Option<i64>]) -> Option<Vec<i64>> {
    let mut list: Vec<i64> = vec![];
    let mut last = None;
    for value in values.iter().flatten() {
        if last == Some(value) {
            continue;
        }
        last = Some(value);
        if let Err(at) = list.binary_search(value) {
            if list.len() == LONGEST {
                return None;
            }
            list.insert(at, *value);
        }
    }
    Some(list)
}

/// The greatest number of which all distances are multiples.
fn step(values: &[Option<i64>], least: i64) -> u64 {
    let mut step = 0;
    for value in values.iter().flatten() {
        let mut rest = value.abs_diff(least);
        while rest != 0 {
            (step, rest) = (rest, step % rest);
        }
        if step == 1 {
            break;
        }
    }
    step.max(1)
}

impl<'d> Column<'d> {
    /// Reads a column; `None` when it is none.
    pub(crate) fn of(data: &'d [u8]) -> Option<Self> {
        let (head, mut data) = data.split_first_chunk::<HEAD>()?;
        let number = |at: usize| i64::from_le_bytes(head[at..at + 8].try_into().expect("8 bytes"));
        let mut width = usize::from(head[0] & 0x0f);
        let (mut step, mut list) = (1, None);
        if head[0] & STEPPED != 0 {
            let (bytes, rest) = data.split_first_chunk()?;
            (step, data) = (u64::from_le_bytes(*bytes), rest);
        }
        if head[0] & LISTED != 0 {
            let (count, rest) = data.split_first()?;
            let each = width.min(8);
            let (values, rest) = rest.split_at_checked(each * usize::from(*count))?;
            (list, data) = (Some((each, values)), rest);
            width = 1;
        }
        Some(Self {
            width,
            least: number(1),
            greatest: number(9),
            step,
            list,
            data,
        })
    }

    /// The least and the greatest value.
    pub(crate) const fn extent(&self) -> (i64, i64) {
        (self.least, self.greatest)
    }

    /// The value that every row has, if it is the same.
    pub(crate) const fn only(&self) -> Option<i64> {
        match self.width {
            0 => Some(self.least),
            _ => None,
        }
    }

    /// The value of a row.
    pub(crate) fn get(&self, row: usize) -> Option<i64> {
        if self.width == 0 {
            return Some(self.least);
        }
        let bytes = self.data.get(row * self.width..(row + 1) * self.width)?;
        let mut whole = [0; 16];
        whole[..self.width].copy_from_slice(bytes);
        let place = u128::from_le_bytes(whole).checked_sub(1)?;
        match self.list {
            Some(_) => self.listed(place as usize),
            None => Some(self.value(place as u64)),
        }
    }

    /// Every value in order, `rows` of them.
    pub(crate) fn each(&self, rows: usize, mut take: impl FnMut(usize, Option<i64>)) {
        if self.list.is_some() {
            let values: Vec<_> = self.listing().collect();
            for (row, place) in self.data.iter().enumerate().take(rows) {
                let value = usize::from(*place).checked_sub(1);
                take(row, value.and_then(|at| values.get(at)).copied());
            }
            return;
        }
        match self.width {
            1 => self.walk::<1>(&mut take),
            2 => self.walk::<2>(&mut take),
            3 => self.walk::<3>(&mut take),
            4 => self.walk::<4>(&mut take),
            6 => self.walk::<6>(&mut take),
            8 => self.walk::<8>(&mut take),
            _ => (0..rows).for_each(|row| take(row, self.get(row))),
        }
    }

    /// Sets the rows of which it is true.
    pub(crate) fn mark(&self, is: Is<'_>, passed: &mut [bool]) {
        if self.width == 0 {
            if is.true_of(Some(self.least)) {
                passed.fill(true);
            }
            return;
        }
        if self.list.is_some() {
            return self.mark_listed(is, passed);
        }
        // So wide that a distance may be no number of the machine.
        if self.width > 8 {
            return self.mark_each(is, passed);
        }
        match is {
            Is::Among(words) if words.some_within(self.least, self.greatest) => {
                self.mark_words(words, passed);
            }
            Is::Among(_) => {}
            Is::Within(least, greatest) => {
                if let Some((from, to)) = self.distances(least, greatest) {
                    self.mark_distances(from, to, passed);
                }
            }
            Is::Absent => self.mark_distances(0, 0, passed),
        }
    }

    /// The distances of a range, one more than they are, of a column that has eight bytes a row or
    /// less; `None` when no value can lie in it.
    fn distances(&self, least: i64, greatest: i64) -> Option<(u64, u64)> {
        let (least, greatest) = (least.max(self.least), greatest.min(self.greatest));
        if least > greatest {
            return None;
        }
        let from = least.abs_diff(self.least).div_ceil(self.step);
        let to = greatest.abs_diff(self.least) / self.step;
        (from <= to).then_some((from + 1, to + 1))
    }

    fn mark_distances(&self, from: u64, to: u64, passed: &mut [bool]) {
        // Below the least and above the greatest of what is looked for are one comparison.
        macro_rules! within {
            ($number:ty, $width:literal) => {{
                let (from, span) = (from as $number, (to - from) as $number);
                let rows = self.data.as_chunks::<$width>().0;
                for (set, bytes) in passed.iter_mut().zip(rows) {
                    let distance = <$number>::from_le_bytes(*bytes);
                    *set |= distance.wrapping_sub(from) <= span;
                }
            }};
        }
        match self.width {
            1 => within!(u8, 1),
            2 => within!(u16, 2),
            3 => self.mark_odd::<3>(from, to, passed),
            4 => within!(u32, 4),
            6 => self.mark_odd::<6>(from, to, passed),
            _ => within!(u64, 8),
        }
    }

    fn mark_odd<const W: usize>(&self, from: u64, to: u64, passed: &mut [bool]) {
        for (set, bytes) in passed.iter_mut().zip(self.data.as_chunks::<W>().0) {
            *set |= distance(bytes).wrapping_sub(from) <= to - from;
        }
    }

    fn mark_words(&self, words: &Words, passed: &mut [bool]) {
        // What a distance of up to two bytes says is looked up in the bits of that many words.
        let mut bits = [0; 1 << 10];
        let near = self.step == 1 && self.width <= 2 && self.least > 0;
        if near {
            let far = self.greatest.abs_diff(self.least) + 1;
            words.window(self.least, &mut bits[..far as usize / 64 + 1]);
        }
        match (self.width, near) {
            (1, true) => {
                for (set, distance) in passed.iter_mut().zip(self.data) {
                    *set |= bits[usize::from(distance >> 6)] >> (distance & 63) & 1 == 1;
                }
            }
            (2, true) => {
                for (set, bytes) in passed.iter_mut().zip(self.data.as_chunks().0) {
                    let distance = u16::from_le_bytes(*bytes);
                    *set |= bits[usize::from(distance >> 6)] >> (distance & 63) & 1 == 1;
                }
            }
            (3, _) => self.mark_far::<3>(words, passed),
            (4, _) => self.mark_far::<4>(words, passed),
            _ => self.mark_each(Is::Among(words), passed),
        }
    }

    fn mark_far<const W: usize>(&self, words: &Words, passed: &mut [bool]) {
        for (set, bytes) in passed.iter_mut().zip(self.data.as_chunks::<W>().0) {
            let distance = distance(bytes);
            *set |= distance != 0 && words.has(self.value(distance - 1));
        }
    }

    fn mark_listed(&self, is: Is<'_>, passed: &mut [bool]) {
        let mut table = [false; LONGEST + 1];
        table[0] = is.true_of(None);
        let mut some = table[0];
        for (slot, value) in table[1..].iter_mut().zip(self.listing()) {
            *slot = is.true_of(Some(value));
            some |= *slot;
        }
        if some {
            for (set, place) in passed.iter_mut().zip(self.data) {
                *set |= table[usize::from(*place)];
            }
        }
    }

    fn mark_each(&self, is: Is<'_>, passed: &mut [bool]) {
        for (row, set) in passed.iter_mut().enumerate() {
            *set |= is.true_of(self.get(row));
        }
    }

    fn walk<const W: usize>(&self, take: &mut impl FnMut(usize, Option<i64>)) {
        for (row, bytes) in self.data.as_chunks::<W>().0.iter().enumerate() {
            let distance = distance(bytes).checked_sub(1);
            take(row, distance.map(|distance| self.value(distance)));
        }
    }

    /// The values of the list.
    fn listing(&self) -> impl Iterator<Item = i64> {
        let count = self.list.map_or(0, |(each, values)| values.len() / each);
        (0..count).filter_map(|at| self.listed(at))
    }

    fn listed(&self, at: usize) -> Option<i64> {
        let (each, values) = self.list?;
        let mut whole = [0; 8];
        whole[..each].copy_from_slice(values.get(at * each..(at + 1) * each)?);
        Some(self.least.wrapping_add_unsigned(u64::from_le_bytes(whole)))
    }

    const fn value(&self, distance: u64) -> i64 {
        let far = distance.wrapping_mul(self.step);
        self.least.wrapping_add_unsigned(far)
    }
}

impl Is<'_> {
    fn true_of(self, value: Option<i64>) -> bool {
        match (self, value) {
            (Self::Within(least, greatest), Some(value)) => (least..=greatest).contains(&value),
            (Self::Among(words), Some(word)) => words.has(word),
            (Self::Absent, None) => true,
            _ => false,
        }
    }
}

fn distance<const W: usize>(bytes: &[u8; W]) -> u64 {
    let mut whole = [0; 8];
    whole[..W].copy_from_slice(bytes);
    u64::from_le_bytes(whole)
}

#[cfg(test)]
mod tests;
