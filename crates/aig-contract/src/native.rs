//! A dropshot server for any OpenAPI document, as a crate that builds at once.
//!
//! Where [`crate::stubs`] prints this project's own contract on a runtime of its own,
//! the code here stands on dropshot alone: `HttpResponseOk`, `HttpError`,
//! `PaginationParams`, derives of serde and schemars. It comes in stages:
//!
//! - the document is lowered to 3.0.3 and *projected*: taken to the nearest one that
//!   dropshot can emit, with a note for everything that is lost (`project`);
//! - each schema gets a type (`infer`), and what a derive of that type would print is
//!   predicted (`definition`, `ty`). Where that is the document's schema it is
//!   derived; where it is not, the schema is written out beside the type;
//! - everything is printed (`print`, `package`);
//! - what the printed crate emits is compared with the document (`compare`), in
//!   a form that loses nothing but order and defaults (`canonical`).

mod canonical;
mod compare;
mod definition;
mod infer;
mod infer_choice;
mod infer_member;
mod operation;
mod operations;
mod origin;
mod package;
mod print;
mod print_answer;
mod print_api;
mod print_newtype;
mod print_schema;
mod print_types;
mod project;
mod project_answer;
mod project_document;
mod project_operation;
mod reach;
mod rename;
mod schema;
mod ty;
mod words;

use serde_json::Value;

pub use compare::Difference;
pub use origin::{Origin, Origins};

use crate::document::SourceFile;
use crate::generate::GeneratedFile;
use crate::lower;
use crate::problem::{Limit, Problem, Problems};
use crate::source::Sources;

/// A document that stubs can be made of.
#[derive(Clone, Debug)]
pub struct Document {
    file: SourceFile,
    /// As it was read, lowered to 3.0.3.
    lowered: Value,
    /// The nearest document that dropshot can emit.
    projected: Value,
    /// What dropshot cannot express, in the order of the text.
    pub lost: Vec<Problem>,
}

/// A crate.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its files. Rust is laid out, but still to be formatted by rustfmt.
    pub files: Vec<GeneratedFile>,
    /// Where the schema of each piece comes from.
    pub origins: Origins,
    /// The document as the crate should print it.
    expected: Value,
}

/// What is printed, in dropshot's words.
struct Api<'a> {
    title: String,
    trait_name: String,
    info: Value,
    tags: Vec<Value>,
    operations: Vec<operation::Operation>,
    wrappers: Vec<operation::Wrapper>,
    errors: Vec<operation::ErrorType>,
    types: &'a infer::Types<'a>,
}

impl Document {
    /// Reads a document of OpenAPI 3.0 or 3.1, in YAML or JSON.
    ///
    /// # Errors
    /// When the text is no such document.
    pub fn read(file: SourceFile) -> Result<Self, Problems> {
        let value = match serde_json::from_str(&file.text) {
            Ok(value) => value,
            // JSON is YAML too, but read as such it takes its time.
            Err(_) => file.value()?,
        };
        let version = value
            .get("openapi")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let (lowered, mut lost) = if version.starts_with("3.0.") {
            (value, Vec::new())
        } else if version.starts_with("3.1.") {
            lower::lower_what_can_be(&value)
        } else {
            return Err(Problem::new(
                Limit::Document,
                "/openapi",
                format!("the version is `{version}`; 3.0 and 3.1 are read here"),
            )
            .into());
        };
        let mut projection = project::Projection::new(&lowered);
        let projected = projection.document();
        lost.extend(projection.lost);
        if !lost.is_empty() {
            // Without lines, where the two readers of YAML do not agree.
            let sources = Sources::read(&file.path, &file.text).unwrap_or_default();
            lost = Problems::located(lost, &sources).0;
        }
        Ok(Self {
            file,
            lowered,
            projected,
            lost,
        })
    }

    /// The crate for a document.
    ///
    /// # Errors
    /// When what was generated is not Rust: a fault of the generator.
    pub fn package(&self, name: &str) -> Result<Package, syn::Error> {
        let mut types = infer::Types::of(&self.projected);
        let found = operations::Operations::of(&mut types);
        let (operations, wrappers, errors) = (found.list, found.wrappers, found.errors);
        let mut expected = self.projected.clone();
        for (pointer, key, words) in found.given {
            if let Some(holder) = expected.pointer_mut(&pointer) {
                holder[key] = Value::from(words);
            }
        }
        let title = self
            .projected
            .pointer("/info/title")
            .and_then(Value::as_str);
        let title = title.unwrap_or_default().to_owned();
        let stem = crate::model::names::type_name(&title);
        let api = Api {
            trait_name: if stem.ends_with("Api") {
                stem
            } else {
                format!("{stem}Api")
            },
            title,
            info: self.projected["info"].clone(),
            tags: self.projected["tags"]
                .as_array()
                .cloned()
                .unwrap_or_default(),
            operations,
            wrappers,
            errors,
            types: &types,
        };
        Ok(Package {
            name: name.to_owned(),
            origins: origin::of(&api),
            files: package::files(&api, name, &self.file.path)?,
            expected: canonical::document(&expected),
        })
    }

    /// How what a server emitted departs from the document.
    #[must_use]
    pub fn differences(&self, emitted: &Value) -> Vec<Difference> {
        let wanted = canonical::document(&self.lowered);
        let mut found = compare::differences(&wanted, &canonical::document(emitted));
        if let Ok(sources) = Sources::read(&self.file.path, &self.file.text) {
            for difference in &mut found {
                difference.location = sources.locate(&difference.pointer);
            }
        }
        found
    }
}

impl Package {
    /// How what the crate emitted departs from what was expected of it, after all that
    /// dropshot cannot express: faults of the generator, if there are any.
    #[must_use]
    pub fn faults(&self, emitted: &Value) -> Vec<Difference> {
        compare::differences(&self.expected, &canonical::document(emitted))
    }
}

#[cfg(test)]
mod tests;
