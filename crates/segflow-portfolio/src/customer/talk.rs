//! The customer talks to the creditor: by being reached, or by getting in touch. Promises come of it.

use segflow_core::event::{Body, Channel, Direction, Family, Outcome};
use segflow_core::time::Date;

use super::{Action, Customer, Due, Payment};
use crate::id;
use crate::now::{MINUTE, Now, SECOND};
use crate::persona::Persona;

/// For so many days past its due date a promise keeps the creditor quiet: two business days and a weekend.
const PROMISE_GRACE_DAYS: i32 = 4;

impl Customer {
    pub(super) fn get_in_touch(&mut self, channel: Channel, now: &Now) -> Body {
        self.counts.contacts += 1;
        let outcome = match channel {
            Channel::Portal if self.chance.per_mille(self.manners().pays_online) => {
                self.plan_card_payment(now);
                Outcome::RightParty
            }
            Channel::Call | Channel::Chat => {
                self.converse(None, now);
                Outcome::RightParty
            }
            Channel::Email => Outcome::Replied,
            _ => Outcome::RightParty,
        };
        self.contact(self.counts.contacts, Direction::Inbound, channel, outcome)
    }

    /// What comes of a conversation: money, a promise, a refusal of the call that led to it, or nothing.
    pub(super) fn converse(&mut self, call: Option<u32>, now: &Now) {
        let manners = self.manners();
        if self.chance.per_mille(manners.pays_at_once) {
            self.plan_card_payment(now);
        } else if self.promised_until.is_none() && self.chance.per_mille(manners.promises) {
            let at = now.within(MINUTE, 12 * MINUTE, &mut self.chance);
            self.plan(at, Action::Promise);
        } else if let Some(contact) = call.filter(|_| self.chance.per_mille(300)) {
            let at = now.within(20 * SECOND, 4 * MINUTE, &mut self.chance);
            self.plan(at, Action::Refuse { contact });
        }
    }

    pub(super) fn refuse(&self, contact: u32) -> Body {
        self.contact(contact, Direction::Outbound, Channel::Call, Outcome::Refused)
    }

    /// None if there is nothing to promise.
    pub(super) fn promise(&mut self, now: &Now) -> Option<Body> {
        let owed = self.pressing(now);
        if owed == 0 {
            return None;
        }
        let share = match self.persona {
            Persona::Struggling | Persona::Vulnerable => self.chance.between(300, 1_000),
            _ => 1_000,
        };
        let amount_minor = (owed * share / 1_000).max(1);
        let due_date = now.in_days(self.chance.days(2, 14));
        self.promised_until = Some(due_date.plus_days(PROMISE_GRACE_DAYS));
        self.plan_promised_payments(amount_minor, due_date, now);
        let promise_id = id::numbered("PRM", self.number, self.next_number(Family::Promises));
        Some(Body::Made { promise_id, amount_minor, due_date })
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
        let days = i32::try_from(due.days_since(now.date)).expect("promises are for days");
        let date = now.in_days(self.chance.days(1, days));
        let at = now.on(date, (7, 23), &mut self.chance);
        self.plan(at, Action::Pay(Payment { due: Due::Balance(amount_minor), share: 1_000, method: "CARD" }));
    }
}
