//! Which tools of LLVM fit, and which counts are taken.

use super::*;

#[test]
fn a_tool_says_its_version() {
    let said = "LLVM (http://llvm.org/):\n  LLVM version 22.1.8\n  Optimized build.\n";
    assert_eq!(major(said).as_deref(), Some("22"));
    assert_eq!(major("Debian LLVM version 19.1.7\n").as_deref(), Some("19"));
    assert_eq!(major("something else 22.1\n"), None);
    assert_eq!(version(Path::new("/there/is/no/such/tool")), None);
}

#[test]
fn counts_of_half_a_gateway_are_refused() {
    assert!(is_complete(
        br#"{"features":[["cost",true],["cache",true]],"rows":[]}"#
    ));
    for report in [
        r#"{"features":[["cost",true],["cache",false]]}"#,
        r#"{"features":[]}"#,
        "",
    ] {
        assert!(!is_complete(report.as_bytes()), "{report}");
    }
}
