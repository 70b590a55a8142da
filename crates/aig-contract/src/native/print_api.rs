//! Operations as tokens: parameters, answers, errors, and the trait that has one
//! method for each operation.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::Api;
use super::operation::{Answer, Body, Failure, Group, Held, Operation};
use super::print::{At, Printer, ident};
use super::words;

impl Printer<'_> {
    /// The structs of parameters.
    pub(super) fn parameters(&mut self, api: &Api<'_>) -> TokenStream {
        let mut out = TokenStream::new();
        for operation in &api.operations {
            let id = &operation.id;
            let query = if operation.paginated {
                format!(" What the first page of `{id}` is asked for by.")
            } else {
                format!(" What stands in the query of `{id}`.")
            };
            let groups = [
                (
                    &operation.path_parameters,
                    format!(" What stands in the path of `{id}`."),
                ),
                (&operation.query, query),
                (
                    &operation.headers,
                    format!(" Headers of a request for `{id}`."),
                ),
            ];
            for (group, comment) in groups {
                if let Some(group) = group {
                    out.extend(self.group(group, &comment, operation.paginated, false));
                }
            }
        }
        if api.operations.iter().any(|operation| operation.paginated) {
            out.extend(quote! {
                /// What a page token holds: where the next page starts. Put there whatever
                /// finds that place again.
                #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
                pub struct PageSelector {
                    /// The last item of the page before.
                    pub last_seen: String,
                }
            });
        }
        out
    }

    pub(super) fn group(
        &mut self,
        group: &Group,
        comment: &str,
        both: bool,
        reply: bool,
    ) -> TokenStream {
        let name = ident(&group.name);
        let derives = match (both, reply) {
            (_, true) => quote!(Serialize, JsonSchema),
            (true, _) => quote!(Serialize, Deserialize, JsonSchema),
            _ => quote!(Deserialize, JsonSchema),
        };
        let fields: Vec<_> = group
            .fields
            .iter()
            .map(|field| self.field(field, &group.name, false, At::Parameter))
            .collect();
        quote! {
            #[doc = #comment]
            #[derive(Clone, Debug, PartialEq, #derives)]
            pub struct #name {
                #(#fields)*
            }
        }
    }

    /// The type of what a body holds.
    pub(super) fn held(&self, held: &Held) -> TokenStream {
        match &held.wrapper {
            Some(name) => {
                let name = ident(name);
                quote!(answers::#name)
            }
            None => self.value(&held.ty),
        }
    }

    /// The trait.
    pub(super) fn api(&mut self, api: &Api<'_>) -> TokenStream {
        let name = ident(&api.trait_name);
        let comment = format!(" {}.", api.title.trim_end_matches('.'));
        let methods: Vec<_> = api
            .operations
            .iter()
            .map(|operation| {
                let signature = self.signature(operation);
                let words = words::operation(
                    operation.summary.as_deref(),
                    operation.description.as_deref(),
                );
                let attribute = attribute(operation);
                quote!(#words #attribute #signature;)
            })
            .collect();
        let tags: Vec<_> = api.tags.iter().map(tag).collect();
        let config = (!tags.is_empty()).then(|| {
            quote! {
                {
                    tag_config = {
                        allow_other_tags = true,
                        tags = { #(#tags),* },
                    },
                }
            }
        });
        quote! {
            #[doc = #comment]
            #[dropshot::api_description #config]
            pub trait #name {
                /// What every operation can reach.
                type Context;

                #(#methods)*
            }
        }
    }

    fn signature(&mut self, operation: &Operation) -> TokenStream {
        let name = ident(&operation.method_name);
        let group = |group: &Option<Group>, argument: &str, extractor: &str| {
            group.as_ref().map(|group| {
                let (argument, extractor, ty) =
                    (ident(argument), ident(extractor), ident(&group.name));
                quote!(#argument: #extractor<parameters::#ty>,)
            })
        };
        let path = group(&operation.path_parameters, "path", "Path");
        let headers = group(&operation.headers, "headers", "Header");
        let query = if operation.paginated {
            let scan = match &operation.query {
                Some(group) => {
                    let name = ident(&group.name);
                    quote!(parameters::#name)
                }
                None => quote!(EmptyScanParams),
            };
            Some(quote!(query: Query<PaginationParams<#scan, parameters::PageSelector>>,))
        } else {
            group(&operation.query, "query", "Query")
        };
        let body = operation.body.as_ref().map(|body| match body {
            Body::Bytes => quote!(body: UntypedBody,),
            Body::Multipart => quote!(body: MultipartBody,),
            Body::Json(held) | Body::Form(held) => {
                let held = self.held(held);
                quote!(body: TypedBody<#held>,)
            }
        });
        let (socket, result) = if matches!(operation.answer, Answer::Channel) {
            (
                Some(quote!(connection: WebsocketConnection,)),
                quote!(WebsocketChannelResult),
            )
        } else {
            let answer = self.answer_type(&operation.answer);
            let error = match &operation.error {
                Failure::Http => quote!(HttpError),
                Failure::Declared(name) => {
                    let name = ident(name);
                    quote!(answers::#name)
                }
            };
            let upgrade = operation.socket.then(|| quote!(upgrade: WebsocketUpgrade,));
            (upgrade, quote!(Result<#answer, #error>))
        };
        quote! {
            async fn #name(
                rqctx: RequestContext<Self::Context>,
                #path
                #query
                #headers
                #body
                #socket
            ) -> #result
        }
    }

    /// An implementation that answers 501 to everything.
    pub(super) fn skeleton(&mut self, api: &Api<'_>) -> TokenStream {
        let name = ident(&api.trait_name);
        let methods: Vec<_> = api
            .operations
            .iter()
            .map(|operation| {
                let signature = self.signature(operation);
                let signature = unused_arguments(signature);
                quote! {
                    #signature {
                        Err(not_implemented().into())
                    }
                }
            })
            .collect();
        quote! {
            /// Nothing yet: every operation answers 501. Take it as a start.
            #[derive(Clone, Copy, Debug)]
            pub enum Skeleton {}

            impl #name for Skeleton {
                type Context = ();

                #(#methods)*
            }

            fn not_implemented() -> HttpError {
                HttpError {
                    status_code: ErrorStatusCode::NOT_IMPLEMENTED,
                    error_code: None,
                    external_message: "Not Implemented".to_owned(),
                    internal_message: "this operation is still to be written".to_owned(),
                    headers: None,
                }
            }
        }
    }
}

/// The module that dropshot's macro makes beside the trait.
pub(super) fn module(trait_name: &str) -> proc_macro2::Ident {
    format_ident!("{}_mod", trait_name.to_snake_case())
}

/// Arguments that nothing is done with begin with an underscore.
fn unused_arguments(signature: TokenStream) -> TokenStream {
    use proc_macro2::{Group, TokenTree};
    let mut out: Vec<TokenTree> = Vec::new();
    for token in signature {
        match token {
            TokenTree::Group(group)
                if group.delimiter() == proc_macro2::Delimiter::Parenthesis
                    && matches!(out.last(), Some(TokenTree::Ident(_))) =>
            {
                let mut inner: Vec<TokenTree> = Vec::new();
                let mut depth = 0i32;
                let mut first = true;
                for token in group.stream() {
                    let mut token = token;
                    if let TokenTree::Punct(sign) = &token {
                        match sign.as_char() {
                            '<' => depth += 1,
                            '>' => depth -= 1,
                            ',' if depth == 0 => {
                                first = true;
                                inner.push(token);
                                continue;
                            }
                            _ => {}
                        }
                    }
                    if first && let TokenTree::Ident(name) = &token {
                        token = format_ident!("_{name}").into();
                        first = false;
                    }
                    inner.push(token);
                }
                out.push(Group::new(group.delimiter(), inner.into_iter().collect()).into());
            }
            other => out.push(other),
        }
    }
    out.into_iter().collect()
}

fn attribute(operation: &Operation) -> TokenStream {
    let (path, id, tags) = (&operation.path, &operation.id, &operation.tags);
    let id = (operation.method_name != *id).then(|| quote!(operation_id = #id,));
    let tags = (!tags.is_empty()).then(|| quote!(tags = [#(#tags),*],));
    let deprecated = operation.deprecated.then(|| quote!(deprecated = true,));
    if matches!(operation.answer, Answer::Channel) {
        return quote! {
            #[channel {
                protocol = WEBSOCKETS,
                path = #path,
                #id
                #tags
                #deprecated
            }]
        };
    }
    let method = ident(&operation.method);
    let form = matches!(operation.body, Some(Body::Form(_)))
        .then(|| quote!(content_type = "application/x-www-form-urlencoded",));
    let multipart = matches!(operation.body, Some(Body::Multipart))
        .then(|| quote!(content_type = "multipart/form-data",));
    quote! {
        #[endpoint {
            method = #method,
            path = #path,
            #id
            #tags
            #form
            #multipart
            #deprecated
        }]
    }
}

pub(super) fn tag(tag: &Value) -> TokenStream {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = text(tag, "name").unwrap_or_default();
    let description = text(tag, "description").map(|said| quote!(description = #said,));
    let docs = tag.get("externalDocs").map(|docs| {
        let url = text(docs, "url").unwrap_or_default();
        let said = text(docs, "description").map(|said| quote!(description = #said,));
        quote!(external_docs = { #said url = #url },)
    });
    quote!(#name = { #description #docs })
}
