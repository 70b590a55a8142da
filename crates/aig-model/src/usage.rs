//! What a provider counted for one answer, in one convention for all of them.

/// What a provider counted for one answer; `None` where it did not say, which is not the same as 0.
///
/// Providers disagree about what their counts include. Here it is always the same: `tokens_in` is the
/// whole prompt, what came from the provider's cache and what went into it included; `tokens_out` is
/// the whole answer, thoughts included; the other token counts are parts of these two and add nothing
/// to them. A part can be more than what it is a part of only where a provider contradicts itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the whole prompt.
    pub tokens_in: Option<u64>,
    /// Tokens of the whole answer.
    pub tokens_out: Option<u64>,
    /// Of `tokens_in`, those that were read from the provider's cache.
    pub cache_read_tokens: Option<u64>,
    /// Of `tokens_in`, those that were written to the provider's cache.
    pub cache_write_tokens: Option<u64>,
    /// Of `cache_write_tokens`, those that are kept for an hour; the others are kept for less.
    pub cache_write_1h_tokens: Option<u64>,
    /// Of `tokens_out`, those of thoughts.
    pub reasoning_tokens: Option<u64>,
    /// Of `tokens_in`, those of sound.
    pub audio_in_tokens: Option<u64>,
    /// Of `tokens_out`, those of sound.
    pub audio_out_tokens: Option<u64>,
    /// Of `tokens_in`, those of images.
    pub image_in_tokens: Option<u64>,
    /// Of `tokens_out`, those of images.
    pub image_out_tokens: Option<u64>,
    /// Images that were read or made.
    pub images: Option<u64>,
    /// Characters that were read aloud or read.
    pub characters: Option<u64>,
    /// Sound that was listened to, in milliseconds.
    pub audio_ms: Option<u64>,
    /// Time of the machine that ran the model, in milliseconds.
    pub compute_ms: Option<u64>,
    /// Searches that were made for the answer, or sources that were read.
    pub searches: Option<u64>,
    /// What the provider itself says that the answer costs, in pico-dollars (10⁻¹² USD).
    pub stated_cost: Option<u64>,
}

// === impl Usage ===

impl Usage {
    /// The tokens of the prompt that were neither read from the provider's cache nor written to it.
    pub fn fresh_tokens_in(&self) -> Option<u64> {
        let cached = [self.cache_read_tokens, self.cache_write_tokens];
        let cached = cached.into_iter().flatten().fold(0, u64::saturating_add);
        self.tokens_in.map(|all| all.saturating_sub(cached))
    }
}

#[cfg(test)]
mod tests;
