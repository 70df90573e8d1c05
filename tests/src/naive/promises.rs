//! CATALOGUE, "Promise": which promise each payment serves, and what becomes of each promise.

use std::collections::BTreeSet;

use segflow_core::event::Body;
use segflow_core::fact::Fact;
use segflow_core::segmentation::{Parameters, Segmentation};
use segflow_core::time::{Date, Instant};

/// A promise to pay.
#[derive(Clone, Debug)]
pub struct Promise {
    /// The day by whose end it is promised.
    pub due: Date,
    /// When it was made.
    pub made: Instant,
    /// Its id.
    pub id: String,
    /// What was promised, in minor units.
    pub amount: i64,
    /// The first instant at which it is too late.
    pub deadline: Instant,
    /// The payment that kept it, if one did.
    pub kept: Option<Instant>,
    received: i64,
}

impl Promise {
    /// Neither kept nor broken.
    pub fn is_open(&self, at: Instant) -> bool {
        self.kept.is_none() && at < self.deadline
    }

    /// Not kept, and the deadline is over.
    pub fn is_broken(&self, at: Instant) -> bool {
        self.kept.is_none() && at >= self.deadline
    }
}

/// Every promise by (due date, made, id), served with the payments of facts in (`occurred_at`, `event_id`) order.
pub fn serve(segmentation: &Segmentation, facts: &[&Fact]) -> Vec<Promise> {
    let mut promises = made(segmentation, facts);
    let (kept_num, kept_den) = segmentation.parameters.promise_tolerance;
    let mut seen = BTreeSet::new();
    for fact in facts {
        let Body::Received { payment_id, amount_minor, .. } = &fact.body else {
            continue;
        };
        if !seen.insert(payment_id.as_str()) {
            continue;
        }
        let (paid_at, mut rest) = (fact.occurred_at, *amount_minor);
        for promise in &mut promises {
            if promise.made > paid_at || promise.kept.is_some() || paid_at >= promise.deadline {
                continue;
            }
            let taken = rest.min(promise.amount - promise.received);
            promise.received += taken;
            rest -= taken;
            let enough = i128::from(promise.received) * i128::from(kept_den)
                >= i128::from(promise.amount) * i128::from(kept_num);
            if taken > 0 && enough {
                promise.kept = Some(paid_at);
            }
        }
    }
    promises
}

fn made(segmentation: &Segmentation, facts: &[&Fact]) -> Vec<Promise> {
    let mut seen = BTreeSet::new();
    let mut promises = Vec::new();
    for fact in facts {
        let Body::Made { promise_id, amount_minor, due_date } = &fact.body else {
            continue;
        };
        if seen.insert(promise_id.as_str()) {
            let last_day = business_days_after(*due_date, &segmentation.parameters);
            promises.push(Promise {
                due: *due_date,
                made: fact.occurred_at,
                id: promise_id.clone(),
                amount: *amount_minor,
                deadline: segmentation.zone.midnight(last_day.plus_days(1)),
                kept: None,
                received: 0,
            });
        }
    }
    promises.sort_by(|a, b| (a.due, a.made, &a.id).cmp(&(b.due, b.made, &b.id)));
    promises
}

fn business_days_after(due: Date, parameters: &Parameters) -> Date {
    let is_business_day = |day: Date| day.weekday() <= 5 && !parameters.holidays.contains(&day);
    let mut day = due;
    for _ in 0..parameters.promise_grace_business_days {
        day = day.plus_days(1);
        while !is_business_day(day) {
            day = day.plus_days(1);
        }
    }
    day
}
