//! What is owed, overdue, due next and disputed, as read from the ledger.

use super::Window;
use super::dated::{inside, leaves};
use super::ledger::{Invoice, Ledger, sum};
use super::promises::count;
use super::reading::{Moment, Reading};
use crate::fact::Fact;
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// What features read of the ledger of the present.
#[derive(Clone, Debug)]
pub struct Owed {
    /// Every invoice, in the order of issue.
    issued: Vec<Issued>,
    /// Invoices with something open, by (due date, issue instant, id).
    open: Vec<Open>,
    /// How many days late invoices were paid in full, in the order of (that instant, due date, id); early is 0.
    paid_late: Vec<i64>,
    credit: i64,
}

#[derive(Clone, Copy, Debug)]
struct Issued {
    /// The local day of issue.
    on: Date,
    due: Date,
    amount: i64,
    unpaid: i64,
    written_off: bool,
    /// Whether some dispute covers or covered it which was not upheld.
    contested: bool,
}

/// An invoice with something open.
#[derive(Clone, Debug)]
pub struct Open {
    /// Its id.
    pub invoice_id: Box<str>,
    /// Its last day on which it is not overdue.
    pub due: Date,
    debt_type: Option<Box<str>>,
    open: i64,
    disputed: i64,
}

impl Open {
    /// Of what is owed, what is not disputed.
    const fn undisputed(&self) -> i64 {
        self.open - self.disputed
    }
}

impl Owed {
    /// Replays facts given in order, and lets `see` look at what each has led to.
    #[must_use]
    pub fn of<'a>(facts: &[&'a Fact], zone: &Zone, see: impl FnMut(&Ledger<'a>, &'a Fact)) -> Self {
        let ledger = Ledger::replay(facts, see);
        let upheld = super::disputes::upheld(facts);
        let issued = |invoice: &Invoice<'_>| Issued {
            on: zone.date_of(invoice.issued_at),
            due: invoice.due,
            amount: invoice.amount(),
            unpaid: invoice.unpaid(),
            written_off: invoice.written_off,
            contested: invoice.disputes.iter().any(|id| !upheld.contains(id)),
        };
        let open = |invoice: &Invoice<'_>| Open {
            invoice_id: invoice.invoice_id.into(),
            due: invoice.due,
            debt_type: invoice.debt_type.map(Into::into),
            open: invoice.open(),
            disputed: invoice.disputed(),
        };
        let late = |(at, place): (Timestamp, usize)| zone.date_of(at).days_since(ledger.invoices[place].due).max(0);
        Self {
            issued: ledger.invoices.iter().map(issued).collect(),
            open: ledger.open().map(open).collect(),
            paid_late: ledger.paid().into_iter().map(late).collect(),
            credit: ledger.credit(),
        }
    }

    /// `balance`
    #[must_use]
    pub fn balance(&self) -> i64 {
        sum(self.open.iter().map(|invoice| invoice.open))
    }

    /// `credit`
    #[must_use]
    pub const fn credit(&self) -> i64 {
        self.credit
    }

    /// `invoices.open`
    #[must_use]
    pub fn open_count(&self) -> i64 {
        count(self.open.len())
    }

    /// `disputed.amount`
    #[must_use]
    pub fn disputed_amount(&self) -> i64 {
        sum(self.open.iter().map(|invoice| invoice.disputed))
    }

    /// `written_off.amount`
    #[must_use]
    pub fn written_off_amount(&self) -> i64 {
        sum(self.issued.iter().filter(|invoice| invoice.written_off).map(|invoice| invoice.unpaid))
    }

    /// Invoices with an undisputed part, oldest due first; of one debt type, or of all.
    fn undisputed<'s>(&'s self, debt_type: Option<&'s str>) -> impl Iterator<Item = &'s Open> + Clone {
        let wanted = move |invoice: &&Open| debt_type.is_none() || invoice.debt_type.as_deref() == debt_type;
        self.open.iter().filter(wanted).filter(|invoice| invoice.undisputed() > 0)
    }

    /// Undisputed and overdue, oldest due first. Due today is not yet overdue.
    pub fn overdue(&self, today: Date) -> impl Iterator<Item = &Open> {
        self.undisputed(None).take_while(move |invoice| invoice.due < today)
    }

    /// `overdue.amount`
    #[must_use]
    pub fn overdue_amount(&self, debt_type: Option<&str>, moment: Moment<'_>) -> Timed<i64> {
        let overdue = self.undisputed(debt_type).take_while(|invoice| invoice.due < moment.today);
        Timed::until(sum(overdue.map(Open::undisputed)), self.next_overdue(debt_type, moment))
    }

    /// `overdue.invoices`
    #[must_use]
    pub fn overdue_count(&self, moment: Moment<'_>) -> Timed<i64> {
        Timed::until(count(self.overdue(moment.today).count()), self.next_overdue(None, moment))
    }

    /// When another invoice becomes overdue.
    fn next_overdue(&self, debt_type: Option<&str>, moment: Moment<'_>) -> Timestamp {
        let next = self.undisputed(debt_type).find(|invoice| invoice.due >= moment.today);
        next.map_or(Timestamp::NEVER, |invoice| day_after(invoice.due, moment.zone))
    }

    /// `overdue.days`: days past due.
    #[must_use]
    pub fn overdue_days(
        &self,
        tolerance_minor: i64,
        debt_type: Option<&str>,
        moment: Moment<'_>,
    ) -> Timed<Reading<'static>> {
        let parts = self.undisputed(debt_type).map(|invoice| (invoice.due, invoice.undisputed()));
        match exceeding(parts, tolerance_minor) {
            Some(due) if due < moment.today => Timed::always(Reading::Since(due)),
            Some(due) => Timed::until(Reading::Int(0), day_after(due, moment.zone)),
            None => Timed::always(Reading::Int(0)),
        }
    }

    /// The nearest due date from today on, what falls due then, and until when that is so.
    #[must_use]
    pub fn next_due(&self, moment: Moment<'_>) -> Option<Timed<(Date, i64)>> {
        let coming = self.undisputed(None).skip_while(|invoice| invoice.due < moment.today);
        let due = coming.clone().next()?.due;
        let amount = sum(coming.take_while(|invoice| invoice.due == due).map(Open::undisputed));
        Some(Timed::until((due, amount), day_after(due, moment.zone)))
    }

    /// Invoices issued within a window.
    fn issued(&self, window: Window, moment: Moment<'_>) -> Timed<&[Issued]> {
        inside(&self.issued, |invoice| invoice.on, window, moment)
    }

    /// `invoices.count(w)`
    #[must_use]
    pub fn issued_count(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let issued = self.issued(window, moment);
        Timed::until(count(issued.value.len()), issued.until)
    }

    /// `invoices.sum(w)`
    #[must_use]
    pub fn issued_sum(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let issued = self.issued(window, moment);
        let invoices = issued.value.iter().filter(|invoice| !invoice.written_off);
        Timed::until(sum(invoices.map(|invoice| invoice.amount)), issued.until)
    }

    /// `dispute_ratio(w)`
    #[must_use]
    pub fn dispute_ratio(&self, window: Window, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let issued = self.issued(window, moment);
        let contested = issued.value.iter().filter(|invoice| invoice.contested).count();
        let ratio = Reading::Ratio(count(contested), count(issued.value.len()));
        Timed::until(if issued.value.is_empty() { Reading::Absent } else { ratio }, issued.until)
    }

    /// What fell due within a window, of invoices not written off. A due date has fallen due once it is over.
    #[must_use]
    pub fn fallen_due(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let first = moment.today.plus_days(1 - window.days);
        let mut until = Timestamp::NEVER;
        let mut amount = 0_i64;
        for invoice in self.issued.iter().filter(|invoice| !invoice.written_off && invoice.due >= first) {
            let turns = if invoice.due < moment.today {
                amount = amount.saturating_add(invoice.amount);
                leaves(Some(invoice.due), window, moment)
            } else {
                day_after(invoice.due, moment.zone)
            };
            until = until.min(turns);
        }
        Timed::until(amount, until)
    }

    /// `days_late.median(n)`: of the last `n` invoices paid in full, the lower median of days late.
    #[must_use]
    pub fn days_late(&self, n: usize) -> Option<i64> {
        let mut days = self.paid_late[self.paid_late.len().saturating_sub(n)..].to_vec();
        days.sort_unstable();
        lower_median(&days)
    }
}

/// The lower of the two in the middle of an even number; none of nothing.
pub(super) fn lower_median(sorted: &[i64]) -> Option<i64> {
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

/// The due date at which parts, oldest due first, exceed a tolerance in sum.
pub(super) fn exceeding(parts: impl Iterator<Item = (Date, i64)>, tolerance_minor: i64) -> Option<Date> {
    let mut cumulative = 0_i64;
    for (due, amount) in parts {
        cumulative = cumulative.saturating_add(amount);
        if cumulative > tolerance_minor {
            return Some(due);
        }
    }
    None
}

/// The midnight on which what is due on this day becomes overdue.
pub(super) fn day_after(date: Date, zone: &Zone) -> Timestamp {
    zone.midnight(date.plus_days(1))
}
