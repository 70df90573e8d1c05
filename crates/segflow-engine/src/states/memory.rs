//! States in memory, for replay and for tests.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::ops::Bound;

use segflow_core::clock::Cursor;
use segflow_core::customer::Customer;
use segflow_core::event::CustomerId;
use segflow_core::state::State;
use segflow_core::time::Timestamp;

use super::{Due, States, TimerKind};

/// Every customer and timer in memory.
#[derive(Default)]
pub struct Memory {
    /// The state of a customer who is not known.
    unknown: State,
    customers: HashMap<CustomerId, Customer>,
    facts: BTreeSet<(Timestamp, CustomerId)>,
    silences: BTreeSet<(Timestamp, CustomerId)>,
}

impl Memory {
    /// A customer's state; none if nothing of theirs was folded.
    #[must_use]
    pub fn get(&self, customer: &CustomerId) -> Option<&State> {
        self.customers.get(customer).map(Customer::state)
    }

    /// How many customers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// Every customer, in no order.
    pub fn into_customers(self) -> impl Iterator<Item = (CustomerId, Customer)> {
        self.customers.into_iter()
    }

    /// Every customer's state, in the order of their ids.
    #[must_use]
    pub fn all(&self) -> BTreeMap<&CustomerId, &State> {
        self.customers.iter().map(|(id, customer)| (id, customer.state())).collect()
    }
}

impl States for Memory {
    type Error = Infallible;

    fn change<R>(&mut self, customer: &CustomerId, change: impl FnOnce(&mut Customer) -> R) -> Result<R, Infallible> {
        let known = match self.customers.get_mut(customer) {
            Some(known) => known,
            None => self.customers.entry(customer.clone()).or_default(),
        };
        let before = known.state().wake();
        let result = change(known);
        let after = known.state().wake();
        turn(&mut self.facts, customer, before.fact, after.fact);
        turn(&mut self.silences, customer, before.silence, after.silence);
        Ok(result)
    }

    fn peek(&mut self, customer: &CustomerId) -> Result<&State, Infallible> {
        Ok(self.get(customer).unwrap_or(&self.unknown))
    }

    fn due(&self, kind: TimerKind, from: &Cursor, to: &Cursor, max: usize) -> Result<Vec<Due>, Infallible> {
        let timers = match kind {
            TimerKind::Fact => &self.facts,
            TimerKind::Silence => &self.silences,
        };
        let reached = |(instant, customer): &&(Timestamp, CustomerId)| {
            (*instant, Some(customer)) <= (to.instant, to.customer.as_ref())
        };
        let due = |(instant, customer): &(Timestamp, CustomerId)| Due { instant: *instant, customer: customer.clone() };
        let rows: Vec<Due> = match &from.customer {
            Some(customer) => {
                let after = Bound::Excluded((from.instant, customer.clone()));
                timers.range((after, Bound::Unbounded)).take_while(reached).take(max).map(due).collect()
            }
            None => {
                let earlier = |(instant, _): &&(Timestamp, CustomerId)| *instant < from.instant;
                // There is no lowest customer id to start from, so that earlier rows are skipped one by one. There are
                // few of them: what lies behind the cursor was judged, and memory keeps no stale rows.
                timers.iter().skip_while(earlier).take_while(reached).take(max).map(due).collect()
            }
        };
        Ok(rows)
    }

    fn customers(
        &self,
        after: Option<&CustomerId>,
        to: Option<&CustomerId>,
        max: usize,
    ) -> Result<Vec<CustomerId>, Infallible> {
        let within =
            |customer: &&CustomerId| after.is_none_or(|after| *customer > after) && to.is_none_or(|to| *customer <= to);
        let mut ids: Vec<CustomerId> = self.customers.keys().filter(within).cloned().collect();
        ids.sort_unstable();
        ids.truncate(max);
        Ok(ids)
    }
}

fn turn(timers: &mut BTreeSet<(Timestamp, CustomerId)>, customer: &CustomerId, before: Timestamp, after: Timestamp) {
    if before == after {
        return;
    }
    let mut timer = (before, customer.clone());
    if before != Timestamp::NEVER {
        timers.remove(&timer);
    }
    if after != Timestamp::NEVER {
        timer.0 = after;
        timers.insert(timer);
    }
}
