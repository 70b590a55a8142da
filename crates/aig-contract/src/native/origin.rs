//! Where the schema of each piece comes from. A schema that is written out proves
//! less than one that is derived: it is the document, said again. So every one of them is
//! counted and listed.

use super::Api;
use super::definition::{Body, Described, Extra, Kind, Slot};
use crate::pointer::child;

/// Where a schema comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A derive on the type that serde uses, or the type's own implementation.
    Derived,
    /// The same, and keywords beside it that no attribute of schemars has.
    Extended,
    /// Written out by hand, because no derive prints it.
    Written,
}

/// The origins of all schemas, by JSON pointer and in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(pub Vec<(String, Origin)>);

impl Origins {
    /// How many there are of a kind.
    #[must_use]
    pub fn count(&self, origin: Origin) -> usize {
        self.of(origin).count()
    }

    /// The pointers of a kind.
    pub fn of(&self, origin: Origin) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(_, found)| *found == origin)
            .map(|(pointer, _)| pointer.as_str())
    }

    fn slot(&mut self, pointer: &str, slot: &Slot) {
        let origin = match &slot.described {
            Described::Derived(_) | Described::Checked(..) => Origin::Derived,
            Described::Extended(..) => Origin::Extended,
            Described::Written(_) => Origin::Written,
        };
        self.0.push((pointer.to_owned(), origin));
    }
}

/// The origins of everything that is printed.
pub(super) fn of(api: &Api<'_>) -> Origins {
    let mut out = Origins::default();
    for definition in &api.types.list {
        let here = &definition.pointer;
        if definition.written.is_some() {
            out.0.push((here.clone(), Origin::Written));
            continue;
        }
        match &definition.kind {
            Kind::Newtype(slot) => out.slot(here, slot),
            Kind::Struct { fields, extra } => {
                out.0.push((here.clone(), Origin::Derived));
                for field in fields {
                    out.slot(&field.pointer, &field.slot);
                }
                if let Extra::Kept(slot) = extra {
                    out.slot(&child(here, "additionalProperties"), slot);
                }
            }
            Kind::AllOf(parts) => {
                out.0.push((here.clone(), Origin::Derived));
                for (_, slot) in parts {
                    out.slot(&child(here, "allOf"), slot);
                }
            }
            Kind::Enum(choice) => {
                out.0.push((here.clone(), Origin::Derived));
                for variant in &choice.variants {
                    match &variant.body {
                        Body::Unit => {}
                        Body::Newtype(slot) => out.slot(here, slot),
                        Body::Struct(fields) => {
                            for field in fields {
                                out.slot(&field.pointer, &field.slot);
                            }
                        }
                    }
                }
            }
        }
    }
    for operation in &api.operations {
        let groups = [
            &operation.path_parameters,
            &operation.query,
            &operation.headers,
        ];
        for field in groups.into_iter().flatten().flat_map(|group| &group.fields) {
            out.slot(&field.pointer, &field.slot);
        }
    }
    for wrapper in &api.wrappers {
        out.slot(&wrapper.pointer, &wrapper.slot);
    }
    out
}
