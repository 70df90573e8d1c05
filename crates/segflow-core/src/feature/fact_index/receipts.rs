//! What stands of each payment, after all its events: the latest decides.
//!
//! A payment that failed is received after all if a later attempt under the same id succeeds; a payment that was received is
//! taken back by a later failure. What does not stand is as if it was never received.

use crate::event::{Body, Named};
use crate::fact::Fact;
use crate::feature::interner::Interner;
use crate::feature::reading::sum;
use crate::time::Timestamp;

/// The part of a payment that stands. It was received at the fact at which [`Receipts::at`] gives it.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    /// The payment.
    pub payment_id: &'a str,
    /// How much of it stands: above zero, in minor units.
    pub amount: i64,
    /// The invoices that it names.
    pub names: &'a [Named],
    /// How it was paid.
    pub method: Option<&'a str>,
    /// Whether one event alone tells of the payment.
    pub is_single: bool,
}

/// A payment that was submitted, and of which nothing else has been heard since.
#[derive(Clone, Copy, Debug)]
pub struct Submission {
    /// When it was submitted.
    pub at: Timestamp,
    /// Minor units.
    pub amount: i64,
}

/// What stands of every payment.
#[derive(Default, Debug)]
pub struct Receipts<'a> {
    timelines: Vec<Timeline<'a>>,
    /// The places of the facts at which receipts that stand were received, ascending, each with its timeline.
    places: Vec<(usize, usize)>,
}

/// The events of one payment so far.
#[derive(Debug)]
struct Timeline<'a> {
    payment_id: &'a str,
    events: usize,
    /// How much the latest `RECEIVED` brought.
    received: i64,
    /// What was taken back of that since, in order, and has not come again. Together it may be more than was received: then
    /// what comes again makes up for that first.
    taken_back: Vec<i64>,
    /// The place of the fact that brought it, when nothing stood.
    place: usize,
    names: &'a [Named],
    method: Option<&'a str>,
    submission: Option<Submission>,
}

impl<'a> Receipts<'a> {
    /// The receipts among facts given in order.
    #[must_use]
    pub fn among(facts: &[&'a Fact]) -> Self {
        let received = facts.iter().filter(|fact| matches!(fact.body, Body::Received { .. })).count();
        let (mut ids, mut timelines) = (Interner::with_room(received), Vec::with_capacity(received));
        for (place, fact) in facts.iter().enumerate() {
            let Some(payment_id) = payment_id(&fact.body) else { continue };
            let (timeline, is_new) = ids.meet(payment_id);
            if is_new {
                timelines.push(Timeline::of(payment_id));
            }
            timelines[timeline].tell(place, fact);
        }
        let standing = timelines.iter().enumerate().filter(|(_, timeline)| timeline.stands() > 0);
        let mut places: Vec<_> = standing.map(|(index, timeline)| (timeline.place, index)).collect();
        places.sort_unstable();
        Self { timelines, places }
    }

    /// The receipt that stands and was received at the fact of this place.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<Receipt<'a>> {
        let found = self.places.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        Some(self.timelines[self.places[found].1].receipt())
    }

    /// Every receipt that stands, in the order in which they were received, with the place of its fact.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = (usize, Receipt<'a>)> {
        self.places.iter().map(|(place, timeline)| (*place, self.timelines[*timeline].receipt()))
    }

    /// Payments that were submitted, of which nothing stands and nothing else has been heard since.
    pub fn submitted(&self) -> impl Iterator<Item = Submission> {
        let nothing_stands = self.timelines.iter().filter(|timeline| timeline.stands() == 0);
        nothing_stands.filter_map(|timeline| timeline.submission)
    }
}

impl<'a> Timeline<'a> {
    const fn of(payment_id: &'a str) -> Self {
        Self {
            payment_id,
            events: 0,
            received: 0,
            taken_back: Vec::new(),
            place: 0,
            names: &[],
            method: None,
            submission: None,
        }
    }

    /// How much of it stands.
    fn stands(&self) -> i64 {
        self.received.saturating_sub(sum(self.taken_back.iter().copied())).max(0)
    }

    fn tell(&mut self, place: usize, fact: &'a Fact) {
        self.events += 1;
        match &fact.body {
            Body::Received { amount_minor, names, method, .. } => {
                if self.stands() == 0 {
                    self.place = place;
                }
                (self.received, self.names, self.method) = (*amount_minor, names, method.as_deref());
                self.taken_back.clear();
            }
            Body::Reversed { amount_minor, .. } => self.taken_back.push(amount_minor.unwrap_or(self.stands())),
            // A failure that is told twice is undone at once.
            Body::Failed { .. } => self.take_back(self.stands()),
            Body::PaymentReinstated { amount_minor, .. } => self.bring_again(*amount_minor),
            _ => {}
        }
        self.submission = match &fact.body {
            Body::Submitted { amount_minor, .. } => Some(Submission { at: fact.occurred_at, amount: *amount_minor }),
            _ => None,
        };
    }

    fn take_back(&mut self, amount: i64) {
        if amount > 0 {
            self.taken_back.push(amount);
        }
    }

    /// Undoes what was taken back, the latest first: so much of it, or without an amount the latest whole.
    fn bring_again(&mut self, amount: Option<i64>) {
        let Some(mut rest) = amount else {
            self.taken_back.pop();
            return;
        };
        while let Some(last) = self.taken_back.pop_if(|_| rest > 0) {
            self.take_back(last - rest);
            rest -= last.min(rest);
        }
    }

    fn receipt(&self) -> Receipt<'a> {
        let Self { payment_id, names, method, .. } = *self;
        Receipt { payment_id, amount: self.stands(), names, method, is_single: self.events == 1 }
    }
}

/// The payment of which an event tells.
fn payment_id(body: &Body) -> Option<&str> {
    match body {
        Body::Received { payment_id, .. }
        | Body::Failed { payment_id, .. }
        | Body::Reversed { payment_id, .. }
        | Body::Submitted { payment_id, .. }
        | Body::PaymentReinstated { payment_id, .. } => Some(payment_id),
        _ => None,
    }
}
