//! From schemas to shapes and types.

use serde_json::{Map, Value};

use super::build::Builder;
use super::names::{Names, field_name, type_name};
use super::{
    Extra, Field, Formatted, IntegerFormat, Kind, Rule, RuleKind, Schema, Shape, TypeDef, Variant,
};
use crate::pointer;

type Object = Map<String, Value>;

impl Builder<'_> {
    /// A schema of the document's own list.
    pub(super) fn component(&mut self, pointer: &str, name: &str, value: &Value) {
        let empty = Object::new();
        let object = value.as_object().unwrap_or(&empty);
        let given = self.named[name].clone();
        let index = self.types.len();
        let marked = ["nullable", "default", "deprecated", "readOnly", "writeOnly"]
            .iter()
            .any(|key| {
                object
                    .get(*key)
                    .is_some_and(|value| *value != Value::Bool(false))
            });
        let kind = if marked {
            None
        } else {
            self.definition(pointer, object, &given)
        };
        let kind = kind.unwrap_or_else(|| {
            let mut schema = self.schema(pointer, value, &format!("{given}Value"));
            schema.description = None;
            Kind::Newtype(schema)
        });
        self.note_example(pointer, object, || Schema::of(Shape::Named(given.clone())));
        let definition = TypeDef {
            pointer: pointer.to_owned(),
            name: given,
            schema_name: Some(name.to_owned()),
            description: text(object, "description"),
            kind,
        };
        // Before the types that were made on the way for its parts.
        self.types.insert(index, definition);
    }

    /// A schema where it is used. `name` is for the type, should it need one.
    pub(super) fn schema(&mut self, pointer: &str, value: &Value, name: &str) -> Schema {
        let empty = Object::new();
        let object = value.as_object().unwrap_or(&empty);
        let flag = |key: &str| object.get(key) == Some(&Value::Bool(true));
        let schema = Schema {
            shape: self.placed_shape(pointer, object, name),
            nullable: flag("nullable"),
            description: text(object, "description"),
            default: object.get("default").cloned(),
            deprecated: flag("deprecated"),
            read_only: flag("readOnly"),
            write_only: flag("writeOnly"),
        };
        self.note_example(pointer, object, || schema.clone());
        schema
    }

    fn note_example(&mut self, pointer: &str, object: &Object, schema: impl FnOnce() -> Schema) {
        if object.contains_key("example") && !self.examples.contains_key(pointer) {
            self.examples.insert(pointer.to_owned(), schema());
        }
    }

    fn placed_shape(&mut self, pointer: &str, object: &Object, name: &str) -> Shape {
        if let Some(known) = self.placed.get(pointer) {
            return known.clone();
        }
        let shape = self.shape(pointer, object, name);
        self.placed.insert(pointer.to_owned(), shape.clone());
        shape
    }

    fn shape(&mut self, pointer: &str, object: &Object, name: &str) -> Shape {
        if let Some(target) = object.get("$ref") {
            return self.reference(pointer, target);
        }
        if let Some([only]) = array(object, "allOf") {
            return match only.get("$ref") {
                Some(target) => self.reference(pointer, target),
                None => {
                    self.report(pointer, "`allOf` of one schema; write that schema itself");
                    Shape::Any
                }
            };
        }
        if self.is_definition(object) {
            let given = self.names.give(name.to_owned());
            let index = self.types.len();
            if let Some(kind) = self.definition(pointer, object, &given) {
                let definition = TypeDef {
                    pointer: pointer.to_owned(),
                    name: given.clone(),
                    schema_name: None,
                    // Said where the schema stands, by the field that holds it.
                    description: None,
                    kind,
                };
                self.types.insert(index, definition);
                return Shape::Inline(given);
            }
        }
        match text(object, "type").as_deref() {
            Some("boolean") => boolean(object),
            Some("integer") => self.integer(pointer, object, name),
            Some("number") => self.number(pointer, object, name),
            Some("string") => self.text(pointer, object, name),
            Some("array") => self.list(pointer, object, name),
            Some("object") => match object.get("additionalProperties") {
                Some(value @ Value::Object(_)) => {
                    let below = pointer::child(pointer, "additionalProperties");
                    Shape::Map(Box::new(self.schema(
                        &below,
                        value,
                        &format!("{name}Value"),
                    )))
                }
                _ => Shape::Object,
            },
            _ => Shape::Any,
        }
    }

    fn reference(&mut self, pointer: &str, target: &Value) -> Shape {
        let name = target
            .as_str()
            .and_then(|target| target.strip_prefix("#/components/schemas/"))
            .map(pointer::unescape);
        match name.and_then(|name| self.named.get(&name).cloned()) {
            Some(given) => Shape::Named(given),
            None => {
                self.report(pointer, format!("{target} is not a schema of `components`"));
                Shape::Any
            }
        }
    }

    /// Whether a schema becomes a type of its own.
    fn is_definition(&self, object: &Object) -> bool {
        let typed = |name| text(object, "type").as_deref() == Some(name);
        (typed("string") && object.contains_key("enum"))
            || ["allOf", "oneOf", "anyOf"]
                .iter()
                .any(|key| object.contains_key(*key))
            || object.contains_key("properties")
            || (typed("object") && object.get("additionalProperties") == Some(&Value::Bool(false)))
    }

    /// The type that a schema becomes, if it becomes one.
    fn definition(&mut self, pointer: &str, object: &Object, name: &str) -> Option<Kind> {
        if !self.is_definition(object) {
            return None;
        }
        if let Some(parts) = array(object, "allOf") {
            return (parts.len() > 1).then(|| self.all_of(pointer, parts, name));
        }
        for (key, any) in [("oneOf", false), ("anyOf", true)] {
            if let Some(branches) = array(object, key) {
                let below = pointer::child(pointer, key);
                return Some(self.one_of(&below, object, branches, any, name));
            }
        }
        if object.contains_key("enum") {
            return Some(self.enumeration(pointer, object));
        }
        Some(self.structure(pointer, object, name))
    }

    fn structure(&mut self, pointer: &str, object: &Object, name: &str) -> Kind {
        let required: Vec<&str> = array(object, "required")
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let empty = Object::new();
        let properties = object
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        let mut names = Names::default();
        let extra_kept = !matches!(
            object.get("additionalProperties"),
            None | Some(Value::Bool(false))
        );
        if extra_kept {
            names.give("extra".to_owned());
        }
        let fields = properties
            .iter()
            .map(|(key, value)| {
                let below = pointer::descend(pointer, &["properties", key]);
                let type_name = format!("{name}{}", type_name(key));
                Field {
                    schema: self.schema(&below, value, &type_name),
                    pointer: below,
                    name: key.clone(),
                    field: names.give(field_name(key)),
                    required: required.contains(&key.as_str()),
                }
            })
            .collect();
        let extra = match object.get("additionalProperties") {
            None => Extra::Ignored,
            Some(Value::Bool(false)) => Extra::Refused,
            Some(Value::Bool(true)) => Extra::Kept(Box::new(Schema::of(Shape::Any))),
            Some(value) => {
                let below = pointer::child(pointer, "additionalProperties");
                let schema = self.schema(&below, value, &format!("{name}Extra"));
                Extra::Kept(Box::new(schema))
            }
        };
        Kind::Struct { fields, extra }
    }

    fn enumeration(&mut self, pointer: &str, object: &Object) -> Kind {
        let mut names = Names::default();
        let values = array(object, "enum").into_iter().flatten();
        let mut variants = Vec::new();
        for value in values.filter(|value| !value.is_null()) {
            let Some(text) = value.as_str() else {
                let here = pointer::child(pointer, "enum");
                self.report(
                    &here,
                    format!("{value} is not a text; the type is `string`"),
                );
                continue;
            };
            variants.push(Variant {
                name: names.give(type_name(text)),
                value: text.to_owned(),
            });
        }
        Kind::Enum(variants)
    }

    fn integer(&mut self, pointer: &str, object: &Object, name: &str) -> Shape {
        if let Some(values) = array(object, "enum") {
            let values = values.iter().filter_map(Value::as_i64).collect();
            return Shape::IntegerChoice(self.rule(pointer, name, RuleKind::Choice(values)));
        }
        let declared = text(object, "format");
        let Some(format) = IntegerFormat::named(declared.as_deref()) else {
            let here = pointer::child(pointer, "format");
            self.report(&here, "no integer format of that name is known");
            return Shape::Any;
        };
        let (least, greatest) = format.range();
        let bound = |key: &str| object.get(key).and_then(whole);
        Shape::Integer {
            min: bound("minimum").unwrap_or(least),
            max: bound("maximum").unwrap_or(greatest),
            format,
        }
    }

    fn number(&mut self, pointer: &str, object: &Object, name: &str) -> Shape {
        let bound = |key: &str| object.get(key).and_then(Value::as_f64);
        let flag = |key: &str| object.get(key) == Some(&Value::Bool(true));
        let (min, max, format) = (bound("minimum"), bound("maximum"), text(object, "format"));
        if min.is_none() && max.is_none() && format.is_none() {
            return Shape::Number(None);
        }
        let kind = RuleKind::Number {
            min,
            max,
            above: flag("exclusiveMinimum"),
            below: flag("exclusiveMaximum"),
            format,
        };
        Shape::Number(Some(self.rule(pointer, name, kind)))
    }

    fn text(&mut self, pointer: &str, object: &Object, name: &str) -> Shape {
        let length = |key: &str| object.get(key).and_then(Value::as_u64);
        let (min, max) = (length("minLength"), length("maxLength"));
        let (pattern, format) = (text(object, "pattern"), text(object, "format"));
        if min.is_none() && max.is_none() && pattern.is_none() {
            match format.as_deref() {
                None => return Shape::Text(None),
                Some("uuid") => return Shape::Formatted(Formatted::Uuid),
                Some("date-time") => return Shape::Formatted(Formatted::DateTime),
                Some("date") => return Shape::Formatted(Formatted::Date),
                Some("ip") => return Shape::Formatted(Formatted::Ip),
                Some("ipv4") => return Shape::Formatted(Formatted::Ipv4),
                Some("ipv6") => return Shape::Formatted(Formatted::Ipv6),
                Some(_) => {}
            }
        }
        let kind = RuleKind::Text {
            min,
            max,
            pattern,
            format,
        };
        Shape::Text(Some(self.rule(pointer, name, kind)))
    }

    fn list(&mut self, pointer: &str, object: &Object, name: &str) -> Shape {
        let below = pointer::child(pointer, "items");
        let item = match object.get("items") {
            Some(items) => self.schema(&below, items, &format!("{name}Item")),
            None => Schema::of(Shape::Any),
        };
        let count = |key: &str| {
            let count = object.get(key).and_then(Value::as_u64);
            count.and_then(|count| usize::try_from(count).ok())
        };
        Shape::List {
            item: Box::new(item),
            min: count("minItems").unwrap_or(0),
            max: count("maxItems").unwrap_or(usize::MAX),
            unique: object.get("uniqueItems") == Some(&Value::Bool(true)),
        }
    }

    fn rule(&mut self, pointer: &str, name: &str, kind: RuleKind) -> String {
        let given = self.names.give(format!("{name}Rule"));
        self.rules.push(Rule {
            pointer: pointer.to_owned(),
            name: given.clone(),
            kind,
        });
        given
    }
}

fn boolean(object: &Object) -> Shape {
    let values = array(object, "enum").into_iter().flatten();
    match values
        .filter_map(Value::as_bool)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [only] => Shape::Constant(*only),
        _ => Shape::Bool,
    }
}

/// A whole number, however it is written.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "only whole numbers pass")]
    value.as_i64().or_else(|| {
        let float = value.as_f64()?;
        (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
    })
}

fn text(object: &Object, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn array<'v>(object: &'v Object, key: &str) -> Option<&'v [Value]> {
    object.get(key).and_then(Value::as_array).map(Vec::as_slice)
}
