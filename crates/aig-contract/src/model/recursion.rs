//! Which fields need a box: those through which a type holds itself without a
//! list or a map between.

use std::collections::HashSet;

use super::{Api, Extra, Kind, Schema, Shape};

impl Api {
    /// Whether a value of type `owner` would directly hold another of its own
    /// kind through a part of this shape.
    #[must_use]
    pub fn is_recursive(&self, owner: &str, shape: &Shape) -> bool {
        let mut seen = HashSet::new();
        let mut open: Vec<&str> = direct(shape).into_iter().collect();
        while let Some(name) = open.pop() {
            if name == owner {
                return true;
            }
            if seen.insert(name)
                && let Some(definition) = self.type_named(name)
            {
                open.extend(parts(&definition.kind).filter_map(|part| direct(&part.shape)));
            }
        }
        false
    }
}

fn direct(shape: &Shape) -> Option<&str> {
    match shape {
        Shape::Named(name) | Shape::Inline(name) => Some(name),
        _ => None,
    }
}

fn parts(kind: &Kind) -> Box<dyn Iterator<Item = &Schema> + '_> {
    match kind {
        Kind::Struct { fields, extra } => {
            let extra = match extra {
                // A map lies between.
                Extra::Kept(_) | Extra::Ignored | Extra::Refused => None,
            };
            Box::new(fields.iter().map(|field| &field.schema).chain(extra))
        }
        Kind::AllOf(fields) => Box::new(fields.iter().map(|field| &field.schema)),
        Kind::Enum(_) => Box::new(std::iter::empty()),
        Kind::Newtype(schema) => Box::new(std::iter::once(schema)),
        Kind::OneOf { variants, .. } => Box::new(variants.iter().map(|variant| &variant.schema)),
    }
}
