//! Frames as they should be, and as they should not.

use super::*;

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    open: Vec<u8>,
    events: Vec<(String, usize)>,
    given_up: usize,
}

impl Events for Seen {
    fn data(&mut self, part: &[u8]) {
        self.open.extend_from_slice(part);
    }

    fn event(&mut self, name: &[u8]) {
        let size = std::mem::take(&mut self.open).len();
        self.events
            .push((String::from_utf8_lossy(name).into_owned(), size));
    }

    fn given_up(&mut self) {
        self.open.clear();
        self.given_up += 1;
    }
}

fn text(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![name.len() as u8];
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(7);
    bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
    bytes.extend_from_slice(value.as_bytes());
    bytes
}

fn frame(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = PRELUDE + headers.len() + payload.len() + CHECKSUM;
    let mut bytes = (length as u32).to_be_bytes().to_vec();
    bytes.extend_from_slice(&(headers.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(headers);
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Seen, u64) {
    let mut reader = EventStreamReader::new();
    let mut seen = Seen::default();
    for piece in pieces {
        reader.feed(piece, &mut seen);
    }
    (seen, reader.given_up())
}

#[test]
fn names_are_found_among_headers_of_every_type() {
    let mut headers = Vec::new();
    for (kind, length) in [
        (0, 0),
        (1, 0),
        (2, 1),
        (3, 2),
        (4, 4),
        (5, 8),
        (8, 8),
        (9, 16),
    ] {
        headers.extend_from_slice(b"\x01x");
        headers.push(kind);
        headers.extend_from_slice(&vec![7; length]);
    }
    headers.extend_from_slice(b"\x01y\x06\x00\x03\x00\x07\x00");
    headers.extend_from_slice(&text(":message-type", "event"));
    headers.extend_from_slice(&text(":event-type", "metadata"));
    let stream = [
        frame(&headers, b"12345"),
        frame(b"", b""),
        frame(&headers, b""),
    ]
    .concat();
    let (seen, given_up) = read([&stream[..]]);
    let wanted = [("metadata", 5), ("", 0), ("metadata", 0)];
    assert_eq!(
        seen.events,
        wanted.map(|(name, size)| (name.to_owned(), size))
    );
    assert_eq!(given_up, 0);
    for cut in 0..=stream.len() {
        let (before, after) = stream.split_at(cut);
        assert_eq!(read([before, after]).0, seen, "cut at {cut}");
    }
    assert_eq!(read(stream.chunks(1)).0, seen);
}

#[test]
fn failures_have_a_name_of_their_own() {
    for kind in ["exception", "error"] {
        let headers = [text(":message-type", kind), text(":exception-type", "x")].concat();
        let (seen, _) = read([&frame(&headers, b"{}")[..]]);
        assert_eq!(seen.events[0].0.as_bytes(), EXCEPTION);
    }
}

#[test]
fn broken_headers_leave_the_event_without_a_name() {
    for headers in [
        &b"\xff"[..],
        b"\x01x\x07\xff\xff",
        b"\x01x\x0a",
        b"\x0b:event-type\x07\x00",
        b"\x0b:event-type\x05\x00\x00\x00\x00\x00\x00\x00\x00",
    ] {
        let (seen, _) = read([&frame(headers, b"1")[..]]);
        assert_eq!(seen.events, [(String::new(), 1)], "{headers:?}");
    }
}

#[test]
fn what_is_no_frame_ends_the_reading_and_is_counted_once() {
    for stream in [
        &b"data: {\"usage\":{}}\n\n data: more and more and more"[..],
        &[0; 64],
        &[0xff; 64],
        b"\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00\x00\x00aaaaaaaaaa",
    ] {
        let (seen, given_up) = read([stream, stream]);
        assert_eq!((seen, given_up), (Seen::default(), 1), "{stream:?}");
    }
    let (seen, given_up) = read([&b"\x00\x00"[..]]);
    assert_eq!(
        (seen, given_up),
        (Seen::default(), 0),
        "a frame that has only begun"
    );
}

#[test]
fn events_too_long_to_be_read_are_counted_and_the_next_one_is_read() {
    let headers = text(":event-type", "chunk");
    let mut stream = frame(&headers, &vec![b'x'; EVENT_CAP + 1]);
    stream.extend_from_slice(&frame(&headers, b"{}"));
    let (seen, given_up) = read(stream.chunks(4096));
    assert_eq!((seen.given_up, given_up), (1, 1));
    assert_eq!(seen.events, [("chunk".to_owned(), 2)]);
}
