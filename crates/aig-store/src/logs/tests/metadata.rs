//! Conditions on keys and values of metadata.

use aig_model::{LogKey, LogOperator};

use super::blocks::{filter, text};
use super::*;

#[tokio::test]
async fn keys_and_values_of_metadata_are_found_whole_whatever_stands_around_them() {
    let (rig, account, gateway) = house().await;
    let texts = [
        r#"{"team":"a","of":"b"}"#,
        r#"{"x\"team":"a"}"#,
        r#"{"x":"{\"team\":\"a\",\"of\":\"b\"}"}"#,
        r#"{"x":",","a":"team"}"#,
        r#"{"teams":1.5,"of":true}"#,
        r#"{"x":"1.5","of":"true"}"#,
        r#"{"":"","x:":":a"}"#,
    ];
    let rows = texts.iter().zip(0..).map(|(text, number)| Record {
        metadata: Metadata::read(text.as_bytes()).metadata,
        ..record(account, &gateway, number)
    });
    write(&rig, rows).await;
    let found = async |key, value: &str| {
        let query = filter(key, LogOperator::Eq, &[text(value)]);
        let request = PageRequest::new(None, Some(50), 50);
        let scope = rig.scope(account);
        let found = scope.find_logs(&gateway, request, query, false).await;
        let rows = found.unwrap().unwrap().page.items;
        rows.iter()
            .rev()
            .map(|row| row.id.as_u128())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(LogKey::MetadataKey, "team").await, [0]);
    assert_eq!(found(LogKey::MetadataKey, "of").await, [0, 4, 5]);
    assert_eq!(found(LogKey::MetadataKey, "a").await, [3]);
    assert_eq!(found(LogKey::MetadataKey, "x\"team").await, [1]);
    assert_eq!(found(LogKey::MetadataKey, "").await, [6]);
    assert_eq!(found(LogKey::MetadataValue, "a").await, [0, 1]);
    assert_eq!(found(LogKey::MetadataValue, "team").await, [3]);
    assert_eq!(found(LogKey::MetadataValue, "true").await, [4, 5]);
    assert_eq!(found(LogKey::MetadataValue, "1.5").await, [4, 5]);
    assert_eq!(found(LogKey::MetadataValue, "").await, [6]);
}
