//! What a subscriber checks before it acts upon a change.

use super::reading::{Moment, Reading};
use super::view::View;
use crate::change::{OpenPromise, Safety};

impl View<'_> {
    /// The figures of a moment.
    #[must_use]
    pub fn safety(&self, moment: Moment<'_>) -> Safety {
        let (owed, parameters) = (self.owed(), self.parameters());
        let oldest = owed.overdue(moment.today).next();
        let next_due = owed.next_due(moment).value;
        let days = match owed.overdue_days(parameters.overdue_tolerance_minor, &[], moment).value {
            Reading::Since(due) => moment.today.days_since(due),
            _ => 0,
        };
        Safety {
            currency: self.currency().code.clone(),
            balance_minor: owed.balance(),
            overdue_amount_minor: owed.overdue_amount(&[], moment).value,
            overdue_days: days,
            disputed_amount_minor: Some(owed.disputed_amount()),
            oldest_overdue_invoice_id: oldest.map(|invoice| invoice.invoice_id.clone().into()),
            oldest_due_date: oldest.map(|invoice| invoice.due),
            next_due_date: next_due.map(|(due, _)| due),
            next_due_amount_minor: next_due.map(|(_, amount)| amount),
            open_promise: self.promises().open(moment.at).next().map(|promise| OpenPromise {
                promise_id: promise.promise_id.clone().into(),
                amount_minor: promise.amount,
                due_date: promise.due,
            }),
            expected_pay_date: self.payments().habit().map(|habit| habit.next(moment.today)),
            call_headroom: Some(self.contacts().call_headroom(parameters.call_limit, moment).value),
            call_allowed_from: self.contacts().call_allowed_from(parameters.call_limit, moment),
        }
    }
}
