//! What a process has used, as Linux tells it in `/proc`.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

/// CPU time of a process (user and system), thread by thread.
///
/// `/proc/{pid}/stat` says it in ticks of 10 ms, which is a tenth of a short measurement; the
/// scheduler's own figures of the threads are exact. They are the same time.
pub(crate) struct Cpu(HashMap<u32, u64>);

impl Cpu {
    /// What all threads of the process have used so far.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let folder = format!("/proc/{pid}/task");
        let tasks = fs::read_dir(&folder).with_context(|| format!("{folder} is not readable"))?;
        let mut threads = HashMap::new();
        for task in tasks {
            let task = task?;
            // A thread may end between the listing and the look; what it used lately is lost.
            let Ok(text) = fs::read_to_string(task.path().join("schedstat")) else {
                continue;
            };
            let id = task.file_name().to_string_lossy().parse()?;
            let ran = text.split(' ').next().unwrap_or_default().parse()?;
            threads.insert(id, ran);
        }
        Ok(Self(threads))
    }

    /// What was used since `before`.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let used = self.0.iter().map(|(thread, now)| {
            let then = before.0.get(thread).copied().unwrap_or_default();
            now.saturating_sub(then)
        });
        Duration::from_nanos(used.sum())
    }
}

/// Resident memory of a process, in KiB.
pub(crate) fn resident(pid: u32) -> anyhow::Result<u64> {
    let path = PathBuf::from(format!("/proc/{pid}/status"));
    let text = fs::read_to_string(&path)?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let line = line.with_context(|| format!("{} has no VmRSS", path.display()))?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::time::Instant;

    #[test]
    fn what_this_process_uses_is_seen() {
        let me = std::process::id();
        let before = Cpu::of(me).unwrap();
        let begun = Instant::now();
        let mut sum = 0_u64;
        while Cpu::of(me).unwrap().since(&before) < Duration::from_millis(20) {
            assert!(begun.elapsed() < Duration::from_secs(30), "{sum}");
            sum = black_box((0..10_000).sum());
        }
    }

    #[test]
    fn memory_in_use_is_seen() {
        let me = std::process::id();
        let before = resident(me).unwrap();
        let held = black_box(vec![1_u8; 32 << 20]);
        let after = resident(me).unwrap();
        assert!(after >= before + (16 << 10), "{before} {after}");
        drop(held);
    }
}
