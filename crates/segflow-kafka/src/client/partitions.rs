//! Partitions by topic and task: lists of them, assignments at exact offsets, and their latest offsets.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};
use segflow_runtime::log::{LogError, LogResult, TaskId};

/// How long a change of assignment may take; it waits for no broker.
const ASSIGNMENT: Duration = Duration::from_secs(10);

/// How long a client that is warmed up may take per topic.
const WARMED: Duration = Duration::from_secs(1);

/// Lets a client find and connect to the leaders of some topics before it is asked for anything: librdkafka takes some
/// hundred milliseconds for that. A failure is told by the first read.
pub(crate) fn warm<'a, C: ConsumerContext>(consumer: &BaseConsumer<C>, topics: impl IntoIterator<Item = &'a str>) {
    topics.into_iter().all(|topic| consumer.fetch_metadata(Some(topic), WARMED).is_ok());
}

/// A list of partitions without offsets.
pub(crate) fn list<'a>(partitions: impl IntoIterator<Item = (&'a str, TaskId)>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (topic, task) in partitions {
        list.add_partition(topic, number(task));
    }
    list
}

/// A list of partitions at offsets.
pub(crate) fn list_at<'a>(
    partitions: impl IntoIterator<Item = (&'a str, TaskId, Offset)>,
) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (topic, task, offset) in partitions {
        list.add_partition_offset(topic, number(task), offset)?;
    }
    Ok(list)
}

/// The partition of a task, as Kafka counts.
pub(crate) fn number(task: TaskId) -> i32 {
    i32::try_from(task.0).expect("a partition number is a positive int32")
}

/// An offset as librdkafka takes it. Offsets of the log are positive int64.
pub(crate) fn offset(next: u64) -> Offset {
    Offset::Offset(i64::try_from(next).unwrap_or(i64::MAX))
}

/// The concrete offset, if it is one.
pub(crate) fn concrete(offset: Offset) -> Option<u64> {
    match offset {
        Offset::Offset(next) => u64::try_from(next).ok(),
        _ => None,
    }
}

/// Where the client stands in each of its partitions; those from which nothing was polled are missing.
pub(crate) fn positions<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
) -> KafkaResult<BTreeMap<(String, TaskId), u64>> {
    Ok(concrete_offsets(&consumer.position()?))
}

/// Waits until these partitions, just assigned and not polled since, have forgotten their former position.
///
/// librdkafka drops what was fetched before an `unassign` at once, by version, but forgets the position only when the
/// fetcher has stopped, a moment later: until then an old position would pass for the new one.
pub(crate) fn await_fresh<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    assigned: &TopicPartitionList,
) -> LogResult<()> {
    let deadline = Instant::now() + ASSIGNMENT;
    loop {
        let known = consumer.position().map_err(|error| LogError::Retry(format!("asking for positions: {error}")))?;
        let stale = assigned.elements().iter().any(|element| {
            let now = known.find_partition(element.topic(), element.partition());
            now.is_some_and(|now| now.offset() != Offset::Invalid)
        });
        if !stale {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(LogError::Retry("librdkafka did not stop a fetcher within 10 s".to_owned()));
        }
        thread::sleep(Duration::from_micros(200));
    }
}

/// The latest offsets as the leaders answer, by one ListOffsets to each: the high watermark to a `read_uncommitted`
/// client, the last stable offset to a `read_committed` one. Partitions without a known leader are missing.
///
/// Who leads is known from librdkafka's cache, which a client that only asks would not renew for a quarter of an hour;
/// so it is renewed here after an answer that is not whole.
///
/// # Errors
/// If a leader does not answer in time, or answers with an error.
pub(crate) fn latest<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    partitions: &[(&str, TaskId)],
    timeout: Duration,
) -> KafkaResult<BTreeMap<(String, TaskId), u64>> {
    let asked = list_at(partitions.iter().map(|(topic, task)| (*topic, *task, Offset::End)))?;
    let answer = consumer.offsets_for_times(asked, timeout).map(|answer| concrete_offsets(&answer));
    if !answer.as_ref().is_ok_and(|answer| answer.len() == partitions.len()) {
        let topics: BTreeSet<&str> = partitions.iter().map(|(topic, _)| *topic).collect();
        // The next question finds out whether it helped.
        topics.into_iter().for_each(|topic| drop(consumer.fetch_metadata(Some(topic), timeout)));
    }
    answer
}

fn concrete_offsets(list: &TopicPartitionList) -> BTreeMap<(String, TaskId), u64> {
    let known = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
        let task = TaskId(u32::try_from(element.partition()).ok()?);
        element.error().ok()?;
        Some(((element.topic().to_owned(), task), concrete(element.offset())?))
    };
    list.elements().iter().filter_map(known).collect()
}
