//! The topics, as a `read_committed` client reads them, from their beginning on and while they are written.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::{Checker, FAMILIES, Position};

/// How long a request may take; the broker may be away for as long.
const PATIENCE: Duration = Duration::from_secs(120);
/// Messages taken between two looks at what can be decided.
const BATCH: usize = 2_000;

/// The topics to read.
pub struct Source {
    /// `host:port` of the broker.
    pub bootstrap: String,
    /// The beginning of every topic's name: `PREFIX.payments`, `PREFIX.journal`.
    pub prefix: String,
    /// The topic of changes, if it is not `PREFIX.changes`.
    pub changes: Option<String>,
    /// How many partitions each topic has.
    pub partitions: usize,
}

/// The part that a record has for the checker.
#[derive(Clone, Copy)]
enum Kind {
    Input(usize),
    Journal,
    Change,
}

/// Reads until `is_over` says that nothing more is written, and then to the end; `tell` hears of every batch.
///
/// # Panics
///
/// If the topics cannot be read.
pub fn read(source: &Source, checker: &mut Checker, is_over: impl Fn() -> bool, mut tell: impl FnMut(&Checker)) {
    let topics = topics(source);
    let consumer = consumer(source);
    let mut assignment = TopicPartitionList::new();
    for topic in topics.keys() {
        for partition in 0..source.partitions {
            let partition = i32::try_from(partition).expect("a partition number");
            assignment.add_partition_offset(topic, partition, Offset::Beginning).expect("a valid offset");
        }
    }
    consumer.assign(&assignment).expect("an assignment of existing partitions");
    let mut ends = None;
    let mut deadline = Instant::now() + PATIENCE;
    loop {
        let mut some = false;
        for _ in 0..BATCH {
            match consumer.poll(Duration::from_millis(50)) {
                None => break,
                Some(Err(error)) => eprintln!("reading: {error}"),
                Some(Ok(message)) => {
                    (some, deadline) = (true, Instant::now() + PATIENCE);
                    let partition = usize::try_from(message.partition()).expect("partitions count from 0");
                    match topics[message.topic()] {
                        Kind::Input(family) => {
                            let timestamp =
                                message.timestamp().to_millis().expect("a record of an input has a timestamp");
                            let position = Position { partition, offset: message.offset(), timestamp };
                            checker.input(family, position, message.payload());
                        }
                        Kind::Journal => checker.journal(partition, message.payload().unwrap_or_default()),
                        Kind::Change => checker.change(partition, message.offset(), message.key(), message.payload()),
                    }
                }
            }
        }
        checker.proceed();
        tell(checker);
        if ends.is_none() && is_over() {
            ends = Some(ends_of(&consumer, &assignment));
        }
        if let Some(ends) = &ends {
            if reached(&consumer, ends) {
                return;
            }
            assert!(some || Instant::now() < deadline, "the ends were not reached: {ends:?}");
        }
    }
}

fn topics(source: &Source) -> BTreeMap<String, Kind> {
    let name = |name: &str| format!("{}.{name}", source.prefix);
    let mut topics: BTreeMap<String, Kind> =
        FAMILIES.iter().enumerate().map(|(family, topic)| (name(topic), Kind::Input(family))).collect();
    topics.insert(name("journal"), Kind::Journal);
    topics.insert(source.changes.clone().unwrap_or_else(|| name("changes")), Kind::Change);
    topics
}

fn consumer(source: &Source) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", &source.bootstrap)
        .set("group.id", "segflow-checker")
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "error")
        .set("fetch.queue.backoff.ms", "10")
        .set("fetch.wait.max.ms", "100")
        .set("queued.max.messages.kbytes", "65536")
        .create()
        .expect("a consumer")
}

/// The stable end of every partition.
fn ends_of(consumer: &BaseConsumer, assignment: &TopicPartitionList) -> BTreeMap<(String, i32), i64> {
    let end = |topic: &str, partition: i32| {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match consumer.fetch_watermarks(topic, partition, PATIENCE) {
                Ok((_, end)) => return end,
                Err(error) => assert!(Instant::now() < deadline, "{topic} [{partition}]: {error}"),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let elements = assignment.elements();
    let place = |topic: &str, partition: i32| ((topic.to_owned(), partition), end(topic, partition));
    elements.iter().map(|element| place(element.topic(), element.partition())).collect()
}

/// Positions move over transaction markers, so they reach an end that holds no record. Where nothing was ever read there
/// is no position.
fn reached(consumer: &BaseConsumer, ends: &BTreeMap<(String, i32), i64>) -> bool {
    let positions = consumer.position().expect("positions are local");
    let elements = positions.elements();
    elements.iter().all(|element| {
        let end = ends[&(element.topic().to_owned(), element.partition())];
        end == 0 || matches!(element.offset(), Offset::Offset(position) if position >= end)
    })
}
