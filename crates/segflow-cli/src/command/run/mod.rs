//! `segflow run`: the service. Wires configuration, workers, signals and health together.

mod fences;
mod file_watch;
mod retention;
mod service;
mod watchdog;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use segflow_runtime::config::StoreConfig;
use segflow_runtime::offer::Candidate;
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::snapshots::Keeper;
use segflow_runtime::state_lock::StateLock;
use segflow_runtime::status::Status;
use segflow_runtime::testing::failpoint;
use segflow_runtime::time::Monotonic;
use segflow_runtime::worker::store_pool::StorePool;
use segflow_store::StoreMemory;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};

use crate::config::{Config, Stores};
use crate::segmentation::load;
use file_watch::{FileWatch, Recipient};
use service::Service;

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
        config.log.start()?;
        arm_failpoints()?;
        let rulebook = Rulebook::new(Arc::new(load(&config.segmentation)?));
        let stop = Arc::new(AtomicBool::new(false));
        let drain = Arc::new(AtomicBool::new(self.drain));
        listen(&stop, &drain)?;
        let _held = hold(&config)?;
        let status = Arc::new(Status::default());
        let server = segflow_ops::serve(config.ops.listen, Arc::clone(&status), config.input_topics())
            .with_context(|| format!("cannot listen on {}", config.ops.listen))?;
        tracing::info!(address = %server.address(), "metrics and health are served");
        watch(config.segmentation.clone(), Recipient::Rules(Arc::clone(&rulebook)), &status, &stop)?;
        let shadow = shadow(&config, &status, &stop)?;
        let stores = Stores {
            memory: StoreMemory::new(config.store.settings()),
            cache: config.store.cache(),
            pool: StorePool::new(STORE_KEPT, Monotonic::Real),
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
        watchdog::start(Arc::clone(&status), Arc::clone(&stop))?;
        // From here on nothing ends the process but its threads.
        let mut threads = vec![open_ahead(config.stores(&stores), &stores.pool, &stop)?];
        for (number, service) in workers.into_iter().enumerate() {
            threads.push(spawn(format!("worker-{number}"), &stop, move |stop| service.serve(stop))?);
        }
        if let Some(service) = standby {
            threads.push(spawn("standby".to_owned(), &stop, move |stop| service.stand_by(stop))?);
        }
        join(threads)?;
        tracing::info!("stopped: every cycle is committed");
        Ok(())
    }
}

/// Takes the state directory for this process alone, for as long as the lock lives.
fn hold(config: &Config) -> Result<StateLock> {
    let directory = config.state_dir.display();
    let now = segflow_core::time::Timestamp(jiff::Timestamp::now().as_millisecond());
    let held = StateLock::hold(&config.state_dir, &config.instance, now)
        .with_context(|| format!("cannot use the state directory {directory}"))?;
    if held.is_open_to_all {
        tracing::warn!(%directory, "everybody on this machine may look into the state directory: `chmod o= {directory}`");
    }
    Ok(held)
}

/// Sets the flags on the signals that end the service.
fn listen(stop: &Arc<AtomicBool>, drain: &Arc<AtomicBool>) -> Result<()> {
    // In this order: a thread that sees that it is to stop sees how.
    for (signal, flag) in [(SIGUSR1, drain), (SIGUSR1, stop), (SIGTERM, stop), (SIGINT, stop)] {
        signal_hook::flag::register(signal, Arc::clone(flag)).context("cannot listen to signals")?;
    }
    Ok(())
}

/// Waits for every thread; the first failure is that of the service.
fn join(threads: Vec<JoinHandle<Result<()>>>) -> Result<()> {
    let outcomes: Vec<_> = threads.into_iter().map(JoinHandle::join).collect();
    for outcome in outcomes {
        match outcome {
            Ok(outcome) => outcome?,
            Err(_) => bail!("a worker's thread panicked; its message stands above"),
        }
    }
    Ok(())
}

/// Opens the stores of this disk while the workers join the group.
fn open_ahead(stores: StoreConfig, pool: &StorePool, stop: &Arc<AtomicBool>) -> Result<JoinHandle<Result<()>>> {
    let (pool, stop) = (pool.clone(), Arc::clone(stop));
    let run = move || {
        pool.open_ahead(&stores, &stop);
        Ok(())
    };
    thread::Builder::new().name("open-ahead".to_owned()).spawn(run).context("cannot start a thread")
}

fn spawn(
    name: String,
    stop: &Arc<AtomicBool>,
    run: impl FnOnce(&AtomicBool) -> Result<()> + Send + 'static,
) -> Result<JoinHandle<Result<()>>> {
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

/// The thread that makes the snapshots of this process, if there is a place for them.
fn keeper(config: &Config, status: &Arc<Status>) -> Result<Option<Arc<Keeper>>> {
    let Some(snapshots) = config.snapshots.open(&config.application)? else { return Ok(None) };
    Keeper::tidy(&config.state_dir).context("cannot clear the state directory of what a process left")?;
    let keeper = Keeper::start(snapshots, config.snapshots.settings(), Arc::clone(status));
    keeper.map(Some).context("cannot start the thread for snapshots")
}

/// Starts the thread that looks at a file, also when told to by SIGHUP.
fn watch(file: PathBuf, recipient: Recipient, status: &Arc<Status>, stop: &Arc<AtomicBool>) -> Result<()> {
    let told = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGHUP, Arc::clone(&told)).context("cannot listen to signals")?;
    let (watch, stop) = (FileWatch::new(file, recipient, Arc::clone(status)), Arc::clone(stop));
    let look = thread::Builder::new().name("segmentation".to_owned()).spawn(move || watch.run(&told, &stop));
    look.context("cannot start the thread that looks at a segmentation's file")?;
    Ok(())
}

/// The candidate, if there is to be one. A file that cannot be used stops nothing: it is looked at until it can.
fn shadow(config: &Config, status: &Arc<Status>, stop: &Arc<AtomicBool>) -> Result<Option<Arc<Candidate>>> {
    let Some(file) = config.candidate() else {
        segflow_runtime::directories::clear_shadows(&config.state_dir)
            .context("cannot clear the state directory of shadows")?;
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
    watch(file.to_owned(), Recipient::Candidate(Arc::clone(&candidate)), status, stop)?;
    Ok(Some(candidate))
}

/// Points at which this process is to fail, for tests of the real process: `segflow_runtime::testing::failpoint`.
const FAILPOINTS: &str = "SEGFLOW_FAILPOINTS";

fn arm_failpoints() -> Result<()> {
    match std::env::var(FAILPOINTS) {
        Ok(text) => failpoint::arm(&text).map_err(|why| anyhow::anyhow!("{FAILPOINTS}: {why}")),
        Err(std::env::VarError::NotPresent) => Ok(()),
        Err(error) => bail!("{FAILPOINTS}: {error}"),
    }
}
