//! Types that are written down, and what a derive of each would print. The
//! prediction follows `schemars_derive` 0.8: where its outcome is the schema of
//! the document, the type derives it, else the schema is written out beside it.

use serde_json::{Map, Value, json};

use super::schema::{normal, object};
use super::ty::{Known, Ty};

/// A type.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    /// JSON pointer to its schema.
    pub(super) pointer: String,
    /// Its name in code.
    pub(super) name: String,
    /// Its name in the document; none if it is described in place.
    pub(super) schema_name: Option<String>,
    pub(super) words: Words,
    pub(super) kind: Kind,
    /// The schema that a derive cannot print.
    pub(super) written: Option<Value>,
}

/// What is said about a schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Words {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) deprecated: bool,
}

/// What a type is made of.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Struct {
        fields: Vec<Field>,
        extra: Extra,
    },
    Enum(Enum),
    Newtype(Slot),
    /// All of these at once, flattened.
    AllOf(Vec<(String, Slot)>),
}

/// Members that no field is for.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are as many as types, and they are short-lived"
)]
pub(super) enum Extra {
    Ignored,
    Refused,
    Kept(Slot),
}

/// A field of a struct, or a parameter.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) pointer: String,
    /// Its name on the wire.
    pub(super) name: String,
    /// Its name in code.
    pub(super) field: String,
    pub(super) words: Words,
    pub(super) slot: Slot,
    pub(super) presence: Presence,
}

/// Whether a member has to be there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Presence {
    Required,
    /// An `Option` without which the member is absent.
    Optional,
    /// Absence means this value.
    Default(Value),
}

/// A schema where it is used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slot {
    /// The type of values.
    pub(super) ty: Ty,
    pub(super) described: Described,
}

/// Where the schema of a slot comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Described {
    /// From a type, by its own implementation or a derive.
    Derived(Ty),
    /// From a type, with bounds that schemars reads from attributes.
    Checked(Ty, Checks),
    /// From a type, with keywords that no attribute says.
    Extended(Ty, Map<String, Value>),
    /// From nothing but itself.
    Written(Value),
}

/// Bounds that an attribute of schemars can say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Checks {
    pub(super) least: Option<Value>,
    pub(super) most: Option<Value>,
    pub(super) shortest: Option<u64>,
    pub(super) longest: Option<u64>,
    pub(super) pattern: Option<String>,
    /// `email` or `uri`, which have attributes of their own.
    pub(super) format: Option<String>,
}

/// One of several.
#[derive(Clone, Debug)]
pub(super) struct Enum {
    pub(super) tagging: Tagging,
    /// Whether unknown members are refused.
    pub(super) closed: bool,
    pub(super) variants: Vec<Variant>,
}

/// How a value says which variant it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tagging {
    External,
    Internal(String),
    Adjacent(String, String),
    Untagged,
}

#[derive(Clone, Debug)]
pub(super) struct Variant {
    /// Its name in code.
    pub(super) name: String,
    /// Its name on the wire.
    pub(super) wire: String,
    pub(super) words: Words,
    pub(super) body: Body,
}

/// What a variant holds.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most variants hold something")]
pub(super) enum Body {
    Unit,
    Newtype(Slot),
    Struct(Vec<Field>),
}

impl Words {
    /// Takes what is said out of a schema.
    pub(super) fn take(schema: &mut Map<String, Value>) -> Self {
        let mut text = |key: &str| {
            let said = schema.get(key).and_then(Value::as_str).map(str::to_owned);
            // An empty text says something too, which no attribute can.
            let said = said.filter(|text| !text.is_empty());
            if said.is_some() {
                schema.shift_remove(key);
            }
            said
        };
        Self {
            title: text("title"),
            description: text("description"),
            deprecated: schema.shift_remove("deprecated") == Some(Value::Bool(true)),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The schema with these words; beside a reference they need a wrapper.
    pub(super) fn on(&self, schema: Value) -> Value {
        if self.is_empty() {
            return schema;
        }
        let mut schema = match schema.get("$ref") {
            Some(_) => json!({ "allOf": [schema] }),
            None => schema,
        };
        if let Some(title) = &self.title {
            schema["title"] = Value::from(title.as_str());
        }
        if let Some(description) = &self.description {
            schema["description"] = Value::from(description.as_str());
        }
        if self.deprecated {
            schema["deprecated"] = Value::Bool(true);
        }
        schema
    }
}

impl Slot {
    /// The schema that is printed.
    pub(super) fn schema(&self, known: &impl Known) -> Value {
        match &self.described {
            Described::Derived(ty) => ty.schema(known),
            Described::Checked(ty, checks) => checks.on(ty.schema(known)),
            Described::Extended(ty, more) => {
                let mut schema = ty.schema(known);
                for (key, value) in more {
                    schema[key] = value.clone();
                }
                schema
            }
            Described::Written(schema) => schema.clone(),
        }
    }
}

impl Checks {
    fn on(&self, mut schema: Value) -> Value {
        let array = schema.get("type").is_some_and(|kind| kind == "array");
        let (shortest, longest) = if array {
            ("minItems", "maxItems")
        } else {
            ("minLength", "maxLength")
        };
        let said = [
            ("minimum", self.least.clone()),
            ("maximum", self.most.clone()),
            (shortest, self.shortest.map(Value::from)),
            (longest, self.longest.map(Value::from)),
            ("pattern", self.pattern.clone().map(Value::from)),
            ("format", self.format.clone().map(Value::from)),
        ];
        for (key, value) in said {
            if let Some(value) = value {
                schema[key] = value;
            }
        }
        schema
    }
}

impl Definition {
    /// The schema that a derive would print under the type's name.
    pub(super) fn derived(&self, known: &impl Known) -> Value {
        normal(&self.words.on(self.kind.schema(known)))
    }
}

impl Kind {
    fn schema(&self, known: &impl Known) -> Value {
        match self {
            Self::Struct { fields, extra } => {
                let mut schema = structure(fields, known);
                match extra {
                    Extra::Ignored => {}
                    Extra::Refused => schema["additionalProperties"] = Value::Bool(false),
                    Extra::Kept(slot) => {
                        let value = normal(&slot.schema(known));
                        let any = value.as_object().is_some_and(Map::is_empty);
                        schema["additionalProperties"] =
                            if any { Value::Bool(true) } else { value };
                    }
                }
                schema
            }
            Self::Enum(choice) => choice.schema(known),
            Self::Newtype(slot) => slot.schema(known),
            Self::AllOf(parts) => {
                let parts = parts.iter().map(|(_, slot)| slot.schema(known));
                object([("allOf", parts.collect())])
            }
        }
    }
}

fn structure(fields: &[Field], known: &impl Known) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.name.clone(), field.schema(known)))
        .collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.presence == Presence::Required)
        .map(|field| field.name.as_str())
        .collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

impl Field {
    /// The schema that is printed for the member.
    pub(super) fn schema(&self, known: &impl Known) -> Value {
        let mut schema = self.slot.schema(known);
        if let Presence::Default(value) = &self.presence {
            if schema.get("$ref").is_some() {
                schema = json!({ "allOf": [schema] });
            }
            schema["default"] = value.clone();
        }
        self.words.on(schema)
    }
}

impl Enum {
    fn schema(&self, known: &impl Known) -> Value {
        match &self.tagging {
            Tagging::External => self.external(known),
            Tagging::Internal(tag) => self.alternatives("oneOf", |variant| {
                let fields = match &variant.body {
                    Body::Struct(fields) => fields.as_slice(),
                    _ => &[],
                };
                let mut schema = structure(fields, known);
                self.tagged(&mut schema, tag, &variant.wire);
                schema
            }),
            Tagging::Adjacent(tag, content) => self.alternatives("oneOf", |variant| {
                let mut schema = structure(&[], known);
                if let Some(held) = self.body(variant, known) {
                    schema["properties"][content] = held;
                    schema["required"] = json!([content]);
                }
                self.tagged(&mut schema, tag, &variant.wire);
                schema
            }),
            Tagging::Untagged => self.alternatives("anyOf", |variant| {
                self.body(variant, known)
                    .unwrap_or_else(|| Ty::Unit.schema(known))
            }),
        }
    }

    fn alternatives(&self, key: &str, schema: impl Fn(&Variant) -> Value) -> Value {
        let variants = self.variants.iter();
        let schemas = variants.map(|variant| variant.words.on(schema(variant)));
        object([(key, schemas.collect())])
    }

    fn tagged(&self, schema: &mut Value, tag: &str, value: &str) {
        schema["properties"][tag] = json!({ "type": "string", "enum": [value] });
        if let Some(required) = schema["required"].as_array_mut() {
            required.push(Value::from(tag));
        }
        if self.closed {
            schema["additionalProperties"] = Value::Bool(false);
        }
    }

    fn body(&self, variant: &Variant, known: &impl Known) -> Option<Value> {
        match &variant.body {
            Body::Unit => None,
            Body::Newtype(slot) => Some(slot.schema(known)),
            Body::Struct(fields) => {
                let mut schema = structure(fields, known);
                if self.closed {
                    schema["additionalProperties"] = Value::Bool(false);
                }
                Some(schema)
            }
        }
    }

    fn external(&self, known: &impl Known) -> Value {
        let plain = |variant: &&Variant| {
            matches!(variant.body, Body::Unit) && variant.words == Words::default()
        };
        let names: Vec<&str> = self
            .variants
            .iter()
            .filter(plain)
            .map(|variant| variant.wire.as_str())
            .collect();
        let named = json!({ "type": "string", "enum": names });
        if names.len() == self.variants.len() {
            return named;
        }
        let mut schemas: Vec<Value> = Vec::new();
        if !names.is_empty() {
            schemas.push(named);
        }
        for variant in self.variants.iter().filter(|variant| !plain(variant)) {
            let schema = match self.body(variant, known) {
                None => json!({ "type": "string", "enum": [variant.wire] }),
                Some(held) => {
                    let mut properties = Map::new();
                    properties.insert(variant.wire.clone(), held);
                    json!({
                        "type": "object",
                        "properties": properties,
                        "required": [variant.wire],
                        "additionalProperties": false,
                    })
                }
            };
            schemas.push(variant.words.on(schema));
        }
        object([("oneOf", Value::Array(schemas))])
    }
}
