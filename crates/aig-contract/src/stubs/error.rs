//! How operations fail: an enum with a variant for each declared status, and what
//! dropshot cannot say of an operation, which travels in the schema of that enum.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Emitter, docs};
use crate::model::{Media, Operation, Reply, Status};

impl Emitter<'_> {
    pub(super) fn errors(&mut self, operation: &Operation) -> TokenStream {
        let name = format_ident!("{}Error", operation.type_name);
        let comment = format!(" How `{}` fails.", operation.id);
        let (mut arms, mut statuses, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        for error in &operation.errors {
            let arm = format_ident!("{}", error.variant);
            let docs = docs::comment(&error.description);
            let held = error
                .content
                .as_ref()
                .map(|(_, schema)| self.anywhere(schema, &format!("{name}{arm}")).value);
            let single = match error.status {
                Status::Code(code) => Some(error_status(code)),
                Status::Range(_) | Status::Default => None,
            };
            match (single, held) {
                (Some(status), Some(held)) => {
                    arms.push(quote!(#docs #arm(#held)));
                    statuses.push(quote!(Self::#arm(_) => #status));
                    bodies.push(quote!(Self::#arm(body) => body.serialize(serializer)));
                }
                (Some(status), None) => {
                    arms.push(quote!(#docs #arm));
                    statuses.push(quote!(Self::#arm => #status));
                    bodies.push(quote!(Self::#arm => serializer.serialize_unit()));
                }
                (None, Some(held)) => {
                    arms.push(quote!(#docs #arm(ErrorStatusCode, #held)));
                    statuses.push(quote!(Self::#arm(status, _) => *status));
                    bodies.push(quote!(Self::#arm(_, body) => body.serialize(serializer)));
                }
                (None, None) => {
                    arms.push(quote!(#docs #arm(ErrorStatusCode)));
                    statuses.push(quote!(Self::#arm(status) => *status));
                    bodies.push(quote!(Self::#arm(_) => serializer.serialize_unit()));
                }
            }
        }
        let schema_name = name.to_string();
        let declared = self.declared(operation);
        let uniform = self.uniform(operation);
        quote! {
            #[doc = #comment]
            #[derive(Debug)]
            pub enum #name {
                #(#arms,)*
                /// What dropshot found wrong with the request before it reached the operation.
                Other(HttpError),
            }

            impl Serialize for #name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    match self {
                        #(#bodies,)*
                        Self::Other(error) => declared::native(error).serialize(serializer),
                    }
                }
            }

            impl HttpResponseError for #name {
                fn status_code(&self) -> ErrorStatusCode {
                    match self {
                        #(#statuses,)*
                        Self::Other(error) => error.status_code,
                    }
                }
            }

            impl std::fmt::Display for #name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    match self {
                        Self::Other(error) => error.fmt(f),
                        declared => write!(f, "{}: {declared:?}", declared.status_code()),
                    }
                }
            }

            impl From<HttpError> for #name {
                fn from(error: HttpError) -> Self {
                    Self::Other(error)
                }
            }

            impl JsonSchema for #name {
                fn is_referenceable() -> bool {
                    false
                }

                fn schema_name() -> String {
                    #schema_name.to_owned()
                }

                fn json_schema(
                    generator: &mut schemars::r#gen::SchemaGenerator,
                ) -> schemars::schema::Schema {
                    declared::Declared::new(generator)
                        #declared
                        .schema()
                }
            }

            #uniform
        }
    }

    /// Everything that dropshot cannot say of an operation.
    fn declared(&mut self, operation: &Operation) -> TokenStream {
        let mut calls = Vec::new();
        let carried = operation
            .replies
            .iter()
            .enumerate()
            .filter(|(index, reply)| *index > 0 || !reply.is_native())
            .map(|(_, reply)| reply);
        for reply in carried.chain(&operation.errors) {
            let status = reply.status.spelled();
            let description = &reply.description;
            match &reply.content {
                None => calls.push(quote!(.without_body(#status, #description))),
                Some((media, schema)) => {
                    let hint = format!("{}{}", operation.type_name, reply.variant);
                    let schema = self.anywhere(schema, &hint).schema;
                    let media = media.name();
                    calls.push(quote!(.with_body::<#schema>(#status, #description, #media)));
                }
            }
        }
        if let Some(body) = &operation.body
            && let Media::Other(media) = &body.media
        {
            let hint = format!("{}Body", operation.type_name);
            let schema = self.anywhere(&body.schema, &hint).schema;
            calls.push(quote!(.request_body::<#schema>(#media)));
        }
        if !operation.documentation_survives() {
            let (summary, description) = (&operation.summary, &operation.description);
            let said = |text: &Option<String>| match text {
                Some(text) => quote!(Some(#text)),
                None => quote!(None),
            };
            let (summary, description) = (said(summary), said(description));
            calls.push(quote!(.documentation(#summary, #description)));
        }
        quote!(#(#calls)*)
    }

    fn uniform(&mut self, operation: &Operation) -> Option<TokenStream> {
        let name = format_ident!("{}Error", operation.type_name);
        let body = operation.uniform_error()?.clone();
        let body = self.anywhere(&body, &operation.type_name).value;
        // A single status before a range, a range before everything else.
        let mut errors: Vec<&Reply> = operation.errors.iter().collect();
        errors.sort_by_key(|error| error.status);
        let arms = errors.into_iter().map(|error| {
            let arm = format_ident!("{}", error.variant);
            match error.status {
                Status::Code(code) => {
                    let code = Literal::u16_unsuffixed(code);
                    quote!(#code => Some(Self::#arm(body)))
                }
                Status::Range(hundreds) => {
                    let from = Literal::u16_unsuffixed(u16::from(hundreds) * 100);
                    let to = Literal::u16_unsuffixed(u16::from(hundreds) * 100 + 99);
                    quote!(#from..=#to => Some(Self::#arm(status.try_into().ok()?, body)))
                }
                Status::Default => quote!(_ => Some(Self::#arm(status.try_into().ok()?, body))),
            }
        });
        let rest = operation
            .errors
            .iter()
            .all(|error| error.status != Status::Default)
            .then(|| quote!(_ => None,));
        Some(quote! {
            impl declared::DeclaredError<#body> for #name {
                fn declared(status: StatusCode, body: #body) -> Option<Self> {
                    match status.as_u16() {
                        #(#arms,)*
                        #rest
                    }
                }
            }
        })
    }
}

impl Media {
    fn name(&self) -> &str {
        match self {
            Self::Json => "application/json",
            Self::Other(name) => name,
        }
    }
}

fn error_status(code: u16) -> TokenStream {
    let code = Literal::u16_unsuffixed(code);
    quote!(declared::error_status(#code))
}
