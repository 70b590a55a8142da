//! Which types hold which: what needs a box, what has to be put in order, and which
//! types are dropshot's own pages.

use std::collections::{HashMap, HashSet};

use super::definition::{Body, Definition, Extra, Field, Kind};
use super::infer::Types;
use super::print::Printer;
use super::ty::Ty;

impl Printer<'_> {
    /// Types whose values have to be comparable, since they stand in sets.
    pub(super) fn in_sets(&self) -> HashSet<String> {
        let mut wanted: Vec<String> = Vec::new();
        let mut of = |ty: &Ty| {
            ty.visit(&mut |ty| {
                if let Ty::Set(item) = ty
                    && self.is_ordered(item, &mut HashSet::new())
                {
                    item.visit(&mut |ty| {
                        if let Ty::Named(name) | Ty::Inline(name) = ty {
                            wanted.push(name.clone());
                        }
                    });
                }
            });
        };
        for definition in &self.types.list {
            types_of(&definition.kind, &mut of);
        }
        let mut found = HashSet::new();
        while let Some(name) = wanted.pop() {
            if !found.insert(name.clone()) {
                continue;
            }
            if let Some(definition) = self.types.list.iter().find(|known| known.name == name) {
                types_of(&definition.kind, &mut |ty| {
                    ty.visit(&mut |ty| {
                        if let Ty::Named(name) | Ty::Inline(name) = ty {
                            wanted.push(name.clone());
                        }
                    });
                });
            }
        }
        found
    }

    /// Whether values can be put in order.
    pub(super) fn is_ordered(&self, ty: &Ty, seen: &mut HashSet<String>) -> bool {
        match ty {
            Ty::Any | Ty::Object | Ty::Float(_) | Ty::PlainNumber => false,
            Ty::Option(inner)
            | Ty::Nullable(inner)
            | Ty::Vec(inner)
            | Ty::Set(inner)
            | Ty::Array(inner, _)
            | Ty::Map(inner) => self.is_ordered(inner, seen),
            Ty::Named(name) | Ty::Inline(name) => {
                if !seen.insert(name.clone()) {
                    return true;
                }
                let definition = self.types.list.iter().find(|known| known.name == *name);
                definition.is_some_and(|definition| {
                    let mut all = true;
                    types_of(&definition.kind, &mut |ty| all &= self.is_ordered(ty, seen));
                    all
                })
            }
            _ => true,
        }
    }
}

/// Calls `see` for every type that stands in a definition.
pub(super) fn types_of<'d>(kind: &'d Kind, see: &mut impl FnMut(&'d Ty)) {
    match kind {
        Kind::Struct { fields, extra } => {
            fields.iter().for_each(|field| see(&field.slot.ty));
            if let Extra::Kept(slot) = extra {
                see(&slot.ty);
            }
        }
        Kind::Newtype(slot) => see(&slot.ty),
        Kind::AllOf(parts) => parts.iter().for_each(|(_, slot)| see(&slot.ty)),
        Kind::Enum(choice) => {
            for variant in &choice.variants {
                match &variant.body {
                    Body::Unit => {}
                    Body::Newtype(slot) => see(&slot.ty),
                    Body::Struct(fields) => fields.iter().for_each(|field| see(&field.slot.ty)),
                }
            }
        }
    }
}

/// Types that are what dropshot's own type for pages would be, by name with what they
/// are pages of. It can be an answer, but stand in no other type.
pub(super) fn pages(types: &Types<'_>) -> HashMap<String, String> {
    let mut within = HashSet::new();
    for definition in &types.list {
        types_of(&definition.kind, &mut |ty| {
            ty.visit(&mut |ty| {
                if let Ty::Named(name) = ty {
                    within.insert(name.clone());
                }
            });
        });
    }
    let field = |fields: &[Field], name: &str, words: &str, ty: &Ty| {
        fields.iter().any(|field| {
            field.name == name
                && field.words.description.as_deref() == Some(words)
                && field.slot.ty == *ty
        })
    };
    let item = |definition: &Definition| {
        let schema_name = definition.schema_name.as_ref()?;
        let item = types.named(schema_name.strip_suffix("ResultsPage")?)?;
        let Kind::Struct {
            fields,
            extra: Extra::Ignored,
        } = &definition.kind
        else {
            return None;
        };
        let items = Ty::Vec(Box::new(Ty::Named(item.clone())));
        let token = Ty::String.option();
        let same = definition.written.is_none()
            && fields.len() == 2
            && definition.words.description.as_deref() == Some("A single page of results")
            && field(
                fields,
                "items",
                "list of items on this page of results",
                &items,
            )
            && field(
                fields,
                "next_page",
                "token used to fetch the next page of results (if any)",
                &token,
            )
            && !within.contains(&definition.name);
        same.then(|| (definition.name.clone(), item.clone()))
    };
    types.list.iter().filter_map(item).collect()
}

/// What each type holds without a list or a map between.
pub(super) fn reached(list: &[Definition]) -> HashMap<String, HashSet<String>> {
    let direct: HashMap<&str, Vec<&str>> = list
        .iter()
        .map(|definition| {
            let mut names = Vec::new();
            types_of(&definition.kind, &mut |ty| names.extend(ty.direct()));
            (definition.name.as_str(), names)
        })
        .collect();
    let from = |name: &str| {
        let mut seen: HashSet<String> = HashSet::new();
        let mut open = direct.get(name).cloned().unwrap_or_default();
        while let Some(next) = open.pop() {
            if seen.insert(next.to_owned()) {
                open.extend(direct.get(next).into_iter().flatten());
            }
        }
        seen
    };
    direct
        .keys()
        .map(|name| ((*name).to_owned(), from(name)))
        .collect()
}
