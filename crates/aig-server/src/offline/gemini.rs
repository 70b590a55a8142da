//! `generateContent` and its relatives as Gemini answers them: whole, as events, or as one array.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::dialect::Refusal;
use super::embeddings::{self, DIMENSIONS};
use super::reply::{self, Paced, Script};
use super::service::Asked;
use super::text::{self, Answer};

const MOST_DIMENSIONS: u64 = 4096;

pub(super) fn answer(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let contents = contents(asked)?;
    let limit = asked
        .field("generationConfig")
        .and_then(|config| config["maxOutputTokens"].as_u64());
    let answer = Answer::to(&text::question(contents), limit);
    let prompt = text::tokens(contents) + instruction_tokens(asked);
    if asked.stream {
        return Ok(stream(asked, &answer, prompt));
    }
    let body = content(
        asked,
        &answer.text(),
        Some(&answer),
        prompt,
        answer.tokens(),
    );
    Ok(reply::document(StatusCode::OK, &body))
}

pub(super) fn count(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let request = asked.field("generateContentRequest");
    let (contents, instruction) = match request {
        Some(request) => (
            &request["contents"],
            text::tokens(&request["systemInstruction"]),
        ),
        None => (contents(asked)?, instruction_tokens(asked)),
    };
    let body = json!({"totalTokens": text::tokens(contents) + instruction});
    Ok(reply::document(StatusCode::OK, &body))
}

pub(super) fn embed(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let embedding = embedding(&Value::Object(asked.body.clone()))?;
    Ok(reply::document(
        StatusCode::OK,
        &json!({"embedding": embedding}),
    ))
}

pub(super) fn batch_embed(asked: &Asked) -> Result<Response<Paced>, Refusal> {
    let requests = asked.required("requests")?.as_array();
    let requests = requests.ok_or_else(|| Refusal::missing(asked.dialect, "requests"))?;
    let embeddings: Vec<Value> = requests.iter().map(embedding).collect::<Result<_, _>>()?;
    Ok(reply::document(
        StatusCode::OK,
        &json!({"embeddings": embeddings}),
    ))
}

fn contents(asked: &Asked) -> Result<&Value, Refusal> {
    let contents = asked.required("contents")?;
    match contents.as_array().is_some_and(|all| !all.is_empty()) {
        true => Ok(contents),
        false => Err(Refusal::missing(asked.dialect, "contents")),
    }
}

/// JSON in Google's style may write a field's name in either way.
fn instruction_tokens(asked: &Asked) -> usize {
    let instruction = asked
        .field("systemInstruction")
        .or_else(|| asked.field("system_instruction"));
    instruction.map_or(0, text::tokens)
}

fn embedding(request: &Value) -> Result<Value, Refusal> {
    let content = text::text(&request["content"]);
    if content.is_empty() {
        return Err(Refusal::missing(super::dialect::Dialect::Gemini, "content"));
    }
    let wanted = request
        .get("outputDimensionality")
        .or_else(|| request.get("output_dimensionality"))
        .filter(|wanted| !wanted.is_null());
    let dimensions = match wanted.map(Value::as_u64) {
        None => DIMENSIONS,
        Some(Some(dimensions @ 1..=MOST_DIMENSIONS)) => dimensions,
        Some(_) => {
            let message = format!("outputDimensionality must be from 1 to {MOST_DIMENSIONS}");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
        }
    };
    let values = embeddings::direction(&Value::from(content), dimensions);
    Ok(json!({"values": values}))
}

/// Counts grow from event to event; the last one says why it is the last.
fn stream(asked: &Asked, answer: &Answer, prompt: usize) -> Response<Paced> {
    let last = answer.pieces.len().saturating_sub(1);
    let mut events: Vec<Value> = answer
        .pieces
        .iter()
        .enumerate()
        .map(|(place, piece)| {
            let ended = (place == last).then_some(answer);
            content(asked, piece, ended, prompt, place + 1)
        })
        .collect();
    if events.is_empty() {
        events.push(content(asked, "", Some(answer), prompt, 0));
    }
    let mut script = Script::default();
    if asked.has_query("alt", "sse") {
        for event in &events {
            script.text(&format!("data: {event}\r\n\r\n"));
            script.send();
        }
        return reply::stream_of("text/event-stream", script, asked.pace);
    }
    for (place, event) in events.iter().enumerate() {
        let before = match place {
            0 => "[",
            _ => ",\r\n",
        };
        script.text(&format!("{before}{event:#}"));
        script.send();
    }
    script.text("\n]\n");
    script.send();
    reply::stream_of("application/json; charset=UTF-8", script, asked.pace)
}

fn content(
    asked: &Asked,
    text: &str,
    ended: Option<&Answer>,
    prompt: usize,
    candidate: usize,
) -> Value {
    let mut body = json!({
        "candidates": [{
            "content": {"parts": [{"text": text}], "role": "model"},
            "index": 0,
        }],
        "usageMetadata": {
            "promptTokenCount": prompt,
            "candidatesTokenCount": candidate,
            "totalTokenCount": prompt + candidate,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
        },
        "modelVersion": asked.model,
        "responseId": asked.id,
    });
    if let Some(answer) = ended {
        body["candidates"][0]["finishReason"] = match answer.cut {
            true => json!("MAX_TOKENS"),
            false => json!("STOP"),
        };
    }
    body
}
