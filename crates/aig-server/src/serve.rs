//! `aig serve`: the real thing. Runs a house until a signal says to stop.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::config::{Flags, LogConfig, LogFormat};
use crate::house::House;
use crate::print;

/// Runs until SIGTERM or SIGINT, then drains; a second signal ends at once.
pub(crate) async fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let (config, log) = flags.resolve()?;
    start_log(&log)?;
    let data_dir = config.data_dir.clone();
    let mut house = House::start(config).await?;
    tracing::info!(
        address = %house.address(),
        control = %house.control_address(),
        data_dir = %data_dir.display(),
        "listening"
    );
    if let Some(first) = house.take_first_start() {
        print::first_start(&house, &first);
    }
    until_stopped(house).await
}

/// Waits for the first signal, drains, and gives up draining at the second.
pub(crate) async fn until_stopped(house: House) -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut wait = async || {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    };
    let name = wait().await;
    tracing::info!(signal = name, "stopping; open requests may end");
    let draining = house.stop();
    tokio::pin!(draining);
    tokio::select! {
        () = &mut draining => {
            tracing::info!("stopped");
            Ok(ExitCode::SUCCESS)
        }
        name = wait() => {
            tracing::warn!(signal = name, "stopped at once; open requests are cut");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Sends the process's log to standard error, one line per event.
pub(crate) fn start_log(log: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)
        .map_err(|error| anyhow::anyhow!("log filter {:?}: {error}", log.filter))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
