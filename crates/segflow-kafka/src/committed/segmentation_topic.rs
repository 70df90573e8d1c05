//! The texts of segmentations, by hash: a compacted topic of one partition, read whole, since it is small.

use std::collections::BTreeMap;
use std::task::Poll;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use segflow_runtime::log::{LogResult, TEXTS, TaskId};

use crate::client::client_context::LoggingContext;
use crate::client::config::KafkaConfig;
use crate::client::errors::failed;
use crate::client::partitions::number;
use crate::committed::prefetch::Found;
use crate::committed::range_reader::RangeReader;

/// How long to ask for the end of the topic.
const ANSWER: Duration = Duration::from_secs(5);
/// Records read at once.
const AT_ONCE: usize = 64;

/// What has been read of the topic.
#[derive(Default)]
pub(crate) struct SegmentationTopic {
    /// Everything before it is read.
    next: u64,
    /// Up to where the topic is being read, and whether no transaction in it was undecided when that was asked.
    until: Option<(u64, bool)>,
    known: BTreeMap<String, Vec<u8>>,
}

impl SegmentationTopic {
    /// The text of a hash, once all that is committed has been read. While a transaction that may hold it is undecided,
    /// nothing is known.
    pub(crate) fn find(
        &mut self,
        hash: &str,
        config: &KafkaConfig,
        ranges: &mut RangeReader,
    ) -> LogResult<Poll<Option<Vec<u8>>>> {
        if let Some(text) = self.known.get(hash) {
            return Ok(Poll::Ready(Some(text.clone())));
        }
        let topic = config.texts();
        let (end, settled) = match self.until {
            Some(until) => until,
            None => {
                let high = high_watermark(config, topic, TEXTS)?;
                let (low, stable) = ranges.bounds(topic, TEXTS)?;
                self.next = self.next.max(low);
                *self.until.insert((stable, stable >= high))
            }
        };
        if self.next < end {
            let range = ranges.read(topic, TEXTS, self.next, Some(end), AT_ONCE)?;
            self.next = range.next;
            for Found { key, value, .. } in range.found {
                let key = key.and_then(|key| String::from_utf8(key).ok());
                self.known.extend(key.zip(value));
            }
        }
        if self.next < end {
            return Ok(Poll::Pending);
        }
        self.until = None;
        let found = self.known.get(hash).cloned();
        Ok(if found.is_none() && !settled { Poll::Pending } else { Poll::Ready(found) })
    }
}

/// The end of a partition, undecided transactions included. Asked by a client of its own, which is rarely needed.
pub(crate) fn high_watermark(config: &KafkaConfig, topic: &str, task: TaskId) -> LogResult<u64> {
    let doing = || format!("asking for the end of {topic}");
    let asker: BaseConsumer<LoggingContext> =
        config.asker().create_with_context(LoggingContext::default()).map_err(|error| failed(&doing(), &error))?;
    let (_, high) = asker.fetch_watermarks(topic, number(task), ANSWER).map_err(|error| failed(&doing(), &error))?;
    Ok(u64::try_from(high).unwrap_or(0))
}
