//! What operations answer when they succeed: a struct where there is one answer,
//! an enum where there are several.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Emitter, docs};
use crate::model::{Media, Operation, Reply, Status};

impl Emitter<'_> {
    pub(super) fn replies(&mut self, operation: &Operation) -> TokenStream {
        match operation.replies.as_slice() {
            [only] => self.reply(operation, only),
            several => self.reply_choice(operation, several),
        }
    }

    /// The one reply of an operation.
    fn reply(&mut self, operation: &Operation, reply: &Reply) -> TokenStream {
        let name = format_ident!("{}Ok", operation.type_name);
        let comment = format!(
            " {}: {}",
            reply.status.spelled(),
            reply.description.replace('\n', " ")
        );
        let status = status(reply.status);
        let description = &reply.description;
        let Some((media, held)) = &reply.content else {
            return quote! {
                #[doc = #comment]
                #[derive(Clone, Copy, Debug)]
                pub struct #name;

                impl HttpCodedResponse for #name {
                    type Body = declared::Empty;
                    const STATUS_CODE: StatusCode = #status;
                    const DESCRIPTION: &'static str = #description;
                }

                impl From<#name> for Result<http::Response<Body>, HttpError> {
                    fn from(_: #name) -> Self {
                        declared::empty(#status)
                    }
                }
            };
        };
        if let Media::Other(media) = media {
            return quote! {
                #[doc = #comment]
                #[derive(Debug)]
                pub struct #name(pub Body);

                impl HttpResponse for #name {
                    fn to_result(self) -> Result<http::Response<Body>, HttpError> {
                        declared::raw(#status, #media, self.0)
                    }

                    fn response_metadata() -> dropshot::ApiEndpointResponse {
                        declared::raw_metadata(#status, #description)
                    }

                    fn status_code(&self) -> StatusCode {
                        #status
                    }
                }
            };
        }
        let written = self.anywhere(held, &name.to_string());
        let value = &written.value;
        let body = written.whole(&held.shape);
        let into = if written.differ() {
            quote!(reply.0.into())
        } else {
            quote!(reply.0)
        };
        quote! {
            #[doc = #comment]
            #[derive(Clone, Debug)]
            pub struct #name(pub #value);

            impl HttpCodedResponse for #name {
                type Body = #body;
                const STATUS_CODE: StatusCode = #status;
                const DESCRIPTION: &'static str = #description;
            }

            impl From<#name> for Result<http::Response<Body>, HttpError> {
                fn from(reply: #name) -> Self {
                    #name::for_object(#into)
                }
            }
        }
    }

    /// The replies of an operation that has several; dropshot is told of the first.
    fn reply_choice(&mut self, operation: &Operation, replies: &[Reply]) -> TokenStream {
        let name = format_ident!("{}Reply", operation.type_name);
        let comment = format!(" What `{}` answers when it succeeds.", operation.id);
        let (mut arms, mut results, mut statuses) = (Vec::new(), Vec::new(), Vec::new());
        let mut metadata = TokenStream::new();
        for (index, reply) in replies.iter().enumerate() {
            let arm = format_ident!("{}", reply.variant);
            let docs = docs::comment(&reply.description);
            let status = status(reply.status);
            let description = &reply.description;
            let described = match &reply.content {
                None => {
                    arms.push(quote!(#docs #arm));
                    results.push(quote!(Self::#arm => declared::empty(#status)));
                    statuses.push(quote!(Self::#arm => #status));
                    quote!(declared::empty_metadata(#status, #description))
                }
                Some((Media::Other(media), _)) => {
                    arms.push(quote!(#docs #arm(Body)));
                    results.push(quote!(Self::#arm(body) => declared::raw(#status, #media, body)));
                    statuses.push(quote!(Self::#arm(_) => #status));
                    quote!(declared::raw_metadata(#status, #description))
                }
                Some((Media::Json, held)) => {
                    let written = self.anywhere(held, &format!("{name}{arm}"));
                    let value = &written.value;
                    let body = written.whole(&held.shape);
                    arms.push(quote!(#docs #arm(#value)));
                    results.push(quote!(Self::#arm(body) => declared::json(#status, &body)));
                    statuses.push(quote!(Self::#arm(_) => #status));
                    quote!(declared::metadata::<#body>(#status, #description))
                }
            };
            if index == 0 {
                metadata = described;
            }
        }
        quote! {
            #[doc = #comment]
            #[derive(Debug)]
            pub enum #name {
                #(#arms,)*
            }

            impl HttpResponse for #name {
                fn to_result(self) -> Result<http::Response<Body>, HttpError> {
                    match self {
                        #(#results,)*
                    }
                }

                fn response_metadata() -> dropshot::ApiEndpointResponse {
                    #metadata
                }

                fn status_code(&self) -> StatusCode {
                    match self {
                        #(#statuses,)*
                    }
                }
            }
        }
    }
}

fn status(status: Status) -> TokenStream {
    match status {
        Status::Code(code) => match constant(code) {
            Some(name) => quote!(StatusCode::#name),
            None => {
                let code = Literal::u16_unsuffixed(code);
                quote!(declared::status(#code))
            }
        },
        // The subset check lets no other status of success through.
        Status::Range(_) | Status::Default => quote!(StatusCode::OK),
    }
}

/// The name of a well-known status among the constants of the crate `http`.
fn constant(code: u16) -> Option<proc_macro2::Ident> {
    let name = match code {
        200 => "OK",
        201 => "CREATED",
        202 => "ACCEPTED",
        203 => "NON_AUTHORITATIVE_INFORMATION",
        204 => "NO_CONTENT",
        205 => "RESET_CONTENT",
        206 => "PARTIAL_CONTENT",
        207 => "MULTI_STATUS",
        300 => "MULTIPLE_CHOICES",
        301 => "MOVED_PERMANENTLY",
        302 => "FOUND",
        303 => "SEE_OTHER",
        304 => "NOT_MODIFIED",
        307 => "TEMPORARY_REDIRECT",
        308 => "PERMANENT_REDIRECT",
        _ => return None,
    };
    Some(format_ident!("{name}"))
}
