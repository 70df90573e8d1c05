//! The customer talks to the creditor: by being reached, or by getting in touch.

use segflow_core::event::{Body, Channel, Direction, Outcome};

use super::file::Note;
use super::paying::{Due, Payment};
use super::{Action, Customer};
use crate::now::{MINUTE, Now, SECOND};

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

    /// A conversation ends in money, a promise, a dispute, a refusal of the call that led to it, or nothing. A customer
    /// short of money may also be asked about their means.
    pub(super) fn converse(&mut self, call: Option<u32>, now: &Now) {
        let manners = self.manners();
        if self.persona.short_of_money() && self.chance.per_mille(150) {
            let at = now.within(2 * MINUTE, 20 * MINUTE, &mut self.chance);
            self.plan(at, Action::Note(Note::Means));
        }
        if self.chance.per_mille(manners.pays_at_once) {
            self.plan_card_payment(now);
        } else if self.promised_until.is_none() && self.chance.per_mille(manners.promises) {
            let at = now.within(MINUTE, 12 * MINUTE, &mut self.chance);
            self.plan(at, Action::Promise);
        } else if self.chance.per_mille(self.traits.disputes.max(40)) {
            self.plan_dispute_of_oldest(now);
        } else if let Some(contact) = call.filter(|_| self.chance.per_mille(300)) {
            let at = now.within(20 * SECOND, 4 * MINUTE, &mut self.chance);
            self.plan(at, Action::Refuse { contact });
        }
    }

    fn plan_dispute_of_oldest(&mut self, now: &Now) {
        if let Some(oldest) = self.ledger.oldest() {
            let at = now.within(MINUTE, 12 * MINUTE, &mut self.chance);
            self.plan(at, Action::Dispute { invoice: oldest.number });
        }
    }

    pub(super) fn refuse(&self, contact: u32) -> Body {
        self.contact(contact, Direction::Outbound, Channel::Call, Outcome::Refused)
    }

    /// Behind the link is a page for this payment; half of those who land there sign in to the portal first.
    pub(super) fn visit_payment_page(&mut self, now: &Now) {
        if self.chance.per_mille(500) {
            let at = now.within(20 * SECOND, 3 * MINUTE, &mut self.chance);
            self.plan(at, Action::Inbound { channel: Channel::Portal });
        } else if self.chance.per_mille(self.manners().pays_online) {
            self.plan_card_payment(now);
        }
    }

    fn plan_card_payment(&mut self, now: &Now) {
        let at = now.within(MINUTE, 9 * MINUTE, &mut self.chance);
        self.plan(at, Action::Pay(Payment { due: Due::Overdue, share: 1_000, method: "CARD" }));
    }
}
