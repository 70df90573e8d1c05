//! `docs/features.md`, "Promises": which promise each payment serves, and what becomes of each promise and plan.

use std::collections::BTreeMap;

use segflow_core::event::Body;
use segflow_core::fact::Fact;
use segflow_core::segmentation::{Parameters, Segmentation};
use segflow_core::time::{Date, Timestamp};

use super::days::is_business_day;
use super::ledger::Ledger;
use super::standing::{self, Standing};

/// A promise to pay.
#[derive(Clone, Debug)]
pub struct Promise<'a> {
    /// The day by whose end it is promised.
    pub due: Date,
    /// When it was made.
    pub made: Timestamp,
    /// Its id.
    pub id: &'a str,
    /// The plan of which it is an instalment.
    pub plan: Option<&'a str>,
    /// What was promised, in minor units.
    pub amount: i64,
    /// The first instant at which it is too late.
    pub deadline: Timestamp,
    /// When it was kept, if it was.
    pub kept: Option<Timestamp>,
    /// When it ended in another way than by its deadline: taken back, moot, or closed with its plan.
    pub ended: Option<(Timestamp, Ended)>,
    received: i128,
}

/// How a promise ended that is neither kept nor broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    Cancelled,
    Moot,
    Closed,
}

impl Promise<'_> {
    /// When it was decided, or will be if nothing happens.
    pub fn decided(&self) -> Timestamp {
        self.kept.or(self.ended.map(|(at, _)| at)).unwrap_or(self.deadline)
    }

    /// Not yet decided.
    pub fn is_open(&self, at: Timestamp) -> bool {
        at < self.decided()
    }

    /// Neither kept nor ended otherwise, and the deadline is over.
    pub fn is_broken(&self, at: Timestamp) -> bool {
        self.kept.is_none() && self.ended.is_none() && at >= self.deadline
    }

    /// Not kept, and its deadline is over, although nobody took it back and something was owed.
    pub fn is_missed(&self, at: Timestamp) -> bool {
        let ended = self.ended.is_none_or(|(_, how)| how == Ended::Closed);
        self.kept.is_none() && ended && at >= self.deadline
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

/// A plan: what became of it, or will if nothing happens.
#[derive(Clone, Debug)]
pub struct Plan<'p, 'a> {
    /// Its id.
    pub id: &'a str,
    /// Its promises.
    pub instalments: Vec<&'p Promise<'a>>,
}

impl Plan<'_, '_> {
    /// When its first instalment is broken.
    pub fn broken(&self) -> Option<Timestamp> {
        let broken = self.instalments.iter().filter(|promise| promise.is_broken(Timestamp::NEVER));
        broken.map(|promise| promise.deadline).min()
    }

    /// When all are decided, some were kept and none is broken.
    pub fn kept(&self) -> Option<Timestamp> {
        let some = self.instalments.iter().any(|promise| promise.kept.is_some());
        let last = self.instalments.iter().map(|promise| promise.decided()).max();
        last.filter(|_| some && self.broken().is_none())
    }
}

/// The plans of some promises.
pub fn plans<'p, 'a>(promises: &'p [Promise<'a>]) -> Vec<Plan<'p, 'a>> {
    let mut plans: BTreeMap<&str, Vec<&Promise<'_>>> = BTreeMap::new();
    for promise in promises {
        plans.entry(promise.plan.unwrap_or_default()).or_default().push(promise);
    }
    let plan = |(_, instalments): (&str, Vec<&'p Promise<'a>>)| Some(Plan { id: instalments[0].plan?, instalments });
    plans.into_iter().filter_map(plan).collect()
}

/// Every promise by (due date, made, id), after a replay of facts that count, in order.
pub fn serve<'a>(segmentation: &'a Segmentation, facts: &[&'a Fact]) -> Vec<Promise<'a>> {
    let standing = standing::of(facts);
    let mut service =
        Service { segmentation, promises: vec![], early: vec![], receipts: vec![], ledger: Ledger::new(segmentation) };
    // Before the first invoice nobody knows whether something is owed.
    let mut is_known = false;
    for (index, fact) in facts.iter().enumerate() {
        service.pass(fact.occurred_at);
        service.tell(fact, &standing);
        service.ledger.apply(fact, &standing);
        is_known |= matches!(fact.body, Body::Issued { .. });
        let at = fact.occurred_at;
        let is_last = facts.get(index + 1).is_none_or(|next| next.occurred_at > at);
        let owes = service.ledger.invoices.iter().any(|invoice| invoice.open() > 0)
            || will_be_voided(&facts[..=index], &standing);
        if is_known && is_last && !owes {
            for promise in service.promises.iter_mut().filter(|promise| promise.kept.is_none() && promise.deadline > at)
            {
                promise.ended = match promise.ended {
                    None => Some((at, Ended::Moot)),
                    Some((closed, Ended::Closed)) => Some((closed, Ended::Moot)),
                    other => other,
                };
            }
        }
        service.promises.sort_by_key(|promise| (promise.due, promise.made, promise.id));
    }
    service.pass(Timestamp::NEVER);
    service.promises
}

/// Whether an invoice was issued of which only later facts say that it should not have been.
fn will_be_voided(facts: &[&Fact], standing: &Standing<'_>) -> bool {
    let told = |wanted: &dyn Fn(&Body) -> bool| facts.iter().position(|fact| wanted(&fact.body));
    standing.voided.iter().any(|id| {
        let issued = told(&|body| matches!(body, Body::Issued { invoice_id, .. } if invoice_id == id));
        issued.is_some() && told(&|body| matches!(body, Body::Voided { invoice_id } if invoice_id == id)).is_none()
    })
}

struct Service<'a> {
    segmentation: &'a Segmentation,
    promises: Vec<Promise<'a>>,
    /// Corrections that came before their promise.
    early: Vec<&'a Fact>,
    /// When each receipt came, and what of it has served no promise yet.
    receipts: Vec<(Timestamp, i128)>,
    ledger: Ledger<'a>,
}

impl<'a> Service<'a> {
    fn tell(&mut self, fact: &'a Fact, standing: &Standing<'a>) {
        match &fact.body {
            Body::Made { .. } => self.make(fact),
            Body::Amended { promise_id, .. } | Body::Cancelled { promise_id } => {
                if self.promises.iter().any(|promise| promise.id == promise_id) {
                    self.correct(promise_id, &fact.body, fact.occurred_at);
                } else {
                    self.early.push(fact);
                }
            }
            _ => {
                let receipt = standing.receipts.iter().find(|receipt| std::ptr::eq(receipt.fact, fact));
                if let Some(receipt) = receipt {
                    let mut rest = receipt.amount;
                    for promise in self.promises.iter_mut().filter(|promise| promise.is_open(fact.occurred_at)) {
                        rest = promise.receive(rest, fact.occurred_at, self.segmentation);
                    }
                    self.receipts.push((fact.occurred_at, rest));
                }
            }
        }
    }

    /// What was received on its day before it was made serves it too.
    fn make(&mut self, fact: &'a Fact) {
        let Body::Made { promise_id: id, amount_minor, due_date, plan_id } = &fact.body else { return };
        let (made, plan, deadline) = (fact.occurred_at, plan_id.as_deref(), deadline(*due_date, self.segmentation));
        let broken = self.promises.iter().any(|other| plan.is_some() && other.plan == plan && other.is_broken(made));
        self.promises.push(Promise {
            due: *due_date,
            made,
            id,
            plan,
            amount: *amount_minor,
            deadline,
            kept: None,
            ended: broken.then_some((made, Ended::Closed)),
            received: 0,
        });
        let early: Vec<&Fact> = self.early.iter().copied().filter(|fact| fact.body.subject() == Some(id)).collect();
        early.into_iter().for_each(|fact| self.correct(id, &fact.body, made));
        let day = self.segmentation.zone.date_of(made);
        let promise = self.promises.iter_mut().find(|promise| promise.id == id).expect("it was just made");
        for (at, rest) in &mut self.receipts {
            if self.segmentation.zone.date_of(*at) == day && promise.is_open(made) && *rest > 0 {
                *rest = promise.receive(*rest, made, self.segmentation);
            }
        }
    }

    /// What an amendment or a cancellation does at an instant: nothing if the promise is not open then.
    fn correct(&mut self, id: &str, body: &'a Body, at: Timestamp) {
        let (segmentation, named) = (self.segmentation, |promise: &&mut Promise<'_>| promise.id == id);
        let Some(promise) = self.promises.iter_mut().find(named).filter(|promise| promise.is_open(at)) else { return };
        match body {
            Body::Amended { amount_minor, due_date, .. } => {
                (promise.amount, promise.due) = (*amount_minor, *due_date);
                promise.deadline = deadline(*due_date, segmentation);
                promise.receive(0, at, segmentation);
            }
            _ => promise.ended = Some((at, Ended::Cancelled)),
        }
    }

    /// Deadlines up to an instant pass, one after the other; each closes the instalments of its plan that are open then.
    fn pass(&mut self, to: Timestamp) {
        let mut broken: Vec<(Timestamp, Date, Timestamp, &str, Option<&str>)> = self
            .promises
            .iter()
            .map(|promise| (promise.deadline, promise.due, promise.made, promise.id, promise.plan))
            .filter(|(deadline, ..)| *deadline <= to)
            .collect();
        broken.sort_unstable();
        for (deadline, _, _, id, plan) in broken {
            let breaks = |promise: &Promise<'_>| promise.id == id && promise.is_broken(deadline);
            if plan.is_none() || !self.promises.iter().any(breaks) {
                continue;
            }
            let others = self.promises.iter_mut().filter(|other| other.plan == plan && other.id != id);
            for other in others {
                // One with the same deadline has not been looked at yet, unless it broke the plan itself.
                if other.kept.is_none() && other.ended.is_none() && other.deadline >= deadline {
                    other.ended = Some((deadline, Ended::Closed));
                }
            }
        }
    }
}

fn deadline(due: Date, segmentation: &Segmentation) -> Timestamp {
    segmentation.zone.midnight(business_days_after(due, &segmentation.parameters).plus_days(1))
}

/// So many business days after a day, as the parameters grant to promises.
fn business_days_after(due: Date, parameters: &Parameters) -> Date {
    after(due, parameters.promise_grace_business_days, parameters)
}

/// So many business days after a day.
pub fn after(start: Date, days: u32, parameters: &Parameters) -> Date {
    let mut day = start;
    for _ in 0..days {
        day = day.plus_days(1);
        while !is_business_day(day, parameters) {
            day = day.plus_days(1);
        }
    }
    day
}
