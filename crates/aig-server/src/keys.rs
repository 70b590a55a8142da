//! Keys of the house: the token pepper, made at the first start, read at every other.
//!
//! By default it is a file of mode 0600 in the data directory, beside the digests that it guards:
//! whoever takes the whole directory has both. A file elsewhere (`token_pepper_file`) is stronger.
//!
//! The store remembers a digest under the pepper, so that another pepper, under which no token is
//! known, is refused at the start and not found out from 401s.

use std::io::Write;
use std::path::{Path, PathBuf};

use aig_model::{Secret, TokenText};
use aig_policy::Identity;
use aig_store::Store;
use anyhow::{Context, bail};
use zeroize::Zeroizing;

const FILE: &str = "token-pepper";

/// What the remembered digest is made of. It must never change: every pepper would be a wrong one.
const CHECK: &str = "aig-check-of-the-token-pepper-of-an-instance";

type Pepper = Secret<[u8; Identity::PEPPER_LEN]>;

/// The recogniser of tokens, with the pepper from `file`, or from the data directory, where it is
/// made if there is none yet. Refuses a pepper that the store's tokens were not made with.
pub async fn identity(
    store: &Store,
    data_dir: &Path,
    file: Option<&Path>,
) -> anyhow::Result<Identity> {
    let own = own(data_dir);
    let path = file.unwrap_or(&own);
    let made = file.is_none() && !own.try_exists().unwrap_or(true);
    let pepper = if made {
        if has_tokens(store).await? {
            bail!("{}", missing(path));
        }
        make(path)?
    } else {
        read(path)?
    };
    let identity = Identity::new(pepper);
    let check = TokenText::foreign(CHECK).expect("the text has the form of a token");
    if store
        .instance()
        .recognise_pepper(identity.digest(&check))
        .await?
    {
        return Ok(identity);
    }
    if made {
        // It never was the pepper of anything; left there, it would be taken for the lost one.
        std::fs::remove_file(path)
            .with_context(|| format!("remove {}, which is no good", path.display()))?;
        bail!("{}", missing(path));
    }
    bail!(
        "the pepper in {} is not the one that the tokens were made with; \
         name the right one with --token-pepper-file, or put it back there",
        path.display()
    )
}

/// Where the pepper is when no file is named.
pub(crate) fn own(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

fn missing(path: &Path) -> String {
    format!(
        "the token pepper {} is not there, but the tokens were made with one; \
         name it with --token-pepper-file, or put it back there",
        path.display()
    )
}

async fn has_tokens(store: &Store) -> anyhow::Result<bool> {
    let instance = store.instance();
    for account in instance.list_accounts().await? {
        if !instance.list_tokens(account.id).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read(path: &Path) -> anyhow::Result<Pepper> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("the token pepper {} cannot be read", path.display()))?;
    parse(text.trim_end()).with_context(|| format!("the token pepper {}", path.display()))
}

fn parse(text: &str) -> anyhow::Result<Pepper> {
    hex_key(text)
}

/// Reads a key of 256 bits from hex digits; the error says nothing of it.
pub(crate) fn hex_key(text: &str) -> anyhow::Result<Secret<[u8; 32]>> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        bail!("must be 64 hex digits; make one with `openssl rand -hex 32`");
    }
    if digits.iter().all(|d| *d == digits[0]) {
        bail!("must be random; make one with `openssl rand -hex 32`");
    }
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).expect("hex digits are text");
        *byte = u8::from_str_radix(pair, 16).expect("two hex digits are a byte");
    }
    Ok(Secret::new(key))
}

/// A fresh key of 256 bits as hex digits.
pub(crate) fn random_hex() -> anyhow::Result<Zeroizing<String>> {
    let mut key = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *key).context("the system has no randomness")?;
    Ok(Zeroizing::new(
        key.iter().map(|b| format!("{b:02x}")).collect(),
    ))
}

/// Makes a fresh pepper.
fn make(path: &Path) -> anyhow::Result<Pepper> {
    let text = Zeroizing::new(format!("{}\n", *random_hex()?));
    match write_new(path, &text) {
        // Another process was first; its pepper is the one that counts.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return read(path),
        written => written,
    }
    .with_context(|| format!("the token pepper {} cannot be written", path.display()))?;
    parse(text.trim_end())
}

/// Writes a file of keys whole or not at all, if it is not there yet: a half-written one would
/// lock everybody out.
pub(crate) fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let draft = draft(path, text)?;
    let written = std::fs::hard_link(&draft, path).and_then(|()| sync_directory(path));
    let removed = std::fs::remove_file(&draft);
    written.and(removed)
}

/// Writes a file of keys in place of the one that is there, whole or not at all.
pub(crate) fn replace_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let replaced = draft(path, text).and_then(|draft| {
        std::fs::rename(&draft, path).inspect_err(|_| {
            // What is left of it is of no use to anybody; the error says what matters.
            let _ = std::fs::remove_file(&draft);
        })
    });
    replaced
        .and_then(|()| remove_drafts(path))
        .and_then(|()| sync_directory(path))
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Removes what writers left behind that came to a sudden end: it holds keys, and keys that were
/// taken out of use would stay readable in it. Only one process replaces a file at a time.
fn remove_drafts(path: &Path) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    for entry in std::fs::read_dir(directory)? {
        let other = entry?.path();
        if other.file_stem() == path.file_stem() && has_draft_name(&other) {
            std::fs::remove_file(&other)?;
        }
    }
    Ok(())
}

fn draft(path: &Path, text: &str) -> std::io::Result<PathBuf> {
    // Not named by the process: in a container every process has the same number, and a draft that
    // a sudden end left behind would be in the way of the next one.
    let draft = path.with_extension(draft_name()?);
    let mut file = private_file(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(draft)
}

fn draft_name() -> std::io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

/// Whether a file has an extension that `draft_name` makes.
fn has_draft_name(path: &Path) -> bool {
    let extension = path.extension().and_then(|name| name.to_str());
    extension.is_some_and(|name| name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A name in a directory is safe when the directory is synced.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(directory)?.sync_all()
}

fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests;
