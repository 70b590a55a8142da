//! There is a command for every operation of the contract: each is called, and what it really sends
//! is held against the contract.

use std::collections::BTreeSet;

use aig_testkit::{Contract, Provider};
use serde_json::{Value, json};

use super::{over_api, run};

/// Each operation and a call of its command; `FILE` is a file with a key in it.
const COMMANDS: [(&str, &str); 36] = [
    ("listAiGateways", "gateways list"),
    ("createAiGateway", "gateways create --id g"),
    ("getAiGateway", "gateways get g"),
    ("updateAiGateway", "gateways update g --cache-ttl 60"),
    ("deleteAiGateway", "gateways delete g"),
    ("getAiGatewayUrl", "gateways url g openai"),
    ("listAiGatewayLogs", "logs g"),
    ("listProviderConfigs", "provider-configs list g"),
    (
        "createProviderConfig",
        "provider-configs create g openai --secret-file FILE",
    ),
    (
        "rotateProviderConfig",
        "provider-configs rotate g 1 --secret-file FILE",
    ),
    ("deleteProviderConfig", "provider-configs delete g 1"),
    ("deleteAiGatewayLogs", "log delete g --all"),
    ("getAiGatewayLog", "log get g 1"),
    ("getAiGatewayLogRequest", "log request g 1"),
    ("getAiGatewayLogResponse", "log response g 1"),
    ("patchAiGatewayLog", "log patch g 1 --score 5"),
    ("listCustomProviders", "custom-providers list"),
    (
        "createCustomProvider",
        "custom-providers create acme https://acme.example/v1",
    ),
    ("getCustomProvider", "custom-providers get 1"),
    (
        "updateCustomProvider",
        "custom-providers update 1 --enable false",
    ),
    ("deleteCustomProvider", "custom-providers delete 1"),
    ("listCustomProviderCosts", "custom-providers costs list"),
    (
        "createCustomProviderCost",
        "custom-providers costs create 1 m --input 3",
    ),
    ("getCustomProviderCost", "custom-providers costs get 1"),
    (
        "updateCustomProviderCost",
        "custom-providers costs update 1 --input 3",
    ),
    (
        "deleteCustomProviderCost",
        "custom-providers costs delete 1",
    ),
    ("listTokens", "tokens list"),
    ("createToken", "tokens create ci --group G"),
    ("listTokenPermissionGroups", "tokens groups"),
    ("verifyAccountToken", "tokens verify"),
    ("verifyToken", "tokens verify --anywhere"),
    ("getToken", "tokens get 1"),
    ("updateToken", "tokens update 1 --name ci"),
    ("rollToken", "tokens roll 1"),
    ("deleteToken", "tokens delete 1"),
    ("listAuditLogs", "audit"),
];

/// Operations that have no command. Nothing may be added here.
const NONE_YET: [&str; 0] = [];

/// Which operations the command asks for, of a server that has one of everything.
async fn asked(contract: &Contract, words: &str, more: &[&str]) -> (BTreeSet<String>, super::Said) {
    let server = Provider::start().await;
    let thing = json!({"id": "g", "name": "G", "cache_ttl": 0});
    let list = words.contains(" list")
        || ["logs ", "audit", "tokens groups", "tokens create"]
            .iter()
            .any(|list| words.starts_with(list));
    let result = if list { json!([thing]) } else { thing };
    let envelope = json!({
        "success": true, "result": result, "errors": [], "messages": [],
        "result_info": {"count": 1, "page": 1, "per_page": 20, "total_count": 1},
    });
    let json = [("content-type", "application/json")];
    server.always_answers(200, &json, envelope.to_string());
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&key, "sk-1").unwrap();
    let key = key.path().display().to_string();
    let words = words
        .split(' ')
        .map(|word| if word == "FILE" { &key } else { word });
    let words: Vec<_> = words.chain(more.iter().copied()).collect();
    let base = format!("{}/client/v4", server.url());
    let said = run(over_api(&base, "acc", "t", &words)).await.fine();
    let requests = server.requests().into_iter();
    let operations = requests.filter_map(|request| {
        let path = request
            .target
            .strip_prefix("/client/v4")?
            .split('?')
            .next()?;
        Some(contract.operation(&request.method, path)?.id.clone())
    });
    (operations.collect(), said)
}

#[tokio::test]
async fn every_operation_has_a_command_that_performs_it() {
    let contract = Contract::load();
    for (operation, words) in COMMANDS {
        let (performed, _) = asked(&contract, words, &[]).await;
        assert!(performed.contains(operation), "aig {words}: {performed:?}");
        // For programs as well as for people.
        let (_, said) = asked(&contract, words, &["--json"]).await;
        let start = said.out.find(['{', '[', '"']).unwrap();
        let out = said.out[start..].split("\ntest ").next().unwrap();
        let read = serde_json::Deserializer::from_str(out)
            .into_iter::<Value>()
            .next();
        assert!(read.unwrap().is_ok(), "aig {words} --json: {said:?}");
    }
    let all: BTreeSet<_> = contract.operations().iter().map(|o| &*o.id).collect();
    let has = COMMANDS.iter().map(|(operation, _)| *operation);
    let told: BTreeSet<_> = has.clone().chain(NONE_YET).collect();
    let without: Vec<_> = all.difference(&told).collect();
    assert!(
        without.is_empty(),
        "no command, or no line here: {without:?}"
    );
    let gone: Vec<_> = told.difference(&all).collect();
    assert!(gone.is_empty(), "there is no such operation: {gone:?}");
    let needless: Vec<_> = has.filter(|o| NONE_YET.contains(o)).collect();
    assert!(
        needless.is_empty(),
        "strike {needless:?} from the list: they have commands"
    );
}

#[tokio::test]
async fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let said = super::say(&["completions", shell]).await.fine();
        for word in ["provider-configs", "backup", "--base-url", "--profile"] {
            let word = if shell == "fish" {
                word.trim_start_matches('-')
            } else {
                word
            };
            assert!(said.out.contains(word), "{shell}: no {word}");
        }
    }
    let fault = super::say(&["completions", "tcsh"]).await.fault();
    assert!(fault.contains("tcsh"), "{fault}");
}
