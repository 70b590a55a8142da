//! The code that the generator makes of its sample documents compiles, describes
//! exactly what the document says, and reads and writes every example of it
//! without loss. The samples stand beside the generator; they cover what the
//! contract itself may not use yet.

// Where generated code finds its runtime: one level up.
use aig_api::{declared, route, wire};

use aig_contract::canonical::{self, Emitted};
use aig_contract::diff;
use aig_contract::document::SourceFile;
use aig_contract::generate::Contract;

mod behaviour;
mod examples;

macro_rules! samples {
    ($($name:ident = $code:literal, $text:literal;)*) => {$(
        #[allow(dead_code, unused, missing_docs, unreachable_pub, clippy::all)]
        #[path = $code]
        mod $name;

        #[test]
        fn $name() {
            let contract = read($text, include_str!($text));
            let description = $name::description().expect("dropshot takes every operation");
            // dropshot wants a semantic version; the rules drop it.
            let version = dropshot::semver::Version::new(1, 0, 0);
            let printed = description.openapi($name::TITLE, version).json().expect("JSON");
            let emitted = Emitted::parse(&printed).unwrap_or_else(|refused| panic!("{refused}"));
            let wanted = canonical::Contract::parse(&contract.effective)
                .unwrap_or_else(|refused| panic!("{refused}"));
            let report = diff::compare(&wanted, &emitted, &contract.sources);
            assert!(report.is_equal(), "{report}\n{printed:#}");
            examples::round_trip(&contract.effective, $name::round_trip);
            examples::obey(&contract.effective, $name::round_trip);
        }
    )*};
}

samples! {
    all_of = "../../aig-contract/tests/generate/samples/all_of.rs",
        "../../aig-contract/tests/generate/samples/all_of.yml";
    bodies = "../../aig-contract/tests/generate/samples/bodies.rs",
        "../../aig-contract/tests/generate/samples/bodies.yml";
    defaults = "../../aig-contract/tests/generate/samples/defaults.rs",
        "../../aig-contract/tests/generate/samples/defaults.yml";
    enums = "../../aig-contract/tests/generate/samples/enums.rs",
        "../../aig-contract/tests/generate/samples/enums.yml";
    formats = "../../aig-contract/tests/generate/samples/formats.rs",
        "../../aig-contract/tests/generate/samples/formats.yml";
    keywords = "../../aig-contract/tests/generate/samples/keywords.rs",
        "../../aig-contract/tests/generate/samples/keywords.yml";
    maps = "../../aig-contract/tests/generate/samples/maps.rs",
        "../../aig-contract/tests/generate/samples/maps.yml";
    nested = "../../aig-contract/tests/generate/samples/nested.rs",
        "../../aig-contract/tests/generate/samples/nested.yml";
    nullable = "../../aig-contract/tests/generate/samples/nullable.rs",
        "../../aig-contract/tests/generate/samples/nullable.yml";
    one_of = "../../aig-contract/tests/generate/samples/one_of.rs",
        "../../aig-contract/tests/generate/samples/one_of.yml";
    parameters = "../../aig-contract/tests/generate/samples/parameters.rs",
        "../../aig-contract/tests/generate/samples/parameters.yml";
    replies = "../../aig-contract/tests/generate/samples/replies.rs",
        "../../aig-contract/tests/generate/samples/replies.yml";
    routes = "../../aig-contract/tests/generate/samples/routes.rs",
        "../../aig-contract/tests/generate/samples/routes.yml";
}

fn read(path: &str, text: &str) -> Contract {
    let file = SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    Contract::read(&file, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}
