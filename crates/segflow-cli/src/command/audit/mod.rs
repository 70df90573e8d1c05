//! `segflow audit`: decides again, from journal and topics, what was decided; or shows one customer as of an instant.

mod begin;
mod compare;
mod customer;
mod difference;
mod written;

use std::fmt::{self, Display, Formatter};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use segflow_core::event::{CustomerId, Family};
use segflow_core::time::Timestamp;
use segflow_kafka::KafkaPast;
use segflow_runtime::config::Config as Runtime;
use segflow_runtime::directories::remove_directory;
use segflow_runtime::error::TaskError;
use segflow_runtime::log::{LogError, Past, TaskId};
use segflow_runtime::recovery::audit::{Audit as TaskAudit, AuditStep, Audited};
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::worker::store_pool::StorePool;
use segflow_store::StoreMemory;

use super::customer_id;
use crate::config::{Config, Stores};
use crate::interrupt::listen;
use crate::segmentation::load;
use crate::terminal;

/// The longest wait for something new from the cluster.
const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two attempts while the cluster does not answer.
const PAUSE: Duration = Duration::from_millis(200);

/// Decide the journal again from the inputs and compare, epoch by epoch; or show one customer as of an instant.
///
/// Topics are only read. Everything is decided in a folder for temporary files that is removed at the end, from the
/// beginning of the journal or, where it was trimmed, from the oldest snapshot from which journal and inputs still reach
/// on.
#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 equal, 1 it could not be audited, 2 wrong usage, 3 something differs. Topics are only read."
)]
pub struct Audit {
    /// The configuration of `segflow run`
    #[arg(long)]
    config: PathBuf,
    /// Only this task, that is partition; may be repeated. Not given: all
    #[arg(long)]
    task: Vec<u32>,
    /// Compare epochs whose cycle began at this instant (RFC 3339) or later; those before it are decided all the same
    #[arg(long)]
    from: Option<Timestamp>,
    /// Stop before the first epoch whose cycle began at this instant or later; not given: at the present end of the journal
    #[arg(long)]
    to: Option<Timestamp>,
    /// Instead, show what was known of this customer and decided, and by which rules, after the last cycle that had begun
    /// by `--at`
    #[arg(long, requires = "at", conflicts_with_all = ["task", "from", "to"], value_parser = customer_id)]
    customer: Option<CustomerId>,
    /// The instant (RFC 3339), by the clock of the service
    #[arg(long, requires = "customer")]
    at: Option<Timestamp>,
}

/// Something is decided differently now than the journal says.
#[derive(Debug)]
pub struct Differs(String);

impl Display for Differs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Differs {}

impl Audit {
    /// # Errors
    /// [`Differs`], or why it could not be audited.
    pub fn run(self) -> Result<()> {
        if let (Some(from), Some(to)) = (self.from, self.to) {
            ensure!(from < to, "--to: expected an instant after --from {from}, found {to}");
        }
        let config = Config::read(&self.config)?;
        let rulebook = Rulebook::new(Arc::new(load(&config.segmentation)?));
        let scratch = tempfile::Builder::new().prefix("segflow-audit-").tempdir();
        let scratch = scratch.context("cannot make a folder to decide in; TMPDIR says where")?;
        let interrupted = Arc::new(AtomicBool::new(false));
        listen(&interrupted)?;
        let mut past = KafkaPast::new(config.kafka(0)?);
        let partitions = answer(&mut past, &interrupted, |past| Ok(Poll::Ready(past.partitions()?)))?;
        let memory = StoreMemory::new(config.store.settings());
        let stores = Stores { memory, cache: config.store.cache(), pool: StorePool::default(), keeper: None };
        let mut runtime = config.runtime(&rulebook, partitions, &stores);
        runtime.state_dir = scratch.path().to_owned();
        let mut auditor = Auditor { config, runtime, past, interrupted };
        match (&self.customer, self.at) {
            (Some(customer), Some(at)) => auditor.show(customer, at),
            _ => auditor.compare(&self.tasks(partitions)?, self.from, self.to),
        }
    }

    fn tasks(&self, partitions: u32) -> Result<Vec<TaskId>> {
        if let Some(beyond) = self.task.iter().find(|task| **task >= partitions) {
            bail!("--task: expected one of 0 to {}, found {beyond}", partitions - 1);
        }
        let mut tasks = if self.task.is_empty() { (0..partitions).collect() } else { self.task.clone() };
        tasks.sort_unstable();
        tasks.dedup();
        Ok(tasks.into_iter().map(TaskId).collect())
    }
}

/// Reads the topics and decides again what they hold.
struct Auditor {
    config: Config,
    runtime: Runtime,
    past: KafkaPast,
    interrupted: Arc<AtomicBool>,
}

impl Auditor {
    /// Decides every epoch of a task again, up to an epoch and before the first whose cycle began at `to`, as long as
    /// `see` goes on.
    fn each(
        &mut self,
        task: TaskId,
        audit: &mut TaskAudit,
        (end, to): (u64, Option<Timestamp>),
        mut see: impl FnMut(Audited) -> ControlFlow<()>,
    ) -> Result<()> {
        let bar = progress(task, end);
        while audit.epoch() < end {
            let step = self.asked(|runtime, past| match audit.step(runtime, past, to)? {
                AuditStep::Waiting => Ok(Poll::Pending),
                step => Ok(Poll::Ready(step)),
            });
            match step.with_context(|| format!("task {}, after epoch {}", task.0, audit.epoch()))? {
                AuditStep::Epoch(audited) => {
                    bar.set_position(audited.record.epoch);
                    if see(*audited).is_break() {
                        break;
                    }
                }
                AuditStep::Part | AuditStep::Waiting => {}
                AuditStep::End => break,
            }
        }
        Ok(())
    }

    /// Ends the audit of a task and clears its room on disk: only one task needs room at a time.
    fn leave(&mut self, task: TaskId, audit: TaskAudit) -> Result<()> {
        drop(audit);
        self.past.forget(task);
        clear(&self.runtime.task_dir(task))
    }

    /// The last epoch of a task's journal; 0 if it has none.
    fn end(&mut self, task: TaskId) -> Result<u64> {
        let last = self.asked(|_, past| Ok(past.journal_last(task)?))?;
        Ok(last.map_or(0, |last| last.epoch))
    }

    fn asked<T>(&mut self, mut ask: impl FnMut(&Runtime, &mut KafkaPast) -> Result<Poll<T>, TaskError>) -> Result<T> {
        answer(&mut self.past, &self.interrupted, |past| ask(&self.runtime, past))
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn topic(&self, family: Family) -> &str {
        self.runtime.topic(family)
    }
}

/// Asks until there is an answer, and no longer than [`PATIENCE`] for one that is new.
fn answer<T>(
    past: &mut KafkaPast,
    interrupted: &AtomicBool,
    mut ask: impl FnMut(&mut KafkaPast) -> Result<Poll<T>, TaskError>,
) -> Result<T> {
    let asked = Instant::now();
    loop {
        ensure!(!interrupted.load(Ordering::Relaxed), "interrupted");
        match ask(past) {
            Ok(Poll::Ready(answer)) => return Ok(answer),
            Ok(Poll::Pending) => {
                ensure!(asked.elapsed() < PATIENCE, "the cluster gives nothing new within {PATIENCE:?}")
            }
            Err(TaskError::Log(LogError::Retry(_))) if asked.elapsed() < PATIENCE => thread::sleep(PAUSE),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Shows on a terminal how far a task has come, until it is dropped.
fn progress(task: TaskId, end: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} epoch {pos} of {len}  {eta} left");
    let bar = ProgressBar::new(end).with_message(format!("task {}", task.0)).with_finish(ProgressFinish::AndClear);
    bar.set_style(style.expect("a progress line of our own"));
    bar
}

/// Removes a folder, if it is there.
fn clear(directory: &Path) -> Result<()> {
    remove_directory(directory).with_context(|| format!("cannot clear {}", directory.display()))
}

/// Writes to standard output, which may be a pipe that was closed.
fn print(text: &str) -> Result<()> {
    terminal::print(format_args!("{text}"))
}
