//! `docs/features.md`, "Promises": which promise each payment serves, and what becomes of each promise.

use segflow_core::event::Body;
use segflow_core::fact::Fact;
use segflow_core::segmentation::{Parameters, Segmentation};
use segflow_core::time::{Date, Timestamp};

use super::days::is_business_day;

/// A promise to pay.
#[derive(Clone, Debug)]
pub struct Promise<'a> {
    /// The day by whose end it is promised.
    pub due: Date,
    /// When it was made.
    pub made: Timestamp,
    /// Its id.
    pub id: &'a str,
    /// What was promised, in minor units.
    pub amount: i64,
    /// The first instant at which it is too late.
    pub deadline: Timestamp,
    /// When it was kept, if it was.
    pub kept: Option<Timestamp>,
    cancelled: bool,
    received: i128,
}

impl<'a> Promise<'a> {
    /// Neither kept nor broken nor cancelled.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.kept.is_none() && !self.cancelled && at < self.deadline
    }

    /// Neither kept nor cancelled, and the deadline is over.
    pub fn is_broken(&self, at: Timestamp) -> bool {
        self.kept.is_none() && !self.cancelled && at >= self.deadline
    }

    /// What an amendment or a cancellation does at an instant: nothing if the promise is not open then.
    fn correct(&mut self, body: &'a Body, at: Timestamp, segmentation: &Segmentation) {
        match body {
            _ if !self.is_open(at) => {}
            Body::Amended { amount_minor, due_date, .. } => {
                (self.amount, self.due) = (*amount_minor, *due_date);
                self.deadline = deadline(*due_date, segmentation);
                self.receive(0, at, segmentation);
            }
            _ => self.cancelled = true,
        }
    }

    /// Takes of `amount` what it lacks, and returns the rest; it may be enough then.
    fn receive(&mut self, amount: i128, at: Timestamp, segmentation: &Segmentation) -> i128 {
        let taken = amount.min((i128::from(self.amount) - self.received).max(0));
        self.received += taken;
        let (share, of) = segmentation.parameters.promise_tolerance;
        if self.received * i128::from(of) >= i128::from(self.amount) * i128::from(share) {
            self.kept = Some(at);
        }
        amount - taken
    }
}

/// Every promise by (due date, made, id), after a replay of facts that count, in order.
pub fn serve<'a>(segmentation: &Segmentation, facts: &[&'a Fact]) -> Vec<Promise<'a>> {
    let mut promises: Vec<Promise<'a>> = Vec::new();
    let mut early: Vec<(&str, &'a Body)> = Vec::new();
    for fact in facts {
        let at = fact.occurred_at;
        match &fact.body {
            Body::Made { promise_id, amount_minor, due_date } => {
                let mut promise = made(promise_id, *amount_minor, *due_date, at, segmentation);
                let early = early.iter().filter(|(concerned, _)| concerned == promise_id);
                early.for_each(|(_, body)| promise.correct(body, at, segmentation));
                promises.push(promise);
            }
            Body::Amended { promise_id, .. } | Body::Cancelled { promise_id } => {
                match promises.iter_mut().find(|promise| promise.id == promise_id) {
                    Some(promise) => promise.correct(&fact.body, at, segmentation),
                    None => early.push((promise_id, &fact.body)),
                }
            }
            Body::Received { amount_minor, .. } => {
                let mut rest = i128::from(*amount_minor);
                for promise in promises.iter_mut().filter(|promise| promise.is_open(at)) {
                    rest = promise.receive(rest, at, segmentation);
                }
            }
            _ => {}
        }
        promises.sort_by_key(|promise| (promise.due, promise.made, promise.id));
    }
    promises
}

fn made<'a>(id: &'a str, amount: i64, due: Date, made: Timestamp, segmentation: &Segmentation) -> Promise<'a> {
    let deadline = deadline(due, segmentation);
    Promise { due, made, id, amount, deadline, kept: None, cancelled: false, received: 0 }
}

fn deadline(due: Date, segmentation: &Segmentation) -> Timestamp {
    segmentation.zone.midnight(business_days_after(due, &segmentation.parameters).plus_days(1))
}

fn business_days_after(due: Date, parameters: &Parameters) -> Date {
    let mut day = due;
    for _ in 0..parameters.promise_grace_business_days {
        day = day.plus_days(1);
        while !is_business_day(day, parameters) {
            day = day.plus_days(1);
        }
    }
    day
}
