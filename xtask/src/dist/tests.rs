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
        Path::new("/w/crates/aig-server/pgo/1.95.0-x86_64-unknown-linux-gnu.profdata")
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

#[test]
fn a_profile_of_other_code_is_seen() {
    const SCAN: &str = "_ZN12aig_provider4scan7Scanner5reset17h69bca3ecfcd5ab4eE";
    const PLAN: &str = "_ZN9aig_proxy4plan4Step2of17hec933022e5c7d916E";
    const THEIRS: &str = "_ZN4http3uri4path12PathAndQuery11from_shared17hecf067ceb9c8d653E";
    // As they stand in files: behind the name of a unit, and with a length at the end.
    let profile = format!("\u{1}aig_provider.ce84-cgu.0;{SCAN}\u{1}{PLAN}H\u{ff}{THEIRS}\u{1}");
    let binary = |names: &[&str]| format!("\0{}\0", names.join("\0"));
    let fit = |names: &[&str]| fit(profile.as_bytes(), binary(names).as_bytes());
    assert_eq!(fit(&[PLAN, SCAN, "main"]), (2, 2));
    assert_eq!(fit(&[SCAN, THEIRS]), (1, 2));
    let of_another_version = PLAN.replace("17hec93", "17hec94");
    assert_eq!(fit(&[&of_another_version, "_ZN9aig_proxy17h12"]), (0, 2));
}
