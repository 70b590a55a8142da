//! A failure is the same answer whoever found it.

use aig_api::{CreateAiGatewayError, GetAiGatewayError};
use aig_model::GatewayId;
use dropshot::HttpResponseError;
use http_body_util::BodyExt;
use serde::Serialize;

use super::*;
use crate::native;

fn failures() -> Vec<Failure> {
    vec![
        Failure::Unauthenticated,
        Failure::NotFound,
        Failure::Forbidden(Permission::Edit),
        Fault::of_field("name", "name must not be empty").into(),
        Failure::Unavailable("the store is busy; try again".into()),
        Failure::Internal,
    ]
}

async fn parts(response: Response<Full<Bytes>>) -> (StatusCode, http::HeaderMap, Bytes) {
    let (head, body) = response.into_parts();
    (
        head.status,
        head.headers,
        body.collect().await.unwrap().to_bytes(),
    )
}

async fn carried<E>(failure: Failure) -> (StatusCode, http::HeaderMap, Bytes)
where
    E: DeclaredError<ErrorResponse> + From<HttpError> + HttpResponseError + Serialize,
{
    let error: E = failure.into_error();
    let body = serde_json::to_vec(&error).unwrap();
    parts(native::answer(error.status_code().as_status(), &body, 1)).await
}

#[tokio::test]
async fn a_failure_of_a_handler_is_the_answer_that_the_front_would_give() {
    for (failure, same) in failures().into_iter().zip(failures()) {
        let direct = parts(failure.response()).await;
        assert_eq!(carried::<CreateAiGatewayError>(same).await, direct);
    }
}

#[tokio::test]
async fn a_status_that_an_operation_does_not_declare_reaches_the_caller_all_the_same() {
    let fault = || Failure::from(Fault::of_field("x", "x must be y"));
    let (status, _, body) = carried::<GetAiGatewayError>(fault()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let envelope: ErrorResponse = serde_json::from_slice(&body).unwrap();
    assert_eq!(envelope.errors[0].message, "x must be y");
}

#[test]
fn failures_of_the_store_say_what_to_do_and_nothing_of_the_house() {
    let busy = Failure::from(StoreError::Busy);
    assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        busy.envelope().errors[0].message,
        "the store is busy; try again"
    );
    let secret = StoreError::Directory {
        path: "/secret/place".into(),
        source: std::io::Error::other("x"),
    };
    let internal = Failure::from(secret);
    assert_eq!(internal.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!internal.envelope().errors[0].message.contains("secret"));
}

#[test]
fn failures_of_gateways_have_their_statuses() {
    let id: GatewayId = "x".parse().unwrap();
    let taken = Failure::from(GatewayError::AlreadyExists { id });
    assert_eq!(taken.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        taken.faults()[0],
        Fault::of_field(
            "id",
            "a gateway with the id x exists already; choose another id"
        )
    );
    assert_eq!(
        Failure::from(GatewayError::NoAccount).status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        Failure::from(GatewayError::NotGranted).status(),
        StatusCode::FORBIDDEN
    );
}
