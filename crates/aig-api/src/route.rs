//! Which operation a request is for, decided on the raw path as the contract
//! writes it. Whoever stands in front of dropshot asks here first: dropshot would
//! decode and normalise the path, and cannot tell a literal from a variable at
//! the same position.

use std::borrow::Cow;

use http::Method;

/// An operation of a contract.
pub trait Routed: Copy + 'static {
    /// All operations.
    const ALL: &'static [Self];

    /// The method.
    fn method(self) -> Method;

    /// The path, as the contract writes it.
    fn path(self) -> &'static str;

    /// The path, as dropshot knows it.
    fn registered_path(self) -> &'static str;
}

/// What a path is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'p, O> {
    /// An operation, with the path's variables as they were sent.
    Operation {
        /// The operation.
        operation: O,
        /// Names and values, in the order of the path. The values are still
        /// percent-encoded.
        variables: Vec<(&'static str, &'p str)>,
    },
    /// Other methods of that path.
    MethodNotAllowed(Vec<Method>),
    /// Nothing.
    Nothing,
}

/// Finds the operation of a request. A literal wins over a variable, from left to
/// right, as OpenAPI wants it; a path with an empty segment is no path.
pub fn match_path<'p, O: Routed>(method: &Method, path: &'p str) -> Found<'p, O> {
    let mut fitting: Vec<(O, Fit<'p>)> = O::ALL
        .iter()
        .filter_map(|&operation| Some((operation, fit(operation.path(), path)?)))
        .collect();
    let Some(best) = fitting.iter().map(|(_, (literals, _))| literals).max() else {
        return Found::Nothing;
    };
    let best = best.clone();
    fitting.retain(|(_, (literals, _))| *literals == best);
    let methods = fitting
        .iter()
        .map(|(operation, _)| operation.method())
        .collect();
    match fitting
        .into_iter()
        .find(|(operation, _)| operation.method() == *method)
    {
        Some((operation, (_, variables))) => Found::Operation {
            operation,
            variables,
        },
        None => Found::MethodNotAllowed(methods),
    }
}

/// The raw path of a request for this operation, as dropshot knows it.
pub fn registered<O: Routed>(operation: O, path: &str) -> Cow<'_, str> {
    let registered = operation.registered_path();
    match registered.strip_suffix(operation.path()) {
        None | Some("") => Cow::Borrowed(path),
        Some(prefix) => Cow::Owned(format!("{prefix}{path}")),
    }
}

/// How a path fits a template: which segments are literals, and the variables.
type Fit<'p> = (Vec<bool>, Vec<(&'static str, &'p str)>);

fn fit<'p>(template: &'static str, path: &'p str) -> Option<Fit<'p>> {
    let (mut literals, mut variables) = (Vec::new(), Vec::new());
    let mut segments = path.split('/');
    for wanted in template.split('/') {
        let segment = segments.next()?;
        match wanted
            .strip_prefix('{')
            .and_then(|wanted| wanted.strip_suffix('}'))
        {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                literals.push(false);
                variables.push((name, segment));
            }
            None if wanted == segment => literals.push(true),
            None => return None,
        }
    }
    segments.next().is_none().then_some((literals, variables))
}

#[cfg(test)]
mod tests;
