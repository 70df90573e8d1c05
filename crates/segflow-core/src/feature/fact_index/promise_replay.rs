//! The replay of promises: receipts serve them, debts end, deadlines pass, and plans break.

use std::collections::BTreeMap;

use super::LEDGER;
use super::promise::{End, Promise};
use super::receipts::Receipts;
use crate::event::Body;
use crate::fact::Fact;
use crate::feature::context::Parameters;
use crate::time::{Date, Timestamp, Zone};

/// A replay on its way.
pub(super) struct Replay<'a, 's> {
    parameters: &'s Parameters,
    zone: &'s Zone,
    made: Vec<Promise>,
    /// Amendments and cancellations that came before their promise.
    early: BTreeMap<&'a str, Vec<&'a Fact>>,
    /// The receipts of the present day, in order: what of each has served no promise yet.
    today: Vec<i64>,
    /// The day of these receipts.
    day: Date,
}

impl<'a, 's> Replay<'a, 's> {
    pub(super) const fn new(parameters: &'s Parameters, zone: &'s Zone) -> Self {
        Self { parameters, zone, made: Vec::new(), early: BTreeMap::new(), today: Vec::new(), day: Date(0) }
    }

    /// Every promise, in the order in which receipts serve them.
    pub(super) fn run(mut self, facts: &[&'a Fact], receipts: &Receipts, owing: &[(usize, bool)]) -> Vec<Promise> {
        let (mut owing, mut owes, mut told) = (owing.iter().peekable(), true, 0);
        for (place, fact) in facts.iter().enumerate() {
            let at = fact.occurred_at;
            self.break_plans(at);
            match receipts.at(place) {
                Some(receipt) => self.receive(at, receipt.amount),
                None => self.tell(fact),
            }
            if LEDGER.has(fact.family()) {
                owes = owing.next_if(|(changed, _)| *changed == told).map_or(owes, |(_, now)| *now);
                told += 1;
            }
            // What lies between two facts of one instant lasts for no time.
            if !owes && facts.get(place + 1).is_none_or(|next| next.occurred_at > at) {
                self.end_with_the_debt(at);
            }
        }
        self.break_plans(Timestamp::NEVER);
        self.made.sort_by(|a, b| a.order().cmp(&b.order()));
        self.made
    }

    fn tell(&mut self, fact: &'a Fact) {
        match &fact.body {
            Body::Made { promise_id, .. } if self.find(promise_id).is_none() => self.make(fact),
            Body::Amended { promise_id, .. } | Body::Cancelled { promise_id } => match self.find(promise_id) {
                Some(place) => self.correct(place, &fact.body, fact.occurred_at),
                None => self.early.entry(promise_id).or_default().push(fact),
            },
            _ => {}
        }
    }

    fn find(&self, promise_id: &str) -> Option<usize> {
        self.made.iter().position(|promise| *promise.promise_id == *promise_id)
    }

    /// Adds a promise. What was received earlier on its day serves it: statements date receipts by day.
    fn make(&mut self, fact: &'a Fact) {
        let Body::Made { promise_id, amount_minor, due_date, plan_id } = &fact.body else { return };
        let (made_at, deadline) = (fact.occurred_at, self.deadline(*due_date));
        let plan_id: Option<Box<str>> = plan_id.as_deref().map(Into::into);
        let broken = self.made.iter().any(|promise| {
            plan_id.is_some() && promise.plan_id == plan_id && promise.end.is_none() && promise.deadline <= made_at
        });
        self.made.push(Promise {
            due: *due_date,
            made_at,
            promise_id: promise_id.as_str().into(),
            plan_id,
            amount: *amount_minor,
            received: 0,
            end: broken.then_some((End::Closed, made_at)),
            deadline,
        });
        let place = self.made.len() - 1;
        for fact in self.early.remove(promise_id.as_str()).unwrap_or_default() {
            self.correct(place, &fact.body, made_at);
        }
        self.begin_day(made_at);
        for rest in &mut self.today {
            let promise = &mut self.made[place];
            if *rest > 0 && promise.is_open(made_at) {
                *rest -= promise.receive(*rest, made_at, self.parameters.promise_tolerance);
            }
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
                promise.receive(0, at, self.parameters.promise_tolerance);
            }
            _ => self.made[place].end = Some((End::Cancelled, at)),
        }
    }

    /// Gives a receipt to the open promises, the earliest due first. Each takes what it lacks, and the rest goes on.
    fn receive(&mut self, at: Timestamp, amount: i64) {
        let mut rest = amount;
        let mut open: Vec<&mut Promise> = self.made.iter_mut().filter(|promise| promise.is_open(at)).collect();
        open.sort_by(|a, b| a.order().cmp(&b.order()));
        for promise in open {
            rest -= promise.receive(rest, at, self.parameters.promise_tolerance);
        }
        self.begin_day(at);
        self.today.push(rest);
    }

    /// Forgets receipts of an earlier day.
    fn begin_day(&mut self, at: Timestamp) {
        let day = self.zone.date_of(at);
        if day != self.day {
            self.today.clear();
            self.day = day;
        }
    }

    /// Ends every promise that is open at an instant, and every instalment that was closed with its plan and not yet due.
    fn end_with_the_debt(&mut self, at: Timestamp) {
        for promise in &mut self.made {
            match promise.end {
                Some((End::Closed, closed)) if promise.deadline > at => promise.end = Some((End::Moot, closed)),
                None if promise.deadline > at => promise.end = Some((End::Moot, at)),
                _ => {}
            }
        }
    }

    /// Closes the other instalments of plans of which one is broken up to an instant.
    fn break_plans(&mut self, at: Timestamp) {
        loop {
            let due = self.made.iter().filter(|promise| promise.end.is_none() && promise.deadline <= at);
            let others = |broken: &&Promise| {
                broken.plan_id.is_some() && self.made.iter().any(|other| closes_with(other, broken))
            };
            let Some(broken) = due.filter(others).min_by(|a, b| (a.deadline, a.order()).cmp(&(b.deadline, b.order())))
            else {
                return;
            };
            let broken = broken.clone();
            for other in self.made.iter_mut().filter(|other| closes_with(other, &broken)) {
                other.end = Some((End::Closed, broken.deadline));
            }
        }
    }

    fn deadline(&self, due: Date) -> Timestamp {
        let days = self.parameters.promise_grace_business_days;
        self.zone.midnight(self.parameters.business_days_after(due, days).plus_days(1))
    }
}

/// Whether an instalment is closed when another one of its plan is broken.
fn closes_with(other: &Promise, broken: &Promise) -> bool {
    let later = (other.deadline, other.order()) > (broken.deadline, broken.order());
    other.plan_id == broken.plan_id && other.end.is_none() && later
}

impl Promise {
    /// Takes what it lacks of an amount, and returns how much that was. It may be kept then.
    fn receive(&mut self, amount: i64, at: Timestamp, (numerator, denominator): (i64, i64)) -> i64 {
        let taken = amount.min((self.amount - self.received).max(0));
        self.received += taken;
        if i128::from(self.received) * i128::from(denominator) >= i128::from(self.amount) * i128::from(numerator) {
            self.end = Some((End::Kept, at));
        }
        taken
    }
}
