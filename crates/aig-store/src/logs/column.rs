//! A facet of many rows as a column: the least value, the greatest, and the distances from the
//! least in as few bytes as the widest of them needs. A column of one value is a head alone.

/// A column, as it stands in the file: width, least, greatest, distances.
pub(crate) struct Column<'d> {
    width: usize,
    least: i64,
    greatest: i64,
    data: &'d [u8],
}

const HEAD: usize = 17;

/// Packs a column; `None` when no row has a value.
pub(crate) fn pack(values: &[Option<i64>]) -> Option<Vec<u8>> {
    let least = values.iter().flatten().copied().min()?;
    let greatest = values.iter().flatten().copied().max()?;
    let all = values.iter().all(Option::is_some);
    // A distance is one more than it is, because 0 says that there is no value.
    let widest = (i128::from(greatest) - i128::from(least) + 1).cast_unsigned();
    let fits = |bytes: &usize| widest >> (8 * bytes) == 0;
    let width = match least == greatest && all {
        true => 0,
        false => [1, 2, 3, 4, 6, 8].into_iter().find(fits).unwrap_or(9),
    };
    let mut out = Vec::with_capacity(HEAD + width * values.len());
    out.push(width as u8);
    out.extend_from_slice(&least.to_le_bytes());
    out.extend_from_slice(&greatest.to_le_bytes());
    for value in values.iter().filter(|_| width > 0) {
        let distance = value.map_or(0, |v| {
            (i128::from(v) - i128::from(least) + 1).cast_unsigned()
        });
        out.extend_from_slice(&distance.to_le_bytes()[..width]);
    }
    Some(out)
}

impl<'d> Column<'d> {
    /// Reads a column; `None` when it is none.
    pub(crate) fn of(data: &'d [u8]) -> Option<Self> {
        let (head, data) = data.split_first_chunk::<HEAD>()?;
        let number = |at: usize| i64::from_le_bytes(head[at..at + 8].try_into().expect("8 bytes"));
        Some(Self {
            width: head[0].into(),
            least: number(1),
            greatest: number(9),
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
        self.value(u128::from_le_bytes(whole))
    }

    /// Every value in order, `rows` of them.
    pub(crate) fn each(&self, rows: usize, mut take: impl FnMut(usize, Option<i64>)) {
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

    fn walk<const W: usize>(&self, take: &mut impl FnMut(usize, Option<i64>)) {
        let less = self.least.wrapping_sub(1);
        for (row, bytes) in self.data.as_chunks::<W>().0.iter().enumerate() {
            let mut whole = [0; 8];
            whole[..W].copy_from_slice(bytes);
            let distance = u64::from_le_bytes(whole);
            let value = less.wrapping_add(distance.cast_signed());
            take(row, (distance != 0).then_some(value));
        }
    }

    const fn value(&self, distance: u128) -> Option<i64> {
        match distance {
            0 => None,
            distance => Some((self.least as i128 + (distance as i128) - 1) as i64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_comes_back_as_it_was_packed() {
        let ranges = [
            0_i64,
            1,
            254,
            255,
            70_000,
            1 << 25,
            1 << 40,
            1 << 50,
            i64::MAX,
        ];
        for range in ranges {
            for least in [i64::MIN, -5, 0] {
                let top = least.saturating_add(range);
                for values in [
                    vec![Some(least), Some(top)],
                    vec![Some(top), None, Some(least)],
                    vec![Some(least); 3],
                ] {
                    let packed = pack(&values).unwrap();
                    let column = Column::of(&packed).unwrap();
                    let mut seen = vec![None; values.len()];
                    column.each(values.len(), |row, value| seen[row] = value);
                    if column.only().is_some() {
                        seen = vec![column.only(); values.len()];
                    }
                    assert_eq!(seen, values, "{least} {range}");
                    let single: Vec<_> = (0..values.len()).map(|row| column.get(row)).collect();
                    assert_eq!(single, values);
                }
            }
        }
        let extremes = [Some(i64::MIN), Some(i64::MAX), None];
        let packed = pack(&extremes).unwrap();
        let column = Column::of(&packed).unwrap();
        assert_eq!(std::array::from_fn(|row| column.get(row)), extremes);
        assert!(pack(&[None, None]).is_none());
    }
}
