//! What an overlay does to a document; what is wrong with overlays is shown by the
//! bad documents in `tests/generate`.

use serde_json::{Value, json};

use super::apply;
use crate::document::SourceFile;
use crate::source::Sources;

fn laid_over(base: Value, actions: &str) -> Value {
    let text = base.to_string();
    let mut document = base;
    let mut sources = Sources::read("base.json", &text).expect("JSON");
    let file = SourceFile {
        path: "over.yml".to_owned(),
        text: format!("overlay: 1.0.0\ninfo: {{title: T, version: 1.0.0}}\nactions:\n{actions}"),
    };
    let result = apply(&file, &mut document, &mut sources);
    assert_eq!(result, Ok(()), "{actions}");
    document
}

#[test]
fn objects_are_merged_and_new_keys_come_last() {
    let document = laid_over(
        json!({"info": {"title": "A", "version": "1"}}),
        "- {target: $.info, update: {version: '2', description: B}}",
    );
    let expected = r#"{"info":{"title":"A","version":"2","description":"B"}}"#;
    assert_eq!(document.to_string(), expected);
}

#[test]
fn an_action_touches_everything_that_its_target_matches() {
    let document = laid_over(
        json!({"paths": {"/a": {"get": {"id": 1}}, "/b": {"get": {"id": 2}, "summary": "s"}}}),
        "- {target: '$.paths.*[?@.id]', update: {seen: true}}",
    );
    assert_eq!(document["paths"]["/a"]["get"]["seen"], true);
    assert_eq!(document["paths"]["/b"]["get"]["seen"], true);
    assert_eq!(document["paths"]["/b"]["summary"], "s");
}

#[test]
fn an_array_over_an_array_is_appended_item_by_item() {
    let document = laid_over(
        json!({"list": [1]}),
        "- {target: $.list, update: [2, 3]}\n- {target: $.list, update: {four: 4}}",
    );
    assert_eq!(document["list"], json!([1, 2, 3, {"four": 4}]));
}

#[test]
fn later_actions_see_what_earlier_ones_did() {
    let document = laid_over(
        json!({"a": {}}),
        "- {target: $.a, update: {b: {}}}\n- {target: $.a.b, update: {c: 1}}",
    );
    assert_eq!(document, json!({"a": {"b": {"c": 1}}}));
}
