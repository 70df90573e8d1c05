//! What one set of facts says, before any question of time.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use segflow_core::event::{Attribute, Body, CustomerId};
use segflow_core::fact::Fact;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Timestamp};

use super::contacts::{Contact, Engagement, contacts, engagements};
use super::history::History;
use super::ledger::{Ledger, replay};
use super::promises::{Promise, serve};
use super::standing::{self, Standing};

/// A payment that stands.
#[derive(Clone, Debug)]
pub struct Payment<'a> {
    /// Its place among the facts that count.
    pub order: usize,
    /// When it was received.
    pub at: Timestamp,
    /// The local day of `at`.
    pub date: Date,
    /// Minor units.
    pub amount: i128,
    /// How it was paid.
    pub method: Option<&'a str>,
}

/// A set of facts, allocated and sorted out.
#[derive(Clone, Debug)]
pub struct World<'a> {
    /// The rules' parameters, zone and attributes.
    pub segmentation: &'a Segmentation,
    /// What stands of each payment.
    pub standing: Standing<'a>,
    /// Whose facts they are.
    pub customer: &'a CustomerId,
    /// Those that count, in (`occurred_at`, `event_id`) order.
    pub facts: Vec<&'a Fact>,
    /// When the earliest fact happened, whether it counts or not; none without facts.
    pub first: Option<Timestamp>,
    /// Invoices, credit and disputes as they stand.
    pub ledger: Ledger<'a>,
    /// Promises in the order in which they are served.
    pub promises: Vec<Promise<'a>>,
    /// In order.
    pub payments: Vec<Payment<'a>>,
    /// In order of their first events.
    pub contacts: Vec<Contact<'a>>,
    /// In order.
    pub engagements: Vec<Engagement>,
    /// The attributes as last written.
    pub attributes: BTreeMap<&'a str, &'a Attribute>,
    history: OnceCell<History<'a>>,
}

impl<'a> World<'a> {
    /// Sorts out a set of facts, given in any order. An erasure among them says nothing.
    pub fn new(
        segmentation: &'a Segmentation,
        customer: &'a CustomerId,
        facts: impl IntoIterator<Item = &'a Fact>,
    ) -> Self {
        let mut all: Vec<&Fact> = facts.into_iter().filter(|fact| fact.body != Body::Erased).collect();
        all.sort_by(|a, b| {
            (a.occurred_at, &a.event_id, a.body.kind()).cmp(&(b.occurred_at, &b.event_id, b.body.kind()))
        });
        let facts = that_count(&all);
        let standing = standing::of(&facts);
        Self {
            segmentation,
            customer,
            first: all.first().map(|fact| fact.occurred_at),
            ledger: replay(segmentation, &facts),
            promises: serve(segmentation, &facts),
            payments: payments(segmentation, &facts, &standing),
            standing,
            contacts: contacts(segmentation, &facts),
            engagements: engagements(segmentation, &facts),
            attributes: attributes(&facts),
            facts,
            history: OnceCell::new(),
        }
    }

    /// The local day of an instant.
    pub fn date(&self, at: Timestamp) -> Date {
        self.segmentation.zone.date_of(at)
    }

    /// How the ledger came to stand as it does; worked out when first asked for.
    pub fn history(&self) -> &History<'a> {
        self.history.get_or_init(|| History::new(self.segmentation, &self.facts))
    }
}

/// Without repetitions of what counts once.
fn that_count<'a>(facts: &[&'a Fact]) -> Vec<&'a Fact> {
    let mut seen = BTreeSet::new();
    let is_first = |fact: &&'a Fact| counted_once(&fact.body).is_none_or(|key| seen.insert(key));
    facts.iter().copied().filter(is_first).collect()
}

/// The key of a fact. The first fact with a key counts; facts without a key all count.
fn counted_once(body: &Body) -> Option<(&'static str, &str)> {
    match body {
        Body::Issued { invoice_id, .. } => Some(("issued", invoice_id)),
        Body::Made { promise_id, .. } => Some(("made", promise_id)),
        Body::Cancelled { promise_id } => Some(("cancelled", promise_id)),
        Body::Opened { dispute_id, .. } => Some(("opened", dispute_id)),
        Body::Resolved { dispute_id, .. } => Some(("resolved", dispute_id)),
        Body::Adjusted { .. }
        | Body::WrittenOff { .. }
        | Body::InvoiceReinstated { .. }
        | Body::Voided { .. }
        | Body::Held { .. }
        | Body::Released { .. }
        | Body::Credited { .. }
        | Body::Received { .. }
        | Body::Failed { .. }
        | Body::Reversed { .. }
        | Body::Submitted { .. }
        | Body::PaymentReinstated { .. }
        | Body::Amended { .. }
        | Body::Contact { .. }
        | Body::Updated { .. }
        | Body::Erased => None,
    }
}

fn payments<'a>(segmentation: &Segmentation, facts: &[&'a Fact], standing: &Standing<'a>) -> Vec<Payment<'a>> {
    let order = |wanted: &Fact| facts.iter().position(|fact| std::ptr::eq(*fact, wanted));
    let payment = |receipt: &standing::Receipt<'a>| Payment {
        order: order(receipt.fact).expect("it is one of them"),
        at: receipt.fact.occurred_at,
        date: segmentation.zone.date_of(receipt.fact.occurred_at),
        amount: receipt.amount,
        method: receipt.method,
    };
    standing.receipts.iter().map(payment).collect()
}

fn attributes<'a>(facts: &[&'a Fact]) -> BTreeMap<&'a str, &'a Attribute> {
    let mut last = BTreeMap::new();
    for fact in facts {
        if let Body::Updated { attributes } = &fact.body {
            last.extend(attributes.iter().map(|(name, value)| (name.as_str(), value)));
        }
    }
    last
}
