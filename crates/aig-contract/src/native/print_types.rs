//! The module of types: one item for each schema, with a derive of its schema
//! wherever that is the document's.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::definition::{Body, Definition, Described, Enum, Extra, Field, Kind, Slot, Tagging};
use super::print::{At, Printer, ident};
use super::rename::{Case, rename_all};
use super::ty::Ty;
use super::words;

impl Printer<'_> {
    /// Every type.
    pub(super) fn definitions(&mut self) -> TokenStream {
        let types = self.types;
        let items: Vec<_> = types
            .list
            .iter()
            .filter(|known| !self.pages.contains_key(&known.name))
            .cloned()
            .collect::<Vec<_>>()
            .iter()
            .map(|known| self.definition(known))
            .collect();
        quote!(#(#items)*)
    }

    fn definition(&mut self, definition: &Definition) -> TokenStream {
        let item = match &definition.kind {
            Kind::Struct { fields, extra } => self.structure(definition, fields, extra),
            Kind::Enum(choice) => self.choice(definition, choice),
            Kind::Newtype(slot) => self.newtype(definition, slot),
            Kind::AllOf(parts) => self.all_of(definition, parts),
        };
        let written = definition.written.as_ref().map(|schema| {
            let name = ident(&definition.name);
            let known_as = definition.schema_name.as_ref().unwrap_or(&definition.name);
            let function = self.unused(&definition.name);
            let body = self.written(schema);
            let function_name = format_ident!("{function}");
            self.descriptions.push((function, body));
            quote! {
                impl JsonSchema for #name {
                    fn schema_name() -> String {
                        #known_as.to_owned()
                    }

                    fn json_schema(
                        generator: &mut schemars::r#gen::SchemaGenerator,
                    ) -> schemars::schema::Schema {
                        crate::schemas::#function_name(generator)
                    }
                }
            }
        });
        quote!(#item #written)
    }

    /// What stands above a type: words, derives, its name in the document.
    pub(super) fn head(&self, definition: &Definition, unit: bool) -> TokenStream {
        let derived = definition.written.is_none();
        let comment = definition.words.description.as_deref().map(words::plain);
        let words = if derived {
            words::attributes(&definition.words)
        } else if definition.words.deprecated {
            // schemars' own attributes have no derive to read them.
            quote!(#[deprecated])
        } else {
            TokenStream::new()
        };
        let order = match (unit, self.ordered.contains(&definition.name)) {
            (true, _) => quote!(Copy, Eq, PartialOrd, Ord, Hash,),
            (false, true) => quote!(Eq, PartialOrd, Ord,),
            (false, false) => TokenStream::new(),
        };
        let schema = derived.then(|| quote!(, JsonSchema));
        let known_as = definition
            .schema_name
            .as_ref()
            .filter(|name| derived && **name != definition.name);
        let rename = known_as.map(|name| quote!(#[schemars(rename = #name)]));
        quote! {
            #comment
            #[derive(Clone, Debug, PartialEq, #order Serialize, Deserialize #schema)]
            #words
            #rename
        }
    }

    pub(super) fn structure(
        &mut self,
        definition: &Definition,
        fields: &[Field],
        extra: &Extra,
    ) -> TokenStream {
        let derived = definition.written.is_none();
        let head = self.head(definition, false);
        let name = ident(&definition.name);
        let (rule, attribute) = rename_all(
            fields.iter().map(|field| (&field.field, &field.name)),
            Case::field,
        );
        let body = self.fields(fields, &definition.name, rule, At::Struct, derived);
        let closed = matches!(extra, Extra::Refused).then(|| quote!(deny_unknown_fields));
        let attribute = serde([attribute, closed]);
        // Said to schemars alone, which otherwise forgets the schema of the rest.
        let closed = match extra {
            Extra::Kept(slot) if derived && slot.described != Described::Derived(Ty::Any) => {
                Some(quote!(#[schemars(deny_unknown_fields)]))
            }
            _ => None,
        };
        let extra = match extra {
            Extra::Ignored | Extra::Refused => None,
            Extra::Kept(slot) => Some(self.extra(slot, definition, derived)),
        };
        quote! {
            #head
            #attribute
            #closed
            pub struct #name {
                #body
                #extra
            }
        }
    }

    fn extra(&mut self, slot: &Slot, definition: &Definition, derived: bool) -> TokenStream {
        let held = self.value(&slot.ty);
        let map = if slot.ty == Ty::Any {
            quote!(Map<String, Value>)
        } else {
            quote!(BTreeMap<String, #held>)
        };
        let attribute = match &slot.described {
            _ if !derived => TokenStream::new(),
            Described::Derived(ty) => {
                let schema = self.schema(ty);
                let differs = schema.to_string() != held.to_string();
                if differs {
                    let with = super::print_schema::text_of(&quote!(BTreeMap<String, #schema>));
                    quote!(#[schemars(with = #with)])
                } else {
                    TokenStream::new()
                }
            }
            _ => {
                let hint = format!("{} extra", definition.name);
                let name = self.unused(&hint);
                let value = self.description(slot);
                self.descriptions
                    .push((name.clone(), quote!(describe::members(#value))));
                let path = format!("crate::schemas::{name}");
                quote!(#[schemars(schema_with = #path)])
            }
        };
        quote! {
            /// Members that have no field of their own.
            #[serde(flatten)]
            #attribute
            pub extra: #map,
        }
    }

    fn fields(
        &mut self,
        fields: &[Field],
        owner: &str,
        rule: Option<Case>,
        at: At,
        derived: bool,
    ) -> TokenStream {
        let fields: Vec<_> = fields
            .iter()
            .map(|field| {
                let renamed = rule.is_some_and(|rule| rule.field(&field.field) == field.name);
                if derived {
                    return self.field(field, owner, renamed, at);
                }
                // No derive reads what is said to schemars.
                let mut field = field.clone();
                let comment = field
                    .words
                    .description
                    .take()
                    .map(|text| words::plain(&text));
                field.words.title = None;
                let held = field.slot.ty.clone();
                let optional = matches!(held, Ty::Option(_));
                let seen = match &field.slot.described {
                    Described::Derived(ty @ Ty::Option(_))
                    | Described::Checked(ty @ Ty::Option(_), _) => ty.clone(),
                    _ if optional => Ty::Nullable(Box::new(Ty::Any)),
                    _ => held,
                };
                field.slot.described = Described::Derived(seen);
                let printed = self.field(&field, owner, renamed, at);
                quote!(#comment #printed)
            })
            .collect();
        let fields = quote!(#(#fields)*);
        if derived {
            fields
        } else {
            without_schemars(fields)
        }
    }

    pub(super) fn choice(&mut self, definition: &Definition, choice: &Enum) -> TokenStream {
        let derived = definition.written.is_none();
        let unit = choice
            .variants
            .iter()
            .all(|variant| matches!(variant.body, Body::Unit));
        let head = self.head(definition, unit);
        let name = ident(&definition.name);
        let tagging = match &choice.tagging {
            Tagging::External => None,
            Tagging::Internal(tag) => Some(quote!(tag = #tag)),
            Tagging::Adjacent(tag, content) => Some(quote!(tag = #tag, content = #content)),
            Tagging::Untagged => Some(quote!(untagged)),
        };
        let closed = choice.closed.then(|| quote!(deny_unknown_fields));
        let untagged = choice.tagging == Tagging::Untagged;
        let names = choice
            .variants
            .iter()
            .map(|variant| (&variant.name, &variant.wire));
        let (rule, attribute) = if untagged {
            (None, None)
        } else {
            rename_all(names, Case::variant)
        };
        let attribute = serde([tagging, attribute, closed]);
        let variants: Vec<_> = choice
            .variants
            .iter()
            .map(|variant| {
                let arm = ident(&variant.name);
                let words = if derived {
                    words::described(&variant.words)
                } else {
                    variant
                        .words
                        .description
                        .as_deref()
                        .map(words::plain)
                        .unwrap_or_default()
                };
                let same = untagged
                    || variant.name == variant.wire
                    || rule.is_some_and(|rule| rule.variant(&variant.name) == variant.wire);
                let wire = &variant.wire;
                let rename = (!same).then(|| quote!(#[serde(rename = #wire)]));
                let owner = format!("{}{}", definition.name, variant.name);
                let body = match &variant.body {
                    Body::Unit => TokenStream::new(),
                    Body::Newtype(slot) => {
                        let attribute = if derived {
                            self.attribute(slot, &owner, false)
                        } else {
                            TokenStream::new()
                        };
                        let held = self.boxed(&slot.ty, &definition.name);
                        quote!((#attribute #held))
                    }
                    Body::Struct(fields) => {
                        let fields =
                            self.fields(fields, &definition.name, None, At::Variant, derived);
                        quote!({ #fields })
                    }
                };
                quote!(#words #rename #arm #body)
            })
            .collect();
        quote! {
            #head
            #attribute
            pub enum #name {
                #(#variants,)*
            }
        }
    }

    fn all_of(&mut self, definition: &Definition, parts: &[(String, Slot)]) -> TokenStream {
        let head = self.head(definition, false);
        let name = ident(&definition.name);
        // Derived only where all parts have names, and then the schema is written anyway.
        let fields: Vec<_> = parts
            .iter()
            .map(|(field, slot)| {
                let field = ident(field);
                let held = self.value(&slot.ty);
                quote!(#[serde(flatten)] pub #field: #held,)
            })
            .collect();
        quote! {
            #head
            pub struct #name {
                #(#fields)*
            }
        }
    }
}

/// What is said to serde of a type, in one attribute.
fn serde<const N: usize>(said: [Option<TokenStream>; N]) -> Option<TokenStream> {
    let said: Vec<TokenStream> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| quote!(#[serde(#(#said),*)]))
}

/// Takes attributes of schemars away, which without its derive mean nothing.
fn without_schemars(tokens: TokenStream) -> TokenStream {
    use proc_macro2::TokenTree;
    let mut out: Vec<TokenTree> = Vec::new();
    for token in tokens {
        if let TokenTree::Group(group) = &token
            && group
                .stream()
                .into_iter()
                .next()
                .is_some_and(|first| first.to_string() == "schemars")
            && matches!(out.last(), Some(TokenTree::Punct(sign)) if sign.as_char() == '#')
        {
            out.pop();
            continue;
        }
        out.push(token);
    }
    out.into_iter().collect()
}
