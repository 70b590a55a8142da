//! Where the server's description of each piece comes from. A difference that
//! hides in a hand-written schema would be the document compared with itself, so
//! every piece that is not derived from the type that serde uses is counted.

use super::{Api, Extra, Kind, Media, Schema, Shape, Status};
use crate::pointer;

/// Where a description comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provenance {
    /// A derive on the type that serde uses.
    Derived,
    /// A type of the runtime that writes its own schema from the constants that
    /// its deserialiser checks.
    Runtime,
    /// An extension, because dropshot has no word for it.
    Carried,
}

/// Every type, every value with a schema of the runtime and everything carried,
/// by JSON pointer and in order.
#[must_use]
pub fn provenance(api: &Api) -> Vec<(String, Provenance)> {
    let mut list = Vec::new();
    for definition in &api.types {
        let derived = match definition.kind {
            Kind::Struct { .. } | Kind::Enum(_) | Kind::Newtype(_) => Provenance::Derived,
            Kind::OneOf { .. } | Kind::AllOf(_) => Provenance::Runtime,
        };
        list.push((definition.pointer.clone(), derived));
        match &definition.kind {
            Kind::Struct { fields, extra } => {
                for field in fields {
                    schema(&field.pointer, &field.schema, &mut list);
                }
                if let Extra::Kept(kept) = extra {
                    let here = pointer::child(&definition.pointer, "additionalProperties");
                    schema(&here, kept, &mut list);
                }
            }
            Kind::Newtype(held) => schema(&definition.pointer, held, &mut list),
            Kind::AllOf(fields) => {
                for field in fields {
                    schema(&field.pointer, &field.schema, &mut list);
                }
            }
            Kind::OneOf { variants, any, .. } => {
                let key = if *any { "anyOf" } else { "oneOf" };
                for (index, variant) in variants.iter().enumerate() {
                    let here = pointer::descend(&definition.pointer, &[key, &index.to_string()]);
                    schema(&here, &variant.schema, &mut list);
                }
            }
            Kind::Enum(_) => {}
        }
    }
    for operation in &api.operations {
        let parameters = operation
            .path_parameters
            .iter()
            .chain(&operation.query_parameters)
            .chain(&operation.header_parameters);
        for parameter in parameters {
            let here = pointer::child(&parameter.pointer, "schema");
            schema(&here, &parameter.schema, &mut list);
            if parameter.deprecated {
                let here = pointer::child(&parameter.pointer, "deprecated");
                list.push((here, Provenance::Carried));
            }
        }
        if let Some(body) = &operation.body {
            match body.media {
                Media::Json => schema(&body.pointer, &body.schema, &mut list),
                Media::Other(_) => {
                    let here = pointer::child(&operation.pointer, "requestBody");
                    list.push((here, Provenance::Carried));
                }
            }
        }
        for (index, reply) in operation.replies.iter().enumerate() {
            if index > 0 || !reply.is_native() {
                list.push((reply.pointer.clone(), Provenance::Carried));
            }
        }
        for error in &operation.errors {
            list.push((error.pointer.clone(), Provenance::Carried));
        }
    }
    list.sort();
    list.dedup();
    list
}

impl super::Reply {
    /// Whether dropshot can describe it as the answer of success.
    #[must_use]
    pub fn is_native(&self) -> bool {
        matches!(self.status, Status::Code(_))
            && !matches!(self.content, Some((Media::Other(_), _)))
    }
}

fn schema(pointer: &str, schema_: &Schema, list: &mut Vec<(String, Provenance)>) {
    match &schema_.shape {
        Shape::Integer { .. }
        | Shape::Number(_)
        | Shape::IntegerChoice(_)
        | Shape::Text(Some(_))
        | Shape::Constant(_) => {
            list.push((pointer.to_owned(), Provenance::Runtime));
        }
        Shape::List {
            item,
            min,
            max,
            unique,
        } => {
            if *min > 0 || *max < usize::MAX || *unique {
                list.push((pointer.to_owned(), Provenance::Runtime));
            }
            schema(&pointer::child(pointer, "items"), item, list);
        }
        Shape::Map(value) => {
            schema(
                &pointer::child(pointer, "additionalProperties"),
                value,
                list,
            );
        }
        Shape::Any
        | Shape::Bool
        | Shape::Text(None)
        | Shape::Formatted(_)
        | Shape::Object
        | Shape::Named(_)
        | Shape::Inline(_) => {}
    }
}
