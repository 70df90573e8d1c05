//! The journal record in Avro single-object encoding. On disk: a schema that a release has written is never changed.
//!
//! Journals are kept for as long as their tasks may have to be decided again, so that records of every earlier schema are
//! read. What an earlier schema lacks has the default that is right for it: its digests are of form 1.

use std::collections::BTreeMap;

use segflow_core::clock::{Clock, Cursor};
use segflow_core::digest;
use segflow_core::event::{CustomerId, Family};
use segflow_core::journal::{Counts, JournalRecord, Position};
use segflow_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::encoding::{Encoding, Malformed};
use crate::schema;
use crate::shape::Stamp;

/// The value of a journal record; its key is the epoch as decimal text.
#[must_use]
pub fn encode(record: &JournalRecord) -> Vec<u8> {
    Encoding::Avro.encode(&Fields::of(record), &schema::JOURNAL)
}

/// Reads a record back, also one that an earlier release wrote; the error says what was expected and what was found.
pub fn decode(bytes: &[u8]) -> Result<JournalRecord, Malformed> {
    Encoding::Avro.decode::<Fields>(bytes, &schema::JOURNAL)?.record()
}

#[derive(Serialize, Deserialize)]
struct Fields {
    epoch: u64,
    inputs: Vec<InputFields>,
    facts: Stamp,
    silence: Stamp,
    cursor_instant: Stamp,
    cursor_customer: Option<String>,
    w: Stamp,
    first_started: Stamp,
    segmentation_hash: String,
    intake_hash: String,
    engine_version: String,
    counts: CountFields,
    digest: String,
    #[serde(default)]
    former: Vec<String>,
    #[serde(default)]
    resegmented_to: Option<String>,
    #[serde(default = "first_form")]
    digest_form: u32,
}

/// The form of records that do not name one.
const fn first_form() -> u32 {
    digest::FIRST.number
}

#[derive(Serialize, Deserialize)]
struct InputFields {
    family: String,
    offset: u64,
    greatest: Option<Stamp>,
}

#[derive(Serialize, Deserialize)]
struct CountFields {
    read: u64,
    folded: u64,
    duplicates: u64,
    #[serde(default)]
    forgotten: u64,
    #[serde(default)]
    ignored: u64,
    conflicts: u64,
    late: u64,
    dead_letters: u64,
    changes: u64,
}

fn stamp(at: Timestamp) -> Stamp {
    Stamp::new(at, Encoding::Avro)
}

impl Fields {
    fn of(record: &JournalRecord) -> Self {
        let inputs = record.inputs.iter().map(|(family, position)| InputFields {
            family: family.name().to_owned(),
            offset: position.offset,
            greatest: position.greatest.map(stamp),
        });
        Self {
            epoch: record.epoch,
            inputs: inputs.collect(),
            facts: stamp(record.clock.facts),
            silence: stamp(record.clock.silence),
            cursor_instant: stamp(record.clock.cursor.instant),
            cursor_customer: record.clock.cursor.customer.as_ref().map(ToString::to_string),
            w: stamp(record.w),
            first_started: stamp(record.first_started),
            segmentation_hash: record.segmentation_hash.clone(),
            intake_hash: record.intake_hash.clone(),
            engine_version: record.engine_version.clone(),
            counts: CountFields::of(&record.counts),
            digest: record.digest.to_string(),
            former: record.former.clone(),
            resegmented_to: record.resegmented_to.as_ref().map(ToString::to_string),
            digest_form: record.digest_form,
        }
    }

    fn record(self) -> Result<JournalRecord, Malformed> {
        let customer = |field: &str, id: Option<String>| id.map(|id| customer(field, id)).transpose();
        let cursor =
            Cursor { instant: self.cursor_instant.at(), customer: customer("cursor_customer", self.cursor_customer)? };
        Ok(JournalRecord {
            epoch: self.epoch,
            inputs: self.inputs.into_iter().map(InputFields::input).collect::<Result<BTreeMap<_, _>, _>>()?,
            clock: Clock { facts: self.facts.at(), silence: self.silence.at(), cursor },
            w: self.w.at(),
            first_started: self.first_started.at(),
            segmentation_hash: self.segmentation_hash,
            former: self.former,
            resegmented_to: customer("resegmented_to", self.resegmented_to)?,
            intake_hash: self.intake_hash,
            engine_version: self.engine_version,
            counts: self.counts.counts(),
            digest_form: self.digest_form,
            digest: self.digest.parse().map_err(|error| Malformed(format!("digest: {error}")))?,
        })
    }
}

impl InputFields {
    fn input(self) -> Result<(Family, Position), Malformed> {
        let family = Family::ALL
            .into_iter()
            .find(|family| family.name() == self.family)
            .ok_or_else(|| Malformed(format!("family: expected a family of events, found {:?}", self.family)))?;
        Ok((family, Position { offset: self.offset, greatest: self.greatest.map(Stamp::at) }))
    }
}

impl CountFields {
    fn of(counts: &Counts) -> Self {
        let Counts { read, folded, duplicates, forgotten, ignored, conflicts, late, dead_letters, changes } = *counts;
        Self { read, folded, duplicates, forgotten, ignored, conflicts, late, dead_letters, changes }
    }

    fn counts(self) -> Counts {
        let Self { read, folded, duplicates, forgotten, ignored, conflicts, late, dead_letters, changes } = self;
        Counts { read, folded, duplicates, forgotten, ignored, conflicts, late, dead_letters, changes }
    }
}

fn customer(field: &str, id: String) -> Result<CustomerId, Malformed> {
    CustomerId::new(id).ok_or_else(|| Malformed(format!("{field}: expected a text of 1 to 128 bytes")))
}

#[cfg(test)]
mod tests;
