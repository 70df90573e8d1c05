//! The migration that follows an activation: every customer is taken over from former rules to the present ones. Customers
//! who are looked at anyway are taken over at once, the others in the order of their ids, some in each epoch.

use segflow_core::change::Decided;
use segflow_core::clock::Clock;
use segflow_core::customer::Customer;
use segflow_core::event::CustomerId;
use segflow_core::resegment::resegment;

use crate::rules::{DecidedBy, Rules};
use crate::states::States;

/// The part of a migration that falls into one epoch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migration {
    /// Up to whom it had come, in the order of the customers' ids; none at its beginning.
    pub after: Option<CustomerId>,
    /// How far it goes.
    pub until: Until,
}

/// How far a migration goes in an epoch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Until {
    /// Over this many customers, 1 or more. Those who were taken over already count too.
    Customers(usize),
    /// Exactly as far as the journal says.
    Reached(Reached),
}

/// How far a migration has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reached {
    /// Up to this customer.
    Customer(CustomerId),
    /// Over everybody.
    End,
}

/// Takes a customer over to the present rules, and returns the changes; none if no former rules decided them.
///
/// The former rules decide up to where silence had been judged before this epoch.
pub(crate) fn take_over(
    customer: &mut Customer,
    id: &CustomerId,
    rules: &Rules,
    before: &Clock,
) -> Option<Vec<Decided>> {
    match rules.of(customer.state()) {
        DecidedBy::Nothing | DecidedBy::Present => None,
        DecidedBy::Former(former) => Some(resegment(customer, id, former, &rules.present, before.cursor.instant)),
    }
}

/// The customers whom a migration reaches in this epoch, and how far it has come then.
pub(crate) fn reached<S: States>(
    states: &S,
    migration: Option<&Migration>,
) -> Result<(Vec<CustomerId>, Option<Reached>), S::Error> {
    let Some(Migration { after, until }) = migration else { return Ok((Vec::new(), None)) };
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
