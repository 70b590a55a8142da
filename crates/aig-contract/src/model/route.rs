//! Where an operation is registered. dropshot refuses a literal beside a variable
//! (`/things/costs` and `/things/{id}`), although OpenAPI defines which of them
//! wins. The literal one is moved: the whole path goes under a reserved first
//! segment, where nothing but other literals stands. Whoever is in front of
//! dropshot matches the contract's paths and puts the segment there; clients
//! never see it.

use std::collections::BTreeMap;

/// The reserved first segment. A contract that uses it is refused.
pub const RESERVED_SEGMENT: &str = "-literal";

/// The path under which each of the given paths is registered.
pub(super) fn registered(paths: &[&str]) -> BTreeMap<String, String> {
    let mut settled = BTreeMap::new();
    let mut open: Vec<&str> = paths.to_vec();
    let mut depth = 0;
    while !open.is_empty() {
        // Those that pass by a variable's side move one level down and are looked
        // at again: below the segment two of them may still be in each other's way.
        let (moving, staying): (Vec<&str>, Vec<&str>) =
            open.iter().partition(|path| beside_a_variable(path, &open));
        for path in staying {
            let prefix = format!("/{RESERVED_SEGMENT}").repeat(depth);
            settled.insert(path.to_owned(), format!("{prefix}{path}"));
        }
        open = moving;
        depth += 1;
    }
    settled
}

/// Whether some segment of the path is a literal where another path, alike up to
/// there, has a variable.
fn beside_a_variable(path: &str, all: &[&str]) -> bool {
    let mine: Vec<&str> = path.split('/').collect();
    all.iter().any(|other| {
        let theirs: Vec<&str> = other.split('/').collect();
        let common = mine
            .iter()
            .zip(&theirs)
            .take_while(|(a, b)| a == b || (is_variable(a) && is_variable(b)))
            .count();
        matches!(
            (mine.get(common), theirs.get(common)),
            (Some(mine), Some(theirs)) if !is_variable(mine) && is_variable(theirs)
        )
    })
}

/// Whether a segment is a variable.
pub(crate) fn is_variable(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_literal_beside_a_variable_moves() {
        let settled = registered(&["/x", "/x/{id}", "/x/costs", "/x/{id}/y", "/x/costs/{day}"]);
        assert_eq!(settled["/x"], "/x");
        assert_eq!(settled["/x/{id}"], "/x/{id}");
        assert_eq!(settled["/x/{id}/y"], "/x/{id}/y");
        assert_eq!(settled["/x/costs"], "/-literal/x/costs");
        assert_eq!(settled["/x/costs/{day}"], "/-literal/x/costs/{day}");
    }

    #[test]
    fn moved_paths_that_meet_again_move_again() {
        let settled = registered(&["/x/{id}", "/x/costs/{day}", "/x/costs/today"]);
        assert_eq!(settled["/x/costs/{day}"], "/-literal/x/costs/{day}");
        assert_eq!(
            settled["/x/costs/today"],
            "/-literal/-literal/x/costs/today"
        );
    }
}
