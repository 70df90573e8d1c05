//! The creditor reaches out: reminders, letters and calls, as the ladder says, and what becomes of each.

use segflow_core::event::{Body, Channel, Direction, Outcome};

use super::{Action, Customer, Due, Payment};
use crate::id;
use crate::ladder::{self, Step};
use crate::now::{HOUR, MINUTE, Now, SECOND, calling_hours, weekday_from};

/// How often a call that reached nobody is made again.
const CALL_ATTEMPTS: u8 = 3;

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

    /// A promise is given its time; once it has run out with something still overdue, the next step is a call.
    pub(super) fn chase(&mut self, now: &Now) -> Option<Body> {
        self.chased = false;
        if let Some(until) = self.promised_until.filter(|until| *until >= now.date) {
            let days = i32::try_from(until.days_since(now.date)).expect("promises are for days");
            self.plan_chase_on(days + 1, now);
            return None;
        }
        let promise_ran_out = self.promised_until.take().is_some();
        let oldest = self.ledger.oldest()?;
        self.plan_chase(now);
        let days_past_due = now.date.days_since(oldest.due);
        let step = if promise_ran_out && days_past_due > 0 { Step::Call } else { ladder::step_at(days_past_due)? };
        self.take_step(step, now)
    }

    fn take_step(&mut self, step: Step, now: &Now) -> Option<Body> {
        match step {
            Step::Letter => Some(self.send(Channel::Letter, now)),
            _ if self.vulnerable => None,
            Step::Courtesy if !self.courtesy => None,
            Step::Courtesy | Step::Reminder => Some(self.send(self.preferred, now)),
            Step::Call => {
                self.plan_call(0, 1, now);
                None
            }
        }
    }

    fn plan_call(&mut self, days: i32, attempt: u8, now: &Now) {
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
                let bounces = self.chance.per_mille(12) || (channel == Channel::Email && self.bad_address);
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
        if self.chance.per_mille(15) {
            self.plan(at, Action::Message { contact, channel: Channel::Letter, outcome: Outcome::Bounced });
        } else if !self.elusive && self.chance.per_mille(self.manners().answers_letters) {
            self.plan(at, Action::Inbound { channel: Channel::Call });
        }
    }

    /// A message gets further, step by step: delivered, opened, clicked, and then perhaps paid.
    pub(super) fn message(&mut self, contact: u32, channel: Channel, outcome: Outcome, now: &Now) -> Body {
        let manners = self.manners();
        let chance = &mut self.chance;
        let next = match (outcome, channel) {
            _ if self.elusive => None,
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

    /// Behind the link is a page for this payment; half of those who land there sign in to the portal first.
    fn visit_payment_page(&mut self, now: &Now) {
        if self.chance.per_mille(500) {
            let at = now.within(20 * SECOND, 3 * MINUTE, &mut self.chance);
            self.plan(at, Action::Inbound { channel: Channel::Portal });
        } else if self.chance.per_mille(self.manners().pays_online) {
            self.plan_card_payment(now);
        }
    }

    pub(super) fn plan_card_payment(&mut self, now: &Now) {
        let at = now.within(MINUTE, 9 * MINUTE, &mut self.chance);
        self.plan(at, Action::Pay(Payment { due: Due::Overdue, share: 1_000, method: "CARD" }));
    }

    /// None if there is no reason to call any more.
    pub(super) fn call(&mut self, attempt: u8, now: &Now) -> Option<Body> {
        if self.vulnerable || self.ledger.overdue(now.date) == 0 {
            return None;
        }
        self.counts.contacts += 1;
        let contact = self.counts.contacts;
        let outcome = self.answer();
        match outcome {
            Outcome::RightParty => self.converse(Some(contact), now),
            Outcome::Voicemail if !self.elusive && self.chance.per_mille(self.manners().answers_letters) => {
                let date = weekday_from(now.in_days(1));
                let at = now.on(date, (8, 19), &mut self.chance);
                self.plan(at, Action::Inbound { channel: Channel::Call });
            }
            Outcome::NoAnswer | Outcome::NotConnected if attempt < CALL_ATTEMPTS && self.chance.per_mille(450) => {
                self.plan_call(1, attempt + 1, now);
            }
            _ => {}
        }
        Some(self.contact(contact, Direction::Outbound, Channel::Call, outcome))
    }

    fn answer(&mut self) -> Outcome {
        if !self.elusive && self.chance.per_mille(self.manners().answers) {
            return Outcome::RightParty;
        }
        self.chance.weighted(&[
            (500, Outcome::NoAnswer),
            (350, Outcome::Voicemail),
            (100, Outcome::NotConnected),
            (50, Outcome::WrongParty),
        ])
    }

    pub(super) fn contact(&self, contact: u32, direction: Direction, channel: Channel, outcome: Outcome) -> Body {
        Body::Contact { contact_id: id::numbered("CON", self.number, contact), direction, channel, outcome }
    }
}
