//! One customer for the tests: a segmentation of one dimension, facts, and what is decided of them.

use segflow_core::advance::advance;
use segflow_core::change::Decided;
use segflow_core::customer::{Customer, fold};
use segflow_core::event::{Body, CustomerId, Event};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Timestamp, Zone};

use crate::customer::Portrait;
use crate::local_time::LocalTime;

/// Three stages by days past due; the score is sensitive.
pub(crate) const SEGMENTATION: &str = "\
name: s
version: 1
currency: GBP
timezone: Europe/London
attributes: {score: int}
sensitive: [score]
dimensions:
  - name: stage
    segments:
      - {name: late, when: overdue.days >= 60}
      - {name: mid, when: overdue.days >= 30 || profile.score > 900}
    otherwise: current
";

/// The local time of the segmentation.
pub(crate) fn london() -> LocalTime {
    LocalTime::of(&Zone::named("Europe/London").unwrap())
}

/// A customer, decided up to an instant.
pub(crate) struct Known {
    pub(crate) segmentation: Segmentation,
    pub(crate) customer: CustomerId,
    pub(crate) known: Customer,
    /// The changes decided on the way.
    pub(crate) changes: Vec<Decided>,
    decided_up_to: Timestamp,
}

impl Known {
    /// Folds events and decides everything before `up_to`.
    pub(crate) fn new(events: &[Event], up_to: &str) -> Self {
        Self::by(SEGMENTATION, events, up_to)
    }

    /// As [`Known::new`], by the rules of another file.
    pub(crate) fn by(file: &str, events: &[Event], up_to: &str) -> Self {
        let segmentation = Segmentation::load("s.yaml", file).unwrap().segmentation;
        let (customer, mut known) = (customer(), Customer::default());
        for event in events {
            fold(&mut known, event.clone(), 0, Timestamp::BEGINNING, &segmentation);
        }
        let decided_up_to = up_to.parse().unwrap();
        let changes = advance(&mut known, &customer, &segmentation, decided_up_to);
        Self { segmentation, customer, known, changes, decided_up_to }
    }

    pub(crate) fn portrait(&self) -> Portrait<'_> {
        let Self { segmentation, customer, known, decided_up_to, .. } = self;
        Portrait { customer, state: known.state(), segmentation, decided_up_to: *decided_up_to }
    }
}

pub(crate) fn customer() -> CustomerId {
    CustomerId::new("C-000217").unwrap()
}

/// An invoice that was issued on 1 February 2026 at nine.
pub(crate) fn invoice(id: &str, amount_minor: i64, due: &str) -> Event {
    let due_date = due.parse().unwrap();
    let body = Body::Issued { invoice_id: id.to_owned(), amount_minor, due_date, debt_type: None, discount: None };
    event(id, "2026-02-01T09:00:00Z", body)
}

pub(crate) fn payment(id: &str, amount_minor: i64, at: &str) -> Event {
    event(id, at, Body::Received { payment_id: id.to_owned(), amount_minor, names: Vec::new(), method: None })
}

pub(crate) fn event(id: &str, at: &str, body: Body) -> Event {
    let occurred_at = at.parse().unwrap();
    Event { event_id: id.to_owned(), customer_id: customer(), occurred_at, recorded_at: occurred_at, body }
}
