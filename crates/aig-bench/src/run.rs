//! The conductor: starts everybody, has the experiments done, prints what came of them.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::experiments::{Bench, Kind, starts};
use crate::gateway::{Aig, Home, Mode};
use crate::process::Serving;
use crate::report::{Report, Row};
use crate::target::Target;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// A look, in under a minute.
    #[arg(long)]
    quick: bool,
    /// Also write everything as JSON into this file; `-` is standard output, without the table.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only these experiments: cpu, chunks, throughput, latency, first, memory, start.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    only: Vec<String>,
    /// How many rounds each experiment has.
    #[arg(long)]
    rounds: Option<u32>,
    /// How long one measurement takes, in seconds.
    #[arg(long)]
    seconds: Option<f64>,
    /// How many times the requests after which memory is looked at are repeated, to see growth.
    #[arg(long, default_value_t = 1)]
    memory_runs: u32,
    /// Another gateway to measure: the http:// URL under which it takes chat completions and
    /// forwards them to the provider (see --provider-port).
    #[arg(long)]
    url: Option<String>,
    /// A header that the other gateway wants, as `name: value`.
    #[arg(long = "url-header", requires = "url")]
    url_headers: Vec<String>,
    /// The process of the other gateway, if its CPU and memory are to be measured.
    #[arg(long, requires = "url")]
    url_pid: Option<u32>,
    /// The port of 127.0.0.1 on which the provider is to listen, for other gateways' settings.
    #[arg(long, default_value_t = 0)]
    provider_port: u16,
    /// The `aig` to measure; cargo xtask bench builds one where none is named.
    #[arg(long, value_name = "FILE")]
    aig: PathBuf,
}

type Experiment = fn(&Bench) -> anyhow::Result<Vec<Row>>;

const EXPERIMENTS: [(&str, Experiment); 6] = [
    // What long bodies and many connections leave behind is not asked here.
    ("memory", Bench::memory),
    ("cpu", Bench::cpu),
    ("chunks", Bench::chunks),
    ("throughput", Bench::throughput),
    ("latency", Bench::latency),
    ("first", Bench::first),
];
const START: &str = "start";

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    for name in &options.only {
        let known = EXPERIMENTS.iter().any(|(known, _)| name == known) || name == START;
        ensure!(known, "there is no experiment {name:?}; see --help");
    }
    let wanted =
        |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);

    let there = options.aig.exists();
    ensure!(
        there,
        "there is no {}; cargo xtask dist builds one",
        options.aig.display()
    );
    let port = options.provider_port.to_string();
    let provider = Serving::start(&["provider", "--port", &port])?;
    let floor = Serving::start(&["floor", "--to", &provider.address.to_string()])?;
    let mut rows = Vec::new();
    let (mut aig, fresh) = Home::new(&options.aig, provider.address)?.start()?;
    if wanted(START) {
        rows.push(starts("first start until ready", &[fresh]));
        let times;
        (aig, times) = restarts(aig, if options.quick { 5 } else { 11 })?;
        rows.push(starts("start until ready", &times));
    }
    aig.set_up()?;

    let bench = bench(options, &floor, &aig)?;
    for (name, experiment) in EXPERIMENTS {
        if wanted(name) {
            eprintln!("{name} …");
            let measured = experiment(&bench).with_context(|| format!("the experiment {name}"))?;
            rows.extend(measured);
        }
    }
    let features = aig.features.clone();
    print(&Report { features, rows }, options)?;
    aig.end()?;
    Ok(ExitCode::SUCCESS)
}

/// Starts again and again on the same directory.
fn restarts(mut aig: Aig, times: u32) -> anyhow::Result<(Aig, Vec<Duration>)> {
    let mut all = Vec::new();
    for _ in 0..times {
        let took;
        (aig, took) = aig.kill().start()?;
        all.push(took);
    }
    Ok((aig, all))
}

fn bench(options: &Options, floor: &Serving, aig: &Aig) -> anyhow::Result<Bench> {
    let floor = Target {
        name: "floor".to_owned(),
        to: floor.address,
        path: "/v1/chat/completions".to_owned(),
        headers: vec!["authorization: Bearer sk-of-the-provider".to_owned()],
        pid: Some(floor.process.id()),
        log: None,
    };
    let works = |feature: &str| aig.features.contains(&(feature, true));
    // A mode whose feature is not there would be another mode under a wrong name.
    let there = Mode::ALL.into_iter().filter(|mode| match mode {
        Mode::Bodies => true,
        Mode::Rows => works("bodies in logs"),
        Mode::Off => true,
        Mode::Hit => works("cache"),
    });
    let mut modes: Vec<_> = there
        .map(|mode| {
            let kind = match mode {
                Mode::Bodies => Kind::Full,
                Mode::Rows => Kind::Rows,
                Mode::Off => Kind::Off,
                Mode::Hit => Kind::Hit,
            };
            (aig.target(mode), kind)
        })
        .collect();
    if let Some(url) = &options.url {
        let other = Target::at(url, options.url_headers.clone(), options.url_pid)?;
        modes.push((other, Kind::Other));
    }
    Ok(Bench {
        floor,
        modes,
        rounds: options.rounds.unwrap_or(if options.quick { 3 } else { 5 }),
        seconds: options
            .seconds
            .unwrap_or(if options.quick { 1.0 } else { 3.0 }),
        memory_requests: if options.quick { 10_000 } else { 100_000 },
        memory_runs: options.memory_runs.max(1),
        quick: options.quick,
    })
}

fn print(report: &Report, options: &Options) -> anyhow::Result<()> {
    match &options.json {
        Some(path) if path.as_os_str() == "-" => {
            println!("{}", serde_json::to_string_pretty(report)?);
        }
        json => {
            print!("{}", report.table());
            if let Some(path) = json {
                std::fs::write(path, serde_json::to_vec_pretty(report)?)
                    .with_context(|| format!("{} cannot be written", path.display()))?;
            }
        }
    }
    Ok(())
}
