//! Version 3, of releases whose payments were received once or not at all, and in which events of one family shared their ids.
//!
//! On disk, in stores that such a release wrote.

use std::collections::BTreeMap;

use segflow_core::event::{self, Attribute, Channel, Direction, FailureCode, Family, Kind, Named, Outcome};
use segflow_core::fact::{self, FactKey};
use segflow_core::in_effect;
use segflow_core::state::{self, Decision};
use segflow_core::time::{Date, Timestamp};
use serde::Deserialize;

/// The version byte of these states.
pub(super) const VERSION: u8 = 3;

#[derive(Deserialize)]
struct State {
    facts: Facts,
    pending: Vec<Pending>,
    decision: Decision,
}

#[derive(Deserialize)]
pub(super) struct Facts {
    list: Vec<Fact>,
    shadowed: Vec<Fact>,
    erased: Option<Timestamp>,
    pruned_from: Option<Timestamp>,
    kept: usize,
    #[expect(dead_code, reason = "the size of these bytes says nothing of the present ones")]
    bytes: usize,
}

#[derive(Deserialize)]
struct Fact {
    occurred_at: Timestamp,
    recorded_at: Timestamp,
    event_id: String,
    body: Body,
}

#[derive(Deserialize)]
pub(super) struct Pending {
    effective: Timestamp,
    family: Family,
    event_id: String,
    offset: u64,
}

#[derive(Deserialize)]
enum Body {
    Issued { invoice_id: String, amount_minor: i64, due_date: Date, debt_type: Option<String> },
    Adjusted { invoice_id: String, delta_minor: i64, due_date: Option<Date> },
    WrittenOff { invoice_id: String },
    Received { payment_id: String, amount_minor: i64, invoice_id: Option<String>, method: Option<String> },
    Failed { payment_id: String, code: Option<FailureCode> },
    Reversed { payment_id: String },
    Contact { contact_id: String, direction: Direction, channel: Channel, outcome: Outcome },
    Made { promise_id: String, amount_minor: i64, due_date: Date },
    Amended { promise_id: String, amount_minor: i64, due_date: Date },
    Cancelled { promise_id: String },
    Opened { dispute_id: String, invoice_id: Option<String>, amount_minor: Option<i64> },
    Resolved { dispute_id: String, upheld: Option<bool> },
    Updated { attributes: BTreeMap<String, Attribute> },
    Erased,
}

/// The state as this release keeps it.
pub(super) fn upgrade(bytes: &[u8]) -> Result<state::State, postcard::Error> {
    let State { facts, pending, decision } = postcard::from_bytes(bytes)?;
    let facts = facts.upgrade();
    Ok(state::State { pending: upgrade_pending(pending, &facts), facts, decision })
}

impl Facts {
    /// The facts of these. Events of different kinds that had one id were taken for copies of each other, of which one
    /// counted; now each counts. The activation of the engine decides the customer anew.
    pub(super) fn upgrade(self) -> fact::Facts {
        let Self { list, shadowed, erased, pruned_from, kept, .. } = self;
        fact::Facts::restored(list.into_iter().chain(shadowed).map(Into::into), erased, pruned_from, kept)
    }
}

/// What is pending, by the kinds of its facts.
pub(super) fn upgrade_pending(pending: Vec<Pending>, facts: &fact::Facts) -> Vec<in_effect::Pending> {
    let kinds: BTreeMap<(Family, &str), Option<Kind>> = facts
        .iter()
        .map(|fact| {
            let (kind, event_id): FactKey<'_> = fact.key();
            ((fact.family(), event_id), kind)
        })
        .collect();
    let upgraded = |Pending { effective, family, event_id, offset }: Pending| {
        // An erasure is no fact, and has no kind.
        let kind = kinds.get(&(family, event_id.as_str())).copied().flatten();
        in_effect::Pending { effective, kind, event_id, offset }
    };
    let mut pending: Vec<_> = pending.into_iter().map(upgraded).collect();
    pending.sort();
    pending
}

impl From<Fact> for fact::Fact {
    fn from(Fact { occurred_at, recorded_at, event_id, body }: Fact) -> Self {
        Self { occurred_at, recorded_at, event_id, body: body.into() }
    }
}

impl From<Body> for event::Body {
    fn from(body: Body) -> Self {
        match body {
            Body::Issued { invoice_id, amount_minor, due_date, debt_type } => {
                Self::Issued { invoice_id, amount_minor, due_date, debt_type, discount: None }
            }
            Body::Adjusted { invoice_id, delta_minor, due_date } => {
                Self::Adjusted { invoice_id, delta_minor, due_date }
            }
            Body::WrittenOff { invoice_id } => Self::WrittenOff { invoice_id },
            Body::Received { payment_id, amount_minor, invoice_id, method } => {
                let names = invoice_id.map(Named::whole).into_iter().collect();
                Self::Received { payment_id, amount_minor, names, method }
            }
            Body::Failed { payment_id, code } => Self::Failed { payment_id, code },
            Body::Reversed { payment_id } => Self::Reversed { payment_id, amount_minor: None },
            Body::Contact { contact_id, direction, channel, outcome } => {
                Self::Contact { contact_id, direction, channel, outcome, machine: false }
            }
            Body::Made { promise_id, amount_minor, due_date } => {
                Self::Made { promise_id, amount_minor, due_date, plan_id: None }
            }
            Body::Amended { promise_id, amount_minor, due_date } => {
                Self::Amended { promise_id, amount_minor, due_date }
            }
            Body::Cancelled { promise_id } => Self::Cancelled { promise_id },
            Body::Opened { dispute_id, invoice_id, amount_minor } => {
                Self::Opened { dispute_id, invoice_id, amount_minor }
            }
            Body::Resolved { dispute_id, upheld } => Self::Resolved { dispute_id, upheld },
            Body::Updated { attributes } => Self::Updated { attributes },
            Body::Erased => Self::Erased,
        }
    }
}
