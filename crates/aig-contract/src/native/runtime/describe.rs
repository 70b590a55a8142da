//! What derives cannot say of a schema: a type that is described where it stands,
//! something that may be null and must be there, keywords that no attribute has, and
//! schemas that are not those of any type.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, Schema, SchemaObject, SubschemaValidation};
use schemars::visit::{RemoveRefSiblings, Visitor};
use serde_json::{Map, Value};

/// In schemas: a `T` that is described in place.
#[derive(Clone, Copy, Debug)]
pub struct Inline<T>(PhantomData<fn() -> T>);

/// In schemas: a `T` or null, and no less required for that.
#[derive(Clone, Copy, Debug)]
pub struct Nullable<T>(PhantomData<fn() -> T>);

/// In schemas: an integer of no particular format.
#[derive(Clone, Copy, Debug)]
pub enum PlainInteger {}

/// In schemas: a number of no particular format.
#[derive(Clone, Copy, Debug)]
pub enum PlainNumber {}

/// The schema of `T` with further keywords, which are given as JSON.
pub fn extended<T: JsonSchema>(generator: &mut SchemaGenerator, keywords: &str) -> Schema {
    let schema = generator.subschema_for::<T>().into_object();
    let mut merged = match serde_json::to_value(schema) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let more: Map<String, Value> =
        serde_json::from_str(keywords).expect("the generator writes keywords as JSON");
    merged.extend(more);
    read(Value::Object(merged))
}

/// A schema as it was written down.
pub fn written(schema: &str) -> Schema {
    read(serde_json::from_str(schema).expect("the generator writes schemas as JSON"))
}

/// A schema of a parameter whose words, default and the like are its own: dropshot
/// looks only at the outermost level, and cuts off what it finds there.
pub fn kept(schema: Schema) -> Schema {
    SchemaObject {
        subschemas: Some(Box::new(SubschemaValidation {
            all_of: Some(vec![schema]),
            ..SubschemaValidation::default()
        })),
        ..SchemaObject::default()
    }
    .into()
}

fn read(schema: Value) -> Schema {
    let mut schema: Schema =
        serde_json::from_value(schema).expect("the generator writes only what schemars can read");
    RemoveRefSiblings.visit_schema(&mut schema);
    schema
}

impl<T: JsonSchema> JsonSchema for Inline<T> {
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Cow::Owned(format!("Inline<{}>", T::schema_id()))
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
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
        schema.extensions.insert("nullable".to_owned(), Value::Bool(true));
        schema.into()
    }
}

macro_rules! plain {
    ($($name:ident = $said:literal, $kind:ident;)*) => {$(
        impl JsonSchema for $name {
            fn is_referenceable() -> bool {
                false
            }

            fn schema_name() -> String {
                $said.to_owned()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                SchemaObject {
                    instance_type: Some(InstanceType::$kind.into()),
                    ..SchemaObject::default()
                }
                .into()
            }
        }
    )*};
}

plain! {
    PlainInteger = "Integer", Integer;
    PlainNumber = "Number", Number;
}

/// An object whose members have this schema.
pub fn members(value: Schema) -> Schema {
    let mut schema = SchemaObject {
        instance_type: Some(InstanceType::Object.into()),
        ..SchemaObject::default()
    };
    schema.object().additional_properties = Some(Box::new(value));
    schema.into()
}
