//! Refusals are errors to the readers of their own dialects.

use super::*;
use crate::ResponseReader;

#[test]
fn every_dialect_reads_its_own_refusals_as_errors() {
    for wire in Wire::ALL {
        for status in [400, 401, 403, 404, 429, 500, 503, 529] {
            let body = wire.refusal(status, "say \"it\"\n");
            let read: Value = serde_json::from_str(&body).unwrap();
            assert!(read.to_string().contains(r#"say \"it\"\n"#), "{body}");
            let mut reader = ResponseReader::new(wire, Some("application/json"));
            reader.feed(body.as_bytes());
            // Bedrock says it in a header, the last one says nothing at all.
            let told = !matches!(wire, Wire::Bedrock | Wire::Opaque);
            assert_eq!(reader.reading().error_event, told, "{wire:?} {body}");
            assert_eq!(reader.reading().usage, aig_model::Usage::default());
        }
    }
}
