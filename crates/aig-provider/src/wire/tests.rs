//! Words of the dialects, and how they say that a stream broke.

use super::*;
use crate::ResponseReader;

#[test]
fn words_and_wires_are_one_to_one() {
    for wire in Wire::ALL {
        assert_eq!(Wire::from_word(wire.word()), Some(wire));
        assert!(!wire.credential().headers.is_empty());
    }
    assert_eq!(Wire::from_word("OpenAI"), None);
    assert_eq!(Wire::from_word(""), None);
}

#[test]
fn u_01_a_broken_stream_says_so_wherever_it_was_cut() {
    let streams = [
        (Wire::OpenAi, "data: {\"model\":\"m\",\"choices\":[]}\n\n"),
        (
            Wire::Anthropic,
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\"}}\n\n",
        ),
        (Wire::Gemini, "data: {\"modelVersion\":\"m\"}\r\n\r\n"),
        (
            Wire::Cohere,
            "event: content-delta\ndata: {\"type\":\"content-delta\",\"delta\":{}}\n\n",
        ),
        (Wire::WorkersAi, "data: {\"response\":\"x\"}\n\n"),
    ];
    for (wire, stream) in streams {
        let event = wire.broken_stream_event().unwrap();
        assert!(event.ends_with(b"\n\n"), "{wire:?}");
        for cut in 0..=stream.len() {
            let mut reader = ResponseReader::new(wire, Some("text/event-stream"));
            reader.feed(b": comment\n\n");
            reader.feed(&stream.as_bytes()[..cut]);
            reader.feed(event);
            let reading = reader.reading();
            assert!(reading.error_event, "{wire:?} cut at {cut}");
            // Cohere reports failures in the event that ends a stream; no other one may look whole.
            assert_eq!(
                reading.finished,
                wire == Wire::Cohere,
                "{wire:?} cut at {cut}"
            );
        }
    }
    for wire in [Wire::Bedrock, Wire::Replicate, Wire::Opaque] {
        assert_eq!(wire.broken_stream_event(), None);
    }
}

#[test]
fn the_events_data_is_json_on_one_line() {
    for event in Wire::ALL.iter().filter_map(Wire::broken_stream_event) {
        let text = std::str::from_utf8(event).unwrap();
        let data = text.lines().find_map(|line| line.strip_prefix("data: "));
        let data: serde_json::Value = serde_json::from_str(data.unwrap()).unwrap();
        assert!(data.to_string().contains("broke off"), "{data}");
    }
}
