//! Custom providers: what an account says of a provider of its own, and what its models cost there.
//!
//! Whether a base URL may be dialled is left to `aig-policy`, where a request goes to `aig-proxy`,
//! the sealing of headers to `aig-store`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{AccountId, Change, Secret, Table, Timestamp};

/// Names a custom provider; a new one of an old slug has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomProviderId(pub Uuid);

/// Names a price of a custom provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CustomCostId(pub Uuid);

/// A custom provider as it may be shown: everything but the values of its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomProvider {
    /// Names it.
    pub id: CustomProviderId,
    /// The account it belongs to; all of its gateways can use it.
    pub account: AccountId,
    /// What its owner says.
    pub settings: CustomSettings,
    /// The headers that every request to it gets.
    pub header_names: Vec<String>,
    /// Counts its changes, from 1.
    pub version: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// What the owner of a custom provider says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomSettings {
    /// For display.
    pub name: String,
    /// Without the prefix under which it is called.
    pub slug: String,
    /// Where requests go.
    pub base_url: String,
    /// A mark for people.
    pub beta: bool,
    /// Whether requests are sent there.
    pub enable: bool,
    /// For display.
    pub description: Option<String>,
    /// For display.
    pub link: Option<String>,
    /// For display.
    pub curl_example: Option<String>,
    /// For display.
    pub js_example: Option<String>,
    /// Where it stands in lists.
    pub position: Option<u32>,
}

/// A custom provider to be made.
#[derive(Clone, Debug, Default)]
pub struct NewCustomProvider {
    /// What its owner says.
    pub settings: CustomSettings,
    /// What every request to it gets.
    pub headers: ExtraHeaders,
}

/// What is to be different about a custom provider.
#[derive(Clone, Debug, Default)]
pub struct CustomProviderChange {
    /// See [`CustomSettings`], as all up to `position`.
    pub name: Option<String>,
    /// Another one detaches the stored keys.
    pub slug: Option<String>,
    /// Another one detaches the stored keys, and the headers that are not sent with it.
    pub base_url: Option<String>,
    /// A mark for people.
    pub beta: Option<bool>,
    /// Whether requests are sent there.
    pub enable: Option<bool>,
    /// For display.
    pub description: Change<String>,
    /// For display.
    pub link: Change<String>,
    /// For display.
    pub curl_example: Change<String>,
    /// For display.
    pub js_example: Change<String>,
    /// Where it stands in lists.
    pub position: Change<u32>,
    /// All of them anew.
    pub headers: Change<ExtraHeaders>,
}

/// What a change took away, because it was meant for another host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detached {
    /// How many stored keys, of all gateways together.
    pub keys: usize,
    /// Whether there were headers.
    pub headers: bool,
}

/// Headers that every request to a provider gets. Their values may be credentials.
#[derive(Clone, Debug, Default)]
pub struct ExtraHeaders(Vec<(String, Secret<String>)>);

/// Which custom providers a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomFilter {
    /// Those with that mark, or without.
    pub beta: Option<bool>,
    /// Those that are enabled, or are not.
    pub enable: Option<bool>,
    /// Those with that text in id, name or slug, letter case of ASCII aside.
    pub search: Option<String>,
}

/// A price of a custom provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomCost {
    /// Names it.
    pub id: CustomCostId,
    /// The account it belongs to.
    pub account: AccountId,
    /// The provider whose models it is about.
    pub provider: CustomProviderId,
    /// What the owner says.
    pub terms: CostTerms,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// What the owner of a custom provider says of a price. Amounts are decimal numbers as JSON has
/// them, so that nothing is lost before somebody calculates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostTerms {
    /// A name of a model, or what `rule` compares with it.
    pub model: String,
    /// How they are compared.
    pub rule: ModelRule,
    /// US dollars for a token of the prompt, where `token_pricing` does not say.
    pub cost_in: Option<String>,
    /// US dollars for a token of the answer, where `token_pricing` does not say.
    pub cost_out: Option<String>,
    /// US dollars for a million tokens, by the kind's name in the contract.
    pub token_pricing: BTreeMap<String, String>,
    /// Whether it applies.
    pub enable: bool,
    /// Of two that match equally well, the heavier one applies.
    pub weight: i32,
}

/// Which prices a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostFilter {
    /// Those that apply, or do not.
    pub enable: Option<bool>,
    /// Those of one provider.
    pub provider: Option<CustomProviderId>,
    /// Those with that rule.
    pub rule: Option<ModelRule>,
    /// Those with that text in id or model, letter case of ASCII aside.
    pub search: Option<String>,
}

/// How a name in a price is compared with that of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModelRule {
    /// They are the same.
    #[default]
    Equals,
    /// The model's begins with it.
    StartsWith,
    /// It occurs in the model's.
    Contains,
}

/// A custom provider as a request finds it.
#[derive(Clone, Debug)]
pub struct CustomEntry {
    /// The provider.
    pub provider: CustomProvider,
    /// What every request to it gets; `None` when the record cannot be opened.
    pub headers: Option<ExtraHeaders>,
    /// The prices that apply.
    pub costs: Vec<CustomCost>,
}

/// The custom providers of one account.
#[derive(Clone, Debug, Default)]
pub struct CustomProviders(HashMap<String, CustomEntry>);

/// What stands in front of a custom provider's slug wherever a provider is named.
pub const CUSTOM_PREFIX: &str = "custom-";

// === impl CustomSettings ===

impl CustomSettings {
    /// The name by which requests, stored keys and log rows call it.
    pub fn provider(&self) -> String {
        format!("{CUSTOM_PREFIX}{}", self.slug)
    }
}

// === impl CustomProviderChange ===

impl CustomProviderChange {
    /// The settings with what is different about them.
    pub fn over(&self, current: CustomSettings) -> CustomSettings {
        CustomSettings {
            name: self.name.clone().unwrap_or(current.name),
            slug: self.slug.clone().unwrap_or(current.slug),
            base_url: self.base_url.clone().unwrap_or(current.base_url),
            beta: self.beta.unwrap_or(current.beta),
            enable: self.enable.unwrap_or(current.enable),
            description: self.description.clone().over(current.description),
            link: self.link.clone().over(current.link),
            curl_example: self.curl_example.clone().over(current.curl_example),
            js_example: self.js_example.clone().over(current.js_example),
            position: self.position.over(current.position),
        }
    }
}

// === impl ExtraHeaders ===

impl ExtraHeaders {
    /// Headers by name.
    pub fn new(headers: impl IntoIterator<Item = (String, Secret<String>)>) -> Self {
        Self(headers.into_iter().collect())
    }

    /// Reads what [`ExtraHeaders::to_json`] wrote.
    pub fn from_json(text: &str) -> Option<Self> {
        let members: Map<String, Value> = serde_json::from_str(text).ok()?;
        let header = |(name, value)| match value {
            Value::String(value) => Some((name, Secret::new(value))),
            _ => None,
        };
        members
            .into_iter()
            .map(header)
            .collect::<Option<_>>()
            .map(Self)
    }

    /// One text that holds all of them.
    pub fn to_json(&self) -> Zeroizing<String> {
        let pairs = self.iter().map(|(name, value)| {
            let text = |text: &str| Value::from(text).to_string();
            Zeroizing::new(format!("{}:{}", text(name), text(value.expose())))
        });
        let mut json = Zeroizing::new(String::from("{"));
        for (at, pair) in pairs.enumerate() {
            if at > 0 {
                json.push(',');
            }
            json.push_str(&pair);
        }
        json.push('}');
        json
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret<String>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Their names.
    pub fn names(&self) -> Vec<String> {
        self.iter().map(|(name, _)| name.to_owned()).collect()
    }
}

// === impl ModelRule ===

impl ModelRule {
    /// The rule of that word in the contract.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "equals" => Some(Self::Equals),
            "starts-with" => Some(Self::StartsWith),
            "contains" => Some(Self::Contains),
            _ => None,
        }
    }

    /// Its word in the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::StartsWith => "starts-with",
            Self::Contains => "contains",
        }
    }

    /// Whether a model is meant by that pattern.
    pub fn matches(self, pattern: &str, model: &str) -> bool {
        match self {
            Self::Equals => model == pattern,
            Self::StartsWith => model.starts_with(pattern),
            Self::Contains => model.contains(pattern),
        }
    }
}

// === impl CustomProviders ===

impl CustomProviders {
    /// The provider that is called so, prefix included.
    pub fn get(&self, provider: &str) -> Option<&CustomEntry> {
        self.0.get(provider.strip_prefix(CUSTOM_PREFIX)?)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &CustomEntry> {
        self.0.values()
    }

    /// By account, as a snapshot keeps them.
    pub(crate) fn by_account(
        entries: impl IntoIterator<Item = CustomEntry>,
    ) -> Table<AccountId, Arc<Self>> {
        let mut accounts: HashMap<AccountId, Self> = HashMap::new();
        for entry in entries {
            let account = accounts.entry(entry.provider.account).or_default();
            let slug = entry.provider.settings.slug.clone();
            account.0.insert(slug, entry);
        }
        let shared = accounts.into_iter();
        shared.map(|(id, all)| (id, Arc::new(all))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_survive_their_text_and_print_no_value() {
        let headers = ExtraHeaders::new([
            ("x-key".to_owned(), Secret::new("a \"b\" \\".to_owned())),
            ("x-team".to_owned(), Secret::new("research".to_owned())),
        ]);
        let read = ExtraHeaders::from_json(&headers.to_json()).unwrap();
        let values: Vec<_> = read.iter().map(|(_, value)| value.expose()).collect();
        assert_eq!(values, ["a \"b\" \\", "research"]);
        assert_eq!(read.names(), ["x-key", "x-team"]);
        assert!(!format!("{read:?}").contains("research"));
        assert_eq!(*ExtraHeaders::default().to_json(), "{}");
        assert!(ExtraHeaders::from_json(r#"{"a":1}"#).is_none());
    }

    #[test]
    fn a_change_keeps_what_it_does_not_say_and_clears_what_it_nulls() {
        let current = CustomSettings {
            name: "Acme".into(),
            slug: "acme".into(),
            description: Some("old".into()),
            link: Some("l".into()),
            position: Some(3),
            ..CustomSettings::default()
        };
        let change = CustomProviderChange {
            enable: Some(true),
            description: Change::Clear,
            position: Change::Set(1),
            ..CustomProviderChange::default()
        };
        let changed = change.over(current.clone());
        let expected = CustomSettings {
            enable: true,
            description: None,
            position: Some(1),
            ..current
        };
        assert_eq!(changed, expected);
        assert_eq!(changed.provider(), "custom-acme");
    }
}
