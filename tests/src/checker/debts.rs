//! What a customer owes, and what became of the promise, replayed fact by fact.

use super::Calendar;
use super::fact::{Body, Fact};

/// How things stand after some facts.
#[derive(Clone, Default)]
pub struct Debts {
    invoices: Vec<Invoice>,
    /// Money on no invoice, in the order in which it came: the invoice that it names, and how much.
    free: Vec<(u64, i64)>,
    /// What was received: when, and how much.
    receipts: Vec<(i64, i64)>,
    /// The one promise that the load makes.
    pub promise: Option<Promise>,
}

/// An invoice.
#[derive(Clone, Copy)]
pub struct Invoice {
    id: u64,
    issued_at: i64,
    /// What of it is not paid.
    pub open: i64,
    /// The last day on which it is not overdue.
    pub due: i32,
}

/// A promise to pay.
#[derive(Clone, Copy)]
pub struct Promise {
    amount: i64,
    due: i32,
    /// The first instant of the day on which it was made: from then on receipts keep it.
    since: i64,
    /// The first instant at which it is too late.
    deadline: i64,
    end: Option<Outcome>,
}

/// What became of a promise.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There was none, or nothing is owed any more.
    None,
    Open,
    Kept,
    Broken,
}

impl Promise {
    /// What has become of it on a day.
    pub fn outcome(&self, today: i32) -> Outcome {
        self.end.unwrap_or(if today > self.due { Outcome::Broken } else { Outcome::Open })
    }
}

impl Debts {
    /// Replays facts given in order.
    pub fn of(facts: &[Fact], calendar: &Calendar) -> Self {
        let mut debts = Self::default();
        for fact in facts {
            debts.tell(fact, calendar);
        }
        debts
    }

    /// Invoices of which something is open.
    pub fn open(&self) -> impl Iterator<Item = &Invoice> {
        self.invoices.iter().filter(|invoice| invoice.open > 0)
    }

    fn tell(&mut self, fact: &Fact, calendar: &Calendar) {
        let at = fact.occurred_at;
        match fact.body {
            Body::Issued { invoice: id, amount, due } => {
                self.invoices.push(Invoice { id, issued_at: at, open: amount, due });
                self.invoices.sort_by_key(|invoice| (invoice.due, invoice.issued_at));
            }
            Body::Received { invoice, amount } => {
                self.free.push((invoice, amount));
                self.receipts.push((at, amount));
            }
            Body::Made { amount, due } => {
                assert!(self.promise.is_none(), "the load makes one promise per customer");
                let (since, deadline) = (calendar.midnight(calendar.day_of(at)), calendar.midnight(due + 1));
                self.promise = Some(Promise { amount, due, since, deadline, end: None });
            }
            Body::Outbound => return,
        }
        self.spread();
        self.judge(at);
    }

    /// Money goes to the invoice that it names, and the rest to what is due first.
    fn spread(&mut self) {
        for (named, rest) in &mut self.free {
            if let Some(invoice) = self.invoices.iter_mut().find(|invoice| invoice.id == *named) {
                invoice.take(rest);
            }
        }
        for (_, rest) in &mut self.free {
            self.invoices.iter_mut().for_each(|invoice| invoice.take(rest));
        }
    }

    /// Ends the promise if enough was received, or if nothing of what was issued is owed any more.
    fn judge(&mut self, at: i64) {
        let is_settled = !self.invoices.is_empty() && self.open().next().is_none();
        let Some(promise) = self.promise.as_mut().filter(|promise| promise.end.is_none() && at < promise.deadline)
        else {
            return;
        };
        let since = self.receipts.iter().filter(|(received, _)| *received >= promise.since);
        if since.map(|(_, amount)| amount).sum::<i64>() >= promise.amount {
            promise.end = Some(Outcome::Kept);
        } else if is_settled {
            promise.end = Some(Outcome::None);
        }
    }
}

impl Invoice {
    fn take(&mut self, rest: &mut i64) {
        let taken = self.open.min(*rest);
        (self.open, *rest) = (self.open - taken, *rest - taken);
    }
}
