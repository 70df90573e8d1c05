//! The part of a change that tells of the account.

use segflow_core::change::{OpenPromise, Safety};
use segflow_core::time::Timestamp;

use super::contacts::{call_allowed_from, call_headroom};
use super::features::clamped;
use super::habits::next_expected;
use super::owed::{days_past_due, next_due, overdue};
use super::world::World;

/// The account at an instant.
pub fn safety(world: &World<'_>, at: Timestamp) -> Safety {
    let today = world.date(at);
    let ledger = &world.ledger;
    let oldest = overdue(world, today, &[]).next().map(|(invoice, _)| invoice);
    let next_due = next_due(world, today);
    Safety {
        currency: world.segmentation.currency.code.clone(),
        balance_minor: clamped(ledger.invoices.iter().map(|invoice| invoice.open()).sum()),
        overdue_amount_minor: clamped(overdue(world, today, &[]).map(|(_, part)| part).sum()),
        overdue_days: days_past_due(world, ledger, today, &[]),
        disputed_amount_minor: Some(clamped(ledger.invoices.iter().map(|invoice| ledger.disputed(invoice)).sum())),
        oldest_overdue_invoice_id: oldest.map(|invoice| invoice.id.to_owned()),
        oldest_due_date: oldest.map(|invoice| invoice.due),
        next_due_date: next_due.map(|(date, _)| date),
        next_due_amount_minor: next_due.map(|(_, amount)| clamped(amount)),
        open_promise: world.promises.iter().find(|promise| promise.is_open(at)).map(|promise| OpenPromise {
            promise_id: promise.id.to_owned(),
            amount_minor: promise.amount,
            due_date: promise.due,
        }),
        expected_pay_date: next_expected(world, today),
        call_headroom: Some(call_headroom(world, today)),
        call_allowed_from: call_allowed_from(world, today),
    }
}
