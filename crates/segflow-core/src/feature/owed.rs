//! Features of what is owed, and of the invoices issued.

use super::fact_index::LEDGER;
use super::reading::{Moment, Reading, int, money};
use super::row::{Reads, features};
use super::view::View;
use super::window::Window;
use crate::time::Date;
use crate::timed::Timed;

features! {
    /// A feature of what is owed.
    OwedFeature

    /// What is owed over all open invoices.
    Balance = "balance", Plain, Money, Reads::of(LEDGER);
    /// Money received that went to no invoice.
    Credit = "credit", Plain, Money, Reads::of(LEDGER);
    /// The disputed part of what is owed.
    DisputedAmount = "disputed.amount", Plain, Money, Reads::of(LEDGER);
    /// The unpaid part of written-off invoices.
    WrittenOffAmount = "written_off.amount", Plain, Money, Reads::of(LEDGER);
    /// How many invoices are open.
    InvoicesOpen = "invoices.open", Plain, Int, Reads::of(LEDGER);
    /// What is undisputed and overdue, of some debt types if they are named.
    OverdueAmount(debt_types: Vec<String>) = "overdue.amount", Debt, Money, Reads::of(LEDGER);
    /// What is undisputed and has been overdue for at least so many days, perhaps for at most so many.
    OverdueAmountAged(least: i32, most: Option<i32>) = "overdue.amount_aged", Aged, Money, Reads::of(LEDGER);
    /// Days past due beyond the tolerance, of some debt types if they are named.
    OverdueDays(debt_types: Vec<String>) = "overdue.days", Debt, Int, Reads::of(LEDGER);
    /// Days past due that are business days.
    OverdueBusinessDays = "overdue.business_days", Plain, Int, Reads::of(LEDGER);
    /// How many invoices have an undisputed part that is overdue.
    OverdueInvoices = "overdue.invoices", Plain, Int, Reads::of(LEDGER);
    /// Days until the nearest due date from today on.
    NextDueDays = "next_due.days", Plain, Int, Reads::of(LEDGER);
    /// What falls due on the nearest due date from today on.
    NextDueAmount = "next_due.amount", Plain, Money, Reads::of(LEDGER);
    /// How many invoices were issued in the window.
    InvoicesCount(window: Window) = "invoices.count", Windowed, Int, Reads::of(LEDGER);
    /// The amount of the invoices issued in the window.
    InvoicesSum(window: Window) = "invoices.sum", Windowed, Money, Reads::of(LEDGER);
    /// The part of what is owed that is on hold.
    HeldAmount = "held.amount", Plain, Money, Reads::of(LEDGER);
    /// The money received in the window that went to invoices that are written off.
    WrittenOffRecovered(window: Window) = "written_off.recovered", Windowed, Money, Reads::of(LEDGER);
    /// The money received within the horizon that names what no invoice is called.
    PaymentsUnmatched = "payments.unmatched", Plain, Money, Reads::of(LEDGER);
}

impl OwedFeature {
    /// Its value at a moment, and until when that stands.
    #[must_use]
    pub fn read(&self, view: &View<'_>, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let owed = view.owed();
        match self {
            Self::Balance => money(Timed::always(owed.balance())),
            Self::Credit => money(Timed::always(owed.credit())),
            Self::DisputedAmount => money(Timed::always(owed.disputed_amount())),
            Self::WrittenOffAmount => money(Timed::always(owed.written_off_amount())),
            Self::InvoicesOpen => int(Timed::always(owed.open_count())),
            Self::OverdueAmount(debt_types) => money(owed.overdue_amount(debt_types, moment)),
            Self::OverdueAmountAged(least, most) => money(owed.overdue_amount_aged(*least, *most, moment)),
            Self::OverdueDays(debt_types) => {
                owed.overdue_days(view.parameters().overdue_tolerance_minor, debt_types, moment)
            }
            Self::OverdueBusinessDays => overdue_business_days(view, moment),
            Self::OverdueInvoices => int(owed.overdue_count(moment)),
            Self::NextDueDays => next_due(view, moment, |due, _| Reading::Until(due)),
            Self::NextDueAmount => next_due(view, moment, |_, amount| Reading::Money(amount)),
            Self::InvoicesCount(window) => int(owed.issued_count(*window, moment)),
            Self::InvoicesSum(window) => money(owed.issued_sum(*window, moment)),
            Self::HeldAmount => money(owed.held_amount(moment)),
            Self::WrittenOffRecovered(window) => money(owed.recovered(*window, moment)),
            Self::PaymentsUnmatched => money(owed.unmatched(view.horizon(), moment)),
        }
    }
}

fn overdue_business_days(view: &View<'_>, moment: Moment<'_>) -> Timed<Reading<'static>> {
    let parameters = view.parameters();
    let until = view.owed().next_end_of_hold(moment);
    match view.owed().exceeding(parameters.overdue_tolerance_minor, &[], moment.today) {
        Some(due) => {
            let days = parameters.business_days_past_due(due, moment);
            Timed::until(days.value, days.until.min(until))
        }
        None => Timed::until(Reading::Int(0), until),
    }
}

fn next_due(
    view: &View<'_>,
    moment: Moment<'_>,
    pick: impl Fn(Date, i64) -> Reading<'static>,
) -> Timed<Reading<'static>> {
    view.owed().next_due(moment).map(|next| next.map_or(Reading::Absent, |(due, amount)| pick(due, amount)))
}
