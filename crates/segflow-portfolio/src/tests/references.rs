//! Events refer only to invoices, payments, promises and disputes that exist, and come in an order that makes sense.

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::event::{Body, Channel, Direction, Event, Outcome};
use segflow_core::time::{Timestamp, Zone};

use super::portfolio;
use crate::ZONE;

/// The ids that the events of one customer have named so far.
#[derive(Default)]
struct Named {
    /// Each with whether it is written off or voided.
    invoices: BTreeMap<String, bool>,
    held: BTreeSet<String>,
    mistyped: usize,
    /// Those received, each with what stands of it.
    payments: BTreeMap<String, i64>,
    credit_notes: BTreeSet<String>,
    /// Neither cancelled nor amended after their end.
    promises: BTreeSet<String>,
    disputes: BTreeSet<String>,
    contacts: BTreeMap<String, (Direction, Channel)>,
    talked: Option<Timestamp>,
}

impl Named {
    fn see(&mut self, event: &Event, zone: &Zone) {
        match &event.body {
            Body::Issued { invoice_id, amount_minor, .. } => {
                assert!(*amount_minor > 0);
                assert!(self.invoices.insert(invoice_id.clone(), false).is_none());
            }
            Body::Adjusted { invoice_id, delta_minor, due_date } => {
                assert_eq!(self.invoices.get(invoice_id), Some(&false), "open invoices are adjusted");
                assert!(*delta_minor != 0 || due_date.is_some(), "something is changed");
            }
            Body::Voided { invoice_id } | Body::WrittenOff { invoice_id } => {
                assert_eq!(self.invoices.insert(invoice_id.clone(), true), Some(false), "given up once");
            }
            Body::Received { payment_id, amount_minor, names, .. } => {
                assert!(*amount_minor > 0);
                let known = names.iter().all(|named| self.invoices.contains_key(&named.invoice_id));
                self.mistyped += usize::from(!known);
                assert!(known || names.len() == 1, "a typing error is in one reference");
                let before = self.payments.insert(payment_id.clone(), *amount_minor);
                assert!(
                    before.is_none_or(|before| before == *amount_minor && known),
                    "only the reference is put right"
                );
                let shares: i64 = names.iter().filter_map(|named| named.amount_minor).sum();
                assert!(shares <= *amount_minor, "nothing is given twice");
            }
            Body::Submitted { payment_id, amount_minor } => {
                assert!(*amount_minor > 0 && !self.payments.contains_key(payment_id));
            }
            Body::Failed { payment_id, .. } => drop(self.payments.remove(payment_id)),
            Body::Reversed { payment_id, amount_minor } => {
                let stands = self.payments.get_mut(payment_id).expect("received");
                let back = amount_minor.unwrap_or(*stands);
                assert!(back > 0 && back <= *stands, "no more is taken back than stands");
                *stands -= back;
            }
            Body::PaymentReinstated { payment_id, .. } => {
                assert_eq!(self.payments.get(payment_id), Some(&0), "it was taken back");
            }
            Body::Credited { credit_note_id, amount_minor, names } => {
                assert!(*amount_minor > 0 && self.credit_notes.insert(credit_note_id.clone()));
                assert!(names.iter().all(|named| self.invoices.contains_key(&named.invoice_id)));
            }
            Body::Held { invoice_id, until } => {
                assert_eq!(self.invoices.get(invoice_id), Some(&false), "open invoices are put on hold");
                assert!(until.is_none_or(|until| zone.midnight(until) > event.occurred_at));
                self.held.insert(invoice_id.clone());
            }
            Body::Released { invoice_id } => assert!(self.held.remove(invoice_id), "it was on hold"),
            Body::Contact { contact_id, direction, channel, outcome, .. } => {
                let first = *self.contacts.entry(contact_id.clone()).or_insert((*direction, *channel));
                assert_eq!(first, (*direction, *channel));
                if *outcome == Outcome::RightParty {
                    self.talked = Some(event.occurred_at);
                }
            }
            Body::Made { promise_id, amount_minor, due_date, .. } => {
                assert!(*amount_minor > 0 && zone.midnight(*due_date) > event.occurred_at);
                let talk = self.talked.expect("a conversation");
                assert!(event.occurred_at.since_ms(talk) <= 13 * 60_000, "promises are made in conversations");
                self.promises.insert(promise_id.clone());
            }
            Body::Amended { promise_id, amount_minor, due_date } => {
                assert!(*amount_minor > 0 && zone.midnight(*due_date) > event.occurred_at);
                assert!(self.promises.contains(promise_id), "made, and not cancelled");
            }
            Body::Cancelled { promise_id } => assert!(self.promises.remove(promise_id), "made, and cancelled once"),
            Body::Opened { dispute_id, invoice_id, amount_minor } => {
                assert!(amount_minor.is_none_or(|amount| amount > 0));
                assert!(invoice_id.as_ref().is_none_or(|named| self.invoices.get(named) == Some(&false)));
                self.disputes.insert(dispute_id.clone());
            }
            Body::Resolved { dispute_id, .. } => assert!(self.disputes.remove(dispute_id), "opened, and resolved once"),
            Body::Updated { attributes } => assert!(!attributes.is_empty()),
            Body::Erased => {}
            Body::InvoiceReinstated { .. } => unreachable!("no customer makes it yet"),
        }
    }
}

#[test]
fn every_event_refers_to_what_is_there() {
    let zone = Zone::named(ZONE).expect("a zone");
    let mut customers: BTreeMap<_, Named> = BTreeMap::new();
    for event in portfolio(3_000, 730).events() {
        customers.entry(event.customer_id.clone()).or_default().see(&event, &zone);
    }
    assert!(customers.values().any(|named| named.invoices.values().any(|written_off| *written_off)));
    let mistyped: usize = customers.values().map(|named| named.mistyped).sum();
    assert!(mistyped > 20, "{mistyped}");
}
