//! Reads HTTP/1.1 messages from a blocking socket, with one buffer and no allocation per message.
//!
//! Only what this crate's own peers need is understood: lengths, chunks, and bodies that end with
//! their connection. Whatever else comes is an error, so that no measurement counts what it did not
//! read.

use std::io::{self, ErrorKind, Read};

/// A connection's reading side.
pub(crate) struct Messages<S> {
    stream: S,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

/// What the head of a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The status of an answer; 0 for a request.
    pub(crate) status: u16,
    pub(crate) body: Framing,
    /// Whether the connection ends after this message.
    pub(crate) close: bool,
}

/// How the end of a body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunks,
    UntilClose,
}

/// The longest head, and the most that is read at a time, in bytes.
const BUFFER: usize = 64 << 10;

// === impl Messages ===

impl<S: Read> Messages<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
        }
    }

    /// Reads the head of the next message; `None` when the peer has closed between two.
    pub(crate) fn head(&mut self) -> io::Result<Option<Head>> {
        Ok(self.next_head(|_| ())?.map(|(head, ())| head))
    }

    /// The same, with the text of the head.
    pub(crate) fn head_and_text(&mut self) -> io::Result<Option<(Head, String)>> {
        self.next_head(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    fn next_head<T>(&mut self, keep: impl FnOnce(&[u8]) -> T) -> io::Result<Option<(Head, T)>> {
        let mut seen = 0;
        loop {
            let ready = &self.buffer[self.start..self.end];
            // The terminator may lie across the edge of what was looked at before.
            let from = seen.min(ready.len()).saturating_sub(3);
            if let Some(at) = find(&ready[from..], b"\r\n\r\n") {
                let length = from + at;
                let head = parse(&ready[..length])?;
                let kept = keep(&ready[..length]);
                self.start += length + 4;
                return Ok(Some((head, kept)));
            }
            seen = ready.len();
            match self.fill()? {
                0 if seen == 0 => return Ok(None),
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                _ => {}
            }
        }
    }

    /// Reads the body of the message whose head was read last; `each` sees its pieces.
    pub(crate) fn body(&mut self, framing: Framing, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        match framing {
            Framing::Length(length) => self.exactly(length, &mut each),
            Framing::Chunks => self.chunks(&mut each),
            Framing::UntilClose => loop {
                if self.start == self.end && self.fill()? == 0 {
                    return Ok(());
                }
                each(&self.buffer[self.start..self.end]);
                self.start = self.end;
            },
        }
    }

    fn exactly(&mut self, mut left: u64, each: &mut impl FnMut(&[u8])) -> io::Result<()> {
        while left > 0 {
            if self.start == self.end && self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let take = most.min(self.end - self.start);
            each(&self.buffer[self.start..self.start + take]);
            self.start += take;
            left -= take as u64;
        }
        Ok(())
    }

    fn chunks(&mut self, each: &mut impl FnMut(&[u8])) -> io::Result<()> {
        loop {
            let size = self.line(|line| {
                let digits = line.split(|&c| c == b';').next().unwrap_or_default();
                let text = std::str::from_utf8(digits).map_err(|_| bad("chunk"))?;
                u64::from_str_radix(text.trim(), 16).map_err(|_| bad("chunk"))
            })?;
            if size == 0 {
                // Trailers, up to an empty line.
                while !self.line(|line| Ok(line.is_empty()))? {}
                return Ok(());
            }
            self.exactly(size, each)?;
            if !self.line(|line| Ok(line.is_empty()))? {
                return Err(bad("chunk"));
            }
        }
    }

    fn line<T>(&mut self, read: impl FnOnce(&[u8]) -> io::Result<T>) -> io::Result<T> {
        loop {
            let ready = &self.buffer[self.start..self.end];
            if let Some(at) = find(ready, b"\r\n") {
                let value = read(&ready[..at])?;
                self.start += at + 2;
                return Ok(value);
            }
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Reads once more behind what is there; 0 at the end.
    fn fill(&mut self) -> io::Result<usize> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            return Err(bad("head that long"));
        }
        let read = self.stream.read(&mut self.buffer[self.end..])?;
        self.end += read;
        Ok(read)
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("not a {what}"))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn parse(head: &[u8]) -> io::Result<Head> {
    let text = std::str::from_utf8(head).map_err(|_| bad("head"))?;
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let status = match first.strip_prefix("HTTP/1.") {
        Some(rest) => (rest.get(2..5))
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| bad("status line"))?,
        None => 0,
    };
    let (mut length, mut chunked, mut close) = (None, false, false);
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(|| bad("header"))?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.parse().map_err(|_| bad("length"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            close = value.eq_ignore_ascii_case("close");
        }
    }
    let body = match (chunked, length) {
        (true, _) => Framing::Chunks,
        (false, Some(length)) => Framing::Length(length),
        // A request without a length has no body, an answer has all that follows.
        (false, None) if status == 0 || status == 204 || status == 304 => Framing::Length(0),
        (false, None) => Framing::UntilClose,
    };
    Ok(Head {
        status,
        body,
        close: close || body == Framing::UntilClose,
    })
}

#[cfg(test)]
mod tests;
