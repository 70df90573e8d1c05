//! One customer, after events that are only assumed: `segflow fold --explain CUSTOMER --assume '...'`.
//!
//! Each assumption becomes a record of its family's topic, which goes through the intake and the epochs of a real one,
//! over a copy of the customer. Nothing is decided here, and nothing is kept.

pub mod assumption;
mod course;

use std::fmt::{self, Write};

use segflow_core::change::Change;
use segflow_core::event::CustomerId;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_engine::replay::Replay;

use crate::local_time::LocalTime;
use crate::outlook::Outlook;
use crate::printable::printable;
use crate::sentence::in_local_time;
use assumption::{Assumed, Assumption};
use course::{Course, Effect, Happened};

/// The reasons why assumptions cannot be followed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WhatIfError {
    /// An assumption cannot be understood.
    #[error("'{assumption}': {reason}")]
    Misread {
        /// The assumption as given.
        assumption: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// A real record of an assumption would be refused, or would change nothing.
    #[error("'{assumption}': {reason}")]
    Refused {
        /// The assumption as given.
        assumption: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// There is no customer to assume anything of.
    #[error("no event of customer {} was folded", printable(.0.as_str()))]
    Unknown(CustomerId),
}

/// Assumptions about one customer.
///
/// ```
/// use std::sync::Arc;
///
/// use segflow_core::event::CustomerId;
/// use segflow_core::segmentation::Segmentation;
/// use segflow_engine::replay::Replay;
/// use segflow_explain::what_if::WhatIf;
/// use segflow_wire::{Encoding, Intake, Partitioner, RawRecord};
///
/// let file = "name: s\nversion: 1\ncurrency: EUR\ntimezone: Europe/Rome\ndimensions:\n  - name: stage\n    segments:\n      \
///             - {name: late, when: overdue.days >= 1}\n    otherwise: current\n";
/// let segmentation = Arc::new(Segmentation::load("s.yaml", file).expect("a valid file").segmentation);
/// let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, segmentation.currency.clone());
/// let mut known = Replay::new(Arc::clone(&segmentation), Arc::new(intake));
/// let invoice = br#"{"kind": "ISSUED", "event_id": "I-1", "customer_id": "C-1", "occurred_at": "2026-04-01T09:00:00Z",
///     "invoice_id": "I-1", "amount_minor": 12000, "currency": "EUR", "due_date": "2026-04-15"}"#;
/// let outcome = known.record(&RawRecord {
///     family: segflow_core::event::Family::Invoices,
///     topic: "collections.invoices",
///     partition: 0,
///     offset: 0,
///     timestamp: "2026-04-01T09:00:00Z".parse()?,
///     key: Some(b"C-1"),
///     value: Some(invoice),
///     headers: &Vec::new(),
/// });
/// assert!(outcome.rejection.is_none());
/// known.finish();
///
/// let customer = CustomerId::new("C-1").expect("an id of 1 byte or more");
/// let assumptions = ["payment 120.00 on 2026-04-10".to_owned()];
/// let what_if = WhatIf::new(&customer, &segmentation, 1, &assumptions).map_err(|error| error.to_string())?;
/// let text = what_if.text(&known).map_err(|error| error.to_string())?;
/// assert!(text.contains("stage: current, to stay; without it current, then late on 2026-04-16 00:00:00 CEST"), "{text}");
/// # Ok::<(), String>(())
/// ```
pub struct WhatIf<'a> {
    customer: &'a CustomerId,
    segmentation: &'a Segmentation,
    partitions: u32,
    local: LocalTime,
    /// In the order given.
    assumptions: Vec<Assumption>,
}

impl<'a> WhatIf<'a> {
    /// Reads assumptions about a customer who is decided by these rules. Keys are hashed over `partitions`.
    ///
    /// # Errors
    /// [`WhatIfError::Misread`] for the first that cannot be understood.
    pub fn new(
        customer: &'a CustomerId,
        segmentation: &'a Segmentation,
        partitions: u32,
        assumptions: &[String],
    ) -> Result<Self, WhatIfError> {
        let local = LocalTime::of(&segmentation.zone);
        let read = |(index, text): (usize, &String)| {
            let parsed = assumption::parse(text, &id(index), &segmentation.currency, &local);
            parsed.map_err(|reason| WhatIfError::Misread { assumption: text.clone(), reason })
        };
        let assumptions = assumptions.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { customer, segmentation, partitions, local, assumptions })
    }

    /// Tells what each assumption changes, in the order of their instants. `known` is what the customer is before them.
    ///
    /// # Errors
    /// [`WhatIfError::Unknown`] or [`WhatIfError::Refused`].
    pub fn text(&self, known: &Replay) -> Result<String, WhatIfError> {
        let Self { customer, segmentation, partitions, ref local, .. } = *self;
        let replay = known.alone(customer).ok_or_else(|| WhatIfError::Unknown(customer.clone()))?;
        let mut course = Course { customer, segmentation, partitions, local, replay };
        let mut text = String::new();
        for (index, assumption) in self.in_order(course.now()) {
            let effect = course.take(assumption, &id(index)).map_err(|reason| {
                let assumption = assumption.text.clone();
                WhatIfError::Refused { assumption, reason }
            })?;
            self.tell(&mut text, assumption, &effect, &course.outlook()).expect("a string takes any text");
        }
        Ok(text)
    }

    /// The assumptions by the instants at which their records arrive, and as given where these are the same; each with its
    /// place among those given.
    fn in_order(&self, now: Timestamp) -> Vec<(usize, &Assumption)> {
        let mut order: Vec<_> = self.assumptions.iter().enumerate().collect();
        order.sort_by_key(|(_, assumption)| match assumption.assumed {
            Assumed::Event(_, when) => when.instant(now, &self.local).max(now),
            Assumed::Silence(until) => until,
        });
        order
    }

    fn tell(&self, out: &mut String, assumption: &Assumption, effect: &Effect, then: &[Outlook]) -> fmt::Result {
        writeln!(out, "\nassumed: {} (nothing is written)", assumption.text)?;
        self.effect(out, effect)?;
        writeln!(out, "  from then on, if nothing more happens")?;
        match &effect.happened {
            Some(Happened { without, .. }) => self.difference(out, without, then),
            None => {
                then.iter().try_for_each(|then| writeln!(out, "    {}: {}", then.dimension, then.words(&self.local)))
            }
        }
    }

    fn effect(&self, out: &mut String, effect: &Effect) -> fmt::Result {
        let at = self.local.time(effect.at);
        if !effect.meanwhile.is_empty() {
            writeln!(out, "  until then")?;
            self.changes(out, &effect.meanwhile)?;
        }
        let Some(Happened { remark, changes, .. }) = &effect.happened else {
            return writeln!(out, "  everything before {at} is then decided");
        };
        let remark = remark.as_ref().map_or(String::new(), |remark| format!(" ({remark})"));
        writeln!(out, "  at {at}{remark}")?;
        if changes.is_empty() {
            writeln!(out, "    no dimension moves")?;
        }
        self.changes(out, changes)
    }

    fn changes(&self, out: &mut String, changes: &[Change]) -> fmt::Result {
        let lines = changes.iter().flat_map(|change| in_local_time(&change.core, self.segmentation, &self.local));
        lines.into_iter().try_for_each(|line| writeln!(out, "    {line}"))
    }

    /// The outlook with the event in each dimension where it is another than without.
    fn difference(&self, out: &mut String, without: &[Outlook], with: &[Outlook]) -> fmt::Result {
        for (without, with) in without.iter().zip(with).filter(|(without, with)| without != with) {
            let (before, now) = (without.words(&self.local), with.words(&self.local));
            writeln!(out, "    {}: {now}; without it {before}", with.dimension)?;
        }
        match without.iter().zip(with).filter(|(without, with)| without == with).count() {
            0 => Ok(()),
            same if same == with.len() => writeln!(out, "    every dimension as without it"),
            1 => writeln!(out, "    the other dimension as without it"),
            same => writeln!(out, "    the other {same} dimensions as without it"),
        }
    }
}

/// The id of the event that the assumption at a place among those given makes.
fn id(index: usize) -> String {
    format!("assumed-{}", index + 1)
}

#[cfg(test)]
mod tests;
