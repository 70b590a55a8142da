//! A tenant with one object of each kind that the contract knows, made as the contract says.
//!
//! An object is known by its place: the path of an operation up to and including the variable
//! that names it. What a tenant has there is found out by the contract alone: the `POST` of the
//! path in front makes one, the `GET` of it lists what is there.

use std::collections::BTreeMap;

use aig_testkit::{House, eventually};
use http::Method;
use serde_json::{Map, Value, json};

use super::{Ask, send};

/// Variables of paths that name no object, with a value that is good for everybody.
const NOT_OBJECTS: [(&str, &str); 1] = [("provider", "openai")];

/// An operation of the contract.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: Method,
    pub(super) path: String,
    /// What it may be sent: the contract's own example, else one made of its schema.
    body: Option<Value>,
    /// The id of what the contract's example says that it makes.
    made: Option<String>,
}

pub(super) struct Tenant {
    pub(super) account: String,
    pub(super) token: String,
    /// Stands in every object of this tenant that has a place for it, and nowhere else.
    pub(super) canary: String,
    objects: BTreeMap<String, String>,
    /// The ids in the contract's own examples of objects, and those that this tenant has in their place.
    examples: Vec<(String, String)>,
}

/// Every operation of the contract, those with short paths first.
pub(super) fn operations() -> Vec<Operation> {
    let document: Value =
        serde_json::from_str(include_str!("../../../spec/effective.json")).unwrap();
    let mut operations = vec![];
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            let content = &operation["requestBody"]["content"]["application/json"];
            operations.push(Operation {
                id: id.to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                body: (!content.is_null()).then(|| body(&document, content)),
                made: made(&document, operation),
            });
        }
    }
    assert!(operations.len() >= 6, "the contract has operations");
    operations.sort_by_key(|o| o.path.len());
    operations
}

fn body(document: &Value, content: &Value) -> Value {
    let examples = content["examples"].as_object().into_iter().flatten();
    let mut examples = examples.map(|(_, example)| example["value"].clone());
    let example = examples.next().or(content.get("example").cloned());
    example.unwrap_or_else(|| sample(document, &content["schema"]))
}

fn made(document: &Value, operation: &Value) -> Option<String> {
    let content = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let schema = document.pointer(&content["$ref"].as_str()?[1..])?;
    let result = schema["properties"]["result"]["$ref"].as_str()?;
    let example = &document.pointer(&result[1..])?["example"]["id"];
    example.as_str().map(str::to_owned)
}

/// The least that a schema takes.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return sample(document, document.pointer(&reference[1..]).unwrap());
    }
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[0].clone();
    }
    match schema["type"].as_str() {
        Some("string") => json!("x"),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(false),
        Some("array") => json!([sample(document, &schema["items"])]),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten();
            let members = required.map(|name| {
                let name = name.as_str().unwrap();
                (
                    name.to_owned(),
                    sample(document, &schema["properties"][name]),
                )
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

impl Operation {
    /// The places of objects in its path, the outermost first.
    pub(super) fn objects(&self) -> Vec<String> {
        let mut places = vec![];
        let mut place = String::new();
        for segment in self.path.split('/').skip(1) {
            place = format!("{place}/{segment}");
            if let Some(name) = variable(segment)
                && name != "account_id"
                && !NOT_OBJECTS.iter().any(|(other, _)| *other == name)
            {
                places.push(place.clone());
            }
        }
        places
    }

    pub(super) fn names_account(&self) -> bool {
        self.path.contains("{account_id}")
    }
}

fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

impl Tenant {
    /// The account of the house itself.
    pub(super) async fn first(house: &House) -> Self {
        let account = house.account().to_string();
        Self::with_objects(house, account, house.token().to_owned()).await
    }

    /// An account of its own.
    pub(super) async fn another(house: &House) -> Self {
        let account = house.another_account().await;
        let every = aig_model::Permissions::ALL.to_string();
        let token = house.token_of(account, &every).await;
        Self::with_objects(house, account.to_string(), token.expose().to_owned()).await
    }

    async fn with_objects(house: &House, account: String, token: String) -> Self {
        let mut tenant = Self {
            canary: format!("canary-{}", &account[..8]),
            account,
            token,
            objects: BTreeMap::new(),
            examples: vec![],
        };
        let operations = operations();
        let mut places: Vec<_> = operations.iter().flat_map(Operation::objects).collect();
        places.sort_by_key(|place| place.len());
        places.dedup();
        for place in places {
            let (collection, _) = place.rsplit_once('/').unwrap();
            let at = |method: Method| {
                let mut found = operations.iter();
                found.find(|o| o.path == collection && o.method == method)
            };
            let example = at(Method::POST).and_then(|create| create.made.clone());
            let id = match (at(Method::POST), at(Method::GET)) {
                (Some(create), _) => tenant.make(house, create).await,
                (None, Some(list)) => tenant.first_of(house, list).await,
                (None, None) => panic!("{place} can neither be made nor listed: say its value"),
            };
            tenant.examples.extend(example.zip(Some(id.clone())));
            tenant.objects.insert(place, id);
        }
        tenant
    }

    /// Makes an object as the contract's example does, under this tenant's name.
    async fn make(&mut self, house: &House, create: &Operation) -> String {
        let mut ask = self.ask(create);
        if create.path.ends_with("/gateways") {
            // Keys can only be stored for a gateway that asks who calls.
            ask.body.as_mut().expect("a gateway has a body")["authentication"] = json!(true);
        }
        let seen = send(house, &create.method, Some(&self.token), &ask).await;
        assert!(
            seen.status.is_success(),
            "{} does not take its own example, so nobody knows how to make one: {seen:?}",
            create.id
        );
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        let id = body["result"]["id"].as_str().unwrap().to_owned();
        if create.path.ends_with("/gateways") {
            self.refused_request(house, &id).await;
        }
        id
    }

    /// Leaves a row in the log of a gateway: no provider has that name.
    async fn refused_request(&self, house: &House, gateway: &str) {
        let url = format!(
            "http://{}/v1/{}/{gateway}/no-such-provider/{}",
            house.address(),
            self.account,
            self.canary
        );
        let request = house.http().get(url);
        let header = ("cf-aig-authorization", format!("Bearer {}", self.token));
        let answer = request.header(header.0, header.1).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        let logs = Ask {
            path: format!(
                "/accounts/{}/ai-gateway/gateways/{gateway}/logs",
                self.account
            ),
            ..Ask::default()
        };
        eventually("the row in the log", async || {
            let seen = send(house, &Method::GET, Some(&self.token), &logs).await;
            seen.body.contains(&self.canary).then_some(())
        })
        .await;
    }

    async fn first_of(&self, house: &House, list: &Operation) -> String {
        eventually(&format!("an object in {}", list.id), async || {
            let seen = send(house, &list.method, Some(&self.token), &self.ask(list)).await;
            let body: Value = serde_json::from_str(&seen.body).unwrap();
            body["result"][0]["id"].as_str().map(str::to_owned)
        })
        .await
    }

    /// What this tenant has at a place.
    pub(super) fn object(&self, place: &str) -> &str {
        &self.objects[place]
    }

    /// The operation on this tenant's own.
    pub(super) fn ask(&self, operation: &Operation) -> Ask {
        self.ask_with(operation, "", "")
    }

    /// The same, with another object at one place.
    pub(super) fn ask_with(&self, operation: &Operation, place: &str, id: &str) -> Ask {
        let (mut so_far, mut path) = (String::new(), String::new());
        for segment in operation.path.split('/').skip(1) {
            so_far = format!("{so_far}/{segment}");
            let fixed = NOT_OBJECTS
                .iter()
                .find(|(name, _)| Some(*name) == variable(segment));
            let value = match (variable(segment), fixed) {
                (None, _) => segment,
                (Some("account_id"), _) => &self.account,
                (Some(_), Some((_, value))) => value,
                (Some(_), None) if so_far == place => id,
                (Some(_), None) => self.object(&so_far),
            };
            path = format!("{path}/{value}");
        }
        let mut body = operation.body.clone();
        if let Some(name) = body.as_mut().and_then(|body| body.get_mut("name")) {
            *name = json!(self.canary);
        }
        let body = body.map(|body| self.own_account(body));
        Ask {
            path,
            body,
            ..Ask::default()
        }
    }

    /// An example that names an account, or another example's object, names this tenant's.
    fn own_account(&self, body: Value) -> Value {
        let text = body.to_string().replace(EXAMPLE_ACCOUNT, &self.account);
        let quoted = |id: &str| Value::from(id).to_string();
        let examples = self.examples.iter();
        let text = examples.fold(text, |text, (example, own)| {
            text.replace(&quoted(example), &quoted(own))
        });
        serde_json::from_str(&text).unwrap()
    }

    /// This tenant's ids under every name by which somebody could pass them on.
    pub(super) fn named(&self) -> Vec<(String, String)> {
        let objects = self.objects.iter().map(|(place, id)| {
            let (_, last) = place.rsplit_once('/').unwrap();
            (variable(last).unwrap().to_owned(), id.clone())
        });
        let mut named = vec![
            ("account_id".to_owned(), self.account.clone()),
            ("account_tag".to_owned(), self.account.clone()),
        ];
        named.extend(objects.filter(|(name, _)| name != "id"));
        named
    }

    /// All that this tenant can read, by operation.
    pub(super) async fn everything(&self, house: &House) -> BTreeMap<String, String> {
        let mut everything = BTreeMap::new();
        for operation in operations().iter().filter(|o| o.method == Method::GET) {
            let ask = self.ask(operation);
            let seen = send(house, &operation.method, Some(&self.token), &ask).await;
            everything.insert(operation.id.clone(), seen.body);
        }
        everything
    }
}

/// The account in the contract's examples.
const EXAMPLE_ACCOUNT: &str = "023e105f4ecef8ad9ca31a8372d0c353";
