//! Where the server's description of each piece comes from. A difference that
//! hides in a hand-written schema would be the document compared with itself, so
//! every piece that is not derived from the type that serde uses is counted.

use super::{Api, Discriminator, Extra, Kind, Media, Operation, Parameter, Reply, Schema, Shape};
use super::{Status, TypeDef};
use crate::pointer;

/// Where a description comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provenance {
    /// A derive on the type that serde uses.
    Derived,
    /// A type of the runtime that writes its own schema: from the constants that its
    /// deserialiser checks, or in the place of what serde reads in another way than
    /// schemars describes (null, marks, alternatives).
    Runtime,
    /// An extension, because dropshot has no word for it.
    Carried,
}

/// Every type, every value with a schema of the runtime and everything carried,
/// by JSON pointer and in order.
#[must_use]
pub fn provenance(api: &Api) -> Vec<(String, Provenance)> {
    let mut table = Table { rows: Vec::new() };
    for definition in &api.types {
        table.definition(definition);
    }
    for operation in &api.operations {
        table.operation(operation);
    }
    table.rows.sort();
    // A derive around a type of the runtime rests on the latter.
    table.rows.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            earlier.1 = later.1;
        }
        same
    });
    table.rows
}

impl Reply {
    /// Whether dropshot can describe it as the answer of success.
    #[must_use]
    pub fn is_native(&self) -> bool {
        matches!(self.status, Status::Code(_))
            && !matches!(self.content, Some((Media::Other(_), _)))
    }
}

struct Table {
    rows: Vec<(String, Provenance)>,
}

impl Table {
    fn note(&mut self, pointer: &str, provenance: Provenance) {
        self.rows.push((pointer.to_owned(), provenance));
    }

    fn definition(&mut self, definition: &TypeDef) {
        let here = &definition.pointer;
        let derived = match definition.kind {
            Kind::Struct { .. } | Kind::Enum(_) | Kind::Newtype(_) => Provenance::Derived,
            Kind::OneOf { .. } | Kind::AllOf(_) => Provenance::Runtime,
        };
        self.note(here, derived);
        match &definition.kind {
            Kind::Struct { fields, extra } => {
                for field in fields {
                    // The field's own attributes say these, and derives read them.
                    let said = Schema {
                        description: None,
                        default: field.schema.default.clone().filter(|_| field.required),
                        ..field.schema.clone()
                    };
                    self.schema(&field.pointer, &said);
                }
                if let Extra::Kept(kept) = extra {
                    self.schema(&pointer::child(here, "additionalProperties"), kept);
                }
            }
            Kind::Newtype(held) => self.schema(here, held),
            Kind::AllOf(parts) => {
                for part in parts {
                    self.schema(&part.pointer, &part.schema);
                }
            }
            Kind::OneOf {
                variants,
                any,
                discriminator,
                ..
            } => {
                let key = if *any { "anyOf" } else { "oneOf" };
                for (index, variant) in variants.iter().enumerate() {
                    let below = pointer::descend(here, &[key, &index.to_string()]);
                    self.schema(&below, &variant.schema);
                }
                if *discriminator != Discriminator::Silent {
                    self.note(&pointer::child(here, "discriminator"), Provenance::Carried);
                }
            }
            Kind::Enum(_) => {}
        }
    }

    fn operation(&mut self, operation: &Operation) {
        let parameters = operation
            .path_parameters
            .iter()
            .chain(&operation.query_parameters)
            .chain(&operation.header_parameters);
        for parameter in parameters {
            self.parameter(parameter);
        }
        if let Some(body) = &operation.body {
            match body.media {
                Media::Json => self.schema(&body.pointer, &body.schema),
                Media::Other(_) => self.note(
                    &pointer::child(&operation.pointer, "requestBody"),
                    Provenance::Carried,
                ),
            }
        }
        if !operation.documentation_survives() {
            let key = if operation.description.is_some() {
                "description"
            } else {
                "summary"
            };
            self.note(
                &pointer::child(&operation.pointer, key),
                Provenance::Carried,
            );
        }
        for (index, reply) in operation.replies.iter().enumerate() {
            if index > 0 || !reply.is_native() {
                self.note(&reply.pointer, Provenance::Carried);
            }
        }
        for error in &operation.errors {
            self.note(&error.pointer, Provenance::Carried);
        }
    }

    fn parameter(&mut self, parameter: &Parameter) {
        self.schema(
            &pointer::child(&parameter.pointer, "schema"),
            &parameter.schema,
        );
        if parameter.deprecated {
            let here = pointer::child(&parameter.pointer, "deprecated");
            self.note(&here, Provenance::Carried);
        }
    }

    fn schema(&mut self, pointer: &str, schema: &Schema) {
        let mut runtime = schema.nullable || schema.is_marked();
        match &schema.shape {
            Shape::Integer { .. }
            | Shape::Number(_)
            | Shape::IntegerChoice(_)
            | Shape::Text(Some(_))
            | Shape::Constant(_) => runtime = true,
            Shape::List {
                item,
                min,
                max,
                unique,
            } => {
                runtime |= *min > 0 || *max < usize::MAX || *unique;
                self.schema(&pointer::child(pointer, "items"), item);
            }
            Shape::Map(value) => {
                self.schema(&pointer::child(pointer, "additionalProperties"), value);
            }
            Shape::Any
            | Shape::Bool
            | Shape::Text(None)
            | Shape::Formatted(_)
            | Shape::Object
            | Shape::Named(_)
            | Shape::Inline(_) => {}
        }
        if runtime {
            self.note(pointer, Provenance::Runtime);
        }
    }
}
