//! A mapping applied to a record: which entries apply to which of its items.

mod fields;

use segflow_core::event::Event;
use segflow_core::time::Timestamp;
use segflow_wire::{Intake, RawRecord, Reason, Rejection, accept, partition_of};

use crate::eval::{Fault, Scope};
use crate::event::MappedEvent;
use crate::mapping::{Mapped, Mapping, Otherwise, Skipped, Then};
use crate::node::Expression;
use crate::record::ForeignRecord;
use crate::tree::Tree;
use crate::unwrap::{self, Unwrapped, Wrapping};
use fields::event;

/// The most items that one record may have, over all its lists.
const MAX_ITEMS: usize = 10_000;
/// The most bytes of all events of one record: a list within a list could make a gigabyte of a megabyte.
const MAX_BYTES: usize = 16 << 20;

impl Mapping {
    /// The events that a record becomes. One that becomes none says why it is skipped: nothing is lost without a word.
    ///
    /// # Errors
    /// Why the record cannot be mapped: what was expected, what was found, and where. No event of it is made then.
    pub fn map(&self, record: &ForeignRecord<'_>) -> Result<Mapped, Rejection> {
        let mut mapped = Mapped::default();
        let Some(bytes) = record.value else {
            if self.skips_tombstones {
                mapped.skipped.push(Skipped { reason: "no value".to_owned() });
                return Ok(mapped);
            }
            let detail = "value: expected one to map, found null; `tombstones: skip` passes over such records";
            return Err(Rejection { reason: Reason::NullValue, detail: detail.to_owned() });
        };
        let Unwrapped { value, envelope } = self.unwrapped(record, bytes)?;
        let key = self.key(record)?;
        let base = Scope {
            record,
            value: &value,
            envelope: &envelope,
            key: &key,
            items: &[],
            zone: self.zone.as_ref(),
            words: &self.words,
            currency: None,
        };
        self.items(&base, &[], &mut mapped)?;
        Ok(mapped)
    }

    /// The events that a record becomes, as the intake accepts them: all of them, or none. `w` is the wall time of the
    /// cycle. A record that is skipped is an empty list.
    ///
    /// # Errors
    /// Why the record cannot be mapped, or why an event of it cannot be used.
    pub fn accept(&self, record: &ForeignRecord<'_>, intake: &Intake, w: Timestamp) -> Result<Vec<Event>, Rejection> {
        let mapped = self.map(record)?;
        mapped.events.iter().map(|event| accept(&event.raw(record, intake), intake, w)).collect()
    }

    /// What is read of the key as JSON.
    pub(crate) fn key<'a>(&'a self, record: &ForeignRecord<'a>) -> Result<Tree<'a>, Rejection> {
        match (&self.key_shape, record.key) {
            (Some(shape), Some(bytes)) => unwrap::decode("key", bytes, shape),
            _ => Ok(Tree::Null),
        }
    }

    pub(crate) fn unwrapped<'a>(
        &'a self,
        record: &ForeignRecord<'a>,
        bytes: &'a [u8],
    ) -> Result<Unwrapped<'a>, Rejection> {
        if self.wrapping == Wrapping::CloudEvents && unwrap::is_binary(record) {
            let value = unwrap::decode("value", bytes, &self.data_shape)?;
            return Ok(Unwrapped { value, envelope: unwrap::attributes(record)? });
        }
        let whole = unwrap::decode("value", bytes, &self.shape)?;
        match self.wrapping {
            Wrapping::None => Ok(Unwrapped { value: whole, envelope: Tree::Null }),
            Wrapping::Debezium => unwrap::debezium(whole),
            Wrapping::CloudEvents if whole.get("specversion").is_some() => Ok(unwrap::structured(whole)),
            Wrapping::CloudEvents => Err(unwrap::undecodable(
                "expected a CloudEvent, with `specversion` or a header ce_specversion, found neither: unwrap: cloudevents",
            )),
        }
    }

    /// Maps every item of the lists that are left, with the present items of those before.
    fn items<'a, 's>(
        &self,
        base: &Scope<'a, 's>,
        items: &[&'s Tree<'a>],
        mapped: &mut Mapped,
    ) -> Result<(), Rejection> {
        let scope = Scope { items, ..*base };
        let Some(path) = self.each.get(items.len()) else { return self.item(&scope, mapped) };
        match scope.list(path).map_err(|fault| rejection("each", fault))? {
            Some([]) => skip(format!("nothing in `{}`", path.text), mapped),
            Some(list) => list.iter().try_for_each(|item| self.items(&scope, &[items, &[item]].concat(), mapped)),
            // One of several lists that is not there would be lost without a word.
            None => {
                let detail = format!("each: expected a list, perhaps an empty one, found none: {}", path.text);
                Err(Rejection { reason: Reason::MissingField, detail })
            }
        }
    }

    fn item(&self, scope: &Scope<'_, '_>, mapped: &mut Mapped) -> Result<(), Rejection> {
        bounded(mapped)?;
        let before = mapped.events.len();
        for (place, entry) in self.entries.iter().enumerate() {
            if let Some(when) = &entry.when {
                match scope.truth(&when.node).map_err(|fault| rejection(&at_entry(place, &entry.then), fault))? {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return Err(undecided(&at_entry(place, &entry.then), when)),
                }
            }
            match &entry.then {
                Then::Event(program) => {
                    let event = event(program, scope)?;
                    mapped.bytes += event.value.len();
                    mapped.events.push(event);
                    of_bounded_bytes(mapped)?;
                }
                Then::Skip(reason) if mapped.events.len() == before => return skip(reason.clone(), mapped),
                Then::Skip(_) => return Ok(()),
                Then::DeadLetter(reason) => {
                    return Err(Rejection { reason: Reason::Unmapped, detail: reason.clone() });
                }
            }
        }
        match self.otherwise {
            _ if mapped.events.len() > before => Ok(()),
            Otherwise::Skip => skip("no entry of `events` applies".to_owned(), mapped),
            Otherwise::DeadLetter => {
                let detail = format!("mapping {}: expected an entry of `events` that applies, found none", self.name);
                Err(Rejection { reason: Reason::Unmapped, detail })
            }
        }
    }
}

fn skip(reason: String, mapped: &mut Mapped) -> Result<(), Rejection> {
    bounded(mapped)?;
    mapped.skipped.push(Skipped { reason });
    Ok(())
}

fn bounded(mapped: &Mapped) -> Result<(), Rejection> {
    if mapped.events.len() + mapped.skipped.len() < MAX_ITEMS {
        return Ok(());
    }
    let detail = format!("each: expected at most {MAX_ITEMS} events and skipped items, found more");
    Err(Rejection { reason: Reason::MalformedField, detail })
}

fn of_bounded_bytes(mapped: &Mapped) -> Result<(), Rejection> {
    if mapped.bytes <= MAX_BYTES {
        return Ok(());
    }
    let detail = format!("each: expected events of at most {MAX_BYTES} bytes together, found more");
    Err(Rejection { reason: Reason::MalformedField, detail })
}

impl MappedEvent {
    /// The event as a record that the intake reads, with the origin of the record that it was made of.
    #[must_use]
    pub fn raw<'a>(&'a self, record: &ForeignRecord<'a>, intake: &Intake) -> RawRecord<'a> {
        let (family, key) = (self.kind.family(), self.customer_id.as_bytes());
        RawRecord {
            family,
            topic: record.topic,
            partition: partition_of(key, intake.partitions, intake.topic(family).partitioner),
            offset: record.offset,
            timestamp: record.timestamp,
            key: Some(key),
            value: Some(&self.value),
            headers: record.headers,
        }
    }
}

/// An entry, as a message names it.
fn at_entry(place: usize, then: &Then) -> String {
    let what = match then {
        Then::Event(program) => &program.name,
        Then::Skip(_) => "skip",
        Then::DeadLetter(_) => "dead-letter",
    };
    format!("events, entry {} ({what}), when", place + 1)
}

/// The rejection of a record that lacks what an entry is decided by: passing over it would lose it without a word.
fn undecided(entry: &str, when: &Expression) -> Rejection {
    let detail = format!("{entry}: expected true or false, found no value to decide it by: {}", when.text);
    Rejection { reason: Reason::MissingField, detail }
}

/// A fault with its place in the mapping, and in the record where that is known.
fn rejection(place: &str, fault: Fault) -> Rejection {
    let Fault { at, expected, found } = fault;
    let at = if at.is_empty() { String::new() } else { format!(": {at}") };
    Rejection { reason: Reason::MalformedField, detail: format!("{place}: expected {expected}, found {found}{at}") }
}
