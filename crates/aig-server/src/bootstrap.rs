//! The account and the token that an infrastructure tool sets through the environment.
//!
//! They are ensured at every start; a changed token revokes the one set before. Nothing of the
//! token is ever printed.

use aig_model::{AccountId, TokenText};
use anyhow::{Context, bail};

/// What the environment wants to exist.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// The account.
    pub account: AccountId,
    /// A token of it with every permission.
    pub token: TokenText,
}

/// What the help of the command says of them.
pub(crate) const HELP: &str = "\
Instead of what the first start makes and prints, infrastructure tools may set:
  AIG_BOOTSTRAP_ACCOUNT      the id of an account, 32 hex digits
  AIG_BOOTSTRAP_TOKEN        a token of it with every permission, at least 32 characters
  AIG_BOOTSTRAP_TOKEN_FILE   a file that holds the token, instead of the variable
They are ensured at every start; a changed token revokes the one set before. Nothing is printed.
A variable of the environment that is empty is as good as none.";

const ACCOUNT: &str = "AIG_BOOTSTRAP_ACCOUNT";
const TOKEN: &str = "AIG_BOOTSTRAP_TOKEN";
const TOKEN_FILE: &str = "AIG_BOOTSTRAP_TOKEN_FILE";

impl Bootstrap {
    /// Reads the variables; one without the other is an error, an empty one is none.
    pub fn from_environment() -> anyhow::Result<Option<Self>> {
        let read = |name| match std::env::var(name) {
            Ok(text) => Ok(Some(text)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(error) => Err(error).context(name),
        };
        Self::from_parts(read(ACCOUNT)?, read(TOKEN)?, read(TOKEN_FILE)?)
    }

    /// From the values of the three variables.
    fn from_parts(
        account: Option<String>,
        token: Option<String>,
        file: Option<String>,
    ) -> anyhow::Result<Option<Self>> {
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (account, token, file) = (said(account), said(token), said(file));
        let token = match (token, file) {
            (Some(_), Some(_)) => bail!("set {TOKEN} or {TOKEN_FILE}, not both"),
            (Some(token), None) => Some(token),
            (None, Some(path)) => Some(
                std::fs::read_to_string(&path)
                    .with_context(|| format!("{TOKEN_FILE}: {path} cannot be read"))?,
            ),
            (None, None) => None,
        };
        match (account, token) {
            (None, None) => Ok(None),
            (Some(_), None) => bail!("{ACCOUNT} is set, so {TOKEN} or {TOKEN_FILE} must be too"),
            (None, Some(_)) => bail!("a bootstrap token is set, so {ACCOUNT} must be too"),
            (Some(account), Some(token)) => Ok(Some(Self {
                account: account.parse().context(ACCOUNT)?,
                token: TokenText::foreign(token.trim_end()).context(TOKEN)?,
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn read(account: Option<&str>, token: Option<&str>) -> Result<bool, String> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Bootstrap::from_parts(own(account), own(token), None)
            .map(|found| found.is_some())
            .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn both_or_neither() {
        let token = "x".repeat(32);
        assert_eq!(read(None, None), Ok(false));
        assert_eq!(read(Some(ID), Some(&token)), Ok(true));
        assert!(read(Some(ID), None).unwrap_err().contains(TOKEN));
        assert!(read(None, Some(&token)).unwrap_err().contains(ACCOUNT));
        assert_eq!(read(Some(""), Some("")), Ok(false), "empty is absent");
        assert!(read(Some(ID), Some("")).unwrap_err().contains(TOKEN));
    }

    #[test]
    fn bad_values_are_refused_without_being_shown() {
        let short = read(Some(ID), Some("canary")).unwrap_err();
        assert!(
            short.contains("at least 32") && !short.contains("canary"),
            "{short}"
        );
        let account = read(Some("me"), Some(&"x".repeat(32))).unwrap_err();
        assert!(account.contains("32 hex digits"), "{account}");
    }

    #[test]
    fn a_file_may_end_in_a_newline() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, format!("{}\n", "x".repeat(32))).unwrap();
        let path = Some(path.display().to_string());
        let found = Bootstrap::from_parts(Some(ID.into()), None, path)
            .unwrap()
            .unwrap();
        assert_eq!(found.token.expose().len(), 32);
    }
}
