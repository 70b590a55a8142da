//! What error types have in common.

use dropshot::{HttpError, HttpErrorResponseBody};

/// What dropshot found wrong, in the form that dropshot gives it. The request's id is
/// in the answer's header; an error type does not learn it.
#[must_use]
pub fn native(error: &HttpError) -> HttpErrorResponseBody {
    HttpErrorResponseBody {
        request_id: String::new(),
        error_code: error.error_code.clone(),
        message: error.external_message.clone(),
    }
}
