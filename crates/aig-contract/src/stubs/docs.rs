//! Documentation, exactly. schemars and dropshot take a description from doc
//! comments and rearrange its lines; where that would change the text, it is
//! said a second time in a form that they leave alone.

use proc_macro2::TokenStream;
use quote::quote;

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

/// The documentation of an operation: doc comments for dropshot, and whether it
/// reads both parts back as they were.
pub(super) fn operation(summary: Option<&str>, description: Option<&str>) -> (TokenStream, bool) {
    let mut lines: Vec<&str> = Vec::new();
    if let Some(summary) = summary {
        lines.extend(summary.lines());
    }
    if let Some(description) = description {
        if !lines.is_empty() {
            lines.push("");
        }
        lines.extend(description.lines());
    }
    let read = read_by_dropshot(&lines);
    let exact = read == (summary.map(str::to_owned), description.map(str::to_owned));
    (comment(&lines.join("\n")), exact)
}

/// What dropshot makes of the lines of a doc comment.
fn read_by_dropshot(lines: &[&str]) -> (Option<String>, Option<String>) {
    let mut lines = lines.iter().map(|line| line.trim());
    let mut filled = || {
        lines
            .by_ref()
            .find(|line| !line.is_empty())
            .map(str::to_owned)
    };
    let summary = filled();
    let first = filled();
    let description = first.map(|first| {
        let joined = lines.fold(first, |mut text, line| {
            if line.is_empty() && !text.ends_with('\n') {
                text.push_str("\n\n");
            } else {
                if !text.ends_with(['-', '\n']) {
                    text.push(' ');
                }
                text.push_str(line);
            }
            text
        });
        joined.trim_end().to_owned()
    });
    (summary, description)
}
