//! The texts of segmentations, by hash: a compacted topic of one partition, read whole, since it is small.

use std::collections::BTreeMap;

use segflow_runtime::log::{LogError, LogResult, TEXTS};

use crate::range::{Found, RangeReader};

/// A reader of the topic, with what it has read.
pub(crate) struct Texts {
    ranges: RangeReader,
    topic: String,
    /// Everything before it is read.
    next: u64,
    known: BTreeMap<String, Vec<u8>>,
}

impl Texts {
    pub(crate) fn new(ranges: RangeReader, topic: &str) -> Self {
        Self { ranges, topic: topic.to_owned(), next: 0, known: BTreeMap::new() }
    }

    /// The reader below.
    pub(crate) fn ranges(&self) -> &RangeReader {
        &self.ranges
    }

    /// The text of a hash. `settled` tells, before the topic is read, whether no transaction in it is undecided.
    pub(crate) fn find(
        &mut self,
        hash: &str,
        settled: impl FnOnce(&str) -> LogResult<bool>,
    ) -> LogResult<Option<Vec<u8>>> {
        if !self.known.contains_key(hash) {
            let settled = settled(&self.topic)?;
            self.read_on()?;
            if !settled && !self.known.contains_key(hash) {
                let reason = format!("the tail of {} is undecided, and may hold the segmentation {hash}", self.topic);
                return Err(LogError::Retry(reason));
            }
        }
        Ok(self.known.get(hash).cloned())
    }

    fn read_on(&mut self) -> LogResult<()> {
        let (low, end) = self.ranges.bounds(TEXTS)?;
        for Found { key, value, .. } in self.ranges.read(TEXTS, self.next.max(low), end, usize::MAX)? {
            let key = key.and_then(|key| String::from_utf8(key).ok());
            self.known.extend(key.zip(value));
        }
        self.next = end;
        Ok(())
    }
}
