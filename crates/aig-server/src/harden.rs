//! Keeps what stands in memory out of files: a process that holds keys leaves no dump of itself, and
//! other processes of its user cannot look into it.
//!
//! Called once, before any key is read. Whoever is root can still look; that is nobody's to prevent.

use anyhow::Context;
use rustix::process::{Resource, Rlimit, setrlimit};

/// Takes the right to dump away, for good: a crash writes no core file, and the kernel hands memory
/// and environment to nobody but root.
pub fn against_dumps() -> anyhow::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).context("core dumps cannot be switched off")?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .context("the process cannot be closed to others")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A core file would hold every key that is open. It cannot be allowed again either.
    #[test]
    fn s_12_a_crash_leaves_no_memory_behind() {
        against_dumps().unwrap();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        let words: Vec<&str> = core.unwrap().split_whitespace().collect();
        assert_eq!(words[4..6], ["0", "0"], "{words:?}");
        #[cfg(target_os = "linux")]
        assert_eq!(
            rustix::process::dumpable_behavior().unwrap(),
            rustix::process::DumpableBehavior::NotDumpable
        );
    }
}
