//! `aig serve`: the real thing. Runs a house until a signal says to stop.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::config::{Flags, LogConfig, LogFormat};
use crate::house::House;
use crate::print;

/// The signals that say to stop. Made before anything that must be left in order.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
}

/// Runs until SIGTERM, SIGINT or SIGHUP, then drains; a second signal ends at once.
pub(crate) async fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let (config, log) = flags.resolve()?;
    start_log(&log)?;
    let signals = Signals::listen()?;
    let data_dir = config.data_dir.clone();
    let mut house = House::start(config).await?;
    // Before the line that others wait for: whoever reads it may end this process.
    if let Some(first) = house.take_first_start() {
        print::first_start(&house, &first)?;
    }
    if shows_control_to_others(house.address(), house.control_address()) {
        tracing::warn!(
            address = %house.address(),
            "the control plane, and /metrics without a token, are there for whoever reaches this \
             address; --control-listen gives them one of their own"
        );
    }
    tracing::info!(
        address = %house.address(),
        control = %house.control_address(),
        data_dir = %data_dir.display(),
        "listening"
    );
    until_stopped(house, signals).await
}

/// Whether the control side stands beside the data plane where other machines can reach it. Whoever
/// gave it an address of its own has chosen who does.
fn shows_control_to_others(data: SocketAddr, control: SocketAddr) -> bool {
    data == control && !data.ip().to_canonical().is_loopback()
}

/// Waits for the first signal and drains; cuts what is open at the second, and leaves at the third
/// even if the last rows of the log are not written.
pub(crate) async fn until_stopped(house: House, mut signals: Signals) -> anyhow::Result<ExitCode> {
    let name = signals.next().await;
    tracing::info!(signal = name, "stopping; open requests may end");
    let hurry = house.hurry();
    let draining = house.stop();
    tokio::pin!(draining);
    tokio::select! {
        () = &mut draining => {
            tracing::info!("stopped");
            Ok(ExitCode::SUCCESS)
        }
        name = signals.next() => {
            tracing::warn!(signal = name, "stopping at once; open requests are cut");
            hurry.cut();
            tokio::select! {
                () = &mut draining => tracing::info!("stopped"),
                name = signals.next() => tracing::warn!(signal = name, "stopped in the middle"),
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

impl Signals {
    /// From now on the signals wait here and do not end the process.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            // `nohup` has it ignored, and means that.
            hangup: match ignored(SignalKind::hangup()) {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
        })
    }

    /// The name of the next one.
    pub(crate) async fn next(&mut self) -> &'static str {
        let hangup = async {
            match &mut self.hangup {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = hangup => "SIGHUP",
        }
    }
}

/// Whether whoever started this process has it ignore the signal. Read from Linux's table, because
/// asking the C library takes unsafe code; elsewhere nothing counts as ignored.
fn ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (kind.as_raw_value() - 1) & 1 == 1)
}

/// Sends the process's log to standard error, one line per event; coloured for a terminal only.
pub(crate) fn start_log(log: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)
        .map_err(|error| anyhow::anyhow!("log filter {:?}: {error}", log.filter))?;
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal() && !plain)
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
