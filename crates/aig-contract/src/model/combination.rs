//! Schemas that are made of others: alternatives, and objects put together.

use serde_json::{Map, Value};

use super::build::Builder;
use super::names::{Names, field_name, type_name};
use super::{Alternative, Discriminator, Field, Kind};
use crate::pointer;

type Object = Map<String, Value>;

impl Builder<'_> {
    pub(super) fn one_of(
        &mut self,
        pointer: &str,
        object: &Object,
        branches: &[Value],
        any: bool,
        name: &str,
    ) -> Kind {
        let tag = self.tag(object, branches);
        let mut names = Names::default();
        let variants = branches
            .iter()
            .enumerate()
            .map(|(index, branch)| {
                let value = tag.as_deref().and_then(|tag| self.tag_of(branch, tag));
                let wanted = self.alternative_name(branch, value.as_deref(), index);
                let given = names.give(wanted);
                let below = pointer::child(pointer, &index.to_string());
                Alternative {
                    schema: self.schema(&below, branch, &format!("{name}{given}")),
                    name: given,
                    tag: value,
                }
            })
            .collect();
        let discriminator = match object.get("discriminator") {
            None => Discriminator::Silent,
            Some(said) if said.get("mapping").is_some() => Discriminator::Mapped,
            Some(_) => Discriminator::Named,
        };
        Kind::OneOf {
            variants,
            any,
            tag,
            discriminator,
        }
    }

    fn alternative_name(&self, branch: &Value, tag: Option<&str>, index: usize) -> String {
        let referred = branch
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|target| target.rsplit('/').next());
        let title = branch.get("title").and_then(Value::as_str);
        let kind = branch.get("type").and_then(Value::as_str);
        let plain = kind.filter(|kind| *kind != "object");
        match tag.or(referred).or(title).or(plain) {
            Some(words) => type_name(words),
            None => format!("Variant{}", index + 1),
        }
    }

    /// The member that tells alternatives apart: the one that the document names,
    /// or one that all require and each fixes to a text of its own.
    fn tag(&self, object: &Object, branches: &[Value]) -> Option<String> {
        let named = object
            .get("discriminator")
            .and_then(|found| found.get("propertyName"))
            .and_then(Value::as_str);
        let (_, first) = self.resolve("", branches.first()?);
        let candidates: Vec<&str> = match named {
            Some(name) => vec![name],
            None => first
                .get("properties")?
                .as_object()?
                .keys()
                .map(String::as_str)
                .collect(),
        };
        candidates
            .into_iter()
            .find(|candidate| {
                let values: Option<std::collections::HashSet<String>> = branches
                    .iter()
                    .map(|branch| self.tag_of(branch, candidate))
                    .collect();
                values.is_some_and(|values| values.len() == branches.len())
            })
            .map(str::to_owned)
    }

    /// The text that an alternative fixes and requires for a member.
    fn tag_of(&self, branch: &Value, member: &str) -> Option<String> {
        let (_, branch) = self.resolve("", branch);
        let required = branch.get("required")?.as_array()?;
        let value = branch.get("properties")?.get(member)?;
        let (_, value) = self.resolve("", value);
        match value.get("enum")?.as_array()?.as_slice() {
            [Value::String(only)] if required.iter().any(|key| key == member) => Some(only.clone()),
            _ => None,
        }
    }

    pub(super) fn all_of(&mut self, pointer: &str, parts: &[Value], name: &str) -> Kind {
        let mut names = Names::default();
        let fields = parts
            .iter()
            .enumerate()
            .map(|(index, part)| {
                let below = pointer::descend(pointer, &["allOf", &index.to_string()]);
                let referred = part
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|target| target.rsplit('/').next());
                let wanted = referred.map_or_else(|| "own".to_owned(), field_name);
                let field = names.give(wanted);
                let type_name = format!("{name}{}", type_name(&field));
                Field {
                    schema: self.schema(&below, part, &type_name),
                    pointer: below,
                    name: field.clone(),
                    field,
                    required: true,
                }
            })
            .collect();
        Kind::AllOf(fields)
    }
}
