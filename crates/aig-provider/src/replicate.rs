//! Replicate's dialect: a prediction is an object that is made, and read again until it is done.
//!
//! Language models count their tokens among the prediction's metrics; other models count seconds.

use crate::scan::{Paths, Scanner};
use crate::usage::{Tally, update};

pub(crate) const ANSWER: Paths = Paths::new(&[
    &["model"],
    &["status"],
    &["error"],
    &["metrics", "input_token_count"],
    &["metrics", "output_token_count"],
]);
const MODEL: usize = 0;
const STATUS: usize = 1;
const ERROR: usize = 2;
const INPUT: usize = 3;
const OUTPUT: usize = 4;

/// Reads one document: a prediction, or a problem.
pub(crate) fn take(document: &Scanner, tally: &mut Tally) {
    tally.note_model(document.value(MODEL));
    update(&mut tally.input, document.value(INPUT));
    update(&mut tally.output, document.value(OUTPUT));
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
