//! The client, by progenitor. It panics where it has no words; the subset check
//! should have found every such case before, and what it has missed is reported
//! here like any other problem.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use aig_contract::generate::{Contract, GeneratedFile};
use aig_contract::stubs;
use anyhow::{Context, anyhow, bail};
use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle, TagStyle};

/// Where the client goes.
const CLIENT: &str = "crates/aig-client/src/generated.rs";

/// The client of a contract, not yet formatted.
pub(crate) fn generate(contract: &Contract) -> anyhow::Result<GeneratedFile> {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged);
    let mut generator = Generator::new(&settings);
    let tokens = quietly(|| generator.generate_tokens(&contract.openapi))
        .map_err(|panic| anyhow!("progenitor gave up on the document: {panic}"))?
        .context("progenitor refused the document")?;
    let text = stubs::render(tokens).context("progenitor wrote something that is not Rust")?;
    if text.is_empty() {
        bail!("progenitor wrote nothing");
    }
    Ok(GeneratedFile {
        path: CLIENT.to_owned(),
        text: contract.preamble() + &text,
    })
}

/// Runs what may panic without its message on the screen; the caller has it.
fn quietly<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    // There is one hook for the whole process, so two at a time would mix them up.
    static HOOK: Mutex<()> = Mutex::new(());
    let _held = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = catch_unwind(AssertUnwindSafe(run));
    std::panic::set_hook(before);
    result.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no reason given".to_owned())
    })
}

#[cfg(test)]
mod tests;
