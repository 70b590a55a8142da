//! Vertex AI's paths: the region in the path decides the host.
//!
//! `v1/projects/{project}/locations/{region}/…` goes to `{region}-aiplatform.googleapis.com`; the
//! region `global`, and paths that name none, go to the host without a prefix. Models of other makers
//! are served under the same paths in their makers' dialects.

use crate::base::{Slot, Slots};
use crate::provider::{Provider, Way};
use crate::tail::BadTail;
use crate::version::is_version;
use crate::wire::Wire;

/// Where among the row's bases the one without a region stands.
const GLOBAL: usize = 1;

pub(crate) fn way<'a>(
    provider: &'a Provider,
    tail: &'a str,
    way: Way<'a>,
) -> Result<Way<'a>, BadTail> {
    let (version, below) = provider.split(tail);
    let region = region(below.unwrap_or_default()).unwrap_or("global");
    let slots = Slots {
        region: Some(region),
        ..way.slots
    };
    slots.checked(Slot::Region)?;
    Ok(Way {
        base: match region {
            "global" => GLOBAL,
            _ => 0,
        },
        slots,
        parts: [version, below, None],
        ..way
    })
}

fn region(path: &str) -> Option<&str> {
    let mut segments = path.split('/').skip_while(|segment| is_version(segment));
    (segments.next() == Some("projects")).then_some(())?;
    let _project = segments.next()?;
    (segments.next() == Some("locations")).then_some(())?;
    Some(segments.next().unwrap_or_default())
}

/// The dialect that a publisher's models are asked in.
pub(crate) fn wire_at(tail: &str) -> Wire {
    let publisher = tail
        .split_once("/publishers/")
        .and_then(|(_, below)| below.split('/').next());
    match publisher {
        Some("anthropic") => Wire::Anthropic,
        Some("mistralai" | "meta" | "deepseek-ai" | "ai21" | "qwen" | "openai") => Wire::OpenAi,
        _ => Wire::Gemini,
    }
}
