//! Walks two canonical trees side by side and notes where they part. Who breaks
//! at such a place is left to `judge`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::judge::{self, Found, Uses};
use super::{Change, Difference};
use crate::canonical::{Canonical, Kind, Node};
use crate::pointer::child;

/// Members for which being absent means being empty, so that a difference is
/// reported at the member that is gone and not at the list that held it.
const EMPTY_WHEN_ABSENT: [&str; 6] = [
    "content",
    "headers",
    "parameters",
    "properties",
    "required",
    "tags",
];

pub(super) struct Comparison<'a> {
    promised: &'a Canonical,
    found: &'a Canonical,
    path: Vec<String>,
    differences: Vec<Difference>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(promised: &'a Canonical, found: &'a Canonical) -> Self {
        Self {
            promised,
            found,
            path: Vec::new(),
            differences: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Vec<Difference> {
        self.node(&self.promised.root, &self.found.root);
        self.differences
    }

    fn node(&mut self, promised: &Node, found: &Node) {
        let one_refers = promised.get("$ref").is_some() != found.get("$ref").is_some();
        match (&promised.kind, &found.kind) {
            // A name against a spelled-out schema: one difference, not one for
            // every keyword of the latter.
            (Kind::Map(_), Kind::Map(_)) if one_refers => self.changed(promised, found),
            (Kind::Map(left), Kind::Map(right)) if self.path == ["paths"] => {
                self.paths([&promised.origin, &found.origin], left, right);
            }
            (Kind::Map(left), Kind::Map(right)) | (Kind::List(left), Kind::List(right)) => {
                self.members([&promised.origin, &found.origin], left, right);
            }
            (left, right) if left == right => {}
            _ => self.changed(promised, found),
        }
    }

    fn members(
        &mut self,
        holders: [&str; 2],
        promised: &BTreeMap<String, Node>,
        found: &BTreeMap<String, Node>,
    ) {
        let keys: BTreeSet<&String> = promised.keys().chain(found.keys()).collect();
        for key in keys {
            self.path.push(key.clone());
            self.member(holders, promised.get(key), found.get(key));
            self.path.pop();
        }
    }

    /// One member of two holders, which stand for it where it is absent.
    fn member(&mut self, holders: [&str; 2], promised: Option<&Node>, found: Option<&Node>) {
        let [promised_holder, found_holder] = holders;
        match (promised, found) {
            (Some(promised), Some(found)) => self.node(promised, found),
            // A schema that only one side reaches hangs on a reference that only
            // one side has, and that is where the difference is reported.
            (_, _) if self.at_schema() => {}
            (Some(one), None) | (None, Some(one)) if self.may_be_empty(one) => {
                let none = BTreeMap::new();
                let members = one.members().unwrap_or(&none);
                if promised.is_some() {
                    self.members([&one.origin, found_holder], members, &none);
                } else {
                    self.members([promised_holder, &one.origin], &none, members);
                }
            }
            (Some(promised), None) => self.note(
                Change::Missing,
                [&promised.origin, found_holder],
                [Some(promised.to_value()), None],
            ),
            (None, Some(found)) => self.note(
                Change::Added,
                [promised_holder, &found.origin],
                [None, Some(found.to_value())],
            ),
            (None, None) => {}
        }
    }

    fn at_schema(&self) -> bool {
        matches!(self.path.as_slice(), [components, schemas, _]
            if components == "components" && schemas == "schemas")
    }

    fn may_be_empty(&self, node: &Node) -> bool {
        let known = match self.path.as_slice() {
            [paths, _path] if paths == "paths" => true,
            // A property or a header may be called `required`; its schema is a
            // map too, and that it is missing must be told as such.
            [.., holder, last] => {
                EMPTY_WHEN_ABSENT.contains(&last.as_str())
                    && !matches!(holder.as_str(), "properties" | "headers")
            }
            [last] => last == "tags",
            [] => false,
        };
        known && node.members().is_some()
    }

    /// Paths are paired by name, and those that are left by shape: in
    /// `/gateways/{id}` and `/gateways/{gateway_id}` only a name differs, and
    /// what hangs below is still worth comparing.
    fn paths(
        &mut self,
        holders: [&str; 2],
        promised: &BTreeMap<String, Node>,
        found: &BTreeMap<String, Node>,
    ) {
        let mut unpaired = found.clone();
        for (path, item) in promised {
            self.path.push(path.clone());
            if let Some(other) = unpaired.remove(path) {
                self.node(item, &other);
            } else if let Some(renamed) = unpaired
                .keys()
                .find(|other| !promised.contains_key(*other) && shape(other) == shape(path))
                .cloned()
            {
                let other = unpaired.remove(&renamed).expect("the key was just found");
                self.note(
                    Change::Changed,
                    [&item.origin, &other.origin],
                    [Some(path.clone().into()), Some(renamed.clone().into())],
                );
                self.node(item, &with_names_of(&other, &renamed, path));
            } else {
                self.member(holders, Some(item), None);
            }
            self.path.pop();
        }
        for (path, item) in &unpaired {
            self.path.push(path.clone());
            self.member(holders, None, Some(item));
            self.path.pop();
        }
    }

    fn changed(&mut self, promised: &Node, found: &Node) {
        self.note(
            Change::Changed,
            [&promised.origin, &found.origin],
            [Some(promised.to_value()), Some(found.to_value())],
        );
    }

    fn note(&mut self, change: Change, origins: [&str; 2], values: [Option<Value>; 2]) {
        let [contract, server] = values;
        let breaks = judge::judge(
            &Found {
                path: &self.path,
                change,
                promised: contract.as_ref(),
                found: server.as_ref(),
            },
            |schema| Uses {
                requests: self.uses(schema, |side| &side.in_requests),
                responses: self.uses(schema, |side| &side.in_responses),
            },
        );
        self.differences.push(Difference {
            pointer: self
                .path
                .iter()
                .fold(String::new(), |pointer, key| child(&pointer, key)),
            location: None,
            change,
            breaks,
            severity: breaks.severity(),
            contract,
            server,
            contract_origin: origins[0].to_owned(),
            server_origin: origins[1].to_owned(),
        });
    }

    fn uses(&self, schema: &str, set: impl Fn(&Canonical) -> &BTreeSet<String>) -> bool {
        set(self.promised).contains(schema) || set(self.found).contains(schema)
    }
}

/// A path without the names of its variables.
fn shape(path: &str) -> Vec<&str> {
    path.split('/')
        .map(|segment| {
            if variable(segment).is_some() {
                "{}"
            } else {
                segment
            }
        })
        .collect()
}

fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// The path item with its path parameters called as in `wanted`.
fn with_names_of(item: &Node, given: &str, wanted: &str) -> Node {
    let names: BTreeMap<String, (String, &str)> = given
        .split('/')
        .zip(wanted.split('/'))
        .filter_map(|(given, wanted)| Some((variable(given)?, variable(wanted)?)))
        .map(|(given, wanted)| {
            let identity = |name: &str| format!("{{path:{name}}}");
            (identity(given), (identity(wanted), wanted))
        })
        .collect();
    let mut item = item.clone();
    let Kind::Map(operations) = &mut item.kind else {
        return item;
    };
    for operation in operations.values_mut() {
        let Kind::Map(members) = &mut operation.kind else {
            continue;
        };
        let Some(Kind::List(parameters)) = members.get_mut("parameters").map(|node| &mut node.kind)
        else {
            continue;
        };
        *parameters = std::mem::take(parameters)
            .into_iter()
            .map(|(identity, mut parameter)| match names.get(&identity) {
                Some((identity, name)) => {
                    parameter.rename((*name).to_owned());
                    (identity.clone(), parameter)
                }
                None => (identity, parameter),
            })
            .collect();
    }
    item
}
