//! Documentation, exactly. schemars and dropshot take a description from doc
//! comments and rearrange its lines; where that would change the text, it is
//! said a second time in a form that they leave alone.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Operation;

/// The description of a type or a field that derives its schema.
pub(super) fn described(description: Option<&str>) -> TokenStream {
    let Some(text) = description.filter(|text| !text.is_empty()) else {
        return TokenStream::new();
    };
    let comment = comment(text);
    let exactly = (!survives_schemars(text)).then(|| quote!(#[schemars(description = #text)]));
    quote!(#comment #exactly)
}

/// A doc comment, for readers of the code only.
pub(super) fn comment(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| {
        // Neither an indented nor a fenced block is meant as a test in Rust.
        let line = line.trim();
        let line = if line.starts_with("```") && line.len() == 3 {
            "```text"
        } else {
            line
        };
        let line = if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        };
        quote!(#[doc = #line])
    });
    quote!(#(#lines)*)
}

/// Whether schemars gives back a doc comment as it was.
fn survives_schemars(text: &str) -> bool {
    !text.contains('\n') && text.trim() == text && !text.starts_with(['#', '*'])
}

/// The documentation of an operation, as far as doc comments can say it.
pub(super) fn operation(operation: &Operation) -> TokenStream {
    comment(&operation.documentation().join("\n"))
}
