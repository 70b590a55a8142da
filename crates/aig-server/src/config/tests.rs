//! What flags and file may say, and how faults in them are named.

use super::*;
use crate::cli::Cli;

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
        models = ['small', 'large/2']
        [providers.mine]
        base_url = 'https://a.example'
        wire = 'anthropic'
        [egress]
        allow = ['127.0.0.0/8', '::1/128']
    ";
    let config = resolve(text).unwrap();
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.listener.drain, Duration::from_secs(5));
    let models = config.proxy.providers.models().map(|model| model.id);
    assert_eq!(models.collect::<Vec<_>>(), ["local/small", "local/large/2"]);
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
fn a_provider_of_the_flag_may_name_its_wire() {
    let said = |text: &str| {
        let flags = Flags {
            providers: vec![text.to_owned()],
            ..Flags::default()
        };
        let resolved = flags.resolve().map_err(|error| format!("{error:#}"));
        resolved.map(|(config, _)| config.proxy.providers)
    };
    let mine = said("mine=anthropic:https://a.example").unwrap();
    assert_eq!(mine.get("mine").unwrap().wire(), Wire::Anthropic);
    assert_eq!(mine.get("mine").unwrap().base_url(), "https://a.example");
    let mine = said("mine=https://a.example/v1").unwrap();
    assert_eq!(mine.get("mine").unwrap().wire(), Wire::OpenAi);
    for wrong in ["mine", "mine=telex:https://a.example", "mine=a.example"] {
        let message = said(wrong).unwrap_err();
        assert!(message.contains("--provider"), "{message}");
    }
}

#[test]
fn the_control_plane_has_an_origin_of_its_own() {
    let config =
        resolve("public_url = 'https://a.example'\ncontrol_public_url = 'https://b.example'")
            .unwrap();
    assert_eq!(config.public_url.as_deref(), Some("https://a.example"));
    assert_eq!(
        config.control_public_url.as_deref(),
        Some("https://b.example")
    );
    let flags = Flags {
        control_public_url: Some("https://b.example/x".to_owned()),
        ..Flags::default()
    };
    let message = format!("{:#}", flags.resolve().unwrap_err());
    assert!(
        message.starts_with("--control-public-url: must be an origin"),
        "{message}"
    );
}

#[test]
fn faults_name_file_line_key_and_remedy() {
    for (text, start, remedy) in [
        (
            "listen = '127.0.0.1:1'\nlisen = 3\n",
            "aig.toml:2: unknown field `lisen`",
            "see `aig serve --help` for every setting",
        ),
        (
            "\n\nlisten = 'localhost:8787'\n",
            "aig.toml:3: listen: \"localhost:8787\" is no IP address",
            "write 127.0.0.1:8787",
        ),
        (
            "control_listen = 5\n",
            "aig.toml:1: control_listen: ",
            "string",
        ),
        (
            "[egress]\nallow = [\n'10.0.0.0/8',\n'lan',\n]\n",
            "aig.toml:4: egress.allow: \"lan\" is no network",
            "write 127.0.0.0/8",
        ),
        (
            "[providers.x]\n\nbase_url = 'ftp://a'\n",
            "aig.toml:3: provider `x`: base_url",
            "https://",
        ),
        (
            "\n[providers.Not_one]\nbase_url = 'https://a.example'\n",
            "aig.toml:2: provider `Not_one`",
            "",
        ),
        (
            "[providers.x]\nbase_url = 'https://a.example'\nwire = 'telex'\n",
            "aig.toml:3: providers.x.wire: \"telex\" is no wire",
            "write one of openai, anthropic",
        ),
        (
            "[providers.x]\nbase_url = 'https://a.example'\nmodels = ['a', '']\n",
            "aig.toml:3: provider `x`: one of its models has no name",
            "leave it out",
        ),
        (
            "connect_timeout = 0\n",
            "aig.toml:1: connect_timeout: must be 1 to 86400 seconds",
            "write 10",
        ),
        (
            "public_url = 'https://a.example/path'\n",
            "aig.toml:1: public_url: must be an origin",
            "https://gateway.example",
        ),
        (
            "log = 'aig=loud'\n",
            "aig.toml:1: log: \"aig=loud\" is no filter",
            "write info",
        ),
        (
            "listen = '127.0.0.1:1'\nlisten = '127.0.0.1:2'\n",
            "aig.toml:2: duplicate key",
            "",
        ),
    ] {
        let said = fault(text);
        assert!(said.starts_with(start), "{said}");
        assert!(said.contains(remedy), "{said}");
        assert!(!said.contains('\n'), "{said}");
    }
}

#[test]
fn seconds_have_a_bound_wherever_they_are_said() {
    for flag in ["connect", "header", "body", "write", "drain"] {
        let day = fault(&format!("{flag}_timeout = 86401\n"));
        assert!(day.contains(&format!("{flag}_timeout: must be ")), "{day}");
        for wrong in [u64::MAX, 86_401] {
            let mut flags = Flags::default();
            let said = match flag {
                "connect" => &mut flags.connect_timeout,
                "header" => &mut flags.header_timeout,
                "body" => &mut flags.body_timeout,
                "write" => &mut flags.write_timeout,
                _ => &mut flags.drain_timeout,
            };
            *said = Some(wrong);
            let message = format!("{:#}", flags.resolve().unwrap_err());
            assert!(
                message.starts_with(&format!("--{flag}-timeout: must be ")),
                "{message}"
            );
        }
    }
    let bounds = Flags {
        connect_timeout: Some(86_400),
        drain_timeout: Some(0),
        ..Flags::default()
    };
    bounds.resolve().unwrap();
}

#[test]
fn nought_is_for_ever_and_a_flag_wins() {
    let config = resolve("write_timeout = 0\nidle_timeout = 7\nmax_duration = 9").unwrap();
    assert_eq!(config.listener.write_timeout, None);
    assert_eq!(config.proxy.idle_timeout, Some(Duration::from_secs(7)));
    assert_eq!(config.proxy.max_duration, Some(Duration::from_secs(9)));
    let half_an_hour = Some(Duration::from_secs(1800));
    assert_eq!(config.proxy.first_byte_timeout, half_an_hour);
    let flags = Flags {
        first_byte_timeout: Some(0),
        max_duration: Some(86_401),
        ..Flags::default()
    };
    let message = format!("{:#}", flags.resolve().unwrap_err());
    assert!(message.starts_with("--max-duration: must be "), "{message}");
    let flags = Flags {
        max_duration: None,
        ..flags
    };
    assert_eq!(flags.resolve().unwrap().0.proxy.first_byte_timeout, None);
}

#[test]
fn certificate_and_key_come_from_the_file_or_from_flags() {
    let config = resolve("tls_certificate = 'c.pem'\ntls_key = 'k.pem'").unwrap();
    let files = config.tls.unwrap();
    assert_eq!(
        (files.certificate, files.key),
        ("c.pem".into(), "k.pem".into())
    );
    let said = fault_text("tls_key = 'k.pem'");
    assert!(
        said.contains("tls_key is set without tls_certificate"),
        "{said}"
    );
    let said = fault_text("[egress]\nca_file = '/nowhere.pem'");
    assert!(said.contains("/nowhere.pem cannot be read"), "{said}");
}

#[test]
fn a_known_provider_may_be_told_not_to_be_asked_and_an_unknown_one_needs_a_base() {
    let asks = |text: &str| {
        let config = resolve(text).unwrap();
        config.proxy.providers.get("openai").unwrap().asks_usage()
    };
    assert!(asks(""));
    assert!(!asks("[providers.openai]\nask_usage = false"));
    let said = fault_text("\n[providers.mine]\nask_usage = false");
    assert!(
        said.contains("aig.toml:2: no provider is called \"mine\""),
        "{said}"
    );
}

#[test]
fn prices_come_from_a_file_and_the_memory_of_the_cache_from_a_number() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("prices.jsonl");
    std::fs::write(
        &file,
        r#"{"provider":"p","model":"m","input":1,"output":2}"#,
    )
    .unwrap();
    let config = resolve(&format!("prices = {file:?}\ncache_memory = 1000")).unwrap();
    assert_eq!(config.proxy.cache.capacity, 1000);
    assert!(config.proxy.prices.book().find("p", "m").is_ok());
    std::fs::write(&file, "no table").unwrap();
    let said = fault_text(&format!("prices = {file:?}"));
    assert!(said.contains("prices.jsonl"), "{said}");
    let said = fault_text("prices = '/nowhere.jsonl'");
    assert!(said.contains("/nowhere.jsonl cannot be read"), "{said}");
    assert_eq!(resolve("").unwrap().proxy.cache.capacity, 256 << 20);
}

fn fault_text(text: &str) -> String {
    format!("{:#}", resolve(text).unwrap_err())
}

#[test]
fn the_help_lists_every_setting() {
    let help = Cli::read(["aig", "serve", "--help"])
        .unwrap_err()
        .to_string();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for file in [
        "listen",
        "control_listen",
        "data_dir",
        "public_url",
        "control_public_url",
        "token_pepper_file",
        "tls_certificate",
        "tls_key",
        "egress.ca_file",
        "first_byte_timeout",
        "idle_timeout",
        "max_duration",
        "write_timeout",
        "max_request_body",
        "cache_memory",
        "prices",
        "providers.SLUG.ask_usage",
        "connect_timeout",
        "header_timeout",
        "body_timeout",
        "write_timeout",
        "drain_timeout",
        "log",
        "log_format",
        "providers.SLUG.base_url",
        "providers.SLUG.wire",
        "providers.SLUG.models",
        "egress.allow",
    ] {
        let listed = [format!("(file: {file})"), format!("(file: {file},")];
        assert!(
            listed.iter().any(|form| help.contains(form)),
            "{file}: {help}"
        );
    }
    let wires = Wire::ALL.map(Wire::word).join(", ");
    assert!(help.contains(&format!("Wires: {wires}")), "{wires}");
    for variable in ["ACCOUNT ", "TOKEN ", "TOKEN_FILE "] {
        assert!(
            help.contains(&format!("AIG_BOOTSTRAP_{variable}")),
            "{variable}"
        );
    }
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
