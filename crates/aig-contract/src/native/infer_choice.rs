//! Alternatives: how a value says which of them it is, and the enum that it becomes.

use serde_json::Value;

use super::definition::{Body, Enum, Kind, Tagging, Variant, Words};
use super::infer::{Object, Types, is, strings, texts, unwrapped};
use super::schema::{normal, referred};
use crate::model::names::{Names, type_name};
use crate::pointer;

impl Types<'_> {
    pub(super) fn units(&self, core: &Object) -> Enum {
        let mut names = Names::default();
        let variants = texts(core)
            .unwrap_or_default()
            .into_iter()
            .map(|text| Variant {
                name: names.give(type_name(text)),
                wire: text.to_owned(),
                words: Words::default(),
                body: Body::Unit,
            });
        Enum {
            tagging: Tagging::External,
            closed: false,
            variants: variants.collect(),
        }
    }

    pub(super) fn choice(
        &mut self,
        pointer: &str,
        branches: &[Value],
        one: bool,
        name: &str,
    ) -> Enum {
        let branches: Vec<(Words, Object)> = branches
            .iter()
            .map(|branch| {
                let mut core = branch.as_object().cloned().unwrap_or_default();
                let words = Words::take(&mut core);
                if words != Words::default() && core.len() == 1 {
                    core = unwrapped(core);
                }
                (words, core)
            })
            .collect();
        let found = one
            .then(|| {
                self.external(pointer, &branches, name)
                    .or_else(|| self.tagged(pointer, &branches, name))
            })
            .flatten();
        found.unwrap_or_else(|| self.untagged(pointer, branches, name))
    }

    fn external(
        &mut self,
        pointer: &str,
        branches: &[(Words, Object)],
        name: &str,
    ) -> Option<Enum> {
        for (words, core) in branches {
            match texts(core) {
                Some(values) if values.len() == 1 || *words == Words::default() => {}
                Some(_) => return None,
                None => {
                    single_member(core)?;
                }
            }
        }
        let (mut names, mut variants) = (Names::default(), Vec::new());
        for (index, (words, core)) in branches.iter().enumerate() {
            let mut push = |wire: &str, body: Body| {
                variants.push(Variant {
                    name: names.give(type_name(wire)),
                    wire: wire.to_owned(),
                    words: words.clone(),
                    body,
                });
            };
            if let Some(values) = texts(core) {
                values.into_iter().for_each(|value| push(value, Body::Unit));
            } else if let Some((key, held)) = single_member(core) {
                let below = pointer::descend(pointer, &[&index.to_string(), "properties", key]);
                let hint = format!("{name}{}", type_name(key));
                let body = self.body(&below, held, &hint, false);
                push(key, body);
            }
        }
        Some(Enum {
            tagging: Tagging::External,
            closed: false,
            variants,
        })
    }

    fn tagged(&mut self, pointer: &str, branches: &[(Words, Object)], name: &str) -> Option<Enum> {
        let tag = tag(branches)?;
        let closed = branches
            .iter()
            .all(|(_, core)| core.get("additionalProperties") == Some(&Value::Bool(false)));
        let content = content(branches, &tag);
        let (mut names, mut variants) = (Names::default(), Vec::new());
        for (index, (words, core)) in branches.iter().enumerate() {
            let wire = tag_value(core, &tag)?.to_owned();
            let here = pointer::child(pointer, &index.to_string());
            let given = names.give(type_name(&wire));
            let hint = format!("{name}{given}");
            let body = match &content {
                Some(content) => match core["properties"].get(content) {
                    None => Body::Unit,
                    Some(held) => {
                        let below = pointer::descend(&here, &["properties", content]);
                        self.body(&below, held, &hint, closed)
                    }
                },
                None => match self.structure(&here, core, &hint, Some(&tag)) {
                    Kind::Struct { fields, .. } if fields.is_empty() => Body::Unit,
                    Kind::Struct { fields, .. } => Body::Struct(fields),
                    _ => return None,
                },
            };
            variants.push(Variant {
                name: given,
                wire,
                words: words.clone(),
                body,
            });
        }
        let tagging = match content {
            Some(content) => Tagging::Adjacent(tag, content),
            None => Tagging::Internal(tag),
        };
        Some(Enum {
            tagging,
            closed,
            variants,
        })
    }

    fn untagged(&mut self, pointer: &str, branches: Vec<(Words, Object)>, name: &str) -> Enum {
        let (mut names, mut variants) = (Names::default(), Vec::new());
        for (index, (words, core)) in branches.into_iter().enumerate() {
            let here = pointer::child(pointer, &index.to_string());
            let schema = Value::Object(core);
            let wanted = words
                .title
                .clone()
                .or_else(|| referred(&schema))
                .or_else(|| schema.pointer("/allOf/0").and_then(referred))
                .or_else(|| {
                    let kind = schema.get("type").and_then(Value::as_str);
                    kind.filter(|kind| *kind != "object").map(str::to_owned)
                })
                .unwrap_or_else(|| format!("variant {}", index + 1));
            let given = names.give(type_name(&wanted));
            let body = self.body(&here, &schema, &format!("{name}{given}"), false);
            variants.push(Variant {
                wire: given.clone(),
                name: given,
                words,
                body,
            });
        }
        Enum {
            tagging: Tagging::Untagged,
            closed: false,
            variants,
        }
    }

    /// What a variant holds: members of its own, or a value of some type.
    pub(super) fn body(&mut self, pointer: &str, schema: &Value, hint: &str, closed: bool) -> Body {
        let schema = normal(schema);
        let plain = schema.as_object().filter(|core| {
            let known = ["type", "properties", "required", "additionalProperties"];
            let refused = core.get("additionalProperties") == Some(&Value::Bool(false));
            is(core, "object")
                && core.keys().all(|key| known.contains(&key.as_str()))
                && refused == closed
                && (refused || !core.contains_key("additionalProperties"))
        });
        if let Some(core) = plain
            && let Kind::Struct { fields, .. } = self.structure(pointer, core, hint, None)
        {
            return Body::Struct(fields);
        }
        Body::Newtype(self.slot(pointer, &schema, hint))
    }
}

/// The one member of a variant that is tagged by its name.
fn single_member(core: &Object) -> Option<(&str, &Value)> {
    let closed = core.get("additionalProperties") == Some(&Value::Bool(false));
    let properties = core.get("properties")?.as_object()?;
    let (key, held) = properties.iter().next()?;
    let alone = properties.len() == 1 && core.len() == 4 && closed && is(core, "object");
    (alone && strings(core.get("required")) == [key.as_str()]).then_some((key, held))
}

/// The member that every alternative requires and fixes to a text of its own.
pub(super) fn tag(branches: &[(Words, Object)]) -> Option<String> {
    let mut keys = branches.first()?.1.get("properties")?.as_object()?.keys();
    keys.find(|key| {
        let values: Option<std::collections::HashSet<&str>> = branches
            .iter()
            .map(|(_, core)| tag_value(core, key))
            .collect();
        values.is_some_and(|values| values.len() == branches.len())
    })
    .cloned()
}

fn tag_value<'c>(core: &'c Object, tag: &str) -> Option<&'c str> {
    let known = ["type", "properties", "required", "additionalProperties"];
    let plain = core.keys().all(|key| known.contains(&key.as_str()));
    let member = core.get("properties")?.get(tag)?.as_object()?;
    let fixed = texts(member).filter(|_| member.len() == 2 && plain)?;
    match fixed.as_slice() {
        [only] if strings(core.get("required")).contains(&tag) => Some(only),
        _ => None,
    }
}

/// The member that alone stands beside the tag, if there is one and it is required.
pub(super) fn content(branches: &[(Words, Object)], tag: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for (_, core) in branches {
        let properties = core.get("properties")?.as_object()?;
        let mut others = properties.keys().filter(|key| *key != tag);
        let Some(key) = others.next() else {
            continue;
        };
        let required = strings(core.get("required")).contains(&key.as_str());
        let same = found.as_ref().is_none_or(|found| found == key);
        if others.next().is_some() || !required || !same {
            return None;
        }
        found = Some(key.clone());
    }
    found
}
