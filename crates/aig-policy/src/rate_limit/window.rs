//! What is remembered of one gateway's requests, and the verdict from it. Times are nanoseconds
//! since the epoch on a clock that does not go back; a request at `t` counts in `[t, t + interval)`.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Denied, Limit, RateLimiter, Technique};

/// The requests of one gateway that still count.
#[derive(Debug)]
pub(super) struct Window {
    limit: Limit,
    /// The latest moment that was ever told.
    now: u64,
    counts: Counts,
}

#[derive(Debug)]
enum Counts {
    /// How many there were in the window that began then, and when the last one was.
    Fixed { start: u64, count: u32, last: u64 },
    /// When each of them was, from the oldest.
    Log(VecDeque<u64>),
    /// How many there were in each part of the interval, from the oldest; parts without are absent.
    Buckets {
        width: u64,
        /// Which part it is since the epoch, and its count.
        parts: VecDeque<(u64, u32)>,
        sum: u32,
    },
}

// === impl Window ===

impl Window {
    pub(super) fn new(limit: Limit, now: u64) -> Self {
        Self {
            limit,
            now,
            counts: Counts::new(limit, now),
        }
    }

    /// Counts one request, or says when one would be counted.
    pub(super) fn admit(&mut self, limit: Limit, now: u64) -> Result<(), Denied> {
        self.now = self.now.max(now);
        if self.limit != limit {
            self.change(limit);
        }
        let interval = limit.interval_nanos();
        self.counts.forget(interval, self.now);
        match self.counts.free_at(limit, self.now) {
            None => {
                self.counts.add(self.now);
                Ok(())
            }
            Some(at) => Err(Denied {
                retry_after: Duration::from_nanos(at.saturating_sub(now).max(1)),
            }),
        }
    }

    /// Whether nothing counts any more.
    pub(super) fn is_over(&mut self, now: u64) -> bool {
        self.now = self.now.max(now);
        self.counts.forget(self.limit.interval_nanos(), self.now);
        self.counts.is_empty()
    }

    /// Obeys another limit from now on, and counts what has passed under the former one. Where a
    /// moment is not known any more, it is taken for the latest that it can have been: for the
    /// length of one interval a change may refuse too much, never let pass too much.
    fn change(&mut self, limit: Limit) {
        let same = self.limit.technique == limit.technique
            && self.limit.interval == limit.interval
            && Counts::are_logged(self.limit) == Counts::are_logged(limit);
        if !same {
            let mut counts = Counts::new(limit, self.now);
            let now = self.now;
            self.counts
                .each(|at, count| counts.take_over(limit, at.min(now), count));
            self.counts = counts;
        }
        self.limit = limit;
    }
}

// === impl Counts ===

impl Counts {
    fn new(limit: Limit, now: u64) -> Self {
        let interval = limit.interval_nanos();
        match limit.technique {
            Technique::Fixed => Self::Fixed {
                start: now - now % interval,
                count: 0,
                last: 0,
            },
            Technique::Sliding if Self::are_logged(limit) => Self::Log(VecDeque::new()),
            Technique::Sliding => Self::Buckets {
                width: interval.div_ceil(RateLimiter::BUCKETS.into()),
                parts: VecDeque::new(),
                sum: 0,
            },
        }
    }

    fn are_logged(limit: Limit) -> bool {
        limit.requests.get() <= RateLimiter::EXACT
    }

    /// Drops what does not count any more.
    fn forget(&mut self, interval: u64, now: u64) {
        match self {
            Self::Fixed { start, count, .. } => {
                if now >= start.saturating_add(interval) {
                    *start = now - now % interval;
                    *count = 0;
                }
            }
            Self::Log(times) => {
                while times
                    .front()
                    .is_some_and(|at| at.saturating_add(interval) <= now)
                {
                    times.pop_front();
                }
                // A gateway that was busy once does not keep its room for ever.
                if times.capacity() > 64 && times.len() < times.capacity() / 4 {
                    times.shrink_to(times.len() * 2);
                }
            }
            Self::Buckets { width, parts, sum } => {
                while let Some((part, count)) = parts.front().copied()
                    && end_of(part, *width).saturating_add(interval) <= now
                {
                    parts.pop_front();
                    *sum -= count;
                }
            }
        }
    }

    /// When one more may pass; `None` is now.
    fn free_at(&self, limit: Limit, now: u64) -> Option<u64> {
        let (most, interval) = (limit.requests.get(), limit.interval_nanos());
        match self {
            Self::Fixed { start, count, .. } => {
                (*count >= most).then(|| start.saturating_add(interval))
            }
            Self::Log(times) => {
                // More than the limit are there when it was lowered.
                let too_many = times.len().checked_sub(most as usize)?;
                Some(times[too_many].saturating_add(interval))
            }
            Self::Buckets { width, parts, sum } => {
                let mut left = *sum;
                let mut parts = parts.iter();
                let mut free = None;
                while left >= most {
                    let Some((part, count)) = parts.next() else {
                        // Unreachable: without parts the sum is zero and a limit is not.
                        return Some(now);
                    };
                    left -= count;
                    free = Some(end_of(*part, *width).saturating_add(interval));
                }
                free
            }
        }
    }

    /// Counts one request at that moment, which is not before any other.
    fn add(&mut self, at: u64) {
        match self {
            Self::Fixed { count, last, .. } => {
                *count += 1;
                *last = at;
            }
            Self::Log(times) => times.push_back(at),
            Self::Buckets { width, parts, sum } => put(parts, sum, at / *width, 1),
        }
    }

    /// Counts requests that passed under another limit; they come in the order of time.
    fn take_over(&mut self, limit: Limit, at: u64, count: u32) {
        match self {
            Self::Fixed {
                start,
                count: sum,
                last,
            } => {
                if at >= *start {
                    *sum = sum.saturating_add(count);
                    *last = at;
                }
            }
            Self::Log(times) => {
                // Of more than the limit, the newest decide alone.
                let most = limit.requests.get();
                times.extend(std::iter::repeat_n(at, count.min(most) as usize));
                let surplus = times.len().saturating_sub(most as usize);
                times.drain(..surplus);
            }
            Self::Buckets { width, parts, sum } => put(parts, sum, at / *width, count),
        }
    }

    /// Tells all that counts, from the oldest, with the latest moment that it can have been.
    fn each(&self, mut tell: impl FnMut(u64, u32)) {
        match self {
            Self::Fixed { count: 0, .. } => {}
            Self::Fixed { count, last, .. } => tell(*last, *count),
            Self::Log(times) => times.iter().for_each(|at| tell(*at, 1)),
            Self::Buckets { width, parts, .. } => parts
                .iter()
                .for_each(|(part, count)| tell(end_of(*part, *width) - 1, *count)),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Fixed { count, .. } => *count == 0,
            Self::Log(times) => times.is_empty(),
            Self::Buckets { parts, .. } => parts.is_empty(),
        }
    }
}

/// The first moment behind a part.
fn end_of(part: u64, width: u64) -> u64 {
    (part + 1).saturating_mul(width)
}

fn put(parts: &mut VecDeque<(u64, u32)>, sum: &mut u32, part: u64, count: u32) {
    *sum = sum.saturating_add(count);
    match parts.back_mut() {
        Some((last, counted)) if *last >= part => *counted = counted.saturating_add(count),
        _ => parts.push_back((part, count)),
    }
}

#[cfg(test)]
impl Window {
    /// For how many entries there is room.
    pub(super) fn room(&self) -> usize {
        match &self.counts {
            Counts::Fixed { .. } => 0,
            Counts::Log(times) => times.capacity(),
            Counts::Buckets { parts, .. } => parts.capacity(),
        }
    }
}
