//! Operations of Cloudflare's AI Gateway that nothing here performs.
//!
//! Whoever calls one is told so, and not that the path is wrong: a script that configures a
//! protection must not take the answer for a slip of its own. The README tells the same; a test
//! holds its table against this one and against `unenforced`, where settings are refused.

use crate::error::Failure;

/// Operations with one thing in common.
struct Unperformed {
    /// Where they are, below an account's `ai-gateway`; whatever is below is meant too.
    path: &'static str,
    /// What they are about, in a sentence.
    what: &'static str,
}

const fn unperformed(path: &'static str, what: &'static str) -> Unperformed {
    Unperformed { path, what }
}

const UNPERFORMED: &[Unperformed] = &[
    unperformed("billing", "billing"),
    unperformed("evaluation-types", "evaluations"),
    unperformed("gateways/{gateway_id}/custom-domains", "custom domains"),
    unperformed("gateways/{gateway_id}/datasets", "datasets"),
    unperformed("gateways/{gateway_id}/evaluations", "evaluations"),
    unperformed("gateways/{gateway_id}/policies", "policies"),
    unperformed("gateways/{gateway_id}/routes", "dynamic routes"),
];

/// What is said of a path that no operation of the contract has. Asked before the account is
/// looked at, so it says nothing of that.
pub(crate) fn or_no_such_path(path: &str) -> Failure {
    let known = UNPERFORMED.iter().find(|operations| operations.has(path));
    known.map_or(Failure::NoSuchPath, |operations| {
        Failure::NotPerformed(operations.what)
    })
}

impl Unperformed {
    fn has(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        let head = [
            segments.next(),
            segments.next(),
            segments.next(),
            segments.next(),
        ];
        let [Some(""), Some("accounts"), Some(_), Some("ai-gateway")] = head else {
            return false;
        };
        self.path.split('/').all(|wanted| {
            let segment = segments.next().unwrap_or_default();
            segment == wanted || wanted.starts_with('{') && !segment.is_empty()
        })
    }
}

#[cfg(test)]
mod tests;
