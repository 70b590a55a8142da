//! The tree that both sides are compared in. Every node remembers where in its
//! document it was read, because a canonical pointer and the place in the text
//! part ways as soon as a reference is resolved or an array is keyed. What the
//! tree means is left to the walk that builds it and the diff that reads it.

use std::collections::BTreeMap;

use serde_json::Value;

/// A piece of a document in canonical form.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// JSON pointer into the document that this was read from.
    pub origin: String,
    /// What stands there.
    pub kind: Kind,
}

/// What stands at a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Compared as a whole.
    Leaf(Value),
    /// Members by name.
    Map(BTreeMap<String, Node>),
    /// Members of an array by identity: `{query:page}` rather than `2`.
    List(BTreeMap<String, Node>),
}

impl Node {
    pub(crate) fn leaf(origin: impl Into<String>, value: Value) -> Self {
        Self {
            origin: origin.into(),
            kind: Kind::Leaf(value),
        }
    }

    pub(crate) fn map(origin: impl Into<String>, members: BTreeMap<String, Node>) -> Self {
        Self {
            origin: origin.into(),
            kind: Kind::Map(members),
        }
    }

    pub(crate) fn list(origin: impl Into<String>, members: BTreeMap<String, Node>) -> Self {
        Self {
            origin: origin.into(),
            kind: Kind::List(members),
        }
    }

    /// The members, unless this is a leaf.
    #[must_use]
    pub fn members(&self) -> Option<&BTreeMap<String, Node>> {
        match &self.kind {
            Kind::Leaf(_) => None,
            Kind::Map(members) | Kind::List(members) => Some(members),
        }
    }

    /// The member of that name or identity.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members()?.get(key)
    }

    /// The text of a leaf that is a string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Leaf(value) => value.as_str(),
            _ => None,
        }
    }

    /// Gives a parameter another name.
    pub(crate) fn rename(&mut self, name: String) {
        if let Kind::Map(members) = &mut self.kind
            && let Some(node) = members.get_mut("name")
        {
            node.kind = Kind::Leaf(Value::String(name));
        }
    }

    /// The node as a JSON value, for a report.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Leaf(value) => value.clone(),
            Kind::Map(members) => members
                .iter()
                .map(|(name, node)| (name.clone(), node.to_value()))
                .collect(),
            Kind::List(members) => members.values().map(Node::to_value).collect(),
        }
    }
}
