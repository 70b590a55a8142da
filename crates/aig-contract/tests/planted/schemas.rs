//! Mistakes in the types that serde uses.

use aig_contract::diff::Breaks::{Both, Client, Server};
use serde_json::json;

use super::{
    BASE, GATEWAYS, LOGS, added, at, changed, drop_text, expect, line, missing, remove, set,
};

const GATEWAY: &str = "/components/schemas/Gateway";
const INPUT: &str = "/components/schemas/GatewayInput";
const OUTCOME: &str = "/components/schemas/LogOutcome";

#[test]
fn dropped_response_field() {
    expect(
        |emitted| {
            remove(emitted, &format!("{GATEWAY}/properties/slug"));
            drop_text(emitted, &format!("{GATEWAY}/required"), "slug");
        },
        vec![
            missing(
                format!("{GATEWAY}/properties/slug"),
                line(BASE, &["    Gateway:", "        slug:"]),
                Client,
                json!({"type": "string", "description": "URL-friendly slug for the gateway."}),
            ),
            missing(
                format!("{GATEWAY}/required/{{slug}}"),
                line(
                    GATEWAYS,
                    &["- target: $.components.schemas.Gateway", "    - slug"],
                ),
                Client,
                json!("slug"),
            ),
        ],
    );
}

#[test]
fn required_made_optional() {
    expect(
        |emitted| drop_text(emitted, &format!("{GATEWAY}/required"), "created_at"),
        vec![missing(
            format!("{GATEWAY}/required/{{created_at}}"),
            line(
                GATEWAYS,
                &["- target: $.components.schemas.Gateway", "    - created_at"],
            ),
            Client,
            json!("created_at"),
        )],
    );
}

#[test]
fn type_changed() {
    expect(
        |emitted| {
            set(
                emitted,
                &format!("{INPUT}/properties/cache_enabled/type"),
                json!("string"),
            )
        },
        vec![changed(
            format!("{INPUT}/properties/cache_enabled/type"),
            line(
                GATEWAYS,
                &[
                    "- target: $.components.schemas.GatewayInput.properties['cache_enabled', 'rate_limiting_enabled', 'log_enabled']",
                    "    type:",
                ],
            ),
            Both,
            [json!("boolean"), json!("string")],
        )],
    );
}

#[test]
fn new_required_request_field() {
    let region = json!({"type": "string", "description": "Where it runs."});
    expect(
        |emitted| {
            set(
                emitted,
                &format!("{INPUT}/properties/region"),
                region.clone(),
            );
            set(emitted, &format!("{INPUT}/required"), json!(["region"]));
        },
        vec![
            added(
                format!("{INPUT}/properties/region"),
                line(BASE, &["    GatewayInput:", "      properties:"]),
                Server,
                region.clone(),
            ),
            added(
                format!("{INPUT}/required/{{region}}"),
                line(BASE, &["    GatewayInput:"]),
                Client,
                json!("region"),
            ),
        ],
    );
}

#[test]
fn enum_narrowed() {
    expect(
        |emitted| drop_text(emitted, &format!("{OUTCOME}/enum"), "client_gone"),
        vec![missing(
            format!("{OUTCOME}/enum/{{client_gone}}"),
            line(
                LOGS,
                &["    LogOutcome:", "      enum:", "      - client_gone"],
            ),
            // Answers only: clients of the contract can live with fewer kinds.
            Server,
            json!("client_gone"),
        )],
    );
}

#[test]
fn enum_widened() {
    expect(
        |emitted| {
            let values = at(emitted, &format!("{OUTCOME}/enum")).as_array_mut();
            values.expect("this is a list").push(json!("lost"));
        },
        vec![added(
            format!("{OUTCOME}/enum/{{lost}}"),
            line(LOGS, &["    LogOutcome:", "      enum:"]),
            Client,
            json!("lost"),
        )],
    );
}

#[test]
fn dropped_format() {
    expect(
        |emitted| {
            remove(emitted, &format!("{GATEWAY}/properties/created_at/format"));
        },
        vec![missing(
            format!("{GATEWAY}/properties/created_at/format"),
            line(
                BASE,
                &[
                    "    Gateway:",
                    "        created_at:",
                    "          format: date-time",
                ],
            ),
            Client,
            json!("date-time"),
        )],
    );
}

#[test]
fn response_field_made_nullable() {
    expect(
        |emitted| {
            set(
                emitted,
                &format!("{GATEWAY}/properties/name/nullable"),
                json!(true),
            )
        },
        vec![added(
            format!("{GATEWAY}/properties/name/nullable"),
            line(BASE, &["    Gateway:", "        name:"]),
            Client,
            json!(true),
        )],
    );
}

#[test]
fn request_field_made_nullable() {
    expect(
        |emitted| {
            set(
                emitted,
                &format!("{INPUT}/properties/name/nullable"),
                json!(true),
            )
        },
        vec![added(
            format!("{INPUT}/properties/name/nullable"),
            line(BASE, &["    GatewayInput:", "        name:"]),
            Server,
            json!(true),
        )],
    );
}
