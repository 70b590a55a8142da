//! The repository's own contract: overlays only add to the base, but for the
//! reviewed exceptions.

mod repository;

use aig_contract::base_check::{EXCEPTIONS, Exceptions, Problem, check};
use aig_contract::document::SourceFile;

#[test]
fn overlays_narrow_the_base_only_where_the_list_says_so() {
    let (base, contract) = repository::contract();
    let problems: Vec<String> = check(&base, &contract, &repository::file(EXCEPTIONS))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The list is not decoration: without it each narrowing is reported, with the
/// line of the overlay that does it.
#[test]
fn every_exception_is_needed() {
    let (base, contract) = repository::contract();
    let exceptions = Exceptions::read(&repository::file(EXCEPTIONS)).expect("the list is readable");
    let none = SourceFile {
        path: EXCEPTIONS.to_owned(),
        text: "exceptions: []".to_owned(),
    };
    let narrowed = check(&base, &contract, &none);
    assert_eq!(narrowed.len(), exceptions.iter().count());
    for problem in narrowed {
        let Problem::Narrowed(difference) = &problem else {
            panic!("an empty list can be read and is not stale: {problem}");
        };
        let location = difference.location.as_ref().expect("overlays have lines");
        assert!(location.file.starts_with("spec/overlays/"), "{problem}");
    }
}
