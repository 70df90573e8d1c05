//! Other programs: where they are, how they are called, and what is said when they fail.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// The root of the repository, as `cargo run` says. Clones that share a target directory share this program too, so that
/// the folder from which it was compiled may be another clone's.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().expect("this package is a folder of the repository").to_owned()
}

/// Where builds, tools and brokers are kept from one clone to the next.
pub fn cache() -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| env::home_dir().map(|home| home.join(".cache")));
    cache.unwrap_or_else(env::temp_dir).join("segflow")
}

/// Where cargo builds: outside the clone, so that RocksDB is compiled once.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| cache().join("target"), PathBuf::from)
}

/// A call of a program from the root of the repository.
pub fn program(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.current_dir(root()).env("CARGO_TARGET_DIR", target());
    command
}

/// A call of cargo, its arguments separated by spaces.
pub fn cargo(arguments: &str) -> Command {
    let mut command = program(env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from));
    command.args(arguments.split_whitespace());
    command
}

/// A call of the `segflow` command that was built last.
pub fn segflow() -> Command {
    program(target().join("release/segflow"))
}

/// A call of a program that says its wall time, its user time and its peak memory on standard error.
pub fn timed(command: &Command) -> Command {
    let mut timed = program("/usr/bin/time");
    timed.args(["-f", "%e s, %U s of user time, peak memory %M KiB"]);
    timed.arg(command.get_program()).args(command.get_args());
    timed
}

/// Runs a program to its end.
///
/// # Errors
/// If it cannot be started or fails; the message names the call.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if status.success() { Ok(()) } else { bail!("{}: {status}", shown(command)) }
}

/// What a program writes to standard output.
///
/// # Errors
/// As for [`run`], and if it is no text.
pub fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        bail!("{}: {}", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} wrote no text", shown(command)))
}

/// Starts programs of which each reads what the one before it writes.
///
/// # Errors
/// If one cannot be started.
pub fn pipe(commands: impl IntoIterator<Item = Command>) -> Result<Vec<Running>> {
    let mut running: Vec<Running> = Vec::new();
    let mut commands = commands.into_iter().peekable();
    while let Some(mut command) = commands.next() {
        if let Some(before) = running.last_mut() {
            command.stdin(before.child.stdout.take().expect("it is piped"));
        }
        if commands.peek().is_some() {
            command.stdout(Stdio::piped());
        }
        running.push(Running::start(command)?);
    }
    Ok(running)
}

/// A program that is running. It is killed when this is dropped.
pub struct Running {
    child: Child,
    shown: String,
}

impl Running {
    /// # Errors
    /// If it cannot be started.
    pub fn start(mut command: Command) -> Result<Self> {
        let shown = shown(&command);
        let child = command.spawn().with_context(|| format!("cannot start {shown}"))?;
        Ok(Self { child, shown })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// # Errors
    /// If it has ended.
    pub fn still(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{}: {status}", self.shown),
            None => Ok(()),
        }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// If it fails.
    pub fn end(&mut self) -> Result<()> {
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { bail!("{}: {status}", self.shown) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended; nothing is left to do then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
