//! `segflow fold`: events in the envelope of `kcat -J` become changes, without broker or disk.

use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use segflow_core::change::Change;
use segflow_core::event::{CustomerId, Family};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Instant;
use segflow_runtime::replay::Replay;
use segflow_wire::envelope::{self, Line};
use segflow_wire::{Encoding, Intake, Partitioner, RawRecord, partition_of};
use serde_json::json;

use crate::portrait::{Portrait, customer_id};
use crate::segmentation::load;

/// Turn events into segment changes, without broker or disk.
///
/// Events are NDJSON as `kcat -J` prints them, in arrival order; each record is a cycle of its own, and the clock is
/// the greatest timestamp read. Changes go to standard output, a summary to standard error.
#[derive(clap::Args)]
pub struct Fold {
    /// The segmentation file
    #[arg(long)]
    segmentation: PathBuf,
    /// Settle every clock up to this instant (RFC 3339); records at or after it are not folded
    #[arg(long)]
    until: Option<Instant>,
    /// How many partitions, each with a clock of its own; keys are hashed as Kafka does
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    partitions: u32,
    /// Where to write what could not be used, as NDJSON
    #[arg(long)]
    dead_letters: Option<PathBuf>,
    /// Instead of changes, write what this customer is at the end, and why, for a person to read; may be repeated
    #[arg(long, value_name = "CUSTOMER", value_parser = customer_id)]
    explain: Vec<CustomerId>,
    /// Files of events, merged by timestamp; none: standard input
    events: Vec<PathBuf>,
}

impl Fold {
    pub fn run(self) -> Result<()> {
        let segmentation = Arc::new(load(&self.segmentation)?);
        let currency = segmentation.currency.clone();
        let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, self.partitions, currency);
        let dead_letters: Box<dyn Write> = match &self.dead_letters {
            Some(file) => {
                let file = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(io::sink()),
        };
        let changes: Box<dyn Write> = match self.explain.is_empty() {
            true => Box::new(BufWriter::new(io::stdout().lock())),
            false => Box::new(io::sink()),
        };
        let mut folding = Folding {
            replay: Replay::new(Arc::clone(&segmentation), Arc::new(intake)),
            partitions: self.partitions,
            offsets: vec![[0; Family::ALL.len()]; self.partitions as usize],
            changes,
            dead_letters,
            malformed: 0,
            beyond: 0,
        };
        for line in Merged::open(&self.events)? {
            folding.line(line?, self.until)?;
        }
        let last = match self.until {
            Some(until) => folding.replay.settle(until),
            None => folding.replay.finish(),
        };
        folding.write(&last)?;
        explain(&folding.replay, &self.explain, &segmentation)?;
        folding.end()
    }
}

/// Writes the portraits of customers to standard output, with an empty line between two.
fn explain(replay: &Replay, customers: &[CustomerId], segmentation: &Segmentation) -> Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    for (index, customer) in customers.iter().enumerate() {
        let known = replay.state(customer);
        let (state, decided_up_to) = known.with_context(|| format!("no event of customer {customer} was folded"))?;
        let between = if index == 0 { "" } else { "\n" };
        write!(output, "{between}{}", Portrait { customer, state, segmentation, decided_up_to })
            .context("cannot write to standard output")?;
    }
    output.flush().context("cannot write to standard output")
}

struct Folding {
    replay: Replay,
    partitions: u32,
    /// The next offset of each partition and family, where lines name none.
    offsets: Vec<[u64; Family::ALL.len()]>,
    changes: Box<dyn Write>,
    dead_letters: Box<dyn Write>,
    /// Lines that are no record of an input.
    malformed: u64,
    /// Records at or after `--until`.
    beyond: u64,
}

impl Folding {
    fn line(&mut self, read: Read, until: Option<Instant>) -> Result<()> {
        let line = match &read.line {
            Ok(line) => line,
            Err(detail) => return self.reject(&read, "malformed_line", detail),
        };
        if until.is_some_and(|until| line.timestamp >= until) {
            self.beyond += 1;
            return Ok(());
        }
        let Some(family) = family(&line.topic) else {
            let topics = Family::ALL.map(Family::default_topic).join(", ");
            let detail = format!("topic: expected one of {topics}, found {}", line.topic);
            return self.reject(&read, "unknown_topic", &detail);
        };
        let partition = partition_of(line.key.as_deref().unwrap_or_default(), self.partitions, Partitioner::Murmur2);
        let next = &mut self.offsets[partition as usize][family.index()];
        let offset = line.offset.unwrap_or(*next);
        *next = offset + 1;
        let outcome = self.replay.record(&RawRecord {
            family,
            topic: &line.topic,
            partition,
            offset,
            timestamp: line.timestamp,
            key: line.key.as_deref(),
            value: line.value.as_deref(),
            headers: &line.headers,
        });
        if let Some(rejection) = outcome.rejection {
            self.dead_letter(&read, rejection.reason.word(), &rejection.detail)?;
        }
        self.write(&outcome.changes)
    }

    fn write(&mut self, changes: &[Change]) -> Result<()> {
        for change in changes {
            let mut bytes = segflow_wire::change::encode(change, Encoding::Json);
            bytes.push(b'\n');
            self.changes.write_all(&bytes).context("cannot write changes to standard output")?;
        }
        Ok(())
    }

    fn reject(&mut self, read: &Read, reason: &str, detail: &str) -> Result<()> {
        self.malformed += 1;
        self.dead_letter(read, reason, detail)
    }

    fn dead_letter(&mut self, read: &Read, reason: &str, detail: &str) -> Result<()> {
        let (file, line, text) = (&*read.file, read.number, String::from_utf8_lossy(&read.text));
        let letter = json!({"file": file, "line": line, "reason": reason, "detail": detail, "record": text});
        writeln!(self.dead_letters, "{letter}").context("cannot write dead letters")
    }

    fn end(mut self) -> Result<()> {
        self.changes.flush().context("cannot write changes to standard output")?;
        self.dead_letters.flush().context("cannot write dead letters")?;
        let counts = self.replay.counts();
        eprintln!(
            "{} records read: {} folded ({} late), {} duplicates ({} conflicts), {} forgotten, {} dead letters; {} changes",
            counts.read + self.malformed,
            counts.folded,
            counts.late,
            counts.duplicates,
            counts.conflicts,
            counts.forgotten,
            counts.dead_letters + self.malformed,
            counts.changes,
        );
        if self.beyond > 0 {
            eprintln!("{} records at or after --until were not folded", self.beyond);
        }
        eprintln!("digest {}", self.replay.digest());
        Ok(())
    }
}

fn family(topic: &str) -> Option<Family> {
    Family::ALL.into_iter().find(|family| topic == family.default_topic())
}

/// A line of an input, with where it stands.
struct Read {
    file: Arc<str>,
    number: u64,
    text: Vec<u8>,
    line: Result<Line, String>,
}

/// Files merged by timestamp; lines of one file keep their order, and a line without a timestamp goes with the last.
struct Merged {
    sources: Vec<Source>,
    /// (timestamp, source) of each source's next line, the earliest first.
    next: BinaryHeap<std::cmp::Reverse<(Instant, usize)>>,
}

struct Source {
    file: Arc<str>,
    reader: Box<dyn BufRead>,
    number: u64,
    at: Instant,
    ahead: Option<Read>,
}

impl Merged {
    fn open(files: &[PathBuf]) -> Result<Self> {
        let mut sources = match files {
            [] => vec![Source::new("(standard input)", Box::new(io::stdin().lock()))],
            files => files.iter().map(|file| Source::open(file)).collect::<Result<_>>()?,
        };
        let mut next = BinaryHeap::new();
        for (index, source) in sources.iter_mut().enumerate() {
            if source.advance()? {
                next.push(std::cmp::Reverse((source.at, index)));
            }
        }
        Ok(Self { sources, next })
    }
}

impl Iterator for Merged {
    type Item = Result<Read>;

    fn next(&mut self) -> Option<Self::Item> {
        let std::cmp::Reverse((_, index)) = self.next.pop()?;
        let source = &mut self.sources[index];
        let read = source.ahead.take().expect("a source in the heap has a line ahead");
        match source.advance() {
            Ok(true) => self.next.push(std::cmp::Reverse((source.at, index))),
            Ok(false) => {}
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(read))
    }
}

impl Source {
    fn open(file: &Path) -> Result<Self> {
        let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Self::new(&file.display().to_string(), Box::new(BufReader::with_capacity(1 << 20, opened))))
    }

    fn new(file: &str, reader: Box<dyn BufRead>) -> Self {
        Self { file: file.into(), reader, number: 0, at: Instant::BEGINNING, ahead: None }
    }

    /// Reads the next line that is not blank; false at the end.
    fn advance(&mut self) -> Result<bool> {
        loop {
            let mut text = Vec::new();
            let read =
                self.reader.read_until(b'\n', &mut text).with_context(|| format!("cannot read {}", self.file))?;
            if read == 0 {
                return Ok(false);
            }
            self.number += 1;
            let text = text.trim_ascii().to_vec();
            if text.is_empty() {
                continue;
            }
            let line = envelope::parse(&text).map_err(|malformed| malformed.to_string());
            self.at = line.as_ref().map_or(self.at, |line| self.at.max(line.timestamp));
            self.ahead = Some(Read { file: Arc::clone(&self.file), number: self.number, text, line });
            return Ok(true);
        }
    }
}
