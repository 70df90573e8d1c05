//! The member of the group: it owns tasks through partitions of the journal topic, and reads nothing.
//!
//! It is polled by its worker only, between cycles and just before offsets are sent, so that its callbacks never find
//! a transaction that is about to commit: a worker that sees the set shrink before a commit aborts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use segflow_runtime::log::{Barrier, LogError, LogResult, TaskId};

use crate::client::client_context::{say, say_error};
use crate::client::config::KafkaConfig;
use crate::client::errors::{beyond_use, failed, unreachable};
use crate::group::barrier::Pending;
use crate::group::generation::generation;
use crate::group::orphans::Orphans;

/// The most events served at once: what is left waits for the next cycle.
const SERVED_AT_ONCE: usize = 64;

/// How long closing may take. librdkafka may wait for ever where a rebalance meets it.
const CLOSED: Duration = Duration::from_secs(5);

/// How long leaving may take.
const LEFT: Duration = Duration::from_secs(5);

/// How often the group is asked whether it has let the member go.
const LISTED_EVERY: Duration = Duration::from_millis(50);

/// A member of the consumer group.
pub(crate) struct Ownership {
    /// Some until dropped.
    consumer: Option<BaseConsumer<Assignments>>,
    group: String,
    journal: String,
    orphans: Orphans,
    /// The marks found by the first barrier.
    marked: BTreeMap<TaskId, String>,
}

/// Closes the client on a thread of its own and waits for a while. A static member does not leave the group by it.
impl Drop for Ownership {
    fn drop(&mut self) {
        // What is served now is not in the way of closing.
        let _ = self.tasks();
        let (done, closed) = mpsc::channel();
        let consumer = self.consumer.take();
        let closing = thread::Builder::new().name("closing member".to_owned()).spawn(move || {
            drop(consumer);
            let _ = done.send(());
        });
        if closing.is_err() || closed.recv_timeout(CLOSED).is_err() {
            tracing::warn!("the group's member did not close within {CLOSED:?}; it is left behind");
        }
    }
}

impl Ownership {
    /// Joins the group; tasks come with later calls of [`Ownership::tasks`].
    pub(crate) fn join(config: &KafkaConfig) -> LogResult<Self> {
        let doing = || format!("joining group {}", config.application);
        let consumer: BaseConsumer<Assignments> =
            config.ownership().create_with_context(Assignments::default()).map_err(|error| failed(&doing(), &error))?;
        consumer.subscribe(&[config.journal()]).map_err(|error| failed(&doing(), &error))?;
        let orphans = Orphans::new(config.session_timeout);
        let (group, journal) = (config.application.clone(), config.journal().to_owned());
        Ok(Self { consumer: Some(consumer), group, journal, orphans, marked: BTreeMap::new() })
    }

    /// Joins anew if some of the group's tasks have no owner and nobody would give them one. The member loses its own
    /// tasks by that, and gets back what the group then gives it.
    pub(crate) fn adopt(&mut self, partitions: u32) -> LogResult<()> {
        let consumer = self.consumer.as_ref().expect("some until dropped");
        let orphans = self.orphans.look(consumer, &self.group, &self.journal, partitions);
        if orphans.is_empty() {
            return Ok(());
        }
        let tasks: Vec<u32> = orphans.iter().map(|task| task.0).collect();
        tracing::warn!(?tasks, "the group has left tasks without an owner: joining anew");
        consumer.unsubscribe();
        consumer.subscribe(&[&self.journal]).map_err(|error| failed("joining the group anew", &error))
    }

    /// Leaves the group: librdkafka lets a static member wait for its return when it is closed, but says goodbye for it
    /// when it unsubscribes. The goodbye has no answer that could be seen, so the group is asked.
    pub(crate) fn leave(&self, client_id: &str) -> LogResult<()> {
        self.consumer().unsubscribe();
        let deadline = Instant::now() + LEFT;
        loop {
            let owned = self.tasks()?;
            if owned.is_empty() && self.is_listed(client_id) == Some(false) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(LogError::Retry(format!(
                    "group {} still has this member after {LEFT:?}: its tasks go to others once the session is over",
                    self.group
                )));
            }
            thread::sleep(LISTED_EVERY);
        }
    }

    /// Whether the group has a member of this client; none without an answer.
    fn is_listed(&self, client_id: &str) -> Option<bool> {
        let groups = self.consumer().fetch_group_list(Some(&self.group), LEFT).ok()?;
        let group = groups.groups().iter().find(|found| found.name() == self.group);
        Some(group.is_some_and(|group| group.members().iter().any(|member| member.client_id() == client_id)))
    }

    /// Serves the group, without waiting, and returns the tasks owned now.
    pub(crate) fn tasks(&self) -> LogResult<BTreeSet<TaskId>> {
        let group = self.consumer().context();
        for _ in 0..SERVED_AT_ONCE {
            let before = group.rebalances.load(Ordering::Relaxed);
            match self.consumer().poll(Duration::ZERO) {
                None if before == group.rebalances.load(Ordering::Relaxed) => break,
                Some(Err(error)) => self.judge(&error)?,
                // A rebalance was served, or a record slipped in before the pause: it is nobody's to read.
                None | Some(Ok(_)) => {}
            }
        }
        match self.consumer().client().fatal_error() {
            Some((code, reason)) => Err(beyond_use(code, "serving the group", &reason)),
            None => Ok(group.told()),
        }
    }

    /// The group's metadata for a transaction, if this worker is a member at this very moment.
    pub(crate) fn membership(&self) -> LogResult<ConsumerGroupMetadata> {
        let metadata = self.consumer().group_metadata();
        // Asked after the metadata were taken: a member becomes none at any time, but a member again only by a poll.
        match (metadata, generation(self.consumer())) {
            (Some(metadata), Some(_)) if !self.consumer().assignment_lost() => Ok(metadata),
            _ => Err(LogError::Retry("not a member of the group at the moment: it is rebalancing".to_owned())),
        }
    }

    /// Keeps the mark of a task that the first barrier found, and says whether the barrier is lifted.
    pub(crate) fn note_mark(&mut self, task: TaskId, answer: Pending) -> Barrier {
        self.marked.remove(&task);
        let Pending::None { mark } = answer else { return Barrier::Holds };
        self.marked.extend(mark.map(|mark| (task, mark)));
        Barrier::Lifted
    }

    /// The mark that the first barrier found, if there was one.
    pub(crate) fn marked(&self, task: TaskId) -> Option<String> {
        self.marked.get(&task).cloned()
    }

    /// The client, for questions about the group's offsets.
    pub(crate) fn consumer(&self) -> &BaseConsumer<Assignments> {
        self.consumer.as_ref().expect("some until dropped")
    }

    fn judge(&self, error: &KafkaError) -> LogResult<()> {
        let code = error.rdkafka_error_code();
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
            return Err(failed("serving the group", error));
        }
        // While tasks are owned, their reader and producer find out by themselves whether it matters.
        if self.consumer().context().owned().is_empty() && code.is_some_and(unreachable) {
            return Err(LogError::Retry(format!("joining the group: {error}")));
        }
        Ok(())
    }
}

/// What the group has given to this member.
#[derive(Default)]
pub(crate) struct Assignments {
    owned: Mutex<BTreeSet<TaskId>>,
    /// Taken since the worker was told last. It must see every loss, also of a task that is back already: somebody else
    /// may have decided for it meanwhile.
    taken: Mutex<BTreeSet<TaskId>>,
    rebalances: AtomicU64,
}

impl Assignments {
    fn owned(&self) -> MutexGuard<'_, BTreeSet<TaskId>> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> BTreeSet<TaskId> {
        let taken = std::mem::take(&mut *self.taken.lock().unwrap_or_else(PoisonError::into_inner));
        self.owned().difference(&taken).copied().collect()
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, given: &mut TopicPartitionList) -> Result<(), KafkaError> {
        // Nothing is read: not from the committed offset, and not from the end either, once the pause is in force.
        given.set_all_offsets(Offset::End)?;
        consumer.incremental_assign(given)?;
        consumer.pause(given)?;
        self.owned().extend(tasks_of(given));
        Ok(())
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, taken: &TopicPartitionList) -> Result<(), KafkaError> {
        for task in tasks_of(taken) {
            self.owned().remove(&task);
            self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(task);
        }
        // On closing, the group may already have forgotten which protocol it spoke.
        consumer.incremental_unassign(taken).or_else(|_| consumer.unassign())
    }
}

impl ClientContext for Assignments {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        say(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        say_error(&error, reason);
    }

    fn stats(&self, _: Statistics) {}
}

impl ConsumerContext for Assignments {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        self.rebalances.fetch_add(1, Ordering::Relaxed);
        let count = partitions.count();
        let outcome = if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            tracing::info!(tasks = count, "the group gives tasks");
            self.assign(consumer, partitions)
        } else {
            let lost = consumer.assignment_lost();
            tracing::info!(tasks = count, lost, "the group takes tasks");
            self.revoke(consumer, partitions)
        };
        if let Err(error) = outcome {
            tracing::error!("a rebalance of {count} tasks failed: {error}");
        }
    }
}

fn tasks_of(partitions: &TopicPartitionList) -> Vec<TaskId> {
    partitions.elements().iter().filter_map(|element| u32::try_from(element.partition()).ok().map(TaskId)).collect()
}
