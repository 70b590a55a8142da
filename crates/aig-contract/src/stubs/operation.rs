//! Operations: their parameters, and the trait that has one method for each.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::schema::{self, Written};
use super::{Emitter, docs};
use crate::model::{Media, Operation, Parameter, Schema};

impl Emitter<'_> {
    pub(super) fn operations(&mut self) -> TokenStream {
        let api = self.api;
        let parts: Vec<_> = api
            .operations
            .iter()
            .map(|operation| {
                let parameters = self.parameters(operation);
                let replies = self.replies(operation);
                let errors = self.errors(operation);
                quote!(#parameters #replies #errors)
            })
            .collect();
        let described = self.described();
        quote!(#(#parts)* #described)
    }

    fn parameters(&mut self, operation: &Operation) -> TokenStream {
        let groups = [
            ("Path", "path", &operation.path_parameters),
            ("Query", "query", &operation.query_parameters),
            ("Headers", "headers", &operation.header_parameters),
        ];
        let structs = groups.map(|(suffix, place, parameters)| {
            if parameters.is_empty() {
                return TokenStream::new();
            }
            let name = format_ident!("{}{suffix}", operation.type_name);
            let comment = format!(" What stands in the {place} of `{}`.", operation.id);
            let (mut fields, mut functions) = (Vec::new(), Vec::new());
            for parameter in parameters {
                let (field, function) = self.parameter(&name.to_string(), parameter);
                fields.push(field);
                functions.push(function);
            }
            quote! {
                #[doc = #comment]
                #[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
                pub struct #name {
                    #(#fields)*
                }

                impl #name {
                    #(#functions)*
                }
            }
        });
        quote!(#(#structs)*)
    }

    fn parameter(&mut self, owner: &str, parameter: &Parameter) -> (TokenStream, TokenStream) {
        let field = format_ident!("{}", parameter.field);
        let docs = docs::described(parameter.description.as_deref());
        let wire_name = &parameter.name;
        let rename = (parameter.field != *wire_name).then(|| quote!(#[serde(rename = #wire_name)]));
        let stem = parameter.field.trim_end_matches('_');
        let read = format_ident!("read_{stem}");
        let read_path = format!("{owner}::{read}");
        // Said by the function below: dropshot reads a parameter's schema in its own way.
        let held = Schema {
            description: None,
            default: None,
            ..parameter.schema.clone()
        };
        let hint = format!(
            "{owner}{}",
            heck::ToUpperCamelCase::to_upper_camel_case(stem)
        );
        let Written {
            value,
            schema: described,
        } = self.anywhere(&held, &hint);
        let default = parameter
            .schema
            .default
            .as_ref()
            .filter(|_| !parameter.required);
        let optional = !parameter.required && default.is_none();
        let ty = if optional {
            quote!(Option<#value>)
        } else {
            value.clone()
        };
        let default_name = format_ident!("default_{stem}");
        let default_path = format!("{owner}::{default_name}");
        let absent = match (optional, default) {
            (true, _) => quote!(default,),
            (false, Some(_)) => quote!(default = #default_path,),
            (false, None) => TokenStream::new(),
        };
        let reader = format_ident!("{}", if optional { "optional" } else { "required" });
        let kept = parameter.schema.default.is_some()
            || parameter.schema.description.is_some()
            || parameter.deprecated;
        let schema_name = format_ident!("schema_of_{stem}");
        let schema_path = format!("{owner}::{schema_name}");
        let with = if kept {
            // No derived default beside it: the function is the one that says it.
            Some(quote!(#[schemars(schema_with = #schema_path)]))
        } else {
            (optional || ty.to_string() != described.to_string())
                .then(|| schema::attribute(&described))
        };
        let default_item = default.map(|default| {
            let json = default.to_string();
            let comment = format!(" What `{wire_name}` is when it is absent.");
            quote! {
                #[doc = #comment]
                pub fn #default_name() -> #value {
                    wire::default_value(#json)
                }
            }
        });
        let schema_item = kept.then(|| {
            let description = match &parameter.schema.description {
                Some(text) => quote!(Some(#text)),
                None => quote!(None),
            };
            let said = match (&parameter.schema.default, default.is_some()) {
                (None, _) => quote!(None),
                (Some(_), true) => quote!(serde_json::to_value(Self::#default_name()).ok()),
                (Some(value), false) => {
                    let json = value.to_string();
                    quote!(Some(wire::default_value(#json)))
                }
            };
            let deprecated = parameter.deprecated;
            quote! {
                fn #schema_name(
                    generator: &mut schemars::r#gen::SchemaGenerator,
                ) -> schemars::schema::Schema {
                    wire::parameter_schema::<#described>(generator, #description, #said, #deprecated)
                }
            }
        });
        (
            quote! {
                #docs
                #rename
                #[serde(#absent deserialize_with = #read_path)]
                #with
                pub #field: #ty,
            },
            quote! {
                fn #read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<#ty, D::Error> {
                    wire::#reader(deserializer, #wire_name)
                }

                #default_item
                #schema_item
            },
        )
    }

    /// The trait.
    fn described(&mut self) -> TokenStream {
        let api = self.api;
        let name = format_ident!("{}", api.trait_name);
        let module = format_ident!(
            "{}_mod",
            heck::ToSnakeCase::to_snake_case(api.trait_name.as_str())
        );
        let comment = format!(" {}, {}.", api.title, api.version);
        let tags = api.tags.iter().map(|tag| {
            let name = &tag.name;
            let description = tag
                .description
                .as_ref()
                .map(|text| quote!(description = #text));
            quote!(#name = { #description })
        });
        let exactly_one = api
            .operations
            .iter()
            .all(|operation| operation.tags.len() == 1);
        let policy = format_ident!("{}", if exactly_one { "ExactlyOne" } else { "Any" });
        let methods: Vec<_> = api
            .operations
            .iter()
            .map(|operation| self.method(operation))
            .collect();
        quote! {
            #[doc = #comment]
            #[dropshot::api_description {
                tag_config = {
                    allow_other_tags = false,
                    policy = dropshot::EndpointTagPolicy::#policy,
                    tags = { #(#tags),* },
                },
            }]
            pub trait #name {
                /// What every operation can reach.
                type Context;

                #(#methods)*
            }

            /// The API as dropshot describes it, without anybody behind it.
            ///
            /// # Errors
            /// When dropshot refuses to register an operation.
            pub fn description() -> Result<
                dropshot::ApiDescription<dropshot::StubContext>,
                dropshot::ApiDescriptionBuildErrors,
            > {
                #module::stub_api_description()
            }
        }
    }

    fn method(&mut self, operation: &Operation) -> TokenStream {
        let name = format_ident!("{}", operation.method_name);
        let docs = docs::operation(operation);
        let method = format_ident!("{}", operation.method);
        let (path, id, tags) = (&operation.registered_path, &operation.id, &operation.tags);
        let deprecated = operation.deprecated.then(|| quote!(deprecated = true,));
        let ty = |suffix: &str| format_ident!("{}{suffix}", operation.type_name);
        let group = |parameters: &[Parameter], name: &str, extractor: &str, suffix: &str| {
            let (name, extractor, ty) = (
                format_ident!("{name}"),
                format_ident!("{extractor}"),
                ty(suffix),
            );
            (!parameters.is_empty()).then(|| quote!(#name: #extractor<#ty>,))
        };
        let in_path = group(&operation.path_parameters, "path", "Path", "Path");
        let query = group(&operation.query_parameters, "query", "Query", "Query");
        let headers = group(&operation.header_parameters, "headers", "Header", "Headers");
        let body = operation.body.as_ref().map(|body| match body.media {
            Media::Other(_) => quote!(body: UntypedBody,),
            Media::Json => {
                let hint = format!("{}Body", operation.type_name);
                let written = self.anywhere(&body.schema, &hint);
                let body = written.whole(&body.schema.shape);
                quote!(body: TypedBody<#body>,)
            }
        });
        let reply = ty(if operation.replies.len() == 1 {
            "Ok"
        } else {
            "Reply"
        });
        let error = ty("Error");
        quote! {
            #docs
            #[endpoint {
                method = #method,
                path = #path,
                operation_id = #id,
                tags = [#(#tags),*],
                #deprecated
            }]
            async fn #name(
                rqctx: RequestContext<Self::Context>,
                #in_path
                #query
                #headers
                #body
            ) -> Result<#reply, #error>;
        }
    }
}
