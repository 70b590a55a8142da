//! Answers and errors as tokens: dropshot's own types where they say what the document
//! says, and types of the crate where not.

use proc_macro2::TokenStream;
use quote::quote;

use super::Api;
use super::operation::{Answer, Content, ErrorType, Group, Operation, Wrapper};
use super::print::{Printer, ident};

impl Printer<'_> {
    /// Bodies that have no type of the document, answers that dropshot has no type
    /// for, and errors.
    pub(super) fn answers(&mut self, api: &Api<'_>) -> TokenStream {
        let mut out = TokenStream::new();
        for wrapper in &api.wrappers {
            out.extend(self.wrapper(wrapper));
        }
        for operation in &api.operations {
            out.extend(self.answer(operation));
        }
        for error in &api.errors {
            out.extend(self.error(error));
        }
        out
    }

    pub(super) fn wrapper(&mut self, wrapper: &Wrapper) -> TokenStream {
        let name = ident(&wrapper.name);
        let held = self.value(&wrapper.slot.ty);
        let title = &wrapper.title;
        let function = self.unused(&wrapper.name);
        let function_name = ident(&function);
        let body = self.description(&wrapper.slot);
        self.descriptions.push((function, body));
        let comment = format!(" A body that dropshot describes in place, as `{title}`.");
        quote! {
            #[doc = #comment]
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct #name(pub #held);

            impl JsonSchema for #name {
                fn is_referenceable() -> bool {
                    false
                }

                fn schema_name() -> String {
                    #title.to_owned()
                }

                fn json_schema(
                    generator: &mut schemars::r#gen::SchemaGenerator,
                ) -> schemars::schema::Schema {
                    crate::schemas::#function_name(generator)
                }
            }
        }
    }

    pub(super) fn answer(&mut self, operation: &Operation) -> TokenStream {
        let comment = format!(" How `{}` answers.", operation.id);
        match &operation.answer {
            Answer::FreeForm { name, description } if !description.is_empty() => {
                raw(&comment, name, None, description, true)
            }
            Answer::FreeForm { .. } | Answer::Channel => TokenStream::new(),
            Answer::Coded {
                name,
                status,
                description,
                content,
                headers,
            } => {
                let mut out = TokenStream::new();
                let redirect = redirect(*status, description, headers.as_ref());
                if let Some(group) = headers.as_ref().filter(|_| redirect.is_none()) {
                    let comment = format!(" Headers of the answer of `{}`.", operation.id);
                    out.extend(self.group(group, &comment, false, true));
                }
                if redirect.is_some() || native(*status, description, content).is_some() {
                    return out;
                }
                let ident = ident(name);
                let code = status_constant(*status);
                out.extend(match content {
                    Content::Raw => raw(&comment, name, Some(&code), description, true),
                    // The answer that the handshake makes is handed through.
                    Content::Empty if operation.socket => {
                        raw(&comment, name, Some(&code), description, false)
                    }
                    Content::Empty => quote! {
                        #[doc = #comment]
                        #[derive(Clone, Copy, Debug)]
                        pub struct #ident;

                        impl HttpCodedResponse for #ident {
                            type Body = <dropshot::HttpResponseDeleted as HttpCodedResponse>::Body;
                            const STATUS_CODE: StatusCode = #code;
                            const DESCRIPTION: &'static str = #description;
                        }

                        impl From<#ident> for Result<http::Response<Body>, HttpError> {
                            fn from(_: #ident) -> Self {
                                Ok(http::Response::builder().status(#code).body(Body::empty())?)
                            }
                        }
                    },
                    Content::Json(held) => {
                        let held = self.held(held);
                        quote! {
                            #[doc = #comment]
                            #[derive(Clone, Debug)]
                            pub struct #ident(pub #held);

                            impl HttpCodedResponse for #ident {
                                type Body = #held;
                                const STATUS_CODE: StatusCode = #code;
                                const DESCRIPTION: &'static str = #description;
                            }

                            impl From<#ident> for Result<http::Response<Body>, HttpError> {
                                fn from(answer: #ident) -> Self {
                                    #ident::for_object(answer.0)
                                }
                            }
                        }
                    }
                });
                out
            }
        }
    }

    pub(super) fn error(&mut self, error: &ErrorType) -> TokenStream {
        let name = ident(&error.name);
        let held = self.held(&error.held);
        quote! {
            /// How operations fail.
            #[derive(Debug)]
            pub enum #name {
                /// As the document describes it.
                Declared {
                    /// A status of the 400s or 500s.
                    status: ErrorStatusCode,
                    /// What the answer holds.
                    body: #held,
                },
                /// What dropshot found wrong with a request before it reached the operation.
                Other(HttpError),
            }

            impl Serialize for #name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    match self {
                        Self::Declared { body, .. } => body.serialize(serializer),
                        Self::Other(error) => failure::native(error).serialize(serializer),
                    }
                }
            }

            impl JsonSchema for #name {
                fn is_referenceable() -> bool {
                    <#held>::is_referenceable()
                }

                fn schema_name() -> String {
                    <#held>::schema_name()
                }

                fn schema_id() -> std::borrow::Cow<'static, str> {
                    <#held>::schema_id()
                }

                fn json_schema(
                    generator: &mut schemars::r#gen::SchemaGenerator,
                ) -> schemars::schema::Schema {
                    <#held>::json_schema(generator)
                }
            }

            impl HttpResponseError for #name {
                fn status_code(&self) -> ErrorStatusCode {
                    match self {
                        Self::Declared { status, .. } => *status,
                        Self::Other(error) => error.status_code,
                    }
                }
            }

            impl std::fmt::Display for #name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    match self {
                        Self::Declared { status, body } => write!(f, "{status}: {body:?}"),
                        Self::Other(error) => error.fmt(f),
                    }
                }
            }

            impl From<HttpError> for #name {
                fn from(error: HttpError) -> Self {
                    Self::Other(error)
                }
            }
        }
    }

    pub(super) fn answer_type(&self, answer: &Answer) -> TokenStream {
        match answer {
            Answer::Channel => TokenStream::new(),
            Answer::FreeForm { description, .. } if description.is_empty() => {
                quote!(http::Response<Body>)
            }
            Answer::FreeForm { name, .. } => {
                let name = ident(name);
                quote!(answers::#name)
            }
            Answer::Coded {
                name,
                status,
                description,
                content,
                headers,
            } => {
                if let Some(redirect) = redirect(*status, description, headers.as_ref()) {
                    return redirect;
                }
                let own = ident(name);
                let base = match (native(*status, description, content), content) {
                    (Some(native), Content::Json(held)) => {
                        let (native, held) = (ident(native), self.held(held));
                        quote!(#native<#held>)
                    }
                    (Some(native), Content::Raw) => {
                        let native = ident(native);
                        quote!(#native<FreeformBody>)
                    }
                    (Some(native), Content::Empty) => {
                        let native = ident(native);
                        quote!(#native)
                    }
                    (None, _) => quote!(answers::#own),
                };
                match headers {
                    Some(group) => {
                        let headers = ident(&group.name);
                        quote!(HttpResponseHeaders<#base, answers::#headers>)
                    }
                    None => base,
                }
            }
        }
    }
}

/// dropshot's own type for an answer.
pub(super) fn native(status: u16, description: &str, content: &Content) -> Option<&'static str> {
    Some(match (status, description, content) {
        (200, "successful operation", Content::Json(_) | Content::Raw) => "HttpResponseOk",
        (201, "successful creation", Content::Json(_) | Content::Raw) => "HttpResponseCreated",
        (202, "successfully enqueued operation", Content::Json(_) | Content::Raw) => {
            "HttpResponseAccepted"
        }
        (204, "successful deletion", Content::Empty) => "HttpResponseDeleted",
        (204, "resource updated", Content::Empty) => "HttpResponseUpdatedNoContent",
        _ => return None,
    })
}

/// dropshot's own type for a redirect.
pub(super) fn redirect(
    status: u16,
    description: &str,
    headers: Option<&Group>,
) -> Option<TokenStream> {
    let [only] = headers?.fields.as_slice() else {
        return None;
    };
    let location = only.name == "location"
        && only.words.description.as_deref() == Some("HTTP \"Location\" header")
        && only.presence == super::definition::Presence::Required;
    match (status, description) {
        _ if !location => None,
        (302, "redirect (found)") => Some(quote!(HttpResponseFound)),
        (303, "redirect (see other)") => Some(quote!(HttpResponseSeeOther)),
        (307, "redirect (temporary redirect)") => Some(quote!(HttpResponseTemporaryRedirect)),
        _ => None,
    }
}

/// An answer that is whatever the operation makes of it.
pub(super) fn raw(
    comment: &str,
    name: &str,
    status: Option<&TokenStream>,
    description: &str,
    body: bool,
) -> TokenStream {
    let name = ident(name);
    let schema = (!body).then(|| {
        quote! {
            schema: <dropshot::HttpResponseDeleted as HttpResponse>::response_metadata().schema,
        }
    });
    let success = match status {
        Some(status) => quote!(Some(#status)),
        None => quote!(None),
    };
    quote! {
        #[doc = #comment]
        #[derive(Debug)]
        pub struct #name(pub http::Response<Body>);

        impl HttpResponse for #name {
            fn to_result(self) -> Result<http::Response<Body>, HttpError> {
                Ok(self.0)
            }

            fn response_metadata() -> dropshot::ApiEndpointResponse {
                dropshot::ApiEndpointResponse {
                    #schema
                    success: #success,
                    description: Some(#description.to_owned()),
                    ..dropshot::ApiEndpointResponse::default()
                }
            }

            fn status_code(&self) -> StatusCode {
                self.0.status()
            }
        }
    }
}

pub(super) fn status_constant(status: u16) -> TokenStream {
    let name = STATUSES
        .iter()
        .find(|(code, _)| *code == status)
        .map_or("OK", |(_, name)| name);
    let name = ident(name);
    quote!(StatusCode::#name)
}

/// Statuses of success that the crate `http` has constants for.
pub(super) const STATUSES: [(u16, &str); 22] = [
    (100, "CONTINUE"),
    (101, "SWITCHING_PROTOCOLS"),
    (102, "PROCESSING"),
    (200, "OK"),
    (201, "CREATED"),
    (202, "ACCEPTED"),
    (203, "NON_AUTHORITATIVE_INFORMATION"),
    (204, "NO_CONTENT"),
    (205, "RESET_CONTENT"),
    (206, "PARTIAL_CONTENT"),
    (207, "MULTI_STATUS"),
    (208, "ALREADY_REPORTED"),
    (226, "IM_USED"),
    (300, "MULTIPLE_CHOICES"),
    (301, "MOVED_PERMANENTLY"),
    (302, "FOUND"),
    (303, "SEE_OTHER"),
    (304, "NOT_MODIFIED"),
    (305, "USE_PROXY"),
    (307, "TEMPORARY_REDIRECT"),
    (308, "PERMANENT_REDIRECT"),
    (103, "EARLY_HINTS"),
];
