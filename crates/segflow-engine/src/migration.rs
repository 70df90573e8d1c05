//! The migration that follows an activation: every customer goes over from former rules to the present ones, those who
//! are touched at once, the others in the order of their ids, some in each epoch.

use segflow_core::change::Decided;
use segflow_core::clock::Clock;
use segflow_core::customer::Customer;
use segflow_core::event::CustomerId;
use segflow_core::resegment::resegment;

use crate::rules::Rules;
use crate::states::States;

/// The part of an epoch in the pass over all customers that follows an activation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migration {
    /// Up to whom it had come, in the order of their ids; none at its beginning.
    pub after: Option<CustomerId>,
    /// How far it goes.
    pub until: Until,
}

/// How far the pass goes in an epoch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Until {
    /// Over this many customers, 1 or more, whether or not they were touched meanwhile.
    Customers(usize),
    /// Exactly as far as the journal says.
    Reached(Reached),
}

/// How far the pass has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reached {
    /// Up to this customer.
    Customer(CustomerId),
    /// Over everybody.
    End,
}

/// Takes a customer over to the present rules, if former ones decided them. Those decided up to where silence had been
/// judged before this epoch.
pub(crate) fn go_over(
    customer: &mut Customer,
    id: &CustomerId,
    rules: &Rules,
    before: &Clock,
    resegmented: &mut u64,
) -> Vec<Decided> {
    let version = customer.state().decision.segmentation;
    if [0, rules.present.version].contains(&version) {
        return Vec::new();
    }
    *resegmented += 1;
    resegment(customer, id, rules.former(version), &rules.present, before.cursor.instant)
}

/// Whom the pass reaches in this epoch, and how far it has come then.
pub(crate) fn reached<S: States>(
    states: &S,
    pass: Option<&Migration>,
) -> Result<(Vec<CustomerId>, Option<Reached>), S::Error> {
    let Some(Migration { after, until }) = pass else { return Ok((Vec::new(), None)) };
    let customers = |to, max| states.customers(after.as_ref(), to, max);
    match until {
        Until::Customers(max) => {
            let customers = customers(None, *max)?;
            let reached = match customers.last() {
                Some(last) if customers.len() == *max => Reached::Customer(last.clone()),
                _ => Reached::End,
            };
            Ok((customers, Some(reached)))
        }
        Until::Reached(reached) => {
            let to = if let Reached::Customer(to) = reached { Some(to) } else { None };
            Ok((customers(to, usize::MAX)?, Some(reached.clone())))
        }
    }
}
