//! Builds the model from a lowered document. It expects one that
//! [`crate::subset`] has passed; where a document still holds something without
//! a meaning here, that is a problem and never a panic.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::names::{Names, type_name};
use super::{Api, Rule, Schema, Shape, Tag, TypeDef};
use crate::pointer;
use crate::problem::{Limit, Problem};

/// The whole document as a model.
///
/// # Errors
/// What the server generator has no words for.
pub fn build(document: &Value) -> Result<Api, Vec<Problem>> {
    let mut builder = Builder::new(document);
    builder.components();
    let operations = builder.operations();
    let text = |path: &str| {
        let value = document.pointer(path).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let title = text("/info/title");
    let api = Api {
        trait_name: trait_name(&title),
        version: text("/info/version"),
        base_path: base_path(&text("/servers/0/url")),
        title,
        tags: tags(document, &operations),
        operations,
        types: builder.types,
        rules: builder.rules,
        examples: builder.examples,
    };
    if builder.problems.is_empty() {
        Ok(api)
    } else {
        Err(builder.problems)
    }
}

/// What is known while the model grows.
pub(super) struct Builder<'d> {
    pub(super) document: &'d Value,
    pub(super) names: Names,
    /// Names in code of the document's schemas.
    pub(super) named: HashMap<String, String>,
    /// What schemas without a name have become, by pointer: shared parameters are
    /// met once for each operation.
    pub(super) placed: HashMap<String, Shape>,
    pub(super) types: Vec<TypeDef>,
    pub(super) rules: Vec<Rule>,
    pub(super) examples: BTreeMap<String, Schema>,
    pub(super) problems: Vec<Problem>,
}

impl<'d> Builder<'d> {
    fn new(document: &'d Value) -> Self {
        Self {
            document,
            names: Names::of_types(),
            named: HashMap::new(),
            placed: HashMap::new(),
            types: Vec::new(),
            rules: Vec::new(),
            examples: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn report(&mut self, pointer: &str, message: impl Into<String>) {
        self.problems
            .push(Problem::new(Limit::Server, pointer, message));
    }

    /// Names first: a schema may refer to one that stands after it.
    fn components(&mut self) {
        let schemas = self.document.pointer("/components/schemas");
        let schemas: Vec<_> = schemas
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .collect();
        for (name, _) in &schemas {
            let given = self.names.give(type_name(name));
            self.named.insert((*name).clone(), given);
        }
        for (name, schema) in schemas {
            let pointer = pointer::descend("", &["components", "schemas", name]);
            self.component(&pointer, name, schema);
        }
    }

    /// What a reference means, and where that stands. A broken reference means itself.
    pub(super) fn resolve<'v>(&self, pointer: &str, value: &'v Value) -> (String, &'v Value)
    where
        'd: 'v,
    {
        let mut here = (pointer.to_owned(), value);
        // Longer chains than this only come from circles.
        for _ in 0..32 {
            let Some(target) = here.1.get("$ref").and_then(Value::as_str) else {
                break;
            };
            let target = target.trim_start_matches('#');
            match self.document.pointer(target) {
                Some(value) => here = (target.to_owned(), value),
                None => break,
            }
        }
        here
    }
}

fn trait_name(title: &str) -> String {
    let name = type_name(title);
    if name.ends_with("Api") {
        name
    } else {
        format!("{name}Api")
    }
}

fn base_path(url: &str) -> String {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
    path.trim_end_matches('/').to_owned()
}

fn tags(document: &Value, operations: &[super::Operation]) -> Vec<Tag> {
    let declared = document.get("tags").and_then(Value::as_array);
    let mut tags: Vec<Tag> = declared
        .into_iter()
        .flatten()
        .map(|tag| {
            let text = |key| tag.get(key).and_then(Value::as_str).map(str::to_owned);
            Tag {
                name: text("name").unwrap_or_default(),
                description: text("description"),
                declared: true,
            }
        })
        .collect();
    for name in operations.iter().flat_map(|operation| &operation.tags) {
        if tags.iter().all(|tag| tag.name != *name) {
            tags.push(Tag {
                name: name.clone(),
                description: None,
                declared: false,
            });
        }
    }
    tags
}
