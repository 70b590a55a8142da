//! Which documents are keys, and what is said of the others.

use serde_json::json;

use super::*;

const PEM: &str = "-----BEGIN PRIVATE KEY-----\ncGtj\nczg=\n-----END PRIVATE KEY-----\n";

fn aws() -> Value {
    json!({"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "wJalr/canary+", "region": "us-east-1"})
}

fn google() -> Value {
    json!({
        "type": "service_account", "client_email": "a@p.iam.gserviceaccount.com",
        "private_key_id": "0123abcd", "private_key": PEM, "project_id": "p",
        "token_uri": "https://oauth2.googleapis.com/token",
    })
}

#[test]
fn both_kinds_are_read_with_white_space_and_members_beyond() {
    let text = format!("\n {:#}\n", aws());
    assert!(KeyDocument::is_one(&text));
    let KeyDocument::Aws(keys) = KeyDocument::read(&text).unwrap() else {
        panic!("these are access keys")
    };
    assert_eq!(
        (&*keys.access_key_id, &*keys.region),
        ("AKIDEXAMPLE", "us-east-1")
    );
    assert!(keys.session_token.is_none());
    let read = KeyDocument::read(&google().to_string()).unwrap();
    assert_eq!(
        (read.provider(), read.name()),
        ("google-vertex-ai", "0123abcd")
    );
    let KeyDocument::Google(account) = read else {
        panic!("this is a service account")
    };
    assert_eq!(account.private_key(), b"pkcs8");
    let shown = format!("{keys:?} {account:?}");
    assert!(
        !shown.contains("canary") && !shown.contains("pkcs8"),
        "{shown}"
    );
}

#[test]
fn a_member_that_is_missing_or_wrong_is_named_by_its_place() {
    let aws_fields = ["accessKeyId", "secretAccessKey", "region"];
    let google_fields = ["client_email", "private_key", "token_uri"];
    let all = (aws_fields.iter().map(|f| (aws(), *f)))
        .chain(google_fields.iter().map(|f| (google(), *f)));
    for (whole, field) in all {
        for wrong in [None, Some(json!(null)), Some(json!(1)), Some(json!(""))] {
            let mut document = whole.clone();
            let members = document.as_object_mut().unwrap();
            match wrong {
                None => members.remove(field),
                Some(wrong) => members.insert(field.to_owned(), wrong),
            };
            let refused = KeyDocument::read(&document.to_string()).unwrap_err();
            assert_eq!(refused.field, format!("secret.{field}"));
            assert!(!refused.to_string().contains("canary"));
        }
    }
    for (place, wrong) in [
        ("region", "us_east"),
        ("region", "a.b"),
        ("accessKeyId", "AKID/x"),
        ("sessionToken", "two words"),
    ] {
        let mut document = aws();
        document[place] = json!(wrong);
        let refused = KeyDocument::read(&document.to_string()).unwrap_err();
        assert_eq!(refused.field, format!("secret.{place}"));
    }
    let mut user = google();
    user["type"] = json!("authorized_user");
    assert_eq!(
        KeyDocument::read(&user.to_string()).unwrap_err().field,
        "secret.type"
    );
    for armour in ["-----BEGIN RSA PRIVATE KEY-----", "canary"] {
        let mut other = google();
        other["private_key"] = json!(PEM.replace(BEGIN, armour));
        let refused = KeyDocument::read(&other.to_string()).unwrap_err();
        assert_eq!(refused.field, "secret.private_key");
    }
}

#[test]
fn what_is_no_document_is_told_where_it_breaks_and_not_what_it_says() {
    let refused = KeyDocument::read("{\"canary\": \n nonsense").unwrap_err();
    assert_eq!(refused.field, "secret");
    let told = refused.to_string();
    assert!(
        told.contains("line 2") && !told.contains("canary"),
        "{told}"
    );
    assert!(!KeyDocument::is_one("sk-{"));
}
