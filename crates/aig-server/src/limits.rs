//! `aig limits`: every limit of the process in one table.
//!
//! Nothing is limited here, and `rows` has the rows. Each row takes its number from where it is enforced or, if it can be
//! set, from the settings, so that the table cannot say anything else than the process does.

mod rows;

use std::process::ExitCode;
use std::time::Duration;

use aig_control::ControlConfig;
use serde_json::{Value, json};

use crate::config::{Config, Flags};
use crate::print;

/// The words of `aig limits`.
#[derive(Debug, clap::Args)]
pub(crate) struct Limits {
    #[command(flatten)]
    flags: Flags,
    /// Print JSON for programs instead of a table for people
    #[arg(long)]
    json: bool,
}

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// What is limited.
    pub name: &'static str,
    /// How much of it there may be.
    pub most: Most,
    /// Where the number is set.
    pub set: Set,
    /// What happens beyond it.
    pub beyond: &'static str,
}

/// How much there may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Most {
    /// So many bytes.
    Bytes(u64),
    /// So much time.
    Time(Duration),
    /// So many.
    Count(u64),
    /// So many of a hundred.
    Percent(u64),
    /// Whatever comes.
    Unlimited,
}

/// Where a limit is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Nowhere: it is part of the program.
    Fixed,
    /// By the setting of that name in the file; the flag is spelled like it.
    Setting(&'static str),
}

impl Limits {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let (config, _) = self.flags.resolve()?;
        let table = table(&config);
        if self.json {
            let rows: Vec<Value> = table.iter().map(Limit::as_json).collect();
            println!("{}", print::json(&json!({"limits": rows})));
        } else {
            let head = ["limit", "value", "set by", "beyond it"];
            println!("{}", print::table(head, table.iter().map(Limit::cells)));
        }
        Ok(ExitCode::SUCCESS)
    }
}

// === impl Limit ===

impl Limit {
    /// Name, value, where it is set, what is beyond it: as people read them.
    pub fn cells(&self) -> [String; 4] {
        let set = match self.set {
            Set::Fixed => "fixed".to_owned(),
            Set::Setting(key) => key.to_owned(),
        };
        [self.name.into(), self.most.text(), set, self.beyond.into()]
    }

    fn as_json(&self) -> Value {
        let (value, unit) = match self.most {
            Most::Bytes(bytes) => (json!(bytes), "bytes"),
            Most::Time(time) => (json!(time.as_secs_f64()), "seconds"),
            Most::Count(count) => (json!(count), "count"),
            Most::Percent(percent) => (json!(percent), "percent"),
            Most::Unlimited => (Value::Null, "unlimited"),
        };
        let (key, flag) = match self.set {
            Set::Fixed => (None, None),
            Set::Setting(key) => (Some(key), Some(format!("--{}", key.replace('_', "-")))),
        };
        json!({
            "name": self.name,
            "value": value,
            "unit": unit,
            "setting": key,
            "flag": flag,
            "beyond": self.beyond,
        })
    }
}

// === impl Most ===

impl Most {
    fn text(self) -> String {
        match self {
            Self::Bytes(bytes) => bytes_text(bytes),
            Self::Time(time) => format!("{} s", time.as_secs_f64()),
            Self::Count(count) => count.to_string(),
            Self::Percent(percent) => format!("{percent} %"),
            Self::Unlimited => "none".to_owned(),
        }
    }
}

fn bytes_text(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes > 0 && bytes.trailing_zeros() >= shift {
            return format!("{} {unit}", bytes >> shift);
        }
    }
    format!("{bytes} B")
}

/// Every limit of a process with these settings.
pub fn table(config: &Config) -> Vec<Limit> {
    [
        rows::callers(config),
        rows::requests(config),
        rows::providers(config),
        rows::tries(),
        rows::control_side(&ControlConfig::default()),
        rows::storage(),
    ]
    .concat()
}

#[cfg(test)]
mod tests;
