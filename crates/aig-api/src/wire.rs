//! The values that derives cannot describe: integers within bounds, texts that
//! obey a rule, members that may be null. Each type here writes its own schema,
//! and writes it from the same constants that its deserialiser checks, so what
//! the server says about itself and what it accepts cannot part ways. The
//! generated code is made of these and of derives, nothing else.

mod choice;
mod form;
mod integer;
mod list;
mod number;
mod parameter;
mod presence;
mod text;

#[cfg(test)]
mod tests;

pub use choice::{
    AnyOf, Constant, Discriminator, IntegerChoice, IntegerRule, OneOf, Variant, Variants,
};
pub use form::{AsObject, AsText};
pub use integer::{Int32, Int64, Integer, IntegerFormat, Plain, Uint8, Uint16, Uint32, Uint64};
pub use list::List;
pub use number::{AnyNumber, Number, NumberRule};
pub use parameter::{Parameter, enumerated, optional, parameter_schema, required};
pub use presence::{
    AllOf, As, Inline, Marked, Marks, Nullable, default_value, maybe_null, nullable, some,
};
pub use text::{Text, TextRule};

#[doc(hidden)]
pub use crate::{__enumeration as enumeration, __object as object};

/// Why a value was not taken; the words are for whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(String);

impl Refused {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}
