//! Replicate's dialect: a prediction is an object that is made, and read again until it is done.
//!
//! Language models count their tokens among the prediction's metrics, image models their images; all
//! of them the seconds that the machine took. There is no cache, and thoughts are not counted apart.

use crate::counts::{Fields, fields};
use crate::scan::{Paths, Scanner};
use crate::usage::Tally;

pub(crate) const ANSWER: Paths = Paths::new(&[&["model"], &["status"], &["error"], &["metrics"]]);
const MODEL: usize = 0;
const STATUS: usize = 1;
const ERROR: usize = 2;
const METRICS: usize = 3;

pub(crate) const FIELDS: Fields = fields! {
    ["input_token_count"] => Input,
    ["output_token_count"] => Output,
    ["image_count"] => Images,
    ["image_output_count"] => Images,
    ["predict_time"] => ComputeSeconds,
};

/// Reads one document: a prediction, or a problem.
pub(crate) fn take(document: &Scanner, tally: &mut Tally) {
    tally.note_model(document.value(MODEL));
    tally.counts.take(document.value(METRICS));
    let failed = document.value(STATUS) == Some(br#""failed""#);
    // A refusal is a problem document, whose `status` is a number.
    let refused = matches!(document.value(STATUS), Some([b'4' | b'5', ..]));
    tally.error_event |= failed || refused || document.present(ERROR);
}

/// `models/{owner}/{name}/predictions` and what else is below a model.
pub(crate) fn model_in_path(tail: &str) -> Option<&str> {
    let from = match tail.strip_prefix("models/") {
        Some(below) => below,
        None => tail.split_once("/models/")?.1,
    };
    let (owner, rest) = from.split_once('/')?;
    let name = rest.split('/').next().filter(|name| !name.is_empty())?;
    (!owner.is_empty()).then(|| &from[..owner.len() + 1 + name.len()])
}
