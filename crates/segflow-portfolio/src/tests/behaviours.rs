//! What goes wrong, and is put right, in a real portfolio: each occurs in this one, and to how many customers.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect;
use segflow_core::event::{Body, CustomerId, Event, Named, Outcome};
use segflow_core::time::{Date, Timestamp, Zone};

use super::{check, portfolio};
use crate::ZONE;

/// What has been seen of one customer.
#[derive(Default)]
struct Story {
    invoices: BTreeSet<String>,
    /// The first day on which a discount may no longer be taken, and the amount without it, by the invoice.
    discounts: BTreeMap<String, (Date, i64)>,
    /// The last kind of event of each payment.
    payments: BTreeMap<String, &'static str>,
    delivered: BTreeMap<String, Timestamp>,
    plans: BTreeSet<String>,
    voided: bool,
}

impl Story {
    /// Notes an event, and names what it shows.
    fn see(&mut self, event: &Event, zone: &Zone, shows: &mut impl FnMut(&'static str)) {
        if event.recorded_at.since_ms(event.occurred_at) >= 24 * 3_600_000 {
            shows("booked days later");
        }
        match &event.body {
            Body::Issued { invoice_id, amount_minor, discount, .. } => {
                self.invoices.insert(invoice_id.clone());
                if let Some(discount) = discount {
                    shows("offered a discount");
                    self.discounts.insert(invoice_id.clone(), (discount.until, amount_minor - discount.amount_minor));
                }
                if std::mem::take(&mut self.voided) {
                    shows("issued again after a void");
                }
            }
            Body::Voided { .. } => {
                self.voided = true;
                shows("voided");
            }
            Body::Held { until: Some(_), .. } => shows("held until a day"),
            Body::Held { until: None, .. } => shows("held without a day"),
            Body::Released { .. } => shows("released"),
            Body::Credited { names, .. } if names.is_empty() => shows("credited for no invoice"),
            Body::Credited { .. } => shows("credited for an invoice"),
            Body::Made { plan_id: Some(plan_id), .. } => {
                self.plans.insert(plan_id.clone());
                shows("a plan");
            }
            Body::Contact { contact_id, outcome, machine, .. } => {
                self.hear(contact_id, *outcome, (event.occurred_at, *machine), shows);
            }
            Body::Received { payment_id, amount_minor, names, .. } => {
                self.receive(names, *amount_minor, zone.date_of(event.occurred_at), shows);
                self.pay(payment_id, "RECEIVED", shows);
            }
            Body::Submitted { payment_id, .. } => self.pay(payment_id, "SUBMITTED", shows),
            Body::Failed { payment_id, .. } => self.pay(payment_id, "FAILED", shows),
            Body::Reversed { payment_id, amount_minor: None } => self.pay(payment_id, "REVERSED", shows),
            Body::Reversed { payment_id, .. } => self.pay(payment_id, "REVERSED in part", shows),
            Body::PaymentReinstated { payment_id, .. } => self.pay(payment_id, "REINSTATED", shows),
            _ => {}
        }
    }

    fn hear(
        &mut self,
        contact_id: &str,
        outcome: Outcome,
        (at, machine): (Timestamp, bool),
        shows: &mut impl FnMut(&'static str),
    ) {
        if outcome == Outcome::Delivered {
            self.delivered.insert(contact_id.to_owned(), at);
        }
        let is_instant = self.delivered.get(contact_id).is_some_and(|delivered| at.since_ms(*delivered) <= 3_000);
        match (outcome, machine) {
            (Outcome::Clicked, true) => shows("clicked by a machine, told"),
            (Outcome::Clicked, false) if is_instant => shows("clicked by a machine, not told"),
            _ => {}
        }
    }

    fn receive(&self, names: &[Named], amount_minor: i64, on: Date, shows: &mut impl FnMut(&'static str)) {
        if names.len() > 1 {
            shows("one payment for several invoices");
        }
        if names.iter().any(|named| !self.invoices.contains(&named.invoice_id)) {
            shows("an invoice named that does not exist");
        }
        let taken = |named: &Named| {
            self.discounts.get(&named.invoice_id).is_some_and(|(until, less)| on <= *until && amount_minor == *less)
        };
        if names.iter().any(taken) {
            shows("a discount taken");
        }
    }

    fn pay(&mut self, payment_id: &str, kind: &'static str, shows: &mut impl FnMut(&'static str)) {
        let before = self.payments.insert(payment_id.to_owned(), kind);
        match (before, kind) {
            (None, "SUBMITTED") => shows("SUBMITTED"),
            (Some("FAILED"), "SUBMITTED") => shows("FAILED, SUBMITTED again"),
            (Some("SUBMITTED"), "SUBMITTED") => shows("SUBMITTED again, the first was recalled"),
            (Some("SUBMITTED"), "RECEIVED") => shows("SUBMITTED, RECEIVED"),
            (Some("SUBMITTED"), "FAILED") => shows("SUBMITTED, FAILED"),
            (Some("FAILED"), "RECEIVED") => shows("FAILED, RECEIVED"),
            (Some("RECEIVED"), "RECEIVED") => shows("RECEIVED again, for the right invoice"),
            (Some("RECEIVED"), "FAILED") => shows("RECEIVED, FAILED"),
            (Some("RECEIVED"), "REVERSED") => shows("RECEIVED, REVERSED"),
            (Some("RECEIVED"), "REVERSED in part") => shows("RECEIVED, REVERSED in part"),
            (Some("REVERSED"), "REINSTATED") => shows("REVERSED, REINSTATED"),
            (None, _) => {}
            (Some(before), kind) => panic!("{payment_id}: {before}, then {kind}"),
        }
    }
}

#[test]
fn each_occurs_among_some_hundred_customers() {
    let zone = Zone::named(ZONE).expect("a zone");
    let mut stories: BTreeMap<CustomerId, Story> = BTreeMap::new();
    let mut shown: BTreeMap<&'static str, BTreeSet<CustomerId>> = BTreeMap::new();
    for event in portfolio(600, 730).events() {
        let story = stories.entry(event.customer_id.clone()).or_default();
        let mut shows = |name| {
            shown.entry(name).or_default().insert(event.customer_id.clone());
        };
        story.see(&event, &zone, &mut shows);
    }
    let customers: BTreeMap<_, _> = shown.into_iter().map(|(name, customers)| (name, customers.len())).collect();
    check(
        format!("{customers:#?}"),
        expect![[r#"
            {
                "FAILED, RECEIVED": 40,
                "FAILED, SUBMITTED again": 65,
                "RECEIVED again, for the right invoice": 16,
                "RECEIVED, FAILED": 19,
                "RECEIVED, REVERSED": 46,
                "RECEIVED, REVERSED in part": 26,
                "REVERSED, REINSTATED": 16,
                "SUBMITTED": 200,
                "SUBMITTED again, the first was recalled": 1,
                "SUBMITTED, FAILED": 113,
                "SUBMITTED, RECEIVED": 196,
                "a discount taken": 17,
                "a plan": 43,
                "an invoice named that does not exist": 24,
                "booked days later": 39,
                "clicked by a machine, not told": 8,
                "clicked by a machine, told": 9,
                "credited for an invoice": 31,
                "credited for no invoice": 40,
                "held until a day": 61,
                "held without a day": 20,
                "issued again after a void": 55,
                "offered a discount": 17,
                "one payment for several invoices": 58,
                "released": 38,
                "voided": 55,
            }"#]],
    );
}
