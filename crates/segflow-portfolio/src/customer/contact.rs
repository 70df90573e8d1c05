//! The creditor reaches out: reminders, letters, visits and calls, as the ladder says.

use segflow_core::event::{Body, Channel, Direction, Outcome};

use super::{Action, Customer};
use crate::id;
use crate::ladder::{self, LadderStep, WRITE_OFF_FROM};
use crate::now::{HOUR, MINUTE, Now, SECOND, calling_hours, weekday_from};
use crate::persona::Persona;
use crate::traits::Phone;

/// The days between two looks at the account while collecting is suspended.
const SUSPENDED_DAYS: i32 = 4;

/// Up to this day past due, customers known to pay unasked are not reminded.
const LENIENT_DAYS: i64 = 5;

impl Customer {
    /// Plans the next look at the account, unless one is planned or nothing is owed.
    pub(super) fn plan_chase(&mut self, now: &Now) {
        let Some(oldest) = self.ledger.oldest().filter(|_| !self.chased) else {
            return;
        };
        let days_past_due = now.date.days_since(oldest.due);
        let wait = ladder::next_after(days_past_due) - days_past_due;
        self.plan_chase_on(i32::try_from(wait).expect("rungs are weeks apart"), now);
    }

    fn plan_chase_on(&mut self, days: i32, now: &Now) {
        self.chased = true;
        let at = now.on(weekday_from(now.in_days(days)), (8, 11), &mut self.chance);
        self.plan(at, Action::Chase);
    }

    /// A promise is given its time; once it has run out with something still overdue, the next step is a call. While
    /// collecting is suspended nothing is done.
    pub(super) fn chase(&mut self, now: &Now) -> Option<Body> {
        self.chased = false;
        if self.is_suspended(now) {
            self.plan_chase_on(SUSPENDED_DAYS, now);
            return None;
        }
        if let Some(until) = self.promised_until.filter(|until| *until >= now.date) {
            let days = i32::try_from(until.days_since(now.date)).expect("promises are for months at most");
            self.plan_chase_on(days + 1, now);
            return None;
        }
        let promise_ran_out = self.promised_until.take().is_some();
        let oldest = self.ledger.oldest()?;
        self.plan_chase(now);
        let days_past_due = now.date.days_since(oldest.due);
        if days_past_due >= WRITE_OFF_FROM && self.chance.per_mille(600) {
            self.plan_write_off(now);
            return None;
        }
        let step =
            if promise_ran_out && days_past_due > 0 { LadderStep::Call } else { ladder::step_at(days_past_due)? };
        self.take_step(step, days_past_due, now)
    }

    fn take_step(&mut self, step: LadderStep, days_past_due: i64, now: &Now) -> Option<Body> {
        match step {
            LadderStep::Letter => {
                if days_past_due > 30 && self.chance.per_mille(150) {
                    self.plan_fee(now);
                }
                Some(self.send(Channel::Letter, now))
            }
            _ if self.vulnerable => None,
            LadderStep::Courtesy if !self.traits.courtesy => None,
            LadderStep::Reminder if self.traits.lenient && days_past_due <= LENIENT_DAYS => None,
            LadderStep::Courtesy | LadderStep::Reminder => Some(self.send(self.traits.preferred, now)),
            LadderStep::Call | LadderStep::Visit if self.phone == Phone::Withdrawn => {
                Some(self.send(Channel::Letter, now))
            }
            LadderStep::Visit if self.persona != Persona::Business => Some(self.visit(now)),
            LadderStep::Call | LadderStep::Visit => {
                self.plan_call(0, 1, now);
                None
            }
        }
    }

    pub(super) fn plan_call(&mut self, days: i32, attempt: u8, now: &Now) {
        let (date, hours) = calling_hours(now.in_days(days));
        // Today's calls are made after the morning's look at the accounts.
        let hours = if date == now.date { (11, hours.1) } else { hours };
        let at = now.on(date, hours, &mut self.chance);
        self.plan(at, Action::Call { attempt });
    }

    fn send(&mut self, channel: Channel, now: &Now) -> Body {
        self.counts.contacts += 1;
        let contact = self.counts.contacts;
        match channel {
            Channel::Letter => self.post(contact, now),
            _ => {
                let lost = match channel {
                    Channel::Email => self.traits.bad_address,
                    _ => self.phone == Phone::Dead,
                };
                let bounces = lost || self.chance.per_mille(12);
                let (outcome, most) =
                    if bounces { (Outcome::Bounced, 10 * MINUTE) } else { (Outcome::Delivered, MINUTE) };
                let at = now.within(SECOND, most, &mut self.chance);
                self.plan(at, Action::Message { contact, channel, outcome });
            }
        }
        self.contact(contact, Direction::Outbound, channel, Outcome::Attempted)
    }

    /// A letter is not heard of again, unless it comes back or the customer calls.
    fn post(&mut self, contact: u32, now: &Now) {
        let after = weekday_from(now.in_days(self.chance.days(2, 8)));
        let at = now.on(after, (9, 18), &mut self.chance);
        if self.chance.per_mille(if self.vanished(now) { 300 } else { 15 }) {
            self.plan(at, Action::Message { contact, channel: Channel::Letter, outcome: Outcome::Bounced });
        } else if !self.is_out_of_reach(now) && self.chance.per_mille(self.manners().answers_letters) {
            self.plan(at, Action::Inbound { channel: Channel::Call });
        }
    }

    /// A message gets further, step by step: delivered, opened, clicked, and then perhaps paid.
    pub(super) fn message(&mut self, contact: u32, channel: Channel, outcome: Outcome, now: &Now) -> Body {
        let manners = self.manners();
        if outcome == Outcome::Delivered && channel == Channel::Email && self.traits.gateway {
            let at = now.within(SECOND, 3 * SECOND, &mut self.chance);
            self.plan(at, Action::Scan { contact });
        }
        let silent = self.is_out_of_reach(now) || (channel == Channel::Sms && self.phone != Phone::Own);
        let chance = &mut self.chance;
        let next = match (outcome, channel) {
            _ if silent => None,
            (Outcome::Delivered, Channel::Email) if chance.per_mille(600) => Some((Outcome::Opened, 14 * HOUR)),
            (Outcome::Delivered, Channel::Sms) if chance.per_mille(manners.clicks) => {
                Some((Outcome::Clicked, 5 * HOUR))
            }
            (Outcome::Delivered, Channel::Sms) if chance.per_mille(20) => Some((Outcome::Replied, 2 * HOUR)),
            (Outcome::Opened, _) if chance.per_mille(manners.clicks) => Some((Outcome::Clicked, 3 * MINUTE)),
            _ => None,
        };
        if let Some((outcome, most)) = next {
            let at = now.within(5 * SECOND, most, chance);
            self.plan(at, Action::Message { contact, channel, outcome });
        }
        if outcome == Outcome::Clicked {
            self.visit_payment_page(now);
        }
        self.contact(contact, Direction::Outbound, channel, outcome)
    }

    /// A mail gateway clicks every link. Some producers can tell, others cannot.
    pub(super) fn scan(&mut self, contact: u32) -> Body {
        let told = self.chance.per_mille(600);
        match self.contact(contact, Direction::Outbound, Channel::Email, Outcome::Clicked) {
            Body::Contact { contact_id, direction, channel, outcome, .. } => {
                Body::Contact { contact_id, direction, channel, outcome, machine: told }
            }
            other => other,
        }
    }

    /// Whether nothing that is sent or said reaches the customer.
    pub(super) fn is_out_of_reach(&self, now: &Now) -> bool {
        self.traits.elusive || self.vanished(now)
    }

    pub(super) fn contact(&self, contact: u32, direction: Direction, channel: Channel, outcome: Outcome) -> Body {
        Body::Contact {
            contact_id: id::numbered("CON", self.number, contact),
            direction,
            channel,
            outcome,
            machine: false,
        }
    }
}
