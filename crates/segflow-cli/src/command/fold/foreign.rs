//! Records of foreign topics: each is mapped, and all of its events are folded, or none.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use segflow_archive::Held;
use segflow_core::event::Family;
use segflow_core::time::Timestamp;
use segflow_mapping::{ForeignRecord, Mapped, Mapping};
use segflow_wire::{Intake, Rejection, accept};

use crate::mapping::load;

/// A topic with the mapping of its records.
#[derive(Clone, Debug)]
pub struct MappedTopic {
    topic: String,
    file: PathBuf,
}

/// Reads `TOPIC=FILE`.
pub fn mapped_topic(text: &str) -> Result<MappedTopic> {
    let (topic, file) = text.split_once('=').context("expected TOPIC=FILE, found no `=`")?;
    if topic.is_empty() || file.is_empty() {
        bail!("expected TOPIC=FILE, found one of them empty");
    }
    if Family::ALL.into_iter().any(|family| family.default_topic() == topic) {
        bail!("expected a foreign topic, found {topic}, whose records are events already");
    }
    Ok(MappedTopic { topic: topic.to_owned(), file: file.into() })
}

/// The mappings of foreign topics, and what became of their records.
pub struct Foreign {
    mappings: BTreeMap<String, Arc<Mapping>>,
    intake: Arc<Intake>,
    /// How many records were read.
    read: u64,
    /// How many events they became.
    events: u64,
    /// How many cannot be used.
    pub rejected: u64,
    skipped: BTreeMap<String, u64>,
}

impl Foreign {
    /// Loads the mappings of some topics.
    pub fn load(topics: &[MappedTopic], intake: &Arc<Intake>) -> Result<Self> {
        let mut mappings = BTreeMap::new();
        for MappedTopic { topic, file } in topics {
            if mappings.insert(topic.clone(), Arc::new(load(file)?)).is_some() {
                bail!("--mapping {topic}: expected one mapping for a topic, found two");
            }
        }
        let intake = Arc::clone(intake);
        Ok(Self { mappings, intake, read: 0, events: 0, rejected: 0, skipped: BTreeMap::new() })
    }

    /// The mapping of a topic, if it is a foreign one.
    pub fn mapping(&self, topic: &str) -> Option<Arc<Mapping>> {
        self.mappings.get(topic).cloned()
    }

    /// What a record becomes, counted; a rejection if one of its events cannot be used.
    pub fn map(&mut self, mapping: &Mapping, record: &ForeignRecord<'_>) -> Result<Mapped, Rejection> {
        self.read += 1;
        let mapped = self.mapped(mapping, record).inspect_err(|_| self.rejected += 1)?;
        self.events += mapped.events.len() as u64;
        for skipped in &mapped.skipped {
            *self.skipped.entry(skipped.reason.clone()).or_default() += 1;
        }
        Ok(mapped)
    }

    fn mapped(&self, mapping: &Mapping, record: &ForeignRecord<'_>) -> Result<Mapped, Rejection> {
        let mapped = mapping.map(record)?;
        for event in &mapped.events {
            match accept(&event.raw(record, &self.intake), &self.intake, Timestamp::LATEST) {
                Err(rejection) if !self.intake.ignores(&rejection) => return Err(rejection),
                _ => {}
            }
        }
        Ok(mapped)
    }

    /// The intake that the events go through.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }
}

/// The record that a line of a foreign topic holds.
pub fn record(held: &Held) -> ForeignRecord<'_> {
    ForeignRecord {
        topic: &held.topic,
        partition: 0,
        offset: held.offset.unwrap_or(held.number),
        timestamp: held.timestamp,
        key: held.key(),
        value: held.value(),
        headers: &held.headers,
    }
}

/// A line for all, and one per reason to skip; nothing without mappings.
impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read, events, rejected, .. } = self;
        if self.mappings.is_empty() {
            return Ok(());
        }
        writeln!(f, "{read} foreign records were mapped to {events} events; {rejected} are dead letters")?;
        self.skipped.iter().try_for_each(|(reason, count)| writeln!(f, "skipped {count} by their mapping: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_of_events_takes_no_mapping() {
        let said = |text| mapped_topic(text).map(|mapped| mapped.topic).map_err(|error| error.to_string());
        assert_eq!(said("stripe.events=a=b.yaml"), Ok("stripe.events".to_owned()));
        assert_eq!(said("a"), Err("expected TOPIC=FILE, found no `=`".to_owned()));
        assert_eq!(said("=a"), Err("expected TOPIC=FILE, found one of them empty".to_owned()));
        assert_eq!(
            said("collections.payments=a.yaml"),
            Err("expected a foreign topic, found collections.payments, whose records are events already".to_owned())
        );
    }
}
