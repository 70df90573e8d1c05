//! Reads whole topics as a `read_committed` reader sees them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::{Broker, PATIENCE, Record};

impl Broker {
    /// The whole topic as a `read_committed` reader sees it, by partition and offset, once no transaction on it is
    /// undecided. A commit returns before its markers are in the log, so without that wait its records may be missing.
    pub fn read_committed(&self, topic: &str) -> Vec<Record> {
        let (committed, uncommitted) = (self.reader("read_committed"), self.reader("read_uncommitted"));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let written = ends(&uncommitted, topic);
            let stable = ends(&committed, topic);
            if stable == written {
                return read_until(&committed, topic, &stable);
            }
            assert!(Instant::now() < deadline, "{topic}: stable up to {stable:?}, written up to {written:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The records that a `read_committed` reader can see at this moment: in each partition, those before the first record
    /// of an undecided transaction.
    pub fn read_committed_so_far(&self, topic: &str) -> Vec<Record> {
        let consumer = self.reader("read_committed");
        let ends = ends(&consumer, topic);
        read_until(&consumer, topic, &ends)
    }

    /// Returns once every partition of the topic has a leader that answers.
    pub(super) fn await_leaders(&self, topic: &str) {
        ends(&self.reader("read_uncommitted"), topic);
    }

    fn reader(&self, isolation_level: &str) -> BaseConsumer {
        self.client_config()
            .set("isolation.level", isolation_level)
            .set("group.id", "segflow-tests-reader")
            .set("enable.auto.commit", "false")
            .set("fetch.wait.max.ms", "20")
            .create()
            .expect("a consumer")
    }
}

/// First and next offset of each partition that is not empty, as this consumer's isolation level sees it.
type Ends = BTreeMap<i32, (i64, i64)>;

/// A broker that has just started, or a topic that has just been created, names leaders before they take requests.
fn ends(consumer: &BaseConsumer, topic: &str) -> Ends {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match try_ends(consumer, topic) {
            Ok(ends) => return ends,
            Err(error) => assert!(Instant::now() < deadline, "{topic} has no leaders: {error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn try_ends(consumer: &BaseConsumer, topic: &str) -> KafkaResult<Ends> {
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let described = metadata.topics().first().expect("the answer names the topic");
    if let Some(error) = described.error() {
        return Err(KafkaError::MetadataFetch(error.into()));
    }
    let mut ends = Ends::new();
    for partition in described.partitions().iter().map(|partition| partition.id()) {
        let (start, end) = consumer.fetch_watermarks(topic, partition, PATIENCE)?;
        if start < end {
            ends.insert(partition, (start, end));
        }
    }
    Ok(ends)
}

fn read_until(consumer: &BaseConsumer, topic: &str, ends: &Ends) -> Vec<Record> {
    let mut assignment = TopicPartitionList::new();
    for (&partition, &(start, _)) in ends {
        assignment.add_partition_offset(topic, partition, Offset::Offset(start)).expect("a valid offset");
    }
    consumer.assign(&assignment).expect("an assignment of existing partitions");
    let mut records = Vec::new();
    let mut deadline = Instant::now() + PATIENCE;
    while !reached(consumer, ends) {
        match consumer.poll(Duration::from_millis(20)) {
            Some(Ok(message)) => {
                if message.offset() < ends[&message.partition()].1 {
                    records.push(Record::from(&message));
                }
                deadline = Instant::now() + PATIENCE;
            }
            Some(Err(error)) => panic!("{topic} could not be read: {error}"),
            None => assert!(Instant::now() < deadline, "{topic}: {:?} short of {ends:?}", consumer.position()),
        }
    }
    records.sort_by_key(|record| (record.partition, record.offset));
    records
}

/// Positions move over transaction markers, so they reach the end also where the last offset holds no record.
fn reached(consumer: &BaseConsumer, ends: &Ends) -> bool {
    let positions = consumer.position().expect("positions are local");
    positions
        .elements()
        .iter()
        .all(|element| matches!(element.offset(), Offset::Offset(position) if position >= ends[&element.partition()].1))
}
