//! Which operation a path is for.

use http::Method;

use super::{Found, Routed, match_path, registered};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    List,
    Make,
    Costs,
    Get,
    Parts,
}

impl Routed for Operation {
    const ALL: &'static [Self] = &[Self::List, Self::Make, Self::Costs, Self::Get, Self::Parts];

    fn method(self) -> Method {
        match self {
            Self::Make => Method::POST,
            _ => Method::GET,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::List | Self::Make => "/a/{account}/x",
            Self::Costs => "/a/{account}/x/costs",
            Self::Get => "/a/{account}/x/{id}",
            Self::Parts => "/a/{account}/x/{id}/parts",
        }
    }

    fn registered_path(self) -> &'static str {
        match self {
            Self::Costs => "/-literal/a/{account}/x/costs",
            other => other.path(),
        }
    }
}

fn found(method: Method, path: &str) -> Found<'_, Operation> {
    match_path(&method, path)
}

#[test]
fn variables_are_given_as_they_were_sent() {
    assert_eq!(
        found(Method::GET, "/a/1%2F2/x/caf%C3%A9"),
        Found::Operation {
            operation: Operation::Get,
            variables: vec![("account", "1%2F2"), ("id", "caf%C3%A9")],
        }
    );
}

#[test]
fn a_literal_wins_over_a_variable() {
    let Found::Operation { operation, .. } = found(Method::GET, "/a/1/x/costs") else {
        panic!("there is such an operation");
    };
    assert_eq!(operation, Operation::Costs);
    assert_eq!(
        registered(operation, "/a/1/x/costs"),
        "/-literal/a/1/x/costs"
    );
    assert_eq!(registered(Operation::Get, "/a/1/x/2"), "/a/1/x/2");
    // Elsewhere the same word is a value.
    let Found::Operation { operation, .. } = found(Method::GET, "/a/1/x/costs/parts") else {
        panic!("there is such an operation");
    };
    assert_eq!(operation, Operation::Parts);
}

#[test]
fn other_methods_of_a_path_are_told() {
    assert_eq!(
        found(Method::DELETE, "/a/1/x"),
        Found::MethodNotAllowed(vec![Method::GET, Method::POST])
    );
    // The path of the literal has one method, whatever its neighbour has.
    assert_eq!(
        found(Method::POST, "/a/1/x/costs"),
        Found::MethodNotAllowed(vec![Method::GET])
    );
}

#[test]
fn nothing_else_is_a_path() {
    for path in [
        "",
        "/",
        "/a",
        "/a/1",
        "/a/1/x/",
        "/a//x",
        "/a/1//x",
        "//a/1/x",
        "/a/1/x/2/parts/3",
        "/A/1/x",
        "/%61/1/x",
        "/-literal/a/1/x/costs",
    ] {
        assert_eq!(found(Method::GET, path), Found::Nothing, "{path}");
    }
}
