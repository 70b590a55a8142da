//! A streaming reader of `text/event-stream`: takes the fields apart, keeps no event.
//!
//! Bytes come in pieces cut anywhere, with lines ended by CR, LF or both. Data goes on to an `Events`
//! as slices of the piece it stood in, so an event of any size costs no memory; of the event's name
//! the first 64 bytes are kept. What data means is left to the one who receives it.

use memchr::memchr2;

/// An event with more data than this is not read to its end.
pub const EVENT_CAP: usize = 1024 * 1024;

/// The longest name that an event can have and still be known by it.
const NAME_CAP: usize = 64;

/// Receives what stands in the stream, in order.
pub trait Events {
    /// A part of the event's data; several `data` lines are joined by a line feed.
    fn data(&mut self, part: &[u8]);
    /// The event is over. `name` is empty when it has none.
    fn event(&mut self, name: &[u8]);
    /// The event that `data` began to give is longer than `EVENT_CAP`; forget it.
    fn given_up(&mut self);
}

/// Reads one stream.
#[derive(Clone, Debug)]
pub struct SseReader {
    state: State,
    /// A CR ended the last line; an LF behind it belongs to it.
    after_cr: bool,
    field: FieldName,
    name: Name,
    /// Whether the event has a `data` line.
    has_data: bool,
    /// How many bytes of data the event has so far.
    size: usize,
    given_up: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the beginning of the stream, after so many bytes of a byte order mark.
    Mark(usize),
    LineStart,
    /// In a field's name.
    Field,
    /// After the colon: one space is not part of the value.
    Space(Field),
    Value(Field),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Data,
    Event,
    /// A comment, or a field that says nothing here.
    Other,
}

#[derive(Clone, Debug)]
struct FieldName {
    bytes: [u8; 5],
    len: usize,
}

#[derive(Clone, Debug)]
struct Name {
    bytes: [u8; NAME_CAP],
    len: usize,
    too_long: bool,
}

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

// === impl SseReader ===

impl Default for SseReader {
    fn default() -> Self {
        Self::new()
    }
}

impl SseReader {
    /// A reader at the beginning of a stream.
    pub fn new() -> Self {
        Self {
            state: State::Mark(0),
            after_cr: false,
            field: FieldName {
                bytes: [0; 5],
                len: 0,
            },
            name: Name {
                bytes: [0; NAME_CAP],
                len: 0,
                too_long: false,
            },
            has_data: false,
            size: 0,
            given_up: 0,
        }
    }

    /// How many events were too long to be read.
    pub fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Reads the next piece.
    pub fn feed(&mut self, piece: &[u8], events: &mut impl Events) {
        let mut at = 0;
        while at < piece.len() {
            match self.state {
                State::Mark(read) => at += self.mark(read, piece[at]),
                State::LineStart => {
                    let joined = self.after_cr && piece[at] == b'\n';
                    self.after_cr = false;
                    match joined {
                        true => at += 1,
                        false => {
                            self.field.len = 0;
                            self.state = State::Field;
                        }
                    }
                }
                State::Field => at += self.field(&piece[at..], events),
                State::Space(field) => {
                    self.state = State::Value(field);
                    at += usize::from(piece[at] == b' ');
                }
                State::Value(field) => at += self.value(field, &piece[at..], events),
            }
        }
    }

    /// The stream ended cleanly: an event whose last line or empty line is missing counts too.
    ///
    /// The standard drops such an event, but clients and providers are less strict, and what a
    /// client was given is what must be counted.
    pub fn finish(&mut self, events: &mut impl Events) {
        match self.state {
            State::Mark(_) | State::LineStart => {}
            State::Field => self.field_ended(false, events),
            State::Space(_) | State::Value(_) => {}
        }
        self.event_ended(events);
        self.state = State::LineStart;
    }

    /// How much of the piece is used up: nothing, if the byte is not the mark's next one.
    fn mark(&mut self, read: usize, byte: u8) -> usize {
        if byte == BYTE_ORDER_MARK[read] {
            self.state = match read {
                2 => State::LineStart,
                _ => State::Mark(read + 1),
            };
            return 1;
        }
        // A part of a mark is the beginning of a field that nobody knows.
        self.state = match read {
            0 => State::LineStart,
            _ => State::Value(Field::Other),
        };
        0
    }

    fn field(&mut self, rest: &[u8], events: &mut impl Events) -> usize {
        let Some(end) = rest
            .iter()
            .position(|byte| matches!(byte, b':' | b'\r' | b'\n'))
        else {
            self.field.push(rest);
            return rest.len();
        };
        self.field.push(&rest[..end]);
        match rest[end] {
            b':' => self.field_ended(true, events),
            line_end => {
                if self.field.len == 0 {
                    self.event_ended(events);
                } else {
                    self.field_ended(false, events);
                }
                self.line_ended(line_end);
            }
        }
        end + 1
    }

    /// The name of a field is complete; without a colon its value is empty.
    fn field_ended(&mut self, colon: bool, events: &mut impl Events) {
        let field = self.field.field();
        match field {
            Field::Data if self.has_data => self.hand_on(b"\n", events),
            Field::Data => self.has_data = true,
            Field::Event => self.name.clear(),
            Field::Other => {}
        }
        if colon {
            self.state = State::Space(field);
        }
    }

    fn value(&mut self, field: Field, rest: &[u8], events: &mut impl Events) -> usize {
        let end = memchr2(b'\r', b'\n', rest);
        let part = &rest[..end.unwrap_or(rest.len())];
        match field {
            Field::Data => self.hand_on(part, events),
            Field::Event => self.name.push(part),
            Field::Other => {}
        }
        match end {
            Some(end) => {
                self.line_ended(rest[end]);
                end + 1
            }
            None => rest.len(),
        }
    }

    fn hand_on(&mut self, part: &[u8], events: &mut impl Events) {
        if self.size > EVENT_CAP || part.is_empty() {
            return;
        }
        self.size += part.len();
        if self.size > EVENT_CAP {
            self.given_up += 1;
            events.given_up();
        } else {
            events.data(part);
        }
    }

    fn line_ended(&mut self, with: u8) {
        self.after_cr = with == b'\r';
        self.state = State::LineStart;
    }

    fn event_ended(&mut self, events: &mut impl Events) {
        if self.has_data && self.size <= EVENT_CAP {
            events.event(self.name.text());
        }
        self.name.clear();
        self.has_data = false;
        self.size = 0;
    }
}

// === impl FieldName ===

impl FieldName {
    fn push(&mut self, part: &[u8]) {
        for byte in part {
            if self.len < self.bytes.len() {
                self.bytes[self.len] = *byte;
            }
            // Counted on, so that a longer name is none of the known ones.
            self.len = self.len.saturating_add(1);
        }
    }

    fn field(&self) -> Field {
        match (self.len, &self.bytes) {
            (4, [b'd', b'a', b't', b'a', _]) => Field::Data,
            (5, b"event") => Field::Event,
            _ => Field::Other,
        }
    }
}

// === impl Name ===

impl Name {
    fn clear(&mut self) {
        self.len = 0;
        self.too_long = false;
    }

    fn push(&mut self, part: &[u8]) {
        match self.bytes.get_mut(self.len..self.len + part.len()) {
            Some(room) => {
                room.copy_from_slice(part);
                self.len += part.len();
            }
            None => self.too_long = true,
        }
    }

    /// A name that is too long is none that anybody asks for.
    fn text(&self) -> &[u8] {
        match self.too_long {
            true => b"",
            false => &self.bytes[..self.len],
        }
    }
}

#[cfg(test)]
mod tests;
