//! The account's own providers, made ready for requests: where they are, what every request to them
//! gets, what their models cost.
//!
//! What the snapshot says of them is made ready once for each change of the configuration, when the
//! first request asks for one. Requests to other providers never come here. What may be dialled is
//! left to `egress`, as for everybody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aig_model::{
    AccountId, CUSTOM_PREFIX, CustomEntry, CustomProviderId, CustomProviders, ExtraHeaders, Secret,
    Snapshot,
};
use aig_policy::price::{OwnPrice, OwnPrices};
use aig_provider::Provider;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use tower::retry::budget::TpsBudget;

use crate::drive;
use crate::mask::Key;

/// A provider that a request can go to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) provider: Arc<Provider>,
    /// What is special about it, if an account made it.
    pub(crate) custom: Option<Arc<Custom>>,
}

/// What is special about a provider that an account made.
#[derive(Debug)]
pub(crate) struct Custom {
    /// What every request to it gets.
    headers: HeaderMap,
    pub(crate) prices: OwnPrices,
    pub(crate) budget: Arc<TpsBudget>,
}

/// Why a provider that an account made is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// Its owner has not enabled it.
    #[error("{0} is not enabled; set enable of the custom provider to true")]
    Disabled(String),
    /// What it is made of cannot be read.
    #[error("{0} cannot be used; set its headers and base_url again, the gateway's log tells more")]
    Broken(String),
}

/// The providers of all accounts, as far as somebody asked for one.
#[derive(Default)]
pub(crate) struct Customs(Mutex<HashMap<AccountId, Held>>);

/// The providers of the account that a request is for.
#[derive(Clone, Copy)]
pub(crate) struct CustomsOf<'a> {
    all: &'a Customs,
    snapshot: &'a Snapshot,
    made_of: Option<&'a Arc<CustomProviders>>,
    account: AccountId,
}

struct Held {
    made_of: Arc<CustomProviders>,
    ready: Arc<Ready>,
}

/// Those of one account, by the names under which they are called.
type Ready = HashMap<String, Result<Target, Unusable>>;

// === impl Target ===

impl Target {
    /// A provider of the house.
    pub(crate) fn of(provider: &Arc<Provider>) -> Self {
        Self {
            provider: Arc::clone(provider),
            custom: None,
        }
    }
}

// === impl Customs ===

impl Customs {
    /// Those of one account, as a snapshot has them.
    pub(crate) fn of<'a>(&'a self, snapshot: &'a Snapshot, account: AccountId) -> CustomsOf<'a> {
        CustomsOf {
            all: self,
            snapshot,
            made_of: snapshot.custom_providers(account),
            account,
        }
    }

    fn ready(
        &self,
        snapshot: &Snapshot,
        account: AccountId,
        made_of: &Arc<CustomProviders>,
    ) -> Arc<Ready> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let former = held.get(&account);
        if let Some(known) = former
            && Arc::ptr_eq(&known.made_of, made_of)
        {
            return Arc::clone(&known.ready);
        }
        let budgets = former.map(budgets).unwrap_or_default();
        let ready = made_of.iter().map(|entry| {
            let name = entry.provider.settings.provider();
            (name.clone(), made_ready(entry, name, &budgets))
        });
        let ready = Arc::new(ready.collect::<Ready>());
        let now = Held {
            made_of: Arc::clone(made_of),
            ready: Arc::clone(&ready),
        };
        held.retain(|account, _| snapshot.custom_providers(*account).is_some());
        held.insert(account, now);
        ready
    }
}

// === impl CustomsOf ===

impl CustomsOf<'_> {
    /// The provider that is called so; `None` when the account has none.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Target>, Unusable> {
        let Some(made_of) = self.made_of.filter(|_| name.starts_with(CUSTOM_PREFIX)) else {
            return Ok(None);
        };
        let ready = (self.all).ready(self.snapshot, self.account, made_of);
        ready.get(name).cloned().transpose()
    }

    /// The provider that stands in front of a model, and what it calls the model.
    pub(crate) fn of_model<'m>(
        &self,
        model: &'m str,
    ) -> Result<Option<(Target, &'m str)>, Unusable> {
        let Some((name, rest)) = model.split_once('/').filter(|(_, rest)| !rest.is_empty()) else {
            return Ok(None);
        };
        Ok(self.get(name)?.map(|target| (target, rest)))
    }

    /// The models that have a price of their own, with the names of their providers.
    pub(crate) fn models(&self) -> Vec<(String, String)> {
        let Some(made_of) = self.made_of else {
            return vec![];
        };
        let ready = (self.all).ready(self.snapshot, self.account, made_of);
        let usable = ready.iter().filter_map(|(name, target)| {
            let custom = target.as_ref().ok()?.custom.as_ref()?;
            Some(
                custom
                    .prices
                    .models()
                    .map(|model| (name.clone(), model.to_owned())),
            )
        });
        let mut models: Vec<_> = usable.flatten().collect();
        models.sort();
        models
    }
}

/// What was counted of retries, which no change of the configuration makes undone.
fn budgets(former: &Held) -> HashMap<CustomProviderId, Arc<TpsBudget>> {
    let known = former.made_of.iter().filter_map(|entry| {
        let name = entry.provider.settings.provider();
        let target = former.ready.get(&name)?.as_ref().ok()?;
        Some((
            entry.provider.id,
            Arc::clone(&target.custom.as_ref()?.budget),
        ))
    });
    known.collect()
}

fn made_ready(
    entry: &CustomEntry,
    name: String,
    budgets: &HashMap<CustomProviderId, Arc<TpsBudget>>,
) -> Result<Target, Unusable> {
    let settings = &entry.provider.settings;
    if !settings.enable {
        return Err(Unusable::Disabled(name));
    }
    let provider = Provider::custom(&name, &settings.base_url).map_err(|error| {
        tracing::error!(account = %entry.provider.account, %error, "a custom provider is unusable");
        Unusable::Broken(name.clone())
    })?;
    let headers = entry.headers.as_ref().and_then(as_map);
    let headers = headers.ok_or_else(|| Unusable::Broken(name.clone()))?;
    // Terms that nothing can be priced by were refused when they were said.
    let prices = entry
        .costs
        .iter()
        .filter_map(|cost| OwnPrice::of(&cost.terms).ok());
    let budget = budgets.get(&entry.provider.id).cloned();
    let custom = Custom {
        headers,
        prices: OwnPrices::new(prices),
        budget: budget.unwrap_or_else(|| Arc::new(drive::fresh_budget())),
    };
    Ok(Target {
        provider: Arc::new(provider),
        custom: Some(Arc::new(custom)),
    })
}

fn as_map(headers: &ExtraHeaders) -> Option<HeaderMap> {
    let header = |(name, value): (&str, &Secret<String>)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let mut value = HeaderValue::from_str(value.expose()).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    };
    headers.iter().map(header).collect()
}

// === impl Custom ===

impl Custom {
    /// Whether its headers hold a key for it.
    pub(crate) fn has_key(&self, provider: &Provider) -> bool {
        let mut names = provider.credential_headers().iter();
        names.any(|name| self.headers.contains_key(name))
    }

    /// Puts its headers over those of a request. Where a key may stand they give way to one that is
    /// there already (`keyed`), and nobody gets one through a gateway that anybody may use
    /// (`open`).
    pub(crate) fn put(&self, sent: &mut HeaderMap, provider: &Provider, keyed: bool, open: bool) {
        for (name, value) in &self.headers {
            let is_key = provider.credential_headers().contains(name);
            if !(is_key && (keyed || open)) {
                sent.insert(name.clone(), value.clone());
            }
        }
    }

    /// What it sends of its own, without the words in front of a key.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &[u8]> {
        self.headers.values().map(bare)
    }

    /// The key among its headers, to be taken out of answers.
    pub(crate) fn key(&self, provider: &Provider) -> Option<Key> {
        let mut names = provider.credential_headers().iter();
        let value = names.find_map(|name| self.headers.get(name))?;
        let text = String::from_utf8(bare(value).to_owned()).ok()?;
        Key::of(&Arc::new(Secret::new(text)))
    }
}

/// A scheme stands in front of a key, or nothing.
fn bare(value: &HeaderValue) -> &[u8] {
    let value = value.as_bytes();
    value.rsplit(|byte| *byte == b' ').next().unwrap_or(value)
}

#[cfg(test)]
mod tests;
