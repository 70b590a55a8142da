//! A row as a list of integers, one per facet; texts are words of the dictionary.
//!
//! Every facet is an optional 64-bit integer, so that writing, packing, filtering and reading know
//! nothing of what a facet means; only this file does.

use std::borrow::Cow;

use aig_model::{
    AccountId, BodyFate, CacheStatus, CostSource, GatewayId, Metadata, Money, Outcome, Record,
    Timestamp, Usage,
};
use uuid::Uuid;

/// The facets of a row. Their order is that of the file: new ones come at the end.
pub(crate) mod facet {
    macro_rules! number {
        ($at:expr;) => { /// How many there are.
            pub(crate) const COUNT: usize = $at; };
        ($at:expr; $name:ident $($rest:ident)*) => {
            pub(crate) const $name: usize = $at;
            number!($at + 1; $($rest)*);
        };
    }
    number!(0; AT ID_HI ID_LO EVENT_HI EVENT_LO EVENT BOOT SEQ PROVIDER MODEL PATH METHOD STATUS
        OUTCOME CACHED CACHE_STATUS CACHE_REASON STEP DURATION FIRST_BYTE TOKENS_IN TOKENS_OUT
        TOKENS COST COST_SOURCE UNPRICED MODEL_TYPE REQUEST_TYPE COMPAT BYOK METADATA USER_AGENT
        REQUEST_TYPE_OF_CONTENT RESPONSE_TYPE_OF_CONTENT REQUEST_SIZE RESPONSE_SIZE AUTH SUCCESS
        REQUEST_BODY RESPONSE_BODY FEEDBACK SCORE BODY BODY_AT
        CACHE_READ CACHE_WRITE CACHE_WRITE_1H REASONING AUDIO_IN AUDIO_OUT IMAGE_IN IMAGE_OUT
        IMAGES CHARACTERS AUDIO_MS COMPUTE_MS SEARCHES STATED_COST DEAD);
}

/// A row.
pub(crate) type Facts = [Option<i64>; facet::COUNT];

/// Numbers the texts of rows.
pub(crate) trait Intern {
    /// The number of a text.
    fn word(&mut self, text: &str) -> rusqlite::Result<i64>;

    /// The number of a text that stands in this facet, where mostly the same one stands.
    fn word_at(&mut self, facet: usize, text: &str) -> rusqlite::Result<i64> {
        let _ = facet;
        self.word(text)
    }
}

/// Tells the texts of numbers.
pub(crate) trait Lookup {
    /// The text of a number.
    fn text(&mut self, word: i64) -> rusqlite::Result<String>;
}

/// A record as facts. Fails when a number is beyond what the log can hold.
pub(crate) fn facts(
    record: &Record,
    boot: i64,
    seq: u64,
    words: &mut impl Intern,
) -> rusqlite::Result<Facts> {
    let mut facts = [None; facet::COUNT];
    let (hi, lo) = halves(record.id);
    facts[facet::AT] = Some(record.created_at.as_millis());
    (facts[facet::ID_HI], facts[facet::ID_LO]) = (Some(hi), Some(lo));
    if let Some(event) = &record.event {
        match uuid_of(event) {
            Some(id) => {
                let (hi, lo) = halves(id);
                (facts[facet::EVENT_HI], facts[facet::EVENT_LO]) = (Some(hi), Some(lo));
            }
            None => facts[facet::EVENT] = Some(words.word(event)?),
        }
    }
    facts[facet::BOOT] = Some(boot);
    facts[facet::SEQ] = Some(count(seq)?);
    let texts = [
        (facet::PROVIDER, Some(&*record.provider)),
        (facet::MODEL, Some(&*record.model)),
        (facet::PATH, Some(&*record.path)),
        (facet::METHOD, Some(&*record.method)),
        (facet::CACHE_REASON, record.cache_reason.as_deref()),
        (facet::UNPRICED, record.unpriced.as_deref()),
        (facet::MODEL_TYPE, record.model_type.as_deref()),
        (facet::REQUEST_TYPE, record.request_type.as_deref()),
        (facet::USER_AGENT, record.user_agent.as_deref()),
        (
            facet::REQUEST_TYPE_OF_CONTENT,
            record.request_content_type.as_deref(),
        ),
        (
            facet::RESPONSE_TYPE_OF_CONTENT,
            record.response_content_type.as_deref(),
        ),
    ];
    for (facet, text) in texts {
        facts[facet] = text.map(|text| words.word_at(facet, text)).transpose()?;
    }
    facts[facet::METADATA] = match &record.metadata {
        Some(metadata) => Some(words.word(&metadata.to_json())?),
        None => None,
    };
    facts[facet::STATUS] = Some(record.status.into());
    facts[facet::OUTCOME] = index(&Outcome::ALL, record.outcome);
    facts[facet::CACHE_STATUS] = record
        .cache_status
        .and_then(|s| index(&CacheStatus::ALL, s));
    facts[facet::COST_SOURCE] = record.cost_source.and_then(|s| index(&CostSource::ALL, s));
    facts[facet::REQUEST_BODY] = index(&BodyFate::ALL, record.request_body);
    facts[facet::RESPONSE_BODY] = index(&BodyFate::ALL, record.response_body);
    facts[facet::STEP] = Some(record.step.into());
    facts[facet::DURATION] = Some(count(record.duration_ms)?);
    facts[facet::REQUEST_SIZE] = Some(count(record.request_size)?);
    facts[facet::RESPONSE_SIZE] = Some(count(record.response_size)?);
    facts[facet::FIRST_BYTE] = record.first_byte_ms.map(count).transpose()?;
    facts[facet::COST] = record.cost.map(pico).transpose()?;
    facts[facet::FEEDBACK] = record.feedback.map(sortable);
    facts[facet::SCORE] = record.score.map(sortable);
    for (facet, flag) in [
        (facet::CACHED, record.cached),
        (facet::COMPAT, record.compatibility_mode),
        (facet::BYOK, record.byok),
        (facet::AUTH, record.authentication),
        (facet::SUCCESS, record.success()),
    ] {
        facts[facet] = Some(flag.into());
    }
    for (facet, amount) in amounts(&record.usage) {
        facts[facet] = amount.map(count).transpose()?;
    }
    facts[facet::TOKENS] = match (facts[facet::TOKENS_IN], facts[facet::TOKENS_OUT]) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
    };
    Ok(facts)
}

/// The record of facts.
pub(crate) fn record(
    facts: &Facts,
    account: AccountId,
    gateway: GatewayId,
    words: &mut impl Lookup,
) -> rusqlite::Result<Record> {
    let id = uuid(facts[facet::ID_HI], facts[facet::ID_LO]).unwrap_or_default();
    let at = Timestamp::from_millis(facts[facet::AT].unwrap_or_default());
    let mut text = |facet: usize| facts[facet].map(|word| words.text(word)).transpose();
    let natural = |facet: usize| facts[facet].map(i64::unsigned_abs);
    let flag = |facet: usize| facts[facet] == Some(1);
    let event = uuid(facts[facet::EVENT_HI], facts[facet::EVENT_LO]);
    Ok(Record {
        event: text(facet::EVENT)?.or_else(|| event.map(|event| event.to_string())),
        provider: text(facet::PROVIDER)?.unwrap_or_default().into(),
        model: text(facet::MODEL)?.unwrap_or_default().into(),
        path: text(facet::PATH)?.unwrap_or_default().into(),
        method: text(facet::METHOD)?.unwrap_or_default().into(),
        status: natural(facet::STATUS)
            .and_then(|s| s.try_into().ok())
            .unwrap_or_default(),
        outcome: of(&Outcome::ALL, facts[facet::OUTCOME]).unwrap_or(Outcome::Cut),
        cached: flag(facet::CACHED),
        cache_status: of(&CacheStatus::ALL, facts[facet::CACHE_STATUS]),
        cache_reason: text(facet::CACHE_REASON)?.map(Cow::Owned),
        step: natural(facet::STEP)
            .and_then(|s| s.try_into().ok())
            .unwrap_or_default(),
        duration_ms: natural(facet::DURATION).unwrap_or_default(),
        first_byte_ms: natural(facet::FIRST_BYTE),
        usage: usage(facts),
        cost: facts[facet::COST].map(|pico| Money::from_pico(pico.into())),
        cost_source: of(&CostSource::ALL, facts[facet::COST_SOURCE]),
        unpriced: text(facet::UNPRICED)?.map(Cow::Owned),
        model_type: text(facet::MODEL_TYPE)?.map(Cow::Owned),
        request_type: text(facet::REQUEST_TYPE)?.map(Cow::Owned),
        compatibility_mode: flag(facet::COMPAT),
        byok: flag(facet::BYOK),
        metadata: text(facet::METADATA)?.and_then(|json| Metadata::from_json(&json)),
        user_agent: text(facet::USER_AGENT)?.map(Into::into),
        request_content_type: text(facet::REQUEST_TYPE_OF_CONTENT)?.map(Into::into),
        response_content_type: text(facet::RESPONSE_TYPE_OF_CONTENT)?.map(Into::into),
        request_size: natural(facet::REQUEST_SIZE).unwrap_or_default(),
        response_size: natural(facet::RESPONSE_SIZE).unwrap_or_default(),
        authentication: flag(facet::AUTH),
        request_body: of(&BodyFate::ALL, facts[facet::REQUEST_BODY]).unwrap_or_default(),
        response_body: of(&BodyFate::ALL, facts[facet::RESPONSE_BODY]).unwrap_or_default(),
        feedback: facts[facet::FEEDBACK].map(unsortable),
        score: facts[facet::SCORE].map(unsortable),
        ..Record::begin(id, account, gateway, at)
    })
}

const fn amounts(usage: &Usage) -> [(usize, Option<u64>); 16] {
    [
        (facet::TOKENS_IN, usage.tokens_in),
        (facet::TOKENS_OUT, usage.tokens_out),
        (facet::CACHE_READ, usage.cache_read_tokens),
        (facet::CACHE_WRITE, usage.cache_write_tokens),
        (facet::CACHE_WRITE_1H, usage.cache_write_1h_tokens),
        (facet::REASONING, usage.reasoning_tokens),
        (facet::AUDIO_IN, usage.audio_in_tokens),
        (facet::AUDIO_OUT, usage.audio_out_tokens),
        (facet::IMAGE_IN, usage.image_in_tokens),
        (facet::IMAGE_OUT, usage.image_out_tokens),
        (facet::IMAGES, usage.images),
        (facet::CHARACTERS, usage.characters),
        (facet::AUDIO_MS, usage.audio_ms),
        (facet::COMPUTE_MS, usage.compute_ms),
        (facet::SEARCHES, usage.searches),
        (facet::STATED_COST, usage.stated_cost),
    ]
}

fn usage(facts: &Facts) -> Usage {
    let natural = |facet: usize| facts[facet].map(i64::unsigned_abs);
    Usage {
        tokens_in: natural(facet::TOKENS_IN),
        tokens_out: natural(facet::TOKENS_OUT),
        cache_read_tokens: natural(facet::CACHE_READ),
        cache_write_tokens: natural(facet::CACHE_WRITE),
        cache_write_1h_tokens: natural(facet::CACHE_WRITE_1H),
        reasoning_tokens: natural(facet::REASONING),
        audio_in_tokens: natural(facet::AUDIO_IN),
        audio_out_tokens: natural(facet::AUDIO_OUT),
        image_in_tokens: natural(facet::IMAGE_IN),
        image_out_tokens: natural(facet::IMAGE_OUT),
        images: natural(facet::IMAGES),
        characters: natural(facet::CHARACTERS),
        audio_ms: natural(facet::AUDIO_MS),
        compute_ms: natural(facet::COMPUTE_MS),
        searches: natural(facet::SEARCHES),
        stated_cost: natural(facet::STATED_COST),
    }
}

/// Appends the row to `out`: which facets it has, then each as a varint.
pub(crate) fn encode(facts: &Facts, out: &mut Vec<u8>) {
    let present = (facts.iter().enumerate())
        .filter(|(_, fact)| fact.is_some())
        .fold(0_u64, |bits, (facet, _)| bits | 1 << facet);
    out.extend_from_slice(&present.to_le_bytes());
    for fact in facts.iter().flatten() {
        let mut rest = ((fact << 1) ^ (fact >> 63)).cast_unsigned();
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }
}

/// Reads what [`encode`] wrote; what was cut off is not there.
pub(crate) fn decode(data: &[u8]) -> Facts {
    let mut facts = [None; facet::COUNT];
    let Some((present, data)) = data.split_first_chunk() else {
        return facts;
    };
    let present = u64::from_le_bytes(*present);
    let mut bytes = data.iter();
    for (facet, fact) in facts.iter_mut().enumerate() {
        if present >> facet & 1 == 1 {
            let (mut value, mut shift) = (0_u64, 0);
            for byte in bytes.by_ref() {
                value |= u64::from(byte & 0x7f) << shift;
                if byte & 0x80 == 0 || shift == 63 {
                    break;
                }
                shift += 7;
            }
            *fact = Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()));
        }
    }
    facts
}

/// The two halves of an id; signed in a way that keeps their order.
pub(crate) fn halves(id: Uuid) -> (i64, i64) {
    let (hi, lo) = id.as_u64_pair();
    ((hi ^ 1 << 63).cast_signed(), (lo ^ 1 << 63).cast_signed())
}

pub(crate) fn uuid(hi: Option<i64>, lo: Option<i64>) -> Option<Uuid> {
    Some(Uuid::from_u64_pair(unsigned(hi?), unsigned(lo?)))
}

/// A half of an id as it was.
pub(crate) const fn unsigned(half: i64) -> u64 {
    half.cast_unsigned() ^ 1 << 63
}

/// The id that a text is, when it is written as the house writes ids.
pub(crate) fn uuid_of(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    (text == id.hyphenated().encode_lower(&mut buffer)).then_some(id)
}

/// A float as an integer that is ordered like it.
pub(crate) fn sortable(value: f64) -> i64 {
    // Zero has two signs and is one number.
    let bits = (value + 0.0).to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

const fn unsortable(bits: i64) -> f64 {
    f64::from_bits((bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()).cast_unsigned())
}

/// The log's integers are signed; a count beyond them is a fault of its row alone.
fn count(value: u64) -> rusqlite::Result<i64> {
    i64::try_from(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}

fn pico(cost: Money) -> rusqlite::Result<i64> {
    let fault = "the cost is beyond what a log holds";
    cost.to_i64()
        .ok_or_else(|| rusqlite::Error::ToSqlConversionFailure(fault.into()))
}

fn index<T: PartialEq>(all: &[T], one: T) -> Option<i64> {
    all.iter()
        .position(|other| *other == one)
        .map(|at| at as i64)
}

fn of<T: Copy>(all: &[T], index: Option<i64>) -> Option<T> {
    all.get(usize::try_from(index?).ok()?).copied()
}
