//! `segflow fold`: events in the envelope of `kcat -J` become changes, without broker or disk.

mod foreign;
mod summary;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Error, Result, anyhow, bail};
use segflow_archive::{self as archive, Addresses, Arrival, Held, Merged};
use segflow_core::change::Change;
use segflow_core::event::{CustomerId, Family};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_engine::replay::Replay;
use segflow_explain::customer::Portrait;
use segflow_explain::printable::printable;
use segflow_explain::what_if::assumption::{FORMS, MEANING};
use segflow_explain::what_if::{WhatIf, WhatIfError};
use segflow_mapping::Mapping;
use segflow_wire::{Encoding, Intake, OtherCurrency, Partitioner, RawRecord};
use serde_json::json;

use self::foreign::{Foreign, MappedTopic, mapped_topic};
use self::summary::{Idle, Refused, UnreadableAttributes};
use super::{customer_id, one_of};
use crate::segmentation::load;
use crate::terminal::{self, tell};

/// Turn events into segment changes, without broker or disk.
///
/// Events are NDJSON as `kcat -J` prints them, or archives of the same fields in Avro container files or Parquet, in
/// arrival order; each record is a cycle of its own, and the clock is the greatest timestamp read. Changes go to standard
/// output, a summary to standard error. Exit code 1 if there were records and none of them could be used.
#[derive(clap::Args)]
pub struct Fold {
    /// The segmentation file
    #[arg(long)]
    segmentation: PathBuf,
    /// Settle every clock up to this instant (RFC 3339); records at or after it are not folded
    #[arg(long)]
    until: Option<Timestamp>,
    /// How many partitions, each with a clock of its own; keys are hashed as Kafka does
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    partitions: u32,
    /// When records count as having arrived; occurred-at for a history that was exported in one go: each as if it had been
    /// recorded when it happened, in that order. All of it is then held in memory
    #[arg(long, default_value = "recorded", value_parser = one_of(Arrival::ALL))]
    arrival: Arrival,
    /// A foreign topic and the mapping that makes events of its records (docs/mapping.md); may be repeated
    #[arg(long = "mapping", value_name = "TOPIC=FILE", value_parser = mapped_topic)]
    mappings: Vec<MappedTopic>,
    /// What becomes of records of another currency than the segmentation's: each is a dead letter, or all are ignored and
    /// counted
    #[arg(long, default_value = "dead-letter", value_parser = one_of(OtherCurrency::ALL))]
    other_currency: OtherCurrency,
    /// Where to write what could not be used, as NDJSON
    #[arg(long)]
    dead_letters: Option<PathBuf>,
    /// Instead of changes, write what this customer is at the end, and why, for a person to read; may be repeated
    #[arg(long, value_name = "CUSTOMER", value_parser = customer_id)]
    explain: Vec<CustomerId>,
    /// Then show what would be if this happened to the customer explained; nothing is written. May be repeated
    #[arg(long, value_name = "WHAT", requires = "explain", long_help = assume_help())]
    assume: Vec<String>,
    /// Files of events, or folders of them, merged by timestamp; none: NDJSON from standard input
    events: Vec<PathBuf>,
}

impl Fold {
    pub fn run(self) -> Result<()> {
        let segmentation = Arc::new(load(&self.segmentation)?);
        let what_if = self.what_if(&segmentation)?;
        let currency = segmentation.currency.clone();
        let uniform = Intake::uniform(Encoding::Json, Partitioner::Murmur2, self.partitions, currency);
        let intake = Arc::new(Intake { other_currency: self.other_currency, ..uniform });
        let dead_letters: Box<dyn Write> = match &self.dead_letters {
            Some(file) => {
                let file = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(io::sink()),
        };
        let changes: Box<dyn Write> = match self.explain.is_empty() {
            true => terminal::records(),
            false => Box::new(io::sink()),
        };
        if !self.mappings.is_empty() && self.arrival == Arrival::OccurredAt {
            bail!(
                "--arrival occurred-at: expected it without --mapping, since foreign records say when they happened only once they are mapped"
            );
        }
        let topics = Family::ALL.map(Family::default_topic);
        let mut folding = Folding {
            addresses: Addresses::new(topics.clone(), &intake),
            replay: Replay::new(Arc::clone(&segmentation), Arc::clone(&intake)),
            changes,
            dead_letters,
            foreign: Foreign::load(&self.mappings, &intake)?,
            malformed: 0,
            beyond: 0,
            refused: Refused::default(),
            unreadable: UnreadableAttributes::default(),
        };
        let mut files = Vec::new();
        for path in &self.events {
            files.extend(archive::files(path)?);
        }
        let mut merged = Merged::open(&files, topics)?.arriving(self.arrival, &intake)?;
        let names: Vec<String> = (0..files.len().max(1)).map(|source| merged.name(source).to_owned()).collect();
        while let Some(held) = merged.next()? {
            folding.record(held, &names[held.source], self.until)?;
        }
        let last = match self.until {
            Some(until) => folding.replay.settle(until),
            None => folding.replay.finish(),
        };
        folding.write(&last)?;
        let explained = match folding.is_in_vain() {
            true => Ok(()),
            false => self.explained(&folding.replay, &segmentation, what_if),
        };
        folding.end()?;
        explained
    }

    /// Writes what was asked about customers to standard output.
    fn explained(&self, replay: &Replay, segmentation: &Segmentation, what_if: Option<WhatIf<'_>>) -> Result<()> {
        explain(replay, &self.explain, segmentation)?;
        let Some(what_if) = what_if else { return Ok(()) };
        let text = what_if.text(replay).map_err(worded)?;
        terminal::print(format_args!("{text}"))
    }

    /// The assumptions, if there are any.
    fn what_if<'a>(&'a self, segmentation: &'a Segmentation) -> Result<Option<WhatIf<'a>>> {
        match &self.explain[..] {
            _ if self.assume.is_empty() => Ok(None),
            [customer] => {
                let what_if = WhatIf::new(customer, segmentation, self.partitions, &self.assume);
                what_if.map(Some).map_err(worded)
            }
            several => bail!("--assume: expected one customer to --explain, found {}; call it for each", several.len()),
        }
    }
}

fn assume_help() -> String {
    let forms: String = FORMS.lines().map(|form| format!("  {form}\n")).collect();
    format!(
        "Then show what would be if this happened to the customer explained; nothing is written. May be repeated\n\n\
         {forms}\n{MEANING}"
    )
}

/// The error as a message about the argument.
fn worded(error: WhatIfError) -> Error {
    match error {
        WhatIfError::Misread { .. } => anyhow!("--assume {error}; `segflow fold --help` shows what may be assumed"),
        WhatIfError::Refused { .. } => anyhow!("--assume {error}"),
        WhatIfError::Unknown(_) => error.into(),
    }
}

/// Writes the portraits of customers to standard output, with an empty line between two.
fn explain(replay: &Replay, customers: &[CustomerId], segmentation: &Segmentation) -> Result<()> {
    for (index, customer) in customers.iter().enumerate() {
        let known = replay.state(customer);
        let unknown = || format!("no event of customer {} was folded", printable(customer.as_str()));
        let (state, decided_up_to) = known.with_context(unknown)?;
        let between = if index == 0 { "" } else { "\n" };
        terminal::print(format_args!("{between}{}", Portrait { customer, state, segmentation, decided_up_to }))?;
    }
    Ok(())
}

struct Folding {
    replay: Replay,
    addresses: Addresses,
    changes: Box<dyn Write>,
    dead_letters: Box<dyn Write>,
    foreign: Foreign,
    /// Lines that are no record of an input.
    malformed: u64,
    /// Records at or after `--until`.
    beyond: u64,
    /// Every dead letter.
    refused: Refused,
    unreadable: UnreadableAttributes,
}

impl Folding {
    fn record(&mut self, held: &Held, file: &str, until: Option<Timestamp>) -> Result<()> {
        if let Some(detail) = &held.malformed {
            self.malformed += 1;
            return self.dead_letter(held, file, "malformed_line", detail);
        }
        if until.is_some_and(|until| held.timestamp >= until) {
            self.beyond += 1;
            return Ok(());
        }
        if let Some(mapping) = self.foreign.mapping(&held.topic) {
            return self.mapped(held, &mapping, file);
        }
        let address = match self.addresses.of(held) {
            Ok(address) => address,
            Err(detail) => {
                self.malformed += 1;
                return self.dead_letter(held, file, "unknown_topic", &detail);
            }
        };
        self.event(held, &held.raw(address), file)
    }

    /// Folds in the events of a foreign record: all of them, or none.
    fn mapped(&mut self, held: &Held, mapping: &Mapping, file: &str) -> Result<()> {
        let record = foreign::record(held);
        match self.foreign.map(mapping, &record) {
            Ok(mapped) if mapped.events.is_empty() => self.pass(held.timestamp),
            Ok(mapped) => mapped.events.iter().try_for_each(|event| {
                let raw = event.raw(&record, self.foreign.intake());
                self.event(held, &raw, file)
            }),
            Err(rejection) => {
                self.dead_letter(held, file, rejection.reason.word(), &rejection.detail)?;
                self.pass(held.timestamp)
            }
        }
    }

    /// A record that is nobody's moves the clocks all the same: it was read.
    fn pass(&mut self, timestamp: Timestamp) -> Result<()> {
        let changes = self.replay.pass(timestamp);
        self.write(&changes)
    }

    fn event(&mut self, held: &Held, record: &RawRecord<'_>, file: &str) -> Result<()> {
        let outcome = self.replay.record(record);
        if !outcome.unreadable.is_empty() {
            self.unreadable.add(&place(held, file), outcome.unreadable);
        }
        if let Some(rejection) = outcome.rejection {
            self.dead_letter(held, file, rejection.reason.word(), &rejection.detail)?;
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

    fn dead_letter(&mut self, held: &Held, file: &str, reason: &str, detail: &str) -> Result<()> {
        let (line, text) = (held.number, String::from_utf8_lossy(held.text.trim_ascii_start()));
        self.refused.add(&place(held, file), reason, detail);
        let letter = json!({"file": file, "line": line, "reason": reason, "detail": detail, "record": text});
        writeln!(self.dead_letters, "{letter}").context("cannot write dead letters")
    }

    /// How many records and lines were read.
    fn read(&self) -> u64 {
        self.replay.counts().read + self.malformed + self.foreign.rejected
    }

    /// Whether there were records, but none was folded or is a copy of one that was.
    fn is_in_vain(&self) -> bool {
        let counts = self.replay.counts();
        self.read() > 0 && counts.folded + counts.duplicates == 0
    }

    /// Writes the summary.
    ///
    /// # Errors
    /// If there were records and none could be used.
    fn end(mut self) -> Result<()> {
        self.changes.flush().context("cannot write changes to standard output")?;
        self.dead_letters.flush().context("cannot write dead letters")?;
        let counts = self.replay.counts();
        let read = self.read();
        let mut idle = Idle::default();
        self.replay.states().for_each(|(customer, state)| idle.add(customer, state));
        terminal::remark(format_args!("{}{idle}{}", self.unreadable, self.refused));
        tell!(
            "{read} records read: {} folded ({} late), {} duplicates ({} conflicts), {} forgotten, {} dead letters; {} changes",
            counts.folded,
            counts.late,
            counts.duplicates,
            counts.conflicts,
            counts.forgotten,
            counts.dead_letters + self.malformed + self.foreign.rejected,
            counts.changes,
        );
        if let Some(reasons) = self.refused.by_reason() {
            tell!("dead letters by reason: {reasons}");
        }
        if counts.ignored > 0 {
            tell!("{} records of another currency were ignored", counts.ignored);
        }
        terminal::remark(format_args!("{}", self.foreign));
        if self.beyond > 0 {
            tell!("{} records at or after --until were not folded", self.beyond);
        }
        tell!("digest {}", self.replay.digest());
        if self.is_in_vain() {
            let first = self.refused.first().map_or(String::new(), |first| format!("; the first: {first}"));
            bail!("expected records that can be used, found none among {read}{first}");
        }
        Ok(())
    }
}

/// The place of a record, for a message: `line 3 of events.ndjson`.
fn place(held: &Held, file: &str) -> String {
    format!("{} {} of {file}", archive::unit(Path::new(file)), held.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_assumption_is_quoted_and_the_help_named() {
        let (assumption, reason) = ("nothing".to_owned(), "expected `until`, found the end".to_owned());
        assert_eq!(
            worded(WhatIfError::Misread { assumption: assumption.clone(), reason: reason.clone() }).to_string(),
            "--assume 'nothing': expected `until`, found the end; `segflow fold --help` shows what may be assumed"
        );
        let refused = worded(WhatIfError::Refused { assumption, reason }).to_string();
        assert_eq!(refused, "--assume 'nothing': expected `until`, found the end");
    }
}
