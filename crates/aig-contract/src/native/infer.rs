//! From schemas to types. Each schema gets the type that a Rust programmer would
//! have written for it; whether that type's derive prints the schema again is then
//! asked of [`super::definition`], and never assumed.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::definition::{Definition, Described, Extra, Field, Kind, Slot, Words};
use super::schema::{normal, referred};
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
    pub(super) schema_names: HashMap<String, String>,
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
    pub(super) fn structure(
        &mut self,
        pointer: &str,
        core: &Object,
        name: &str,
        tag: Option<&str>,
    ) -> Kind {
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

    /// A schema where no member is around it.
    pub(super) fn slot(&mut self, pointer: &str, schema: &Value, hint: &str) -> Slot {
        let schema = normal(schema);
        let ty = self.ty(pointer, &schema, hint);
        let described = self.described(&ty, &schema);
        Slot { ty, described }
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
}

/// A type within another, should it need a name.
fn inner(name: &str) -> String {
    format!("{name}Value")
}

/// `allOf` of a single schema is that schema.
pub(super) fn unwrapped(core: Object) -> Object {
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
pub(super) fn texts(core: &Object) -> Option<Vec<&str>> {
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
