//! `segflow map try`: what becomes of each record of a file, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use segflow_core::money::Currency;
use segflow_core::time::Timestamp;
use segflow_mapping::{ForeignRecord, MappedEvent, Mapping, target};
use segflow_wire::envelope::Line;
use segflow_wire::{Encoding, Intake, Partitioner, Rejection, accept};
use serde_json::Value;

use super::samples;
use crate::mapping::load;
use crate::terminal::{print, remark, say, tell};

/// Show what a mapping makes of records, and why.
///
/// Every event goes through the checks that events of producers go through. Exit code 1 if no record became an event or was
/// skipped on purpose.
#[derive(clap::Args)]
pub struct Try {
    /// The records: as `kcat -J` prints them, or values by themselves, which have no key and arrive now
    file: PathBuf,
    /// The mapping
    #[arg(long)]
    mapping: PathBuf,
    /// The currency of the segmentation; without it each event may be in its own
    #[arg(long, value_parser = currency)]
    currency: Option<Currency>,
}

impl Try {
    pub fn run(self) -> Result<()> {
        let mapping = load(&self.mapping)?;
        let mut tally = Tally::default();
        for (number, line) in samples::read(&self.file)?.iter().enumerate() {
            say!("record {}", number + 1)?;
            print(format_args!("{}", self.shown(&mapping, line, &mut tally)))?;
            tally.found.extend(mapping.found(&line.into()).unwrap_or_default());
        }
        remark(format_args!("{}", tally.summary()));
        for name in mapping.reads().iter().filter(|name| !tally.found.contains(*name)) {
            tell!("warning: no record has `{name}`; if it is meant as a text, write `text({name:?})`");
        }
        if tally.mapped + tally.skipped.values().sum::<u64>() == 0 {
            bail!("expected a record that can be mapped, found none among {}", tally.rejected);
        }
        Ok(())
    }

    /// What becomes of a record, a line for each event or reason.
    fn shown(&self, mapping: &Mapping, line: &Line, tally: &mut Tally) -> String {
        match self.judged(mapping, &line.into()) {
            Ok((events, reasons)) => {
                tally.mapped += u64::from(!events.is_empty());
                tally.events += events.len() as u64;
                let mut shown = String::new();
                for event in events {
                    let (kind, value) = (target::name(event.kind), String::from_utf8_lossy(&event.value));
                    writeln!(shown, "  {kind} {value}").expect("a string takes any text");
                }
                for reason in reasons {
                    writeln!(shown, "  skipped: {reason}").expect("a string takes any text");
                    *tally.skipped.entry(reason).or_default() += 1;
                }
                shown
            }
            Err(rejection) => {
                tally.rejected += 1;
                format!("  dead letter: {rejection}\n")
            }
        }
    }

    /// The events that the intake accepts, and the reasons why items were skipped.
    fn judged(
        &self,
        mapping: &Mapping,
        record: &ForeignRecord<'_>,
    ) -> Result<(Vec<MappedEvent>, Vec<String>), Rejection> {
        let mapped = mapping.map(record)?;
        for event in &mapped.events {
            let currency = self.currency.clone().or_else(|| own_currency(event));
            let currency = currency.unwrap_or_else(|| Currency::new("XXX").expect("three capital letters"));
            let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, currency);
            accept(&event.raw(record, &intake), &intake, Timestamp::LATEST)?;
        }
        Ok((mapped.events, mapped.skipped.into_iter().map(|skipped| skipped.reason).collect()))
    }
}

/// What became of the records.
#[derive(Default)]
struct Tally {
    mapped: u64,
    events: u64,
    rejected: u64,
    skipped: BTreeMap<String, u64>,
    /// The names that some record has.
    found: BTreeSet<String>,
}

impl Tally {
    fn summary(&self) -> String {
        let Self { mapped, events, rejected, skipped, .. } = self;
        let mut summary = format!("{mapped} records became {events} events, {rejected} are dead letters\n");
        for (reason, count) in skipped {
            writeln!(summary, "skipped {count}: {reason}").expect("a string takes any text");
        }
        summary
    }
}

/// The currency that an event names.
fn own_currency(event: &MappedEvent) -> Option<Currency> {
    let value: Value = serde_json::from_slice(&event.value).ok()?;
    Currency::new(value.get("currency")?.as_str()?)
}

fn currency(text: &str) -> Result<Currency> {
    Currency::new(text).context("expected an ISO 4217 code of three capital letters such as GBP")
}
