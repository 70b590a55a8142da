//! The generated client drives every operation, and a list says which it does not: that list may
//! only shrink, and today it is empty.

use std::collections::BTreeSet;

use aig_client::Error;
use aig_testkit::{Contract, House};
use serde_json::json;

/// Operations that no test drives. Nothing may be added here.
const NOT_DRIVEN: [&str; 0] = [];

#[tokio::test]
async fn the_generated_client_drives_every_operation() {
    let house = House::start().await;
    let client = house.client();
    let account = house.account().to_string();

    let made = client
        .create_ai_gateway()
        .account_id(&account)
        .body_map(|body| {
            body.name(
                "Driven"
                    .parse::<aig_client::types::GatewayInputName>()
                    .unwrap(),
            )
        })
        .send()
        .await
        .unwrap();
    assert_eq!(made.result.id, "driven");
    let list = client
        .list_ai_gateways()
        .account_id(&account)
        .page(1)
        .per_page(5)
        .send()
        .await
        .unwrap();
    assert_eq!(list.result_info.total_count, 2);
    let got = client
        .get_ai_gateway()
        .account_id(&account)
        .gateway_id("driven")
        .send()
        .await
        .unwrap();
    assert_eq!(got.result.name, "Driven");
    let changed = client
        .update_ai_gateway()
        .account_id(&account)
        .gateway_id("driven")
        .body_map(|body| body.log_enabled(false))
        .send()
        .await
        .unwrap();
    assert!(!changed.result.log_enabled && !changed.result.collect_logs);
    let logs = client
        .list_ai_gateway_logs()
        .account_id(&account)
        .gateway_id("driven")
        .search("x")
        .send()
        .await
        .unwrap();
    assert!(logs.result.is_empty());
    let base = client
        .get_ai_gateway_url()
        .account_id(&account)
        .gateway_id("driven")
        .provider("openai")
        .send()
        .await
        .unwrap();
    assert!(base.result.ends_with("/driven/openai"), "{}", base.result);
    keys(&client, &account).await;
    custom_providers(&client, &account).await;
    tokens(&house, &client, &account).await;
    let row = "00000000-0000-7000-8000-000000000001";
    let journal = house.running().journal();
    let gateway: aig_model::GatewayId = "driven".parse().unwrap();
    let id = row.parse().unwrap();
    let record = aig_model::Record::begin(id, house.account(), gateway, Default::default());
    let record = aig_model::Record {
        status: 200,
        ..record
    };
    let body = || aig_model::Body::try_from(b"{}".to_vec()).ok();
    let transcript = aig_model::Transcript {
        request: body(),
        response: body(),
    };
    journal.offer((record, transcript));
    journal.flush().await;
    macro_rules! one_row {
        ($operation:ident $($body:tt)*) => {
            client.$operation().account_id(&account).gateway_id("driven").id(row)$($body)*.send().await.unwrap()
        };
    }
    assert_eq!(one_row!(get_ai_gateway_log).result.id, row);
    one_row!(get_ai_gateway_log_request);
    one_row!(get_ai_gateway_log_response);
    assert!(one_row!(patch_ai_gateway_log.body_map(|body| body.feedback(1.0))).success);
    let gone = client
        .delete_ai_gateway_logs()
        .account_id(&account)
        .gateway_id("driven")
        .limit(std::num::NonZeroU64::new(10).unwrap())
        .send()
        .await
        .unwrap();
    assert!(gone.success);
    let gone = client
        .delete_ai_gateway()
        .account_id(&account)
        .gateway_id("driven")
        .send()
        .await
        .unwrap();
    assert_eq!(gone.result.id, "driven");

    let driven = house.wire().operations();
    let all: BTreeSet<String> = Contract::load()
        .operations()
        .iter()
        .map(|o| o.id.clone())
        .collect();
    let excused: BTreeSet<String> = NOT_DRIVEN.into_iter().map(str::to_owned).collect();
    let missing: Vec<_> = all
        .difference(&driven)
        .filter(|id| !excused.contains(*id))
        .collect();
    assert!(missing.is_empty(), "no test drives {missing:?}");
    let needless: Vec<_> = excused
        .iter()
        .filter(|id| driven.contains(*id) || !all.contains(*id))
        .collect();
    assert!(
        needless.is_empty(),
        "strike {needless:?} from the list: they are driven, or gone"
    );
}

/// The operations on custom providers and their prices.
async fn custom_providers(client: &aig_client::Client, account: &str) {
    let made = client
        .create_custom_provider()
        .account_id(account)
        .body_map(|body| body.name("A").slug("a").base_url("https://a.example"))
        .send()
        .await
        .unwrap();
    let id = &made.result.id;
    let list = client.list_custom_providers().account_id(account).send();
    assert_eq!(list.await.unwrap().result.len(), 1);
    macro_rules! provider {
        ($operation:ident $($body:tt)*) => {
            client.$operation().account_id(account).custom_provider_id(id)$($body)*.send().await.unwrap()
        };
    }
    assert_eq!(&provider!(get_custom_provider).result.id, id);
    let changed = provider!(update_custom_provider.body_map(|body| body.enable(true)));
    assert!(changed.result.enable);
    let cost = client
        .create_custom_provider_cost()
        .account_id(account)
        .body_map(|body| {
            body.account_provider_id(id.as_str())
                .model("m")
                .cost_in(0.5)
        })
        .send()
        .await
        .unwrap();
    let cost_id = &cost.result.id;
    let list = client
        .list_custom_provider_costs()
        .account_id(account)
        .send();
    assert_eq!(list.await.unwrap().result.len(), 1);
    macro_rules! cost {
        ($operation:ident $($body:tt)*) => {
            client.$operation().account_id(account).custom_provider_cost_id(cost_id)$($body)*.send().await.unwrap()
        };
    }
    assert_eq!(&cost!(get_custom_provider_cost).result.model, "m");
    let changed = cost!(update_custom_provider_cost.body_map(|body| body.enable(false)));
    assert!(!changed.result.enable);
    assert_eq!(&cost!(delete_custom_provider_cost).result.id, cost_id);
    assert_eq!(&provider!(delete_custom_provider).result.id, id);
}

/// The operations on stored keys, in the gateway `default`, which is authenticated.
async fn keys(client: &aig_client::Client, account: &str) {
    let made = client
        .create_provider_config()
        .account_id(account)
        .gateway_id("default")
        .body_map(|body| {
            body.provider_slug("openai")
                .alias("default")
                .secret(Some("sk-one".parse().unwrap()))
        })
        .send()
        .await
        .unwrap();
    assert_eq!(made.result.secret_id, "default_openai_default");
    let list = client
        .list_provider_configs()
        .account_id(account)
        .gateway_id("default")
        .send()
        .await
        .unwrap();
    assert_eq!(list.result.len(), 1);
    let id = &made.result.id;
    let turned = client
        .rotate_provider_config()
        .account_id(account)
        .gateway_id("default")
        .provider_config_id(id)
        .body_map(|body| body.secret("sk-two"))
        .send()
        .await
        .unwrap();
    assert_eq!(&turned.result.id, id);
    let gone = client
        .delete_provider_config()
        .account_id(account)
        .gateway_id("default")
        .provider_config_id(id)
        .send()
        .await
        .unwrap();
    assert_eq!(&gone.result.id, id);
}

/// The operations on tokens.
async fn tokens(house: &House, client: &aig_client::Client, account: &str) {
    let groups = client.list_token_permission_groups().account_id(account);
    let groups = groups.name("AI Gateway Run").send().await.unwrap();
    let resource = format!("com.cloudflare.api.account.{account}");
    let policy = json!({
        "effect": "allow",
        "permission_groups": [{"id": groups.result[0].id}],
        "resources": {resource: "*"},
    });
    let policy: aig_client::types::TokenPolicyInput = serde_json::from_value(policy).unwrap();
    let made = client
        .create_token()
        .account_id(account)
        .body_map(|body| body.name("driven").policies(vec![policy]))
        .send()
        .await
        .unwrap();
    let id = &made.result.id;
    let itself = house.client_as(&made.result.value);
    let told = itself.verify_token().send().await.unwrap();
    assert_eq!(&told.result.id, id);
    let told = itself.verify_account_token().account_id(account);
    assert_eq!(&told.send().await.unwrap().result.id, id);
    let list = client
        .list_tokens()
        .account_id(account)
        .include_expired(true);
    assert_eq!(list.send().await.unwrap().result.len(), 2);
    let changed = client
        .update_token()
        .account_id(account)
        .token_id(id)
        .body_map(|body| body.name(Some("other".parse().unwrap())))
        .send()
        .await
        .unwrap();
    assert_eq!(changed.result.name, "other");
    let got = client.get_token().account_id(account).token_id(id);
    assert_eq!(got.send().await.unwrap().result.name, "other");
    let rolled = client
        .roll_token()
        .account_id(account)
        .token_id(id)
        .body_map(|body| body)
        .send()
        .await
        .unwrap();
    assert_ne!(rolled.result, made.result.value);
    let gone = client.delete_token().account_id(account).token_id(id);
    assert_eq!(&gone.send().await.unwrap().result.id, id);
    let told = client
        .list_audit_logs()
        .account_id(account)
        .limit(std::num::NonZeroU64::MIN);
    let told = told.send().await.unwrap();
    assert_eq!(told.result[0].resource.id.as_deref(), Some(&**id));
}

#[tokio::test]
async fn errors_reach_the_client_with_their_codes() {
    let house = House::start().await;
    let account = house.account().to_string();
    let client = house.client();
    let request = client
        .get_ai_gateway()
        .account_id(&account)
        .gateway_id("absent");
    let Err(Error::ErrorResponse(error)) = request.send().await else {
        panic!("an absent gateway is a declared error");
    };
    assert_eq!((error.status().as_u16(), error.errors[0].code), (404, 7002));

    let nobody = house.client_as("nobody");
    let request = nobody.list_ai_gateways().account_id(&account);
    let Err(Error::ErrorResponse(error)) = request.send().await else {
        panic!("an unknown token is a declared error");
    };
    assert_eq!(
        (error.status().as_u16(), error.errors[0].code),
        (401, 10000)
    );
}

/// The wire is a judge only if it can find fault.
#[tokio::test]
async fn an_answer_that_breaks_the_contract_is_noticed() {
    let contract = Contract::load();
    let operation = contract
        .operation("GET", "/accounts/x/ai-gateway/gateways/y")
        .unwrap();
    assert_eq!(operation.id, "getAiGateway");
    let body = json!({"result": {"id": 7}, "success": true, "errors": [], "messages": []});
    let fault = contract.fault(Some(operation), 200, body.to_string().as_bytes());
    assert!(fault.unwrap().contains("/result/id"));
}
