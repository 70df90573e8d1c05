//! The debts of one customer, with payments allocated as the catalogue says: to the invoice named, else oldest due first.

use segflow_core::event::Discount;
use segflow_core::time::Date;

/// The day of money that was there before.
const LONG_AGO: Date = Date(i32::MIN);

/// An invoice that is not paid in full, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OpenInvoice {
    pub(crate) due: Date,
    pub(crate) number: u32,
    pub(crate) open_minor: i64,
    /// What an early receipt need not pay.
    pub(crate) discount: Option<Discount>,
}

/// Money that comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Money<'a> {
    pub(crate) amount_minor: i64,
    /// The invoices that it names, each with how much is for it at most.
    pub(crate) names: &'a [(u32, i64)],
    /// The day on which it was received.
    pub(crate) on: Date,
}

/// Open invoices, oldest due first, and what was paid too much. One of the two is always empty.
#[derive(Clone, Default, Debug)]
pub(crate) struct Ledger {
    open: Vec<OpenInvoice>,
    credit_minor: i64,
}

impl Ledger {
    pub(crate) fn issue(&mut self, invoice: OpenInvoice) {
        self.insert(invoice);
        self.spend_credit();
    }

    /// Allocates money; `paid` is told of each part that goes to an invoice.
    pub(crate) fn receive(&mut self, money: Money<'_>, mut paid: impl FnMut(OpenInvoice)) {
        let mut left = money.amount_minor;
        for (named, most) in money.names {
            if let Some(invoice) = self.open.iter_mut().find(|invoice| invoice.number == *named) {
                left -= invoice.take(left.min(*most), money.on, &mut paid);
            }
        }
        for invoice in &mut self.open {
            left -= invoice.take(left, money.on, &mut paid);
        }
        self.open.retain(|invoice| invoice.open_minor > 0);
        self.credit_minor += left;
    }

    /// Makes a part of an invoice owed again: its payment was taken back, or its amount was raised.
    pub(crate) fn reopen(&mut self, part: OpenInvoice) {
        match self.open.iter_mut().find(|invoice| invoice.number == part.number) {
            Some(invoice) => invoice.open_minor += part.open_minor,
            None => self.insert(part),
        }
        self.spend_credit();
    }

    /// Takes an amount off an open invoice; an excess over its open amount is dropped.
    pub(crate) fn credit(&mut self, number: u32, amount_minor: i64) {
        if let Some(invoice) = self.open.iter_mut().find(|invoice| invoice.number == number) {
            invoice.open_minor -= amount_minor.min(invoice.open_minor);
        }
        self.open.retain(|invoice| invoice.open_minor > 0);
    }

    /// Moves the due date of an open invoice.
    pub(crate) fn extend(&mut self, number: u32, due: Date) {
        if let Some(at) = self.open.iter().position(|invoice| invoice.number == number) {
            let invoice = self.open.remove(at);
            self.insert(OpenInvoice { due, ..invoice });
        }
    }

    /// Forgets an invoice.
    pub(crate) fn void(&mut self, number: u32) {
        self.open.retain(|invoice| invoice.number != number);
    }

    /// Gives up the oldest open invoice.
    pub(crate) fn give_up(&mut self) -> Option<OpenInvoice> {
        (!self.open.is_empty()).then(|| self.open.remove(0))
    }

    /// One invoice, while something of it is open.
    pub(crate) fn invoice(&self, number: u32) -> Option<OpenInvoice> {
        self.open.iter().find(|invoice| invoice.number == number).copied()
    }

    /// What is open of one invoice, in minor units; 0 once it is paid.
    pub(crate) fn open_of(&self, number: u32) -> i64 {
        self.invoice(number).map_or(0, |invoice| invoice.open_minor)
    }

    /// What is open of all invoices, in minor units.
    pub(crate) fn balance(&self) -> i64 {
        self.open.iter().map(|invoice| invoice.open_minor).sum()
    }

    /// The invoices due before `date` of which something is open, oldest due first.
    pub(crate) fn due_before(&self, date: Date) -> impl Iterator<Item = OpenInvoice> {
        self.open.iter().take_while(move |invoice| invoice.due < date).copied()
    }

    /// What is open of the invoices due before `date`, in minor units.
    pub(crate) fn overdue(&self, date: Date) -> i64 {
        self.due_before(date).map(|invoice| invoice.open_minor).sum()
    }

    /// What was paid too much, in minor units.
    #[cfg(test)]
    pub(crate) const fn credit_minor(&self) -> i64 {
        self.credit_minor
    }

    pub(crate) fn oldest(&self) -> Option<OpenInvoice> {
        self.open.first().copied()
    }

    fn insert(&mut self, invoice: OpenInvoice) {
        let at = self.open.partition_point(|known| (known.due, known.number) < (invoice.due, invoice.number));
        self.open.insert(at, invoice);
    }

    fn spend_credit(&mut self) {
        let credit = std::mem::take(&mut self.credit_minor);
        self.receive(Money { amount_minor: credit, names: &[], on: LONG_AGO }, |_| {});
    }
}

impl OpenInvoice {
    fn take(&mut self, available: i64, on: Date, paid: &mut impl FnMut(Self)) -> i64 {
        let taken = available.min(self.open_minor);
        self.open_minor -= taken;
        if taken > 0 {
            paid(Self { open_minor: taken, ..*self });
            self.open_minor = if self.is_discounted(on) { 0 } else { self.open_minor };
        }
        taken
    }

    /// Whether what is open is no more than a receipt of that day need not pay.
    fn is_discounted(&self, on: Date) -> bool {
        self.discount.is_some_and(|Discount { amount_minor, until }| on <= until && self.open_minor <= amount_minor)
    }
}
