//! The engine in a program of one's own: events in, segment changes out, no broker and no disk.
//!
//! `cargo run --release -p segflow-engine --example embed < tests/cases/consumer-collections/events.ndjson`

use std::error::Error;
use std::io;
use std::sync::Arc;

use segflow_core::change::Change;
use segflow_core::event::Family;
use segflow_core::segmentation::Segmentation;
use segflow_engine::replay::Replay;
use segflow_wire::{Encoding, Headers, Intake, Partitioner, RawRecord, change, envelope};

const RULES: &str = include_str!("../deploy/segmentations/consumer-collections.yaml");

fn main() -> Result<(), Box<dyn Error>> {
    let rules = Segmentation::load("consumer-collections.yaml", RULES)?.segmentation;
    let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, rules.currency.clone());
    let mut engine = Replay::new(Arc::new(rules), Arc::new(intake));
    for (offset, line) in (0..).zip(io::stdin().lines()) {
        let line = envelope::parse(line?.as_bytes())?;
        let outcome = engine.record(&record(&line, offset)?);
        outcome.rejection.iter().for_each(|rejection| eprintln!("line {}: {}", offset + 1, rejection.detail));
        outcome.changes.iter().for_each(print);
    }
    // One millisecond past the last record: what time alone brings about until then.
    engine.finish().iter().for_each(print);
    Ok(())
}

fn record(line: &envelope::Line, offset: u64) -> Result<RawRecord<'_>, String> {
    const NO_HEADERS: &Headers = &Headers::new();
    let family = Family::ALL.into_iter().find(|family| family.default_topic() == line.topic);
    Ok(RawRecord {
        family: family.ok_or_else(|| format!("expected a topic such as collections.invoices, found {}", line.topic))?,
        topic: &line.topic,
        partition: 0,
        offset,
        timestamp: line.timestamp,
        key: line.key.as_deref(),
        value: line.value.as_deref(),
        headers: NO_HEADERS,
    })
}

fn print(decided: &Change) {
    println!("{}", String::from_utf8_lossy(&change::encode(decided, Encoding::Json)));
}
