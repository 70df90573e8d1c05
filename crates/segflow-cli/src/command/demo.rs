//! `segflow demo`: a simulated portfolio through the real cycle, with RocksDB and the embedded log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use segflow_core::change::Core;
use segflow_core::clock::{ClockSettings, Idle, Role};
use segflow_core::digest::{self, Digest};
use segflow_core::event::{Event, Family};
use segflow_core::segmentation::Segmentation;
use segflow_explain::sentence::sentence;
use segflow_portfolio::{Portfolio, PortfolioSettings};
use segflow_runtime::config::{Commit, Config, Input, Outputs};
use segflow_runtime::log::local::{LocalBroker, LocalLog, NewRecord};
use segflow_runtime::log::{Sink, TaskId};
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::status::{Phase, Status};
use segflow_runtime::worker::Worker;
use segflow_wire::{Encoding, Intake, Partitioner, partition_of};

use crate::terminal::say;

/// The segmentation of the demo, also on disk as `deploy/segmentations/demo.yaml`.
const SEGMENTATION: &str = include_str!("../../../../deploy/segmentations/demo.yaml");
const PARTITIONS: u32 = 4;
/// How many changes are shown in words.
const SAMPLE: usize = 16;

/// Run a simulated portfolio through the real cycle, without a broker.
///
/// Same customers, days and seed, same digest.
#[derive(clap::Args)]
pub struct Demo {
    /// How many customers
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    customers: u32,
    /// How many days from 2026-01-01 on
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    /// What the simulation's chance is drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Demo {
    pub fn run(self) -> Result<()> {
        let loaded = Segmentation::load("demo.yaml", SEGMENTATION).context("the demo's own segmentation")?;
        let segmentation = Arc::new(loaded.segmentation);
        let settings = PortfolioSettings {
            customers: self.customers,
            days: self.days,
            seed: self.seed,
            ..PortfolioSettings::default()
        };
        say!(
            "{} customers over {} days from {}, seed {}, decided by {} version {}",
            self.customers,
            self.days,
            settings.start,
            self.seed,
            segmentation.name,
            segmentation.version
        )?;
        let mut stage = Stage::new(&segmentation)?;
        let started = Instant::now();
        let bar = ProgressBar::new(u64::from(self.days));
        bar.set_style(ProgressStyle::with_template("{bar:40} day {pos} of {len}  {msg}").context("a progress line")?);
        let mut day = None;
        let mut days = 0;
        for event in Portfolio::new(settings).events() {
            let today = segmentation.zone.date_of(event.recorded_at);
            if day.is_some_and(|day| day != today) {
                stage.settle(&bar)?;
                days += 1;
                bar.set_position(days);
            }
            day = Some(today);
            stage.append(&event);
        }
        stage.settle(&bar)?;
        bar.finish_and_clear();
        stage.report(started.elapsed())
    }
}

/// The embedded log with one worker on it, and what has been seen of its output.
struct Stage {
    segmentation: Arc<Segmentation>,
    broker: LocalBroker,
    worker: Worker<LocalLog>,
    status: Arc<Status>,
    /// How many changes of each task have been seen.
    seen: Vec<usize>,
    tally: Tally,
    sampled: BTreeSet<(String, String)>,
    events: u64,
    /// Removed with everything in it at the end.
    _state: tempfile::TempDir,
}

#[derive(Default)]
struct Tally {
    changes: u64,
    digest: Digest,
    /// Customers in, and moves into, each segment.
    population: BTreeMap<(String, String), i64>,
    moves: BTreeMap<(String, String), u64>,
}

impl Tally {
    fn add(&mut self, core: &Core) {
        self.changes += 1;
        self.digest.merge(Digest::of(digest::PRESENT, [core]));
        let key = |segment: &String| (core.dimension.clone(), segment.clone());
        if let Some(from) = &core.from {
            *self.population.entry(key(from)).or_default() -= 1;
        }
        if let Some(to) = &core.to {
            *self.population.entry(key(to)).or_default() += 1;
            *self.moves.entry(key(to)).or_default() += 1;
        }
    }
}

impl Stage {
    fn new(segmentation: &Arc<Segmentation>) -> Result<Self> {
        let state = tempfile::Builder::new().prefix("segflow-demo-").tempdir().context("cannot keep state")?;
        let currency = segmentation.currency.clone();
        let inputs = Family::ALL.map(|family| (family, Input { topic: family.default_topic(), role: Role::Gate }));
        let config = Config {
            segmentation: Rulebook::new(Arc::clone(segmentation)),
            intake: Arc::new(Intake::uniform(Encoding::Json, Partitioner::Murmur2, PARTITIONS, currency)),
            inputs: inputs.into_iter().collect(),
            outputs: Outputs { changes: Encoding::Json, segments: Encoding::Json },
            clock: ClockSettings { grace_ms: 0, idle: Idle::RecordTime },
            max_host_skew_ms: None,
            commit: Commit { interval: Duration::from_millis(1), ..Commit::default() },
            cache: crate::config::Store::default().cache(),
            state_dir: state.path().to_owned(),
            shadow: None,
            snapshots: None,
            store: segflow_store::StoreMemory::new(segflow_store::StoreSettings::default()),
            time: segflow_runtime::time::Monotonic::Real,
            store_pool: segflow_runtime::worker::store_pool::StorePool::default(),
            release: segflow_runtime::config::Release::default(),
        };
        let broker = LocalBroker::new(PARTITIONS);
        let status = Arc::new(Status::default());
        let worker = Worker::new("demo", Arc::new(config), broker.attach("demo"), Arc::clone(&status));
        Ok(Self {
            segmentation: Arc::clone(segmentation),
            broker,
            worker,
            status,
            seen: vec![0; PARTITIONS as usize],
            tally: Tally::default(),
            sampled: BTreeSet::new(),
            events: 0,
            _state: state,
        })
    }

    fn append(&mut self, event: &Event) {
        let key = event.customer_id.as_str().as_bytes();
        let task = TaskId(partition_of(key, PARTITIONS, Partitioner::Murmur2));
        let value = segflow_wire::event::encode(event, &self.segmentation.currency, Encoding::Json);
        let (family, at) = (event.body.family(), event.recorded_at);
        self.broker.append(
            task,
            family,
            NewRecord { timestamp: at, key: Some(key.to_vec()), value, headers: Vec::new() },
        );
        self.events += 1;
    }

    /// Cycles until nothing is left to do, and reads what was decided.
    fn settle(&mut self, bar: &ProgressBar) -> Result<()> {
        while self.worker.cycle().context("the cycle")?.busy {}
        for task in self.status.snapshot().tasks.into_values() {
            if let Phase::Stopped { reason } = task.phase {
                bail!("{reason}");
            }
        }
        for task in 0..PARTITIONS {
            let seen = &mut self.seen[task as usize];
            for output in self.broker.outputs(Sink::Changes, TaskId(task), *seen) {
                *seen += 1;
                let value = output.value.context("a change has a value")?;
                let change = segflow_wire::change::decode(&value, Encoding::Json).context("a change of our own")?;
                self.tally.add(&change.core);
                let kind = (change.core.dimension.clone(), change.core.to.clone().unwrap_or_default());
                let telling = change.core.from.is_some() && change.core.next_if_silent.is_some();
                if telling && self.sampled.len() < SAMPLE && self.sampled.insert(kind) {
                    bar.suspend(|| say!("  {}", sentence(&change.core, &self.segmentation.zone)))?;
                }
            }
        }
        bar.set_message(format!("{} events, {} changes", self.events, self.tally.changes));
        Ok(())
    }

    fn report(&self, elapsed: Duration) -> Result<()> {
        let mut table = comfy_table::Table::new();
        table.load_preset(comfy_table::presets::UTF8_BORDERS_ONLY);
        table.set_header(["dimension", "segment", "customers", "moves in"]);
        for dimension in &self.segmentation.dimensions {
            for segment in &dimension.segments {
                let key = (dimension.name.clone(), segment.name.clone());
                let population = self.tally.population.get(&key).copied().unwrap_or_default();
                let moves = self.tally.moves.get(&key).copied().unwrap_or_default();
                table.add_row([&*dimension.name, &*segment.name, &*population.to_string(), &*moves.to_string()]);
            }
        }
        for column in [2, 3] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(comfy_table::CellAlignment::Right);
            }
        }
        say!("\n{table}")?;
        let rate = u128::from(self.events) * 1_000 / elapsed.as_millis().max(1);
        say!(
            "{} events, {} changes, in {:.1} s: {rate} events per second",
            self.events,
            self.tally.changes,
            elapsed.as_secs_f64()
        )?;
        say!("digest {}", self.tally.digest)
    }
}
