//! Walks a document from the top: information, tags, paths, and then as many
//! schemas as the paths reach. Operations and schemas have files of their own;
//! what they share (references, rule counts, faults) lives here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::node::Node;
use super::rules::{Rule, unify_numbers};
use super::{Applied, Canonical, Carried, Fault};
use crate::RESERVED_SEGMENT;
use crate::lower::METHODS;
use crate::pointer::child;

/// How far a chain of references may go before it is taken for a circle.
const LONGEST_CHAIN: usize = 32;

/// Whose document is being walked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Contract,
    Emitted,
}

/// Which way the messages go that a schema was reached from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Request,
    Response,
}

/// A walk in progress.
pub(super) struct Walk<'a> {
    pub(super) document: &'a Value,
    pub(super) side: Side,
    pub(super) applied: Applied,
    pub(super) carried: BTreeSet<Carried>,
    pub(super) faults: Vec<Fault>,
    /// Which way the part being walked goes; schemas are filed under it.
    pub(super) direction: Direction,
    reached: BTreeMap<Direction, BTreeSet<String>>,
    waiting: VecDeque<(Direction, String)>,
}

/// What a walk brings home.
pub(super) struct Walked {
    pub(super) canonical: Canonical,
    pub(super) carried: BTreeSet<Carried>,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(document: &'a Value, side: Side) -> Self {
        Self {
            document,
            side,
            applied: Applied::new(),
            carried: BTreeSet::new(),
            faults: Vec::new(),
            direction: Direction::Request,
            reached: BTreeMap::new(),
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn run(mut self) -> Walked {
        let mut root = BTreeMap::new();
        let document = self.document;
        for (key, value) in self.object(document, "") {
            let origin = child("", key);
            let node = match key.as_str() {
                "openapi" => {
                    if self.side == Side::Contract {
                        self.apply(Rule::LoweredVersion);
                    }
                    continue;
                }
                "info" => self.info(value, &origin),
                "tags" => self.tags(value, &origin),
                "paths" => self.paths(value, &origin),
                // Entered from the paths, as far as they reach.
                "components" => continue,
                "servers" | "security" => {
                    self.apply(Rule::DocumentLevelDropped);
                    continue;
                }
                _ if self.is_annotation(key) => continue,
                _ => self.leaf(value, &origin),
            };
            root.insert(key.clone(), node);
        }
        let schemas = self.schemas();
        let components = BTreeMap::from([(
            "schemas".to_owned(),
            Node::map("/components/schemas", schemas),
        )]);
        root.insert(
            "components".to_owned(),
            Node::map("/components", components),
        );
        let mut reached = |direction| self.reached.remove(&direction).unwrap_or_default();
        Walked {
            canonical: Canonical {
                root: Node::map("", root),
                in_requests: reached(Direction::Request),
                in_responses: reached(Direction::Response),
                applied: self.applied,
            },
            carried: self.carried,
            faults: self.faults,
        }
    }

    fn info(&mut self, info: &Value, at: &str) -> Node {
        let mut members = BTreeMap::new();
        for (key, value) in self.object(info, at) {
            if key == "title" {
                members.insert(key.clone(), self.leaf(value, &child(at, key)));
            } else {
                self.apply(Rule::DocumentLevelDropped);
            }
        }
        Node::map(at, members)
    }

    fn tags(&mut self, tags: &Value, at: &str) -> Node {
        let mut members = BTreeMap::new();
        for (index, tag) in self.array(tags, at).iter().enumerate() {
            let origin = child(at, &index.to_string());
            let mut tag_members = BTreeMap::new();
            for (key, value) in self.object(tag, &origin) {
                if !self.is_annotation(key) {
                    tag_members.insert(key.clone(), self.leaf(value, &child(&origin, key)));
                }
            }
            let name = tag.get("name").and_then(Value::as_str).unwrap_or_default();
            members.insert(format!("{{{name}}}"), Node::map(&origin, tag_members));
        }
        self.apply_if(Rule::SetsUnordered, members.len() > 1);
        Node::list(at, members)
    }

    fn paths(&mut self, paths: &'a Value, at: &str) -> Node {
        let mut members = BTreeMap::new();
        for (path, item) in self.object(paths, at) {
            let origin = child(at, path);
            if self.is_annotation(path) {
                continue;
            }
            let template = self.template(path);
            let node = self.path_item(item, &origin);
            if members.insert(template.clone(), node).is_some() {
                self.fault(
                    &origin,
                    format!("stands for {template}, which is there already; keep one of the two"),
                );
            }
        }
        Node::map(at, members)
    }

    /// The path as the contract writes it. Moved paths that meet a variable again
    /// were moved again, so there may be several reserved segments.
    fn template(&mut self, path: &str) -> String {
        let mut template = path;
        while let (Side::Emitted, Some(rest)) = (self.side, moved(template)) {
            self.apply(Rule::ReservedSegment);
            template = rest;
        }
        template.to_owned()
    }

    fn path_item(&mut self, item: &'a Value, at: &str) -> Node {
        let (item, at) = self.resolve(item, at);
        let mut members = BTreeMap::new();
        let shared = item
            .get("parameters")
            .map(|list| (list, child(&at, "parameters")));
        for (key, value) in self.object(item, &at) {
            let origin = child(&at, key);
            match key.as_str() {
                method if METHODS.contains(&method) => {
                    let operation = self.operation(value, &origin, shared.as_ref());
                    members.insert(key.clone(), operation);
                }
                "parameters" => {}
                "summary" | "description" => self.apply(Rule::HomelessProseDropped),
                "servers" => self.apply(Rule::DocumentLevelDropped),
                _ if self.is_annotation(key) => {}
                _ => {
                    members.insert(key.clone(), self.leaf(value, &origin));
                }
            }
        }
        Node::map(at, members)
    }

    fn schemas(&mut self) -> BTreeMap<String, Node> {
        let document = self.document;
        let all = document.pointer("/components/schemas");
        let mut members = BTreeMap::new();
        while let Some((direction, name)) = self.waiting.pop_front() {
            self.direction = direction;
            let origin = child("/components/schemas", &name);
            let Some(schema) = all.and_then(|all| all.get(&name)) else {
                self.fault(&origin, "is referred to but not there".to_owned());
                continue;
            };
            // The second direction walks the schema again, for the references in it.
            let node = self.schema(schema, &origin);
            members.insert(name, node);
        }
        let defined = all.and_then(Value::as_object).map_or(0, Map::len);
        self.apply_if(Rule::ReachableSchemas, defined > members.len());
        members
    }

    /// Notes that a message in the current direction holds that schema.
    pub(super) fn reach(&mut self, name: &str) {
        if self
            .reached
            .entry(self.direction)
            .or_default()
            .insert(name.to_owned())
        {
            self.waiting.push_back((self.direction, name.to_owned()));
        }
    }

    /// Follows references to shared pieces other than schemas.
    pub(super) fn resolve(&mut self, value: &'a Value, at: &str) -> (&'a Value, String) {
        let (mut value, mut at) = (value, at.to_owned());
        for _ in 0..LONGEST_CHAIN {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
                return (value, at);
            };
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| Some((self.document.pointer(pointer)?, pointer)));
            let Some((target, pointer)) = target else {
                self.fault(
                    &at,
                    format!("refers to {reference}, which is not in this document"),
                );
                return (&Value::Null, at);
            };
            self.apply(Rule::ReferencesResolved);
            (value, at) = (target, pointer.to_owned());
        }
        self.fault(&at, "is a reference that goes in a circle".to_owned());
        (&Value::Null, at)
    }

    /// Whether a key only annotates. Such keys are dropped.
    pub(super) fn is_annotation(&mut self, key: &str) -> bool {
        let annotation =
            key.starts_with("x-") || matches!(key, "example" | "examples" | "externalDocs");
        self.apply_if(Rule::AnnotationsDropped, annotation);
        annotation
    }

    /// Whether a value says what absence says too. Such members are dropped.
    pub(super) fn is_default(&mut self, default: bool) -> bool {
        self.apply_if(Rule::DefaultsDropped, default);
        default
    }

    pub(super) fn leaf(&mut self, value: &Value, at: &str) -> Node {
        let mut changed = 0;
        let value = unify_numbers(value, &mut changed);
        for _ in 0..changed {
            self.apply(Rule::NumbersUnified);
        }
        Node::leaf(at, value)
    }

    pub(super) fn object<'v>(
        &mut self,
        value: &'v Value,
        at: &str,
    ) -> Vec<(&'v String, &'v Value)> {
        match value {
            Value::Object(members) => members.iter().collect(),
            _ => {
                self.fault(at, "must be an object".to_owned());
                Vec::new()
            }
        }
    }

    pub(super) fn array<'v>(&mut self, value: &'v Value, at: &str) -> &'v [Value] {
        value.as_array().map_or_else(
            || {
                self.fault(at, "must be an array".to_owned());
                &[][..]
            },
            Vec::as_slice,
        )
    }

    pub(super) fn apply(&mut self, rule: Rule) {
        *self.applied.entry(rule).or_default() += 1;
    }

    pub(super) fn apply_if(&mut self, rule: Rule, condition: bool) {
        if condition {
            self.apply(rule);
        }
    }

    pub(super) fn fault(&mut self, at: &str, message: String) {
        // A null stands in for what could not be resolved; it has been reported.
        let fault = Fault {
            pointer: at.to_owned(),
            message,
        };
        if !self
            .faults
            .iter()
            .any(|known| known.pointer == fault.pointer)
        {
            self.faults.push(fault);
        }
    }
}

/// What follows the reserved segment, if the path begins with it.
fn moved(path: &str) -> Option<&str> {
    path.strip_prefix('/')?
        .strip_prefix(RESERVED_SEGMENT)
        .filter(|rest| rest.starts_with('/'))
}
