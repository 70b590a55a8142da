//! The types of the contract's schemas.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::schema::{self, Written};
use super::{Emitter, docs};
use crate::model::{Alternative, Discriminator, Extra, Field, Kind, Schema, TypeDef, Variant};

impl Emitter<'_> {
    pub(super) fn types(&mut self) -> TokenStream {
        let api = self.api;
        let types: Vec<_> = api
            .types
            .iter()
            .map(|known| self.definition(known))
            .collect();
        let rules = self.rules();
        quote!(#(#types)* #rules)
    }

    fn definition(&mut self, definition: &TypeDef) -> TokenStream {
        match &definition.kind {
            Kind::Struct { fields, extra } => self.structure(definition, fields, extra),
            Kind::Enum(variants) => enumeration(definition, variants),
            Kind::Newtype(schema) => self.newtype(definition, schema),
            Kind::OneOf {
                variants,
                any,
                tag,
                discriminator,
            } => self.one_of(definition, variants, *any, tag.as_deref(), *discriminator),
            Kind::AllOf(parts) => self.all_of(definition, parts),
        }
    }

    fn structure(&mut self, definition: &TypeDef, fields: &[Field], extra: &Extra) -> TokenStream {
        let name = format_ident!("{}", definition.name);
        let docs = docs::described(definition.description.as_deref());
        let rename = renamed(definition);
        let mut defaults = Vec::new();
        let fields: Vec<_> = fields
            .iter()
            .map(|field| self.field(definition, field, &mut defaults))
            .collect();
        let refuse = match extra {
            Extra::Ignored => None,
            Extra::Refused => Some(quote!(#[serde(deny_unknown_fields)])),
            // Said to schemars only, which forgets the schema of flattened members
            // unless it has "none" to put it in the place of.
            Extra::Kept(_) => Some(quote!(#[schemars(deny_unknown_fields)])),
        };
        let extra_kind = extra;
        let extra = match extra {
            Extra::Ignored | Extra::Refused => None,
            Extra::Kept(schema) => {
                let written = self.anywhere(schema, &format!("{name}Extra"));
                let with = written.differ().then(|| {
                    let schema = &written.schema;
                    schema::attribute(&quote!(BTreeMap<String, #schema>))
                });
                let value = &written.value;
                let map = if value.to_string() == "Value" {
                    quote!(Map<String, Value>)
                } else {
                    quote!(BTreeMap<String, #value>)
                };
                Some(quote! {
                    /// Members that have no field of their own.
                    #[serde(flatten)]
                    #with
                    pub extra: #map,
                })
            }
        };
        // A struct with flattened members is read from an object anyway.
        let plain = matches!(extra_kind, Extra::Ignored | Extra::Refused);
        let remote = plain.then(|| quote!(remote = "Self",));
        let complete = plain.then(|| quote!(wire::object!(#name);));
        let defaults = (!defaults.is_empty()).then(|| quote!(impl #name { #(#defaults)* }));
        quote! {
            #docs
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
            #rename
            #refuse
            #[serde(#remote expecting = "an object")]
            pub struct #name {
                #(#fields)*
                #extra
            }
            #complete
            #defaults
        }
    }

    fn field(
        &mut self,
        owner: &TypeDef,
        field: &Field,
        defaults: &mut Vec<TokenStream>,
    ) -> TokenStream {
        let name = format_ident!("{}", field.field);
        let docs = docs::described(field.schema.description.as_deref());
        let rename = (field.field != field.name).then(|| {
            let wire = &field.name;
            quote!(#[serde(rename = #wire)])
        });
        let hint = format!("{}{}", owner.name, camel(&field.field));
        let default = field.schema.default.as_ref().filter(|_| !field.required);
        // What the field's own attributes say is not said by its type again.
        let marked = Schema {
            description: None,
            default: field.schema.default.clone().filter(|_| field.required),
            nullable: false,
            ..field.schema.clone()
        };
        let Written {
            value,
            schema: described,
        } = self.anywhere(&marked, &hint);
        let boxed = self.api.is_recursive(&owner.name, &field.schema.shape);
        let held = if boxed {
            quote!(Box<#value>)
        } else {
            value.clone()
        };
        let or_null = quote!(Nullable<#described>);
        let (ty, serde, described) = match (field.required, field.schema.nullable, default) {
            (true, false, _) => (held, None, described),
            (true, true, _) => (
                quote!(Option<#held>),
                Some(quote!(deserialize_with = "wire::nullable")),
                or_null,
            ),
            (false, false, None) => (
                quote!(Option<#held>),
                Some(quote!(
                    default,
                    skip_serializing_if = "Option::is_none",
                    deserialize_with = "wire::some"
                )),
                described,
            ),
            (false, true, None) => (
                quote!(Option<Option<#held>>),
                Some(quote!(
                    default,
                    skip_serializing_if = "Option::is_none",
                    deserialize_with = "wire::maybe_null"
                )),
                or_null,
            ),
            (false, nullable, Some(default)) => {
                let ty = if nullable {
                    quote!(Option<#held>)
                } else {
                    held
                };
                let function = format_ident!("default_{}", field.field.trim_end_matches('_'));
                let path = format!("{}::{function}", owner.name);
                let json = default.to_string();
                let comment = format!(" What `{}` is when it is absent.", field.name);
                defaults.push(quote! {
                    #[doc = #comment]
                    pub fn #function() -> #ty {
                        wire::default_value(#json)
                    }
                });
                let read = nullable.then(|| quote!(, deserialize_with = "wire::nullable"));
                let described = if nullable { or_null } else { described };
                (ty, Some(quote!(default = #path #read)), described)
            }
        };
        // schemars looks through a box, and into an `Option` in its own way.
        let as_it_is = if boxed { &value } else { &ty };
        let optional = field.schema.nullable || (!field.required && default.is_none());
        let with = (optional || as_it_is.to_string() != described.to_string())
            .then(|| schema::attribute(&described));
        let serde = serde.map(|serde| quote!(#[serde(#serde)]));
        quote! {
            #docs
            #rename
            #serde
            #with
            pub #name: #ty,
        }
    }

    fn newtype(&mut self, definition: &TypeDef, schema: &Schema) -> TokenStream {
        let name = format_ident!("{}", definition.name);
        let docs = docs::described(definition.description.as_deref());
        let rename = renamed(definition);
        let written = self.anywhere(schema, &definition.name);
        let with = written.differ().then(|| schema::attribute(&written.schema));
        let boxed = self.api.is_recursive(&definition.name, &schema.shape);
        let value = &written.value;
        let held = if boxed {
            quote!(Box<#value>)
        } else {
            quote!(#value)
        };
        let parameter = (!schema.nullable && self.is_scalar(&schema.shape)).then(|| {
            quote! {
                impl wire::Parameter for #name {
                    fn from_text(text: &str) -> Result<Self, wire::Refused> {
                        wire::Parameter::from_text(text).map(Self)
                    }
                }
            }
        });
        quote! {
            #docs
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
            #rename
            pub struct #name(#with pub #held);

            impl std::ops::Deref for #name {
                type Target = #held;

                fn deref(&self) -> &Self::Target {
                    &self.0
                }
            }

            #parameter
        }
    }

    fn one_of(
        &mut self,
        definition: &TypeDef,
        variants: &[Alternative],
        any: bool,
        tag: Option<&str>,
        discriminator: Discriminator,
    ) -> TokenStream {
        let name = format_ident!("{}", definition.name);
        let comment = definition.description.as_deref().map(docs::comment);
        let (mut arms, mut list) = (Vec::new(), Vec::new());
        for variant in variants {
            let arm = format_ident!("{}", variant.name);
            let hint = format!("{}{}", definition.name, variant.name);
            let Written { value, schema } = self.anywhere(&variant.schema, &hint);
            let boxed = self
                .api
                .is_recursive(&definition.name, &variant.schema.shape);
            let held = if boxed { quote!(Box<#value>) } else { value };
            let key = variant.tag.as_deref().unwrap_or(&variant.name);
            arms.push(quote!(#arm(#held)));
            list.push(quote! {
                (
                    #key,
                    |generator| generator.subschema_for::<#schema>(),
                    |value| serde_json::from_value(value).map(Self::#arm),
                )
            });
        }
        let tag = match tag {
            Some(tag) => quote!(Some(#tag)),
            None => quote!(None),
        };
        let discriminator = match discriminator {
            Discriminator::Silent => None,
            Discriminator::Named => Some(quote!(Named)),
            Discriminator::Mapped => Some(quote!(Mapped)),
        }
        .map(|said| quote!(const DISCRIMINATOR: wire::Discriminator = wire::Discriminator::#said;));
        let read = format_ident!("{}", if any { "read_any" } else { "read_one" });
        let schema = format_ident!("{}", if any { "AnyOf" } else { "OneOf" });
        let described = schema_impl(definition, &quote!(wire::#schema::<Self>));
        quote! {
            #comment
            #[derive(Clone, Debug, PartialEq, Serialize)]
            #[serde(untagged)]
            pub enum #name {
                #(#arms,)*
            }

            impl wire::Variants for #name {
                const TAG: Option<&'static str> = #tag;
                #discriminator
                const VARIANTS: &'static [wire::Variant<Self>] = &[#(#list),*];
            }

            impl<'de> Deserialize<'de> for #name {
                fn deserialize<D: serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> Result<Self, D::Error> {
                    <Self as wire::Variants>::#read(deserializer)
                }
            }

            #described
        }
    }

    fn all_of(&mut self, definition: &TypeDef, parts: &[Field]) -> TokenStream {
        let name = format_ident!("{}", definition.name);
        let comment = definition.description.as_deref().map(docs::comment);
        let (mut fields, mut schemas) = (Vec::new(), Vec::new());
        for part in parts {
            let field = format_ident!("{}", part.field);
            let hint = format!("{}{}", definition.name, camel(&part.field));
            let Written { value, schema } = self.anywhere(&part.schema, &hint);
            fields.push(quote!(#[serde(flatten)] pub #field: #value));
            schemas.push(schema);
        }
        let described = schema_impl(definition, &quote!(wire::AllOf::<(#(#schemas,)*)>));
        quote! {
            #comment
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[serde(expecting = "an object")]
            pub struct #name {
                #(#fields,)*
            }

            #described
        }
    }
}

/// A schema that is another type's, under a name and a description of its own.
fn schema_impl(definition: &TypeDef, source: &TokenStream) -> TokenStream {
    let name = format_ident!("{}", definition.name);
    let schema_name = definition.schema_name.as_ref().unwrap_or(&definition.name);
    let description = definition
        .description
        .as_ref()
        .map(|text| quote!(schema.metadata().description = Some(#text.to_owned());));
    let mutable = description.as_ref().map(|_| quote!(mut));
    quote! {
        impl JsonSchema for #name {
            fn schema_name() -> String {
                #schema_name.to_owned()
            }

            fn json_schema(
                generator: &mut schemars::r#gen::SchemaGenerator,
            ) -> schemars::schema::Schema {
                let #mutable schema = #source::json_schema(generator).into_object();
                #description
                schema.into()
            }
        }
    }
}

fn enumeration(definition: &TypeDef, variants: &[Variant]) -> TokenStream {
    let name = format_ident!("{}", definition.name);
    let docs = docs::described(definition.description.as_deref());
    let rename = renamed(definition);
    let arms = variants.iter().map(|variant| {
        let arm = format_ident!("{}", variant.name);
        let value = &variant.value;
        let rename = (variant.name != *value).then(|| quote!(#[serde(rename = #value)]));
        quote!(#rename #arm)
    });
    let texts = variants.iter().map(|variant| {
        let arm = format_ident!("{}", variant.name);
        let value = &variant.value;
        quote!(Self::#arm => #value)
    });
    quote! {
        #docs
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #rename
        #[serde(remote = "Self")]
        pub enum #name {
            #(#arms,)*
        }

        wire::enumeration!(#name);

        impl #name {
            /// The text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    #(#texts,)*
                }
            }
        }

        impl wire::Parameter for #name {
            fn from_text(text: &str) -> Result<Self, wire::Refused> {
                wire::enumerated(text)
            }
        }
    }
}

/// The name of the schema, where it is not the name of the type.
fn renamed(definition: &TypeDef) -> Option<TokenStream> {
    let name = definition.schema_name.as_ref()?;
    (*name != definition.name).then(|| quote!(#[serde(rename = #name)]))
}

fn camel(field: &str) -> String {
    heck::ToUpperCamelCase::to_upper_camel_case(field)
}
