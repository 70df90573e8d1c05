//! A seeded simulator of a collections portfolio: customers who owe and pay, and a creditor who collects.
//!
//! Invariant: the same settings make the same events on every machine: every draw is an integer from ChaCha8, and nothing here
//! reads a clock or uses floating point. A customer's history depends on the seed and on their own number alone, so a
//! larger portfolio contains the smaller one, and a longer run begins with the shorter one. Each customer is a small
//! discrete-event simulation; the portfolio runs them all day by day and sorts each day, so that memory is bounded by
//! the number of customers, not by the number of events.
//!
//! What a real ledger suffers occurs at plausible rates, so that nobody meets it first in production:
//!
//! - Payments are tried again under the same id after a failure, fail days after they were received, are refunded in part,
//!   and charged back; some chargebacks are won. Direct debits are submitted before the bank answers. One payment is for
//!   several invoices; a reference has a typing error, which is mostly found out and told again under the same id; a
//!   discount for paying early is taken; a transfer is booked days later.
//! - Invoices are corrected, credited by a credit note for one or for none, put on hold until a day or a release, voided and
//!   issued again, written off and recovered in part.
//! - Promises are single ones, or plans of instalments that share a `plan_id`; kept, broken, amended, cancelled.
//! - Links are clicked by a mail gateway within seconds; some producers tell (`machine: true`), others do not.

mod chance;
mod customer;
mod id;
mod ladder;
mod ledger;
mod now;
mod persona;
#[cfg(test)]
mod tests;
mod traits;

use segflow_core::event::{CustomerId, Event};
use segflow_core::time::{Date, Timestamp, Zone};

use crate::customer::Customer;

/// The ISO 4217 code of every amount in the portfolio.
pub const CURRENCY: &str = "GBP";

/// The IANA time zone in which the portfolio's customers live and its business hours are kept.
pub const ZONE: &str = "Europe/London";

/// What to simulate. The default is a thousand customers for 120 days from 2026-01-01 with seed 1.
///
/// Over 120 days a customer makes about 23 events, so that 10,000 customers make more than 200,000; over two years, 142.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortfolioSettings {
    /// How many customers.
    pub customers: u32,
    /// How many calendar days.
    pub days: u32,
    /// The seed of all chance.
    pub seed: u64,
    /// The first day.
    pub start: Date,
}

impl Default for PortfolioSettings {
    fn default() -> Self {
        let start = Date::new(2026, 1, 1).expect("a first of January");
        Self { customers: 1_000, days: 120, seed: 1, start }
    }
}

/// A portfolio that can be played any number of times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Portfolio {
    settings: PortfolioSettings,
}

impl Portfolio {
    /// The portfolio of these settings.
    #[must_use]
    pub const fn new(settings: PortfolioSettings) -> Self {
        Self { settings }
    }

    /// Its settings.
    #[must_use]
    pub const fn settings(&self) -> PortfolioSettings {
        self.settings
    }

    /// The id of customer `number`, from 0: `C-000217`.
    #[must_use]
    pub fn customer_id(number: u32) -> CustomerId {
        CustomerId::new(id::customer(number)).expect("a short text")
    }

    /// Its events from the first day on, in the order of their records: timestamps never decrease. Take as many as are
    /// needed.
    #[must_use]
    pub fn events(&self) -> Events {
        let PortfolioSettings { customers, days, seed, start } = self.settings;
        let zone = Zone::named(ZONE).expect("the bundled database has the zone");
        let customers: Vec<_> = (0..customers).map(|number| Customer::new(seed, number, start, &zone)).collect();
        let wake = customers.iter().map(Customer::wake_at).collect();
        let end = start.plus_days(i32::try_from(days).unwrap_or(i32::MAX));
        Events { zone, customers, wake, day: start, end, ready: Vec::new() }
    }
}

/// The events of a portfolio, in order.
#[derive(Debug)]
pub struct Events {
    zone: Zone,
    customers: Vec<Customer>,
    /// The next instant at which each customer acts. It is kept apart from them, so that a day of idleness costs eight bytes
    /// of cache.
    wake: Vec<Timestamp>,
    /// The next day to simulate.
    day: Date,
    /// The day after the last.
    end: Date,
    /// The events left of the last day simulated; the next one is at the end.
    ready: Vec<Event>,
}

impl Events {
    fn simulate_day(&mut self) {
        let midnight = self.zone.midnight(self.day.plus_days(1));
        for (customer, wake) in self.customers.iter_mut().zip(&mut self.wake) {
            if *wake < midnight {
                customer.live(self.day, &self.zone, &mut self.ready);
                *wake = customer.wake_at();
            }
        }
        // Stable: equal instants stay in the order of customers, and each customer's in the order of cause and effect.
        self.ready.sort_by_key(|event| event.recorded_at);
        self.ready.reverse();
        self.day = self.day.plus_days(1);
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop() {
                return Some(event);
            }
            if self.day >= self.end {
                return None;
            }
            self.simulate_day();
        }
    }
}
