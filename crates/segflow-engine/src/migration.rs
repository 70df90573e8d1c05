//! The migration that follows an activation: every customer goes over from former rules, or from an earlier engine, to the
//! present ones. Those who are touched go over at once, the others in the order of their ids, some in each epoch.

use segflow_core::change::Decided;
use segflow_core::clock::Clock;
use segflow_core::event::CustomerId;
use segflow_core::resegment::resegment;
use segflow_core::state::State;

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
    /// Over nobody yet.
    Nobody,
    /// Up to this customer.
    Customer(CustomerId),
    /// Over everybody.
    End,
}

/// Who goes over in an epoch, and by which rules.
pub(crate) struct GoingOver<'a> {
    rules: &'a Rules,
    /// Former rules, and an earlier engine, have decided up to where silence had been judged before the epoch.
    before: &'a Clock,
    /// The migration, if an earlier engine version has decided some customers by the present rules.
    again: Option<&'a Migration>,
    /// How many customers have gone over.
    pub customers: u64,
}

impl<'a> GoingOver<'a> {
    pub fn new(rules: &'a Rules, before: &'a Clock, pass: Option<&'a Migration>) -> Self {
        let again = pass.filter(|_| rules.former.iter().any(|former| former.hash == rules.present.hash));
        Self { rules, before, again, customers: 0 }
    }

    /// Whether a customer, decided by the rules of this version, is to go over. Beyond the place that the migration had
    /// reached nobody knows which engine decided a customer by the present rules; deciding anew is harmless.
    pub fn is_due(&self, version: u32, customer: &CustomerId) -> bool {
        if version == self.rules.present.version {
            let beyond = |pass: &Migration| pass.after.as_ref().is_none_or(|after| customer > after);
            return self.again.is_some_and(beyond);
        }
        version != 0
    }

    /// Takes a customer over to the present rules, as this engine decides them, if they are to go over.
    pub fn take(&mut self, state: &mut State, customer: &CustomerId) -> Vec<Decided> {
        let version = state.decision.segmentation;
        if !self.is_due(version, customer) {
            return Vec::new();
        }
        self.customers += 1;
        let silence = self.before.cursor.instant;
        resegment(state, customer, self.rules.former(version), &self.rules.present, silence)
    }
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
        Until::Reached(Reached::Nobody) => Ok((Vec::new(), Some(Reached::Nobody))),
        Until::Reached(reached) => {
            let to = if let Reached::Customer(to) = reached { Some(to) } else { None };
            Ok((customers(to, usize::MAX)?, Some(reached.clone())))
        }
    }
}

#[cfg(test)]
mod tests;
