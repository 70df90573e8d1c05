//! Contacts: events that share a contact id are one, dated by its first.

use std::collections::BTreeSet;

use super::Window;
use super::dated::inside;
use super::promises::count;
use super::reading::{Moment, Reading};
use crate::event::{Body, Channel, Direction, Outcome};
use crate::fact::Fact;
use crate::time::{Date, Instant, Zone};
use crate::timed::Timed;

#[derive(Clone, Debug)]
struct Contact {
    at: Instant,
    date: Date,
    direction: Direction,
    channel: Channel,
}

/// Every contact, and the last sign of life by one.
#[derive(Clone, Default, Debug)]
pub struct Contacts {
    /// In order.
    list: Vec<Contact>,
    last_engagement: Option<Instant>,
}

/// Outbound contacts without an answer, below which silence means nothing.
const SILENT_AFTER: usize = 3;

impl Contacts {
    /// The contacts among facts given in order.
    pub fn of<'a>(facts: impl Iterator<Item = &'a Fact>, zone: &Zone) -> Self {
        let mut contacts = Self::default();
        let mut seen = BTreeSet::new();
        for fact in facts {
            let Body::Contact { contact_id, direction, channel, outcome } = &fact.body else {
                continue;
            };
            if is_engagement(*direction, *outcome) {
                contacts.last_engagement = Some(fact.occurred_at);
            }
            if seen.insert(contact_id) {
                let (at, date) = (fact.occurred_at, zone.date_of(fact.occurred_at));
                contacts.list.push(Contact { at, date, direction: *direction, channel: *channel });
            }
        }
        contacts
    }

    /// `contacts.outbound(w)`, `contacts.inbound(w)`, each also of one channel.
    #[must_use]
    pub fn counted(
        &self,
        direction: Direction,
        window: Window,
        channel: Option<Channel>,
        moment: Moment<'_>,
    ) -> Timed<Reading<'static>> {
        let wanted = |contact: &&Contact| {
            contact.direction == direction && channel.is_none_or(|channel| channel == contact.channel)
        };
        let recent = inside(&self.list, |contact| contact.date, window, moment).value;
        let oldest = recent.iter().find(wanted).map(|contact| contact.date);
        let counted = count(recent.iter().filter(wanted).count());
        Timed::until(Reading::Int(counted), super::dated::leaves(oldest, window, moment))
    }

    /// `silent.days`: since the last engagement or payment, else since the first outbound contact; absent under 3
    /// outbound contacts since.
    #[must_use]
    pub fn silent_days(&self, last_payment: Option<Instant>, zone: &Zone) -> Timed<Reading<'static>> {
        let last = self.last_engagement.max(last_payment);
        let mut since = self
            .list
            .iter()
            .filter(|contact| contact.direction == Direction::Outbound && last.is_none_or(|last| contact.at > last));
        let first = since.clone().next().map(|contact| contact.date);
        let reference = last.map(|last| zone.date_of(last)).or(first);
        let silent = reference.filter(|_| since.nth(SILENT_AFTER - 1).is_some());
        Timed::always(silent.map_or(Reading::Absent, Reading::Since))
    }
}

/// Never `OPENED`: mail proxies open.
fn is_engagement(direction: Direction, outcome: Outcome) -> bool {
    direction == Direction::Inbound || matches!(outcome, Outcome::Clicked | Outcome::Replied | Outcome::RightParty)
}
