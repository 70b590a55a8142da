//! Types of values, and what schemars and dropshot together make of each. That
//! prediction is what decides between a derive and a schema written by hand: a
//! derive is taken exactly where its outcome is known to be the document's.

use serde_json::{Value, json};

use super::schema::{object, reference};

/// A type as generated code spells it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ty {
    /// `()`
    Unit,
    /// Any JSON value.
    Any,
    Bool,
    String,
    Char,
    /// An integer type of Rust or of `std::num`.
    Integer(&'static str),
    /// `i64`, described as an integer of no format.
    PlainInteger,
    /// `f32` or `f64`.
    Float(&'static str),
    /// `f64`, described as a number of no format.
    PlainNumber,
    Uuid,
    DateTime,
    Date,
    NaiveDateTime,
    Ip,
    Ipv4,
    Ipv6,
    /// An object of which nothing is known.
    Object,
    Option(Box<Ty>),
    /// In schemas: something or null, and no less required for that.
    Nullable(Box<Ty>),
    Vec(Box<Ty>),
    Set(Box<Ty>),
    Array(Box<Ty>, usize),
    Map(Box<Ty>),
    /// A type that has a name in the document.
    Named(String),
    /// A type without one, which is described in place.
    Inline(String),
}

/// What has to be known of other types.
pub(super) trait Known {
    /// The name in the document of a type that has one.
    fn schema_name(&self, rust: &str) -> String;

    /// The schema of a type that has none.
    fn inline(&self, rust: &str) -> Value;
}

/// Integer formats as schemars names them, and their types.
const INTEGERS: [(&str, &str); 12] = [
    ("int8", "i8"),
    ("int16", "i16"),
    ("int32", "i32"),
    ("int64", "i64"),
    ("int128", "i128"),
    ("int", "isize"),
    ("uint8", "u8"),
    ("uint16", "u16"),
    ("uint32", "u32"),
    ("uint64", "u64"),
    ("uint128", "u128"),
    ("uint", "usize"),
];

/// Unsigned types without zero, by format.
const NON_ZERO: [(&str, &str); 6] = [
    ("uint8", "NonZeroU8"),
    ("uint16", "NonZeroU16"),
    ("uint32", "NonZeroU32"),
    ("uint64", "NonZeroU64"),
    ("uint128", "NonZeroU128"),
    ("uint", "NonZeroUsize"),
];

impl Ty {
    /// The integer type for a format; `positive` when one is the least value.
    pub(super) fn integer(format: Option<&str>, positive: bool) -> Self {
        let find = |table: &[(&str, &'static str)]| {
            let found = table.iter().find(|(name, _)| Some(*name) == format);
            found.map(|(_, rust)| Self::Integer(rust))
        };
        let non_zero = if positive { find(&NON_ZERO) } else { None };
        non_zero
            .or_else(|| find(&INTEGERS))
            .unwrap_or(Self::PlainInteger)
    }

    /// The type of a string of a format.
    pub(super) fn text(format: Option<&str>) -> Self {
        match format {
            Some("uuid") => Self::Uuid,
            Some("date-time") => Self::DateTime,
            Some("date") => Self::Date,
            Some("partial-date-time") => Self::NaiveDateTime,
            Some("ip") => Self::Ip,
            Some("ipv4") => Self::Ipv4,
            Some("ipv6") => Self::Ipv6,
            _ => Self::String,
        }
    }

    pub(super) fn option(self) -> Self {
        Self::Option(Box::new(self))
    }

    /// The schema that is printed where the type is used.
    pub(super) fn schema(&self, known: &impl Known) -> Value {
        let text = |format: &str| json!({ "type": "string", "format": format });
        let list = |item: &Self| json!({ "type": "array", "items": item.schema(known) });
        match self {
            Self::Unit => json!({ "type": "string", "enum": [null] }),
            Self::Any => json!({}),
            Self::Bool => json!({ "type": "boolean" }),
            Self::String => json!({ "type": "string" }),
            Self::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
            Self::Integer(rust) => integer(rust),
            Self::PlainInteger => json!({ "type": "integer" }),
            Self::Float("f32") => json!({ "type": "number", "format": "float" }),
            Self::Float(_) => json!({ "type": "number", "format": "double" }),
            Self::PlainNumber => json!({ "type": "number" }),
            Self::Uuid => text("uuid"),
            Self::DateTime => text("date-time"),
            Self::Date => text("date"),
            Self::NaiveDateTime => text("partial-date-time"),
            Self::Ip => text("ip"),
            Self::Ipv4 => text("ipv4"),
            Self::Ipv6 => text("ipv6"),
            Self::Object => json!({ "type": "object", "additionalProperties": true }),
            Self::Option(inner) | Self::Nullable(inner) => {
                let mut schema = inner.schema(known);
                if schema.get("$ref").is_some() {
                    return object([
                        ("nullable", Value::Bool(true)),
                        ("allOf", Value::Array(vec![schema])),
                    ]);
                }
                schema["nullable"] = Value::Bool(true);
                schema
            }
            Self::Vec(item) => list(item),
            Self::Set(item) => {
                let mut schema = list(item);
                schema["uniqueItems"] = Value::Bool(true);
                schema
            }
            Self::Array(item, count) => {
                let mut schema = list(item);
                schema["minItems"] = Value::from(*count);
                schema["maxItems"] = Value::from(*count);
                schema
            }
            Self::Map(value) => {
                let value = match value.schema(known) {
                    Value::Object(members) if members.is_empty() => Value::Bool(true),
                    schema => schema,
                };
                json!({ "type": "object", "additionalProperties": value })
            }
            Self::Named(rust) => reference(&known.schema_name(rust)),
            Self::Inline(rust) => known.inline(rust),
        }
    }

    /// The name that schemars gives the schema, which dropshot prints as the title of
    /// a body.
    pub(super) fn name(&self, known: &impl Known) -> String {
        let fixed = match self {
            Self::Unit => "Null",
            Self::Any => "AnyValue",
            Self::Bool => "Boolean",
            Self::String => "String",
            Self::Char => "Character",
            Self::Integer(rust) if rust.starts_with("NonZero") => rust,
            Self::Integer(rust) => INTEGERS
                .iter()
                .find(|(_, name)| name == rust)
                .map_or(*rust, |(format, _)| format),
            Self::PlainInteger => "Integer",
            Self::Float("f32") => "float",
            Self::Float(_) => "double",
            Self::PlainNumber => "Number",
            Self::Uuid => "Uuid",
            Self::DateTime => "DateTime",
            Self::Date => "NaiveDate",
            Self::NaiveDateTime => "NaiveDateTime",
            Self::Ip => "ip",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Object => "Map_of_AnyValue",
            Self::Option(inner) | Self::Nullable(inner) => {
                return format!("Nullable_{}", inner.name(known));
            }
            Self::Vec(item) => return format!("Array_of_{}", item.name(known)),
            Self::Set(item) => return format!("Set_of_{}", item.name(known)),
            Self::Array(item, count) => {
                return format!("Array_size_{count}_of_{}", item.name(known));
            }
            Self::Map(value) => return format!("Map_of_{}", value.name(known)),
            Self::Named(rust) => return known.schema_name(rust),
            Self::Inline(rust) => return rust.clone(),
        };
        fixed.to_owned()
    }

    /// The named type that a value holds directly, without a list or a map between.
    pub(super) fn direct(&self) -> Option<&str> {
        match self {
            Self::Named(name) | Self::Inline(name) => Some(name),
            Self::Option(inner) | Self::Nullable(inner) | Self::Array(inner, _) => inner.direct(),
            _ => None,
        }
    }

    /// The types that stand in this one's place or below it.
    pub(super) fn visit<'t>(&'t self, see: &mut impl FnMut(&'t Self)) {
        see(self);
        match self {
            Self::Option(inner)
            | Self::Nullable(inner)
            | Self::Vec(inner)
            | Self::Set(inner)
            | Self::Array(inner, _)
            | Self::Map(inner) => inner.visit(see),
            _ => {}
        }
    }
}

fn integer(rust: &str) -> Value {
    if let Some((format, _)) = NON_ZERO.iter().find(|(_, name)| *name == rust) {
        return json!({ "type": "integer", "format": format, "minimum": 1 });
    }
    let format = INTEGERS.iter().find(|(_, name)| *name == rust);
    let format = format.map_or(rust, |(format, _)| format);
    if rust.starts_with('u') {
        json!({ "type": "integer", "format": format, "minimum": 0 })
    } else {
        json!({ "type": "integer", "format": format })
    }
}
