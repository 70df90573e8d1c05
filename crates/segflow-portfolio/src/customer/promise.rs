//! Promises to pay: single ones and plans of instalments; kept, broken, amended or withdrawn.

use segflow_core::event::{Body, Family};
use segflow_core::time::Date;

use super::paying::{Due, Payment};
use super::{Action, Customer};
use crate::now::{Now, SECOND, weekday_from};

/// How many days past its due date a promise keeps the creditor quiet: two business days and a weekend.
const GRACE_DAYS: i32 = 4;

/// A customer who owes this many usual months or more is offered a plan.
const PLAN_FROM_MONTHS: i64 = 2;

/// A payment plan.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The number of its first instalment.
    first: u32,
    amount_minor: i64,
    /// The next instalment to be recorded.
    next_due: Date,
    /// How many are still to be recorded.
    left: u8,
    /// Those recorded, the last one due last.
    recorded: Vec<(u32, Date)>,
    /// The instalment that will be missed, if any, counted down from the last to be recorded.
    missed_at: Option<u8>,
}

impl Customer {
    /// None if there is nothing to promise.
    pub(super) fn promise(&mut self, now: &Now) -> Option<Body> {
        let owed = self.pressing(now);
        if owed == 0 || self.promised_until.is_some_and(|until| until >= now.date) {
            return None;
        }
        if owed >= PLAN_FROM_MONTHS * self.traits.usual_minor() && self.chance.per_mille(350) {
            return self.agree_plan(owed, now);
        }
        let share = if self.persona.short_of_money() { self.chance.between(300, 1_000) } else { 1_000 };
        let amount_minor = (owed * share / 1_000).max(1);
        let due_date = now.in_days(self.chance.days(2, 14));
        let promise = self.next_number(Family::Promises);
        self.promised_until = Some(due_date.plus_days(GRACE_DAYS));
        match self.chance.between(0, 99) {
            0..=6 => self.plan_second_thoughts(due_date, Action::Amend { promise, amount_minor }, now),
            7..=9 => self.plan_second_thoughts(due_date, Action::Cancel { promise }, now),
            _ => self.plan_promised_payments(amount_minor, due_date, now),
        }
        Some(Body::Made { promise_id: self.promise_id(promise), amount_minor, due_date, plan_id: None })
    }

    /// Before the day itself.
    fn plan_second_thoughts(&mut self, due: Date, action: Action, now: &Now) {
        let days = i32::try_from(due.days_since(now.date)).expect("promises are for days");
        let at = now.on(now.in_days(self.chance.days(1, days - 1)), (8, 20), &mut self.chance);
        self.plan(at, action);
    }

    /// Another week or two, and sometimes less money.
    pub(super) fn amend(&mut self, promise: u32, amount_minor: i64, now: &Now) -> Body {
        let share = self.chance.one_of(&[1_000, 1_000, 500]);
        let amount_minor = (amount_minor * share / 1_000).max(1);
        let due_date = now.in_days(self.chance.days(7, 16));
        self.promised_until = Some(due_date.plus_days(GRACE_DAYS));
        self.plan_promised_payments(amount_minor, due_date, now);
        Body::Amended { promise_id: self.promise_id(promise), amount_minor, due_date }
    }

    pub(super) fn cancel(&mut self, promise: u32, now: &Now) -> Body {
        self.promised_until = None;
        self.plan_chase(now);
        Body::Cancelled { promise_id: self.promise_id(promise) }
    }

    /// Kept by one payment or by two; not kept, some pay a part all the same.
    fn plan_promised_payments(&mut self, amount_minor: i64, due: Date, now: &Now) {
        let half = amount_minor / 2;
        if self.chance.per_mille(self.manners().keeps) {
            if half > 0 && self.chance.per_mille(200) {
                self.plan_promised_payment(half, due, now);
                self.plan_promised_payment(amount_minor - half, due, now);
            } else {
                self.plan_promised_payment(amount_minor, due, now);
            }
        } else if half > 0 && self.chance.per_mille(300) {
            self.plan_promised_payment(half, due, now);
        }
    }

    fn plan_promised_payment(&mut self, amount_minor: i64, due: Date, now: &Now) {
        let days = i32::try_from(due.days_since(now.date)).expect("promises are for months at most");
        let date = now.in_days(self.chance.days((days - 12).max(1), days));
        let at = now.on(date, (7, 23), &mut self.chance);
        self.plan(at, Action::Pay(Payment { due: Due::Balance(amount_minor), share: 1_000, method: "CARD" }));
    }

    /// Three to six monthly instalments, each a promise; whether one of them is missed is settled here.
    fn agree_plan(&mut self, owed: i64, now: &Now) -> Option<Body> {
        let left = u8::try_from(self.chance.between(3, 6)).expect("a few");
        let keeps = self.chance.per_mille(self.manners().keeps / 2 + 400);
        let missed = self.chance.between(1, i64::from(left));
        self.plan = Some(Plan {
            first: self.next_number(Family::Promises),
            amount_minor: (owed / i64::from(left)).max(1),
            next_due: now.in_days(self.chance.days(7, 21)),
            left,
            recorded: Vec::new(),
            missed_at: (!keeps).then(|| u8::try_from(missed).expect("a few")),
        });
        self.instalment(now)
    }

    /// Records one instalment; the next follows within seconds. The one that is missed, and those after it, are not paid.
    pub(super) fn instalment(&mut self, now: &Now) -> Option<Body> {
        let promise = self.next_number(Family::Promises);
        let plan = self.plan.as_mut()?;
        let (first, amount_minor, due_date) = (plan.first, plan.amount_minor, plan.next_due);
        let (is_missed, is_paid) = (plan.missed_at == Some(plan.left), plan.missed_at.is_none_or(|at| plan.left > at));
        plan.recorded.push((promise, due_date));
        plan.next_due = due_date.plus_days(30);
        plan.left -= 1;
        if plan.left > 0 {
            let at = now.within(SECOND, 3 * SECOND, &mut self.chance);
            self.plan(at, Action::Instalment);
        }
        self.promised_until = Some(due_date.plus_days(GRACE_DAYS));
        if is_paid {
            self.plan_promised_payment(amount_minor, due_date, now);
        } else if is_missed {
            let at = now.on(weekday_from(due_date.plus_days(GRACE_DAYS + 1)), (9, 12), &mut self.chance);
            self.plan(at, Action::EndPlan);
        }
        let plan_id = Some(self.plan_id(first));
        Some(Body::Made { promise_id: self.promise_id(promise), amount_minor, due_date, plan_id })
    }

    /// One after the other, the last one due first; then the creditor collects again.
    pub(super) fn end_plan(&mut self, now: &Now) -> Option<Body> {
        let plan = self.plan.as_mut()?;
        let Some((promise, _)) = plan.recorded.pop_if(|(_, due)| *due > now.date) else {
            self.plan = None;
            self.promised_until = None;
            self.plan_chase(now);
            return None;
        };
        let at = now.within(SECOND, 3 * SECOND, &mut self.chance);
        self.plan(at, Action::EndPlan);
        Some(Body::Cancelled { promise_id: self.promise_id(promise) })
    }
}
