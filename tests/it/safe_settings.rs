//! Files of settings that were written badly, or to do harm: the start is refused, with the place.

use std::process::Stdio;

use aig_testkit::PATIENCE;

use crate::process::aig;

/// What the start says of a file with that content.
async fn refusal(file: &std::path::Path) -> String {
    let data = file.parent().unwrap().join("data");
    let (file, path) = (file.display().to_string(), data.display().to_string());
    let words = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--config",
        &file,
        "--data-dir",
        &path,
    ];
    let child = aig(&words)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let ended = tokio::time::timeout(PATIENCE, ended)
        .await
        .expect("it ends")
        .unwrap();
    assert!(!ended.status.success());
    assert!(!data.exists(), "nothing was begun");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    let line = said.lines().find(|line| line.contains("aig: "));
    line.unwrap_or_else(|| panic!("it does not say why: {said}"))
        .to_owned()
}

#[tokio::test]
async fn p_18_a_bad_file_of_settings_is_refused_with_its_line() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("aig.toml");
    let nested = |open: &str, close: &str| {
        format!(
            "# 1\nlisten = {}{}",
            open.repeat(100_000),
            close.repeat(100_000)
        )
    };
    for (text, line, part) in [
        // Wrong types.
        ("\nlisten = 8787".to_owned(), 2, "listen"),
        (
            "\n\nmax_request_body = \"much\"".to_owned(),
            3,
            "max_request_body",
        ),
        ("[egress]\nallow = \"127.0.0.0/8\"".to_owned(), 2, "allow"),
        ("providers = 3".to_owned(), 1, "providers"),
        // Said twice.
        (
            "listen = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"".to_owned(),
            2,
            "duplicate",
        ),
        (
            "[egress]\nallow = []\n[egress]\n".to_owned(),
            3,
            "duplicate",
        ),
        // Unknown.
        ("\nlistne = \"127.0.0.1:1\"".to_owned(), 2, "listne"),
        (
            "[providers.x]\nbase_url = \"https://h\"\nkey = \"k\"".to_owned(),
            3,
            "key",
        ),
        // Bombs: TOML has no aliases to multiply, but what is nested must not be followed for ever.
        (nested("[", "]"), 2, ""),
        (nested("{a=", "}"), 2, ""),
        ("listen = \"127.0.0.1:1".to_owned(), 1, ""),
        ("\u{feff}\n\u{0}".to_owned(), 2, ""),
    ] {
        std::fs::write(&file, &text).unwrap();
        let said = refusal(&file).await;
        let place = format!("{}:{line}", file.display());
        assert!(
            said.contains(&place) && said.contains(part),
            "{text:.60}: {said:.300}"
        );
        assert!(said.len() < 2_000, "{text:.60}: {}", said.len());
    }
    std::fs::write(&file, format!("\na{} = 1", ".a".repeat(100_000))).unwrap();
    let said = refusal(&file).await;
    assert!(said.contains("aig.toml: recursion limit"), "{said}");
    std::fs::write(&file, b"\n\n\xff").unwrap();
    let said = refusal(&file).await;
    assert!(said.contains("line 3") && said.contains("UTF-8"), "{said}");
}

#[tokio::test]
async fn p_18_a_file_of_settings_without_end_is_not_read_to_its_end() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("aig.toml");
    let sparse = std::fs::File::create(&file).unwrap();
    sparse.set_len(100 << 20).unwrap();
    let said = refusal(&file).await;
    assert!(said.contains("more than 1 MiB"), "{said}");
    let endless = place.path().join("endless");
    std::os::unix::fs::symlink("/dev/zero", &endless).unwrap();
    let said = refusal(&endless).await;
    assert!(said.contains("more than 1 MiB"), "{said}");
}
