//! What the command prints for people: tables, moments, and commands to paste.

use aig_model::Timestamp;
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
    table.add_rows(rows);
    table
}

/// A moment in UTC, to the second.
pub(crate) fn moment(time: Timestamp) -> String {
    chrono::DateTime::from_timestamp_millis(time.as_millis())
        .map(|t| t.format("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}

/// Tells the account and the token of a first start, this once.
pub(crate) fn first_start(house: &House, first: &FirstStart) {
    let (origin, control) = (house.origin(), house.control_origin());
    let (account, token) = (first.account, first.token.expose());
    println!(
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
}
