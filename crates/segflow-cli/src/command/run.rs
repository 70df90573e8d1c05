//! `segflow run`: the service. Wires configuration, workers, signals and health together.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use segflow_core::clock::{ClockSettings, Idle};
use segflow_core::event::Family;
use segflow_kafka::admin::retention::{Limit, limits};
use segflow_kafka::{KafkaConfig, KafkaLog, KafkaPast};
use segflow_runtime::config::{Commit, Config as Runtime, Input, Outputs};
use segflow_runtime::log::{LogError, LogResult, Sink, TaskId};
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::shadow::Candidate;
use segflow_runtime::snapshots::Keeper;
use segflow_runtime::status::Status;
use segflow_runtime::worker::store_pool::StorePool;
use segflow_runtime::{Standbys, Worker, WorkerError};
use segflow_wire::Intake;
use segflow_wire::intake::TopicIntake;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::config::{Config, LogFormat};
use crate::file_watch::{Offer, Watch};
use crate::retention::judge;
use crate::segmentation::load;

/// Between attempts to reach a cluster that is away.
const RETRY: Duration = Duration::from_secs(1);

/// How long the store of a task that was taken away stays open for its return.
const STORE_KEPT: Duration = Duration::from_secs(60);

/// Before the cluster was asked. Whoever takes a store over brings the configuration that it goes on by.
const PARTITIONS_UNKNOWN: u32 = 0;

/// Run the service on Kafka.
#[derive(clap::Args)]
pub struct Run {
    /// The configuration file; `deploy/config/segflow.toml` documents every key
    #[arg(long)]
    config: PathBuf,
    /// On SIGTERM or SIGINT give the tasks to the other processes at once, as SIGUSR1 always does, instead of leaving
    /// them to wait for the restart of this one
    #[arg(long)]
    drain: bool,
}

impl Run {
    pub fn run(self) -> Result<()> {
        let config = Config::read(&self.config)?;
        start_log(&config)?;
        arm_failpoints()?;
        let rulebook = Rulebook::new(Arc::new(load(&config.segmentation)?));
        let stop = Arc::new(AtomicBool::new(false));
        let drain = Arc::new(AtomicBool::new(self.drain));
        // In this order: whoever sees that it is to stop sees how.
        let signals = [(SIGUSR1, &drain), (SIGUSR1, &stop), (SIGTERM, &stop), (SIGINT, &stop)];
        for (signal, flag) in signals {
            signal_hook::flag::register(signal, Arc::clone(flag)).context("cannot listen to signals")?;
        }
        std::fs::create_dir_all(&config.state_dir)
            .with_context(|| format!("cannot create the state directory {}", config.state_dir.display()))?;
        let status = Arc::new(Status::default());
        let server = segflow_ops::serve(config.ops.listen, Arc::clone(&status), config.input_topics())
            .with_context(|| format!("cannot listen on {}", config.ops.listen))?;
        tracing::info!(address = %server.address(), "metrics and health are served");
        watch(config.segmentation.clone(), Offer::Rules(Arc::clone(&rulebook)), &status, &stop)?;
        let shadow = shadow(&config, &status, &stop)?;
        let stores = Stores {
            shared: segflow_store::StoreMemory::new(config.store_settings()),
            store_pool: StorePool::new(STORE_KEPT),
            keeper: keeper(&config, &status)?,
        };
        let service = |number| -> Result<Service> {
            Ok(Service {
                config: config.clone(),
                kafka: config.kafka(number)?,
                rulebook: Arc::clone(&rulebook),
                shadow: shadow.clone(),
                stores: stores.clone(),
                status: Arc::clone(&status),
                drain: Arc::clone(&drain),
            })
        };
        let count = config.worker_count();
        let workers = (0..count).map(service).collect::<Result<Vec<_>>>()?;
        let standby = config.standby_of.is_some().then(|| service(count)).transpose()?;
        // From here on nothing ends the process but its threads.
        let mut threads = vec![open_ahead(runtime(&config, &rulebook, PARTITIONS_UNKNOWN, &stores), &stop)?];
        for (number, service) in workers.into_iter().enumerate() {
            threads.push(spawn(format!("worker-{number}"), &stop, move |stop| service.serve(stop))?);
        }
        if let Some(service) = standby {
            threads.push(spawn("standby".to_owned(), &stop, move |stop| service.stand_by(stop))?);
        }
        let outcomes: Vec<_> = threads.into_iter().map(thread::JoinHandle::join).collect();
        for outcome in outcomes {
            match outcome {
                Ok(outcome) => outcome?,
                Err(_) => bail!("a worker's thread panicked; its message stands above"),
            }
        }
        tracing::info!("stopped: every cycle is committed");
        Ok(())
    }
}

/// Opens the stores of this disk while the workers join the group.
fn open_ahead(runtime: Runtime, stop: &Arc<AtomicBool>) -> Result<thread::JoinHandle<Result<()>>> {
    let stop = Arc::clone(stop);
    let run = move || {
        runtime.store_pool.clone().open_ahead(&runtime, &stop);
        Ok(())
    };
    thread::Builder::new().name("open-ahead".to_owned()).spawn(run).context("cannot start a thread")
}

fn spawn(
    name: String,
    stop: &Arc<AtomicBool>,
    run: impl FnOnce(&AtomicBool) -> Result<()> + Send + 'static,
) -> Result<thread::JoinHandle<Result<()>>> {
    let stop = Arc::clone(stop);
    let run = move || {
        let _all_stop = AllStop(&stop);
        run(&stop)
    };
    thread::Builder::new().name(name).spawn(run).context("cannot start a thread")
}

/// Once one worker ends, by a failure or a panic, the others finish their cycle and the process ends.
struct AllStop<'a>(&'a AtomicBool);

impl Drop for AllStop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What the thread of a worker, or of the standbys, needs.
struct Service {
    config: Config,
    kafka: KafkaConfig,
    rulebook: Arc<Rulebook>,
    shadow: Option<Arc<Candidate>>,
    stores: Stores,
    status: Arc<Status>,
    drain: Arc<AtomicBool>,
}

/// What the stores of all workers share.
#[derive(Clone)]
pub(super) struct Stores {
    pub(super) shared: segflow_store::StoreMemory,
    pub(super) store_pool: StorePool,
    /// Who makes the snapshots, if there is a place for them.
    pub(super) keeper: Option<Arc<Keeper>>,
}

impl Service {
    /// Works until told to stop. A worker that is fenced is replaced by a new one.
    fn serve(&self, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            let Some(log) = answer(KafkaLog::open(self.kafka.clone()))? else { continue };
            let Some((inputs, journal)) = answer(self.limits())? else { continue };
            for warning in judge(&inputs, &journal, &self.config)? {
                tracing::warn!("{warning}");
            }
            let shadow = self.shadow.clone();
            let runtime = Runtime { shadow, ..runtime(&self.config, &self.rulebook, log.partitions(), &self.stores) };
            let mut worker = Worker::new(self.kafka.member(), Arc::new(runtime), log, Arc::clone(&self.status));
            match worker.run(stop) {
                Ok(()) => {
                    if self.drain.load(Ordering::Relaxed)
                        && let Err(why) = worker.drain()
                    {
                        tracing::warn!(%why, "the tasks were not given away in good order");
                    }
                    return Ok(());
                }
                Err(WorkerError::Fenced(why)) => tracing::warn!(%why, "fenced: starting anew"),
                Err(WorkerError::Stop(why)) => bail!("{why}"),
            }
        }
        Ok(())
    }

    /// Keeps copies of tasks that run elsewhere until told to stop.
    fn stand_by(&self, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            let mut past = KafkaPast::new(self.kafka.clone());
            let Some(partitions) = answer(past.partitions())? else { continue };
            let tasks = self.config.standby_of.of(partitions)?.into_iter().map(TaskId);
            let runtime = runtime(&self.config, &self.rulebook, partitions, &self.stores);
            let mut standbys = Standbys::new(Arc::new(runtime), past, Arc::clone(&self.status), tasks);
            match standbys.run(stop) {
                Ok(()) => return Ok(()),
                Err(why) => tracing::warn!(%why, "the standbys start anew"),
            }
        }
        Ok(())
    }

    /// By which settings the inputs and the journal lose records: a task that loses its disk may need them again.
    fn limits(&self) -> LogResult<(Vec<Limit>, Vec<Limit>)> {
        let inputs = self.kafka.inputs.values().map(String::as_str);
        let journal = self.kafka.outputs.get(&Sink::Journal).map(String::as_str);
        Ok((limits(&self.kafka.connection, inputs)?, limits(&self.kafka.connection, journal)?))
    }
}

/// What the cluster says; none, after a pause, if it does not answer.
fn answer<T>(asked: LogResult<T>) -> Result<Option<T>> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(LogError::Stop(why)) => bail!("{why}"),
        Err(why) => {
            tracing::warn!(%why, "the cluster does not answer: trying again");
            thread::sleep(RETRY);
            Ok(None)
        }
    }
}

/// Whoever makes the snapshots of this process, if there is a place for them.
fn keeper(config: &Config, status: &Arc<Status>) -> Result<Option<Arc<Keeper>>> {
    let Some(snapshots) = config.snapshots.open(&config.application)? else { return Ok(None) };
    Keeper::tidy(&config.state_dir).context("cannot clear the state directory of what a process left")?;
    let keeper = Keeper::start(snapshots, config.snapshots.settings(), Arc::clone(status));
    keeper.map(Some).context("cannot start the thread for snapshots")
}

/// What the workers of this configuration run by, and whoever decides again what they decided.
pub(super) fn runtime(config: &Config, rulebook: &Arc<Rulebook>, partitions: u32, stores: &Stores) -> Runtime {
    let topics = Family::ALL.map(|family| {
        let input = config.inputs.of(family);
        TopicIntake { encoding: input.encoding.into(), partitioner: input.partitioner.into() }
    });
    let wall = config.clock.idle == Idle::WallTime;
    let intake = Intake {
        topics,
        partitions,
        currency: rulebook.offered().currency.clone(),
        max_skew_ms: wall.then(|| milliseconds(config.clock.max_skew)),
    };
    let input = |family| Input { topic: config.inputs.topic(family), role: config.inputs.role(family) };
    Runtime {
        segmentation: Arc::clone(rulebook),
        intake: Arc::new(intake),
        inputs: Family::ALL.map(|family| (family, input(family))).into_iter().collect(),
        outputs: Outputs { changes: config.outputs.encoding.into(), segments: config.outputs.encoding.into() },
        clock: ClockSettings { grace_ms: milliseconds(config.clock.grace), idle: config.clock.idle },
        commit: Commit {
            interval: config.commit.interval.unsigned_abs(),
            max_records: config.commit.max_records,
            timers_max: config.commit.max_timers,
            resegmented_max: config.commit.max_resegmented,
        },
        cache_customers: config.store.cache_customers,
        state_dir: config.state_dir.clone(),
        shadow: None,
        snapshots: stores.keeper.clone(),
        store: stores.shared.clone(),
        store_pool: stores.store_pool.clone(),
    }
}

/// Starts the thread that looks at a file, also when told to by SIGHUP.
fn watch(file: PathBuf, to: Offer, status: &Arc<Status>, stop: &Arc<AtomicBool>) -> Result<()> {
    let told = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGHUP, Arc::clone(&told)).context("cannot listen to signals")?;
    let (watch, stop) = (Watch::new(file, to, Arc::clone(status)), Arc::clone(stop));
    let look = thread::Builder::new().name("segmentation".to_owned()).spawn(move || watch.run(&told, &stop));
    look.context("cannot start the thread that looks at a segmentation's file")?;
    Ok(())
}

/// The candidate, if there is to be one. One that cannot be used stops nothing: its file is looked at until it can.
fn shadow(config: &Config, status: &Arc<Status>, stop: &Arc<AtomicBool>) -> Result<Option<Arc<Candidate>>> {
    let Some(file) = config.candidate() else {
        segflow_runtime::shadow::clear(&config.state_dir).context("cannot clear the state directory of shadows")?;
        return Ok(None);
    };
    let candidate = Candidate::new(match load(file) {
        Ok(candidate) => Some(Arc::new(candidate)),
        Err(error) => {
            tracing::error!("there is no shadow until the candidate can be used: {error:#}");
            status.set_shadow_file_invalid(true);
            None
        }
    });
    watch(file.to_owned(), Offer::Candidate(Arc::clone(&candidate)), status, stop)?;
    Ok(Some(candidate))
}

fn milliseconds(duration: jiff::SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).expect("durations are bounded at load")
}

/// Points at which this process is to fail, for tests of the real process: `segflow_runtime::testing::failpoint`.
const FAILPOINTS: &str = "SEGFLOW_FAILPOINTS";

fn arm_failpoints() -> Result<()> {
    match std::env::var(FAILPOINTS) {
        Ok(text) => {
            segflow_runtime::testing::failpoint::arm(&text).map_err(|why| anyhow::anyhow!("{FAILPOINTS}: {why}"))
        }
        Err(std::env::VarError::NotPresent) => Ok(()),
        Err(error) => bail!("{FAILPOINTS}: {error}"),
    }
}

fn start_log(config: &Config) -> Result<()> {
    let filter: Targets = config.log.level.parse().with_context(|| {
        format!("`log.level`: expected error, warn, info, debug or trace, found {}", config.log.level)
    })?;
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(std::io::stderr);
    let filtered = tracing_subscriber::registry().with(filter);
    match config.log.format {
        LogFormat::Text => filtered.with(log).init(),
        LogFormat::Json => filtered.with(log.json()).init(),
    }
    Ok(())
}
