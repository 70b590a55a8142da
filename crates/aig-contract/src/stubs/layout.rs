//! From tokens to text: doc comments of one line each, empty lines between items.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::LitStr;

/// Tokens as text, in a layout that rustfmt starts from.
///
/// # Errors
/// When the tokens are not a Rust file.
pub fn render(tokens: TokenStream) -> Result<String, syn::Error> {
    let file = syn::parse2(single_lines(tokens))?;
    Ok(space_out(&prettyplease::unparse(&file)))
}

/// An empty line between items, which neither prettyplease nor rustfmt puts there.
fn space_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = attributes(text);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(next) = lines.peek() else {
            break;
        };
        let deep = line.len() - line.trim_start().len() > 4;
        let next = next.trim_start();
        let block = matches!(line.trim(), "}" | "};" | "];")
            // A macro in the place of an item.
            || (line.contains("!(") && line.ends_with(");"));
        let imports = line.trim_start().starts_with("use ") && line.ends_with(';');
        let method = line.trim_start().starts_with(") -> ") && line.ends_with(';');
        let goes_on = next.starts_with('}') || next.is_empty();
        if !deep && !goes_on && !next.starts_with("use ") && (block || imports || method) {
            out.push('\n');
        }
    }
    out
}

/// dropshot's attributes, one member to a line. prettyplease and rustfmt leave them as
/// they find them.
fn attributes(text: &str) -> String {
    const OPENINGS: [&str; 3] = ["#[endpoint{", "#[channel{", "#[dropshot::api_description{"];
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if !OPENINGS.iter().any(|opening| trimmed.starts_with(opening)) {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let mut attribute = trimmed.to_owned();
        while !attribute.ends_with("}]") {
            let Some(next) = lines.next() else {
                break;
            };
            attribute.push(' ');
            attribute.push_str(next.trim());
        }
        unfold(&attribute, indent, &mut out);
    }
    out
}

/// Writes an attribute with a line for each member of each brace.
fn unfold(attribute: &str, indent: usize, out: &mut String) {
    let margin = |depth: usize| " ".repeat(indent + 4 * depth);
    let (mut depth, mut brackets, mut quoted) = (0, 0, false);
    let mut signs = attribute.chars().peekable();
    out.push_str(&margin(0));
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if quoted => {
                out.push(sign);
                out.extend(signs.next());
                continue;
            }
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' => brackets += 1,
            ']' => brackets -= 1,
            '{' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
                out.push('{');
                while signs.next_if_eq(&' ').is_some() {}
                if signs.peek() != Some(&'}') {
                    depth += 1;
                    out.push('\n');
                    out.push_str(&margin(depth));
                } else {
                    out.extend(signs.next());
                }
                continue;
            }
            '}' => {
                out.truncate(out.trim_end().len());
                depth -= 1;
                out.push('\n');
                out.push_str(&margin(depth));
            }
            // The attribute's own bracket is open too.
            ',' if brackets == 1 => {
                out.push_str(",\n");
                out.push_str(&margin(depth));
                while signs.next_if_eq(&' ').is_some() {}
                continue;
            }
            _ => {}
        }
        out.push(sign);
    }
    out.push('\n');
}

/// Every doc comment of several lines as one comment for each. As a block it would
/// be indented with the code around it, and an indented line is a test to rustdoc.
fn single_lines(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let TokenTree::Group(group) = token else {
            out.push(token);
            continue;
        };
        let hash = matches!(out.last(), Some(TokenTree::Punct(sign)) if sign.as_char() == '#');
        match documentation(&group).filter(|_| hash) {
            Some(text) if text.contains('\n') => {
                out.pop();
                out.extend(lines(&text));
            }
            _ => {
                let mut inner = Group::new(group.delimiter(), single_lines(group.stream()));
                inner.set_span(group.span());
                out.push(inner.into());
            }
        }
    }
    out.into_iter().collect()
}

/// The text of `[doc = "…"]`.
fn documentation(group: &Group) -> Option<String> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    match tokens.as_slice() {
        [
            TokenTree::Ident(word),
            TokenTree::Punct(sign),
            TokenTree::Literal(text),
        ] if group.delimiter() == Delimiter::Bracket && word == "doc" && sign.as_char() == '=' => {
            let text = syn::parse2::<LitStr>(TokenTree::from(text.clone()).into()).ok()?;
            Some(text.value())
        }
        _ => None,
    }
}

fn lines(text: &str) -> TokenStream {
    let mut fenced = false;
    let lines = text.trim().lines().map(|line| {
        let mut line = if fenced { line.trim_end() } else { line.trim() }.to_owned();
        if line.starts_with("```") {
            // A fence that names no language would be a test too.
            if !fenced && line.len() == 3 {
                line.push_str("text");
            }
            fenced = !fenced;
        }
        if !line.is_empty() {
            line.insert(0, ' ');
        }
        quote!(#[doc = #line])
    });
    quote!(#(#lines)*)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::render;

    #[test]
    fn an_attribute_of_dropshot_has_a_line_for_each_member() {
        let code = render(quote! {
            trait A {
                #[endpoint { method = GET, path = "/a,{b}", tags = ["c", "d"], more = { "e" = {}, }, }]
                fn b();
            }
        })
        .expect("Rust");
        assert_eq!(
            code,
            "trait A {\n    #[endpoint {\n        method = GET,\n        path = \"/a,{b}\",\n        \
             tags = [\"c\", \"d\"],\n        more = {\n            \"e\" = {},\n        },\n    \
             }]\n    fn b();\n}\n"
        );
    }

    #[test]
    fn a_comment_of_several_lines_is_never_a_test() {
        let text = "One.\n\n    indented\n```\n  fenced\n```\n- item";
        let code = render(quote! {
            mod a {
                #[doc = #text]
                fn b() {}

                #[doc = " One line."]
                fn c() {}
            }
        })
        .expect("Rust");
        assert_eq!(
            code,
            "mod a {\n    /// One.\n    ///\n    /// indented\n    /// ```text\n    ///   fenced\n    \
             /// ```\n    /// - item\n    fn b() {}\n    /// One line.\n    fn c() {}\n}\n"
        );
    }
}
