//! Documentation as doc comments, folded at a readable width. dropshot and schemars
//! each join the lines of a comment in their own way; a fold is kept only where the
//! words come back as they were.

use proc_macro2::TokenStream;
use quote::quote;

use super::definition::Words;
use crate::model::documentation::{lines_of, read_by_dropshot};

/// Columns of a folded line, comment marks not counted.
const WIDTH: usize = 96;

/// The doc comment of an operation, from which dropshot reads summary and description.
pub(super) fn operation(summary: Option<&str>, description: Option<&str>) -> TokenStream {
    let plain: Vec<String> = lines_of(summary, description)
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut wrapped: Vec<String> = Vec::new();
    for (index, line) in plain.iter().enumerate() {
        // The first line is the summary, however long it is.
        if index == 0 && summary.is_some() {
            wrapped.push(line.clone());
        } else {
            wrapped.extend(fold(line));
        }
    }
    let read = |lines: &[String]| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        read_by_dropshot(&lines)
    };
    comment(if read(&wrapped) == read(&plain) {
        &wrapped
    } else {
        &plain
    })
}

/// The doc comment of a field or a variant, and what it cannot say.
pub(super) fn described(words: &Words) -> TokenStream {
    let comment = words.description.as_deref().map(plain);
    let attributes = attributes(words);
    quote!(#comment #attributes)
}

/// What a doc comment cannot say. On a type it has to stand below the derives.
pub(super) fn attributes(words: &Words) -> TokenStream {
    let mut out = TokenStream::new();
    if let Some(text) = &words.description {
        let lines: Vec<String> = text.split('\n').flat_map(fold).collect();
        if read_by_schemars(&lines).as_ref() != Some(text) {
            out.extend(quote!(#[schemars(description = #text)]));
        }
    }
    if let Some(title) = &words.title {
        out.extend(quote!(#[schemars(title = #title)]));
    }
    if words.deprecated {
        out.extend(quote!(#[deprecated]));
    }
    out
}

/// A text as a doc comment.
pub(super) fn plain(text: &str) -> TokenStream {
    // schemars would take a heading for a title.
    let escaped = text
        .trim_start()
        .strip_prefix('#')
        .map(|rest| format!("\\#{rest}"));
    let text = escaped.as_deref().unwrap_or(text);
    comment(&text.split('\n').flat_map(fold).collect::<Vec<_>>())
}

fn comment(lines: &[String]) -> TokenStream {
    let mut fenced = false;
    let lines = lines.iter().map(|line| {
        let line = line.trim();
        let fence = line.starts_with("```");
        // A fence that names no language would be a test to rustdoc.
        let line = match (fence && !fenced, line.len()) {
            (true, 3) => "```text",
            _ => line,
        };
        fenced ^= fence;
        let line = if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        };
        quote!(#[doc = #line])
    });
    quote!(#(#lines)*)
}

/// A line as several, cut at spaces.
fn fold(line: &str) -> Vec<String> {
    let line = line.trim_end();
    if line.len() <= WIDTH
        || line.contains("  ")
        || line.starts_with([' ', '|', '-', '*', '#', '`'])
    {
        return vec![line.to_owned()];
    }
    let mut out = vec![String::new()];
    for word in line.split(' ') {
        let last = out.last_mut().expect("there is always one");
        // A line does not end in a hyphen, nor begin like a list, a heading or a fence.
        let fits = last.is_empty() || last.len() + 1 + word.len() <= WIDTH;
        let stays = last.ends_with('-')
            || word.starts_with(['-', '*', '#', '`', '+', '>', '='])
            || word.ends_with('.') && word.len() <= 3;
        if fits || stays {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        } else {
            out.push(word.to_owned());
        }
    }
    out
}

/// What schemars makes of the lines of a doc comment.
fn read_by_schemars(lines: &[String]) -> Option<String> {
    let mut lines: Vec<&str> = lines
        .iter()
        .map(|line| line.trim())
        .skip_while(|line| line.is_empty())
        .collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    if lines.iter().all(|line| line.starts_with('*'))
        || lines.iter().any(|line| line.starts_with("```"))
    {
        return None;
    }
    let text = lines.join("\n");
    if text.starts_with('#') {
        return None;
    }
    let paragraphs = text
        .trim()
        .split("\n\n")
        .map(|part| part.trim().replace('\n', " "));
    let joined = paragraphs
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n");
    (!joined.is_empty()).then_some(joined)
}
