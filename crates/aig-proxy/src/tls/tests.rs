//! What is said about files that cannot be used, and that changed ones are read again.

use rcgen::{CertifiedKey as Made, KeyPair};

use super::*;

struct Files {
    directory: tempfile::TempDir,
}

impl Files {
    fn new(certificate: &str, key: &str) -> Self {
        let files = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        fs::write(files.paths().certificate, certificate).unwrap();
        fs::write(files.paths().key, key).unwrap();
        files
    }

    fn paths(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.directory.path().join("chain.pem"),
            key: self.directory.path().join("key.pem"),
        }
    }

    fn fault(&self) -> String {
        Tls::load(self.paths()).unwrap_err().to_string()
    }
}

fn made() -> (String, String) {
    let Made { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

#[test]
fn files_that_cannot_be_used_are_named_with_a_remedy() {
    let (certificate, key) = made();
    let nowhere = TlsFiles {
        certificate: "/does/not/exist.pem".into(),
        key: "/neither.pem".into(),
    };
    let message = Tls::load(nowhere).unwrap_err().to_string();
    assert!(
        message.starts_with("/does/not/exist.pem cannot be read"),
        "{message}"
    );
    for (chain, key, file, remedy) in [
        (
            "",
            &*key,
            "chain.pem has no certificate",
            "-----BEGIN CERTIFICATE-----",
        ),
        (
            &*key,
            &*key,
            "chain.pem has no certificate",
            "-----BEGIN CERTIFICATE-----",
        ),
        (
            "-----BEGIN CERTIFICATE-----\n",
            &*key,
            "chain.pem is no PEM",
            "",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            &*key,
            "chain.pem has a first certificate that cannot be read",
            "",
        ),
        (
            &*certificate,
            "",
            "key.pem has no private key",
            "-----BEGIN PRIVATE KEY-----",
        ),
        (
            &*certificate,
            &*certificate,
            "key.pem has no private key",
            "passphrase",
        ),
        (
            &*certificate,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "key.pem has a key that cannot be used",
            "RSA",
        ),
    ] {
        let message = Files::new(chain, key).fault();
        assert!(message.contains(file), "{message}");
        assert!(message.contains(remedy), "{message}");
    }
    let other = KeyPair::generate().unwrap().serialize_pem();
    let message = Files::new(&certificate, &other).fault();
    assert!(
        message.starts_with("the key in /") && message.contains("does not fit"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_changed_certificate_is_shown_and_a_broken_one_is_not() {
    let (first, key) = made();
    let files = Files::new(&first, &key);
    let tls = Tls::load(files.paths()).unwrap();
    let shown = || tls.shown.0.read().unwrap().cert[0].clone();
    let before = shown();
    let fresh = async |files: &Files, certificate: &str, key: &str, later: u64| {
        for (path, text) in [
            (files.paths().certificate, certificate),
            (files.paths().key, key),
        ] {
            fs::write(&path, text).unwrap();
            // Clocks of file systems are coarse, and the test is faster.
            let time = SystemTime::now() + Duration::from_secs(later);
            fs::File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_modified(time)
                .unwrap();
        }
    };
    let watching = tokio::time::timeout(LOOK * 3, async {
        tokio::join!(tls.keep_fresh(), async {
            tokio::task::yield_now().await;
            fresh(&files, "nonsense", &key, 1).await;
        })
    });
    watching.await.unwrap_err();
    assert_eq!(shown(), before, "what cannot be used changes nothing");

    let (second, key) = made();
    let watching = tokio::time::timeout(LOOK * 3, async {
        tokio::join!(tls.keep_fresh(), async {
            tokio::task::yield_now().await;
            fresh(&files, &second, &key, 2).await;
        })
    });
    watching.await.unwrap_err();
    assert_eq!(
        shown(),
        CertificateDer::from_pem_slice(second.as_bytes()).unwrap()
    );
}
