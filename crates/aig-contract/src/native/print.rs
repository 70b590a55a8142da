//! Types as tokens: how a type is spelled for values and for schemas, and the
//! attributes by which the two are told apart.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::{Map, Value};

use super::definition::{Body, Checks, Definition, Described, Extra, Field, Kind, Presence, Slot};
use super::infer::Types;
use super::schema::{for_schemars, references};
use super::ty::Ty;

/// What is known while files are printed.
pub(super) struct Printer<'a> {
    pub(super) types: &'a Types<'a>,
    /// Functions that describe what no derive can, by name.
    pub(super) descriptions: Vec<(String, TokenStream)>,
    /// Functions that say what is taken for an absent member.
    pub(super) defaults: Vec<TokenStream>,
    given: HashSet<String>,
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

    fn named(&self, name: &str) -> TokenStream {
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
                let ident = format_ident!("{name}");
                let function = quote! {
                    pub fn #ident(generator: &mut SchemaGenerator) -> Schema {
                        #expression
                    }
                };
                let path = format!("crate::schemas::{name}");
                self.descriptions.push((name, function));
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

    fn extended(&mut self, ty: &Ty, more: &Map<String, Value>) -> TokenStream {
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
        quote! {
            {
                #(generator.subschema_for::<#known>();)*
                describe::written(#schema)
            }
        }
    }

    /// The types of the schemas that a schema refers to.
    fn referred(&mut self, schema: &Value) -> Vec<TokenStream> {
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

    /// Types whose values have to be comparable, since they stand in sets.
    fn in_sets(&self) -> HashSet<String> {
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
    fn is_ordered(&self, ty: &Ty, seen: &mut HashSet<String>) -> bool {
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
fn pages(types: &Types<'_>) -> HashMap<String, String> {
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
fn reached(list: &[Definition]) -> HashMap<String, HashSet<String>> {
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

/// A name as an identifier.
pub(super) fn ident(name: &str) -> Ident {
    format_ident!("{name}")
}
