//! Refuses providers that could never be dialled, at the start and not at the first request.
//!
//! The verdict is `aig-policy`'s, the same that stands on every dial. Names are not looked up here:
//! their addresses are seen when they are dialled.

use aig_policy::EgressRules;
use aig_provider::Providers;
use anyhow::bail;

/// Refuses the first provider whose base leads to where the rules forbid.
pub(super) fn check(providers: &Providers, rules: &EgressRules) -> anyhow::Result<()> {
    for provider in providers.iter() {
        let base = with_labels(&provider.base_url());
        let (scheme, behind) = base.split_once("://").unwrap_or_default();
        let authority = behind.split('/').next().unwrap_or_default();
        if let Err(why) = rules.judge(scheme, authority) {
            bail!(
                "provider `{}`: {} cannot be dialled: {why}; if it is meant, write its network into \
                 [egress] allow or --egress-allow",
                provider.slug(),
                provider.base_url(),
            );
        }
    }
    Ok(())
}

/// The base with a label in place of each slot. What really fills it is seen when it is dialled.
fn with_labels(base: &str) -> String {
    let mut parts = base.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("slot");
        text.push_str(part.split_once('}').map_or("", |(_, behind)| behind));
    }
    text
}
