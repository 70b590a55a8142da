//! Event streams as they should be, and as they should not.

use super::*;

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    open: Vec<u8>,
    events: Vec<(String, String)>,
    given_up: usize,
}

impl Events for Seen {
    fn data(&mut self, part: &[u8]) {
        self.open.extend_from_slice(part);
    }

    fn event(&mut self, name: &[u8]) {
        let data = String::from_utf8_lossy(&std::mem::take(&mut self.open)).into_owned();
        self.events
            .push((String::from_utf8_lossy(name).into_owned(), data));
    }

    fn given_up(&mut self) {
        self.open.clear();
        self.given_up += 1;
    }
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Seen {
    let mut reader = SseReader::new();
    let mut seen = Seen::default();
    for piece in pieces {
        reader.feed(piece, &mut seen);
    }
    seen
}

fn events(stream: &str) -> Vec<(String, String)> {
    read([stream.as_bytes()]).events
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted
        .iter()
        .map(|(name, data)| ((*name).to_owned(), (*data).to_owned()))
        .collect()
}

#[test]
fn fields_are_taken_apart() {
    for (stream, wanted) in [
        ("data: a\n\n", &[("", "a")][..]),
        ("data:a\n\ndata:  b\n\n", &[("", "a"), ("", " b")]),
        ("event: x\ndata: 1\n\ndata: 2\n\n", &[("x", "1"), ("", "2")]),
        ("event: x\nevent: y\ndata: 1\n\n", &[("y", "1")]),
        ("data: 1\nevent: x\ndata: 2\n\n", &[("x", "1\n2")]),
        ("data\n\n", &[("", "")]),
        ("data\ndata\n\n", &[("", "\n")]),
        ("data:\n\n", &[("", "")]),
        ("event: lonely\n\ndata: 1\n\n", &[("", "1")]),
        (": comment\n:\ndata: 1\n: more\n\n", &[("", "1")]),
        (
            "id: 7\nretry: 10\ndata: 1\ndatax: 2\ndat: 3\nDATA: 4\n data: 5\n\n",
            &[("", "1")],
        ),
        ("\n\n\n\ndata: 1\n\n\n\n", &[("", "1")]),
        ("\u{feff}data: 1\n\n", &[("", "1")]),
        ("\u{feff}\u{feff}data: 1\n\n", &[]),
        ("data: \u{feff}\n\n", &[("", "\u{feff}")]),
        ("data: a:b\n\n", &[("", "a:b")]),
        ("data: \0\n\n", &[("", "\0")]),
        ("data: cut\n", &[]),
    ] {
        assert_eq!(events(stream), pairs(wanted), "{stream:?}");
    }
}

#[test]
fn every_line_end_and_every_cut_gives_the_same() {
    let stream = "\u{feff}: hello\nevent: delta\ndata: {\"a\":\ndata: 1}\n\nid\ndata\n\n\ndata: äö\n\nevent: end\ndata: [DONE]\n\n";
    let wanted = events(stream);
    assert_eq!(wanted.len(), 4);
    for line_end in ["\n", "\r", "\r\n"] {
        let stream = stream.replace('\n', line_end);
        let bytes = stream.as_bytes();
        assert_eq!(events(&stream), wanted, "{line_end:?}");
        assert_eq!(
            read(bytes.chunks(1)).events,
            wanted,
            "{line_end:?} byte by byte"
        );
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(
                    read(pieces).events,
                    wanted,
                    "{line_end:?} cut at {first}, {second}"
                );
            }
        }
    }
    let mixed = "data: 1\r\r\ndata: 2\n\rdata: 3\r\n\ndata: 4\r\n\r\n";
    assert_eq!(
        events(mixed),
        pairs(&[("", "1"), ("", "2"), ("", "3"), ("", "4")])
    );
}

#[test]
fn a_clean_end_closes_the_last_event() {
    for (stream, wanted) in [
        ("event: x\ndata: 1\n", &[("x", "1")][..]),
        ("data: 1", &[("", "1")]),
        ("data", &[("", "")]),
        ("data: 1\n\n", &[("", "1")]),
        ("event: x", &[]),
        (": c", &[]),
        ("\u{feff}", &[]),
        ("", &[]),
    ] {
        let mut reader = SseReader::new();
        let mut seen = Seen::default();
        reader.feed(stream.as_bytes(), &mut seen);
        reader.finish(&mut seen);
        reader.finish(&mut seen);
        assert_eq!(seen.events, pairs(wanted), "{stream:?}");
    }
}

#[test]
fn events_over_the_cap_are_given_up_and_counted() {
    let mut reader = SseReader::new();
    let mut seen = Seen::default();
    let megabyte = vec![b'x'; 1024 * 1024];
    reader.feed(b"data: ", &mut seen);
    for _ in 0..16 {
        reader.feed(&megabyte, &mut seen);
        assert!(seen.open.len() <= EVENT_CAP);
    }
    assert_eq!((seen.given_up, reader.given_up()), (1, 1));
    reader.feed(b"\ndata: more\n\ndata: next\n\n", &mut seen);
    assert_eq!(seen.events, pairs(&[("", "next")]));

    let many_lines = "data: 0123456789\n".repeat(EVENT_CAP / 10);
    reader.feed(many_lines.as_bytes(), &mut seen);
    reader.feed(b"\ndata: last\n\n", &mut seen);
    assert_eq!(reader.given_up(), 2);
    assert_eq!(seen.events, pairs(&[("", "next"), ("", "last")]));
}

#[test]
fn an_event_of_exactly_the_cap_is_read() {
    let stream = format!("data: {}\n\n", "x".repeat(EVENT_CAP));
    assert_eq!(events(&stream).len(), 1);
    let stream = format!("data: {}\n\n", "x".repeat(EVENT_CAP + 1));
    assert_eq!(read([stream.as_bytes()]).given_up, 1);
}

#[test]
fn comments_and_foreign_fields_of_any_length_cost_nothing() {
    let mut reader = SseReader::new();
    let mut seen = Seen::default();
    let megabyte = vec![b'x'; 1024 * 1024];
    for begin in [&b":"[..], b"", b"event:", b"id: "] {
        reader.feed(begin, &mut seen);
        for _ in 0..8 {
            reader.feed(&megabyte, &mut seen);
        }
        reader.feed(b"\ndata: 1\n\n", &mut seen);
    }
    assert_eq!(reader.given_up(), 0);
    assert_eq!(
        seen.events,
        pairs(&[("", "1"); 4]),
        "a name that long is none"
    );
    reader.feed(&b"\n".repeat(1_000_000), &mut seen);
    assert_eq!(seen.events.len(), 4);
}
