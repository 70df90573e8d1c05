//! Promises to pay. A promise is open until receipts keep it, or until it is broken at its deadline.

use std::collections::BTreeMap;

use super::payments::Receipts;
use crate::event::{Body, Families, Family};
use crate::fact::Fact;
use crate::feature::context::Parameters;
use crate::feature::reading::{Moment, Reading, count};
use crate::feature::window::{Window, inside};
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// The families of events from which promises are indexed: receipts keep them.
pub const PROMISES: Families = Families::of(&[Family::Promises, Family::Payments]);

/// A promise that was made.
#[derive(Clone, Debug)]
pub struct Promise {
    /// The day by whose end it must be kept.
    pub due: Date,
    /// When it was made.
    pub made_at: Timestamp,
    /// Its id.
    pub promise_id: Box<str>,
    /// How much was promised, in minor units.
    pub amount: i64,
    /// How much was received towards it.
    received: i64,
    kept_at: Option<Timestamp>,
    cancelled_at: Option<Timestamp>,
    deadline: Timestamp,
}

impl Promise {
    /// The order in which receipts serve promises.
    fn order(&self) -> (Date, Timestamp, &str) {
        (self.due, self.made_at, &self.promise_id)
    }

    fn is_open(&self, at: Timestamp) -> bool {
        self.kept_at.is_none() && self.cancelled_at.is_none() && at < self.deadline
    }

    /// When it was kept; none while it is not.
    #[must_use]
    pub const fn kept_at(&self) -> Option<Timestamp> {
        self.kept_at
    }

    /// When it was taken back; none while it is not.
    #[must_use]
    pub const fn cancelled_at(&self) -> Option<Timestamp> {
        self.cancelled_at
    }

    /// When it was kept or cancelled; else its deadline, when it is broken if no fact arrives.
    #[must_use]
    pub fn decided_at(&self) -> Timestamp {
        self.kept_at.or(self.cancelled_at).unwrap_or(self.deadline)
    }
}

/// Every promise that was made.
#[derive(Clone, Default, Debug)]
pub struct Promises {
    /// In the order in which receipts serve them: by (due date, instant of making, id).
    pub made: Vec<Promise>,
    /// Instants at which a promise was kept, ascending.
    kept: Vec<Timestamp>,
    /// Deadlines at which a promise was broken, or will be if no fact arrives, ascending.
    missed: Vec<Timestamp>,
}

impl Promises {
    /// Replays facts given in order.
    #[must_use]
    pub fn of(facts: &[&Fact], parameters: &Parameters, zone: &Zone) -> Self {
        let made = Replay { parameters, zone, made: Vec::new(), early: BTreeMap::new() }.of(facts);
        let mut kept: Vec<_> = made.iter().filter_map(|promise| promise.kept_at).collect();
        kept.sort_unstable();
        let unkept = made.iter().filter(|promise| promise.kept_at.is_none() && promise.cancelled_at.is_none());
        let mut missed: Vec<_> = unkept.map(|promise| promise.deadline).collect();
        missed.sort_unstable();
        Self { made, kept, missed }
    }

    /// The promises that are open, the first due first.
    pub fn open(&self, at: Timestamp) -> impl Iterator<Item = &Promise> {
        self.made.iter().filter(move |promise| promise.is_open(at))
    }

    /// `promises.open`
    #[must_use]
    pub fn open_count(&self, at: Timestamp) -> Timed<Reading<'static>> {
        Timed::until(Reading::Int(count(self.open(at).count())), self.next_deadline(at))
    }

    /// `promises.due_days`: days to the due date of the open promise that is due first; negative in grace.
    #[must_use]
    pub fn due_days(&self, at: Timestamp) -> Timed<Reading<'static>> {
        self.open(at)
            .next()
            .map_or(Timed::always(Reading::Absent), |first| Timed::until(Reading::Until(first.due), first.deadline))
    }

    /// `promises.kept(w)`: by the day of the completing receipt.
    #[must_use]
    pub fn kept(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let kept = inside(&self.kept, |at| *at, window, moment);
        Timed::until(count(kept.value.len()), kept.until)
    }

    /// `promises.broken(w)`: by the day that begins at the deadline.
    #[must_use]
    pub fn broken(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let past = &self.missed[..self.missed.partition_point(|deadline| *deadline <= moment.at)];
        let broken = inside(past, |deadline| *deadline, window, moment);
        Timed::until(count(broken.value.len()), broken.until.min(self.next_deadline(moment.at)))
    }

    /// `promises.kept_ratio(w)`: the share kept of the promises decided; absent if fewer than 2 are decided.
    #[must_use]
    pub fn kept_ratio(&self, window: Window, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let (kept, broken) = (self.kept(window, moment), self.broken(window, moment));
        let decided = kept.value + broken.value;
        let ratio = if decided < 2 { Reading::Absent } else { Reading::Ratio(kept.value, decided) };
        Timed::until(ratio, kept.until.min(broken.until))
    }

    fn next_deadline(&self, at: Timestamp) -> Timestamp {
        let next = self.missed.partition_point(|deadline| *deadline <= at);
        self.missed.get(next).copied().unwrap_or(Timestamp::NEVER)
    }
}

struct Replay<'a, 's> {
    parameters: &'s Parameters,
    zone: &'s Zone,
    made: Vec<Promise>,
    /// Amendments and cancellations that came before their promise.
    early: BTreeMap<&'a str, Vec<&'a Fact>>,
}

impl<'a> Replay<'a, '_> {
    fn of(mut self, facts: &[&'a Fact]) -> Vec<Promise> {
        if !facts.iter().any(|fact| matches!(fact.body, Body::Made { .. })) {
            return self.made;
        }
        let mut receipts = Receipts::among(facts);
        for fact in facts {
            match &fact.body {
                Body::Made { promise_id, amount_minor, due_date } if self.find(promise_id).is_none() => {
                    self.make(promise_id, *amount_minor, *due_date, fact.occurred_at);
                }
                Body::Amended { promise_id, .. } | Body::Cancelled { promise_id } => match self.find(promise_id) {
                    Some(place) => self.correct(place, &fact.body, fact.occurred_at),
                    None => self.early.entry(promise_id).or_default().push(fact),
                },
                Body::Received { payment_id, amount_minor, .. } if receipts.counts(payment_id) => {
                    self.serve(fact.occurred_at, *amount_minor);
                }
                _ => {}
            }
        }
        self.made.sort_by(|a, b| a.order().cmp(&b.order()));
        self.made
    }

    fn find(&self, promise_id: &str) -> Option<usize> {
        self.made.iter().position(|promise| *promise.promise_id == *promise_id)
    }

    fn make(&mut self, promise_id: &'a str, amount: i64, due: Date, at: Timestamp) {
        let (received, kept_at, cancelled_at, deadline) = (0, None, None, self.deadline(due));
        let id = promise_id.into();
        self.made.push(Promise { due, made_at: at, promise_id: id, amount, received, kept_at, cancelled_at, deadline });
        for fact in self.early.remove(promise_id).unwrap_or_default() {
            self.correct(self.made.len() - 1, &fact.body, at);
        }
    }

    fn correct(&mut self, place: usize, body: &Body, at: Timestamp) {
        if !self.made[place].is_open(at) {
            return;
        }
        match body {
            Body::Amended { amount_minor, due_date, .. } => {
                let deadline = self.deadline(*due_date);
                let promise = &mut self.made[place];
                (promise.amount, promise.due, promise.deadline) = (*amount_minor, *due_date, deadline);
                promise.judge(at, self.parameters.promise_tolerance);
            }
            _ => self.made[place].cancelled_at = Some(at),
        }
    }

    /// Gives a receipt to the open promises, the earliest due first. Each takes what it lacks, and the rest goes on.
    fn serve(&mut self, at: Timestamp, amount: i64) {
        let mut rest = amount;
        let mut open: Vec<&mut Promise> = self.made.iter_mut().filter(|promise| promise.is_open(at)).collect();
        open.sort_by(|a, b| a.order().cmp(&b.order()));
        for promise in open {
            let taken = rest.min((promise.amount - promise.received).max(0));
            promise.received += taken;
            rest -= taken;
            promise.judge(at, self.parameters.promise_tolerance);
        }
    }

    fn deadline(&self, due: Date) -> Timestamp {
        self.zone.midnight(last_day(due, self.parameters).plus_days(1))
    }
}

impl Promise {
    fn judge(&mut self, at: Timestamp, (numerator, denominator): (i64, i64)) {
        let (received, amount) = (i128::from(self.received), i128::from(self.amount));
        if received * i128::from(denominator) >= amount * i128::from(numerator) {
            self.kept_at = Some(at);
        }
    }
}

/// The last day of grace: the due date moved on by business days.
fn last_day(due: Date, parameters: &Parameters) -> Date {
    let mut date = due;
    for _ in 0..parameters.promise_grace_business_days {
        date = parameters.business_day_after(date);
    }
    date
}
