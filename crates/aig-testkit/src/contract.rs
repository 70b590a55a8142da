//! The contract as a judge of answers: which statuses an operation may give, and whether a body
//! has the shape that the contract declares for it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jsonschema::Validator;
use serde_json::{Value, json};

/// The effective contract, ready to judge.
pub struct Contract {
    operations: Vec<OperationRow>,
    validators: BTreeMap<String, Validator>,
}

/// One operation of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRow {
    /// The operation's id.
    pub id: String,
    /// Its method, in upper case.
    pub method: String,
    /// Its path template, below the base path.
    pub path: String,
    /// Pointer of the JSON schema of each declared answer; `None` for one without a body.
    answers: BTreeMap<u16, Option<String>>,
    /// Statuses whose body may be anything.
    raw: Vec<u16>,
}

/// What a server may answer to any request, declared or not: too much of it, too slow, too many
/// of them, and faults of the server. What is wrong with the request itself is declared.
const UNDECLARED: [u16; 6] = [408, 413, 415, 429, 500, 503];

/// What it may answer where the contract has no operation. Whoever is not known is told so before
/// it is known what he asks for.
const NO_OPERATION: [u16; 3] = [401, 404, 405];

impl Contract {
    /// The contract in `spec/effective.json`, read once a process.
    pub fn load() -> Arc<Self> {
        static CONTRACT: LazyLock<Arc<Contract>> = LazyLock::new(|| Arc::new(Contract::read()));
        Arc::clone(&CONTRACT)
    }

    fn read() -> Self {
        let text = include_str!("../../../spec/effective.json");
        let mut document: Value = serde_json::from_str(text).expect("the document is JSON");
        nullable_as_types(&mut document);
        let mut operations = Vec::new();
        let paths = document["paths"]
            .as_object()
            .expect("the document has paths");
        for (path, item) in paths {
            for (method, operation) in item.as_object().expect("a path has operations") {
                let Some(id) = operation["operationId"].as_str() else {
                    continue;
                };
                operations.push(OperationRow {
                    id: id.to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    answers: answers(path, method, operation),
                    raw: raw(operation),
                });
            }
        }
        let pointers = operations.iter().flat_map(|o| o.answers.values().flatten());
        let envelope = "#/components/schemas/ErrorResponse".to_owned();
        let validators = pointers
            .chain([&envelope])
            .map(|pointer| (pointer.clone(), validator(&document, pointer)))
            .collect();
        Self {
            operations,
            validators,
        }
    }

    /// All operations.
    pub fn operations(&self) -> &[OperationRow] {
        &self.operations
    }

    /// The operation that a request means; `path` is below the base path. A literal in a path wins
    /// over a variable, from left to right, as OpenAPI has it.
    pub fn operation(&self, method: &str, path: &str) -> Option<&OperationRow> {
        let path = path.split('?').next().unwrap_or_default();
        self.operations
            .iter()
            .filter(|o| o.method == method && matches_template(&o.path, path))
            .min_by_key(|o| variables(&o.path))
    }

    /// What is wrong with an answer, if anything.
    pub fn fault(
        &self,
        operation: Option<&OperationRow>,
        status: u16,
        body: &[u8],
    ) -> Option<String> {
        let declared = operation.and_then(|o| o.answers.get(&status));
        let pointer = match declared {
            Some(Some(pointer)) => pointer.as_str(),
            Some(None) if body.is_empty() => return None,
            Some(None) if operation.is_some_and(|o| o.raw.contains(&status)) => return None,
            Some(None) => return Some(format!("{status} is declared without a body")),
            None if UNDECLARED.contains(&status) => "#/components/schemas/ErrorResponse",
            None if operation.is_none() && NO_OPERATION.contains(&status) => {
                "#/components/schemas/ErrorResponse"
            }
            None => return Some(format!("{status} is not declared")),
        };
        let body: Value = match serde_json::from_slice(body) {
            Ok(body) => body,
            Err(error) => return Some(format!("{status} has a body that is not JSON: {error}")),
        };
        let faults: Vec<String> = self.validators[pointer]
            .iter_errors(&body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        (!faults.is_empty()).then(|| format!("{status}: {}", faults.join("; ")))
    }
}

fn answers(path: &str, method: &str, operation: &Value) -> BTreeMap<u16, Option<String>> {
    let responses = operation["responses"]
        .as_object()
        .expect("an operation answers");
    // First as a part of a JSON pointer, then as a part of a URI.
    let escaped = path.replace('~', "~0").replace('/', "~1");
    let escaped = escaped.replace('{', "%7B").replace('}', "%7D");
    responses
        .iter()
        .map(|(status, response)| {
            let schema = &response["content"]["application/json"]["schema"];
            let pointer = (!schema.is_null()).then(|| {
                format!(
                    "#/paths/{escaped}/{method}/responses/{status}/content/application~1json/schema"
                )
            });
            (status.parse().expect("statuses are numbers"), pointer)
        })
        .collect()
}

/// The statuses of an operation whose body may be anything.
fn raw(operation: &Value) -> Vec<u16> {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let raw = responses.filter(|(_, response)| response["content"].get("*/*").is_some());
    raw.filter_map(|(status, _)| status.parse().ok()).collect()
}

fn validator(document: &Value, pointer: &str) -> Validator {
    let mut schema = document.clone();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$ref"] = json!(pointer);
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap_or_else(|error| panic!("{pointer} is no schema: {error}"))
}

/// OpenAPI 3.0 writes `nullable` where JSON Schema adds a type.
fn nullable_as_types(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("nullable") == Some(&json!(true)) {
                if let Some(kind) = map.get("type").cloned() {
                    map.insert("type".into(), json!([kind, "null"]));
                }
                if let Some(Value::Array(values)) = map.get_mut("enum")
                    && !values.contains(&Value::Null)
                {
                    values.push(Value::Null);
                }
            }
            map.values_mut().for_each(nullable_as_types);
        }
        Value::Array(items) => items.iter_mut().for_each(nullable_as_types),
        _ => {}
    }
}

/// Which segments of a template are variables.
fn variables(template: &str) -> Vec<bool> {
    template.split('/').map(|t| t.starts_with('{')).collect()
}

fn matches_template(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(t), Some(p)) if t == p || (t.starts_with('{') && !p.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "/accounts/{account_id}/ai-gateway/gateways";

    fn verdict(status: u16, body: &Value) -> Option<String> {
        let contract = Contract::load();
        let path = LIST.replace("{account_id}", "x");
        let operation = contract.operation("GET", &path).unwrap();
        contract.fault(Some(operation), status, body.to_string().as_bytes())
    }

    #[test]
    fn a_good_answer_passes_and_each_fault_is_found() {
        let good = json!({
            "result": [], "success": true, "errors": [], "messages": [],
            "result_info": {"page": 1, "per_page": 20, "count": 0, "total_count": 0},
        });
        assert_eq!(verdict(200, &good), None);
        let mut missing = good.clone();
        missing.as_object_mut().unwrap().remove("result_info");
        assert!(verdict(200, &missing).unwrap().contains("result_info"));
        let mut wrong = good.clone();
        wrong["result_info"]["page"] = json!("one");
        assert!(verdict(200, &wrong).unwrap().contains("/result_info/page"));
        assert!(verdict(302, &good).unwrap().contains("not declared"));
        assert!(verdict(404, &good).unwrap().starts_with("404: "));
    }

    #[test]
    fn an_operation_may_not_answer_what_it_does_not_declare() {
        let contract = Contract::load();
        let body = json!({
            "result": null, "success": false, "errors": [{"code": 7001, "message": "m"}],
            "messages": [],
        });
        let body = body.to_string();
        let mut undeclared = 0;
        for operation in contract.operations() {
            for status in [
                400, 401, 403, 404, 405, 409, 422, 408, 413, 415, 429, 500, 503,
            ] {
                let declared = operation.answers.contains_key(&status);
                let fault = contract.fault(Some(operation), status, body.as_bytes());
                let may = declared || UNDECLARED.contains(&status);
                assert_eq!(fault, (!may).then(|| format!("{status} is not declared")));
                undeclared += usize::from(!may);
            }
        }
        assert!(undeclared > 0);
        for (status, may) in [
            (401, true),
            (404, true),
            (405, true),
            (400, false),
            (403, false),
        ] {
            let fault = contract.fault(None, status, body.as_bytes());
            assert_eq!(fault.is_none(), may, "{status} without an operation");
        }
    }

    #[test]
    fn null_passes_only_where_it_is_declared() {
        let envelope = json!({
            "result": null, "success": false, "errors": [{"code": 7001, "message": "m"}],
            "messages": [],
        });
        assert_eq!(verdict(400, &envelope), None);
        let mut wrong = envelope;
        wrong["errors"][0]["message"] = Value::Null;
        assert!(verdict(400, &wrong).is_some());
    }
}
