//! Lays OpenAPI Overlays (1.0) over a document, one action at a time, so that
//! every node that an action touches can be traced to the overlay's line. The
//! crate `roas_overlay` does the work on the value; what is stricter here: a
//! target that matches nothing, a key that nobody knows and an action that does
//! nothing are errors.

use roas_overlay::apply::{Apply, ApplyErrorKind, ApplyOptions};
use roas_overlay::common::apply::{compile_path, locate};
use roas_overlay::v1_0::{Action, Overlay};
use roas_overlay::validation::Validate;
use serde_json::Value;

use crate::document::SourceFile;
use crate::pointer;
use crate::problem::{Limit, Problem};
use crate::source::Sources;

/// What an action of an overlay may say.
const ACTION_KEYS: [&str; 4] = ["target", "description", "update", "remove"];

/// Applies one overlay, in place and strictly.
///
/// # Errors
/// Everything that is wrong with the overlay. After an error the document may
/// hold the actions before the faulty one and is of no further use.
pub fn apply(
    file: &SourceFile,
    document: &mut Value,
    sources: &mut Sources,
) -> Result<(), Vec<Problem>> {
    let here = Sources::read(&file.path, &file.text).map_err(|problem| vec![problem])?;
    let value = file.value().map_err(|problem| vec![problem])?;
    let at = |pointer: &str, message: String| Problem {
        limit: Limit::Overlay,
        pointer: String::new(),
        location: here.locate(pointer),
        message,
    };
    let overlay: Overlay = serde_json::from_value(value.clone()).map_err(|error| {
        let place = if value.get("overlay").is_some() {
            "/overlay"
        } else {
            ""
        };
        vec![at(
            place,
            format!("this is not an overlay of version 1.0: {error}"),
        )]
    })?;
    let mut problems: Vec<Problem> = overlay
        .validate(Default::default())
        .err()
        .into_iter()
        .flat_map(|found| found.errors)
        .map(|error| {
            at(
                &error
                    .path
                    .replace(['#', '.', '['], "/")
                    .replace("//", "/")
                    .replace(']', ""),
                error.to_string(),
            )
        })
        .collect();
    problems.extend(unknown_keys(&value).into_iter().map(|(place, key)| {
        at(
            &place,
            format!(
                "an action has no `{key}`; it has {}",
                ACTION_KEYS.join(", ")
            ),
        )
    }));
    if !problems.is_empty() {
        return Err(problems);
    }
    for (index, action) in overlay.actions.iter().enumerate() {
        let action_at = pointer::descend("", &["actions", &index.to_string()]);
        let target_at = pointer::child(&action_at, "target");
        let touched = compile_path(&action.target)
            .map(|path| locate(document, &path))
            .unwrap_or_default();
        for (step, update_at) in steps(action, document, &touched, &action_at) {
            let alone = Overlay {
                actions: vec![step.clone()],
                ..overlay.clone()
            };
            let strictly = ApplyOptions::ErrorOnZeroMatch | ApplyOptions::ErrorOnMixedKindMatch;
            if let Err(error) = alone.apply(document, strictly) {
                // The actions after it may build on what this one did not do.
                return Err(vec![at(
                    &target_at,
                    format!(
                        "actions[{index}], target {}: {}",
                        action.target,
                        fault(&error.kind)
                    ),
                )]);
            }
            if step.is_remove() {
                for pointer in touched.iter().rev() {
                    sources.remove(pointer);
                }
            } else if let Some(update) = here.place(&update_at) {
                for pointer in &touched {
                    sources.update(pointer, update);
                }
            }
        }
    }
    Ok(())
}

/// An action as the specification knows it, with the pointer of what it lays over.
/// An array laid over an array stands for its items, one after the other: taken at
/// its word it would become one item, and nothing in OpenAPI is an array of arrays.
fn steps(
    action: &Action,
    document: &Value,
    touched: &[String],
    action_at: &str,
) -> Vec<(Action, String)> {
    let update_at = pointer::child(action_at, "update");
    let over_arrays = touched
        .iter()
        .all(|pointer| document.pointer(pointer).is_some_and(Value::is_array));
    match &action.update {
        Some(Value::Array(items)) if over_arrays && !touched.is_empty() => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let step = Action {
                    update: Some(item.clone()),
                    ..action.clone()
                };
                (step, pointer::child(&update_at, &index.to_string()))
            })
            .collect(),
        _ => vec![(action.clone(), update_at)],
    }
}

fn unknown_keys(overlay: &Value) -> Vec<(String, String)> {
    let actions = overlay
        .get("actions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    actions
        .enumerate()
        .filter_map(|(index, action)| Some((index, action.as_object()?)))
        .flat_map(|(index, action)| {
            action
                .keys()
                .filter(|key| !ACTION_KEYS.contains(&key.as_str()) && !key.starts_with("x-"))
                .map(move |key| {
                    let place = pointer::descend("", &["actions", &index.to_string(), key]);
                    (place, key.clone())
                })
        })
        .collect()
}

fn fault(kind: &ApplyErrorKind) -> String {
    match kind {
        ApplyErrorKind::ZeroMatch => {
            "nothing in the document matches; mend the target or drop the action".to_owned()
        }
        ApplyErrorKind::MixedKindMatch => {
            "it matches objects and arrays; split the action in two".to_owned()
        }
        ApplyErrorKind::PrimitiveActionTarget => {
            "it matches a plain value; aim at the object that holds it".to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
