//! Base URLs, of the table and of the configuration: checked, taken apart, and filled in.
//!
//! A base may leave slots open, `https://{resource}.openai.azure.com`, that each request fills from
//! its path. What goes into a host is matched against `[a-z0-9-]{1,63}` and nothing else, so that no
//! request can name a host of its own: a slot is one label, and the rest of the host is the base's.

use std::borrow::Cow;
use std::fmt;

use http::Uri;
use http::uri::{Authority, Scheme};

use crate::tail::{self, BadTail};
use crate::version::{Version, is_version};

/// A base URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Base {
    pub(crate) scheme: Scheme,
    host: Template,
    /// The host, where no slot is in it.
    fixed: Option<Authority>,
    /// Empty, or with a leading and without a trailing slash.
    path: Template,
}

/// Something that a base leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Account,
    Resource,
    Deployment,
    Region,
    Service,
    Model,
    /// A whole host, from a list that the provider's own file checks.
    Host,
}

/// What a request fills the slots with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slots<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) resource: Option<&'a str>,
    pub(crate) deployment: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) service: Option<&'a str>,
    pub(crate) model: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
}

/// Text with slots in it.
#[derive(Clone, PartialEq, Eq)]
struct Template {
    /// As it was written.
    text: String,
    /// The pieces of text around the slots, one more than there are slots.
    around: Vec<String>,
    slots: Vec<Slot>,
}

/// The longest label of a host name.
const LABEL_CAP: usize = 63;

// === impl Base ===

impl Base {
    /// Reads a base URL, which may leave open the slots that are given.
    pub(crate) fn parse(url: &str, slots: &[Slot]) -> Result<Self, &'static str> {
        // A label in place of each slot makes it a URL that can be checked as one.
        let probe = Template::parse(url, slots)?.around.join("slot");
        if probe.contains(['#', '?']) {
            return Err("leave out the query and the fragment");
        }
        let uri: Uri = probe
            .parse()
            .map_err(|_| "write it like https://host.example/v1")?;
        let parts = uri.into_parts();
        let scheme = parts
            .scheme
            .filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme))
            .ok_or("begin it with https:// or http://")?;
        let authority = parts.authority.ok_or("name a host")?;
        if authority.as_str().contains('@') {
            return Err("leave out user and password; a key belongs into a header");
        }
        if authority.host().is_empty() {
            return Err("name a host");
        }
        // `http` reads the port leniently: an empty or oversized one is simply not there.
        let port = authority.as_str().strip_prefix(authority.host());
        if port != Some("") && authority.port_u16().is_none_or(|port| port == 0) {
            return Err("write a port from 1 to 65535, or none");
        }
        let path = parts
            .path_and_query
            .as_ref()
            .map_or("", |path| path.path())
            .trim_end_matches('/');
        tail::check(path.as_bytes()).map_err(|_| "leave dot segments out of its path")?;
        if path.starts_with("//") {
            return Err("leave out the second slash at the beginning of its path");
        }
        let (_, behind) = url.split_once("://").ok_or("name a host")?;
        let (host, path) = behind.split_at(behind.find('/').unwrap_or(behind.len()));
        let host = Template::parse(host, slots)?;
        if host.slots.contains(&Slot::Deployment) {
            return Err("let {deployment} stand in its path, where any name is allowed");
        }
        let fixed = match host.slots.is_empty() {
            true => Authority::try_from(&*host.text).ok(),
            false => None,
        };
        Ok(Self {
            scheme,
            host,
            fixed,
            path: Template::parse(path.trim_end_matches('/'), slots)?,
        })
    }

    /// The rule that follows from the path, if it ends in a version segment.
    pub(crate) fn version(&self) -> Option<Version> {
        let (_, last) = self.path.text.rsplit_once('/')?;
        is_version(last).then(|| Version::InBase(Cow::Owned(last.to_owned())))
    }

    /// The path as it was written, slots included.
    pub(crate) fn path(&self) -> &str {
        &self.path.text
    }

    /// The same without that segment at its end.
    pub(crate) fn without(mut self, segment: &str) -> Self {
        let shorter = (self.path.text.strip_suffix(segment))
            .and_then(|path| path.strip_suffix('/'))
            .map(str::len);
        if let (Some(length), Some(last)) = (shorter, self.path.around.last_mut()) {
            let dropped = self.path.text.len() - length;
            last.truncate(last.len().saturating_sub(dropped));
            self.path.text.truncate(length);
        }
        self
    }

    /// Whether it leaves that slot open.
    pub(crate) fn leaves_open(&self, slot: Slot) -> bool {
        self.host.slots.contains(&slot) || self.path.slots.contains(&slot)
    }

    /// The host that these slots make, with its port; every slot in it must be one label.
    pub(crate) fn authority(&self, slots: &Slots<'_>) -> Result<Authority, BadTail> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.clone());
        }
        let host = self.host.filled(slots)?;
        let refused = self.host.slots.first().map_or("host", |slot| slot.name());
        Authority::try_from(&*host).map_err(|_| BadTail::Slot(refused))
    }

    /// The path that these slots make.
    pub(crate) fn path_for(&self, slots: &Slots<'_>) -> Result<Cow<'_, str>, BadTail> {
        self.path.filled(slots)
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.host.text, self.path.text)
    }
}

// === impl Slot ===

impl Slot {
    /// Its name between the braces, and in refusals.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Resource => "resource",
            Self::Deployment => "deployment",
            Self::Region => "region",
            Self::Service => "service",
            Self::Model => "model",
            Self::Host => "host",
        }
    }

    /// Whether a value can fill it without becoming anything else than it.
    fn takes(self, value: &str) -> bool {
        match self {
            // A segment of the path, which the whole tail's check has been over already.
            Self::Deployment => !value.is_empty() && !value.contains('/'),
            // Chosen from a list, not matched.
            Self::Host => true,
            _ => is_label(value),
        }
    }
}

/// Whether a text can be one label of a host name, by the strictest reading.
pub(crate) fn is_label(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LABEL_CAP).contains(&text.len()) && text.bytes().all(legal)
}

// === impl Slots ===

impl<'a> Slots<'a> {
    fn get(&self, slot: Slot) -> Option<&'a str> {
        match slot {
            Slot::Account => self.account,
            Slot::Resource => self.resource,
            Slot::Deployment => self.deployment,
            Slot::Region => self.region,
            Slot::Service => self.service,
            Slot::Model => self.model,
            Slot::Host => self.host,
        }
    }

    /// The value of that slot, if it is one.
    pub(crate) fn checked(&self, slot: Slot) -> Result<&'a str, BadTail> {
        self.get(slot)
            .filter(|value| slot.takes(value))
            .ok_or(BadTail::Slot(slot.name()))
    }
}

// === impl Template ===

impl Template {
    fn parse(text: &str, known: &[Slot]) -> Result<Self, &'static str> {
        let (mut around, mut slots) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, after) = behind.split_once('}').ok_or(UNKNOWN_SLOT)?;
            let slot = known
                .iter()
                .find(|slot| slot.name() == name)
                .ok_or(UNKNOWN_SLOT)?;
            around.push(before.to_owned());
            slots.push(*slot);
            rest = after;
        }
        if text.matches('}').count() != slots.len() {
            return Err(UNKNOWN_SLOT);
        }
        around.push(rest.to_owned());
        Ok(Self {
            text: text.to_owned(),
            around,
            slots,
        })
    }

    fn filled(&self, slots: &Slots<'_>) -> Result<Cow<'_, str>, BadTail> {
        if self.slots.is_empty() {
            return Ok(Cow::Borrowed(&self.text));
        }
        let mut text = String::with_capacity(self.text.len() + LABEL_CAP);
        for (before, slot) in self.around.iter().zip(&self.slots) {
            text.push_str(before);
            text.push_str(slots.checked(*slot)?);
        }
        text.push_str(self.around.last().map_or("", String::as_str));
        Ok(Cow::Owned(text))
    }
}

const UNKNOWN_SLOT: &str =
    "write as slots only what the paths of this provider fill, such as {account} or {region}";

#[cfg(test)]
mod tests;
