//! The transactional producer: what becomes of a transaction is told precisely, since the worker acts on it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use segflow_core::time::Timestamp;
use segflow_runtime::log::{LogError, LogResult, Offsets, Output, Sink, TaskId};

use crate::client::config::{KafkaConfig, input_topic};
use crate::client::delivery::{Deliveries, Journaled, deliver, hand_over, owned_headers};
use crate::client::errors::{beyond_use, failed};
use crate::client::partitions::{list_at, number, offset};

/// The longest wait for the coordinator when a producer is created: it may have to end the predecessor's transaction.
const INITIALISED: Duration = Duration::from_secs(20);

/// Within how long a commit's answer is taken at its word. It usually takes a few milliseconds.
const PROMPT: Duration = Duration::from_secs(1);

/// What is committed for a journal partition. The offset is a marker: it fences and is waited for, and is never read. Its
/// metadata are the task's mark.
const JOURNAL_MARKER: Offset = Offset::Offset(0);

/// A producer of one `transactional.id`, recreated when its state is in doubt.
pub(crate) struct Transactions {
    config: KafkaConfig,
    topics: BTreeMap<Sink, String>,
    /// None once it is of no more use.
    client: Option<BaseProducer<Deliveries>>,
    state: State,
    /// Where the last journal record of each task stands that was committed.
    journaled: BTreeMap<TaskId, u64>,
    /// The marks of the transaction under way.
    marks: BTreeMap<TaskId, String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// `init_transactions` has not succeeded yet.
    Created,
    /// Between transactions.
    Ready,
    /// A transaction is open.
    Open,
    /// How the last transaction ended, or whether it did, is in doubt.
    Doubtful,
}

impl Transactions {
    /// A producer of the worker's `transactional.id`. It fences its predecessor and ends what that one left open.
    pub(crate) fn open(config: &KafkaConfig) -> LogResult<Self> {
        let (config, topics) = (config.clone(), config.outputs.clone());
        let (journaled, marks) = (BTreeMap::new(), BTreeMap::new());
        let mut this = Self { config, topics, client: None, state: State::Doubtful, journaled, marks };
        this.recycle()?;
        Ok(this)
    }

    /// Destroys the client and creates another, unless the present one is still waiting for its `init_transactions`.
    pub(crate) fn recycle(&mut self) -> LogResult<()> {
        let doing = "creating the producer";
        if self.state != State::Created || self.client.is_none() {
            self.client = None;
            let created = self.config.producer().create_with_context(Deliveries::noting(self.config.journal()));
            self.client = Some(created.map_err(|error| failed(doing, &error))?);
            self.state = State::Created;
        }
        let client = self.client.as_ref().expect("just created");
        match client.init_transactions(INITIALISED) {
            Ok(()) => {
                self.state = State::Ready;
                Ok(())
            }
            Err(error) => Err(self.verdict(doing, &error)),
        }
    }

    /// Whether a transaction is open.
    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Begins a transaction. A producer that is not ready is recycled first.
    pub(crate) fn begin(&mut self) -> LogResult<()> {
        self.marks.clear();
        if self.state != State::Ready {
            self.recycle()?;
        }
        let client = self.client()?;
        client.poll(Duration::ZERO);
        client.context().take_failure();
        client.context().take_journaled();
        match client.begin_transaction() {
            Ok(()) => {
                self.state = State::Open;
                Ok(())
            }
            Err(error) => {
                let verdict = self.verdict("beginning a transaction", &error);
                self.state = State::Doubtful;
                Err(verdict)
            }
        }
    }

    /// Hands an output over, to its task's partition.
    pub(crate) fn produce(&self, output: &Output) -> LogResult<()> {
        let topic = self.topics.get(&output.sink).ok_or_else(|| {
            LogError::Stop(format!("output {:?} has no topic; name one in the configuration", output.sink))
        })?;
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).partition(number(output.task));
        record.key = output.key.as_deref();
        record.payload = output.value.as_deref();
        record.headers = owned_headers(&output.headers);
        hand_over(self.client()?, record).map_err(|error| self.unless_beyond_use("producing", error))
    }

    /// Waits until every output is delivered.
    pub(crate) fn flush(&self) -> LogResult<()> {
        let client = self.client()?;
        deliver(client, self.config.transaction_timeout).map_err(|error| self.unless_beyond_use("flushing", error))
    }

    /// When the brokers appended the journal records of this transaction that are delivered, by task.
    pub(crate) fn appended(&self) -> BTreeMap<TaskId, Timestamp> {
        let journaled = self.client.as_ref().map(|client| client.context().journaled()).unwrap_or_default();
        let appended = |(partition, journaled): (i32, Journaled)| {
            Some((TaskId(u32::try_from(partition).ok()?), Timestamp(journaled.appended?)))
        };
        journaled.into_iter().filter_map(appended).collect()
    }

    /// Leaves a mark of a task with the offsets of this transaction.
    pub(crate) fn mark(&mut self, task: TaskId, mark: &str) {
        self.marks.insert(task, mark.to_owned());
    }

    /// Adds the offsets of these tasks to the transaction, and a marker of each task's journal partition.
    pub(crate) fn send_offsets(
        &self,
        offsets: &BTreeMap<TaskId, Offsets>,
        group: &ConsumerGroupMetadata,
    ) -> LogResult<()> {
        let sent = self.marked_list(offsets)?;
        let sent = self.client()?.send_offsets_to_transaction(&sent, group, self.config.transaction_timeout);
        sent.map_err(|error| self.verdict("sending offsets", &error))
    }

    fn marked_list(&self, offsets: &BTreeMap<TaskId, Offsets>) -> LogResult<TopicPartitionList> {
        let mut sent = Vec::new();
        for (task, inputs) in offsets {
            sent.push((self.config.journal(), *task, JOURNAL_MARKER));
            for (family, next) in inputs {
                sent.push((input_topic(&self.config.inputs, *family)?, *task, offset(*next)));
            }
        }
        let sent = list_at(sent).map_err(|error| failed("sending offsets", &error))?;
        for (task, mark) in &self.marks {
            if let Some(mut marker) = sent.find_partition(self.config.journal(), number(*task)) {
                marker.set_metadata(mark);
            }
        }
        Ok(sent)
    }

    /// Commits. Every failure but that of a fenced producer leaves the outcome unknown: librdkafka calls an error
    /// abortable also where the request may have reached the coordinator. So does an answer that was long in coming,
    /// since it may have outlived a connection or a coordinator: the journal decides, at the cost of a recovery.
    pub(crate) fn commit(&mut self) -> LogResult<()> {
        let asked = Instant::now();
        let outcome = self.client()?.commit_transaction(self.config.transaction_timeout);
        let waited = asked.elapsed();
        self.state = if outcome.is_ok() && waited < PROMPT { State::Ready } else { State::Doubtful };
        outcome.map_err(|error| match self.verdict("committing", &error) {
            LogError::Retry(reason) => LogError::Unclear(reason),
            verdict => verdict,
        })?;
        if waited < PROMPT {
            let journaled = self.client()?.context().take_journaled();
            let known = |(partition, journaled): (i32, Journaled)| {
                Some((TaskId(u32::try_from(partition).ok()?), u64::try_from(journaled.offset).ok()?))
            };
            self.journaled.extend(journaled.into_iter().filter_map(known));
            return Ok(());
        }
        Err(LogError::Unclear(format!("committing: the answer took {} ms and is not trusted", waited.as_millis())))
    }

    /// Where the last journal record of a task stands that was committed here.
    pub(crate) fn journaled(&self, task: TaskId) -> Option<u64> {
        self.journaled.get(&task).copied()
    }

    /// Aborts the open transaction, if one is open.
    pub(crate) fn abort(&mut self) -> LogResult<()> {
        if self.state != State::Open {
            return Ok(());
        }
        let limit = self.config.transaction_timeout;
        let outcome = polled(self.client()?, |client| client.abort_transaction(limit));
        self.client()?.context().take_failure();
        self.state = if outcome.is_ok() { State::Ready } else { State::Doubtful };
        outcome.map_err(|error| self.verdict("aborting", &error))
    }

    fn client(&self) -> LogResult<&BaseProducer<Deliveries>> {
        self.client.as_ref().ok_or_else(|| LogError::Retry("the producer could not be created yet".to_owned()))
    }

    fn verdict(&self, doing: &str, error: &KafkaError) -> LogError {
        self.unless_beyond_use(doing, failed(doing, error))
    }

    /// The client's fatal error, if it has one, is the cause of all others.
    fn unless_beyond_use(&self, doing: &str, error: LogError) -> LogError {
        let fatal = self.client.as_ref().and_then(|client| client.client().fatal_error());
        fatal.map_or(error, |(code, reason)| beyond_use(code, doing, &reason))
    }
}

/// Runs a call of a client while another thread serves its delivery reports, for which the call waits.
fn polled<T>(client: &BaseProducer<Deliveries>, call: impl FnOnce(&BaseProducer<Deliveries>) -> T) -> T {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                client.poll(Duration::from_millis(1));
            }
        });
        let outcome = call(client);
        done.store(true, Ordering::Relaxed);
        outcome
    })
}
