//! What is measured: each experiment asks the floor and every gateway in turn, round by round, so
//! that whatever else the machine does meets all alike.

use std::time::Duration;

use crate::provider::Wanted;
use crate::report::Reach::{AtLeast, AtMost};
use crate::report::{Against, Reach, Rounds, Row};
use crate::target::{Sample, Shape, Target};
use crate::usage::resident;

/// Who is measured, and how thoroughly.
pub(crate) struct Bench {
    pub(crate) floor: Target,
    /// `aig` with bodies in its log, with rows only, without a log, from its cache; and others.
    pub(crate) modes: Vec<(Target, Kind)>,
    pub(crate) rounds: u32,
    /// The length of one measurement, in seconds.
    pub(crate) seconds: f64,
    /// Requests after which memory is looked at.
    pub(crate) memory_requests: u64,
    /// How many times as many in all.
    pub(crate) memory_runs: u32,
    pub(crate) quick: bool,
}

/// What a target stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The gateway of this repository with everything on.
    Full,
    Rows,
    Off,
    Hit,
    /// Somebody else's.
    Other,
}

/// One event of a stream, in bytes: about what providers send for a token.
const EVENT: usize = 220;
/// The reach of memory, in MiB.
const RESIDENT: f64 = 40.0;
/// Beyond noise, in MiB.
const GROWTH: f64 = 2.0;

impl Bench {
    /// CPU for each request: at rates that leave the machine idle in between, and when everybody asks
    /// again at once, so that nothing has time to leave the processor's caches.
    pub(crate) fn cpu(&self) -> anyhow::Result<Vec<Row>> {
        let busy = Shape {
            seconds: Some(self.seconds),
            ..Shape::plain(64, 300)
        };
        let at_rate = |bytes, rate| Shape::plain(16, bytes).at_rate(rate, self.seconds);
        let mut rows = Vec::new();
        for (what, always, shape) in [
            ("300 B, 1000/s", true, at_rate(300, 1000.0)),
            ("300 B, 64 connections", true, busy),
            ("16 KiB, 500/s", false, at_rate(16 << 10, 500.0)),
            ("100 KiB, 200/s", false, at_rate(100 << 10, 200.0)),
        ] {
            let who = |kind| always || !self.quick || kind == Kind::Full;
            let reach = |kind| match kind {
                Kind::Full => Some(AtMost(2.0)),
                Kind::Rows => Some(AtMost(1.5)),
                Kind::Off => Some(AtMost(1.3)),
                Kind::Hit => Some(AtMost(1.0)),
                Kind::Other => None,
            };
            let what = format!("CPU per request, {what}");
            rows.extend(self.compare(&what, "us", Against::Ratio, &shape, who, reach, |s| s.cpu)?);
        }
        Ok(rows)
    }

    /// CPU for each chunk of long streams.
    pub(crate) fn chunks(&self) -> anyhow::Result<Vec<Row>> {
        let wanted = Wanted {
            bytes: EVENT,
            chunks: 200,
            interval: Duration::from_millis(5),
        };
        let shape = Shape {
            wanted,
            requests: Some((32.0 * self.seconds).ceil() as u64),
            ..Shape::plain(32, 300)
        };
        let chunks = f64::from(wanted.chunks);
        self.compare(
            "CPU per chunk of a stream",
            "us",
            Against::Ratio,
            &shape,
            |kind| matches!(kind, Kind::Full | Kind::Other),
            |kind| (kind == Kind::Full).then_some(AtMost(1.3)),
            |sample| sample.cpu.map(|cpu| cpu / chunks),
        )
    }

    /// Answers a second when everybody asks again at once.
    pub(crate) fn throughput(&self) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        let all = [1, 16, 64, 256];
        for connections in all.into_iter().filter(|&n| !self.quick || n == 64) {
            let shape = Shape {
                seconds: Some(self.seconds),
                ..Shape::plain(connections, 300)
            };
            rows.extend(self.compare(
                &format!("requests per second, {connections} connections"),
                "1/s",
                Against::Ratio,
                &shape,
                |kind| matches!(kind, Kind::Full | Kind::Hit | Kind::Other),
                |kind| (connections == 64 && kind == Kind::Full).then_some(AtLeast(0.5)),
                |sample| Some(sample.done.good as f64 / sample.done.seconds),
            )?);
        }
        Ok(rows)
    }

    /// Latency at a constant rate, counted from when each request should have been sent.
    pub(crate) fn latency(&self) -> anyhow::Result<Vec<Row>> {
        let shape = Shape::plain(64, 300).at_rate(500.0, self.seconds);
        let who = |kind| matches!(kind, Kind::Full | Kind::Hit | Kind::Other);
        let samples = self.sample(&shape, who)?;
        let p50 = |s: &Sample| Some(s.done.whole.p50 / 1e3);
        let p99 = |s: &Sample| Some(s.done.whole.p99 / 1e3);
        let none = |_| None;
        let mut rows = samples.rows("latency at 500/s, p50", "ms", Against::Added, none, p50);
        rows.extend(samples.rows("latency at 500/s, p99", "ms", Against::Added, none, p99));
        Ok(rows)
    }

    /// Time to the first byte of a stream.
    pub(crate) fn first(&self) -> anyhow::Result<Vec<Row>> {
        let shape = Shape {
            wanted: Wanted {
                bytes: EVENT,
                chunks: 5,
                interval: Duration::from_millis(2),
            },
            ..Shape::plain(64, 300)
        };
        let samples = self.sample(&shape.at_rate(200.0, self.seconds), |kind| {
            matches!(kind, Kind::Full | Kind::Other)
        })?;
        let reach = |kind| (kind == Kind::Full).then_some(AtMost(0.2));
        let p50 = |s: &Sample| Some(s.done.first.p50 / 1e3);
        let p99 = |s: &Sample| Some(s.done.first.p99 / 1e3);
        let mut rows = samples.rows("time to first token, p50", "ms", Against::Added, reach, p50);
        rows.extend(samples.rows(
            "time to first token, p99",
            "ms",
            Against::Added,
            |_| None,
            p99,
        ));
        Ok(rows)
    }

    /// Resident memory after many requests, and its growth after many more.
    pub(crate) fn memory(&self) -> anyhow::Result<Vec<Row>> {
        let shape = Shape {
            requests: Some(self.memory_requests),
            ..Shape::plain(64, 300)
        };
        let mut rows = Vec::new();
        for (target, kind) in &self.modes {
            let Some(pid) = target.pid.filter(|_| is_whole(*kind)) else {
                continue;
            };
            let ours = *kind == Kind::Full;
            let mut runs = Vec::new();
            for _ in 0..self.memory_runs {
                target.measure(&shape)?;
                runs.push(resident(pid)? as f64 / 1024.0);
            }
            let one = |what: String, value, reach: f64| {
                let mut rounds = Rounds::default();
                rounds.push(0.0, value);
                let reach = ours.then_some(AtMost(reach));
                rounds.row((what, target.name.clone()), "MiB", Against::Nothing, reach)
            };
            let requests = self.memory_requests;
            rows.push(one(
                format!("resident after {requests} requests"),
                runs[0],
                RESIDENT,
            ));
            if let [first, .., last] = runs[..] {
                let times = self.memory_runs;
                rows.push(one(
                    format!("growth after {times} times as many"),
                    last - first,
                    GROWTH,
                ));
            }
        }
        Ok(rows)
    }

    /// One shape, one figure, all targets.
    #[expect(clippy::too_many_arguments, reason = "it is one sentence")]
    fn compare(
        &self,
        what: &str,
        unit: &'static str,
        against: Against,
        shape: &Shape,
        who: impl Fn(Kind) -> bool,
        reach: impl Fn(Kind) -> Option<Reach>,
        value: impl Fn(&Sample) -> Option<f64>,
    ) -> anyhow::Result<Vec<Row>> {
        let samples = self.sample(shape, who)?;
        Ok(samples.rows(what, unit, against, reach, value))
    }

    /// Measures the floor and each target of `who` once a round.
    fn sample(&self, shape: &Shape, who: impl Fn(Kind) -> bool) -> anyhow::Result<Samples<'_>> {
        let chosen = self.modes.iter().filter(|(_, kind)| who(*kind));
        let mut samples = Samples {
            floors: Vec::new(),
            targets: chosen.map(|mode| (mode, Vec::new())).collect(),
        };
        // The first measurement of a shape warms up code and buffers of all, and does not count.
        let short = shape.shortened();
        self.floor.measure(&short)?;
        for ((target, _), _) in &samples.targets {
            target.measure(&short)?;
        }
        for _ in 0..self.rounds {
            samples.floors.push(self.floor.measure(shape)?);
            for ((target, _), taken) in &mut samples.targets {
                taken.push(target.measure(shape)?);
            }
        }
        Ok(samples)
    }
}

/// A shape's samples, round by round.
struct Samples<'b> {
    floors: Vec<Sample>,
    targets: Vec<(&'b (Target, Kind), Vec<Sample>)>,
}

impl Samples<'_> {
    fn rows(
        &self,
        what: &str,
        unit: &'static str,
        against: Against,
        reach: impl Fn(Kind) -> Option<Reach>,
        value: impl Fn(&Sample) -> Option<f64>,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        for ((target, kind), taken) in &self.targets {
            let mut rounds = Rounds::default();
            for (floor, sample) in self.floors.iter().zip(taken) {
                let void = floor.void.as_ref().or(sample.void.as_ref());
                match (void, value(floor).zip(value(sample))) {
                    (Some(why), _) => rounds.void(why.clone()),
                    (None, Some((floor, value))) => rounds.push(floor, value),
                    (None, None) => {}
                }
            }
            rows.push(rounds.row((what, target.name.clone()), unit, against, reach(*kind)));
        }
        rows
    }
}

/// Whether a target is a gateway as it runs, not one of its modes.
fn is_whole(kind: Kind) -> bool {
    matches!(kind, Kind::Full | Kind::Other)
}

/// The row of start times.
pub(crate) fn starts(what: &str, times: &[Duration]) -> Row {
    let mut rounds = Rounds::default();
    for time in times {
        rounds.push(0.0, time.as_secs_f64() * 1e3);
    }
    rounds.row((what, "aig"), "ms", Against::Nothing, Some(AtMost(50.0)))
}
