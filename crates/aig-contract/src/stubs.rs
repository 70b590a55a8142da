//! Prints the model as a dropshot API: a trait, its types, its replies and its
//! errors. Nothing is decided here that is not decided by the model; what the
//! code leans on is the hand-written runtime beside it (`wire`, `declared`,
//! `route`), which the generated file finds one level up.

mod docs;
mod error;
mod layout;
mod operation;
mod reply;
mod schema;
mod tables;
mod types;

use std::collections::{BTreeMap, HashSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{format_ident, quote};

pub use layout::render;

use crate::model::{Api, Schema};

/// The whole file, not yet formatted by rustfmt.
///
/// # Errors
/// When what was printed is not Rust: a fault of the generator.
pub fn stubs(api: &Api) -> Result<String, syn::Error> {
    let mut emitter = Emitter {
        api,
        marks: BTreeMap::new(),
        outside: false,
    };
    let types = emitter.types();
    emitter.outside = true;
    let operations = emitter.operations();
    let tables = emitter.tables();
    let marks = emitter.mark_items();
    let inner = quote!(#types #marks);
    let outer = quote!(#operations #tables);
    let inner_imports = imports(&inner, &IMPORTS);
    let outer_imports = imports(&outer, &IMPORTS);
    render(quote! {
        use super::{declared, route, wire};

        #outer_imports

        /// The contract's schemas.
        pub mod types {
            use super::wire;

            #inner_imports

            #inner
        }

        #outer
    })
}

/// What generated code may use by its bare name, and where that is from.
const IMPORTS: [(&str, &str); 41] = [
    ("chrono", "DateTime"),
    ("chrono", "NaiveDate"),
    ("chrono", "Utc"),
    ("dropshot", "Body"),
    ("dropshot", "ErrorStatusCode"),
    ("dropshot", "Header"),
    ("dropshot", "HttpCodedResponse"),
    ("dropshot", "HttpError"),
    ("dropshot", "HttpResponse"),
    ("dropshot", "HttpResponseError"),
    ("dropshot", "Path"),
    ("dropshot", "Query"),
    ("dropshot", "RequestContext"),
    ("dropshot", "TypedBody"),
    ("dropshot", "UntypedBody"),
    ("http", "StatusCode"),
    ("schemars", "JsonSchema"),
    ("serde", "Deserialize"),
    ("serde", "Serialize"),
    ("serde_json", "Map"),
    ("serde_json", "Value"),
    ("std::collections", "BTreeMap"),
    ("std::net", "IpAddr"),
    ("std::net", "Ipv4Addr"),
    ("std::net", "Ipv6Addr"),
    ("uuid", "Uuid"),
    ("wire", "Constant"),
    ("wire", "Inline"),
    ("wire", "Int32"),
    ("wire", "Int64"),
    ("wire", "Integer"),
    ("wire", "IntegerChoice"),
    ("wire", "List"),
    ("wire", "Marked"),
    ("wire", "Nullable"),
    ("wire", "Number"),
    ("wire", "Text"),
    ("wire", "Uint16"),
    ("wire", "Uint32"),
    ("wire", "Uint64"),
    ("wire", "Uint8"),
];

/// The imports that the code needs.
pub(crate) fn imports(code: &TokenStream, known: &[(&str, &str)]) -> TokenStream {
    let mut words = HashSet::new();
    collect(code.clone(), &mut words);
    let used = known.iter().filter(|(_, name)| words.contains(*name));
    let mut by_crate: Vec<(&str, Vec<proc_macro2::Ident>)> = Vec::new();
    for (place, name) in used {
        let name = format_ident!("{name}");
        match by_crate.last_mut() {
            Some((last, names)) if last == place => names.push(name),
            _ => by_crate.push((place, vec![name])),
        }
    }
    let uses = by_crate.into_iter().map(|(place, names)| {
        let place: TokenStream = place.parse().expect("the paths above are paths");
        quote!(use #place::{#(#names),*};)
    });
    quote!(#(#uses)*)
}

/// All words of the code that an import may be needed for, and those of the types that
/// `with = "…"` names. What follows `::` is found by its path, and the variant of an enumeration
/// is no type, whatever it is called.
fn collect(code: TokenStream, words: &mut HashSet<String>) {
    let mut named = false;
    let mut enumeration = false;
    let mut colons = 0;
    for token in code {
        let in_path = colons == 2;
        colons = match &token {
            TokenTree::Punct(sign) if sign.as_char() == ':' => colons + 1,
            _ => 0,
        };
        match token {
            TokenTree::Ident(_) if in_path => named = false,
            TokenTree::Ident(word) => {
                named = word == "with";
                enumeration |= word == "enum";
                words.insert(word.to_string());
            }
            TokenTree::Group(group) if enumeration && group.delimiter() == Delimiter::Brace => {
                enumeration = false;
                // All that stands here by itself is the names of variants.
                for token in group.stream() {
                    if let TokenTree::Group(inner) = token {
                        collect(inner.stream(), words);
                    }
                }
            }
            TokenTree::Group(group) => collect(group.stream(), words),
            TokenTree::Literal(literal) if named => {
                let text = literal.to_string();
                let split = text.split(|sign: char| !sign.is_ascii_alphanumeric());
                words.extend(split.map(str::to_owned));
            }
            TokenTree::Literal(_) => {}
            TokenTree::Punct(sign) => named &= sign.as_char() == '=',
        }
    }
}

/// What is known while the file grows.
struct Emitter<'a> {
    api: &'a Api,
    /// Schemas whose annotations stand where a derive cannot put them, by the
    /// name of the type that says them.
    marks: BTreeMap<String, Schema>,
    /// Whether what is written stands beside the module of types, not in it.
    outside: bool,
}
