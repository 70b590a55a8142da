//! Schemas as tokens: attributes where schemars has them, and functions where it has
//! not.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value};

use super::definition::{Checks, Described, Slot};
use super::print::Printer;
use super::schema::{for_schemars, references};
use super::ty::Ty;

impl Printer<'_> {
    /// The attribute by which a slot's schema is not what its type says. `hint` names
    /// the function, should there be one.
    pub(super) fn attribute(&mut self, slot: &Slot, hint: &str, parameter: bool) -> TokenStream {
        match &slot.described {
            Described::Derived(ty) => {
                let (value, schema) = (self.value(&slot.ty), self.schema(ty));
                if value.to_string() == schema.to_string() {
                    return TokenStream::new();
                }
                let with = text_of(&schema);
                quote!(#[schemars(with = #with)])
            }
            Described::Checked(ty, checks) => {
                let (value, schema) = (self.value(&slot.ty), self.schema(ty));
                let with = (value.to_string() != schema.to_string()).then(|| {
                    let with = text_of(&schema);
                    quote!(with = #with,)
                });
                let checks = attributes(checks);
                quote!(#[schemars(#with #checks)])
            }
            Described::Extended(..) | Described::Written(_) => {
                let name = self.unused(hint);
                let expression = self.description(slot);
                let expression = if parameter {
                    quote!(describe::kept(#expression))
                } else {
                    expression
                };
                let path = format!("crate::schemas::{name}");
                self.descriptions.push((name, expression));
                quote!(#[schemars(schema_with = #path)])
            }
        }
    }

    /// The schema of a slot, as an expression of the module of schemas.
    pub(super) fn description(&mut self, slot: &Slot) -> TokenStream {
        let outside = std::mem::replace(&mut self.outside, true);
        let out = match &slot.described {
            Described::Derived(ty) => {
                let ty = self.schema(ty);
                quote!(generator.subschema_for::<#ty>())
            }
            Described::Checked(ty, checks) => {
                let mut more = Map::new();
                if let Value::Object(said) = checks_as_keywords(ty, checks) {
                    more.extend(said);
                }
                self.extended(ty, &more)
            }
            Described::Extended(ty, more) => self.extended(ty, more),
            Described::Written(schema) => self.written(schema),
        };
        self.outside = outside;
        out
    }

    pub(super) fn extended(&mut self, ty: &Ty, more: &Map<String, Value>) -> TokenStream {
        let ty = self.schema(ty);
        let mut more = more.clone();
        // Said in schemars' way, and only what is said here.
        if let Value::Object(said) = for_schemars(&Value::Object(more.clone())) {
            more = said;
        }
        let known = self.referred(&Value::Object(more.clone()));
        let keywords = literal(&Value::Object(more));
        if known.is_empty() {
            return quote!(describe::extended::<#ty>(generator, #keywords));
        }
        quote! {
            {
                #(generator.subschema_for::<#known>();)*
                describe::extended::<#ty>(generator, #keywords)
            }
        }
    }

    /// A schema that is no type's, with the schemas it refers to.
    pub(super) fn written(&mut self, schema: &Value) -> TokenStream {
        let known = self.referred(schema);
        let schema = literal(&for_schemars(schema));
        if known.is_empty() {
            return quote!(describe::written(#schema));
        }
        quote! {
            {
                #(generator.subschema_for::<#known>();)*
                describe::written(#schema)
            }
        }
    }

    /// The types of the schemas that a schema refers to.
    pub(super) fn referred(&mut self, schema: &Value) -> Vec<TokenStream> {
        let outside = std::mem::replace(&mut self.outside, true);
        let mut names = Vec::new();
        references(schema, &mut names);
        let known = names
            .iter()
            .filter_map(|name| self.types.named(name))
            .map(|name| self.named(name))
            .collect();
        self.outside = outside;
        known
    }

    /// A name that no function has yet.
    pub(super) fn unused(&mut self, hint: &str) -> String {
        let wanted = crate::model::names::field_name(hint);
        let mut name = wanted.clone();
        let mut number = 2;
        while !self.given.insert(name.clone()) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        name
    }
}

fn attributes(checks: &Checks) -> TokenStream {
    let number =
        |value: &Value| -> TokenStream { value.to_string().parse().expect("a number is a token") };
    let pair = |name: &str, least: Option<TokenStream>, most: Option<TokenStream>| {
        let name = format_ident!("{name}");
        let bounds: Vec<TokenStream> = [("min", least), ("max", most)]
            .into_iter()
            .filter_map(|(key, bound)| {
                let key = format_ident!("{key}");
                bound.map(|bound| quote!(#key = #bound))
            })
            .collect();
        (!bounds.is_empty()).then(|| quote!(#name(#(#bounds),*)))
    };
    let count = |count: Option<u64>| count.map(|count| number(&Value::from(count)));
    let range = pair(
        "range",
        checks.least.as_ref().map(number),
        checks.most.as_ref().map(number),
    );
    let length = pair("length", count(checks.shortest), count(checks.longest));
    let pattern = checks
        .pattern
        .as_ref()
        .map(|pattern| quote!(regex(pattern = #pattern)));
    let format = checks.format.as_ref().map(|format| match format.as_str() {
        "email" => quote!(email),
        _ => quote!(url),
    });
    let all: Vec<TokenStream> = [range, length, pattern, format]
        .into_iter()
        .flatten()
        .collect();
    quote!(#(#all),*)
}

fn checks_as_keywords(ty: &Ty, checks: &Checks) -> Value {
    let list = matches!(ty, Ty::Vec(_) | Ty::Set(_) | Ty::Array(..));
    let slot = Slot {
        ty: Ty::Any,
        described: Described::Checked(
            if list {
                Ty::Vec(Box::new(Ty::Any))
            } else {
                Ty::Any
            },
            checks.clone(),
        ),
    };
    let mut said = slot.schema(&Nobody);
    if let Some(members) = said.as_object_mut() {
        members.shift_remove("type");
        members.shift_remove("items");
    }
    said
}

/// For schemas in which no other type stands.
struct Nobody;

impl super::ty::Known for Nobody {
    fn schema_name(&self, rust: &str) -> String {
        rust.to_owned()
    }

    fn inline(&self, _: &str) -> Value {
        Value::Null
    }
}

/// JSON as a raw string, so that it reads as JSON.
pub(super) fn literal(value: &Value) -> TokenStream {
    let text = value.to_string();
    let text = if text.len() > 60 {
        format!("{value:#}")
    } else {
        text
    };
    let mut hashes = "#".to_owned();
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    let raw = format!("r{hashes}\"{text}\"{hashes}");
    raw.parse().expect("a raw string is a token")
}

/// Tokens as a reader would write them.
pub(super) fn text_of(tokens: &TokenStream) -> String {
    tokens
        .to_string()
        .replace(" :: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace("< ", "<")
        .replace(" ,", ",")
        .replace(" ;", ";")
}
