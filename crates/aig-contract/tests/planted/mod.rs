//! How mistakes are planted, and what is told of them. The mistakes themselves
//! have two files: those in schemas, and those in operations.

mod operations;
mod schemas;

use aig_contract::canonical::{Contract, Emitted};
use aig_contract::diff::{Breaks, Change, Difference, Report, compare};
use serde_json::Value;

use super::repository;

const BASE: &str = "spec/cloudflare-ai-gateway-openapi.yml";
const ANSWERS: &str = "spec/overlays/10-answers.yml";
const GATEWAYS: &str = "spec/overlays/20-gateways.yml";
const LOGS: &str = "spec/overlays/30-logs.yml";

const ALL_PATH: &str = "/paths/~1accounts~1{account_id}~1ai-gateway~1gateways";
const ONE_PATH: &str = "/paths/~1accounts~1{account_id}~1ai-gateway~1gateways~1{gateway_id}";
const LOGS_PATH: &str = "/paths/~1accounts~1{account_id}~1ai-gateway~1gateways~1{gateway_id}~1logs";

/// What dropshot prints of the generated trait, without anybody behind it.
pub(crate) fn emission() -> Value {
    let api = aig_api::description().expect("dropshot registers the trait");
    let version = "4.0.0".parse().expect("this is a semantic version");
    api.openapi(aig_api::TITLE, version)
        .json()
        .expect("dropshot prints what it has registered")
}

/// The comparison of the contract with an emission.
pub(crate) fn report(emitted: &Value) -> Report {
    let (_, contract) = repository::contract();
    compare(
        &Contract::parse(&contract.effective).expect("this is the contract"),
        &Emitted::parse(emitted).unwrap_or_else(|refused| panic!("{refused}")),
        &contract.sources,
    )
}

/// What is told of one difference.
#[derive(Debug, PartialEq)]
struct Told {
    pointer: String,
    at: String,
    change: Change,
    breaks: Breaks,
    contract: Option<Value>,
    server: Option<Value>,
}

impl From<Difference> for Told {
    fn from(difference: Difference) -> Self {
        let location = difference.location.expect("all of the contract has lines");
        Self {
            pointer: difference.pointer,
            at: location.to_string(),
            change: difference.change,
            breaks: difference.breaks,
            contract: difference.contract,
            server: difference.server,
        }
    }
}

fn missing(pointer: String, at: String, breaks: Breaks, contract: Value) -> Told {
    Told {
        pointer,
        at,
        change: Change::Missing,
        breaks,
        contract: Some(contract),
        server: None,
    }
}

fn added(pointer: String, at: String, breaks: Breaks, server: Value) -> Told {
    Told {
        pointer,
        at,
        change: Change::Added,
        breaks,
        contract: None,
        server: Some(server),
    }
}

fn changed(pointer: String, at: String, breaks: Breaks, values: [Value; 2]) -> Told {
    let [contract, server] = values;
    Told {
        pointer,
        at,
        change: Change::Changed,
        breaks,
        contract: Some(contract),
        server: Some(server),
    }
}

/// Plants a mistake and expects these differences and no others.
#[track_caller]
fn expect(plant: impl FnOnce(&mut Value), expected: Vec<Told>) {
    let mut emitted = emission();
    plant(&mut emitted);
    let told: Vec<Told> = report(&emitted)
        .differences
        .into_iter()
        .map(Told::from)
        .collect();
    assert_eq!(told, expected);
}

/// The line of a file that is reached by going from one of these lines to the
/// next; read from the text, so that it does not lean on what it checks.
#[track_caller]
fn line(file: &str, way: &[&str]) -> String {
    let text = repository::file(file).text;
    let mut lines = text.lines().enumerate();
    let mut number = 0;
    for step in way {
        number = lines
            .find(|(_, line)| line.trim_end() == *step)
            .map(|(index, _)| index + 1)
            .unwrap_or_else(|| panic!("{file} has no line {step:?} there"));
    }
    format!("{file}:{number}")
}

fn at<'v>(document: &'v mut Value, pointer: &str) -> &'v mut Value {
    document
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("the emission has no {pointer}"))
}

fn set(document: &mut Value, pointer: &str, value: Value) {
    let (holder, key) = pointer.rsplit_once('/').expect("a pointer has steps");
    let key = key.replace("~1", "/");
    at(document, holder)[key] = value;
}

#[track_caller]
fn remove(document: &mut Value, pointer: &str) -> Value {
    let (holder, key) = pointer.rsplit_once('/').expect("a pointer has steps");
    let key = key.replace("~1", "/");
    let members = at(document, holder).as_object_mut();
    members
        .and_then(|members| members.shift_remove(&key))
        .unwrap_or_else(|| panic!("the emission has no {pointer}"))
}

/// Drops a text from a list of texts.
fn drop_text(document: &mut Value, pointer: &str, text: &str) {
    let list = at(document, pointer)
        .as_array_mut()
        .expect("this is a list");
    let before = list.len();
    list.retain(|member| member != text);
    assert_eq!(list.len() + 1, before, "{pointer} does not hold {text}");
}

/// The parameter of that name.
fn parameter<'v>(document: &'v mut Value, operation: &str, name: &str) -> &'v mut Value {
    at(document, &format!("{operation}/parameters"))
        .as_array_mut()
        .expect("this is a list")
        .iter_mut()
        .find(|parameter| parameter["name"] == name)
        .unwrap_or_else(|| panic!("{operation} has no parameter {name}"))
}

/// Where the declared errors of an operation are carried.
fn carrier(error: &str) -> String {
    format!("/components/responses/{error}/content/application~1json/schema/x-declared-responses")
}
