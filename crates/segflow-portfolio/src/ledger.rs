//! What one customer owes, with payments allocated as the catalogue says: to the invoice named, else oldest due first.

use segflow_core::time::Date;

/// An invoice that is not paid in full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OpenInvoice {
    pub(crate) due: Date,
    pub(crate) number: u32,
    pub(crate) open_minor: i64,
}

/// Open invoices, oldest due first, and what was paid too much. One of the two is always empty.
#[derive(Clone, Default, Debug)]
pub(crate) struct Ledger {
    open: Vec<OpenInvoice>,
    credit_minor: i64,
}

impl Ledger {
    pub(crate) fn issue(&mut self, number: u32, due: Date, amount_minor: i64) {
        let at = self.open.partition_point(|known| (known.due, known.number) < (due, number));
        self.open.insert(at, OpenInvoice { due, number, open_minor: amount_minor });
        let credit = std::mem::take(&mut self.credit_minor);
        self.receive(credit, None);
    }

    pub(crate) fn receive(&mut self, amount_minor: i64, named: Option<u32>) {
        let mut left = amount_minor;
        if let Some(invoice) = self.open.iter_mut().find(|invoice| Some(invoice.number) == named) {
            left -= invoice.take(left);
        }
        for invoice in &mut self.open {
            left -= invoice.take(left);
        }
        self.open.retain(|invoice| invoice.open_minor > 0);
        self.credit_minor += left;
    }

    /// What is open of one invoice, in minor units; 0 once it is paid.
    pub(crate) fn open_of(&self, number: u32) -> i64 {
        self.open.iter().find(|invoice| invoice.number == number).map_or(0, |invoice| invoice.open_minor)
    }

    /// What is open of all invoices, in minor units.
    pub(crate) fn balance(&self) -> i64 {
        self.open.iter().map(|invoice| invoice.open_minor).sum()
    }

    /// What is open of the invoices due before `date`, in minor units.
    pub(crate) fn overdue(&self, date: Date) -> i64 {
        self.open.iter().take_while(|invoice| invoice.due < date).map(|invoice| invoice.open_minor).sum()
    }

    pub(crate) fn oldest(&self) -> Option<OpenInvoice> {
        self.open.first().copied()
    }
}

impl OpenInvoice {
    fn take(&mut self, available: i64) -> i64 {
        let taken = available.min(self.open_minor);
        self.open_minor -= taken;
        taken
    }
}
