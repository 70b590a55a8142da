//! Which profile a compiler takes, and how it is told.

use super::*;

const SAID: &str = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\n\
    host: x86_64-unknown-linux-gnu\nrelease: 1.95.0\nLLVM version: 22.1.2\n";

#[test]
fn a_compiler_has_a_profile_of_its_own() {
    let compiler = Compiler::read(SAID).expect("it says all");
    assert_eq!(compiler.llvm, "22");
    assert_eq!(
        compiler.profile(Path::new("/w")),
        Path::new("/w/crates/aig-server/profiles/1.95.0-x86_64-unknown-linux-gnu.profdata")
    );
    assert_eq!(Compiler::read("rustc 1.95.0\n"), None);
}

#[test]
fn flags_that_somebody_has_set_stay() {
    let with = |encoded: Option<&str>, spaced: Option<&str>| {
        let flag = naming("-Cprofile-use", Path::new("/a b/c")).expect("it is text");
        with_flag(encoded.map(Into::into), spaced.map(Into::into), flag)
    };
    assert_eq!(with(None, None), "-Cprofile-use=/a b/c");
    assert_eq!(
        with(None, Some(" -Ca  -Cb ")),
        "-Ca\x1f-Cb\x1f-Cprofile-use=/a b/c"
    );
    // As cargo does it: the encoded ones count.
    assert_eq!(
        with(Some("-C\x1fa b"), Some("-Cc")),
        "-C\x1fa b\x1f-Cprofile-use=/a b/c"
    );
}
