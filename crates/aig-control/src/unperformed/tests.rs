//! Each is refused by name, none of them is in the contract, and the README tells of all.

use aig_api::Operation;
use http::{Method, StatusCode};

use super::*;
use crate::testing::Rig;
use crate::unenforced;

const README: &str = include_str!("../../../../README.md");

/// Below an account, with something in place of the variables.
fn whole(path: &str) -> String {
    let path = path.replace("{gateway_id}", "g");
    format!("/accounts/x/ai-gateway/{path}")
}

#[tokio::test]
async fn each_is_refused_by_name_with_every_method() {
    let mut rig = Rig::new().await;
    let (account, token) = rig.tenant().await;
    for operations in UNPERFORMED {
        let path = whole(operations.path).replace("/x/", &format!("/{account}/"));
        for below in ["", "/an-id", "/an-id/deeper"] {
            let path = format!("/client/v4{path}{below}");
            for method in [
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ] {
                let answer = rig.call(&token, method, &path, "{}").await;
                assert_eq!(
                    (answer.status, answer.code()),
                    (StatusCode::NOT_FOUND, 7000)
                );
                assert!(answer.is_enveloped(), "{path}");
                let said = format!("does not perform {}", operations.what);
                assert!(answer.message().contains(&said), "{path}");
            }
            let nobody = rig.call("Bearer x", Method::GET, &path, "").await;
            assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{path}");
        }
    }
}

#[test]
fn other_paths_are_no_paths() {
    for path in [
        "/accounts/x/ai-gateway",
        "/accounts/x/ai-gateway/gateways//datasets",
        "/accounts/x/ai-gateway/gateways/g/dataset",
        "/accounts/x/ai-gateway/datasets",
        "/accounts/x/billing",
        "/zones/x/ai-gateway/billing",
        "/accounts/x/ai-gateway/billings",
    ] {
        assert!(
            matches!(or_no_such_path(path), Failure::NoSuchPath),
            "{path}"
        );
    }
}

/// An operation that is performed must leave the table.
#[test]
fn no_operation_of_the_contract_is_in_the_table() {
    for operation in Operation::ALL {
        for operations in UNPERFORMED {
            let path = operation.path();
            assert!(!operations.has(path), "strike {path}: it is performed");
        }
    }
}

#[test]
fn the_readme_tells_of_every_refusal() {
    let fields = unenforced::UNPERFORMED.iter().map(|setting| {
        let taken = match setting.by_itself {
            "" => "`null`".to_owned(),
            by_itself => format!("`null` or `\"{by_itself}\"`"),
        };
        let field = setting.field;
        format!("| setting `{field}` of a gateway | 400, unless it is {taken} or says off |\n")
    });
    let paths = UNPERFORMED
        .iter()
        .map(|o| format!("| `…/ai-gateway/{}` and all below | 404 |\n", o.path));
    let rows: String = fields.chain(paths).collect();
    let table = format!("| what Cloudflare has | what is answered here |\n|---|---|\n{rows}");
    assert!(
        README.contains(&format!("\n{table}\n")),
        "README.md has another table of refusals; it should be\n{table}"
    );
}
