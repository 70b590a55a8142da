//! Paths: what dropshot's router takes.

use std::collections::BTreeMap;

use super::Check;
use crate::model::{RESERVED_SEGMENT, is_variable};
use crate::pointer;
use crate::problem::Limit;

impl Check<'_> {
    /// All templates, together: some are only in each other's way.
    pub(super) fn templates(&mut self, templates: &[&str]) {
        // The variable at a position, by everything before it.
        let mut variables: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        for template in templates {
            let here = pointer::descend("", &["paths", template]);
            self.template(&here, template);
            let mut before = String::new();
            for segment in template.split('/').skip(1) {
                if is_variable(segment) {
                    let (known, first) = *variables
                        .entry(before.clone())
                        .or_insert((segment, template));
                    if known != segment {
                        self.report(
                            Limit::Server,
                            &here,
                            format!(
                                "`{segment}` stands where `{first}` has `{known}`; dropshot has one name for a position, so rename one of them"
                            ),
                        );
                    }
                    before.push_str("/{}");
                } else {
                    before.push('/');
                    before.push_str(segment);
                }
            }
        }
    }

    fn template(&mut self, here: &str, template: &str) {
        let Some(path) = template.strip_prefix('/') else {
            self.report(Limit::Document, here, "a path starts with `/`");
            return;
        };
        let mut seen = Vec::new();
        for (index, segment) in path.split('/').enumerate() {
            if segment.is_empty() && !path.is_empty() {
                self.report(
                    Limit::Server,
                    here,
                    "a doubled or final `/`; dropshot takes them for one or none",
                );
            }
            if index == 0 && segment == RESERVED_SEGMENT {
                self.report(
                    Limit::Server,
                    here,
                    format!(
                        "`/{RESERVED_SEGMENT}` is where literals beside variables are registered"
                    ),
                );
            }
            if is_variable(segment) {
                if seen.contains(&segment) {
                    self.report(Limit::Both, here, format!("`{segment}` stands here twice"));
                }
                seen.push(segment);
            } else if segment.contains(['{', '}']) {
                self.report(
                    Limit::Server,
                    here,
                    format!("`{segment}` is a variable only in part; dropshot has whole segments"),
                );
            }
        }
    }
}
