//! Archives merged by timestamp into one order of arrival.
//!
//! Records of one file keep their order, and one without a timestamp, or with an earlier one than before it, goes with the
//! last. Where several arrived at one instant, those of an earlier family come first, then those of an earlier file: so
//! that it makes no difference which topics share a file.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;

use segflow_core::event::Family;
use segflow_core::time::Timestamp;
use segflow_wire::Intake;

use super::address::{Addresses, family};
use super::arrival::{Arrival, occurred_at};
use super::avro::Avro;
use super::ndjson::Ndjson;
use super::parquet::Parquet;
use super::{ArchiveError, Held, Kind, Records};

/// The most records of one instant that are put in order; those beyond it follow as they come.
const INSTANT_MAX: usize = 1 << 16;

/// Archives, merged.
pub struct Merged {
    sources: Vec<Source>,
    /// (arrival, source) of each source's next record, the earliest first.
    next: BinaryHeap<Reverse<(Timestamp, usize)>>,
    topics: [String; Family::ALL.len()],
    /// The records of one instant; of them those before `given` have been given out.
    run: Vec<Held>,
    given: usize,
    filled: usize,
}

struct Source {
    name: String,
    records: Box<dyn Records>,
    at: Timestamp,
    ahead: Held,
}

impl Merged {
    /// Opens files, whose names say what they are: other endings than `.avro` and `.parquet` are NDJSON. Without files it
    /// reads standard input, as NDJSON.
    ///
    /// # Errors
    /// If one cannot be read, or is not what its name says.
    pub fn open(files: &[PathBuf], topics: [String; Family::ALL.len()]) -> Result<Self, ArchiveError> {
        let mut sources = Vec::new();
        for path in files {
            let name = path.display().to_string();
            let records: Box<dyn Records> = match Kind::of(path) {
                Some(Kind::Avro) => Box::new(Avro::open(path)?),
                Some(Kind::Parquet) => Box::new(Parquet::open(path)?),
                Some(Kind::Ndjson) | None => {
                    let failed = |error| ArchiveError::Io { file: name.clone(), error };
                    let reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
                    Box::new(Ndjson::new(name.clone(), Box::new(reader)))
                }
            };
            sources.push(Source::new(name, records));
        }
        if files.is_empty() {
            let name = "(standard input)".to_owned();
            sources.push(Source::new(name.clone(), Box::new(Ndjson::new(name, Box::new(io::stdin().lock())))));
        }
        let mut merged = Self { sources, next: BinaryHeap::new(), topics, run: Vec::new(), given: 0, filled: 0 };
        for source in 0..merged.sources.len() {
            merged.advance(source)?;
        }
        Ok(merged)
    }

    /// The same records as they arrive. Where they arrive when they happened, they are all held in memory, since the last one
    /// read may be the first; a record that cannot be used arrives at its timestamp.
    ///
    /// # Errors
    /// If a file cannot be read further.
    pub fn arriving(mut self, arrival: Arrival, intake: &Intake) -> Result<Self, ArchiveError> {
        if arrival == Arrival::Recorded {
            return Ok(self);
        }
        let (mut all, mut addresses) = (Vec::new(), Addresses::new(self.topics.clone(), intake));
        while let Some(held) = self.next()? {
            let timestamp = occurred_at(held, &mut addresses, intake).unwrap_or(held.timestamp);
            all.push(Held { timestamp, ..held.clone() });
        }
        // Of those that happened at one instant, those recorded earlier arrive earlier.
        all.sort_by_key(|held| held.timestamp);
        (self.given, self.filled, self.run) = (0, all.len(), all);
        Ok(self)
    }

    /// The next record in the order of arrival; none at the end.
    ///
    /// # Errors
    /// If a file cannot be read further.
    #[allow(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Result<Option<&Held>, ArchiveError> {
        if self.given == self.filled {
            self.fill()?;
        }
        let next = self.run[..self.filled].get(self.given);
        self.given += 1;
        if next.is_none() {
            self.given = self.filled;
        }
        Ok(next)
    }

    /// The name of a source.
    #[must_use]
    pub fn name(&self, source: usize) -> &str {
        &self.sources[source].name
    }

    /// How many bytes of all files are read.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.sources.iter().map(|source| source.records.bytes_read()).sum()
    }

    /// Takes every record of the next instant, in order.
    fn fill(&mut self) -> Result<(), ArchiveError> {
        (self.given, self.filled) = (0, 0);
        let Some(Reverse((at, _))) = self.next.peek() else { return Ok(()) };
        let at = *at;
        while let Some(Reverse((next, source))) = self.next.peek()
            && *next == at
            && self.filled < INSTANT_MAX
        {
            let source = *source;
            self.next.pop();
            if self.run.len() == self.filled {
                self.run.push(Held::default());
            }
            std::mem::swap(&mut self.run[self.filled], &mut self.sources[source].ahead);
            self.filled += 1;
            self.advance(source)?;
        }
        if self.filled > 1 {
            let topics = &self.topics;
            self.run[..self.filled].sort_by_key(|held| (family(topics, &held.topic), held.source, held.number));
        }
        Ok(())
    }

    fn advance(&mut self, index: usize) -> Result<(), ArchiveError> {
        let source = &mut self.sources[index];
        if source.records.next(&mut source.ahead)? {
            source.ahead.source = index;
            if source.ahead.malformed.is_none() {
                source.at = source.ahead.timestamp.max(source.at);
            }
            self.next.push(Reverse((source.at, index)));
        }
        Ok(())
    }
}

impl Source {
    fn new(name: String, records: Box<dyn Records>) -> Self {
        Self { name, records, at: Timestamp::BEGINNING, ahead: Held::default() }
    }
}
