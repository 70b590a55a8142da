//! Whether the compiler that the workspace asks for has a profile: with another's, a build by profile is
//! one without.

use toml::Table;

use super::Disorder;
use crate::dist::PROFILES;

/// What is wrong with the profiles of the workspace, by what `rust-toolchain.toml` says.
pub(super) fn order(toolchain: &str, profiles: &[String]) -> Vec<Disorder> {
    let file = toolchain.parse::<Table>().ok();
    let channel = file
        .as_ref()
        .and_then(|file| file.get("toolchain")?.get("channel")?.as_str());
    let Some(channel) = channel else {
        return vec![Disorder {
            file: "rust-toolchain.toml".to_owned(),
            message: "names no channel; a profile is of one compiler, as in \"1.95.0\"".to_owned(),
        }];
    };
    let beginning = format!("{PROFILES}/{channel}-");
    let (pinned, others): (Vec<_>, Vec<_>) = profiles
        .iter()
        .partition(|file| file.starts_with(&beginning));
    let mut found: Vec<Disorder> = others
        .into_iter()
        .map(|other| Disorder {
            file: other.clone(),
            message: format!("is no profile of the pinned compiler, {channel}; delete it"),
        })
        .collect();
    if pinned.is_empty() {
        found.push(Disorder {
            file: PROFILES.to_owned(),
            message: format!(
                "holds no profile for rustc {channel}; `cargo xtask profile` makes one"
            ),
        });
    }
    found
}
