//! Features of payments: how many and how much, how late invoices are paid, and on which day of the month.

use super::fact_index::LEDGER;
use super::fact_index::habit::Habit;
use super::fact_index::payments::{PAYMENTS, Payment};
use super::reading::{Moment, Reading, count, int, money};
use super::row::{Reads, features};
use super::view::View;
use super::window::Window;
use crate::event::FailureCode;
use crate::timed::Timed;

/// How many invoices a trend compares with the median.
const TREND_OF: usize = 3;

features! {
    /// A feature of payments.
    PaymentsFeature

    /// How many payments were received in the window.
    Count(window: Window) = "payments.count", Windowed, Int, Reads::of(PAYMENTS);
    /// How much money was received in the window.
    Sum(window: Window) = "payments.sum", Windowed, Money, Reads::of(PAYMENTS);
    /// The money received in the window, divided by the number of payments.
    Average(window: Window) = "payments.average", Windowed, Money, Reads::of(PAYMENTS);
    /// Days since the last payment.
    LastDays = "payments.last_days", Plain, Int, Reads::of(PAYMENTS);
    /// The method of the last payment.
    LastMethod = "payments.last_method", Plain, Text, Reads::of(PAYMENTS);
    /// How many payments were reversed in the window.
    Reversed(window: Window) = "payments.reversed", Windowed, Int, Reads::of(PAYMENTS);
    /// How many payments failed in the window, with one code if it is named.
    Failed(window: Window, code: Option<FailureCode>) = "payments.failed", Failed, Int, Reads::of(PAYMENTS);
    /// The money that is under way.
    Pending = "payments.pending", Plain, Money, Reads::of(PAYMENTS);
    /// What was received in the window, by what fell due in it.
    PayRatio(window: Window) = "pay_ratio", Windowed, Ratio, Reads::of(LEDGER);
    /// The median of days late over the last invoices paid in full.
    DaysLateMedian(invoices: usize) = "days_late.median", Invoices, Int, Reads::of(LEDGER);
    /// The median of days late over the last 3 invoices paid in full, less that over the last so many.
    DaysLateTrend(invoices: usize) = "days_late.trend", Invoices, Int, Reads::of(LEDGER);
    /// The day of the month on which the customer usually pays.
    PayDayOfMonth = "pay_day.of_month", Plain, Int, Reads::of(PAYMENTS);
    /// The share of payments near the usual day.
    PayDayConfidence = "pay_day.confidence", Plain, Ratio, Reads::of(PAYMENTS);
    /// Days until the next expected pay day.
    PayDayNextDays = "pay_day.next_days", Plain, Int, Reads::of(PAYMENTS);
    /// Days since the last expected pay day, if it was missed.
    PayDayMissedDays = "pay_day.missed_days", Plain, Int, Reads::of(PAYMENTS);
}

impl PaymentsFeature {
    /// Its value at a moment, and until when that stands.
    #[must_use]
    pub fn read<'a>(&self, view: &View<'a>, moment: Moment<'_>) -> Timed<Reading<'a>> {
        match self {
            Self::Count(window) => int(view.payments().within(*window, moment).map(|within| count(within.len()))),
            Self::Sum(window) => money(view.payments().received_in(*window, moment)),
            Self::Average(window) => view.payments().within(*window, moment).map(average),
            Self::LastDays => Timed::always(view.payments().last_days()),
            Self::LastMethod => Timed::always(view.last_method()),
            Self::Reversed(window) => int(view.payments().reversed(*window, moment)),
            Self::Failed(window, code) => int(view.payments().failed(*window, *code, moment)),
            Self::Pending => money(view.payments().pending(moment.at)),
            Self::PayRatio(window) => pay_ratio(view, *window, moment),
            Self::DaysLateMedian(invoices) => Timed::always(days_late_median(view, *invoices)),
            Self::DaysLateTrend(invoices) => Timed::always(days_late_trend(view, *invoices)),
            Self::PayDayOfMonth => habit(view, |habit| Timed::always(Reading::Int(i64::from(habit.day)))),
            Self::PayDayConfidence => habit(view, |habit| Timed::always(habit.confidence())),
            Self::PayDayNextDays => habit(view, |habit| habit.next_days(moment)),
            Self::PayDayMissedDays => habit(view, |habit| habit.missed_days(moment)),
        }
    }
}

/// Absent without a payment. The sum has 128 bits, so that no amounts are too large for it.
fn average(payments: &[Payment]) -> Reading<'static> {
    let received: i128 = payments.iter().map(|payment| i128::from(payment.amount)).sum();
    let Some(average) = received.checked_div_euclid(i128::from(count(payments.len()))) else {
        return Reading::Absent;
    };
    Reading::Money(i64::try_from(average).expect("an average lies between the amounts"))
}

fn pay_ratio(view: &View<'_>, window: Window, moment: Moment<'_>) -> Timed<Reading<'static>> {
    let (received, due) = (view.payments().received_in(window, moment), view.owed().fallen_due(window, moment));
    if due.value == 0 {
        return Timed::until(Reading::Absent, due.until);
    }
    Timed::until(Reading::Ratio(received.value, due.value), received.until.min(due.until))
}

fn days_late_median(view: &View<'_>, invoices: usize) -> Reading<'static> {
    view.owed().days_late(invoices).map_or(Reading::Absent, Reading::Int)
}

fn days_late_trend(view: &View<'_>, invoices: usize) -> Reading<'static> {
    let owed = view.owed();
    let trend = owed.days_late(TREND_OF).zip(owed.days_late(invoices)).map(|(recent, median)| recent - median);
    trend.map_or(Reading::Absent, Reading::Int)
}

fn habit(view: &View<'_>, read: impl FnOnce(Habit) -> Timed<Reading<'static>>) -> Timed<Reading<'static>> {
    view.payments().habit().map_or(Timed::always(Reading::Absent), read)
}
