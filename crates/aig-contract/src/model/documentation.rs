//! What becomes of an operation's documentation on its way through dropshot, which
//! reads it from doc comments and arranges the lines in its own way.

use super::Operation;

impl Operation {
    /// Summary and description as the lines of a doc comment.
    #[must_use]
    pub fn documentation(&self) -> Vec<&str> {
        lines_of(self.summary.as_deref(), self.description.as_deref())
    }

    /// Whether dropshot reads both parts back as they were.
    #[must_use]
    pub fn documentation_survives(&self) -> bool {
        let (summary, description) = read_by_dropshot(&self.documentation());
        (summary, description) == (self.summary.clone(), self.description.clone())
    }
}

/// Summary and description as the lines of a doc comment.
pub(crate) fn lines_of<'t>(summary: Option<&'t str>, description: Option<&'t str>) -> Vec<&'t str> {
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
    lines
}

/// What dropshot makes of the lines of a doc comment.
pub(crate) fn read_by_dropshot(lines: &[&str]) -> (Option<String>, Option<String>) {
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
            // A line that ends in a hyphen goes on, even in the next paragraph.
            if text.ends_with(['-', '\n']) {
                text.push_str(line);
            } else if line.is_empty() {
                text.push_str("\n\n");
            } else {
                text.push(' ');
                text.push_str(line);
            }
            text
        });
        joined.trim_end().to_owned()
    });
    (summary, description)
}

#[cfg(test)]
mod tests {
    use super::read_by_dropshot;

    /// After the source of dropshot 0.18; the sample `routes` is compared with what
    /// dropshot itself makes of it.
    #[test]
    fn lines_are_joined_as_dropshot_joins_them() {
        let read = |lines: &[&str]| read_by_dropshot(lines);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read(&[]), (None, None));
        assert_eq!(read(&["One."]), (some("One."), None));
        assert_eq!(read(&["One.", "", "Two."]), (some("One."), some("Two.")));
        assert_eq!(read(&["One.", "a", "b"]), (some("One."), some("a b")));
        assert_eq!(
            read(&["One.", "a", "", "b"]),
            (some("One."), some("a\n\nb"))
        );
        assert_eq!(read(&["One.", "a-", "b"]), (some("One."), some("a-b")));
    }
}
