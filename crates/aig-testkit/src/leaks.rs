//! Secrets of tests, and the search for them in all that houses leave behind: files, rows and bodies
//! of the log, answers of the control plane, and what the process says at the finest level.
//!
//! What is secret is learned on the way: a house's tokens, pepper and keys of its keys, what is stored
//! through its API, and the keys that the scripted provider is sent. All tests of a process share
//! both, so a secret of one test is looked for in what every other one leaves as well. A test whose
//! secret none of these see says so itself ([`keep`]).
//!
//! Optimised builds measure, and are not slowed down by this: they learn nothing and find nothing.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tracing_subscriber::filter::LevelFilter;

/// What was learned to be secret.
static KNOWN: Mutex<BTreeSet<Vec<u8>>> = Mutex::new(BTreeSet::new());

/// What the process said.
static SAID: Mutex<Said> = Mutex::new(Said {
    before: 0,
    bytes: Vec::new(),
    leaks: Vec::new(),
});

/// Whether anything is done here at all.
const ACTIVE: bool = cfg!(debug_assertions);

/// The shortest text that is looked for, in bytes; a shorter one is found in what has nothing to do
/// with it.
const SHORTEST: usize = 10;
/// As much of a text as the first look compares, in bytes.
const HEAD: usize = 8;
/// The shortest half of a secret that is looked for; halves of keys that people write are words.
const HALF: usize = 16;
/// How much of what the process said is held, in bytes; the older half is looked through and let go.
const HELD: usize = 32 << 20;

/// Files that are there to hold a secret.
const OWN_FILES: [&str; 2] = ["token-pepper", "key-encryption-key"];

struct Said {
    /// How much was let go, in bytes.
    before: usize,
    bytes: Vec<u8>,
    /// What was found in it.
    leaks: Vec<String>,
}

/// Looks for many texts at once.
struct Finder {
    /// Whether some text begins with eight bytes of that hash.
    begins: Vec<bool>,
    texts: HashMap<u64, Vec<Vec<u8>>>,
}

/// From now on this must not be found anywhere.
pub fn keep(secret: impl AsRef<[u8]>) {
    let secret = secret.as_ref();
    if ACTIVE && secret.len() >= SHORTEST {
        lock(&KNOWN).insert(secret.to_vec());
    }
}

/// Keeps what stands behind the scheme of a credential, where it is one of a test's keys.
pub(crate) fn keep_key(value: &[u8]) {
    let key = value.rsplit(|byte| *byte == b' ').next().unwrap_or(value);
    if key.starts_with(b"sk-") {
        keep(key);
    }
}

/// Keeps what the files of a house hold that are there for a secret.
pub(crate) fn keep_own_files(directory: &Path) {
    for file in OWN_FILES {
        let text = std::fs::read_to_string(directory.join(file)).unwrap_or_default();
        for line in text.lines().map(str::trim) {
            keep(line);
            keep(unhex(line).unwrap_or_default());
        }
    }
}

/// Has everything be written down that the process says from now on; answers where that begins.
pub(crate) fn listen() -> usize {
    static ONCE: Once = Once::new();
    if !ACTIVE {
        return 0;
    }
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(|| Ear)
            .finish();
        tracing::subscriber::set_global_default(subscriber)
            .expect("no test writes the process's log elsewhere");
    });
    let said = lock(&SAID);
    said.before + said.bytes.len()
}

/// The secrets that stand in these bytes, each with what is around it.
pub(crate) fn found_in(what: &str, bytes: &[u8]) -> Vec<String> {
    if !ACTIVE {
        return Vec::new();
    }
    Finder::of(&lock(&KNOWN)).find(what, bytes)
}

/// The secrets that the process has said since then.
pub(crate) fn said_since(from: usize) -> Vec<String> {
    if !ACTIVE {
        return Vec::new();
    }
    let (bytes, mut leaks) = {
        let said = lock(&SAID);
        let from = from.saturating_sub(said.before).min(said.bytes.len());
        (said.bytes[from..].to_vec(), said.leaks.clone())
    };
    leaks.extend(found_in("the process's log", &bytes));
    leaks
}

/// The secrets that stand in the files of a directory, and below it.
pub(crate) fn found_below(directory: &Path) -> Vec<String> {
    let mut leaks = Vec::new();
    if !ACTIVE {
        return leaks;
    }
    let finder = Finder::of(&lock(&KNOWN));
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        // What goes away while it is looked at is not left behind.
        for entry in std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten()
        {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() {
                open.push(path);
            } else if !OWN_FILES.iter().any(|own| name == *own) {
                let bytes = std::fs::read(&path).unwrap_or_default();
                leaks.extend(finder.find(&path.display().to_string(), &bytes));
            }
        }
    }
    leaks
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hears what the process says.
struct Ear;

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut said = lock(&SAID);
        said.bytes.extend_from_slice(bytes);
        if said.bytes.len() > HELD {
            said.let_go();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl Said ===

impl Said {
    fn let_go(&mut self) {
        let old: Vec<u8> = self.bytes.drain(..HELD / 2).collect();
        self.before += old.len();
        self.leaks.extend(found_in("the process's log", &old));
    }
}

// === impl Finder ===

impl Finder {
    fn of(secrets: &BTreeSet<Vec<u8>>) -> Self {
        let mut finder = Self {
            begins: vec![false; 1 << 16],
            texts: HashMap::new(),
        };
        let forms: BTreeSet<_> = secrets.iter().flat_map(|secret| forms(secret)).collect();
        for form in forms {
            let Some(head) = form.first_chunk().copied().map(u64::from_le_bytes) else {
                continue;
            };
            finder.begins[Self::slot(head)] = true;
            finder.texts.entry(head).or_default().push(form);
        }
        finder
    }

    fn slot(head: u64) -> usize {
        usize::from((head.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as u16)
    }

    fn find(&self, what: &str, bytes: &[u8]) -> Vec<String> {
        let mut leaks = Vec::new();
        let mut head = 0_u64;
        for (at, byte) in bytes.iter().enumerate() {
            head = head >> 8 | u64::from(*byte) << 56;
            if at < HEAD - 1 || !self.begins[Self::slot(head)] {
                continue;
            }
            let start = at + 1 - HEAD;
            let texts = self.texts.get(&head).into_iter().flatten();
            for text in texts.filter(|text| bytes[start..].starts_with(text)) {
                let around = &bytes[start.saturating_sub(120)..bytes.len().min(start + 120)];
                leaks.push(format!(
                    "{what} has {:?} at {start}: {:?}",
                    String::from_utf8_lossy(text),
                    String::from_utf8_lossy(around)
                ));
            }
        }
        leaks
    }
}

/// A secret in all the ways in which it could be written: as it is, the other way round, a half of it,
/// in hexadecimal digits, in Base64 wherever it begins.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec(), secret.iter().rev().copied().collect()];
    let (front, back) = secret.split_at(secret.len() / 2);
    if front.len() >= HALF {
        forms.extend([front.to_vec(), back.to_vec()]);
    }
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.to_uppercase().into_bytes());
    forms.push(hex.into_bytes());
    for shift in 0..3 {
        let shifted = [&[0; 2][..shift], secret].concat();
        for last in [*b"+/", *b"-_"] {
            let coded = base64(&shifted, last);
            // Without the letters that its neighbours have a share in.
            let from = (shift * 8).div_ceil(6);
            let to = shifted.len() * 8 / 6;
            forms.push(coded[from..to].to_vec());
        }
    }
    forms
}

/// Base64 without the end that fills it up; `last` are the two letters in which the alphabets differ.
fn base64(bytes: &[u8], last: [u8; 2]) -> Vec<u8> {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let letter = |six: u32| match six as usize {
        index @ 0..62 => LETTERS[index],
        index => last[index - 62],
    };
    let three = |three: &[u8]| {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let letters = [18, 12, 6, 0].map(|shift| letter(bits >> shift & 63));
        letters.into_iter().take(three.len() + 1)
    };
    bytes.chunks(3).flat_map(three).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_found_and_nothing_else() {
        let secret = b"sk-secret-of-this-very-test-alone";
        let known = BTreeSet::from([secret.to_vec()]);
        let finder = Finder::of(&known);
        let whole = String::from_utf8(secret.to_vec()).unwrap();
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let reversed: String = whole.chars().rev().collect();
        for text in [
            whole.clone(),
            format!("key={whole}&x"),
            hex.to_uppercase(),
            hex,
            reversed,
            "is-very-test-alone".to_owned(),
            // In Base64, behind none, one and two other letters.
            "c2stc2VjcmV0LW9mLXRoaXMtdmVyeS10ZXN0LWFsb25l".to_owned(),
            "OnNrLXNlY3JldC1vZi10aGlzLXZlcnktdGVzdC1hbG9uZQ==".to_owned(),
            "dTpzay1zZWNyZXQtb2YtdGhpcy12ZXJ5LXRlc3QtYWxvbmU=".to_owned(),
        ] {
            assert!(!finder.find("a text", text.as_bytes()).is_empty(), "{text}");
        }
        for text in [
            "",
            "sk-secret",
            "sk-secret-of-that-other-test",
            "very-test-alone",
        ] {
            assert_eq!(finder.find("a text", text.as_bytes()), [""; 0], "{text}");
        }
    }
}
