//! The events of a whole stream, found in the plainest way there is, to compare the streaming reader
//! with. Source: the HTML standard, section 9.2.6; but for the end, where an open event counts.

/// The name and the data of each event.
pub(super) fn events_of(stream: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let stream = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let (mut events, mut name, mut data) = (Vec::new(), Vec::new(), None::<Vec<u8>>);
    let mut lines = lines(stream);
    // The end closes an event as an empty line does.
    lines.push(b"");
    for line in lines {
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            _ if line.is_empty() => {
                // A name of more than 64 bytes is not kept.
                let name: Vec<u8> = std::mem::take(&mut name);
                if let Some(data) = data.take() {
                    events.push((if name.len() > 64 { vec![] } else { name }, data));
                }
            }
            b"event" => name = value.to_owned(),
            b"data" => match &mut data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => data = Some(value.to_owned()),
            },
            _ => {}
        }
    }
    events
}

fn lines(stream: &[u8]) -> Vec<&[u8]> {
    let (mut lines, mut rest) = (Vec::new(), stream);
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        lines.push(&rest[..end]);
        let ends = if rest[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        rest = &rest[end + ends..];
    }
    lines.push(rest);
    lines
}
