//! A course of events: all that is known of a customer, and then what is assumed, through the intake and the epochs of
//! real records.

use segflow_core::change::Change;
use segflow_core::event::{CustomerId, Event};
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;
use segflow_engine::replay::Replay;
use segflow_wire::encoding::Headers;
use segflow_wire::{Encoding, Partitioner, RawRecord, event, partition_of};

use super::assumption::{Assumed, Assumption};
use crate::customer::Portrait;
use crate::local_time::LocalTime;
use crate::outlook::{Outlook, outlook};

/// A replay of one customer, which assumptions carry on.
pub(super) struct Course<'a> {
    pub(super) customer: &'a CustomerId,
    pub(super) segmentation: &'a Segmentation,
    /// Over how many partitions keys are hashed.
    pub(super) partitions: u32,
    pub(super) local: &'a LocalTime,
    /// The customer, alone.
    pub(super) replay: Replay,
}

/// The consequences of an assumption.
pub(super) struct Effect {
    /// The instant from which it counts.
    pub(super) at: Timestamp,
    /// Changes before it, by time alone or by facts that were known and not yet in effect.
    pub(super) meanwhile: Vec<Change>,
    /// The consequences of the event; none for silence.
    pub(super) happened: Option<Happened>,
}

/// The consequences of an event that is assumed.
pub(super) struct Happened {
    /// A remark if the event was late, or forgotten.
    pub(super) remark: Option<String>,
    pub(super) changes: Vec<Change>,
    /// The outlook just before the event.
    pub(super) without: Vec<Outlook>,
}

impl Course<'_> {
    /// The first instant that is not decided.
    pub(super) fn now(&self) -> Timestamp {
        self.known().1
    }

    /// The outlook as far as the course has come.
    pub(super) fn outlook(&self) -> Vec<Outlook> {
        let (state, decided_up_to) = self.known();
        outlook(&Portrait { customer: self.customer, state, segmentation: self.segmentation, decided_up_to })
    }

    /// Carries the course on by an assumption. The event that it makes has this id.
    ///
    /// # Errors
    /// If a real record of it would be refused, or would change nothing: the reason.
    pub(super) fn take(&mut self, assumption: &Assumption, id: &str) -> Result<Effect, String> {
        let now = self.now();
        match &assumption.assumed {
            Assumed::Silence(until) if *until <= now => {
                let now = self.local.time(now);
                Err(format!("expected an end after {now}, before which everything is decided"))
            }
            Assumed::Silence(until) => {
                let meanwhile = self.replay.settle(*until);
                Ok(Effect { at: *until, meanwhile, happened: None })
            }
            Assumed::Event(body, when) => {
                let occurred_at = when.instant(now, self.local);
                // A record arrives when its event happens, or now, if that instant has been decided.
                let at = occurred_at.max(now);
                let meanwhile = self.replay.settle(at);
                let customer_id = self.customer.clone();
                let (event_id, body) = (id.to_owned(), body.clone());
                let happened = self.happen(&Event { event_id, customer_id, occurred_at, recorded_at: at, body })?;
                Ok(Effect { at, meanwhile, happened: Some(happened) })
            }
        }
    }

    fn known(&self) -> (&State, Timestamp) {
        self.replay.state(self.customer).expect("the replay of one customer holds their state")
    }

    fn happen(&mut self, event: &Event) -> Result<Happened, String> {
        let without = self.outlook();
        let before = self.replay.counts();
        let mut changes = self.record(event)?;
        changes.extend(self.replay.settle(event.recorded_at.plus_ms(1)));
        let after = self.replay.counts();
        if after.duplicates > before.duplicates {
            let id = &event.event_id;
            return Err(format!("expected no event {id} of this customer, found one; change the order of assumptions"));
        }
        let remark = if after.forgotten > before.forgotten {
            Some("from before the horizon, and forgotten".to_owned())
        } else {
            let is_late = event.occurred_at < event.recorded_at;
            is_late.then(|| format!("late: it happened on {}", self.local.time(event.occurred_at)))
        };
        Ok(Happened { remark, changes, without })
    }

    fn record(&mut self, event: &Event) -> Result<Vec<Change>, String> {
        let (family, key) = (event.body.family(), event.customer_id.as_str().as_bytes());
        let value = event::encode(event, &self.segmentation.currency, Encoding::Json);
        let outcome = self.replay.record(&RawRecord {
            family,
            topic: &family.default_topic(),
            partition: partition_of(key, self.partitions, Partitioner::Murmur2),
            offset: 0,
            timestamp: event.recorded_at,
            key: Some(key),
            value: value.as_deref(),
            headers: &Headers::new(),
        });
        match outcome.rejection {
            Some(rejection) => Err(format!("a real record would be refused: {rejection}")),
            None => Ok(outcome.changes),
        }
    }
}
