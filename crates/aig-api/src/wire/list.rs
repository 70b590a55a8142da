//! Arrays of a bounded length, or without the same item twice. Arrays without
//! such a rule are plain `Vec`s.

use std::borrow::Cow;
use std::ops::Deref;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::Refused;

/// From `MIN` to `MAX` items, all different if `UNIQUE`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct List<
    T,
    const MIN: usize = 0,
    const MAX: usize = { usize::MAX },
    const UNIQUE: bool = false,
> {
    items: Vec<T>,
}

impl<T, const MIN: usize, const MAX: usize, const UNIQUE: bool> List<T, MIN, MAX, UNIQUE> {
    /// The items, owned.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.items
    }
}

impl<T: PartialEq, const MIN: usize, const MAX: usize, const UNIQUE: bool> TryFrom<Vec<T>>
    for List<T, MIN, MAX, UNIQUE>
{
    type Error = Refused;

    fn try_from(items: Vec<T>) -> Result<Self, Refused> {
        let count = items.len();
        if count < MIN || count > MAX {
            let wanted = match (MIN, MAX) {
                (_, usize::MAX) => format!("at least {MIN}"),
                (0, _) => format!("at most {MAX}"),
                _ => format!("{MIN} to {MAX}"),
            };
            return Err(Refused::new(format!(
                "must have {wanted} items, not {count}"
            )));
        }
        if UNIQUE {
            for (index, item) in items.iter().enumerate() {
                if items[..index].contains(item) {
                    return Err(Refused::new(format!("item {index} is there twice")));
                }
            }
        }
        Ok(Self { items })
    }
}

impl<T, const MIN: usize, const MAX: usize, const UNIQUE: bool> Deref
    for List<T, MIN, MAX, UNIQUE>
{
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<'de, T, const MIN: usize, const MAX: usize, const UNIQUE: bool> Deserialize<'de>
    for List<T, MIN, MAX, UNIQUE>
where
    T: Deserialize<'de> + PartialEq,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

impl<T: JsonSchema, const MIN: usize, const MAX: usize, const UNIQUE: bool> JsonSchema
    for List<T, MIN, MAX, UNIQUE>
{
    fn is_referenceable() -> bool {
        false
    }

    fn schema_name() -> String {
        format!("List_of_{}", T::schema_name())
    }

    fn schema_id() -> Cow<'static, str> {
        Cow::Owned(format!("List<{}, {MIN}, {MAX}, {UNIQUE}>", T::schema_id()))
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let count = |count: usize| u32::try_from(count).ok();
        let mut schema = Vec::<T>::json_schema(generator).into_object();
        let array = schema.array();
        array.min_items = (MIN > 0).then(|| count(MIN)).flatten();
        array.max_items = (MAX < usize::MAX).then(|| count(MAX)).flatten();
        array.unique_items = UNIQUE.then_some(true);
        schema.into()
    }
}
