//! `segflow audit`: what was decided, decided again from journal and topics; or what was known of one customer then.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::Poll;
use std::time::{Duration, Instant as Clock};

use anyhow::{Context, Result, anyhow, bail};
use segflow_backtest::portrait::{Portrait, customer_id};
use segflow_core::ENGINE_VERSION;
use segflow_core::digest::Digest;
use segflow_core::event::{CustomerId, Family};
use segflow_core::journal::{Counts, Record as Journal};
use segflow_core::time::Instant;
use segflow_kafka::KafkaPast;
use segflow_runtime::audit::{Audit as TaskAudit, Audited, Step};
use segflow_runtime::config::Config as Runtime;
use segflow_runtime::error::TaskError;
use segflow_runtime::log::{LogError, Past, Task};
use segflow_runtime::rules::Rulebook;
use segflow_runtime::shelf::Shelf;
use segflow_snapshot::Within;
use segflow_wire::partition_of;

use super::run::{Stores, runtime};
use crate::config::Config;
use crate::segmentation::load;

/// How long to wait for an answer of the cluster.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many of an epoch's changes are shown where it differs.
const SHOWN: usize = 20;

/// Decide the journal again from the inputs and compare the digests, epoch by epoch; or show one customer as of an instant.
///
/// Topics are only read. Everything is decided in a folder that is removed at the end, from the beginning of the journal or,
/// where it was trimmed, from the oldest snapshot. Exits with 1 at the first difference.
#[derive(clap::Args)]
pub struct Audit {
    /// The configuration of `segflow run`
    #[arg(long)]
    config: PathBuf,
    /// Only this task; may be repeated. Not given: all
    #[arg(long)]
    task: Vec<u32>,
    /// Compare epochs whose cycle began at this instant (RFC 3339) or later; those before it are decided all the same
    #[arg(long)]
    from: Option<Instant>,
    /// Stop before the first epoch whose cycle began at this instant or later; not given: at the present end of the journal
    #[arg(long)]
    to: Option<Instant>,
    /// Instead, show what was known of this customer and decided, by which rules, after the last epoch up to `--at`
    #[arg(long, requires = "at", conflicts_with_all = ["task", "from", "to"], value_parser = customer_id)]
    customer: Option<CustomerId>,
    /// The instant (RFC 3339), by the clock of the service
    #[arg(long, requires = "customer")]
    at: Option<Instant>,
}

impl Audit {
    pub fn run(self) -> Result<()> {
        let config = Config::read(&self.config)?;
        let rulebook = Rulebook::new(Arc::new(load(&config.segmentation)?));
        let mut past = KafkaPast::new(config.kafka(0)?);
        let partitions = awaited(&mut past, |past| Ok(Poll::Ready(past.partitions()?)))?;
        let scratch = tempfile::tempdir().context("cannot make a folder to decide in")?;
        let shared = segflow_store::Shared::new(config.store_settings());
        let stores = Stores { shared, shelf: Shelf::new(Duration::ZERO), keeper: None };
        let mut runtime = runtime(&config, &rulebook, partitions, &stores);
        runtime.state_dir = scratch.path().to_owned();
        let mut auditor = Auditor { config, runtime, past };
        match (&self.customer, self.at) {
            (Some(customer), Some(at)) => auditor.show(customer, at),
            _ => auditor.compare(&self.tasks(partitions)?, self.from, self.to),
        }
    }

    fn tasks(&self, partitions: u32) -> Result<Vec<Task>> {
        if let Some(beyond) = self.task.iter().find(|task| **task >= partitions) {
            bail!("--task: expected one of 0 to {}, found {beyond}", partitions - 1);
        }
        let all = || (0..partitions).collect();
        let tasks: Vec<u32> = if self.task.is_empty() { all() } else { self.task.clone() };
        Ok(tasks.into_iter().map(Task).collect())
    }
}

struct Auditor {
    config: Config,
    runtime: Runtime,
    past: KafkaPast,
}

/// What comparing came to.
#[derive(Default)]
struct Compared {
    epochs: u64,
    changes: u64,
    digest: Digest,
}

impl Auditor {
    fn compare(&mut self, tasks: &[Task], from: Option<Instant>, to: Option<Instant>) -> Result<()> {
        let mut all = Compared::default();
        for task in tasks {
            let mut mine = Compared::default();
            self.each(*task, to, |audited| {
                if from.is_some_and(|from| audited.record.w < from) {
                    return Ok(());
                }
                if !audited.agrees() {
                    return Err(difference(*task, audited));
                }
                (mine.epochs, mine.changes) = (mine.epochs + 1, mine.changes + audited.counts.changes);
                mine.digest.merge(audited.digest);
                Ok(())
            })?;
            println!("task {}: {} epochs, {} changes, equal", task.0, mine.epochs, mine.changes);
            (all.epochs, all.changes) = (all.epochs + mine.epochs, all.changes + mine.changes);
            all.digest.merge(mine.digest);
        }
        println!(
            "{} epochs of {} tasks, {} changes, equal: digest {}",
            all.epochs,
            tasks.len(),
            all.changes,
            all.digest
        );
        Ok(())
    }

    fn show(&mut self, customer: &CustomerId, at: Instant) -> Result<()> {
        let intake = &self.runtime.intake;
        let partitioner = intake.topic(Family::Profiles).partitioner;
        let task = Task(partition_of(customer.as_str().as_bytes(), intake.partitions, partitioner));
        let mut audit = self.each(task, Some(at.plus_ms(1)), |_| Ok(()))?;
        let nothing = || anyhow!("nothing was known of customer {customer} by {at}");
        let last = audit.last().cloned().ok_or_else(nothing)?;
        let known = audit.customer(customer)?.ok_or_else(nothing)?;
        println!("as of epoch {} of task {}, {}\n", last.epoch, task.0, of(&last));
        let (state, segmentation, decided_up_to) = (&known.state, &*known.segmentation, known.decided_up_to);
        print!("{}", Portrait { customer, state, segmentation, decided_up_to });
        Ok(())
    }

    /// Decides every epoch of a task again, up to the present end of its journal or the first whose cycle began at `to`.
    fn each(
        &mut self,
        task: Task,
        to: Option<Instant>,
        mut see: impl FnMut(&Audited) -> Result<()>,
    ) -> Result<TaskAudit> {
        let last = self.awaited(|past| past.journal_last(task).map_err(TaskError::from))?;
        let end = last.map_or(0, |last| last.epoch);
        let mut audit = TaskAudit::open(&self.runtime, task)?;
        while audit.epoch() < end {
            let (runtime, is_new) = (&self.runtime, audit.epoch() == 0);
            let step = awaited(&mut self.past, |past| match audit.step(runtime, past, to)? {
                Step::Waiting => Ok(Poll::Pending),
                step => Ok(Poll::Ready(step)),
            });
            match step {
                Ok(Step::Epoch(audited)) => see(&audited)?,
                Ok(Step::End | Step::Waiting) => break,
                Err(TaskError::Gone(why)) if is_new => {
                    drop(audit);
                    audit = self.from_snapshot(task, &why)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.past.forget(task);
        Ok(audit)
    }

    /// Where a journal was trimmed it begins with the oldest snapshot, whose states are taken as they are.
    fn from_snapshot(&mut self, task: Task, why: &str) -> Result<TaskAudit> {
        let snapshots = self.config.snapshots.open(&self.config.application)?;
        let snapshots = snapshots.with_context(|| format!("{why}, and `snapshots.url` names no snapshots"))?;
        let oldest = snapshots.list(task.0)?.into_iter().rev().find_map(|(_, manifest)| manifest.ok());
        let oldest = oldest.with_context(|| format!("{why}, and there is no snapshot of it"))?;
        let (directory, within) =
            (self.runtime.task_dir(task), Within { at_most: Some(oldest.epoch), last_resort: None });
        std::fs::remove_dir_all(&directory).with_context(|| format!("cannot clear {}", directory.display()))?;
        let restored = snapshots.restore(task.0, &within, &directory, &AtomicBool::new(false))?;
        let restored = restored.with_context(|| format!("{why}, and no snapshot of it is sound"))?;
        println!(
            "task {}: its journal was trimmed; begins with the snapshot of epoch {}",
            task.0, restored.manifest.epoch
        );
        let mut audit = TaskAudit::open(&self.runtime, task)?;
        let runtime = &self.runtime;
        awaited(&mut self.past, |past| Ok(if audit.ready(runtime, past)? { Poll::Ready(()) } else { Poll::Pending }))?;
        Ok(audit)
    }

    fn awaited<T>(&mut self, ask: impl FnMut(&mut KafkaPast) -> Result<Poll<T>, TaskError>) -> Result<T> {
        Ok(awaited(&mut self.past, ask)?)
    }
}

/// Asks until there is an answer; for a while also a cluster that does not give one.
fn awaited<T>(
    past: &mut KafkaPast,
    mut ask: impl FnMut(&mut KafkaPast) -> Result<Poll<T>, TaskError>,
) -> Result<T, TaskError> {
    let asked = Clock::now();
    loop {
        match ask(past) {
            Ok(Poll::Ready(answer)) => return Ok(answer),
            Ok(Poll::Pending) if asked.elapsed() < PATIENCE => {}
            Ok(Poll::Pending) => return Err(LogError::Retry(format!("no answer within {PATIENCE:?}")).into()),
            Err(TaskError::Log(LogError::Retry(_))) if asked.elapsed() < PATIENCE => {}
            Err(error) => return Err(error),
        }
    }
}

/// When, by what rules and by which release an epoch was decided.
fn of(record: &Journal) -> String {
    format!(
        "whose cycle began at {}, by the segmentation of hash {}, release {}",
        record.w, record.segmentation_hash, record.engine_version
    )
}

/// Shows both sides of an epoch that differs.
fn difference(task: Task, audited: &Audited) -> anyhow::Error {
    let Audited { before, record, counts, digest, changes } = audited;
    println!("task {} epoch {} differs: {} (this is {ENGINE_VERSION})", task.0, record.epoch, of(record));
    for (family, now) in &record.inputs {
        let from = before.get(family).copied().unwrap_or_default().offset;
        if from < now.offset {
            println!("  it read {} from offset {from} up to and without {}", family.name(), now.offset);
        }
    }
    println!("  {:<12} {:>12} {:>12}", "", "journal", "now");
    let figures = |counts: &Counts| {
        let Counts { read, folded, duplicates, forgotten, conflicts, late, dead_letters, changes } = *counts;
        [read, folded, duplicates, forgotten, conflicts, late, dead_letters, changes]
    };
    let names = ["read", "folded", "duplicates", "forgotten", "conflicts", "late", "dead letters", "changes"];
    for (name, (then, now)) in names.into_iter().zip(figures(&record.counts).into_iter().zip(figures(counts))) {
        println!("  {name:<12} {then:>12} {now:>12}");
    }
    println!("  digest of the changes in the journal {}", record.digest);
    println!("  digest of the changes decided now    {digest}");
    println!("  decided now:");
    for change in changes.iter().take(SHOWN) {
        let core = &change.core;
        let name = |segment: &Option<String>| segment.clone().unwrap_or_else(|| "none".to_owned());
        let (customer, dimension, at) = (&core.customer_id, &core.dimension, core.effective_at);
        println!("    {customer} {dimension}: {} -> {} at {at}, {}", name(&core.from), name(&core.to), core.change_id);
    }
    if changes.len() > SHOWN {
        println!("    and {} more", changes.len() - SHOWN);
    }
    anyhow!(
        "task {} epoch {}: an input, the journal or the release is not what it was; what was written stands in the \
         topic of changes under the same change ids",
        task.0,
        record.epoch
    )
}
