//! Columns come back as they were packed, and tests of them find what looking at each value finds.

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

/// A column and what each test of it finds, beside looking at every value.
fn checked(values: &[Option<i64>]) -> Vec<u8> {
    let packed = pack(values).unwrap();
    let column = Column::of(&packed).unwrap();
    let single: Vec<_> = (0..values.len()).map(|row| column.get(row)).collect();
    assert_eq!(single, values);
    let mut some: Vec<_> = values.iter().flatten().copied().collect();
    some.sort_unstable();
    some.dedup();
    let pick = |part: usize| some[(some.len() - 1) * part / 7];
    let mut words = Words::default();
    let few = (0..8).map(pick).filter(|word| (0..1 << 20).contains(word));
    few.for_each(|word| words.add(word));
    let mut tests = vec![
        Is::Absent,
        Is::Among(&words),
        Is::Within(i64::MIN, i64::MAX),
    ];
    for part in 0..7 {
        for (less, more) in [(0, 0), (1, 0), (0, 1), (-1, -1)] {
            let (from, to) = (pick(part), pick(part + 1));
            tests.push(Is::Within(
                from.saturating_sub(less),
                to.saturating_add(more),
            ));
            tests.push(Is::Within(from, from.saturating_add(more)));
        }
    }
    for is in tests {
        let mut passed = vec![false; values.len()];
        column.mark(is, &mut passed);
        let wanted: Vec<_> = values.iter().map(|value| is.true_of(*value)).collect();
        assert_eq!(passed, wanted);
    }
    packed
}

#[test]
fn tests_of_every_shape_find_what_looking_at_each_value_finds() {
    for width in [1, 7, 8, 12, 16, 20, 24, 31, 32, 45, 50, 63] {
        for step in [1_i64, 3, 150_000] {
            for kinds in [2_u64, 200, 10_000] {
                let mut mixed = 7_u64;
                let values = (0..1_000_u64).map(|row| {
                    mixed = mixed
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(row | 1);
                    let kind = (mixed >> 33) % kinds;
                    let far = kind.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - width);
                    (row % 9 > 0).then(|| (far.cast_signed() / step).wrapping_mul(step))
                });
                checked(&values.collect::<Vec<_>>());
            }
        }
    }
    checked(&[Some(i64::MIN), Some(i64::MAX), None, Some(0)]);
    checked(&[Some(5); 9]);
    checked(&[Some(5), None]);
}

#[test]
fn few_values_and_even_steps_take_less_room() {
    let rows = |value: fn(i64) -> i64| (0..4_096).map(|row| Some(value(row))).collect::<Vec<_>>();
    // Seventy words among many: a byte for each row, and the words.
    let words = checked(&rows(|row| 1_000 + row % 70 * 900));
    assert_eq!(words.len(), HEAD + 1 + 70 * 2 + 4_096);
    // Costs are multiples of a price: as short as the multiples.
    let costs = checked(&rows(|row| row * 37 % 9_000 * 150_000));
    assert_eq!(costs.len(), HEAD + 8 + 2 * 4_096);
    let plain = checked(&rows(|row| row * 37 % 9_001));
    assert_eq!(plain.len(), HEAD + 2 * 4_096);
    assert_eq!(checked(&rows(|_| 3)).len(), HEAD);
}
