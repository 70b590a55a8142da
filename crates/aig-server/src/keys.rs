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
    let own = data_dir.join(FILE);
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
    let digits = text.as_bytes();
    if digits.len() != 2 * Identity::PEPPER_LEN || !digits.iter().all(u8::is_ascii_hexdigit) {
        bail!("must be 64 hex digits; make one with `openssl rand -hex 32`");
    }
    if digits.iter().all(|d| *d == digits[0]) {
        bail!("must be random; make one with `openssl rand -hex 32`");
    }
    let mut pepper = [0; Identity::PEPPER_LEN];
    for (byte, pair) in pepper.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).expect("hex digits are text");
        *byte = u8::from_str_radix(pair, 16).expect("two hex digits are a byte");
    }
    Ok(Secret::new(pepper))
}

/// Writes a fresh pepper whole or not at all: a half-written one would lock every token out.
fn make(path: &Path) -> anyhow::Result<Pepper> {
    let mut pepper = [0; Identity::PEPPER_LEN];
    getrandom::fill(&mut pepper).context("the system has no randomness")?;
    let text: String = pepper.iter().map(|b| format!("{b:02x}")).collect();
    let text = Zeroizing::new(text + "\n");
    let directory = path.parent().unwrap_or(Path::new("."));
    let draft: PathBuf = directory.join(format!("{FILE}.{}", std::process::id()));
    let written = private_file(&draft)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| std::fs::hard_link(&draft, path))
        .and_then(|()| std::fs::File::open(directory)?.sync_all());
    let removed = std::fs::remove_file(&draft);
    match written {
        // Another process was first; its pepper is the one that counts.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return read(path),
        other => other.and(removed),
    }
    .with_context(|| format!("the token pepper {} cannot be written", path.display()))?;
    Ok(Secret::new(pepper))
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
