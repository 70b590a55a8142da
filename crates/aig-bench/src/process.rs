//! The other processes of a measurement: started, spoken to, and ended with their owner.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::load::{Done, Options, READY};
use crate::provider::LISTENING;

/// A process that is killed when it is dropped.
pub(crate) struct Process(Child);

/// A role that listens.
pub(crate) struct Serving {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

/// A load whose connections are open and which waits for its sign.
pub(crate) struct Waiting {
    process: Process,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

// === impl Process ===

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn();
        Ok(Self(
            child.with_context(|| format!("{program} cannot be started"))?,
        ))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Asks it to end, and waits until it has done what it does then.
    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.0), Signal::TERM)?;
        let status = self.0.wait()?;
        ensure!(status.success(), "ended with {status}");
        Ok(())
    }

    /// Standard error, if it is piped; given away once.
    pub(crate) fn stderr(&mut self) -> Option<impl Read + Send + 'static> {
        self.0.stderr.take()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This binary in another role.
fn role(words: &[String]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(words).stdout(Stdio::piped());
    Ok(command)
}

// === impl Serving ===

impl Serving {
    /// Starts `provider` or `floor` and waits until it listens.
    pub(crate) fn start(words: &[&str]) -> anyhow::Result<Self> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let mut process = Process::spawn(role(&words)?.stdin(Stdio::null()))?;
        let stdout = process.0.stdout.take().context("stdout is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().strip_prefix(LISTENING);
        let address = address.with_context(|| format!("{} did not listen", words[0]))?;
        Ok(Self {
            address: address.parse()?,
            process,
        })
    }
}

// === impl Waiting ===

impl Waiting {
    /// Starts a load and waits until its connections are open.
    pub(crate) fn start(options: &Options) -> anyhow::Result<Self> {
        let mut command = role(&words(options))?;
        let mut process = Process::spawn(command.stdin(Stdio::piped()))?;
        let stdin = process.0.stdin.take().context("stdin is piped")?;
        let stdout = process.0.stdout.take().context("stdout is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        match lines.next().transpose()? {
            Some(line) if line == READY => {}
            // What was wrong it has said on standard error.
            _ => bail!("{}{} could not be asked", options.to, options.path),
        }
        Ok(Self {
            process,
            stdin,
            lines,
        })
    }

    /// Lets it send, and waits for what became of it.
    pub(crate) fn go(mut self) -> anyhow::Result<Done> {
        self.stdin.write_all(b"go\n")?;
        let line = self.lines.next().transpose()?;
        let line = line.with_context(|| format!("load {} ended early", self.process.id()))?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// The command line of a load.
fn words(options: &Options) -> Vec<String> {
    let mut words = vec!["load".to_owned()];
    let mut say = |name: &str, value: String| words.push(format!("--{name}={value}"));
    say("to", options.to.to_string());
    say("path", options.path.clone());
    say("connections", options.connections.to_string());
    say("bytes", options.bytes.to_string());
    say("wanted", options.wanted.to_string());
    for header in &options.headers {
        say("header", header.clone());
    }
    if let Some(rate) = options.rate {
        say("rate", rate.to_string());
    }
    if let Some(requests) = options.requests {
        say("requests", requests.to_string());
    }
    if let Some(seconds) = options.seconds {
        say("seconds", seconds.to_string());
    }
    words
}
