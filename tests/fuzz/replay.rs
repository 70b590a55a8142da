//! Runs a check over the committed corpus of its target, and over mutations that are the same on every
//! machine: what a fuzzer does with time and luck, a plain test does a little of each time.
//!
//! A module of the tests of each crate that has checks (by `#[path]`), so that the corpora are read by
//! the code that lies beside them and no crate carries it about.

use std::fs;
use std::path::Path;

/// How many mutated inputs a check sees, all seeds together.
const MUTATIONS: usize = 3000;
/// The longest mutated input, in bytes.
const LONGEST: usize = 2048;

/// What mutations put in: the bytes and words that parsers branch on.
const WORDS: &[&[u8]] = &[
    b"\r",
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\"",
    b"\\",
    b"\\u006d",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"/",
    b"//",
    b"..",
    b"%2e",
    b"%2F",
    b"?",
    b"#",
    b" ",
    b"null",
    b"true",
    b"false",
    b"-1",
    b"1e400",
    b"1.5",
    b"18446744073709551616",
    b"data:",
    b"data: ",
    b"event: ",
    b"[DONE]",
    b"\"usage\":",
    b"\"choices\":[]",
    b"\"model\":",
    b"\"stream\":true",
    b"\"stream_options\":null",
    b"connection: ",
    b"cf-aig-",
    b"transfer-encoding: chunked\n",
];

/// Shows the input when the check panics.
struct Shown<'a>(&'a [u8]);

/// A small generator, so that the inputs are the same everywhere.
struct Dice(u64);

/// Runs the check over everything there is for the target.
pub(crate) fn replay(target: &str, check: impl Fn(&[u8])) {
    let seeds = seeds(target);
    let run = |input: &[u8]| {
        let shown = Shown(input);
        check(input);
        drop(shown);
    };
    run(b"");
    seeds.iter().for_each(|seed| run(seed));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..MUTATIONS {
        run(&dice.mutated(&seeds));
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fuzz/corpus")
        .join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    // The order of a folder is the file system's own.
    paths.sort();
    assert!(paths.len() >= 3, "{folder:?} holds {} files", paths.len());
    paths
        .into_iter()
        .map(|path| fs::read(path).unwrap())
        .collect()
}

// === impl Shown ===

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input was b\"{}\"", self.0.escape_ascii());
        }
    }
}

// === impl Dice ===

impl Dice {
    /// From 0 up to, and without, `sides`; 0 when there are none.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }

    fn mutated(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.roll(seeds.len())].clone();
        for _ in 0..=self.roll(4) {
            let from = self.roll(input.len() + 1);
            let to = input.len().min(from + 1 + self.roll(24));
            match self.roll(7) {
                0 => input.truncate(from),
                1 => drop(input.drain(from..to)),
                2 => {
                    let part = input[from..to].to_vec();
                    let at = self.roll(input.len() + 1);
                    input.splice(at..at, part);
                }
                3 => {
                    let other = &seeds[self.roll(seeds.len())];
                    let cut = self.roll(other.len() + 1);
                    input.truncate(from);
                    input.extend_from_slice(&other[cut..]);
                }
                4 if from < input.len() => input[from] ^= 1 << self.roll(8),
                _ => {
                    let word = WORDS[self.roll(WORDS.len())];
                    input.splice(from..from, word.iter().copied());
                }
            }
        }
        input.truncate(LONGEST);
        input
    }
}
