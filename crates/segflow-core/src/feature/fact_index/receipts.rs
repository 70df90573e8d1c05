//! What stands of each payment, after all its events: the latest decides.
//!
//! A payment that failed is received after all if a later attempt under the same id succeeds; a payment that was received is
//! taken back by a later failure. What does not stand is as if it was never received.

use crate::event::{Body, FailureCode, Family};
use crate::fact::Fact;
use crate::feature::interner::Interner;
use crate::feature::reading::sum;
use crate::time::{Date, Timestamp, Zone};

/// The part of a payment that stands. It was received at the fact at which [`Receipts::at`] gives it.
#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    /// When it was received.
    pub at: Timestamp,
    /// Its local day.
    pub on: Date,
    /// How much of it stands: above zero, in minor units.
    pub amount: i64,
    /// The place of the fact that says which invoices it names, and how it was paid.
    pub told: usize,
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

/// What stands of every payment. It is kept from fact to fact, and knows facts by their places.
#[derive(Default, Debug)]
pub struct Receipts {
    ids: Interner,
    timelines: Vec<Timeline>,
    /// The places of the facts at which receipts that stand were received, ascending, each with its timeline.
    places: Vec<(usize, usize)>,
    /// When payments were taken back.
    pub reversed: Vec<Timestamp>,
    /// When payments failed, and why.
    pub failed: Vec<(Timestamp, Option<FailureCode>)>,
    /// How many of the facts it knows.
    read: usize,
}

/// The events of one payment so far.
#[derive(Debug)]
struct Timeline {
    events: usize,
    /// How much the latest `RECEIVED` brought.
    received: i64,
    /// What was taken back of that since, in order, and has not come again. Together it may be more than was received: then
    /// what comes again makes up for that first.
    taken_back: Vec<i64>,
    /// The place of the fact that brought it, when nothing stood, with its instant and day.
    place: usize,
    at: Timestamp,
    on: Date,
    /// The place of the latest `RECEIVED`.
    told: usize,
    submission: Option<Submission>,
}

impl Receipts {
    /// The receipts among facts given in order.
    #[must_use]
    pub fn among(facts: &[&Fact], zone: &Zone) -> Self {
        let mut receipts = Self::default();
        receipts.go_on(facts, zone);
        receipts
    }

    /// Takes in the facts that it does not know yet, which come after all others.
    pub fn go_on(&mut self, facts: &[&Fact], zone: &Zone) {
        for place in self.read..facts.len() {
            self.tell(place, facts, zone);
        }
        self.read = facts.len();
    }

    /// Takes in the fact at this place, which is later than all before. False if a receipt of an earlier fact is no longer
    /// what it was.
    pub fn tell(&mut self, place: usize, facts: &[&Fact], zone: &Zone) -> bool {
        let fact = facts[place];
        if fact.family() != Family::Payments {
            return true;
        }
        match &fact.body {
            Body::Reversed { .. } => self.reversed.push(fact.occurred_at),
            Body::Failed { code, .. } => self.failed.push((fact.occurred_at, *code)),
            _ => {}
        }
        let (number, is_new) = self.ids.meet(place, facts);
        if is_new {
            self.timelines.push(Timeline::new());
        }
        let timeline = &mut self.timelines[number];
        let stood = timeline.stands() > 0;
        timeline.tell(place, fact, zone);
        let (stands, received) = (timeline.stands() > 0, timeline.place);
        if stood != stands {
            match self.places.binary_search(&(received, number)) {
                Ok(found) => drop(self.places.remove(found)),
                Err(free) => self.places.insert(free, (received, number)),
            }
        }
        !stood && (!stands || received == place)
    }

    /// The receipt that stands and was received at the fact of this place.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<Receipt> {
        let found = self.places.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        Some(self.timelines[self.places[found].1].receipt())
    }

    /// Every receipt that stands, in the order in which they were received.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = Receipt> {
        self.places.iter().map(|(_, timeline)| self.timelines[*timeline].receipt())
    }

    /// Payments that were submitted, of which nothing stands and nothing else has been heard since.
    pub fn submitted(&self) -> impl Iterator<Item = Submission> {
        let submitted = self.timelines.iter().filter(|timeline| timeline.submission.is_some());
        submitted.filter(|timeline| timeline.stands() == 0).filter_map(|timeline| timeline.submission)
    }
}

impl Timeline {
    const fn new() -> Self {
        Self {
            events: 0,
            received: 0,
            taken_back: Vec::new(),
            place: 0,
            at: Timestamp::BEGINNING,
            on: Date(0),
            told: 0,
            submission: None,
        }
    }

    /// How much of it stands.
    fn stands(&self) -> i64 {
        self.received.saturating_sub(sum(self.taken_back.iter().copied())).max(0)
    }

    fn tell(&mut self, place: usize, fact: &Fact, zone: &Zone) {
        self.events += 1;
        match &fact.body {
            Body::Received { amount_minor, .. } => {
                if self.stands() == 0 {
                    (self.place, self.at, self.on) = (place, fact.occurred_at, zone.date_of(fact.occurred_at));
                }
                (self.received, self.told) = (*amount_minor, place);
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

    fn receipt(&self) -> Receipt {
        let Self { at, on, told, .. } = *self;
        Receipt { at, on, amount: self.stands(), told, is_single: self.events == 1 }
    }
}
