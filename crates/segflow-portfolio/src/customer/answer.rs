//! The outcomes of calls and visits.

use segflow_core::event::{Body, Channel, Direction, Outcome};

use super::{Action, Customer};
use crate::now::{Now, weekday_from};
use crate::traits::Phone;

/// How often a call that reached nobody is made again.
const CALL_ATTEMPTS: u8 = 3;

impl Customer {
    /// None if there is no reason to call any more, or one not to.
    pub(super) fn call(&mut self, attempt: u8, now: &Now) -> Option<Body> {
        let nobody = self.vulnerable || self.phone == Phone::Withdrawn || self.is_suspended(now);
        if nobody || self.ledger.overdue(now.date) == 0 {
            return None;
        }
        self.counts.contacts += 1;
        let contact = self.counts.contacts;
        let outcome = self.answer(now);
        match outcome {
            Outcome::RightParty => self.converse(Some(contact), now),
            Outcome::Voicemail if !self.traits.elusive && self.chance.per_mille(self.manners().answers_letters) => {
                let date = weekday_from(now.in_days(1));
                let at = now.on(date, (8, 19), &mut self.chance);
                self.plan(at, Action::Inbound { channel: Channel::Call });
            }
            Outcome::NoAnswer | Outcome::NotConnected if attempt < CALL_ATTEMPTS && self.chance.per_mille(450) => {
                self.plan_call(1, attempt + 1, now);
            }
            Outcome::WrongParty if self.phone == Phone::Stranger => self.withdraw_number(now),
            _ => {}
        }
        Some(self.contact(contact, Direction::Outbound, Channel::Call, outcome))
    }

    fn answer(&mut self, now: &Now) -> Outcome {
        if self.phone == Phone::Dead {
            return Outcome::NotConnected;
        }
        let stranger = self.phone == Phone::Stranger;
        if stranger && self.chance.per_mille(500) {
            return Outcome::WrongParty;
        }
        if !stranger && !self.is_out_of_reach(now) && self.chance.per_mille(self.manners().answers) {
            return Outcome::RightParty;
        }
        self.chance.weighted(&[
            (510, Outcome::NoAnswer),
            (355, Outcome::Voicemail),
            (110, Outcome::NotConnected),
            (25, Outcome::WrongParty),
        ])
    }

    /// A stranger must not be called again; some customers are traced.
    fn withdraw_number(&mut self, now: &Now) {
        self.phone = Phone::Withdrawn;
        if self.chance.per_mille(400) {
            let at = now.on(weekday_from(now.in_days(self.chance.days(20, 90))), (9, 17), &mut self.chance);
            self.plan(at, Action::Trace);
        }
    }

    /// Finds the new number. No topic carries it: the outcome of the next call shows that it is right.
    pub(super) fn trace(&mut self, now: &Now) -> Option<Body> {
        self.phone = Phone::Own;
        self.plan_chase(now);
        None
    }

    /// Somebody rings the bell.
    pub(super) fn visit(&mut self, now: &Now) -> Body {
        self.counts.contacts += 1;
        let contact = self.counts.contacts;
        let home = !self.vanished(now) && self.chance.per_mille(300);
        let outcome = match home {
            true => Outcome::RightParty,
            false => self.chance.weighted(&[(800, Outcome::NoAnswer), (200, Outcome::WrongParty)]),
        };
        if home {
            self.converse(None, now);
        }
        self.contact(contact, Direction::Outbound, Channel::Visit, outcome)
    }
}
