//! CATALOGUE, "Payments": allocation by replaying every invoice and payment in order.

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::event::Body;
use segflow_core::fact::Fact;
use segflow_core::time::{Date, Instant};

/// An issued invoice and what is still open of it.
#[derive(Clone, Debug)]
pub struct Invoice {
    /// The last day on which it is not overdue.
    pub due: Date,
    /// When it was issued.
    pub issued: Instant,
    /// Its id.
    pub id: String,
    /// Not yet paid, in minor units.
    pub open: i64,
}

/// Invoices by (due date, issue instant, id), and what was received and lies on none of them.
#[derive(Clone, Default, Debug)]
pub struct Ledger {
    /// In the order in which surplus money reaches them.
    pub invoices: Vec<Invoice>,
    /// Free money and money that waits for its invoice, in minor units.
    pub credit: i64,
}

/// Replays facts that are in (`occurred_at`, `event_id`) order.
pub fn replay(facts: &[&Fact]) -> Ledger {
    let mut ledger = Ledger::default();
    let mut free = 0;
    let mut waiting: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let (mut issued, mut received) = (BTreeSet::new(), BTreeSet::new());
    for fact in facts {
        match &fact.body {
            Body::Issued { invoice_id, amount_minor, due_date, .. } if issued.insert(invoice_id.as_str()) => {
                ledger.issue(Invoice {
                    due: *due_date,
                    issued: fact.occurred_at,
                    id: invoice_id.clone(),
                    open: *amount_minor,
                });
                for amount in waiting.remove(invoice_id.as_str()).unwrap_or_default() {
                    free += ledger.pay(Some(invoice_id), amount);
                }
                free = ledger.pay(Some(invoice_id), free);
            }
            Body::Received { payment_id, amount_minor, invoice_id, .. } if received.insert(payment_id.as_str()) => {
                match invoice_id.as_deref() {
                    Some(named) if !issued.contains(named) => waiting.entry(named).or_default().push(*amount_minor),
                    named => free += ledger.pay(named, *amount_minor),
                }
            }
            _ => {}
        }
    }
    ledger.credit = free + waiting.values().flatten().sum::<i64>();
    ledger
}

impl Ledger {
    fn issue(&mut self, invoice: Invoice) {
        self.invoices.push(invoice);
        self.invoices.sort_by(|a, b| (a.due, a.issued, &a.id).cmp(&(b.due, b.issued, &b.id)));
    }

    /// Pays the named invoice first and then the others in their order; returns what remains.
    fn pay(&mut self, named: Option<&str>, mut amount: i64) -> i64 {
        for invoice in self.invoices.iter_mut().filter(|invoice| Some(invoice.id.as_str()) == named) {
            amount -= settle(invoice, amount);
        }
        for invoice in &mut self.invoices {
            amount -= settle(invoice, amount);
        }
        amount
    }
}

fn settle(invoice: &mut Invoice, amount: i64) -> i64 {
    let paid = amount.min(invoice.open);
    invoice.open -= paid;
    paid
}
