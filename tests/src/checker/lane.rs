//! One dimension of one customer: the changes that were told, in their order, against those that must be told.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::fact::hash;
use super::verdict::{Fault, Verdict};

/// A move, as it was told or as it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    pub from: Option<Box<str>>,
    pub to: Option<Box<str>>,
    /// In milliseconds.
    pub effective_at: i64,
    pub entered_previous_at: Option<i64>,
    /// The id of the fact that brought it about; none if time alone did.
    pub event_id: Option<Box<str>>,
    pub balance: i64,
}

/// A record of the change topic.
pub struct Change {
    pub id: u64,
    pub customer: String,
    pub dimension: String,
    pub seq: u64,
    pub told: Move,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    change_id: Cow<'a, str>,
    seq: u64,
    customer_id: String,
    dimension: String,
    from: Option<Box<str>>,
    to: Option<Box<str>>,
    #[serde(borrow)]
    effective_at: Cow<'a, str>,
    entered_previous_at: Option<Cow<'a, str>>,
    cause: Cow<'a, str>,
    event_id: Option<Box<str>>,
    balance_minor: i64,
}

impl Change {
    pub fn parse(value: &[u8]) -> Result<Self, String> {
        let fields: Fields<'_> = serde_json::from_slice(value).map_err(|error| error.to_string())?;
        let instant = |text: &str| -> Result<i64, String> {
            let instant: Timestamp = text.parse().map_err(|error| format!("{text}: {error}"))?;
            Ok(instant.as_millisecond())
        };
        if (fields.cause == "FACT") != fields.event_id.is_some() {
            return Err(format!("cause {} with event {:?}", fields.cause, fields.event_id));
        }
        let told = Move {
            from: fields.from,
            to: fields.to,
            effective_at: instant(&fields.effective_at)?,
            entered_previous_at: fields.entered_previous_at.as_deref().map(instant).transpose()?,
            event_id: fields.event_id,
            balance: fields.balance_minor,
        };
        let (id, seq) = (hash(&fields.change_id), fields.seq);
        Ok(Self { id, customer: fields.customer_id, dimension: fields.dimension, seq, told })
    }
}

/// The moves of one dimension: those told and not yet expected, and those expected and not yet told.
#[derive(Default)]
pub struct Lane {
    greatest: u64,
    effective_at: i64,
    missing: BTreeSet<u64>,
    told: BTreeMap<u64, Move>,
    expected: BTreeMap<u64, Move>,
}

impl Lane {
    /// Checks the order of a move that was told, then whether it is right.
    pub fn told(&mut self, who: &str, seq: u64, told: Move, verdict: &mut Verdict) {
        let what = || format!("{who} seq {seq}: {told:?}");
        if seq > self.greatest {
            self.missing.extend(self.greatest + 1..seq);
            self.greatest = seq;
        } else if self.missing.remove(&seq) {
            verdict.fault(Fault::OutOfOrder, what());
        } else {
            return verdict.fault(Fault::Repeated, what());
        }
        if told.effective_at < self.effective_at {
            verdict.fault(Fault::OutOfOrder, what());
        }
        self.effective_at = told.effective_at.max(self.effective_at);
        match self.expected.remove(&seq) {
            Some(expected) => compare(who, seq, &told, &expected, verdict),
            None => drop(self.told.insert(seq, told)),
        }
    }

    /// Takes a move that must be told.
    pub fn expect(&mut self, who: &str, seq: u64, expected: Move, verdict: &mut Verdict) {
        verdict.expected += 1;
        verdict.timed += u64::from(expected.event_id.is_none());
        match self.told.remove(&seq) {
            Some(told) => compare(who, seq, &told, &expected, verdict),
            None => drop(self.expected.insert(seq, expected)),
        }
    }

    /// Checks what can be checked only once everything is read.
    pub fn finish(&self, who: &str, decidable: bool, verdict: &mut Verdict) {
        for seq in &self.missing {
            verdict.fault(Fault::Gap, format!("{who} seq {seq}"));
        }
        if decidable {
            for (seq, expected) in &self.expected {
                verdict.fault(Fault::Lost, format!("{who} seq {seq}: {expected:?}"));
            }
            for (seq, told) in &self.told {
                verdict.fault(Fault::Invented, format!("{who} seq {seq}: {told:?}"));
            }
        }
    }
}

fn compare(who: &str, seq: u64, told: &Move, expected: &Move, verdict: &mut Verdict) {
    if told == expected {
        verdict.matched += 1;
    } else {
        verdict.fault(Fault::Altered, format!("{who} seq {seq}: expected {expected:?}, told {told:?}"));
    }
}
