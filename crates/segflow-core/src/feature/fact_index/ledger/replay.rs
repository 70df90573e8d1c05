//! The replay of a ledger: fact by fact, in order. It can go on where it ended, as long as facts come in order and no fact
//! lets an earlier one have another effect.

use super::{Hindsight, Ledger, Terms};
use crate::event::Body;
use crate::feature::fact_index::LEDGER;
use crate::feature::fact_index::invoice::Invoice;
use crate::time::Timestamp;

/// A ledger, and how far its replay has come.
#[derive(Debug)]
pub struct Replay {
    /// The ledger after the last fact.
    pub ledger: Ledger,
    hindsight: Hindsight,
    /// The instant of the last fact. It may not be over: the next fact may be of the same instant.
    step: Step,
    /// Up to when the ends of holds were shown.
    reached: Timestamp,
    /// How many facts of the ledger's families there were.
    told: usize,
    /// How many facts there were.
    read: usize,
}

/// An instant at which the ledger may change: after its last fact, or at the end of a hold. What lies between two facts of
/// one instant lasts for no time.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// The place of the instant's last fact among those of the ledger's families; none at the end of a hold.
    pub place: Option<usize>,
    /// Whether an invoice was issued then, voided later or not.
    pub issued: bool,
    /// Whether one was written off.
    pub written_off: bool,
}

impl Step {
    const fn new(at: Timestamp) -> Self {
        Self { at, place: None, issued: false, written_off: false }
    }
}

impl Replay {
    /// Replays all facts, and shows `see` the ledger after each instant of them but the last, and after the end of each hold
    /// before that.
    pub fn of(terms: Terms<'_>, mut see: impl FnMut(&Ledger, Step)) -> Self {
        let (ledger, step) = (Ledger::new(), Step::new(Timestamp::BEGINNING));
        let hindsight = Hindsight::of(terms);
        let mut replay = Self { ledger, hindsight, step, reached: Timestamp::BEGINNING, told: 0, read: 0 };
        while replay.read < terms.facts.len() {
            replay.tell_next(terms, &mut see);
        }
        replay
    }

    /// Goes on with facts that come after all others. False if one of them lets an earlier fact have another effect: then
    /// this replay is of no use any more.
    pub fn go_on(&mut self, terms: Terms<'_>, mut see: impl FnMut(&Ledger, Step)) -> bool {
        while self.read < terms.facts.len() {
            if !self.hindsight.learn(self.read, terms) {
                return false;
            }
            self.tell_next(terms, &mut see);
        }
        true
    }

    /// Shows the ledger after the last instant, and at the end of each hold that ends later, if nothing happens.
    pub fn see_the_end(&self, terms: Terms<'_>, mut see: impl FnMut(&Ledger, Step)) {
        if self.step.place.is_some() {
            see(&self.ledger, self.step);
        }
        self.see_holds_end(self.reached, Timestamp::NEVER, terms, &mut see);
    }

    fn tell_next(&mut self, terms: Terms<'_>, see: &mut impl FnMut(&Ledger, Step)) {
        let (place, fact) = (self.read, terms.facts[self.read]);
        self.read += 1;
        if !LEDGER.has(fact.family()) {
            return;
        }
        let at = fact.occurred_at;
        if at > self.step.at {
            if self.step.place.is_some() {
                see(&self.ledger, self.step);
            }
            self.step = Step::new(at);
            self.see_holds_end(self.reached, at, terms, see);
            self.reached = at.max(self.reached);
            (self.ledger.now, self.ledger.today) = (at, terms.zone.date_of(at));
        }
        if self.ledger.tell(place, &self.hindsight, terms) {
            self.ledger.offer_free_money(terms);
            self.ledger.settle(at, terms);
            self.step.issued |= matches!(fact.body, Body::Issued { .. });
            self.step.written_off |= matches!(fact.body, Body::WrittenOff { .. });
        }
        self.step.place = Some(self.told);
        self.told += 1;
    }

    /// Shows the ledger at the end of each hold that ends after `reached` and up to an instant.
    fn see_holds_end(
        &self,
        mut reached: Timestamp,
        to: Timestamp,
        terms: Terms<'_>,
        see: &mut impl FnMut(&Ledger, Step),
    ) {
        while let Some(at) = self.ledger.next_end_of_hold(reached, terms.zone).filter(|end| *end <= to) {
            see(&self.ledger, Step::new(at));
            reached = at;
        }
    }

    /// Whether a dispute covers an invoice or did, and was not resolved in the customer's favour.
    #[must_use]
    pub fn is_contested(&self, invoice: &Invoice, terms: Terms<'_>) -> bool {
        self.ledger.is_contested(invoice, &self.hindsight, terms)
    }
}
