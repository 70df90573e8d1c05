//! What would be of one customer if something happened: `segflow fold --explain CUSTOMER --assume '...'`.
//!
//! What is assumed becomes a record of its family's topic, which goes through the intake and the epochs of a real one,
//! over a copy of the customer. Nothing is decided here, and nothing is written but what is shown.

pub mod words;

use std::fmt::{self, Write};

use segflow_core::change::Change;
use segflow_core::event::{CustomerId, Event};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_engine::replay::Replay;
use segflow_wire::encoding::Headers;
use segflow_wire::{Encoding, Partitioner, RawRecord, event, partition_of};

use crate::customer::Portrait;
use crate::local_time::LocalTime;
use crate::outlook::{self, Outlook};
use words::{Assumption, What};

/// Why an assumption cannot be followed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WhatIfError {
    /// It cannot be understood, or a real record of it would be refused.
    #[error("{0}")]
    Refused(String),
    /// The writer takes no more.
    #[error("the text cannot be written")]
    Write(#[from] fmt::Error),
}

type Result<T> = std::result::Result<T, WhatIfError>;

fn refused<T>(reason: impl Into<String>) -> Result<T> {
    Err(WhatIfError::Refused(reason.into()))
}

/// What is assumed of one customer.
pub struct WhatIf<'a> {
    /// The customer of whom it is assumed.
    pub customer: &'a CustomerId,
    /// The rules by which they are decided.
    pub segmentation: &'a Segmentation,
    /// Over how many partitions keys are hashed.
    pub partitions: u32,
    local: LocalTime,
    /// As given.
    assumptions: Vec<Assumption>,
}

/// A course of things: all that is known of the customer, and then what is assumed.
struct Course<'w, 'a> {
    what_if: &'w WhatIf<'a>,
    replay: Replay,
}

/// What an assumption brought about.
struct Effect {
    /// From when it counts.
    at: Timestamp,
    /// Before it, by time alone or by facts that were known and not yet in effect.
    meanwhile: Vec<Change>,
    /// None of silence.
    happened: Option<Happened>,
}

struct Happened {
    /// How the core took it, if not as any other.
    remark: Option<String>,
    changes: Vec<Change>,
    /// What lay ahead just before it.
    without: Vec<Outlook>,
}

impl<'a> WhatIf<'a> {
    /// Reads the assumptions.
    pub fn new(
        customer: &'a CustomerId,
        segmentation: &'a Segmentation,
        partitions: u32,
        assumptions: &[String],
    ) -> Result<Self> {
        let local = LocalTime::of(&segmentation.zone);
        let read = |(index, text): (usize, &String)| {
            words::parse(text, &id(index), &segmentation.currency, &local).map_err(WhatIfError::Refused)
        };
        let assumptions = assumptions.iter().enumerate().map(read).collect::<Result<_>>()?;
        Ok(Self { customer, segmentation, partitions, local, assumptions })
    }

    /// Shows what each assumption changes, in the order of their instants.
    pub fn show(&self, known: &Replay, out: &mut impl Write) -> Result<()> {
        let replay = known.alone(self.customer).expect("the customer was explained");
        let mut course = Course { what_if: self, replay };
        for (index, assumption) in self.in_order(course.now()) {
            let effect = course
                .take(assumption, &id(index))
                .map_err(|error| WhatIfError::Refused(format!("--assume '{}': {error}", assumption.text)))?;
            writeln!(out, "\nassumed: {} (nothing is written)", assumption.text)?;
            self.effect(out, &effect)?;
            writeln!(out, "  from then on, if nothing more happens")?;
            match &effect.happened {
                Some(Happened { without, .. }) => self.difference(out, without, &course.outlook())?,
                None => self.outlook(out, &course.outlook())?,
            }
        }
        Ok(())
    }

    /// By the instants at which their records arrive; at one instant as given.
    fn in_order(&self, now: Timestamp) -> Vec<(usize, &Assumption)> {
        let mut order: Vec<_> = self.assumptions.iter().enumerate().collect();
        order.sort_by_key(|(_, assumption)| match assumption.what {
            What::Happens(_, when) => when.instant(now, &self.local).max(now),
            What::Silence(until) => until,
        });
        order
    }

    fn effect(&self, out: &mut impl Write, effect: &Effect) -> Result<()> {
        let at = self.local.time(effect.at);
        if !effect.meanwhile.is_empty() {
            writeln!(out, "  until then")?;
            self.changes(out, &effect.meanwhile)?;
        }
        let Some(Happened { remark, changes, .. }) = &effect.happened else {
            return Ok(writeln!(out, "  everything before {at} is then decided")?);
        };
        let remark = remark.as_ref().map_or(String::new(), |remark| format!(" ({remark})"));
        writeln!(out, "  at {at}{remark}")?;
        if changes.is_empty() {
            writeln!(out, "    no dimension moves")?;
        }
        self.changes(out, changes)
    }

    fn changes(&self, out: &mut impl Write, changes: &[Change]) -> Result<()> {
        for change in changes {
            for line in outlook::change(&change.core, self.segmentation, &self.local) {
                writeln!(out, "    {line}")?;
            }
        }
        Ok(())
    }

    fn outlook(&self, out: &mut impl Write, outlook: &[Outlook]) -> Result<()> {
        for dimension in outlook {
            writeln!(out, "    {}: {}", dimension.dimension, dimension.words(&self.local))?;
        }
        Ok(())
    }

    /// Where the customer stands then and goes next, where that is not what it would be without.
    fn difference(&self, out: &mut impl Write, without: &[Outlook], with: &[Outlook]) -> Result<()> {
        for (without, with) in without.iter().zip(with).filter(|(without, with)| without != with) {
            let (before, now) = (without.words(&self.local), with.words(&self.local));
            writeln!(out, "    {}: {now}; without it {before}", with.dimension)?;
        }
        match without.iter().zip(with).filter(|(without, with)| without == with).count() {
            0 => {}
            same if same == with.len() => writeln!(out, "    every dimension as without it")?,
            1 => writeln!(out, "    the other dimension as without it")?,
            same => writeln!(out, "    the other {same} dimensions as without it")?,
        }
        Ok(())
    }
}

impl Course<'_, '_> {
    /// The first instant that is not decided.
    fn now(&self) -> Timestamp {
        self.replay.state(self.what_if.customer).expect("the customer is known").1
    }

    fn outlook(&self) -> Vec<Outlook> {
        let WhatIf { customer, segmentation, .. } = *self.what_if;
        let (state, decided_up_to) = self.replay.state(customer).expect("the customer is known");
        Portrait { customer, state, segmentation, decided_up_to }.outlook()
    }

    fn take(&mut self, assumption: &Assumption, id: &str) -> Result<Effect> {
        let now = self.now();
        match &assumption.what {
            What::Silence(until) if *until <= now => {
                let now = self.what_if.local.time(now);
                refused(format!("expected an end after {now}, before which everything is decided"))
            }
            What::Silence(until) => {
                let meanwhile = self.replay.settle(*until);
                Ok(Effect { at: *until, meanwhile, happened: None })
            }
            What::Happens(body, when) => {
                let occurred_at = when.instant(now, &self.what_if.local);
                // A record arrives when what it tells of happens, or now, if that has been decided.
                let at = occurred_at.max(now);
                let meanwhile = self.replay.settle(at);
                let customer_id = self.what_if.customer.clone();
                let (event_id, body) = (id.to_owned(), body.clone());
                let happened = self.happen(&Event { event_id, customer_id, occurred_at, recorded_at: at, body })?;
                Ok(Effect { at, meanwhile, happened: Some(happened) })
            }
        }
    }

    fn happen(&mut self, event: &Event) -> Result<Happened> {
        let without = self.outlook();
        let before = self.replay.counts();
        let mut changes = self.record(event)?;
        changes.extend(self.replay.settle(event.recorded_at.plus_ms(1)));
        let after = self.replay.counts();
        if after.duplicates > before.duplicates {
            return refused(format!(
                "expected no event {} of this customer, found one; change the order of assumptions",
                event.event_id
            ));
        }
        let remark = if after.forgotten > before.forgotten {
            Some("from before the horizon, and forgotten".to_owned())
        } else {
            (after.late > before.late)
                .then(|| format!("late: it happened on {}", self.what_if.local.time(event.occurred_at)))
        };
        Ok(Happened { remark, changes, without })
    }

    fn record(&mut self, event: &Event) -> Result<Vec<Change>> {
        let (family, key) = (event.body.family(), event.customer_id.as_str().as_bytes());
        let value = event::encode(event, &self.what_if.segmentation.currency, Encoding::Json);
        let outcome = self.replay.record(&RawRecord {
            family,
            topic: &family.default_topic(),
            partition: partition_of(key, self.what_if.partitions, Partitioner::Murmur2),
            offset: 0,
            timestamp: event.recorded_at,
            key: Some(key),
            value: value.as_deref(),
            headers: &Headers::new(),
        });
        match outcome.rejection {
            Some(rejection) => refused(format!("a real record would be refused: {rejection}")),
            None => Ok(outcome.changes),
        }
    }
}

/// Of what an assumption makes, by its place among those given.
fn id(index: usize) -> String {
    format!("assumed-{}", index + 1)
}
