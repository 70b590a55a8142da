//! Tables about the contract: its operations, for whoever routes and tests; where
//! each description comes from; and a way through every type that has an example.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::Emitter;
use crate::model::{Provenance, Schema, Shape, provenance};

impl Emitter<'_> {
    pub(super) fn tables(&mut self) -> TokenStream {
        let operation = self.operation_table();
        let provenance = self.provenance_table();
        let round_trip = self.round_trip();
        let (title, version, base) = (&self.api.title, &self.api.version, &self.api.base_path);
        quote! {
            /// The contract's title.
            pub const TITLE: &str = #title;

            /// The contract's version.
            pub const VERSION: &str = #version;

            /// The path of the contract's first server; operations stand below it.
            pub const BASE_PATH: &str = #base;

            #operation
            #provenance
            #round_trip
        }
    }

    fn operation_table(&self) -> TokenStream {
        let operations = &self.api.operations;
        let names: Vec<_> = operations
            .iter()
            .map(|operation| format_ident!("{}", operation.type_name))
            .collect();
        let comments = operations
            .iter()
            .map(|operation| format!(" `{} {}`", operation.method, operation.path));
        let column = |of: fn(&crate::model::Operation) -> TokenStream| {
            let values = operations.iter().map(of);
            quote! {
                match self {
                    #(Self::#names => #values,)*
                }
            }
        };
        let ids = column(|operation| {
            let id = &operation.id;
            quote!(#id)
        });
        let methods = column(|operation| {
            let method = format_ident!("{}", operation.method);
            quote!(http::Method::#method)
        });
        let paths = column(|operation| {
            let path = &operation.path;
            quote!(#path)
        });
        let registered = column(|operation| {
            let path = &operation.registered_path;
            quote!(#path)
        });
        let tags = column(|operation| {
            let tags = &operation.tags;
            quote!(&[#(#tags),*])
        });
        quote! {
            /// The operations of the contract.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum Operation {
                #(#[doc = #comments] #names,)*
            }

            impl Operation {
                /// All of them, in the order of the contract.
                pub const ALL: &'static [Self] = &[#(Self::#names),*];

                /// The `operationId`.
                pub const fn id(self) -> &'static str {
                    #ids
                }

                /// The method.
                pub const fn method(self) -> http::Method {
                    #methods
                }

                /// The path, as the contract writes it.
                pub const fn path(self) -> &'static str {
                    #paths
                }

                /// The path, as dropshot knows it.
                pub const fn registered_path(self) -> &'static str {
                    #registered
                }

                /// The tags.
                pub const fn tags(self) -> &'static [&'static str] {
                    #tags
                }

                /// The operation that a request is for; see [`route::match_path`].
                pub fn match_path<'p>(
                    method: &http::Method,
                    path: &'p str,
                ) -> route::Found<'p, Self> {
                    route::match_path(method, path)
                }

                /// The raw path of a request for this operation, as dropshot knows it.
                pub fn registered(self, path: &str) -> std::borrow::Cow<'_, str> {
                    route::registered(self, path)
                }
            }

            impl route::Routed for Operation {
                const ALL: &'static [Self] = Self::ALL;

                fn method(self) -> http::Method {
                    self.method()
                }

                fn path(self) -> &'static str {
                    self.path()
                }

                fn registered_path(self) -> &'static str {
                    self.registered_path()
                }
            }
        }
    }

    fn provenance_table(&self) -> TokenStream {
        let rows = provenance(self.api)
            .into_iter()
            .map(|(pointer, provenance)| {
                let provenance = match provenance {
                    Provenance::Derived => quote!(Derived),
                    Provenance::Runtime => quote!(Runtime),
                    Provenance::Carried => quote!(Carried),
                };
                quote!((#pointer, declared::Provenance::#provenance))
            });
        quote! {
            /// Where the description of each piece comes from, by JSON pointer into the contract.
            pub const PROVENANCE: &[(&str, declared::Provenance)] = &[#(#rows),*];
        }
    }

    fn round_trip(&mut self) -> TokenStream {
        let api = self.api;
        let named = api
            .types
            .iter()
            .filter(|known| known.schema_name.is_some())
            .map(|known| {
                (
                    known.pointer.clone(),
                    Schema::of(Shape::Named(known.name.clone())),
                )
            });
        let mut schemas = api.examples.clone();
        schemas.extend(named);
        // Only values travel here, so what is said about schemas is not needed.
        let marks = self.marks.clone();
        let arms: Vec<_> = schemas
            .iter()
            .map(|(pointer, schema)| {
                let ty = self.anywhere(schema, "Example").value;
                quote!(#pointer => declared::round_trip::<#ty>(value))
            })
            .collect();
        self.marks = marks;
        quote! {
            /// Reads and writes a value by the type of a schema, which is named by its JSON
            /// pointer; schemas of `components` are known, and whatever has an example.
            #[doc(hidden)]
            pub fn round_trip(
                schema: &str,
                value: serde_json::Value,
            ) -> Option<Result<serde_json::Value, String>> {
                Some(match schema {
                    #(#arms,)*
                    _ => return None,
                })
            }
        }
    }
}
