//! What one set of facts says, before any question of time.

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::event::{Attribute, Body, Channel, Direction, Outcome};
use segflow_core::fact::Fact;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Instant};

use super::invoices::{Ledger, replay};
use super::promises::{Promise, serve};

/// A contact: all the events that share its id.
#[derive(Clone, Debug)]
pub struct Contact {
    /// When it began.
    pub at: Instant,
    /// The local day of `at`.
    pub date: Date,
    /// From us or from them.
    pub direction: Direction,
    /// By which means.
    pub channel: Channel,
}

/// A payment that counts.
#[derive(Clone, Debug)]
pub struct Payment {
    /// When it was received.
    pub at: Instant,
    /// The local day of `at`.
    pub date: Date,
    /// Minor units.
    pub amount: i64,
}

/// A set of facts, allocated and sorted out.
#[derive(Clone, Debug)]
pub struct World<'a> {
    /// The rules' parameters, zone and attributes.
    pub segmentation: &'a Segmentation,
    /// Invoices and credit.
    pub ledger: Ledger,
    /// Promises in the order in which they are served.
    pub promises: Vec<Promise>,
    /// In order of their instants.
    pub payments: Vec<Payment>,
    /// In order of their first events.
    pub contacts: Vec<Contact>,
    /// The last engagement, if there was one.
    pub engaged: Option<Instant>,
    /// The attributes as last written.
    pub attributes: BTreeMap<String, Attribute>,
    /// The earliest fact; none without facts.
    pub first: Option<Instant>,
}

impl<'a> World<'a> {
    /// Sorts out a set of facts, given in any order.
    pub fn new(segmentation: &'a Segmentation, facts: impl IntoIterator<Item = &'a Fact>) -> Self {
        let mut facts: Vec<&Fact> = facts.into_iter().collect();
        facts.sort_by(|a, b| {
            (a.occurred_at, &a.event_id, a.body.family()).cmp(&(b.occurred_at, &b.event_id, b.body.family()))
        });
        Self {
            segmentation,
            ledger: replay(&facts),
            promises: serve(segmentation, &facts),
            payments: payments(segmentation, &facts),
            contacts: contacts(segmentation, &facts),
            engaged: facts.iter().rev().find(|fact| is_engagement(fact)).map(|fact| fact.occurred_at),
            attributes: attributes(&facts),
            first: facts.first().map(|fact| fact.occurred_at),
        }
    }

    /// The local day of an instant.
    pub fn date(&self, at: Instant) -> Date {
        self.segmentation.zone.date_of(at)
    }
}

fn payments(segmentation: &Segmentation, facts: &[&Fact]) -> Vec<Payment> {
    let mut seen = BTreeSet::new();
    let mut payments = Vec::new();
    for fact in facts {
        if let Body::Received { payment_id, amount_minor, .. } = &fact.body
            && seen.insert(payment_id)
        {
            let date = segmentation.zone.date_of(fact.occurred_at);
            payments.push(Payment { at: fact.occurred_at, date, amount: *amount_minor });
        }
    }
    payments
}

fn contacts(segmentation: &Segmentation, facts: &[&Fact]) -> Vec<Contact> {
    let mut seen = BTreeSet::new();
    let mut contacts = Vec::new();
    for fact in facts {
        if let Body::Contact { contact_id, direction, channel, .. } = &fact.body
            && seen.insert(contact_id)
        {
            let date = segmentation.zone.date_of(fact.occurred_at);
            contacts.push(Contact { at: fact.occurred_at, date, direction: *direction, channel: *channel });
        }
    }
    contacts
}

fn is_engagement(fact: &Fact) -> bool {
    matches!(
        fact.body,
        Body::Contact { direction: Direction::Inbound, .. }
            | Body::Contact { outcome: Outcome::Clicked | Outcome::Replied | Outcome::RightParty, .. }
    )
}

fn attributes(facts: &[&Fact]) -> BTreeMap<String, Attribute> {
    let mut last = BTreeMap::new();
    for fact in facts {
        if let Body::Updated { attributes } = &fact.body {
            last.extend(attributes.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
    }
    last
}
