//! Types as tokens: how a type is spelled for values and for schemas, and the
//! attributes by which the two are told apart.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::definition::{Described, Field, Presence};
use super::infer::Types;
use super::print_schema::literal;
use super::reach::{pages, reached};
use super::ty::Ty;

/// What is known while files are printed.
pub(super) struct Printer<'a> {
    pub(super) types: &'a Types<'a>,
    /// What describes what no derive can: expressions of functions, by name.
    pub(super) descriptions: Vec<(String, TokenStream)>,
    /// Functions that say what is taken for an absent member.
    pub(super) defaults: Vec<TokenStream>,
    /// Names of functions that are given out.
    pub(super) given: HashSet<String>,
    /// What each type holds directly or through others.
    reached: HashMap<String, HashSet<String>>,
    /// Types that stand in sets.
    pub(super) ordered: HashSet<String>,
    /// Whether what is printed stands outside the module of types.
    pub(super) outside: bool,
    /// Types that are dropshot's pages of another type.
    pub(super) pages: HashMap<String, String>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(types: &'a Types<'a>) -> Self {
        let mut printer = Self {
            types,
            descriptions: Vec::new(),
            defaults: Vec::new(),
            given: HashSet::new(),
            reached: reached(&types.list),
            ordered: HashSet::new(),
            outside: false,
            pages: pages(types),
        };
        printer.ordered = printer.in_sets();
        printer
    }

    /// The type of values.
    pub(super) fn value(&self, ty: &Ty) -> TokenStream {
        match ty {
            Ty::PlainInteger => quote!(i64),
            Ty::PlainNumber => quote!(f64),
            Ty::Inline(name) => self.named(name),
            Ty::Nullable(inner) => {
                let inner = self.value(inner);
                quote!(Option<#inner>)
            }
            Ty::Set(item) if !self.is_ordered(item, &mut HashSet::new()) => {
                let item = self.value(item);
                quote!(Vec<#item>)
            }
            _ => self.spelled(ty, &|inner| self.value(inner)),
        }
    }

    /// The type whose schema is printed.
    pub(super) fn schema(&self, ty: &Ty) -> TokenStream {
        match ty {
            Ty::PlainInteger => quote!(describe::PlainInteger),
            Ty::PlainNumber => quote!(describe::PlainNumber),
            Ty::Inline(name) => {
                let name = self.named(name);
                quote!(describe::Inline<#name>)
            }
            Ty::Nullable(inner) => {
                let inner = self.schema(inner);
                quote!(describe::Nullable<#inner>)
            }
            _ => self.spelled(ty, &|inner| self.schema(inner)),
        }
    }

    fn spelled(&self, ty: &Ty, below: &dyn Fn(&Ty) -> TokenStream) -> TokenStream {
        match ty {
            Ty::Unit => quote!(()),
            Ty::Any => quote!(Value),
            Ty::Bool => quote!(bool),
            Ty::String => quote!(String),
            Ty::Char => quote!(char),
            Ty::Integer(rust) | Ty::Float(rust) => {
                let rust = format_ident!("{rust}");
                quote!(#rust)
            }
            Ty::Uuid => quote!(Uuid),
            Ty::DateTime => quote!(DateTime<Utc>),
            Ty::Date => quote!(NaiveDate),
            Ty::NaiveDateTime => quote!(NaiveDateTime),
            Ty::Ip => quote!(IpAddr),
            Ty::Ipv4 => quote!(Ipv4Addr),
            Ty::Ipv6 => quote!(Ipv6Addr),
            Ty::Object => quote!(Map<String, Value>),
            Ty::Option(inner) | Ty::Nullable(inner) => {
                let inner = below(inner);
                quote!(Option<#inner>)
            }
            Ty::Vec(item) => {
                let item = below(item);
                quote!(Vec<#item>)
            }
            Ty::Set(item) => {
                let item = below(item);
                quote!(BTreeSet<#item>)
            }
            Ty::Array(item, count) => {
                let item = below(item);
                let count = Literal::usize_unsuffixed(*count);
                quote!([#item; #count])
            }
            Ty::Map(value) => {
                let value = below(value);
                quote!(BTreeMap<String, #value>)
            }
            Ty::Named(name) | Ty::Inline(name) => self.named(name),
            Ty::PlainInteger => quote!(i64),
            Ty::PlainNumber => quote!(f64),
        }
    }

    pub(super) fn named(&self, name: &str) -> TokenStream {
        if let Some(item) = self.pages.get(name) {
            let item = format_ident!("{item}");
            return quote!(ResultsPage<types::#item>);
        }
        let name = format_ident!("{name}");
        if self.outside {
            quote!(types::#name)
        } else {
            quote!(#name)
        }
    }

    /// The type of a field's values, in a box where the owner would hold itself.
    pub(super) fn boxed(&self, ty: &Ty, owner: &str) -> TokenStream {
        let recursive = ty.direct().is_some_and(|name| {
            name == owner
                || self
                    .reached
                    .get(name)
                    .is_some_and(|reached| reached.contains(owner))
        });
        match ty {
            _ if !recursive => self.value(ty),
            Ty::Option(inner) => {
                let inner = self.value(inner);
                quote!(Option<Box<#inner>>)
            }
            _ => {
                let value = self.value(ty);
                quote!(Box<#value>)
            }
        }
    }

    /// The attributes and the type of a field.
    pub(super) fn field(
        &mut self,
        field: &Field,
        owner: &str,
        renamed: bool,
        place: At,
    ) -> TokenStream {
        let name = ident(&field.field);
        let words = super::words::described(&field.words);
        let ty = self.boxed(&field.slot.ty, owner);
        let hint = format!("{owner} {}", field.field);
        let parameter = place == At::Parameter;
        let described = self.attribute(&field.slot, &hint, parameter);
        let mut serde: Vec<TokenStream> = Vec::new();
        if !renamed && field.field != field.name {
            let wire = &field.name;
            serde.push(quote!(rename = #wire));
        }
        let option = matches!(field.slot.ty, Ty::Option(_));
        match &field.presence {
            Presence::Required if option => {
                serde.push(quote!(deserialize_with = "Option::deserialize"))
            }
            Presence::Required => {}
            // schemars takes an `Option` for what it is only where it sees one.
            Presence::Optional if sees_option(&field.slot.described) => {}
            Presence::Optional => {
                serde.push(quote!(default, skip_serializing_if = "Option::is_none"));
            }
            Presence::Default(value) => serde.push(self.default(value, &field.slot.ty, &hint)),
        }
        let serde = (!serde.is_empty()).then(|| quote!(#[serde(#(#serde),*)]));
        let public = (place != At::Variant).then(|| quote!(pub));
        quote! {
            #words
            #serde
            #described
            #public #name: #ty,
        }
    }

    fn default(&mut self, value: &Value, ty: &Ty, hint: &str) -> TokenStream {
        let zero = match value {
            Value::Null => matches!(ty, Ty::Option(_) | Ty::Any),
            Value::Bool(value) => !value && *ty == Ty::Bool,
            Value::Number(number) => {
                number.as_f64() == Some(0.0)
                    && matches!(ty, Ty::Integer(rust) if !rust.starts_with('N'))
            }
            Value::String(text) => text.is_empty() && *ty == Ty::String,
            Value::Array(_) => matches!(ty, Ty::Vec(_) | Ty::Set(_)),
            Value::Object(_) => matches!(ty, Ty::Map(_) | Ty::Object),
        };
        if zero {
            return quote!(default);
        }
        let name = self.unused(&format!("default {hint}"));
        let ident = format_ident!("{name}");
        let outside = std::mem::replace(&mut self.outside, true);
        let held = self.value(ty);
        self.outside = outside;
        let body = match (value, ty) {
            (Value::Bool(value), Ty::Bool) => quote!(#value),
            (Value::String(text), Ty::String) => quote!(#text.to_owned()),
            (Value::Number(number), Ty::Integer(rust)) if !rust.starts_with('N') => {
                let number: TokenStream = number.to_string().parse().expect("a number is a token");
                quote!(#number)
            }
            _ => {
                let json = literal(value);
                quote!(serde_json::from_str(#json).expect("the generator has compared the default with its type"))
            }
        };
        let comment = format!(" What stands for an absent member: `{value}`.");
        self.defaults.push(quote! {
            #[doc = #comment]
            pub fn #ident() -> #held {
                #body
            }
        });
        let path = format!("crate::schemas::{name}");
        quote!(default = #path)
    }
}

/// Where a field stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Struct,
    Variant,
    Parameter,
}

fn sees_option(described: &Described) -> bool {
    matches!(
        described,
        Described::Derived(Ty::Option(_)) | Described::Checked(Ty::Option(_), _)
    )
}

/// A name as an identifier.
pub(super) fn ident(name: &str) -> Ident {
    format_ident!("{name}")
}
