//! Whether a member is there, may be null, or is described in place. serde reads
//! an absent member and a null one alike into an `Option`; a contract tells them
//! apart, and so do the readers here. The types below are for schemas: they say
//! what a plain field cannot.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{Schema, SchemaObject, SubschemaValidation};
use schemars::visit::{RemoveRefSiblings, Visitor};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A value whose type has no name in the contract: it is described in place.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Inline<T>(pub T);

/// A value of type `T` that is described as an `S`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(
    transparent,
    bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>")
)]
pub struct As<T, S> {
    value: T,
    #[serde(skip)]
    described: PhantomData<fn() -> S>,
}

/// In schemas: `T` or null, and no less required for that.
#[derive(Clone, Copy, Debug)]
pub struct Nullable<T>(PhantomData<fn() -> T>);

/// In schemas: `T` with the marks of `M`.
#[derive(Clone, Copy, Debug)]
pub struct Marked<T, M>(PhantomData<fn() -> (T, M)>);

/// In schemas: an object that is all of the parts of the tuple `P` at once.
#[derive(Clone, Copy, Debug)]
pub struct AllOf<P>(PhantomData<fn() -> P>);

/// What stands beside a schema.
pub trait Marks {
    /// What it is for.
    const DESCRIPTION: Option<&'static str> = None;
    /// Whether only answers hold it.
    const READ_ONLY: bool = false;
    /// Whether only requests hold it.
    const WRITE_ONLY: bool = false;
    /// Whether it should no longer be used.
    const DEPRECATED: bool = false;

    /// What is taken when it is absent.
    #[must_use]
    fn default() -> Option<Value> {
        None
    }
}

/// Reads an optional member that must not be null.
///
/// # Errors
/// When the value, null included, is not a `T`.
pub fn some<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Reads a member that may be null and must be there.
///
/// # Errors
/// When the value is neither null nor a `T`.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}

/// Reads a member that may be absent (the outer `None`, by `serde(default)`) or
/// null (the inner one).
///
/// # Errors
/// When the value is neither null nor a `T`.
pub fn maybe_null<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// A default, from the contract's text.
///
/// # Panics
/// When the text is not a value of the type; the generator checks it.
#[must_use]
pub fn default_value<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).expect("the generator has compared the default with its schema")
}

impl<T> Deref for Inline<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Inline<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Inline<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T, S> As<T, S> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T, S> Deref for As<T, S> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T, S> From<T> for As<T, S> {
    fn from(value: T) -> Self {
        Self {
            value,
            described: PhantomData,
        }
    }
}

impl<T, S: JsonSchema> JsonSchema for As<T, S> {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        S::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Cow::Owned(format!("As<{}>", S::schema_id()))
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<S>();
        RemoveRefSiblings.visit_schema(&mut schema);
        schema
    }
}

impl<T: JsonSchema> JsonSchema for Inline<T> {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        format!("Inline_{}", T::schema_name())
    }

    fn schema_id() -> Cow<'static, str> {
        Cow::Owned(format!("Inline<{}>", T::schema_id()))
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        // dropshot does this for shared schemas only, and would cut off what
        // stands beside a reference.
        RemoveRefSiblings.visit_schema(&mut schema);
        schema
    }
}

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        format!("Nullable_{}", T::schema_name())
    }

    fn schema_id() -> Cow<'static, str> {
        Cow::Owned(format!("Nullable<{}>", T::schema_id()))
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<T>().into_object();
        schema
            .extensions
            .insert("nullable".to_owned(), Value::Bool(true));
        // OpenAPI 3.0.3: an enumeration holds null only if it says so.
        if let Some(values) = &mut schema.enum_values {
            values.push(Value::Null);
        }
        schema.into()
    }
}

impl<T: JsonSchema, M: Marks> JsonSchema for Marked<T, M> {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        format!("Marked_{}", T::schema_name())
    }

    fn schema_id() -> Cow<'static, str> {
        let mark = std::any::type_name::<M>();
        Cow::Owned(format!("Marked<{}, {mark}>", T::schema_id()))
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<T>().into_object();
        let metadata = schema.metadata();
        if let Some(description) = M::DESCRIPTION {
            metadata.description = Some(description.to_owned());
        }
        metadata.read_only |= M::READ_ONLY;
        metadata.write_only |= M::WRITE_ONLY;
        metadata.deprecated |= M::DEPRECATED;
        if let Some(value) = M::default() {
            metadata.default = Some(value);
        }
        schema.into()
    }
}

macro_rules! all_of {
    ($($part:ident)+) => {
        impl<$($part: JsonSchema),+> JsonSchema for AllOf<($($part,)+)> {
            fn is_referenceable() -> bool {
                false
            }

            fn schema_name() -> String {
                [$($part::schema_name()),+].join("_and_")
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let mut schema: Schema = SchemaObject {
                    subschemas: Some(Box::new(SubschemaValidation {
                        all_of: Some(vec![$(generator.subschema_for::<$part>()),+]),
                        ..SubschemaValidation::default()
                    })),
                    ..SchemaObject::default()
                }
                .into();
                RemoveRefSiblings.visit_schema(&mut schema);
                schema
            }
        }
    };
}

all_of! { A B }
all_of! { A B C }
all_of! { A B C D }
all_of! { A B C D E }
all_of! { A B C D E F }
