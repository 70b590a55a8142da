//! A check of this crate's sources: no statement on a tenant's table forgets the account.
//!
//! It reads every string literal that looks like SQL. Statements that a request can reach must
//! compare the account; those of the instance and the sweep must at least name it.

use std::fs;
use std::path::Path;

/// Tables whose rows belong to an account, and the view over one of them.
const TENANT_TABLES: &[&str] = &[
    "custom_cost",
    "custom_provider",
    "gateway",
    "gateway_or_default",
    "provider_config",
    "token",
    "log_of",
    "audit",
];

/// Files whose statements run for the holder of a grant.
const SCOPED: &[&str] = &[
    "audit.rs",
    "custom_costs.rs",
    "custom_providers.rs",
    "gateways.rs",
    "logs.rs",
    "provider_configs.rs",
    "tokens.rs",
];

/// Statements of those files that are about all accounts on purpose.
const ALL_ACCOUNTS: &[&str] = &[
    "FROM custom_provider ORDER BY account_id, custom_provider_id",
    "WHERE wrapped IS NOT NULL ORDER BY account_id, custom_provider_id",
    "FROM custom_cost WHERE enable = 1 ORDER BY account_id, rowid",
    "FROM gateway ORDER BY account_id, gateway_id",
    "FROM provider_config ORDER BY account_id, gateway_id, rowid",
    "FROM token WHERE former_digest IS NOT NULL",
];

#[derive(Debug, PartialEq, Eq)]
enum Fault {
    AccountNotNamed,
    AccountNotCompared,
}

fn fault(file: &str, sql: &str) -> Option<Fault> {
    let words: Vec<&str> = words(sql).collect();
    let is_statement = words.first().is_some_and(|word| is_verb(word));
    let on_tenant_table = words.windows(2).any(|pair| {
        ["FROM", "INTO", "UPDATE", "JOIN"].contains(&pair[0]) && TENANT_TABLES.contains(&pair[1])
    });
    if !is_statement || !on_tenant_table {
        return None;
    }
    if !words.contains(&"account_id") {
        return Some(Fault::AccountNotNamed);
    }
    let scoped = SCOPED.contains(&file) && !ALL_ACCOUNTS.iter().any(|end| sql.ends_with(end));
    let compared = sql.contains("account_id = :account") || words.contains(&"VALUES");
    (scoped && !compared).then_some(Fault::AccountNotCompared)
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
        .filter(|word| !word.is_empty())
}

fn is_verb(word: &str) -> bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE"].contains(&word)
}

/// The string literals of a source, comments and characters left out.
fn literals(source: &str) -> Vec<String> {
    let mut found = vec![];
    let mut rest = source.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => {
                let _ = rest.by_ref().find(|c| *c == '\n');
            }
            '\'' => {
                // A character; a lifetime has no closing quote and is passed over.
                let mut ahead = rest.clone();
                let first = ahead.next();
                let second = ahead.next();
                if first == Some('\\') || second == Some('\'') {
                    rest.next();
                    let _ = rest.by_ref().find(|c| *c == '\'');
                }
            }
            '"' => {
                let mut text = String::new();
                while let Some(c) = rest.next() {
                    match c {
                        '"' => break,
                        '\\' => text.extend(rest.next()),
                        c => text.push(c),
                    }
                }
                found.push(text);
            }
            _ => {}
        }
    }
    found
}

fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .filter(|(name, _)| name != "tenancy_lint.rs")
        .collect()
}

#[test]
fn every_statement_on_a_tenants_table_names_the_account() {
    let mut statements = 0;
    let mut faults = vec![];
    for (file, source) in sources() {
        for sql in literals(&source) {
            let sql = sql.trim();
            statements += usize::from(sql.contains("account_id"));
            faults.extend(fault(&file, sql).map(|fault| format!("{file}: {fault:?}: {sql}")));
        }
    }
    assert_eq!(faults, [""; 0]);
    assert!(statements > 20, "the statements were found: {statements}");
}

#[test]
fn no_statement_is_put_together_from_parts() {
    for (file, source) in sources() {
        let is_template = |sql: &String| sql.contains('{') && words(sql).any(is_verb);
        let templates: Vec<_> = literals(&source).into_iter().filter(is_template).collect();
        assert_eq!(templates, [""; 0], "{file}");
        // A statement that was put together is passed by reference; a constant is not.
        for call in ["prepare(&", "prepare_cached(&", "execute(&", "query_row(&"] {
            assert!(!source.contains(call), "{file}: {call}");
        }
    }
}

#[test]
fn planted_faults_are_found() {
    for (sql, expected) in [
        ("SELECT name FROM gateway", Some(Fault::AccountNotNamed)),
        (
            "DELETE FROM log_of WHERE rowid = 1",
            Some(Fault::AccountNotNamed),
        ),
        (
            "SELECT account_id, name FROM gateway WHERE gateway_id = :gateway",
            Some(Fault::AccountNotCompared),
        ),
        (
            "UPDATE gateway SET account_id = 7",
            Some(Fault::AccountNotCompared),
        ),
        ("SELECT 1 FROM gateway WHERE account_id = :account", None),
        ("SELECT incarnation FROM issued", None),
        ("the gateway is gone", None),
    ] {
        assert_eq!(fault("gateways.rs", sql), expected, "{sql}");
    }
    let instance = "DELETE FROM token WHERE token_id = :token";
    assert_eq!(fault("instance.rs", instance), Some(Fault::AccountNotNamed));
}

#[test]
fn literals_are_told_from_comments_and_characters() {
    let source = r#"
        // "comment"
        let a = "one \" two"; let c = '"'; let d = '\''; fn x<'a>(y: &'a str) {} let b = "three";
    "#;
    assert_eq!(literals(source), ["one \" two", "three"]);
}
