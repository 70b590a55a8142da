//! A row of the table: one model and what each unit of it costs. How the row of a model is found
//! is left to `names`, what a usage costs by it to `bill`.

use std::borrow::Cow;

use aig_model::Money;

/// What a price is the price of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// A token of the prompt.
    Input,
    /// A token of the answer.
    Output,
    /// A token of the prompt that was read from the provider's cache.
    CacheRead,
    /// A token of the prompt that was written to the provider's cache.
    CacheWrite,
    /// The same, to be kept for an hour.
    CacheWrite1h,
    /// A token of the answer that the model kept to itself.
    Reasoning,
    /// A token of sound in the prompt.
    AudioInput,
    /// A token of sound in the answer.
    AudioOutput,
    /// A token of pictures in the answer.
    ImageOutput,
    /// A picture in the answer.
    PerOutputImage,
    /// A second of sound or film in the request.
    PerInputSecond,
    /// A second of sound or film in the answer.
    PerOutputSecond,
    /// A character of the request.
    PerInputCharacter,
    /// A character of the answer.
    PerOutputCharacter,
    /// A query of a search or a ranking.
    PerInputQuery,
    /// A page of a document.
    PerInputPage,
}

/// A model and its prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub(super) provider: Cow<'static, str>,
    pub(super) model: Cow<'static, str>,
    pub(super) mode: Option<Cow<'static, str>>,
    pub(super) prices: Vec<(Unit, Money)>,
    pub(super) tiers: Vec<Tier>,
    pub(super) free: bool,
    pub(super) max_input: Option<u64>,
    pub(super) max_output: Option<u64>,
}

/// Prices that replace those of the row when a prompt is long; of all its tokens, not only of
/// those beyond the mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// They apply to more input tokens than this.
    pub above: u64,
    /// One token each; units that are not here keep the price of the row.
    pub prices: Vec<(Unit, Money)>,
}

// === impl Unit ===

impl Unit {
    /// All of them; those of tokens come first.
    pub const ALL: [Self; 16] = [
        Self::Input,
        Self::Output,
        Self::CacheRead,
        Self::CacheWrite,
        Self::CacheWrite1h,
        Self::Reasoning,
        Self::AudioInput,
        Self::AudioOutput,
        Self::ImageOutput,
        Self::PerOutputImage,
        Self::PerInputSecond,
        Self::PerOutputSecond,
        Self::PerInputCharacter,
        Self::PerOutputCharacter,
        Self::PerInputQuery,
        Self::PerInputPage,
    ];

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::CacheRead => "cache_read",
            Self::CacheWrite => "cache_write",
            Self::CacheWrite1h => "cache_write_1h",
            Self::Reasoning => "reasoning",
            Self::AudioInput => "audio_input",
            Self::AudioOutput => "audio_output",
            Self::ImageOutput => "image_output",
            Self::PerOutputImage => "per_output_image",
            Self::PerInputSecond => "per_input_second",
            Self::PerOutputSecond => "per_output_second",
            Self::PerInputCharacter => "per_input_character",
            Self::PerOutputCharacter => "per_output_character",
            Self::PerInputQuery => "per_input_query",
            Self::PerInputPage => "per_input_page",
        }
    }

    /// Whether it is a token, whose price is quoted for a million of them.
    pub const fn is_token(self) -> bool {
        matches!(
            self,
            Self::Input
                | Self::Output
                | Self::CacheRead
                | Self::CacheWrite
                | Self::CacheWrite1h
                | Self::Reasoning
                | Self::AudioInput
                | Self::AudioOutput
                | Self::ImageOutput
        )
    }

    /// The units whose price applies, from the nearest: a special token without a price of its own
    /// costs like a common one, and a model that has only a special one has no other tokens.
    const fn priced_like(self) -> &'static [Self] {
        match self {
            Self::Input => &[Self::Input, Self::AudioInput],
            Self::Output => &[Self::Output, Self::ImageOutput, Self::AudioOutput],
            Self::CacheRead => &[Self::CacheRead, Self::Input, Self::AudioInput],
            Self::CacheWrite => &[Self::CacheWrite, Self::Input, Self::AudioInput],
            Self::CacheWrite1h => &[Self::CacheWrite1h, Self::CacheWrite, Self::Input],
            Self::Reasoning => &[Self::Reasoning, Self::Output],
            Self::AudioInput => &[Self::AudioInput, Self::Input],
            Self::AudioOutput => &[Self::AudioOutput, Self::Output],
            Self::ImageOutput => &[Self::ImageOutput, Self::Output],
            Self::PerOutputImage => &[Self::PerOutputImage],
            Self::PerInputSecond => &[Self::PerInputSecond],
            Self::PerOutputSecond => &[Self::PerOutputSecond],
            Self::PerInputCharacter => &[Self::PerInputCharacter],
            Self::PerOutputCharacter => &[Self::PerOutputCharacter],
            Self::PerInputQuery => &[Self::PerInputQuery],
            Self::PerInputPage => &[Self::PerInputPage],
        }
    }
}

// === impl Row ===

impl Row {
    /// The highest price of one unit that is taken for a price.
    pub const MAX_PRICE: Money = Money::from_pico(1_000_000 * Money::PICO_PER_DOLLAR);

    /// A row that says what one unit each costs, for prices that stand elsewhere than in a table.
    pub fn new(
        provider: impl Into<String>,
        model: impl Into<String>,
        prices: impl IntoIterator<Item = (Unit, Money)>,
    ) -> Self {
        Self {
            provider: Cow::Owned(provider.into()),
            model: Cow::Owned(model.into()),
            mode: None,
            prices: prices.into_iter().collect(),
            tiers: Vec::new(),
            free: false,
            max_input: None,
            max_output: None,
        }
    }

    /// The provider's slug.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The model's name at the provider.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What the model is for (`chat`, `embedding`, `image_generation`, …), where the table says so.
    pub fn mode(&self) -> Option<&str> {
        self.mode.as_deref()
    }

    /// What one unit each costs.
    pub fn prices(&self) -> &[(Unit, Money)] {
        &self.prices
    }

    /// The prices of long prompts.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// The most tokens of a prompt.
    pub const fn max_input(&self) -> Option<u64> {
        self.max_input
    }

    /// The most tokens of an answer.
    pub const fn max_output(&self) -> Option<u64> {
        self.max_output
    }

    /// Whether the row says that the model costs nothing.
    pub const fn is_free(&self) -> bool {
        self.free
    }

    /// Whether the row has prices, and not just zeros that nobody meant.
    pub fn is_priced(&self) -> bool {
        self.free || self.prices.iter().any(|(_, price)| *price > Money::ZERO)
    }

    pub(super) fn key(&self) -> (&str, &str) {
        (&self.provider, &self.model)
    }

    pub(super) fn counts_tokens(&self) -> bool {
        self.prices.iter().any(|(unit, _)| unit.is_token())
    }

    /// What one `unit` costs in a request with so many input tokens.
    pub fn price(&self, unit: Unit, input: u64) -> Option<Money> {
        let tier = self
            .tiers
            .iter()
            .filter(|tier| input > tier.above)
            .max_by_key(|tier| tier.above);
        let long = tier.map_or(&[][..], |tier| &tier.prices);
        unit.priced_like()
            .iter()
            .find_map(|like| price_in(long, *like).or_else(|| price_in(&self.prices, *like)))
    }
}

fn price_in(prices: &[(Unit, Money)], unit: Unit) -> Option<Money> {
    prices
        .iter()
        .find_map(|(priced, price)| (*priced == unit).then_some(*price))
}
