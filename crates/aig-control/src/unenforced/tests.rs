//! What asks for nothing is taken, everything else is refused by name.

use serde_json::json;

use super::*;

fn refused_fields(fields: Value) -> Vec<String> {
    let Value::Object(fields) = fields else {
        panic!("not an object");
    };
    let faults = refused(&fields);
    faults
        .into_iter()
        .map(|fault| fault.path.join("."))
        .collect()
}

#[test]
fn everything_on_the_list_may_be_null_and_nothing_else_of_weight() {
    for setting in UNPERFORMED {
        for nothing in [json!(null), json!(false), json!(""), json!([]), json!({})] {
            let sent = json!({ setting.field: nothing });
            assert_eq!(refused_fields(sent.clone()), [""; 0], "{sent}");
        }
        for something in [
            json!(true),
            json!(0),
            json!(1),
            json!("x"),
            json!([0]),
            json!({"a": 1}),
        ] {
            let sent = json!({ setting.field: something });
            let expected = [format!("body.{}", setting.field)];
            assert_eq!(refused_fields(sent.clone()), expected, "{sent}");
        }
    }
}

#[test]
fn the_values_that_settings_have_by_themselves_are_taken() {
    let sent = json!({
        "workers_ai_billing_mode": "postpaid",
        "dlp": {"enabled": false, "action": "BLOCK", "profiles": ["p"]},
        "spend_limits": {"enabled": false, "rules": [{"limit": 1}]},
        "guardrails": {"prompt": {}, "response": {}},
    });
    assert_eq!(refused_fields(sent), [""; 0]);
    let sent = json!({
        "workers_ai_billing_mode": "unified",
        "guardrails": {"prompt": {"P1": "BLOCK"}, "response": {}},
        "store_id": "postpaid",
    });
    let expected = [
        "body.guardrails",
        "body.store_id",
        "body.workers_ai_billing_mode",
    ];
    assert_eq!(refused_fields(sent), expected);
}

#[test]
fn names_that_nobody_knows_are_ignored() {
    let sent = json!({"is_default": true, "internal": 1, "account_id": "x", "role": "admin"});
    assert_eq!(refused_fields(sent), [""; 0]);
}

#[test]
fn a_refusal_says_what_to_do() {
    let Value::Object(fields) = json!({"workers_ai_billing_mode": "unified", "zdr": true}) else {
        panic!("not an object");
    };
    let messages: Vec<_> = refused(&fields)
        .into_iter()
        .map(|fault| fault.message)
        .collect();
    assert_eq!(
        messages,
        [
            "workers_ai_billing_mode is not performed yet: leave it out, or send null or \"postpaid\"",
            "zdr is not performed yet: leave it out, or send null",
        ]
    );
}
