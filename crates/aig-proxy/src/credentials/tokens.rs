//! Access tokens that stored keys were changed for, until shortly before their end.
//!
//! One request at a time asks for a token; those that have none meanwhile wait for what comes of it,
//! good or bad, and those that still have one go with that. A key that was replaced or deleted has no
//! token any more, because tokens are kept under its id and version. Knows no clock and opens no
//! connection: both come as arguments.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aig_model::Secret;

use super::google::{Granted, NoToken};

/// The tokens of all stored keys.
#[derive(Debug, Default)]
pub(crate) struct AccessTokens(Mutex<HashMap<(String, u32), Arc<Slot>>>);

/// The token of one key.
#[derive(Debug, Default)]
struct Slot {
    held: Mutex<Option<Held>>,
    /// Whoever has this asks for a token; in it, how that failed the last time.
    flight: tokio::sync::Mutex<Option<Failed>>,
}

#[derive(Clone, Debug)]
struct Held {
    token: Arc<Secret<String>>,
    /// From then on the next one is asked for.
    renew: Instant,
    end: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Failed {
    at: Instant,
    why: NoToken,
}

/// So long before its end a token is renewed; of short-lived ones a tenth of their life.
const MARGIN: Duration = Duration::from_secs(300);
/// So long a token that is still good is used before its renewal, which failed, is tried again.
const PAUSE: Duration = Duration::from_secs(10);
/// At so many keys those are forgotten whose tokens are over.
const SWEEP_FROM: usize = 256;

// === impl AccessTokens ===

impl AccessTokens {
    /// The token of a key, as it is kept or as `mint` gets it.
    pub(crate) async fn get<F>(
        &self,
        (id, version): (&str, u32),
        clock: impl Fn() -> Instant,
        mint: impl FnOnce() -> F,
    ) -> Result<Arc<Secret<String>>, NoToken>
    where
        F: Future<Output = Result<Granted, NoToken>>,
    {
        let asked = clock();
        let slot = self.slot((id.to_owned(), version), asked);
        let held = slot.held();
        if let Some(held) = held.as_ref().filter(|held| asked < held.renew) {
            return Ok(Arc::clone(&held.token));
        }
        let good = held.filter(|held| asked < held.end).map(|held| held.token);
        let mut flight = match &good {
            None => slot.flight.lock().await,
            Some(token) => match slot.flight.try_lock() {
                Ok(flight) => flight,
                Err(_) => return Ok(Arc::clone(token)),
            },
        };
        // It may have come while this request waited.
        let now = clock();
        if let Some(held) = slot.held().filter(|held| now < held.renew) {
            return Ok(held.token);
        }
        if let Some(failed) = *flight {
            match good {
                None if failed.at >= asked => return Err(failed.why),
                Some(token) if now < failed.at + PAUSE => return Ok(token),
                _ => {}
            }
        }
        match mint().await {
            Ok(granted) => {
                *flight = None;
                let lifetime = granted.lifetime;
                *slot.lock() = Some(Held {
                    token: Arc::clone(&granted.token),
                    renew: now + lifetime - MARGIN.min(lifetime / 10),
                    end: now + lifetime,
                });
                Ok(granted.token)
            }
            Err(why) => {
                tracing::warn!(config = id, %why, "a service account got no access token");
                *flight = Some(Failed { at: clock(), why });
                good.ok_or(why)
            }
        }
    }

    fn slot(&self, key: (String, u32), now: Instant) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= SWEEP_FROM && !slots.contains_key(&key) {
            slots.retain(|_, slot| {
                let in_use = Arc::strong_count(slot) > 1;
                in_use || slot.held().is_some_and(|held| now < held.end)
            });
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

// === impl Slot ===

impl Slot {
    fn held(&self) -> Option<Held> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
