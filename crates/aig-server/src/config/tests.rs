//! What the file may say, and how faults in it are named.

use super::*;

fn resolve(text: &str) -> anyhow::Result<Config> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("aig.toml");
    std::fs::write(&path, text).unwrap();
    let flags = Flags {
        config: Some(path),
        ..Flags::default()
    };
    flags.resolve().map(|(config, _)| config)
}

fn fault(text: &str) -> String {
    let message = resolve(text).unwrap_err().to_string();
    let file = message.find("aig.toml").expect("the fault names the file");
    message[file..].to_owned()
}

#[test]
fn everything_has_a_default() {
    let (config, log) = Flags::default().resolve().unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8787");
    assert_eq!(config.proxy.max_request_body, 536_870_912);
    assert_eq!((&*log.filter, log.format), ("info", LogFormat::Text));
}

#[test]
fn the_file_is_read_and_a_flag_wins_over_it() {
    let text = "
        listen = '127.0.0.1:1'
        drain_timeout = 5
        [providers.local]
        base_url = 'http://127.0.0.1:8000/v1'
        [providers.mine]
        base_url = 'https://a.example'
        wire = 'anthropic'
        [egress]
        allow = ['127.0.0.0/8', '::1/128']
    ";
    let config = resolve(text).unwrap();
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.listener.drain, Duration::from_secs(5));
    assert!(config.proxy.providers.get("local").is_some());
    let mine = config.proxy.providers.get("mine").unwrap();
    assert_eq!(mine.wire(), Wire::Anthropic);
    assert_eq!(config.proxy.egress.allow.len(), 2);

    let flags = Flags {
        listen: Some("127.0.0.1:2".parse().unwrap()),
        ..Flags::default()
    };
    assert_eq!(flags.resolve().unwrap().0.listen.port(), 2);
}

#[test]
fn faults_name_file_line_and_remedy() {
    let unknown = fault("listen = '127.0.0.1:1'\nlisen = 3\n");
    assert!(
        unknown.starts_with("aig.toml:2: unknown field `lisen`"),
        "{unknown}"
    );
    assert!(
        unknown.ends_with("see `aig serve --help` for every setting"),
        "{unknown}"
    );

    let address = fault("\n\nlisten = 'nowhere'\n");
    assert!(
        address.starts_with("aig.toml:3: invalid socket address"),
        "{address}"
    );

    let network = fault("[egress]\nallow = ['10.0.0.0/8', 'lan']\n");
    assert!(network.starts_with("aig.toml:2: "), "{network}");

    let base = fault("[providers.x]\nbase_url = 'ftp://a'\n");
    assert!(
        base.starts_with("aig.toml:1: provider `x`: base_url"),
        "{base}"
    );
    assert!(base.contains("https://"), "{base}");

    let zero = fault("connect_timeout = 0\n");
    assert!(
        zero.starts_with("aig.toml:1: must be at least 1 second"),
        "{zero}"
    );

    let origin = fault("public_url = 'https://a.example/path'\n");
    assert!(
        origin.starts_with("aig.toml:1: must be an origin"),
        "{origin}"
    );

    let twice = fault("listen = '127.0.0.1:1'\nlisten = '127.0.0.1:2'\n");
    assert!(twice.starts_with("aig.toml:2: duplicate key"), "{twice}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let flags = Flags {
        config: Some("/does/not/exist.toml".into()),
        ..Flags::default()
    };
    let message = format!("{:#}", flags.resolve().unwrap_err());
    assert!(message.contains("/does/not/exist.toml"), "{message}");
}
