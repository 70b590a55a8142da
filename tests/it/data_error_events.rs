//! Streams in which the provider itself says that it failed: they reach the caller as they are, and
//! the log does not take them for answers.

use aig_model::Outcome;
use aig_testkit::Provider;
use bytes::Bytes;
use futures_util::StreamExt;

use crate::plane::{Plane, text, whole};

/// A plane whose providers are all the scripted one.
async fn plane(provider: &Provider) -> Plane {
    let url = format!("http://{}", provider.address());
    Plane::with(provider, |flags, _| {
        for (slug, base) in [
            ("google-ai-studio", ""),
            ("cohere", ""),
            ("workers-ai", "/client/v4/accounts/a/ai"),
            ("aws-bedrock", ""),
            ("mistral", "/v1"),
        ] {
            flags.providers.push(format!("{slug}={url}{base}"));
        }
    })
    .await
}

/// A frame of Bedrock's streams that reports a failure; nobody on the way checks the sums.
fn exception() -> Bytes {
    let mut headers = Vec::new();
    for (name, value) in [
        (":message-type", "exception"),
        (":exception-type", "modelStreamErrorException"),
    ] {
        headers.push(u8::try_from(name.len()).unwrap());
        headers.extend_from_slice(name.as_bytes());
        headers.push(7);
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let payload = b"{\"message\":\"the model broke\"}";
    let length = |length: usize| u32::try_from(length).unwrap().to_be_bytes();
    let all = length(16 + headers.len() + payload.len());
    let sum = [0; 4];
    let parts: [&[u8]; 6] = [&all, &length(headers.len()), &sum, &headers, payload, &sum];
    Bytes::from(parts.concat())
}

const EVENTS: &str = "text/event-stream";

/// Where a dialect is spoken, and how a stream of it begins and fails there.
fn dialects() -> Vec<(&'static str, &'static str, Bytes, Bytes)> {
    let text = |begin: &'static str, fails: &'static str| (Bytes::from(begin), Bytes::from(fails));
    let (chat, chat_fails) = text(
        "data: {\"model\":\"m\",\"choices\":[],\"error\":null}\n\n",
        "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\",\"code\":null}}\n\n",
    );
    let (responses, responses_fail) = text(
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"error\":null}}\n\n",
        "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\"}}}\n\n",
    );
    let (messages, messages_fail) = text(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\"}}\n\n",
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
    );
    let (gemini, gemini_fails) = text(
        "data: {\"candidates\":[]}\n\n",
        "data: {\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}\n\n",
    );
    let (array, array_fails) = text("[{\"candidates\":[]}\n", ",\n{\"error\":{\"code\":503}}]");
    let (cohere, cohere_fails) = text(
        "event: content-delta\ndata: {\"type\":\"content-delta\"}\n\n",
        "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\"}}\n\n",
    );
    let (workers, workers_fail) = text(
        "data: {\"response\":\"a\"}\n\n",
        "data: {\"success\":false,\"error\":\"out of capacity\"}\n\n",
    );
    let (mistral, mistral_fails) = text(
        "data: {\"choices\":[]}\n\n",
        "data: {\"object\":\"error\",\"message\":\"Internal server error\"}\n\n",
    );
    vec![
        ("openai/chat/completions", EVENTS, chat, chat_fails),
        ("openai/responses", EVENTS, responses, responses_fail),
        ("anthropic/v1/messages", EVENTS, messages, messages_fail),
        (
            "google-ai-studio/v1beta/models/g:streamGenerateContent?alt=sse",
            EVENTS,
            gemini,
            gemini_fails,
        ),
        (
            "google-ai-studio/v1beta/models/g:streamGenerateContent",
            "application/json",
            array,
            array_fails,
        ),
        ("cohere/v2/chat", EVENTS, cohere, cohere_fails),
        ("workers-ai/@cf/meta/llama", EVENTS, workers, workers_fail),
        ("mistral/chat/completions", EVENTS, mistral, mistral_fails),
        (
            "aws-bedrock/bedrock-runtime/us-east-1/model/m/converse-stream",
            "application/vnd.amazon.eventstream",
            Bytes::new(),
            exception(),
        ),
    ]
}

#[tokio::test]
async fn an_error_event_of_any_dialect_is_passed_on_and_logged_as_a_failure() {
    let provider = Provider::start().await;
    let plane = plane(&provider).await;
    for (count, (path, kind, begin, fails)) in dialects().into_iter().enumerate() {
        let sent = [&begin[..], &fails].concat();
        let chunks = [begin, fails].into_iter().filter(|chunk| !chunk.is_empty());
        let head = [("content-type", kind)];
        provider.streams_with(200, &head, chunks).release_all();
        let answer = plane.post("g", path, "{}").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let told = answer.bytes().await.unwrap();
        assert_eq!(told, sent, "{path}: nothing is added, nothing is cut");
        let (row, transcript) = plane.row(count + 1).await;
        assert_eq!(row.outcome, Outcome::UpstreamBroke, "{path}");
        assert!(!row.success());
        assert_eq!(row.status, 200, "what the caller got");
        if kind == EVENTS {
            let kept = text(&transcript.response).unwrap();
            assert_eq!(kept.as_bytes(), sent, "the log has the provider's words");
        }
    }
}

/// Clients raise at such an event and hang up; that they left is not why there is no answer.
#[tokio::test]
async fn a_caller_that_leaves_at_the_error_event_has_not_broken_the_answer() {
    let provider = Provider::start().await;
    let plane = plane(&provider).await;
    for (count, (path, kind, _, fails)) in dialects().into_iter().enumerate() {
        if kind != EVENTS {
            continue;
        }
        let gate = provider.streams([fails]);
        let answer = plane.post("g", path, "{}").send().await.unwrap();
        let mut stream = answer.bytes_stream();
        gate.release_one();
        stream.next().await.unwrap().unwrap();
        drop(stream);
        provider.disconnected().await;
        let done = dialects()[..=count]
            .iter()
            .filter(|(_, kind, ..)| *kind == EVENTS)
            .count();
        let (row, _) = plane.row(done).await;
        assert_eq!(row.outcome, Outcome::UpstreamBroke, "{path}");
    }
}

/// Documents say by their status whether they are answers: a job that failed is one, and so is a
/// stream that ended well, whatever its text is about.
#[tokio::test]
async fn what_only_speaks_of_errors_is_complete() {
    let provider = Provider::start().await;
    let plane = plane(&provider).await;
    let json = [("content-type", "application/json")];
    provider.answers(200, &json, "{\"id\":\"r\",\"error\":{\"code\":\"failed\"}}");
    whole(plane.post("g", "openai/responses", "{}")).await;
    let told = "data: {\"choices\":[{\"delta\":{\"content\":\"{\\\"error\\\": 1}\"}}]}\n\n";
    provider.streams([told, "data: [DONE]\n\n"]).release_all();
    whole(plane.chat("{}")).await;
    for (row, _) in plane.rows(2).await {
        assert_eq!(row.outcome, Outcome::Complete);
        assert!(row.success());
    }
}
