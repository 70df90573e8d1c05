//! Contacts, kept from event to event.

use std::sync::Arc;

use super::contacts::{Contact, Contacts};
use crate::event::{Body, Direction, Outcome};
use crate::fact::Fact;
use crate::feature::interner::Interner;
use crate::time::{Timestamp, Zone};

/// The contacts so far. It goes on with facts that come in order.
#[derive(Default, Debug)]
pub struct ContactLog {
    contacts: Arc<Contacts>,
    ids: Interner,
    signs: Vec<Sign>,
    /// How many of the facts it knows.
    read: usize,
}

/// An event that shows the customer's engagement, unless it is the click of a machine.
#[derive(Debug)]
struct Sign {
    /// Its place among the facts given.
    fact: u32,
    at: Timestamp,
    /// The place of its contact.
    contact: usize,
    is_click: bool,
}

impl ContactLog {
    /// Takes in the facts that it does not know yet, which come after all others, and returns the contacts among all of
    /// them. A click within `click_min_seconds` of delivery is no engagement.
    pub fn go_on(&mut self, facts: &[&Fact], click_min_seconds: u32, zone: &Zone) -> Arc<Contacts> {
        for place in self.read..facts.len() {
            let fact = facts[place];
            if matches!(fact.body, Body::Contact { .. }) {
                self.tell(place, facts, click_min_seconds, zone);
            }
        }
        self.read = facts.len();
        Arc::clone(&self.contacts)
    }

    fn tell(&mut self, place: usize, facts: &[&Fact], click_min_seconds: u32, zone: &Zone) {
        let Fact { occurred_at: at, body, .. } = facts[place];
        let Body::Contact { direction, channel, outcome, machine, .. } = body else { return };
        let (at, direction, outcome) = (*at, *direction, *outcome);
        let contacts = Arc::make_mut(&mut self.contacts);
        let fact = u32::try_from(place).expect("a customer's facts are bounded");
        let (number, is_new) = self.ids.meet(place, facts);
        if is_new {
            let (channel, date) = (*channel, zone.date_of(at));
            let (delivered_at, talked_at) = (None, None);
            contacts.list.push(Contact { fact, at, date, direction, channel, outcome, delivered_at, talked_at });
        }
        let contact = &mut contacts.list[number];
        contact.outcome = contact.outcome.max(outcome);
        if outcome == Outcome::RightParty {
            contact.talked_at = Some(at);
        }
        if outcome == Outcome::Delivered && contact.delivered_at.is_none() {
            contact.delivered_at = Some(at);
            self.judge_clicks_again(number, click_min_seconds);
        }
        if is_engagement(direction, outcome) && !machine {
            let sign = Sign { fact, at, contact: number, is_click: outcome == Outcome::Clicked };
            engage(Arc::make_mut(&mut self.contacts), &sign, click_min_seconds);
            self.signs.push(sign);
        }
    }

    /// Judges every engagement again, now that the delivery of a contact is known, if that had clicks before.
    fn judge_clicks_again(&mut self, delivered: usize, click_min_seconds: u32) {
        if !self.signs.iter().any(|sign| sign.is_click && sign.contact == delivered) {
            return;
        }
        let contacts = Arc::make_mut(&mut self.contacts);
        contacts.engagements.clear();
        contacts.engaged = None;
        self.signs.iter().for_each(|sign| engage(contacts, sign, click_min_seconds));
    }
}

/// Notes an engagement, unless it is the click of a machine.
fn engage(contacts: &mut Contacts, sign: &Sign, click_min_seconds: u32) {
    if !sign.is_click || is_clicked_by_somebody(&contacts.list[sign.contact], sign, click_min_seconds) {
        contacts.engagements.push(sign.at);
        contacts.engaged = Some(sign.fact);
    }
}

/// Whether a click comes so long after delivery that a person may have made it: mail gateways open every link, some
/// before they deliver. Where nobody told of the delivery, the first event stands for it.
fn is_clicked_by_somebody(contact: &Contact, click: &Sign, least_seconds: u32) -> bool {
    let first = Some(contact.at).filter(|_| contact.fact != click.fact);
    let delivered = contact.delivered_at.or(first);
    delivered.is_none_or(|delivered| click.at.since_ms(delivered) >= i64::from(least_seconds) * 1_000)
}

/// `OPENED` is no engagement, since mail proxies open mail.
fn is_engagement(direction: Direction, outcome: Outcome) -> bool {
    direction == Direction::Inbound || matches!(outcome, Outcome::Clicked | Outcome::Replied | Outcome::RightParty)
}
