//! Names in code: made from the names of the document, legal in Rust, and each
//! given out once.

use std::collections::HashSet;

use heck::{ToSnakeCase, ToUpperCamelCase};

/// Words that cannot be a field or a method, not even as `r#word`, together with
/// those that can only be one that way: a trailing underscore reads better.
const KEYWORDS: [&str; 53] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "union",
];

/// Names that the generated code uses for other things beside the types of the contract.
const TAKEN: [&str; 44] = [
    "BTreeMap",
    "Box",
    "Clone",
    "Constant",
    "Copy",
    "DateTime",
    "Debug",
    "Default",
    "Deserialize",
    "Err",
    "From",
    "Inline",
    "Int32",
    "Int64",
    "Integer",
    "IntegerChoice",
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "Into",
    "JsonSchema",
    "List",
    "Map",
    "Marked",
    "NaiveDate",
    "None",
    "Nullable",
    "Number",
    "Ok",
    "Option",
    "Result",
    "Self",
    "Serialize",
    "Some",
    "String",
    "Text",
    "Uint16",
    "Uint32",
    "Uint64",
    "Uint8",
    "Utc",
    "Uuid",
    "Value",
    "Vec",
];

/// Names already given out in one scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    given: HashSet<String>,
}

impl Names {
    /// A scope in which the names of the generated code's own parts are taken.
    pub(super) fn of_types() -> Self {
        Self::beside(&TAKEN)
    }

    /// A scope in which these names are taken.
    pub(crate) fn beside(taken: &[&str]) -> Self {
        Self {
            given: taken.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// The wanted name, or the wanted name with a number.
    pub(crate) fn give(&mut self, wanted: String) -> String {
        let mut name = wanted.clone();
        let mut number = 2;
        while !self.given.insert(name.clone()) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        name
    }
}

/// The name of a type or a variant.
pub(crate) fn type_name(words: &str) -> String {
    let name = spelled(words).to_upper_camel_case();
    match name.chars().next() {
        None => "Empty".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("N{name}"),
        Some(_) if name == "Self" => "Itself".to_owned(),
        Some(_) => name,
    }
}

/// The name of a field or a method.
pub(crate) fn field_name(words: &str) -> String {
    let name = spelled(words).to_snake_case();
    match name.chars().next() {
        None => "empty".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{name}"),
        Some(_) if KEYWORDS.contains(&name.as_str()) => format!("{name}_"),
        Some(_) => name,
    }
}

/// Signs that tell two names apart are spelled out; others separate words.
fn spelled(words: &str) -> String {
    let mut out = String::new();
    for sign in words.chars() {
        match sign {
            'a'..='z' | 'A'..='Z' | '0'..='9' => out.push(sign),
            '+' => out.push_str(" plus "),
            '*' => out.push_str(" star "),
            '$' => out.push_str(" dollar "),
            '@' => out.push_str(" at "),
            '<' => out.push_str(" less "),
            '>' => out.push_str(" greater "),
            '=' => out.push_str(" equal "),
            '!' => out.push_str(" not "),
            '%' => out.push_str(" percent "),
            // Not in front: `-1` is the number, `a-1` two words.
            '-' if out.is_empty() && words.len() > 1 => out.push_str("minus "),
            _ => out.push(' '),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_legal_and_given_once() {
        assert_eq!(type_name("chat.completion"), "ChatCompletion");
        assert_eq!(type_name("2fa"), "N2fa");
        assert_eq!(type_name("-1"), "Minus1");
        assert_eq!(type_name(""), "Empty");
        assert_eq!(field_name("type"), "type_");
        assert_eq!(field_name("X-Request-Id"), "x_request_id");
        assert_eq!(field_name("self"), "self_");
        let mut names = Names::of_types();
        assert_eq!(names.give("Option".into()), "Option2");
        assert_eq!(names.give("Thing".into()), "Thing");
        assert_eq!(names.give("Thing".into()), "Thing2");
    }
}
