//! What the command prints for people: tables, moments, and commands to paste.

use std::fmt::Write as _;
use std::io::Write as _;

use aig_model::Timestamp;
use anyhow::Context;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

use crate::house::{FirstStart, House};

/// A table with a head, without lines: easy on the eye, easy to cut.
pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(head.map(str::to_uppercase));
    table.add_rows(rows.into_iter().map(|row| row.map(|cell| plain(&cell))));
    table
}

/// The text without what a terminal would act on. Callers of the gateway choose what stands in a
/// log row, and a name or a model must not move the cursor, hide a line or turn the text around.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        let turns = matches!(sign, '\u{61c}' | '\u{200e}' | '\u{200f}')
            || matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(sign, '\u{2028}' | '\u{2029}');
        if sign.is_control() || turns {
            plain.extend(sign.escape_default());
        } else {
            plain.push(sign);
        }
    }
    plain
}

/// JSON with the same safety: its own escapes cover the control characters of ASCII but one, not
/// those behind it.
pub(crate) fn json(value: &serde_json::Value) -> String {
    let mut text = String::new();
    for sign in format!("{value:#}").chars() {
        match sign {
            '\u{7f}'..='\u{9f}' => {
                let escaped = write!(text, "\\u{:04x}", u32::from(sign));
                escaped.expect("a string takes everything");
            }
            sign => text.push(sign),
        }
    }
    text
}

/// A moment in UTC, to the second.
pub(crate) fn moment(time: Timestamp) -> String {
    chrono::DateTime::from_timestamp_millis(time.as_millis())
        .map(|t| t.format("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}

/// Tells the account and the token of a first start, this once.
pub(crate) fn first_start(house: &House, first: &FirstStart) -> anyhow::Result<()> {
    let (origin, control) = (house.origin(), house.control_origin());
    let (account, token) = (first.account, first.token.expose());
    let text = format!(
        "\
First start: an account and a token were made. The token is shown this once.

  export AIG_ACCOUNT_ID={account}
  export AIG_API_TOKEN={token}
  export AIG_BASE_URL={control}/client/v4

Make a gateway, then send a request through it with a provider's key:

  aig gateways create --id my-gateway
  curl {origin}/v1/{account}/my-gateway/openai/chat/completions \\
    -H \"Authorization: Bearer $OPENAI_API_KEY\" -H 'Content-Type: application/json' \\
    -d '{{\"model\": \"gpt-4o-mini\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'
  aig logs my-gateway
"
    );
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .with_context(|| {
            format!(
                "the first token cannot be printed and is lost; \
                 make another with `aig token create --account {account}`"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_moves_the_cursor() {
        let cells = [
            "\u{1b}[2J\u{1b}]0;x\u{7}a\nb\r\t",
            "\u{9b}31m\u{202e}äöü 漢字 🦀",
        ];
        let text = table(["one", "two"], [cells.map(str::to_owned)]).to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "a cell stays in its line: {text:?}");
        assert!(
            !text.replace('\n', "").contains(char::is_control),
            "{text:?}"
        );
        assert!(
            lines[1].contains(r"\u{1b}[2J\u{1b}]0;x\u{7}a\nb\r\t"),
            "{text}"
        );
        assert!(lines[1].contains(r"\u{9b}31m\u{202e}äöü 漢字 🦀"), "{text}");
    }

    #[test]
    fn json_holds_no_control_character_and_means_the_same() {
        let value = serde_json::json!({"a": "\u{1b}[0m\u{7f}\u{9b}x", "b": ["ä"]});
        let text = json(&value);
        assert!(
            !text.replace('\n', "").contains(char::is_control),
            "{text:?}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }
}
