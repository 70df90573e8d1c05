//! The timers that are due in an epoch, and how far the clock goes if they are too many.

use std::collections::BTreeMap;

use segflow_core::clock::{Clock, Cursor};
use segflow_core::event::CustomerId;
use segflow_core::time::Timestamp;

use super::{Plan, Target};
use crate::intake::AcceptedEvent;
use crate::states::{Due, States, TimerKind};

/// The timers of customers, not touched by a record, for whom a fact comes into effect before `F`. If they are more than
/// the bound, `F` is lowered to the instant of the first beyond it.
pub(super) fn facts_due<S: States>(
    states: &S,
    plan: Plan<'_>,
    touched: &BTreeMap<CustomerId, Vec<AcceptedEvent>>,
) -> Result<(Clock, Vec<Due>), S::Error> {
    let before = plan.before;
    let due = |to: Timestamp, max: usize| -> Result<Vec<Due>, S::Error> {
        let rows = states.due(TimerKind::Fact, &start_of(before.facts), &start_of(to), max)?;
        Ok(rows.into_iter().filter(|row| !touched.contains_key(&row.customer)).collect())
    };
    let (clock, grace_ms, timers_max) = match plan.target {
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

/// The timers of silence that are judged. Moves the clock's cursor of silence to where it stands after them.
pub(super) fn silences_due<S: States>(states: &S, plan: Plan<'_>, clock: &mut Clock) -> Result<Vec<Due>, S::Error> {
    let before = &plan.before.cursor;
    let due = |to: &Cursor, max| states.due(TimerKind::Silence, before, to, max);
    let Target::Proven { timers_max, .. } = plan.target else {
        return due(&clock.cursor, usize::MAX);
    };
    let drained = start_of(clock.silence).max(before.clone());
    let mut rows = due(&drained, timers_max.saturating_add(1))?;
    clock.cursor = if rows.len() > *timers_max {
        rows.truncate(*timers_max);
        rows.last()
            .map_or(before.clone(), |last| Cursor { instant: last.instant, customer: Some(last.customer.clone()) })
    } else {
        drained
    };
    Ok(rows)
}

/// The position before every timer at an instant.
const fn start_of(instant: Timestamp) -> Cursor {
    Cursor { instant, customer: None }
}
