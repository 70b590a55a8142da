//! From schemas to types. Each schema gets the type that a Rust programmer would
//! have written for it; whether that type's derive prints the schema again is then
//! asked of [`super::definition`], and never assumed.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::definition::{
    Body, Checks, Definition, Described, Enum, Extra, Field, Kind, Presence, Slot, Tagging,
    Variant, Words,
};
use super::schema::{beyond, normal, referred};
use super::ty::{Known, Ty};
use crate::model::names::{Names, field_name, type_name};
use crate::pointer;

pub(super) type Object = Map<String, Value>;

/// Names that the generated modules use for other things.
const TAKEN: [&str; 43] = [
    "BTreeMap",
    "BTreeSet",
    "Body",
    "Box",
    "Clone",
    "Copy",
    "DateTime",
    "Debug",
    "Default",
    "Deserialize",
    "Err",
    "Extended",
    "From",
    "Inline",
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "Into",
    "JsonSchema",
    "Map",
    "NaiveDate",
    "NaiveDateTime",
    "NonZeroU8",
    "NonZeroU16",
    "NonZeroU32",
    "NonZeroU64",
    "NonZeroU128",
    "NonZeroUsize",
    "None",
    "Nullable",
    "Ok",
    "Option",
    "PlainInteger",
    "PlainNumber",
    "Result",
    "Self",
    "Serialize",
    "Some",
    "String",
    "Utc",
    "Uuid",
    "Value",
    "Vec",
];

/// The types of a document, as they are found.
pub(super) struct Types<'d> {
    pub(super) document: &'d Value,
    names: Names,
    named: HashMap<String, String>,
    schema_names: HashMap<String, String>,
    inline: HashMap<String, Value>,
    pub(super) list: Vec<Definition>,
}

impl Known for Types<'_> {
    fn schema_name(&self, rust: &str) -> String {
        self.schema_names
            .get(rust)
            .cloned()
            .unwrap_or_else(|| rust.to_owned())
    }

    fn inline(&self, rust: &str) -> Value {
        self.inline.get(rust).cloned().unwrap_or_default()
    }
}

/// Where a field stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In an object.
    Member,
    /// In the path or the query.
    Parameter,
    /// Among the headers of a request, where nothing is null.
    Header,
}

impl<'d> Types<'d> {
    /// All schemas that have a name.
    pub(super) fn of(document: &'d Value) -> Self {
        let mut types = Self {
            document,
            names: Names::beside(&TAKEN),
            named: HashMap::new(),
            schema_names: HashMap::new(),
            inline: HashMap::new(),
            list: Vec::new(),
        };
        let schemas = document.pointer("/components/schemas");
        let schemas: Vec<_> = schemas
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .collect();
        for (name, _) in &schemas {
            let given = types.names.give(type_name(name));
            types.schema_names.insert(given.clone(), (*name).clone());
            types.named.insert((*name).clone(), given);
        }
        for (name, schema) in schemas {
            let here = pointer::descend("", &["components", "schemas", name]);
            let given = types.named[name].clone();
            types.define(&here, &normal(schema), given, Some(name.clone()));
        }
        types
    }

    /// The type of that name in the document.
    pub(super) fn named(&self, schema: &str) -> Option<&String> {
        self.named.get(schema)
    }

    /// A name for a type that nothing in the document has.
    pub(super) fn name(&mut self, wanted: String) -> String {
        self.names.give(wanted)
    }

    fn define(&mut self, pointer: &str, schema: &Value, name: String, known_as: Option<String>) {
        // Before the types that are made on the way for its parts.
        let index = self.list.len();
        let mut core = schema.as_object().cloned().unwrap_or_default();
        let words = Words::take(&mut core);
        let component = known_as.is_some();
        let kind = self.kind(pointer, core, &name, component);
        let mut definition = Definition {
            pointer: pointer.to_owned(),
            name,
            schema_name: known_as,
            words,
            kind,
            written: None,
        };
        // A derive of flattened parts prints them as one object.
        let merged = matches!(definition.kind, Kind::AllOf(_));
        if merged || definition.derived(self) != *schema {
            definition.written = Some(schema.clone());
        }
        self.list.insert(index, definition);
    }

    fn kind(&mut self, pointer: &str, core: Object, name: &str, component: bool) -> Kind {
        let core = unwrapped(core);
        if core.get("nullable").is_some() {
            return Kind::Newtype(self.slot(pointer, &Value::Object(core), &inner(name)));
        }
        if texts(&core).is_some() {
            return Kind::Enum(self.units(&core));
        }
        for (key, one) in [("oneOf", true), ("anyOf", false)] {
            if let Some(branches) = core
                .get(key)
                .and_then(Value::as_array)
                .filter(|list| !list.is_empty())
            {
                let below = pointer::child(pointer, key);
                return Kind::Enum(self.choice(&below, branches, one, name));
            }
        }
        if let Some(parts) = core.get("allOf").and_then(Value::as_array)
            && parts.len() > 1
        {
            return self.all_of(pointer, parts, name);
        }
        let bare = component && !core.contains_key("additionalProperties") && is(&core, "object");
        if is_structure(&core) || bare {
            return self.structure(pointer, &core, name, None);
        }
        Kind::Newtype(self.slot(pointer, &Value::Object(core), &inner(name)))
    }

    fn all_of(&mut self, pointer: &str, parts: &[Value], name: &str) -> Kind {
        let objects = parts.iter().all(|part| self.is_object(part, 0));
        if !objects {
            // Nothing is known that would hold all of them at once.
            let slot = Slot {
                ty: Ty::Any,
                described: Described::Derived(Ty::Any),
            };
            return Kind::Newtype(slot);
        }
        let mut names = Names::default();
        let parts = parts.iter().enumerate().map(|(index, part)| {
            let wanted = referred(part).map_or_else(|| "own".to_owned(), |name| field_name(&name));
            let field = names.give(wanted);
            let below = pointer::descend(pointer, &["allOf", &index.to_string()]);
            let hint = format!("{name}{}", type_name(&field));
            let slot = self.slot(&below, part, &hint);
            (field, slot)
        });
        Kind::AllOf(parts.collect())
    }

    /// Whether values are objects whose members can stand among others.
    fn is_object(&self, schema: &Value, depth: usize) -> bool {
        if let Some(name) = referred(schema) {
            let found = self
                .document
                .pointer("/components/schemas")
                .and_then(|all| all.get(&name));
            return depth < 32 && found.is_some_and(|found| self.is_object(found, depth + 1));
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return parts.iter().all(|part| self.is_object(part, depth + 1));
        }
        let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        schema.get("properties").is_some_and(Value::is_object) && !closed
    }

    /// An object with known members; the tag of a variant is not among them.
    fn structure(&mut self, pointer: &str, core: &Object, name: &str, tag: Option<&str>) -> Kind {
        let extra = match core.get("additionalProperties") {
            None => Extra::Ignored,
            Some(Value::Bool(false)) => Extra::Refused,
            Some(Value::Bool(true)) => Extra::Kept(Slot {
                ty: Ty::Any,
                described: Described::Derived(Ty::Any),
            }),
            Some(schema) => {
                let below = pointer::child(pointer, "additionalProperties");
                Extra::Kept(self.slot(&below, schema, &format!("{name}Extra")))
            }
        };
        let mut names = Names::default();
        if matches!(extra, Extra::Kept(_)) {
            names.give("extra".to_owned());
        }
        let required = strings(core.get("required"));
        let empty = Object::new();
        let properties = core
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        let fields = properties
            .iter()
            .filter(|(key, _)| Some(key.as_str()) != tag)
            .map(|(key, schema)| {
                let below = pointer::descend(pointer, &["properties", key]);
                let field = names.give(field_name(key));
                let mut core = schema.as_object().cloned().unwrap_or_default();
                let words = Words::take(&mut core);
                let hint = format!("{name}{}", type_name(key));
                let needed = required.contains(&key.as_str());
                let (slot, presence) =
                    self.member(&below, core, &words, needed, Place::Member, &hint);
                Field {
                    pointer: below,
                    name: key.clone(),
                    field,
                    words,
                    slot,
                    presence,
                }
            })
            .collect();
        Kind::Struct { fields, extra }
    }

    /// A parameter or a header of an answer. dropshot cuts off what a schema says of
    /// itself at the outermost level, so that this has to be held on to.
    pub(super) fn parameter(
        &mut self,
        pointer: &str,
        core: Object,
        words: &Words,
        required: bool,
        place: Place,
        hint: &str,
    ) -> (Slot, Presence) {
        let said = [
            "title",
            "description",
            "default",
            "deprecated",
            "readOnly",
            "writeOnly",
        ];
        let cut_off = said.iter().any(|key| core.contains_key(*key));
        let full = Value::Object(core.clone());
        let (mut slot, presence) = self.member(pointer, core, words, required, place, hint);
        if cut_off
            && matches!(
                slot.described,
                Described::Derived(_) | Described::Checked(..)
            )
        {
            slot.described = Described::Written(full);
        }
        (slot, presence)
    }

    /// A member, by the combination of being required, nullable and defaulted.
    fn member(
        &mut self,
        pointer: &str,
        core: Object,
        words: &Words,
        required: bool,
        place: Place,
        hint: &str,
    ) -> (Slot, Presence) {
        let mut core = core;
        let default = core
            .get("default")
            .cloned()
            .filter(|_| !required && place == Place::Member);
        if default.is_some() {
            core.shift_remove("default");
        }
        let said = *words != Words::default() || default.is_some();
        if said && place == Place::Member && core.len() == 1 {
            core = unwrapped(core);
        }
        let nullable = core.get("nullable").is_some();
        let mut base = core.clone();
        base.shift_remove("nullable");
        if nullable {
            base = unwrapped(base);
        }
        let (full, base) = (Value::Object(core), Value::Object(base));
        let ty = self.ty(pointer, &base, hint);
        let option = ty.clone().option();
        if required {
            let slot = if nullable {
                let described = self.described(&Ty::Nullable(Box::new(ty)), &full);
                Slot {
                    ty: option,
                    described,
                }
            } else {
                let described = self.described(&ty, &full);
                Slot { ty, described }
            };
            return (slot, Presence::Required);
        }
        if let Some(default) = default {
            let held = if nullable { option.clone() } else { ty.clone() };
            if self.fits(&default, &held) {
                let described = self.described(&held, &full);
                return (
                    Slot {
                        ty: held,
                        described,
                    },
                    Presence::Default(default),
                );
            }
            let mut full = full.clone();
            if full.get("$ref").is_some() {
                full = super::schema::object([("allOf", Value::Array(vec![full]))]);
            }
            full["default"] = default;
            let described = self.described(&if nullable { option.clone() } else { ty }, &full);
            return (
                Slot {
                    ty: option,
                    described,
                },
                Presence::Optional,
            );
        }
        // An optional parameter with a type of its own is printed as a reference, and
        // headers are never null: the `Option` says it all.
        let plain = match place {
            Place::Member => false,
            Place::Parameter => full.get("$ref").is_some(),
            Place::Header => !nullable && normal(&ty.schema(self)) == full,
        };
        let described = if plain {
            Described::Derived(option.clone())
        } else if nullable && place != Place::Header {
            self.described(&option, &full)
        } else {
            self.described(&ty, &full)
        };
        (
            Slot {
                ty: option,
                described,
            },
            Presence::Optional,
        )
    }

    /// A schema where no member is around it.
    pub(super) fn slot(&mut self, pointer: &str, schema: &Value, hint: &str) -> Slot {
        let schema = normal(schema);
        let ty = self.ty(pointer, &schema, hint);
        let described = self.described(&ty, &schema);
        Slot { ty, described }
    }

    fn described(&self, ty: &Ty, schema: &Value) -> Described {
        let mut predicted = normal(&ty.schema(self));
        if predicted == *schema {
            return Described::Derived(ty.clone());
        }
        let exclusive = ["exclusiveMinimum", "exclusiveMaximum"]
            .iter()
            .any(|key| schema.get(*key).is_some());
        if schema.get("minimum").is_some()
            && !exclusive
            && let Some(members) = predicted.as_object_mut()
        {
            members.shift_remove("minimum");
        }
        let Some(more) = beyond(&predicted, schema) else {
            return Described::Written(schema.clone());
        };
        match checks(schema, &more) {
            Some(checks) => Described::Checked(ty.clone(), checks),
            None if exclusive && predicted.get("minimum").is_some() => {
                Described::Written(schema.clone())
            }
            None => Described::Extended(ty.clone(), more),
        }
    }

    /// The type that a schema's values have.
    pub(super) fn ty(&mut self, pointer: &str, schema: &Value, hint: &str) -> Ty {
        let Some(core) = schema.as_object() else {
            return Ty::Any;
        };
        let mut core = core.clone();
        if core.shift_remove("nullable").is_some() {
            return self.ty(pointer, &Value::Object(core), hint).option();
        }
        if let Some(name) = referred(schema) {
            return self
                .named
                .get(&name)
                .map_or(Ty::Any, |name| Ty::Named(name.clone()));
        }
        if let Some([only]) = core
            .get("allOf")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
        {
            let below = pointer::descend(pointer, &["allOf", "0"]);
            return self.ty(&below, only, hint);
        }
        if core.get("enum") == Some(&Value::Array(vec![Value::Null])) {
            return Ty::Unit;
        }
        let branches = |key: &str| core.get(key).and_then(Value::as_array).map_or(0, Vec::len);
        let combined = branches("allOf") > 1 || branches("oneOf") > 0 || branches("anyOf") > 0;
        if combined || texts(&core).is_some() || is_structure(&core) {
            let name = self.names.give(hint.to_owned());
            self.inline.insert(name.clone(), schema.clone());
            self.define(pointer, schema, name.clone(), None);
            return Ty::Inline(name);
        }
        self.plain(pointer, &core, hint)
    }

    fn plain(&mut self, pointer: &str, core: &Object, hint: &str) -> Ty {
        let format = core.get("format").and_then(Value::as_str);
        let count = |key: &str| core.get(key).and_then(Value::as_u64);
        match core.get("type").and_then(Value::as_str) {
            Some("boolean") => Ty::Bool,
            Some("integer") => {
                let positive = count("minimum") == Some(1) && !core.contains_key("maximum");
                Ty::integer(format, positive)
            }
            Some("number") => match format {
                Some("float") => Ty::Float("f32"),
                Some("double") => Ty::Float("f64"),
                _ => Ty::PlainNumber,
            },
            Some("string") => {
                let one = count("minLength") == Some(1) && count("maxLength") == Some(1);
                if one && core.len() == 3 {
                    Ty::Char
                } else if ["pattern", "minLength", "maxLength"]
                    .iter()
                    .any(|key| core.contains_key(*key))
                {
                    Ty::String
                } else {
                    Ty::text(format)
                }
            }
            Some("array") => {
                let below = pointer::child(pointer, "items");
                let any = Value::Object(Object::new());
                let items = core.get("items").unwrap_or(&any);
                let item = Box::new(self.ty(&below, items, &format!("{hint}Item")));
                match (count("minItems"), count("maxItems")) {
                    (Some(min), Some(max)) if min == max && (1..=32).contains(&min) => {
                        Ty::Array(item, usize::try_from(min).unwrap_or(1))
                    }
                    _ if core.get("uniqueItems").is_some() => Ty::Set(item),
                    _ => Ty::Vec(item),
                }
            }
            Some("object") => match core.get("additionalProperties") {
                Some(value @ Value::Object(_)) => {
                    let below = pointer::child(pointer, "additionalProperties");
                    Ty::Map(Box::new(self.ty(&below, value, &format!("{hint}Value"))))
                }
                _ => Ty::Object,
            },
            _ => Ty::Any,
        }
    }

    fn units(&self, core: &Object) -> Enum {
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

    fn choice(&mut self, pointer: &str, branches: &[Value], one: bool, name: &str) -> Enum {
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
    fn body(&mut self, pointer: &str, schema: &Value, hint: &str, closed: bool) -> Body {
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

    /// Whether a default is a value of the type that is printed as it was written.
    fn fits(&self, value: &Value, ty: &Ty) -> bool {
        let text = || value.as_str().unwrap_or_default();
        let empty = value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty);
        match ty {
            Ty::Any => true,
            Ty::Bool => value.is_boolean(),
            Ty::String => value.is_string(),
            Ty::Integer(rust) if rust.starts_with("NonZero") => value.as_u64().is_some_and(|value| value > 0),
            Ty::Integer(rust) if rust.starts_with('u') => value.as_u64().is_some(),
            Ty::Integer("i8" | "i16" | "i32") => {
                value.as_i64().is_some_and(|value| i8::try_from(value).is_ok())
            }
            Ty::Integer(_) | Ty::PlainInteger => value.as_i64().is_some(),
            Ty::Float(_) | Ty::PlainNumber => value.is_number(),
            Ty::Option(inner) => value.is_null() || self.fits(value, inner),
            Ty::Vec(_) | Ty::Set(_) => value.is_array() && empty,
            Ty::Map(_) | Ty::Object => value.is_object() && empty,
            Ty::Ip => text().parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_string() == text()),
            Ty::Ipv4 => text().parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.to_string() == text()),
            Ty::Ipv6 => text().parse::<std::net::Ipv6Addr>().is_ok_and(|ip| ip.to_string() == text()),
            Ty::Named(name) | Ty::Inline(name) => self.list.iter().any(|known| {
                known.name == *name
                    && matches!(&known.kind, Kind::Enum(choice) if choice.tagging == Tagging::External
                        && choice.variants.iter().any(|variant| matches!(variant.body, Body::Unit) && variant.wire == text()))
            }) || self.unit_of(name, text()),
            _ => false,
        }
    }

    /// Whether a text is a unit variant of a type that may not have been looked at yet.
    fn unit_of(&self, name: &str, text: &str) -> bool {
        let schema = self.schema_names.get(name);
        let schema =
            schema.and_then(|name| self.document.pointer("/components/schemas")?.get(name));
        let values = |schema: &Value| {
            schema
                .as_object()
                .and_then(texts)
                .is_some_and(|values| values.contains(&text))
        };
        schema.is_some_and(|schema| {
            values(schema)
                || schema
                    .get("oneOf")
                    .and_then(Value::as_array)
                    .is_some_and(|all| all.iter().any(values))
        })
    }
}

/// A type within another, should it need a name.
fn inner(name: &str) -> String {
    format!("{name}Value")
}

/// `allOf` of a single schema is that schema.
fn unwrapped(core: Object) -> Object {
    match core
        .get("allOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        Some([Value::Object(only)]) if core.len() == 1 => only.clone(),
        _ => core,
    }
}

pub(super) fn is(core: &Object, kind: &str) -> bool {
    core.get("type").and_then(Value::as_str) == Some(kind)
}

/// Whether an object has members that are known.
fn is_structure(core: &Object) -> bool {
    is(core, "object")
        && (core.contains_key("properties")
            || core.get("additionalProperties") == Some(&Value::Bool(false)))
}

/// The values of an enumeration of texts and nothing else.
fn texts(core: &Object) -> Option<Vec<&str>> {
    if !is(core, "string") {
        return None;
    }
    let values = core.get("enum")?.as_array()?;
    values.iter().map(Value::as_str).collect()
}

pub(super) fn strings(list: Option<&Value>) -> Vec<&str> {
    let list = list.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
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
fn tag(branches: &[(Words, Object)]) -> Option<String> {
    let keys = branches.first()?.1.get("properties")?.as_object()?.keys();
    keys.cloned().find(|key| {
        let values: Option<std::collections::HashSet<&str>> = branches
            .iter()
            .map(|(_, core)| tag_value(core, key))
            .collect();
        values.is_some_and(|values| values.len() == branches.len())
    })
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
fn content(branches: &[(Words, Object)], tag: &str) -> Option<String> {
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

/// Keywords that attributes of schemars can say, if these are all.
fn checks(schema: &Value, more: &Object) -> Option<Checks> {
    let kind = schema.get("type").and_then(Value::as_str)?;
    let mut checks = Checks::default();
    for (key, value) in more {
        match (kind, key.as_str()) {
            ("integer" | "number", "minimum") => checks.least = Some(value.clone()),
            ("integer" | "number", "maximum") => checks.most = Some(value.clone()),
            ("string", "minLength") | ("array", "minItems") => checks.shortest = value.as_u64(),
            ("string", "maxLength") | ("array", "maxItems") => checks.longest = value.as_u64(),
            ("string", "pattern") => checks.pattern = Some(value.as_str()?.to_owned()),
            ("string", "format") if matches!(value.as_str(), Some("email" | "uri")) => {
                checks.format = value.as_str().map(str::to_owned);
            }
            _ => return None,
        }
    }
    Some(checks)
}
