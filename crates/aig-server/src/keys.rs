//! Keys of the house: the token pepper, made at the first start, read at every other.
//!
//! By default it is a file of mode 0600 in the data directory, beside the digests that it guards:
//! whoever takes the whole directory has both. A file elsewhere (`token_pepper_file`) is stronger.

use std::io::Write;
use std::path::{Path, PathBuf};

use aig_model::Secret;
use aig_policy::Identity;
use anyhow::{Context, bail};
use zeroize::Zeroizing;

const FILE: &str = "token-pepper";

/// The recogniser of tokens, with the pepper from `file`, or from the data directory, where it is
/// made if it is not there.
pub fn identity(data_dir: &Path, file: Option<&Path>) -> anyhow::Result<Identity> {
    let pepper = match file {
        Some(path) => read(path)?,
        None => {
            let path = data_dir.join(FILE);
            match path.try_exists() {
                Ok(true) => read(&path)?,
                _ => make(&path)?,
            }
        }
    };
    Ok(Identity::new(pepper))
}

fn read(path: &Path) -> anyhow::Result<Secret<[u8; Identity::PEPPER_LEN]>> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("the token pepper {} cannot be read", path.display()))?;
    parse(text.trim_end()).with_context(|| format!("the token pepper {}", path.display()))
}

fn parse(text: &str) -> anyhow::Result<Secret<[u8; Identity::PEPPER_LEN]>> {
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
fn make(path: &Path) -> anyhow::Result<Secret<[u8; Identity::PEPPER_LEN]>> {
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
mod tests {
    use aig_model::TokenText;

    use super::*;

    #[test]
    fn the_pepper_is_made_once_and_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let token = TokenText::from_random([1; 32]);
        let first = identity(dir.path(), None).unwrap().digest(&token);
        let second = identity(dir.path(), None).unwrap().digest(&token);
        assert_eq!(first, second);
        let mode = dir
            .path()
            .join(FILE)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            1,
            "no draft is left"
        );
    }

    #[test]
    fn weak_peppers_are_refused() {
        for text in [
            "",
            " ",
            "00",
            &"0".repeat(64),
            &"g".repeat(64),
            &"ab".repeat(33),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains("openssl rand"), "{message}");
        }
    }
}
