//! `segflow run`: the service. Wires configuration, workers, signals and health together.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use segflow_core::clock::{Idle, Settings as ClockSettings};
use segflow_core::event::Family;
use segflow_core::segmentation::Segmentation;
use segflow_kafka::{KafkaConfig, KafkaLog, KafkaPast};
use segflow_runtime::config::{Commit, Config as Runtime, Input, Outputs};
use segflow_runtime::log::{LogError, Task};
use segflow_runtime::shelf::Shelf;
use segflow_runtime::status::Status;
use segflow_runtime::{Standbys, Worker, WorkerError};
use segflow_wire::Intake;
use segflow_wire::intake::TopicIntake;
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};

use crate::config::{Config, LogFormat};
use crate::segmentation::load;

/// Between attempts to reach a cluster that is away.
const RETRY: Duration = Duration::from_secs(1);

/// How long the store of a task that was taken away stays open for its return.
const STORE_KEPT: Duration = Duration::from_secs(60);

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
        let segmentation = Arc::new(load(&config.segmentation)?);
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
        let stores =
            Stores { shared: segflow_store::Shared::new(config.store_settings()), shelf: Shelf::new(STORE_KEPT) };
        let service = |number| -> Result<Service> {
            Ok(Service {
                config: config.clone(),
                kafka: config.kafka(number)?,
                segmentation: Arc::clone(&segmentation),
                stores: stores.clone(),
                status: Arc::clone(&status),
                drain: Arc::clone(&drain),
            })
        };
        let count = config.worker_count();
        let mut threads = Vec::new();
        for number in 0..count {
            let service = service(number)?;
            threads.push(spawn(format!("worker-{number}"), &stop, move |stop| service.serve(stop))?);
        }
        if config.standby_of.is_some() {
            let service = service(count)?;
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
    segmentation: Arc<Segmentation>,
    stores: Stores,
    status: Arc<Status>,
    drain: Arc<AtomicBool>,
}

/// What the stores of all workers share.
#[derive(Clone)]
struct Stores {
    shared: segflow_store::Shared,
    shelf: Shelf,
}

impl Service {
    /// Works until told to stop. A worker that is fenced is replaced by a new one.
    fn serve(&self, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            let log = match KafkaLog::open(self.kafka.clone()) {
                Ok(log) => log,
                Err(LogError::Stop(why)) => bail!("{why}"),
                Err(why) => {
                    tracing::warn!(%why, "the cluster does not answer: trying again");
                    thread::sleep(RETRY);
                    continue;
                }
            };
            let runtime = runtime(&self.config, &self.segmentation, log.partitions(), &self.stores);
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
            let partitions = match past.partitions() {
                Ok(partitions) => partitions,
                Err(LogError::Stop(why)) => bail!("{why}"),
                Err(why) => {
                    tracing::warn!(%why, "the cluster does not answer the standbys: trying again");
                    thread::sleep(RETRY);
                    continue;
                }
            };
            let tasks = self.config.standby_of.of(partitions)?.into_iter().map(Task);
            let runtime = runtime(&self.config, &self.segmentation, partitions, &self.stores);
            let mut standbys = Standbys::new(Arc::new(runtime), past, Arc::clone(&self.status), tasks);
            match standbys.run(stop) {
                Ok(()) => return Ok(()),
                Err(why) => tracing::warn!(%why, "the standbys start anew"),
            }
        }
        Ok(())
    }
}

fn runtime(config: &Config, segmentation: &Arc<Segmentation>, partitions: u32, stores: &Stores) -> Runtime {
    let topics = Family::ALL.map(|family| {
        let input = config.inputs.of(family);
        TopicIntake { encoding: input.encoding.into(), partitioner: input.partitioner.into() }
    });
    let wall = config.clock.idle == Idle::WallTime;
    let intake = Intake {
        topics,
        partitions,
        currency: segmentation.currency.clone(),
        max_skew_ms: wall.then(|| milliseconds(config.clock.max_skew)),
    };
    let input = |family| Input { topic: config.inputs.topic(family), role: config.inputs.role(family) };
    Runtime {
        segmentation: Arc::clone(segmentation),
        intake: Arc::new(intake),
        inputs: Family::ALL.map(|family| (family, input(family))).into_iter().collect(),
        outputs: Outputs { changes: config.outputs.encoding.into(), segments: config.outputs.encoding.into() },
        clock: ClockSettings { grace_ms: milliseconds(config.clock.grace), idle: config.clock.idle },
        commit: Commit {
            interval: config.commit.interval.unsigned_abs(),
            max_records: config.commit.max_records,
            timers_max: config.commit.max_timers,
        },
        cache_customers: config.store.cache_customers,
        state_dir: config.state_dir.clone(),
        store: stores.shared.clone(),
        shelf: stores.shelf.clone(),
    }
}

fn milliseconds(duration: jiff::SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).expect("durations are bounded at load")
}

fn start_log(config: &Config) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.level).with_context(|| {
        format!("`log.level`: expected error, warn, info, debug or trace, found {}", config.log.level)
    })?;
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
