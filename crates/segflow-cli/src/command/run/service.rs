//! The thread of a worker, and that of the standbys: each goes on until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use segflow_kafka::admin::retention::{Limit, limits};
use segflow_kafka::{KafkaConfig, KafkaLog, KafkaPast};
use segflow_runtime::config::Config as Runtime;
use segflow_runtime::log::{LogError, LogResult, Sink, TaskId};
use segflow_runtime::offer::Candidate;
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::status::Status;
use segflow_runtime::{Standbys, Worker, WorkerError};

use super::fences::Fences;
use super::retention::judge;
use crate::config::{Config, Stores};

/// The pause between two attempts to reach a cluster that does not answer.
const RETRY: Duration = Duration::from_secs(1);

/// The settings and handles of the thread of a worker, or of the standbys.
pub struct Service {
    pub config: Config,
    pub kafka: KafkaConfig,
    pub rulebook: Arc<Rulebook>,
    pub shadow: Option<Arc<Candidate>>,
    pub stores: Stores,
    pub status: Arc<Status>,
    /// Whether a worker gives its tasks away when it stops.
    pub drain: Arc<AtomicBool>,
}

impl Service {
    /// Works until told to stop. A worker that is fenced is replaced by a new one.
    pub fn serve(&self, stop: &AtomicBool) -> Result<()> {
        let mut fences = Fences::default();
        while !stop.load(Ordering::Relaxed) {
            let Some(log) = answer(KafkaLog::open(self.kafka.clone()))? else { continue };
            let Some((inputs, journal)) = answer(self.limits())? else { continue };
            for warning in judge(&inputs, &journal, &self.config)? {
                tracing::warn!("{warning}");
            }
            let runtime = self.config.runtime(&self.rulebook, log.partitions(), &self.stores);
            let runtime = Runtime { shadow: self.shadow.clone(), ..runtime };
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
                Err(WorkerError::Fenced(why)) => {
                    fences.add(Instant::now(), &why)?;
                    tracing::warn!(%why, "fenced: starting anew");
                }
                Err(WorkerError::Stop(why)) => bail!("{why}"),
            }
        }
        Ok(())
    }

    /// Keeps copies of tasks that run elsewhere until told to stop.
    pub fn stand_by(&self, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            let mut past = KafkaPast::new(self.kafka.clone());
            let Some(partitions) = answer(past.partitions())? else { continue };
            let tasks = self.config.standby_of.of(partitions)?.into_iter().map(TaskId);
            let runtime = self.config.runtime(&self.rulebook, partitions, &self.stores);
            let mut standbys = Standbys::new(Arc::new(runtime), past, Arc::clone(&self.status), tasks);
            match standbys.run(stop) {
                Ok(()) => return Ok(()),
                Err(why) => tracing::warn!(%why, "the standbys start anew"),
            }
        }
        Ok(())
    }

    /// The settings by which the inputs and the journal lose records: a task that loses its disk may need these again.
    fn limits(&self) -> LogResult<(Vec<Limit>, Vec<Limit>)> {
        let inputs = self.kafka.inputs.values().map(String::as_str);
        let journal = self.kafka.outputs.get(&Sink::Journal).map(String::as_str);
        Ok((limits(&self.kafka.connection, inputs)?, limits(&self.kafka.connection, journal)?))
    }
}

/// The answer of the cluster; none, after a pause, if it does not answer.
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
