//! What deserialisers say of a value, said in the words of the API.
//!
//! Their sentences are made for programmers: they name types of this program and places in the
//! text. A caller knows fields, so every sentence here is about one. Which field that is, and in
//! which part of the request, is left to `native`.

/// What is wrong with `subject`, of which a deserialiser said `said`.
pub(crate) fn reworded(subject: &str, said: &str) -> String {
    if said.starts_with("must ") {
        return format!("{subject} {said}");
    }
    if said.starts_with("duplicate field") {
        return format!("{subject} must be given only once");
    }
    if said.starts_with("missing field") {
        return format!("{subject} must be given");
    }
    let kinds = ["invalid type: ", "invalid value: ", "unknown variant "];
    let told = kinds.iter().find_map(|kind| said.strip_prefix(kind));
    // The last one: the value, which is quoted before it, may hold these words too.
    match told.and_then(|told| told.rsplit_once(", expected ")) {
        Some((found, expected)) => {
            let (found, expected) = (found_value(found), expected_value(expected));
            format!("{subject} must be {expected}, not {found}")
        }
        None => format!("{subject}: {said}"),
    }
}

/// The sentence without the place in the text at its end.
pub(crate) fn without_position(said: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match said.rsplit_once(" at line ") {
        Some((sentence, position))
            if position
                .split_once(" column ")
                .is_some_and(|(line, column)| is_number(line) && is_number(column)) =>
        {
            sentence
        }
        _ => said,
    }
}

fn found_value(found: &str) -> &str {
    match found {
        "sequence" => return "a list",
        "map" => return "an object",
        "unit value" | "Option value" => return "null",
        _ => {}
    }
    let scalars = ["boolean ", "integer ", "floating point ", "string ", ""];
    let value = scalars.iter().find_map(|kind| found.strip_prefix(kind));
    value.unwrap_or(found).trim_matches('`')
}

fn expected_value(expected: &str) -> &str {
    match expected {
        "a map" => "an object",
        "a sequence" => "a list",
        named if named.starts_with("struct ") || named.starts_with("internally tagged") => {
            "an object"
        }
        said => said,
    }
}

#[cfg(test)]
mod tests;
