//! Profiles of the commands that work over the API: base URL, account and token under one name, in
//! a file of the user's own.
//!
//! A profile that is named says all three together, so that the token of one house never goes to the
//! address of another: the variables of the environment do not mix with it, and what it leaves out
//! has its usual default. Flags win over it. How its values reach the commands is left to `cli`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use serde::Deserialize;

use crate::config::file::read_text;

/// What one profile says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) base_url: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) token: Option<String>,
}

/// The same as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    base_url: Option<String>,
    account: Option<String>,
    token: Option<String>,
    token_file: Option<PathBuf>,
}

/// Whoever may read the file may act with the token.
const OTHERS: u32 = 0o077;

/// Where profiles are: `$XDG_CONFIG_HOME/aig/profiles.toml`, or `~/.config/aig/profiles.toml`.
pub(crate) fn path(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    // A relative path there is to be ignored, says the XDG Base Directory Specification.
    let own = variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let config = own.or_else(|| Some(variable("HOME")?.join(".config")))?;
    Some(config.join("aig/profiles.toml"))
}

impl Profile {
    /// The profile of that name; `warn` is told of tokens that others can read.
    pub(crate) fn read(file: &Path, name: &str, warn: impl Fn(String)) -> anyhow::Result<Self> {
        let text = read_text(file)
            .with_context(|| format!("the profiles in {} cannot be read", file.display()))?;
        let mut all: BTreeMap<String, Written> = toml::from_str(&text).map_err(|error| {
            // The error of the reader would show the line, and a token may stand there.
            let before = error.span().map_or(0, |span| span.start);
            let line = 1 + text.bytes().take(before).filter(|&b| b == b'\n').count();
            let what = error.message().trim().replace('\n', ", ");
            anyhow!("{}:{line}: {what}", file.display())
        })?;
        let names = all.keys().cloned().collect::<Vec<_>>().join(", ");
        let Some(found) = all.remove(name) else {
            bail!("{} has no profile {name:?}; it has {names}", file.display());
        };
        let token = match (found.token, found.token_file) {
            (Some(_), Some(_)) => bail!(
                "{}: the profile {name:?} says token and token_file; say one",
                file.display()
            ),
            (Some(token), None) => {
                warn_of_others(file, &warn);
                Some(token)
            }
            (None, Some(path)) => {
                // Beside the file that names it, wherever the command is called.
                let path = file.parent().unwrap_or(Path::new(".")).join(path);
                let token = read_text(&path)
                    .with_context(|| format!("the token in {} cannot be read", path.display()))?;
                warn_of_others(&path, &warn);
                Some(token.trim_end().to_owned())
            }
            (None, None) => None,
        };
        Ok(Self {
            base_url: found.base_url,
            account: found.account,
            token,
        })
    }
}

fn warn_of_others(path: &Path, warn: impl Fn(String)) {
    let mode = path
        .metadata()
        .map_or(0, |found| found.permissions().mode());
    if mode & OTHERS != 0 {
        let path = path.display();
        warn(format!(
            "others can read the token in {path}; run chmod 600 {path}"
        ));
    }
}

#[cfg(test)]
mod tests;
