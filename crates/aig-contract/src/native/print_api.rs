//! Operations as tokens: parameters, answers, errors, and the trait that has one
//! method for each operation.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::Api;
use super::operation::{
    Answer, Body, Content, ErrorType, Failure, Group, Held, Operation, Wrapper,
};
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

    fn group(&mut self, group: &Group, comment: &str, both: bool, reply: bool) -> TokenStream {
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

    fn wrapper(&mut self, wrapper: &Wrapper) -> TokenStream {
        let name = ident(&wrapper.name);
        let held = self.value(&wrapper.slot.ty);
        let title = &wrapper.title;
        let function = self.unused(&wrapper.name);
        let function_name = ident(&function);
        let body = self.description(&wrapper.slot);
        self.descriptions.push((
            function,
            quote! {
                pub fn #function_name(generator: &mut SchemaGenerator) -> Schema {
                    #body
                }
            },
        ));
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

    /// The type of what a body holds.
    fn held(&self, held: &Held) -> TokenStream {
        match &held.wrapper {
            Some(name) => {
                let name = ident(name);
                quote!(answers::#name)
            }
            None => self.value(&held.ty),
        }
    }

    fn answer(&mut self, operation: &Operation) -> TokenStream {
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

    fn error(&mut self, error: &ErrorType) -> TokenStream {
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

    fn answer_type(&self, answer: &Answer) -> TokenStream {
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

fn tag(tag: &Value) -> TokenStream {
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

/// dropshot's own type for an answer.
fn native(status: u16, description: &str, content: &Content) -> Option<&'static str> {
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
fn redirect(status: u16, description: &str, headers: Option<&Group>) -> Option<TokenStream> {
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
fn raw(
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

fn status_constant(status: u16) -> TokenStream {
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
