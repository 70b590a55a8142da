//! Mistakes in operations: what is registered, under which names, and what it
//! answers.

use aig_contract::diff::Breaks::{Client, Document, Server};
use serde_json::json;

use super::{
    ALL_PATH, ANSWERS, BASE, LOGS, LOGS_PATH, ONE_PATH, added, at, carrier, changed, expect, line,
    missing, parameter, remove, set,
};

const ALL_ITEM: &str = "  /accounts/{account_id}/ai-gateway/gateways:";
const ONE_ITEM: &str = "  /accounts/{account_id}/ai-gateway/gateways/{gateway_id}:";
const LOGS_ITEM: &str = "  /accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs:";

#[test]
fn renamed_query_parameter() {
    let described = |name: &str| {
        json!({
            "name": name,
            "in": "query",
            "description": "Number of log entries per page; more than 50 is taken as 50.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 2_147_483_647, "default": 20},
        })
    };
    let operation = format!("{LOGS_PATH}/get");
    expect(
        |emitted| parameter(emitted, &operation, "per_page")["name"] = json!("page_size"),
        vec![
            added(
                format!("{operation}/parameters/{{query:page_size}}"),
                line(BASE, &[LOGS_ITEM, "      parameters:"]),
                Server,
                described("page_size"),
            ),
            missing(
                format!("{operation}/parameters/{{query:per_page}}"),
                line(BASE, &[LOGS_ITEM, "      - name: per_page"]),
                Client,
                described("per_page"),
            ),
        ],
    );
}

#[test]
fn undeclared_operation() {
    let mut emitted = super::emission();
    let mut operation = at(&mut emitted, &format!("{ONE_PATH}/get")).clone();
    operation["operationId"] = json!("patchAiGateway");
    operation["responses"] = json!({"204": {"description": "Patched."}});
    for range in ["4XX", "5XX"] {
        let error = json!({"$ref": "#/components/responses/ListAiGatewaysError"});
        operation["responses"][range] = error;
    }
    set(
        &mut emitted,
        &format!("{ONE_PATH}/patch"),
        operation.clone(),
    );
    // As dropshot would print it, but with the declared statuses in their places.
    let declared = at(&mut emitted, &carrier("ListAiGatewaysError")).clone();
    let responses = operation["responses"]
        .as_object_mut()
        .expect("is an object");
    responses.retain(|status, _| status == "204");
    for (status, response) in declared.as_object().expect("is an object") {
        responses.insert(status.clone(), response.clone());
    }
    expect(
        |planted| *planted = emitted,
        vec![added(
            format!("{ONE_PATH}/patch"),
            line(BASE, &[ONE_ITEM]),
            Server,
            operation,
        )],
    );
}

#[test]
fn operation_missing_in_the_server() {
    let error = |description: &str| {
        json!({
            "description": description,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}},
        })
    };
    let parameter = |name: &str, description: &str| {
        json!({
            "name": name,
            "in": "path",
            "description": description,
            "required": true,
            "schema": {"type": "string"},
        })
    };
    expect(
        |emitted| {
            remove(emitted, &format!("{ONE_PATH}/delete"));
        },
        vec![missing(
            format!("{ONE_PATH}/delete"),
            line(BASE, &[ONE_ITEM, "    delete:"]),
            Client,
            json!({
                "operationId": "deleteAiGateway",
                "summary": "Cloudflare Delete Ai Gateway",
                "description": "Delete an AI Gateway instance.",
                "tags": ["Gateways"],
                "parameters": [
                    parameter("account_id", "The unique identifier of the Cloudflare account."),
                    parameter("gateway_id", "The unique identifier of the AI Gateway."),
                ],
                "responses": {
                    "200": {
                        "description": "Gateway deleted successfully.",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/GatewayResponse"}},
                        },
                    },
                    "401": error("Unauthorized."),
                    "403": error("The token does not have the permission."),
                    "404": error("Gateway not found."),
                },
            }),
        )],
    );
}

#[test]
fn dropped_declared_404() {
    expect(
        |emitted| {
            remove(emitted, &format!("{}/404", carrier("GetAiGatewayError")));
        },
        vec![missing(
            format!("{ONE_PATH}/get/responses/404"),
            line(BASE, &[ONE_ITEM, "    get:", "        '404':"]),
            Client,
            json!({
                "description": "Gateway not found.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}},
            }),
        )],
    );
}

#[test]
fn changed_operation_id() {
    expect(
        |emitted| {
            set(
                emitted,
                &format!("{ONE_PATH}/get/operationId"),
                json!("readAiGateway"),
            )
        },
        vec![changed(
            format!("{ONE_PATH}/get/operationId"),
            line(BASE, &["      operationId: getAiGateway"]),
            Document,
            [json!("getAiGateway"), json!("readAiGateway")],
        )],
    );
}

#[test]
fn changed_tag() {
    let tags = format!("{ONE_PATH}/get/tags");
    expect(
        |emitted| set(emitted, &tags, json!(["Logs"])),
        vec![
            missing(
                format!("{tags}/{{Gateways}}"),
                line(BASE, &[ONE_ITEM, "    get:", "      - Gateways"]),
                Document,
                json!("Gateways"),
            ),
            added(
                format!("{tags}/{{Logs}}"),
                line(BASE, &[ONE_ITEM, "    get:", "      tags:"]),
                Document,
                json!("Logs"),
            ),
        ],
    );
}

#[test]
fn changed_description() {
    expect(
        |emitted| {
            set(
                emitted,
                &format!("{ALL_PATH}/get/description"),
                json!("Some of them."),
            );
            set(
                emitted,
                &format!("{ONE_PATH}/get/responses/200/description"),
                json!("It."),
            );
        },
        vec![
            changed(
                format!("{ALL_PATH}/get/description"),
                line(BASE, &[ALL_ITEM, "    get:", "      description: >-"]),
                Document,
                [
                    json!("Returns all AI Gateway instances for the account."),
                    json!("Some of them."),
                ],
            ),
            changed(
                format!("{ONE_PATH}/get/responses/200/description"),
                line(
                    BASE,
                    &[
                        ONE_ITEM,
                        "    get:",
                        "          description: Gateway details.",
                    ],
                ),
                Document,
                [json!("Gateway details."), json!("It.")],
            ),
        ],
    );
}

#[test]
fn dropped_200_body() {
    expect(
        |emitted| {
            remove(emitted, &format!("{ONE_PATH}/get/responses/200/content"));
        },
        vec![missing(
            format!("{ONE_PATH}/get/responses/200/content/application~1json"),
            line(
                BASE,
                &[ONE_ITEM, "    get:", "            application/json:"],
            ),
            Client,
            json!({"schema": {"$ref": "#/components/schemas/GatewayResponse"}}),
        )],
    );
}

#[test]
fn a_200_turned_204() {
    let responses = format!("{LOGS_PATH}/get/responses");
    expect(
        |emitted| {
            let mut response = remove(emitted, &format!("{responses}/200"));
            response["content"] = json!({});
            set(emitted, &format!("{responses}/204"), response);
        },
        vec![
            missing(
                format!("{responses}/200"),
                line(BASE, &[LOGS_ITEM, "        '200':"]),
                Client,
                json!({
                    "description": "List of gateway logs.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/LogListResponse"}}},
                }),
            ),
            added(
                format!("{responses}/204"),
                line(BASE, &[LOGS_ITEM, "      responses:"]),
                Client,
                json!({"description": "List of gateway logs."}),
            ),
        ],
    );
}

#[test]
fn renamed_path_parameter() {
    let renamed = |path: &str| path.replace("{gateway_id}", "{id}");
    let written = |pointer: &str| json!(pointer.replace("/paths/", "").replace("~1", "/"));
    expect(
        |emitted| {
            for path in [ONE_PATH, LOGS_PATH] {
                let mut item = remove(emitted, path);
                for operation in item.as_object_mut().expect("is an object").values_mut() {
                    let mut parameters = operation["parameters"]
                        .as_array_mut()
                        .expect("is a list")
                        .iter_mut();
                    let parameter = parameters.find(|parameter| parameter["name"] == "gateway_id");
                    parameter.expect("it is there")["name"] = json!("id");
                }
                set(emitted, &renamed(path), item);
            }
        },
        [(ONE_PATH, ONE_ITEM), (LOGS_PATH, LOGS_ITEM)]
            .into_iter()
            .map(|(path, item)| {
                changed(
                    path.to_owned(),
                    line(BASE, &[item]),
                    Document,
                    [written(path), written(&renamed(path))],
                )
            })
            .collect(),
    );
}

/// The bodies of answers that overlays brought are found in the overlays.
#[test]
fn dropped_body_of_an_answer_from_an_overlay() {
    let put = format!("{ONE_PATH}/put/responses/200/content");
    let logs = format!("{LOGS_PATH}/get/responses/200/content");
    expect(
        |emitted| {
            remove(emitted, &put);
            remove(emitted, &logs);
        },
        vec![
            missing(
                format!("{put}/application~1json"),
                line(
                    ANSWERS,
                    &[
                        "- target: $.paths['/accounts/{account_id}/ai-gateway/gateways/{gateway_id}']['put', 'delete'].responses['200']",
                        "      application/json:",
                    ],
                ),
                Client,
                json!({"schema": {"$ref": "#/components/schemas/GatewayResponse"}}),
            ),
            missing(
                format!("{logs}/application~1json"),
                line(
                    LOGS,
                    &[
                        "- target: $.paths['/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs'].get.responses['200']",
                        "      application/json:",
                    ],
                ),
                Client,
                json!({"schema": {"$ref": "#/components/schemas/LogListResponse"}}),
            ),
        ],
    );
}
