//! The two documents, and that they stay two.

use super::*;

#[test]
fn the_contract_is_served_with_our_own_address() {
    let served: Value = serde_json::from_str(&document("http://127.0.0.1:1")).unwrap();
    let servers = json!([{"url": "http://127.0.0.1:1/client/v4"}]);
    assert_eq!(served["servers"], servers);
    let mut contract: Value = serde_json::from_str(CONTRACT).unwrap();
    contract["servers"] = servers;
    assert_eq!(served, contract, "nothing else differs");
}

#[test]
fn the_server_describes_every_operation_of_the_contract() {
    let emitted: Value = serde_json::from_str(&emitted().unwrap()).unwrap();
    for operation in aig_api::Operation::ALL {
        let method = operation.method().as_str().to_ascii_lowercase();
        let described = &emitted["paths"][operation.registered_path()][method];
        assert_eq!(described["operationId"], operation.id());
    }
}

#[test]
fn versions_of_two_numbers_get_a_third() {
    assert_eq!(version("4.0"), Version::new(4, 0, 0));
    assert_eq!(version("1.2.3"), Version::new(1, 2, 3));
}
