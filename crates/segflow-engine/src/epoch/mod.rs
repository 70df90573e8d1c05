//! One epoch of one task: which customers are looked at, and how far. Live processing, recovery and replay all decide
//! here, from the records handed in and the states alone.

mod timers;
mod told;

use segflow_core::advance::advance;
use segflow_core::change::Decided;
use segflow_core::clock::Clock;
use segflow_core::customer::{Folded, fold};
use segflow_core::digest::{Digest, Form};
use segflow_core::event::{CustomerId, Event};
use segflow_core::fact::{Facts, Inserted};
use segflow_core::journal::Counts;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_wire::Rejection;

use crate::intake::{Accepted, AcceptedEvent};
use crate::migration::{Migration, Reached, decided_before, reached, take_over};
use crate::rules::Rules;
use crate::states::{Due, States};
use crate::unreadable::Unreadable;

pub use told::Told;

/// The terms of an epoch: its rules, where it begins, and how far it goes.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The rules in force, and the former ones.
    pub rules: &'a Rules,
    /// The clock of the epoch before this one.
    pub before: &'a Clock,
    /// How far the epoch goes.
    pub target: &'a Target,
    /// The part of a migration that falls into this epoch; none if none runs.
    pub migration: Option<&'a Migration>,
}

/// How far an epoch goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// As far as time has been proved to have come, within a bound.
    Proven {
        /// `F` and `T` to be reached; its cursor is where silence stands now.
        clock: Clock,
        /// How far `T` stays behind an `F` that had to be lowered, in milliseconds.
        grace_ms: i64,
        /// How many timers of each kind are judged at most; more of `fact` only if they share one instant.
        timers_max: usize,
    },
    /// Exactly as far as the journal says.
    Journalled(Clock),
}

/// The outcome of an epoch, whose changes were told to a `T`.
#[derive(Debug)]
pub struct Epoch<T> {
    /// `F`, `T` and `S` after it.
    pub clock: Clock,
    /// What was made of the changes.
    pub changes: T,
    /// The fates of the records.
    pub counts: Counts,
    /// How many timers were due.
    pub woken: usize,
    /// The records whose facts go to the dead letters after all, in the order in which they were read.
    pub refused: Vec<Refused>,
    /// How far the migration has come; none if none runs.
    pub migrated: Option<Reached>,
    /// How many customers were taken over to the present rules, from former ones or from an earlier engine. A customer whom
    /// a migration from an earlier engine has not reached counts each time that they are looked at.
    pub resegmented: u64,
    /// The values folded in that cannot be read as their attributes are declared, by customer and in the order read.
    pub unreadable: Vec<Unreadable>,
}

/// A record that was accepted, and whose fact its customer's other facts refuse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// Its place among the accepted records.
    pub place: usize,
    /// Why.
    pub rejection: Rejection,
}

impl Epoch<Vec<Decided>> {
    /// The digest of the changes' cores, hashed in a form.
    #[must_use]
    pub fn digest(&self, form: &Form) -> Digest {
        Digest::of(form, self.changes.iter().map(|change| &change.core))
    }
}

/// Folds the records in and decides up to the target. Each change is told as soon as it is decided.
///
/// Three kinds of customers are looked at: those of the records, up to `F`; those whose timers are due, up to `F` for a
/// fact and up to `T` for silence; and those whom the migration reaches, up to `T`. Each of them who is still decided by
/// former rules, or by an earlier engine, is taken over first.
///
/// # Errors
/// If a state cannot be read. The states are then to be discarded.
pub fn decide<S: States, T: Told>(
    states: &mut S,
    plan: Plan<'_>,
    accepted: Accepted,
    changes: T,
) -> Result<Epoch<T>, S::Error> {
    let Accepted { facts, read, rejected, ignored, .. } = accepted;
    let (mut clock, facts_due) = timers::facts_due(states, plan, &facts)?;
    let silences_due = timers::silences_due(states, plan, &mut clock)?;
    let woken = facts_due.len() + silences_due.len();
    let counts = Counts { read, ignored, dead_letters: rejected, ..Counts::default() };
    let decided_at = clock.facts;
    let mut work = Work { states, plan, decided_at, changes, tally: Tally { counts, ..Tally::default() } };
    for (customer, events) in facts {
        work.judge(&customer, events, clock.facts)?;
    }
    for Due { instant, customer } in facts_due {
        if work.states.peek(&customer)?.wake().fact == instant {
            work.judge(&customer, Vec::new(), clock.facts)?;
        }
    }
    for Due { instant, customer } in silences_due {
        if work.states.peek(&customer)?.wake().silence == instant {
            work.judge(&customer, Vec::new(), clock.silence)?;
        }
    }
    let (customers, migrated) = reached(&*work.states, plan.migration)?;
    for customer in customers {
        if decided_before(plan, &customer, work.states.peek(&customer)?).is_some() {
            work.judge(&customer, Vec::new(), clock.silence)?;
        }
    }
    let Work { mut changes, tally: Tally { counts, mut refused, resegmented, unreadable }, .. } = work;
    changes.end();
    refused.sort_unstable_by_key(|refused| refused.place);
    Ok(Epoch { clock, changes, counts, woken, refused, migrated, resegmented, unreadable })
}

/// An epoch on its way: what has come of the customers who were looked at so far.
struct Work<'a, S, T> {
    states: &'a mut S,
    plan: Plan<'a>,
    /// `F` after the epoch.
    decided_at: Timestamp,
    changes: T,
    tally: Tally,
}

/// The fates of records and customers so far, as [`Epoch`] tells them.
#[derive(Default)]
struct Tally {
    counts: Counts,
    refused: Vec<Refused>,
    resegmented: u64,
    unreadable: Vec<Unreadable>,
}

impl<S: States, T: Told> Work<'_, S, T> {
    /// Takes a customer over if that is to be, folds their events in, and decides up to an instant.
    fn judge(&mut self, id: &CustomerId, events: Vec<AcceptedEvent>, to: Timestamp) -> Result<(), S::Error> {
        let plan = self.plan;
        let Plan { rules, before, .. } = plan;
        let tally = &mut self.tally;
        let (taken_over, advanced) = self.states.change(id, |customer| {
            let taken_over = take_over(customer, id, plan);
            tally.resegmented += u64::from(taken_over.is_some());
            for AcceptedEvent { event, offset, place } in events {
                let unreadable = unreadable(&rules.present, &event, offset);
                let folded = fold(customer, event, offset, before.cursor.instant, &rules.present);
                count(&mut tally.counts, &folded);
                if matches!(folded.inserted, Inserted::New | Inserted::Replaced) {
                    tally.unreadable.extend(unreadable);
                }
                tally.refused.extend(rejection(&folded).map(|rejection| Refused { place, rejection }));
            }
            (taken_over, advance(customer, id, &rules.present, to))
        })?;
        for change in taken_over.into_iter().flatten().chain(advanced) {
            tally.counts.changes += 1;
            self.changes.tell(self.decided_at, change);
        }
        Ok(())
    }
}

/// The values of an event that the rules in force cannot read.
fn unreadable(rules: &Segmentation, event: &Event, offset: u64) -> Vec<Unreadable> {
    let values = rules.unreadable(&event.body).map(|(declared, value)| Unreadable {
        attribute: declared.name.clone(),
        expected: declared.kind,
        found: (!declared.sensitive).then(|| value.clone()),
        customer: event.customer_id.clone(),
        offset,
    });
    values.collect()
}

/// Why the record of a fact goes to the dead letters after all.
fn rejection(folded: &Folded) -> Option<Rejection> {
    if folded.inserted == Inserted::Full {
        return Some(Rejection::customer_full(Facts::MAX_BYTES));
    }
    folded.contradiction.as_ref().map(Rejection::contradicts)
}

fn count(counts: &mut Counts, folded: &Folded) {
    match folded.inserted {
        _ if folded.contradiction.is_some() => counts.dead_letters += 1,
        Inserted::New => counts.folded += 1,
        Inserted::Duplicate => counts.duplicates += 1,
        Inserted::Forgotten => counts.forgotten += 1,
        Inserted::Full => counts.dead_letters += 1,
        Inserted::Kept => (counts.duplicates, counts.conflicts) = (counts.duplicates + 1, counts.conflicts + 1),
        Inserted::Replaced => (counts.folded, counts.conflicts) = (counts.folded + 1, counts.conflicts + 1),
    }
    counts.late += u64::from(folded.late && folded.contradiction.is_none());
}
