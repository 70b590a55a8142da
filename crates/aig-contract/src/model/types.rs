//! Types in our own words: what values look like and what they obey.

use serde_json::Value;

/// A schema where it is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// What values look like.
    pub shape: Shape,
    /// Whether `null` is a value too.
    pub nullable: bool,
    /// What it is for.
    pub description: Option<String>,
    /// What is taken when it is absent.
    pub default: Option<Value>,
    /// Whether it should no longer be used.
    pub deprecated: bool,
    /// Whether only answers hold it.
    pub read_only: bool,
    /// Whether only requests hold it.
    pub write_only: bool,
}

/// What values look like.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Anything.
    Any,
    /// `true` or `false`.
    Bool,
    /// Always the same of the two.
    Constant(bool),
    /// An integer within bounds.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
        /// The declared format.
        format: IntegerFormat,
    },
    /// A number that obeys a rule, or any number.
    Number(Option<String>),
    /// One of the integers that a rule lists.
    IntegerChoice(String),
    /// A text that obeys a rule, or any text.
    Text(Option<String>),
    /// A text of a well-known format that has a type of its own.
    Formatted(Formatted),
    /// An array.
    List {
        /// Its items.
        item: Box<Schema>,
        /// The least number of items.
        min: usize,
        /// The greatest number of items.
        max: usize,
        /// Whether no item comes twice.
        unique: bool,
    },
    /// An object with any keys.
    Map(Box<Schema>),
    /// An object of which nothing is known.
    Object,
    /// A type with a name in the document, which is how it is described.
    Named(String),
    /// A type that the document describes in place.
    Inline(String),
}

/// The formats of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntegerFormat {
    /// None declared.
    Plain,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint8`
    Uint8,
    /// `uint16`
    Uint16,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
}

/// Formats of text that are read into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Formatted {
    /// `uuid`
    Uuid,
    /// `date-time`
    DateTime,
    /// `date`
    Date,
    /// `ip`
    Ip,
    /// `ipv4`
    Ipv4,
    /// `ipv6`
    Ipv6,
}

/// A type that is written down.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDef {
    /// JSON pointer to its schema.
    pub pointer: String,
    /// Its name in code.
    pub name: String,
    /// Its name in the document, if it has one.
    pub schema_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it is made of.
    pub kind: Kind,
}

/// What a type is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Named fields.
    Struct {
        /// The fields.
        fields: Vec<Field>,
        /// What becomes of other members.
        extra: Extra,
    },
    /// One of some texts.
    Enum(Vec<Variant>),
    /// Another schema under a name.
    Newtype(Schema),
    /// One of some types.
    OneOf {
        /// The types.
        variants: Vec<Alternative>,
        /// Whether several may fit, of which the first is taken.
        any: bool,
        /// The member whose text tells which.
        tag: Option<String>,
        /// Whether the document says so, and how.
        discriminator: Discriminator,
    },
    /// All of some objects at once.
    AllOf(Vec<Field>),
}

/// How a document tells alternatives apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discriminator {
    /// It does not say.
    Silent,
    /// It names the member.
    Named,
    /// It names the member and what each text stands for.
    Mapped,
}

/// What becomes of members that no field is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Extra {
    /// They are passed over.
    Ignored,
    /// They are refused.
    Refused,
    /// They are kept.
    Kept(Box<Schema>),
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// JSON pointer to its schema.
    pub pointer: String,
    /// Its name on the wire.
    pub name: String,
    /// Its name in code.
    pub field: String,
    /// Whether it must be there.
    pub required: bool,
    /// What it looks like.
    pub schema: Schema,
}

/// A value of an enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name in code.
    pub name: String,
    /// Its text on the wire.
    pub value: String,
}

/// A type among which values choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// Its name in code.
    pub name: String,
    /// What it looks like.
    pub schema: Schema,
    /// The text of the tag.
    pub tag: Option<String>,
}

/// A rule that values obey.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// JSON pointer to the schema that states it.
    pub pointer: String,
    /// Its name in code.
    pub name: String,
    /// What it asks.
    pub kind: RuleKind,
}

/// What a rule asks.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleKind {
    /// Of a text.
    Text {
        /// The least number of characters.
        min: Option<u64>,
        /// The greatest number of characters.
        max: Option<u64>,
        /// A regular expression that matches somewhere.
        pattern: Option<String>,
        /// A format that is named and not checked.
        format: Option<String>,
    },
    /// Of a number.
    Number {
        /// The least.
        min: Option<f64>,
        /// The greatest.
        max: Option<f64>,
        /// Whether the least itself is too little.
        above: bool,
        /// Whether the greatest itself is too much.
        below: bool,
        /// The declared format.
        format: Option<String>,
    },
    /// Of an integer: to be one of these.
    Choice(Vec<i64>),
}

impl IntegerFormat {
    /// The least and the greatest value that the format allows.
    #[must_use]
    pub const fn range(self) -> (i64, i64) {
        match self {
            Self::Plain | Self::Int64 => (i64::MIN, i64::MAX),
            Self::Int32 => (i32::MIN as i64, i32::MAX as i64),
            Self::Uint8 => (0, u8::MAX as i64),
            Self::Uint16 => (0, u16::MAX as i64),
            Self::Uint32 => (0, u32::MAX as i64),
            Self::Uint64 => (0, i64::MAX),
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: Option<&str>) -> Option<Self> {
        Some(match name {
            None => Self::Plain,
            Some("int32") => Self::Int32,
            Some("int64") => Self::Int64,
            Some("uint8") => Self::Uint8,
            Some("uint16") => Self::Uint16,
            Some("uint32") => Self::Uint32,
            Some("uint64") => Self::Uint64,
            Some(_) => return None,
        })
    }
}

impl Schema {
    /// A schema of which only the shape is known.
    #[must_use]
    pub const fn of(shape: Shape) -> Self {
        Self {
            shape,
            nullable: false,
            description: None,
            default: None,
            deprecated: false,
            read_only: false,
            write_only: false,
        }
    }

    /// Whether anything stands beside the shape.
    #[must_use]
    pub const fn is_marked(&self) -> bool {
        self.description.is_some()
            || self.default.is_some()
            || self.deprecated
            || self.read_only
            || self.write_only
    }
}
