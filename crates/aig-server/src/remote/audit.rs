//! `aig audit`: who changed what in the account, over the API.

use std::num::NonZeroU64;
use std::process::ExitCode;

use clap::Args;

use super::{Api, answer, tables};

/// Which entries of the audit log.
#[derive(Debug, Args)]
pub(crate) struct AuditCommand {
    /// From that day or moment on, such as 2030-01-31 or 2030-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Up to the beginning of that day, or that moment
    #[arg(long, value_name = "TIME")]
    before: Option<String>,
    /// The oldest first
    #[arg(long)]
    oldest_first: bool,
    /// The most entries to show
    #[arg(long, value_name = "ENTRIES")]
    limit: Option<NonZeroU64>,
    /// Behind what was shown before: its `cursors.after`, as `--json` has it
    #[arg(long)]
    cursor: Option<String>,
}

impl AuditCommand {
    pub(crate) async fn run(self, api: &Api) -> anyhow::Result<ExitCode> {
        let client = api.client()?;
        let mut call = client.list_audit_logs().account_id(&api.account);
        if let Some(since) = self.since {
            call = call.since(since);
        }
        if let Some(before) = self.before {
            call = call.before(before);
        }
        if self.oldest_first {
            call = call.direction("asc");
        }
        if let Some(limit) = self.limit {
            call = call.limit(limit);
        }
        if let Some(cursor) = self.cursor {
            call = call.cursor(cursor);
        }
        let list = answer(None, call.send()).await?;
        api.show_list(&list, tables::audit)
    }
}
