//! Records of one partition on their way to the thread that folds them: one buffer, and where each stands in it.

use segflow_core::event::Family;
use segflow_core::time::Timestamp;

/// Records of one partition, in the order of arrival.
#[derive(Default, Debug)]
pub struct Batch {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

/// The place of a record, for a message: a source by its number, and the line, row or offset in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RecordPlace {
    /// The number of the file, or of the partition and topic.
    pub source: usize,
    /// The line or row, from 1 on, or the offset.
    pub number: u64,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    Record {
        family: Family,
        offset: u64,
        timestamp: Timestamp,
        place: RecordPlace,
        start: usize,
        key: Option<usize>,
        value: Option<usize>,
    },
    Time(Timestamp),
}

/// A record of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Queued<'a> {
    /// The family of events that its topic carries.
    pub family: Family,
    /// Its offset.
    pub offset: u64,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// Its place in the source.
    pub place: RecordPlace,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value.
    pub value: Option<&'a [u8]>,
}

/// What a thread that folds is given of a record.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    /// All of it.
    Record(Queued<'a>),
    /// Only its timestamp, which moves the clock: it is of a customer outside the sample.
    Time(Timestamp),
}

impl Batch {
    /// Copies a record in.
    pub fn push(&mut self, record: &Queued<'_>) {
        let Queued { family, offset, timestamp, place, key, value } = *record;
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key.unwrap_or_default());
        self.bytes.extend_from_slice(value.unwrap_or_default());
        let (key, value) = (key.map(<[u8]>::len), value.map(<[u8]>::len));
        self.entries.push(Entry::Record { family, offset, timestamp, place, start, key, value });
    }

    /// Notes that time has passed.
    pub fn push_time(&mut self, timestamp: Timestamp) {
        self.entries.push(Entry::Time(timestamp));
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many bytes the keys and values take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// What it was given, in order.
    pub fn given(&self) -> impl Iterator<Item = Given<'_>> {
        self.entries.iter().map(|entry| match *entry {
            Entry::Time(timestamp) => Given::Time(timestamp),
            Entry::Record { family, offset, timestamp, place, start, key, value } => {
                let middle = start + key.unwrap_or(0);
                let key = key.map(|_| &self.bytes[start..middle]);
                let value = value.map(|length| &self.bytes[middle..middle + length]);
                Given::Record(Queued { family, offset, timestamp, place, key, value })
            }
        })
    }

    /// Takes every record out, and keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }
}
