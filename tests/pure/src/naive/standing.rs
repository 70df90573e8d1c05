//! `docs/features.md`, "Payments": what stands of each payment after all its events, and which invoices were voided.

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::event::{Body, Named};
use segflow_core::fact::Fact;
use segflow_core::time::Timestamp;

/// What stands of a payment.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    /// The fact with which it was received.
    pub fact: &'a Fact,
    /// How much of it stands.
    pub amount: i128,
    /// The invoices that it names.
    pub names: &'a [Named],
    /// How it was paid.
    pub method: Option<&'a str>,
}

/// What the facts as a whole say of earlier ones.
#[derive(Clone, Default, Debug)]
pub struct Standing<'a> {
    /// What stands, in the order in which it was received.
    pub receipts: Vec<Receipt<'a>>,
    /// Payments under way: when they were submitted, and how much.
    pub submitted: Vec<(Timestamp, i128)>,
    /// The ids of invoices that should never have been issued.
    pub voided: BTreeSet<&'a str>,
    /// Write-offs that were taken back later.
    pub undone: Vec<&'a Fact>,
}

/// What facts say, given in order.
pub fn of<'a>(facts: &[&'a Fact]) -> Standing<'a> {
    let mut standing = Standing::default();
    let mut timelines: BTreeMap<&str, Vec<&'a Fact>> = BTreeMap::new();
    for fact in facts {
        match &fact.body {
            Body::Voided { invoice_id } => drop(standing.voided.insert(invoice_id)),
            Body::InvoiceReinstated { invoice_id: id } => {
                let earlier = facts.iter().take_while(|earlier| !std::ptr::eq(**earlier, *fact));
                let is_of_it = |body: &Body| matches!(body, Body::WrittenOff { invoice_id } if invoice_id == id);
                standing.undone.extend(earlier.filter(|earlier| is_of_it(&earlier.body)));
            }
            Body::Received { payment_id, .. }
            | Body::Failed { payment_id, .. }
            | Body::Reversed { payment_id, .. }
            | Body::Submitted { payment_id, .. }
            | Body::PaymentReinstated { payment_id, .. } => timelines.entry(payment_id).or_default().push(fact),
            _ => {}
        }
    }
    for timeline in timelines.values() {
        let stands = stands_after(timeline);
        match (stands > 0, &timeline[timeline.len() - 1].body) {
            (true, _) => standing.receipts.push(receipt(timeline, stands)),
            (false, Body::Submitted { amount_minor, .. }) => {
                standing.submitted.push((timeline[timeline.len() - 1].occurred_at, i128::from(*amount_minor)));
            }
            (false, _) => {}
        }
    }
    let place = |receipt: &Receipt<'_>| facts.iter().position(|fact| std::ptr::eq(*fact, receipt.fact));
    standing.receipts.sort_by_key(place);
    standing
}

/// How much of a payment stands after some of its events: what the last `RECEIVED` brought, less what was taken back since
/// and not brought again.
fn stands_after(events: &[&Fact]) -> i128 {
    let begins = events.iter().rposition(|event| matches!(event.body, Body::Received { .. }));
    let Some((first, later)) = begins.and_then(|begins| events[begins..].split_first()) else { return 0 };
    let Body::Received { amount_minor: received, .. } = &first.body else { unreachable!("it was searched for") };
    let received = i128::from(*received);
    // What is left of each taking; none once it is undone.
    let mut takings: Vec<Option<i128>> = Vec::new();
    let left = |takings: &[Option<i128>]| (received - takings.iter().flatten().sum::<i128>()).max(0);
    for event in later {
        let stands = left(&takings);
        match &event.body {
            Body::Failed { .. } => takings.push(Some(stands).filter(|stands| *stands > 0)),
            Body::Reversed { amount_minor, .. } => takings.push(Some(amount_minor.map_or(stands, i128::from))),
            Body::PaymentReinstated { amount_minor: None, .. } => {
                if let Some(last) = takings.iter_mut().rev().find(|taking| taking.is_some()) {
                    *last = None;
                }
            }
            Body::PaymentReinstated { amount_minor: Some(part), .. } => {
                let mut back = i128::from(*part);
                for taking in takings.iter_mut().rev().filter(|taking| taking.is_some()) {
                    let Some(amount) = *taking else { continue };
                    let part = back.min(amount);
                    if back > 0 {
                        *taking = Some(amount - part).filter(|amount| *amount > 0);
                    }
                    back -= part;
                }
            }
            _ => {}
        }
    }
    left(&takings)
}

/// It was received with the last `RECEIVED` before which nothing stood; it names what the last of all names.
fn receipt<'a>(timeline: &[&'a Fact], amount: i128) -> Receipt<'a> {
    let received = |place: &usize| matches!(timeline[*place].body, Body::Received { .. });
    let places = || (0..timeline.len()).rev().filter(received);
    let first = places().find(|place| stands_after(&timeline[..*place]) == 0).expect("at first nothing stood");
    let last = places().next().expect("something was received");
    let Body::Received { names, method, .. } = &timeline[last].body else { unreachable!("it was filtered") };
    Receipt { fact: timeline[first], amount, names, method: method.as_deref() }
}
