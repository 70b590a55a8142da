//! The key-encryption key, which the stored keys of providers are sealed under: made at the first
//! start, read at every other, changed by `aig keys rotate` while the server runs.
//!
//! By default it is a file of mode 0600 in the data directory, beside the database that it guards:
//! whoever takes the whole directory has both. A file elsewhere (`key_encryption_key_file`) is
//! stronger. The environment is weaker: other processes of the user can read it, and a running
//! server cannot follow a rotation. A file may hold several keys, one a line, the newest first.

use std::path::{Path, PathBuf};

use aig_model::Secret;
use aig_store::{KEY_LEN, KeyRing, Store, StoreError, Vault};
use anyhow::{Context, bail};
use zeroize::Zeroizing;

use crate::keys::{hex_key, random_hex, replace_file, write_new};

const FILE: &str = "key-encryption-key";

/// Locked while a rotation is at work.
const LOCK: &str = "key-rotation.lock";

/// The variable that holds the key itself.
const VARIABLE: &str = "AIG_KEY_ENCRYPTION_KEY";

/// Where the settings say that the keys are.
#[derive(Clone, Debug, Default)]
pub struct KekSetting {
    /// A file that is not in the data directory.
    pub file: Option<PathBuf>,
    /// The keys themselves, from the environment.
    pub text: Option<Secret<String>>,
}

/// Where they are.
enum Source {
    /// The file of our own, which a rotation may write.
    Own(PathBuf),
    /// A file of somebody else's.
    Named(PathBuf),
    Variable(Secret<String>),
}

// === impl KekSetting ===

impl KekSetting {
    /// What the flag or the file of settings say, and the environment.
    pub(crate) fn new(file: Option<PathBuf>) -> anyhow::Result<Self> {
        let text = match std::env::var(VARIABLE) {
            Ok(text) => Some(Secret::new(text)).filter(|text| !text.expose().is_empty()),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(_)) => bail!("{VARIABLE} is no text"),
        };
        if file.is_some() && text.is_some() {
            bail!("set {VARIABLE} or name a file with key_encryption_key_file, not both");
        }
        Ok(Self { file, text })
    }

    /// How people call the keys, and their file if they have one.
    pub(crate) fn place(&self, data_dir: &Path) -> (String, Option<PathBuf>) {
        let source = self.source(data_dir);
        let path = match &source {
            Source::Own(path) | Source::Named(path) => Some(path.clone()),
            Source::Variable(_) => None,
        };
        (source.name(), path)
    }

    fn source(&self, data_dir: &Path) -> Source {
        match (&self.file, &self.text) {
            (Some(path), _) => Source::Named(path.clone()),
            (None, Some(text)) => Source::Variable(text.clone()),
            (None, None) => Source::Own(data_dir.join(FILE)),
        }
    }

    /// Opens the store with the key, which is made at the first start. Refuses a key that the
    /// stored keys were not sealed with.
    pub(crate) fn open(&self, data_dir: &Path) -> anyhow::Result<Store> {
        let source = self.source(data_dir);
        if matches!(source, Source::Variable(_)) {
            tracing::warn!(
                "{VARIABLE} can be read by other processes of this user; a file is stronger"
            );
        }
        let made = source.make_if_absent(data_dir)?;
        let name = source.name();
        let own = match &source {
            Source::Own(path) => Some(path.clone()),
            Source::Named(_) | Source::Variable(_) => None,
        };
        let vault = Vault::new(move || source.ring().map_err(Into::into))
            .map_err(|error| anyhow::anyhow!(error))?;
        match Store::open_with(data_dir, vault) {
            Ok(store) => Ok(store),
            Err(StoreError::WrongKey) => {
                if let (true, Some(path)) = (made, own) {
                    // It never sealed anything; left there, it would be taken for the lost one.
                    std::fs::remove_file(&path)
                        .with_context(|| format!("remove {}, which is no good", path.display()))?;
                    bail!(
                        "the {name} is not there, but the stored keys were sealed with one; name \
                         it with --key-encryption-key-file, or put it back there"
                    );
                }
                bail!(
                    "the {name} is not the one that the stored keys were sealed with; name the \
                     right one with --key-encryption-key-file, or put it back there"
                )
            }
            Err(error) => Err(error).with_context(|| {
                format!("the data directory {} cannot be used", data_dir.display())
            }),
        }
    }

    /// Changes the key of a store that may be in use. Says how many stored keys were wrapped anew.
    ///
    /// Broken off anywhere, it leaves both keys or the new one alone, with all that they sealed;
    /// the next call finishes it.
    pub(crate) async fn rotate(&self, data_dir: &Path) -> anyhow::Result<usize> {
        let source = self.source(data_dir);
        let Source::Own(path) = &source else {
            if source.keys()?.len() < 2 {
                bail!(
                    "the {} holds one key, and this command does not write there; put a new one \
                     (`openssl rand -hex 32`) on a line before it, see to it that the running \
                     server has both, and run this again; then the old one can go",
                    source.name()
                );
            }
            return Ok(self.open(data_dir)?.instance().rotate_keys().await?);
        };
        let _only = only_rotation(data_dir)?;
        // An instance of before, that never sealed anything, has none yet.
        drop(self.open(data_dir)?);
        let text = read(path)?;
        if source.keys()?.len() < 2 {
            let both = Zeroizing::new(format!("{}\n{}", *random_hex()?, *text));
            replace_file(path, &both)?;
        }
        let store = self.open(data_dir)?;
        let count = store.instance().rotate_keys().await?;
        let text = read(path)?;
        let newest = text.lines().next().unwrap_or_default();
        replace_file(path, &Zeroizing::new(format!("{newest}\n")))?;
        Ok(count)
    }
}

// === impl Source ===

impl Source {
    /// As messages name it.
    fn name(&self) -> String {
        match self {
            Self::Own(path) | Self::Named(path) => {
                format!("key-encryption key {}", path.display())
            }
            Self::Variable(_) => format!("key-encryption key in {VARIABLE}"),
        }
    }

    /// Makes the key of our own where there is none, and says whether it did.
    fn make_if_absent(&self, data_dir: &Path) -> anyhow::Result<bool> {
        use std::os::unix::fs::DirBuilderExt;
        let Self::Own(path) = self else {
            return Ok(false);
        };
        if path.try_exists().unwrap_or(true) {
            return Ok(false);
        }
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data_dir)
            .with_context(|| format!("the data directory {} cannot be used", data_dir.display()))?;
        match write_new(path, &Zeroizing::new(format!("{}\n", *random_hex()?))) {
            // Another process was first; its key is the one that counts.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            written => {
                written.with_context(|| format!("the {} cannot be written", self.name()))?;
                Ok(true)
            }
        }
    }

    fn ring(&self) -> anyhow::Result<KeyRing> {
        Ok(KeyRing::new(self.keys()?)?)
    }

    fn keys(&self) -> anyhow::Result<Vec<Secret<[u8; KEY_LEN]>>> {
        let text = match self {
            Self::Own(path) | Self::Named(path) => read(path)?,
            Self::Variable(text) => Zeroizing::new(text.expose().clone()),
        };
        // An empty file has one line too, which is no key.
        let lines = match text.trim_end() {
            "" => vec![""],
            text => text.lines().collect(),
        };
        let keys = lines.into_iter().map(|line| hex_key(line.trim()));
        keys.collect::<Result<_, _>>()
            .with_context(|| format!("the {}", self.name()))
    }
}

/// Two rotations at once would each take away the key that the other one wraps with. The lock goes
/// with the process, however that ends.
fn only_rotation(data_dir: &Path) -> anyhow::Result<std::fs::File> {
    let path = data_dir.join(LOCK);
    let file =
        private_or_there(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            bail!("another `aig keys rotate` is at work on this instance; wait for its end")
        }
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", path.display()))
        }
    }
}

fn private_or_there(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

fn read(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("the key-encryption key {} cannot be read", path.display()))
}

#[cfg(test)]
mod tests;
