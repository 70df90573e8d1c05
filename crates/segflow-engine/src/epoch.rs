//! One epoch of one task: which customers are looked at, and how far. Live processing, recovery and `fold` all decide
//! here; nothing is read but the records handed in and the states.

use std::collections::BTreeMap;

use segflow_core::advance::advance;
use segflow_core::change::Decided;
use segflow_core::clock::{Clock, Cursor};
use segflow_core::customer::{Folded, fold};
use segflow_core::digest::Digest;
use segflow_core::event::{CustomerId, Event, Family};
use segflow_core::fact::Inserted;
use segflow_core::journal::Counts;
use segflow_core::time::Timestamp;

use crate::intake::Accepted;
use crate::migration::{Migration, Reached, go_over, reached};
use crate::rules::Rules;
use crate::states::{Due, States, TimerKind};

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

/// What an epoch decided.
#[derive(Debug)]
pub struct Epoch {
    /// `F`, `T` and `S` after it.
    pub clock: Clock,
    /// In order of (customer, `effective_at`, dimension).
    pub changes: Vec<Decided>,
    /// What became of the records.
    pub counts: Counts,
    /// Of the changes' cores.
    pub digest: Digest,
    /// How many timers were due.
    pub woken: usize,
    /// Records for whose facts their customers have no room: the family and offset of each.
    pub refused: Vec<(Family, u64)>,
    /// How far the pass over all customers has come; none if none runs.
    pub passed: Option<Reached>,
    /// How many customers went over from former rules to the present ones.
    pub resegmented: u64,
}

/// Folds the records in and decides up to the target. `before` is the clock of the epoch before this one.
///
/// Whoever is touched and still decided by former rules goes over first; then, in the background, those whom the pass
/// reaches.
///
/// # Errors
/// If a state cannot be read. The states are then to be discarded.
pub fn decide<S: States>(
    states: &mut S,
    rules: &Rules,
    before: &Clock,
    accepted: Accepted,
    target: &Target,
    pass: Option<&Migration>,
) -> Result<Epoch, S::Error> {
    let segmentation = &*rules.present;
    let mut resegmented = 0;
    let (mut clock, facts_due) = facts_due(states, before, &accepted.facts, target)?;
    let silences_due = silences_due(states, before, &mut clock, target)?;
    let mut counts = Counts { read: accepted.read, dead_letters: accepted.rejected, ..Counts::default() };
    let (mut moved, mut refused) = (Vec::new(), Vec::new());
    for (customer, events) in accepted.facts {
        let changes = states.change(&customer, |state| {
            let mut changes = go_over(state, &customer, rules, before, &mut resegmented);
            for (event, offset) in events {
                let family = event.body.family();
                let folded = fold(state, event, offset, before.cursor.instant, segmentation);
                count(&mut counts, folded);
                if folded.inserted == Inserted::Full {
                    refused.push((family, offset));
                }
            }
            changes.extend(advance(state, &customer, segmentation, clock.facts));
            changes
        })?;
        moved.push((customer, changes));
    }
    let mut judge = |states: &mut S, customer: &CustomerId, to: Timestamp| {
        states.change(customer, |state| {
            let mut changes = go_over(state, customer, rules, before, &mut resegmented);
            changes.extend(advance(state, customer, segmentation, to));
            changes
        })
    };
    let woken = facts_due.len() + silences_due.len();
    for Due { instant, customer } in facts_due {
        if states.wake(&customer)?.fact == instant {
            let changes = judge(states, &customer, clock.facts)?;
            moved.push((customer, changes));
        }
    }
    for Due { instant, customer } in silences_due {
        if states.wake(&customer)?.silence == instant {
            let changes = judge(states, &customer, clock.silence)?;
            moved.push((customer, changes));
        }
    }
    let (passed, reached) = reached(states, pass)?;
    for customer in passed {
        if ![0, segmentation.version].contains(&states.decided_by(&customer)?) {
            let changes = judge(states, &customer, clock.silence)?;
            moved.push((customer, changes));
        }
    }
    moved.sort_by(|(a, _), (b, _)| a.cmp(b));
    let changes: Vec<Decided> = moved.into_iter().flat_map(|(_, changes)| changes).collect();
    let mut digest = Digest::default();
    changes.iter().for_each(|change| digest.add(&change.core));
    counts.changes = changes.len() as u64;
    Ok(Epoch { clock, changes, counts, digest, woken, refused, passed: reached, resegmented })
}

fn count(counts: &mut Counts, folded: Folded) {
    match folded.inserted {
        Inserted::New => counts.folded += 1,
        Inserted::Duplicate => counts.duplicates += 1,
        Inserted::Forgotten => counts.forgotten += 1,
        Inserted::Full => counts.dead_letters += 1,
        Inserted::Kept => (counts.duplicates, counts.conflicts) = (counts.duplicates + 1, counts.conflicts + 1),
        Inserted::Replaced => (counts.folded, counts.conflicts) = (counts.folded + 1, counts.conflicts + 1),
    }
    counts.late += u64::from(folded.late);
}

/// The customers not touched by a record for whom a fact comes into effect before `F`. If they are more than the
/// bound, `F` is lowered to the instant of the first beyond it.
fn facts_due<S: States>(
    states: &S,
    before: &Clock,
    touched: &BTreeMap<CustomerId, Vec<(Event, u64)>>,
    target: &Target,
) -> Result<(Clock, Vec<Due>), S::Error> {
    let due = |to: Timestamp, max: usize| -> Result<Vec<Due>, S::Error> {
        let rows = states.due(TimerKind::Fact, &start_of(before.facts), &start_of(to), max)?;
        Ok(rows.into_iter().filter(|row| !touched.contains_key(&row.customer)).collect())
    };
    let (clock, grace_ms, timers_max) = match target {
        Target::Journalled(clock) => return Ok((clock.clone(), due(clock.facts, usize::MAX)?)),
        Target::Proven { clock, grace_ms, timers_max } => (clock, *grace_ms, *timers_max),
    };
    let rows = due(clock.facts, timers_max.saturating_add(1).saturating_add(touched.len()))?;
    let Some(beyond) = rows.get(timers_max) else {
        return Ok((clock.clone(), rows));
    };
    let (first, beyond) = (rows[0].instant, beyond.instant);
    let lowered = if beyond > first { beyond } else { first.plus_ms(1) };
    Ok((before.at(lowered, grace_ms), due(lowered, usize::MAX)?))
}

/// The timers of silence that are judged, and with them where the cursor of silence stands after it.
fn silences_due<S: States>(
    states: &S,
    before: &Clock,
    clock: &mut Clock,
    target: &Target,
) -> Result<Vec<Due>, S::Error> {
    let due = |to: &Cursor, max| states.due(TimerKind::Silence, &before.cursor, to, max);
    let Target::Proven { timers_max, .. } = target else {
        return due(&clock.cursor, usize::MAX);
    };
    let drained = start_of(clock.silence).max(before.cursor.clone());
    let mut rows = due(&drained, timers_max.saturating_add(1))?;
    clock.cursor = if rows.len() > *timers_max {
        rows.truncate(*timers_max);
        rows.last().map_or(before.cursor.clone(), |last| Cursor {
            instant: last.instant,
            customer: Some(last.customer.clone()),
        })
    } else {
        drained
    };
    Ok(rows)
}

/// The position before every timer at an instant.
const fn start_of(instant: Timestamp) -> Cursor {
    Cursor { instant, customer: None }
}

/// The customers of some changes, each once.
pub fn changed(changes: &[Decided]) -> impl Iterator<Item = &CustomerId> {
    let mut last = None;
    changes.iter().map(|change| &change.core.customer_id).filter(move |customer| {
        let new = last != Some(*customer);
        last = Some(*customer);
        new
    })
}
