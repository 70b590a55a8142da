//! Every way in which two different texts count as the same, by name. The list
//! is kept as short as the two vocabularies allow: a rule is added when dropshot
//! has no way to say a thing, or says it in its own way, never to silence a
//! report.

use serde_json::Value;

use super::Fault;
use crate::lower::VERSION;

/// A normalisation, in the order in which a report lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The contract was lowered to OpenAPI 3.0.3.
    LoweredVersion,
    /// References to parameters, responses, bodies and headers are resolved.
    ReferencesResolved,
    /// Parameters are keyed by place and name.
    ParametersKeyed,
    /// The declared responses replace the range entries.
    DeclaredResponses,
    /// The declared request body replaces dropshot's.
    DeclaredRequestBody,
    /// The exact words about an operation replace dropshot's.
    DeclaredDocumentation,
    /// What dropshot cuts off a parameter is put back.
    DeclaredParameter,
    /// The declared discriminator is put back.
    DeclaredDiscriminator,
    /// A path under the reserved segment stands for the path without it.
    ReservedSegment,
    /// Examples, titles and extensions are dropped.
    AnnotationsDropped,
    /// Servers, security and the document's own details are dropped.
    DocumentLevelDropped,
    /// Prose in places that dropshot does not have is dropped.
    HomelessProseDropped,
    /// Values that mean the same as absence are dropped.
    DefaultsDropped,
    /// Arrays without an order are compared as sets.
    SetsUnordered,
    /// `10.0` and `10` are the same number.
    NumbersUnified,
    /// Only schemas that an operation reaches are compared.
    ReachableSchemas,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::LoweredVersion,
        Self::ReferencesResolved,
        Self::ParametersKeyed,
        Self::DeclaredResponses,
        Self::DeclaredRequestBody,
        Self::DeclaredDocumentation,
        Self::DeclaredParameter,
        Self::DeclaredDiscriminator,
        Self::ReservedSegment,
        Self::AnnotationsDropped,
        Self::DocumentLevelDropped,
        Self::HomelessProseDropped,
        Self::DefaultsDropped,
        Self::SetsUnordered,
        Self::NumbersUnified,
        Self::ReachableSchemas,
    ];

    /// The name under which reports list it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoweredVersion => "lowered-version",
            Self::ReferencesResolved => "references-resolved",
            Self::ParametersKeyed => "parameters-keyed",
            Self::DeclaredResponses => "declared-responses",
            Self::DeclaredRequestBody => "declared-request-body",
            Self::DeclaredDocumentation => "declared-documentation",
            Self::DeclaredParameter => "declared-parameter",
            Self::DeclaredDiscriminator => "declared-discriminator",
            Self::ReservedSegment => "reserved-segment",
            Self::AnnotationsDropped => "annotations-dropped",
            Self::DocumentLevelDropped => "document-level-dropped",
            Self::HomelessProseDropped => "homeless-prose-dropped",
            Self::DefaultsDropped => "defaults-dropped",
            Self::SetsUnordered => "sets-unordered",
            Self::NumbersUnified => "numbers-unified",
            Self::ReachableSchemas => "reachable-schemas",
        }
    }

    /// Why it is needed, and what it does not hide.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::LoweredVersion => {
                "dropshot emits OpenAPI 3.0.3 and nothing else, so the contract is compared as lowered to it; whatever cannot be lowered stops the lowering"
            }
            Self::ReferencesResolved => {
                "dropshot repeats parameters, responses, bodies and headers where a contract may share them; schemas keep their names and references"
            }
            Self::ParametersKeyed => {
                "the order of parameters means nothing and dropshot sorts them; parameters of a path belong to each of its operations"
            }
            Self::DeclaredResponses => {
                "dropshot folds all errors into 4XX and 5XX, knows one success status and only JSON; the error type carries the rest in x-declared-responses"
            }
            Self::DeclaredRequestBody => {
                "dropshot calls every body that is not JSON application/octet-stream; the error type carries the real one in x-declared-request-body"
            }
            Self::DeclaredDocumentation => {
                "dropshot joins the lines of a description and divides it from the summary in its own way; the error type carries the same words as they were in x-declared-documentation"
            }
            Self::DeclaredParameter => {
                "dropshot has no word for a deprecated parameter; the parameter's schema carries it in x-declared-parameter"
            }
            Self::DeclaredDiscriminator => {
                "dropshot has no word for a discriminator; the schema of the alternatives carries it in x-declared-discriminator"
            }
            Self::ReservedSegment => {
                "dropshot cannot route a literal beside a variable, so such a path is registered under a reserved first segment and the front puts it there"
            }
            Self::AnnotationsDropped => {
                "example, examples, title, externalDocs and x- extensions constrain no message, and dropshot does not emit them; every example is tested against the server's types instead"
            }
            Self::DocumentLevelDropped => {
                "dropshot has no word for servers and security and wants a semantic version in info; authentication is tested on the running server; info keeps its title"
            }
            Self::HomelessProseDropped => {
                "dropshot has no place for the summary and description of a path or the description of a request body; all other descriptions are compared exactly"
            }
            Self::DefaultsDropped => {
                "a keyword that is written out with the value it has when absent (required: false, nullable: false, additionalProperties: true, style, explode, empty lists) says nothing"
            }
            Self::SetsUnordered => {
                "required, tags, enum and alternatives that are all references have no order"
            }
            Self::NumbersUnified => {
                "JSON has one kind of number, and schemars prints bounds as 0.0"
            }
            Self::ReachableSchemas => {
                "a schema that no operation reaches is in no message; dropshot does not emit it"
            }
        }
    }
}

/// Checks the one keyword that says which grammar the rest follows.
pub(super) fn require_version(document: &Value, faults: &mut Vec<Fault>) {
    let version = document.get("openapi").and_then(Value::as_str);
    if version != Some(VERSION) {
        faults.push(Fault {
            pointer: "/openapi".to_owned(),
            message: format!(
                "must be {VERSION}, is {}",
                version.unwrap_or("absent or not a string")
            ),
        });
    }
}

/// The same value with every whole number written as an integer.
pub(super) fn unify_numbers(value: &Value, changed: &mut usize) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => match whole(number.as_f64()) {
            Some(integer) => {
                *changed += 1;
                integer.into()
            }
            None => value.clone(),
        },
        Value::Array(items) => items
            .iter()
            .map(|item| unify_numbers(item, changed))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), unify_numbers(member, changed)))
            .collect(),
        _ => value.clone(),
    }
}

/// An `f64` that is an integer and exact, as that integer.
fn whole(number: Option<f64>) -> Option<i64> {
    // Up to here every integer has its own f64, so the cast loses nothing.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = number?;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}
