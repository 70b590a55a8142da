//! The rules by which serde renames all variants or fields of a type at once.

use proc_macro2::TokenStream;
use quote::quote;

/// The rules by which serde renames all variants or fields at once.
#[derive(Clone, Copy)]
pub(super) enum Case {
    Snake,
    Lower,
    Kebab,
    Camel,
    Screaming,
    Upper,
    ScreamingKebab,
    Pascal,
}

impl Case {
    const ALL: [Self; 8] = [
        Self::Snake,
        Self::Lower,
        Self::Kebab,
        Self::Camel,
        Self::Screaming,
        Self::Upper,
        Self::ScreamingKebab,
        Self::Pascal,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Snake => "snake_case",
            Self::Lower => "lowercase",
            Self::Kebab => "kebab-case",
            Self::Camel => "camelCase",
            Self::Screaming => "SCREAMING_SNAKE_CASE",
            Self::Upper => "UPPERCASE",
            Self::ScreamingKebab => "SCREAMING-KEBAB-CASE",
            Self::Pascal => "PascalCase",
        }
    }

    /// What serde makes of the name of a variant.
    pub(super) fn variant(self, name: &str) -> String {
        let snake = || {
            let mut out = String::new();
            for (index, sign) in name.char_indices() {
                if index > 0 && sign.is_uppercase() {
                    out.push('_');
                }
                out.push(sign.to_ascii_lowercase());
            }
            out
        };
        match self {
            Self::Pascal => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Camel => name[..1].to_ascii_lowercase() + &name[1..],
            Self::Snake => snake(),
            Self::Screaming => snake().to_ascii_uppercase(),
            Self::Kebab => snake().replace('_', "-"),
            Self::ScreamingKebab => snake().to_ascii_uppercase().replace('_', "-"),
        }
    }

    /// What serde makes of the name of a field.
    pub(super) fn field(self, name: &str) -> String {
        let pascal = || {
            let mut out = String::new();
            let mut capital = true;
            for sign in name.chars() {
                if sign == '_' {
                    capital = true;
                } else if capital {
                    out.push(sign.to_ascii_uppercase());
                    capital = false;
                } else {
                    out.push(sign);
                }
            }
            out
        };
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::Screaming => name.to_ascii_uppercase(),
            Self::Pascal => pascal(),
            Self::Camel => {
                let pascal = pascal();
                pascal.get(..1).unwrap_or_default().to_ascii_lowercase()
                    + pascal.get(1..).unwrap_or_default()
            }
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

/// The rule that renames all, or most of, the names; none where the names are kept.
pub(super) fn rename_all<'n>(
    names: impl Iterator<Item = (&'n String, &'n String)>,
    rename: fn(Case, &str) -> String,
) -> (Option<Case>, Option<TokenStream>) {
    let names: Vec<_> = names.collect();
    if names
        .iter()
        .all(|(rust, wire)| rust.trim_end_matches('_') == wire.as_str())
    {
        return (None, None);
    }
    // A rule applies to all, and those it does not fit are named one by one.
    let fitting = |case: &Case| {
        names
            .iter()
            .filter(|(rust, wire)| rename(*case, rust) == **wire)
            .count()
    };
    let best = Case::ALL.into_iter().rev().max_by_key(fitting);
    let Some(case) = best.filter(|case| fitting(case) == names.len() && names.len() > 1) else {
        return (None, None);
    };
    let name = case.name();
    (Some(case), Some(quote!(rename_all = #name)))
}
