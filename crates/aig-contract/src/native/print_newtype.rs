//! Types of one value, which check the bounds that their schema has.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::definition::{Checks, Definition, Described, Slot};
use super::print::{Printer, ident};
use super::ty::Ty;

impl Printer<'_> {
    pub(super) fn newtype(&mut self, definition: &Definition, slot: &Slot) -> TokenStream {
        let derived = definition.written.is_none();
        let attribute = if derived {
            self.attribute(slot, &definition.name, false)
        } else {
            TokenStream::new()
        };
        let head = self.head(definition, false);
        let name = ident(&definition.name);
        let held = self.boxed(&slot.ty, &definition.name);
        let checks = match &slot.described {
            Described::Checked(_, checks) => Some(checks.clone()),
            Described::Extended(_, more) => Some(checks_of(more)),
            _ => None,
        };
        let kept = checks
            .filter(|checks| *checks != Checks::default())
            .and_then(|checks| check(&slot.ty, &checks));
        let Some((target, check)) = kept else {
            return quote! {
                #head
                pub struct #name(#attribute pub #held);

                impl std::ops::Deref for #name {
                    type Target = #held;

                    fn deref(&self) -> &Self::Target {
                        &self.0
                    }
                }

                impl From<#held> for #name {
                    fn from(value: #held) -> Self {
                        Self(value)
                    }
                }
            };
        };
        let spelled = held.to_string();
        quote! {
            #head
            #[serde(try_from = #spelled)]
            pub struct #name(#attribute #held);

            impl TryFrom<#held> for #name {
                type Error = crate::check::Invalid;

                fn try_from(value: #held) -> Result<Self, Self::Error> {
                    #check
                    Ok(Self(value))
                }
            }

            impl From<#name> for #held {
                fn from(value: #name) -> Self {
                    value.0
                }
            }

            impl std::ops::Deref for #name {
                type Target = #target;

                fn deref(&self) -> &Self::Target {
                    &self.0
                }
            }
        }
    }
}

/// How a value is checked, and what the type is read as.
fn check(ty: &Ty, checks: &Checks) -> Option<(TokenStream, TokenStream)> {
    let some = |count: Option<u64>| match count {
        Some(count) => {
            let count = proc_macro2::Literal::u64_unsuffixed(count);
            quote!(Some(#count))
        }
        None => quote!(None),
    };
    match ty {
        Ty::String => {
            let (shortest, longest) = (some(checks.shortest), some(checks.longest));
            let (pattern, given) = match &checks.pattern {
                Some(pattern) => (
                    Some(quote! {
                        static PATTERN: std::sync::LazyLock<crate::check::Pattern> =
                            std::sync::LazyLock::new(|| crate::check::Pattern::new(#pattern));
                    }),
                    quote!(Some(&PATTERN)),
                ),
                None => (None, quote!(None)),
            };
            let bare =
                checks.shortest.is_none() && checks.longest.is_none() && checks.pattern.is_none();
            (!bare).then(|| {
                (
                    quote!(str),
                    quote!(#pattern crate::check::text(&value, #shortest, #longest, #given)?;),
                )
            })
        }
        Ty::Integer(rust) if !rust.starts_with('N') => {
            let bound = |bound: &Option<serde_json::Value>| match bound
                .as_ref()
                .filter(|bound| bound.is_i64() || bound.is_u64())
            {
                Some(bound) => {
                    let bound: TokenStream =
                        bound.to_string().parse().expect("a number is a token");
                    quote!(Some(#bound))
                }
                None => quote!(None),
            };
            let (least, most) = (bound(&checks.least), bound(&checks.most));
            let rust = format_ident!("{rust}");
            Some((
                quote!(#rust),
                quote!(crate::check::range(&value, #least, #most)?;),
            ))
        }
        _ => None,
    }
}

/// The bounds among further keywords.
fn checks_of(more: &serde_json::Map<String, serde_json::Value>) -> Checks {
    let count = |key: &str| more.get(key).and_then(serde_json::Value::as_u64);
    Checks {
        shortest: count("minLength"),
        longest: count("maxLength"),
        pattern: more
            .get("pattern")
            .and_then(|pattern| pattern.as_str())
            .map(str::to_owned),
        ..Checks::default()
    }
}
