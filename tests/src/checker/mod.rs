//! The independent checker: reads what Segflow wrote while it writes, and says what is wrong with it.
//!
//! It uses none of Segflow's crates, only an Avro, a JSON, a time-zone and a Kafka library. From the input topics and the
//! schedule in the journal (which offsets an epoch read, and its `F`, `T` and `S`) it decides `segmentation.yaml` itself,
//! customer by customer, and compares every change with what must have been said.

mod calendar;
mod customer;
mod debts;
mod epoch;
mod fact;
mod lane;
mod reader;
mod task;
#[cfg(test)]
mod tests;
mod verdict;

use std::collections::HashMap;

pub use calendar::Calendar;
pub use reader::{Source, read};
pub use verdict::{Fault, Verdict};

use customer::Customer;
use epoch::Epoch;
use fact::Input;
use lane::Change;
use task::Task;

/// The segmentation that it decides; `ZONE` stands for the time zone.
pub const SEGMENTATION: &str = include_str!("segmentation.yaml");
/// The inputs that the chaos run writes to. The others stay empty.
pub const FAMILIES: [&str; 4] = ["invoices", "payments", "contacts", "promises"];

/// Where a record of an input lies, and when it was recorded.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// Its partition.
    pub partition: usize,
    /// Its offset there.
    pub offset: i64,
    /// Milliseconds.
    pub timestamp: i64,
}

/// All that has been read, and the verdict so far.
pub struct Checker {
    calendar: Calendar,
    tasks: Vec<Task>,
    customers: Vec<Customer>,
    by_id: HashMap<String, usize>,
    verdict: Verdict,
}

impl Checker {
    /// A checker of topics with so many partitions, of a segmentation in this time zone.
    #[must_use]
    pub fn new(zone: &str, partitions: usize) -> Self {
        let tasks = (0..partitions).map(Task::new).collect();
        let (customers, by_id) = (Vec::new(), HashMap::new());
        Self { calendar: Calendar::new(zone), tasks, customers, by_id, verdict: Verdict::default() }
    }

    /// A record of an input.
    pub fn input(&mut self, family: usize, position: Position, value: Option<&[u8]>) {
        let Position { partition, offset, timestamp } = position;
        let input = Input::parse(value, timestamp);
        let input = input.map(|input| {
            let customer = customer(&mut self.customers, &mut self.by_id, &input.customer);
            let home = *self.customers[customer].home.get_or_insert(partition);
            assert_eq!(home, partition, "the load writes a customer to one partition");
            (customer, input.fact)
        });
        self.verdict.inputs += 1;
        self.tasks[partition].queue(family, offset, input);
    }

    /// A record of the journal.
    pub fn journal(&mut self, partition: usize, value: &[u8]) {
        match Epoch::parse(value) {
            Ok(epoch) => self.tasks[partition].announce(epoch, &mut self.verdict),
            Err(reason) => self.verdict.fault(Fault::Journal, format!("partition {partition}: {reason}")),
        }
    }

    /// A record of the change topic.
    pub fn change(&mut self, partition: usize, offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) {
        self.verdict.changes += 1;
        let at = format!("partition {partition} offset {offset}");
        let change = match Change::parse(value.unwrap_or_default()) {
            Ok(change) => change,
            Err(reason) => return self.verdict.fault(Fault::Altered, format!("{at}: {reason}")),
        };
        if key != Some(change.customer.as_bytes()) {
            self.verdict.fault(Fault::Misplaced, format!("{at}: its key is not its customer, {}", change.customer));
        }
        let customer = customer(&mut self.customers, &mut self.by_id, &change.customer);
        self.customers[customer].told(change, partition, &at, &mut self.verdict);
    }

    /// Decides every epoch whose inputs have been read.
    pub fn proceed(&mut self) {
        for task in &mut self.tasks {
            while task.decide(&mut self.customers, &self.calendar, &mut self.verdict) {}
        }
    }

    /// The wall time of the last epoch of the task that is furthest behind, in milliseconds since 1970; none while one
    /// has none.
    #[must_use]
    pub fn slowest(&self) -> Option<i64> {
        self.tasks.iter().map(Task::wall).min().flatten()
    }

    /// The verdict so far.
    #[must_use]
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The verdict, once everything has been read to its end.
    #[must_use]
    pub fn finish(mut self) -> Verdict {
        self.proceed();
        for task in &self.tasks {
            task.finish(&mut self.verdict);
        }
        for customer in &self.customers {
            customer.finish(&mut self.verdict);
        }
        self.verdict
    }
}

fn customer(customers: &mut Vec<Customer>, by_id: &mut HashMap<String, usize>, id: &str) -> usize {
    if let Some(index) = by_id.get(id) {
        return *index;
    }
    customers.push(Customer::new(id));
    by_id.insert(id.to_owned(), customers.len() - 1);
    customers.len() - 1
}
