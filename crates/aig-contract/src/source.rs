//! Where in the text a node of the document stands. A position-aware parse runs
//! beside the real one and yields nothing but lines; values come from
//! [`crate::document`] alone. Overlays are followed: a node that an action added
//! or changed belongs to the overlay's file.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, Span};

use crate::pointer;
use crate::problem::{Limit, Problem};

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file, as it was named to the generator.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

/// The places of all nodes of a document.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    root: Option<Place>,
}

/// The place of one node, and of those below it.
#[derive(Clone, Debug)]
pub struct Place {
    at: Location,
    below: Below,
}

#[derive(Clone, Debug)]
enum Below {
    Nothing,
    Members(BTreeMap<String, Place>),
    Items(Vec<Place>),
}

impl Sources {
    /// Reads the places of a YAML or JSON text.
    ///
    /// # Errors
    /// When the text is not YAML.
    pub fn read(file: &str, text: &str) -> Result<Self, Problem> {
        let file: Arc<str> = Arc::from(file);
        let mut reader = Reader {
            file: file.clone(),
            events: Parser::new_from_str(text),
            anchors: HashMap::new(),
        };
        let root = reader.document().map_err(|(line, message)| Problem {
            limit: Limit::Document,
            pointer: String::new(),
            location: Some(Location { file, line }),
            message: format!("this is not YAML: {message}"),
        })?;
        Ok(Self { root })
    }

    /// The place of the node at a JSON pointer, or of the nearest node above it.
    #[must_use]
    pub fn locate(&self, pointer: &str) -> Option<Location> {
        let mut place = self.root.as_ref()?;
        for key in pointer::keys(pointer) {
            match place.child(&key) {
                Some(child) => place = child,
                None => break,
            }
        }
        Some(place.at.clone())
    }

    /// The place of exactly this node.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Option<&Place> {
        pointer::keys(pointer).try_fold(self.root.as_ref()?, |place, key| place.child(&key))
    }

    /// Follows an overlay's `update` of the node at `target`: objects are merged,
    /// and what is laid over an array becomes its last item.
    pub(crate) fn update(&mut self, target: &str, laid_over: &Place) {
        let Some(place) = self.place_mut(target) else {
            return;
        };
        match &mut place.below {
            Below::Items(items) => items.push(laid_over.clone()),
            _ => place.merge(laid_over),
        }
    }

    /// Follows an overlay's `remove` of the node at `target`.
    pub(crate) fn remove(&mut self, target: &str) {
        let Some((parent, key)) = target.rsplit_once('/') else {
            return;
        };
        let key = pointer::unescape(key);
        match self.place_mut(parent).map(|place| &mut place.below) {
            Some(Below::Members(members)) => {
                members.remove(&key);
            }
            Some(Below::Items(items)) => {
                if let Ok(index) = key.parse::<usize>()
                    && index < items.len()
                {
                    items.remove(index);
                }
            }
            Some(Below::Nothing) | None => {}
        }
    }

    fn place_mut(&mut self, pointer: &str) -> Option<&mut Place> {
        pointer::keys(pointer).try_fold(self.root.as_mut()?, |place, key| place.child_mut(&key))
    }
}

impl Place {
    fn child(&self, key: &str) -> Option<&Self> {
        match &self.below {
            Below::Nothing => None,
            Below::Members(members) => members.get(key),
            Below::Items(items) => items.get(key.parse::<usize>().ok()?),
        }
    }

    fn child_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.below {
            Below::Nothing => None,
            Below::Members(members) => members.get_mut(key),
            Below::Items(items) => items.get_mut(key.parse::<usize>().ok()?),
        }
    }

    /// The same cases as the merging rules of OpenAPI Overlay 1.0, section 4.4.3.1.
    fn merge(&mut self, update: &Self) {
        match (&mut self.below, &update.below) {
            (Below::Members(mine), Below::Members(theirs)) => {
                for (key, place) in theirs {
                    match mine.get_mut(key) {
                        Some(known) => known.merge(place),
                        None => {
                            mine.insert(key.clone(), place.clone());
                        }
                    }
                }
            }
            (Below::Items(mine), Below::Items(theirs)) => mine.extend(theirs.iter().cloned()),
            _ => *self = update.clone(),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Turns parser events into places.
struct Reader<'text> {
    file: Arc<str>,
    events: Parser<'text, saphyr_parser::StrInput<'text>>,
    anchors: HashMap<usize, Place>,
}

type Fault = (usize, String);

impl<'text> Reader<'text> {
    fn document(&mut self) -> Result<Option<Place>, Fault> {
        loop {
            match self.next()? {
                Some((Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _)) => {}
                Some((Event::StreamEnd | Event::DocumentEnd, _)) | None => return Ok(None),
                Some((event, span)) => {
                    let line = span.start.line();
                    return self.node(event, &span, line).map(Some);
                }
            }
        }
    }

    fn next(&mut self) -> Result<Option<(Event<'text>, Span)>, Fault> {
        self.events
            .next_event()
            .transpose()
            .map_err(|error| (error.marker().line(), error.info().to_owned()))
    }

    fn inside(&mut self) -> Result<(Event<'text>, Span), Fault> {
        self.next()?
            .ok_or_else(|| (1, "the text ends in the middle".to_owned()))
    }

    /// `line` is where the node is said to stand: for the member of a mapping that is its key.
    fn node(&mut self, event: Event<'text>, span: &Span, line: usize) -> Result<Place, Fault> {
        let at = Location {
            file: self.file.clone(),
            line,
        };
        let (anchor, below) = match event {
            Event::Alias(anchor) => {
                let below = self
                    .anchors
                    .get(&anchor)
                    .map_or(Below::Nothing, |place| place.below.clone());
                (0, below)
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.inside()?;
                    if matches!(event, Event::SequenceEnd) {
                        break;
                    }
                    let line = span.start.line();
                    items.push(self.node(event, &span, line)?);
                }
                (anchor, Below::Items(items))
            }
            Event::MappingStart(anchor, _) => {
                let mut members = BTreeMap::new();
                loop {
                    let (key, key_span) = self.inside()?;
                    let name = match key {
                        Event::MappingEnd => break,
                        Event::Scalar(text, ..) => text.into_owned(),
                        _ => {
                            return Err((
                                key_span.start.line(),
                                "a key is not a plain text".to_owned(),
                            ));
                        }
                    };
                    let (event, span) = self.inside()?;
                    let place = self.node(event, &span, key_span.start.line())?;
                    members.insert(name, place);
                }
                (anchor, Below::Members(members))
            }
            Event::Scalar(_, _, anchor, _) => (anchor, Below::Nothing),
            _ => return Err((span.start.line(), "unexpected end of a block".to_owned())),
        };
        let place = Place { at, below };
        if anchor > 0 {
            self.anchors.insert(anchor, place.clone());
        }
        Ok(place)
    }
}

#[cfg(test)]
mod tests;
