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
use segflow_kafka::{KafkaConfig, KafkaLog};
use segflow_runtime::config::{Commit, Config as Runtime, Input, Outputs};
use segflow_runtime::log::LogError;
use segflow_runtime::status::Status;
use segflow_runtime::{Worker, WorkerError};
use segflow_wire::Intake;
use segflow_wire::intake::TopicIntake;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::config::{Config, LogFormat};
use crate::segmentation::load;

/// Between attempts to reach a cluster that is away.
const RETRY: Duration = Duration::from_secs(1);

/// Run the service on Kafka.
#[derive(clap::Args)]
pub struct Run {
    /// The configuration file; `deploy/config/segflow.toml` documents every key
    #[arg(long)]
    config: PathBuf,
}

impl Run {
    pub fn run(self) -> Result<()> {
        let config = Config::read(&self.config)?;
        start_log(&config)?;
        arm_failpoints()?;
        let segmentation = Arc::new(load(&config.segmentation)?);
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot listen to signals")?;
        }
        std::fs::create_dir_all(&config.state_dir)
            .with_context(|| format!("cannot create the state directory {}", config.state_dir.display()))?;
        let status = Arc::new(Status::default());
        let server = segflow_ops::serve(config.ops.listen, Arc::clone(&status), config.input_topics())
            .with_context(|| format!("cannot listen on {}", config.ops.listen))?;
        tracing::info!(address = %server.address(), "metrics and health are served");
        let store = segflow_store::Shared::new(config.store_settings());
        let workers: Vec<_> = (0..config.worker_count())
            .map(|number| {
                let kafka = config.kafka(number)?;
                let service = Service {
                    config: config.clone(),
                    kafka,
                    segmentation: Arc::clone(&segmentation),
                    store: store.clone(),
                    status: Arc::clone(&status),
                };
                let stop = Arc::clone(&stop);
                let name = format!("worker-{number}");
                let run = move || {
                    let _all_stop = AllStop(&stop);
                    service.serve(&stop)
                };
                thread::Builder::new().name(name).spawn(run).context("cannot start a worker's thread")
            })
            .collect::<Result<_>>()?;
        let outcomes: Vec<_> = workers.into_iter().map(thread::JoinHandle::join).collect();
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

/// Once one worker ends, by a failure or a panic, the others finish their cycle and the process ends.
struct AllStop<'a>(&'a AtomicBool);

impl Drop for AllStop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What one worker's thread needs.
struct Service {
    config: Config,
    kafka: KafkaConfig,
    segmentation: Arc<Segmentation>,
    store: segflow_store::Shared,
    status: Arc<Status>,
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
            let runtime = runtime(&self.config, &self.segmentation, log.partitions(), &self.store);
            let mut worker = Worker::new(self.kafka.member(), Arc::new(runtime), log, Arc::clone(&self.status));
            match worker.run(stop) {
                Ok(()) => return Ok(()),
                Err(WorkerError::Fenced(why)) => tracing::warn!(%why, "fenced: starting anew"),
                Err(WorkerError::Stop(why)) => bail!("{why}"),
            }
        }
        Ok(())
    }
}

fn runtime(
    config: &Config,
    segmentation: &Arc<Segmentation>,
    partitions: u32,
    store: &segflow_store::Shared,
) -> Runtime {
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
        store: store.clone(),
    }
}

fn milliseconds(duration: jiff::SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).expect("durations are bounded at load")
}

/// Points at which this process is to fail, for tests of the real process: `segflow_runtime::failpoint`.
const FAILPOINTS: &str = "SEGFLOW_FAILPOINTS";

fn arm_failpoints() -> Result<()> {
    match std::env::var(FAILPOINTS) {
        Ok(text) => segflow_runtime::failpoint::arm(&text).map_err(|why| anyhow::anyhow!("{FAILPOINTS}: {why}")),
        Err(std::env::VarError::NotPresent) => Ok(()),
        Err(error) => bail!("{FAILPOINTS}: {error}"),
    }
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
