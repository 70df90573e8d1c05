//! The migration that follows an activation: every customer is taken over from former rules, or from an earlier engine, to
//! the present ones. Customers who are looked at anyway are taken over at once, the others in the order of their ids, some in
//! each epoch.

use segflow_core::change::Decided;
use segflow_core::customer::Customer;
use segflow_core::event::CustomerId;
use segflow_core::resegment::resegment;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;

use crate::epoch::Plan;
use crate::rules::DecidedBy;
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
    /// Over nobody yet.
    Nobody,
    /// Up to this customer.
    Customer(CustomerId),
    /// Over everybody.
    End,
}

/// The rules that decided a customer who is to be taken over; none if the customer is not.
///
/// Nobody knows which engine decided a customer by the present rules. So while an earlier one may have, each customer
/// beyond the place that the migration had reached is decided anew, also more than once, which is harmless.
pub(crate) fn decided_before<'a>(plan: Plan<'a>, id: &CustomerId, state: &State) -> Option<&'a Segmentation> {
    match plan.rules.of(state) {
        DecidedBy::Nothing => None,
        DecidedBy::Former(former) => Some(former),
        DecidedBy::Present => {
            let migration = plan.migration.filter(|_| plan.rules.were_decided_by_another_engine())?;
            migration.after.as_ref().is_none_or(|after| id > after).then_some(&*plan.rules.present)
        }
    }
}

/// Takes a customer over to the present rules, as this engine decides them, and returns the changes; none if the customer
/// is not to be taken over.
///
/// What decided the customer decides up to where silence had been judged before this epoch.
pub(crate) fn take_over(customer: &mut Customer, id: &CustomerId, plan: Plan<'_>) -> Option<Vec<Decided>> {
    let former = decided_before(plan, id, customer.state())?;
    Some(resegment(customer, id, former, &plan.rules.present, plan.before.cursor.instant))
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
        Until::Reached(Reached::Nobody) => Ok((Vec::new(), Some(Reached::Nobody))),
        Until::Reached(reached) => {
            let to = if let Reached::Customer(to) = reached { Some(to) } else { None };
            Ok((customers(to, usize::MAX)?, Some(reached.clone())))
        }
    }
}
