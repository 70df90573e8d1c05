//! The clock of a task: how far time has been proved to have come. Arithmetic only.

use serde::{Deserialize, Serialize};

use crate::event::CustomerId;
use crate::time::Timestamp;

/// Whether an input holds the clock back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// No silence is judged past an instant while this input may hold an older record.
    Gate,
    /// The clock does not wait for this input; its facts may be late.
    Hint,
}

/// Where time comes from when nothing arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Idle {
    /// From the wall: an input whose end is proved is as far as the wall.
    WallTime,
    /// From the records alone: an input at its end leaves the minimum (backfills, tests, `fold`).
    RecordTime,
}

/// How a task's clock runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClockSettings {
    /// How long silence is held back behind the facts, in milliseconds.
    pub grace_ms: i64,
    /// Where time comes from when nothing arrives.
    pub idle: Idle,
}

/// One input of a task at the end of a read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Input {
    /// Whether it holds the clock back.
    pub role: Role,
    /// The greatest record timestamp read from it; none before the first record.
    pub greatest: Option<Timestamp>,
    /// Whether its end is proved: the position has reached what the leaders answered.
    pub at_end: bool,
}

/// The cursor of silence: every timer of silence up to this position has been judged.
///
/// On disk: its fields are fixed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Cursor {
    /// Timers before it are judged.
    pub instant: Timestamp,
    /// Timers at that instant are judged up to this customer, in the order of ids; none of them if there is no customer.
    pub customer: Option<CustomerId>,
}

/// `F`, `T` and `S` of a task.
///
/// On disk: its fields are fixed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Clock {
    /// Facts before it are decided: touched customers are advanced to it.
    pub facts: Timestamp,
    /// Silence before it may be judged.
    pub silence: Timestamp,
    /// How far silence has been judged.
    pub cursor: Cursor,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            facts: Timestamp::BEGINNING,
            silence: Timestamp::BEGINNING,
            cursor: Cursor { instant: Timestamp::BEGINNING, customer: None },
        }
    }
}

impl Clock {
    /// `F` and `T` after a read that ended at wall time `w`. Neither ever falls. The cursor stays; draining moves it.
    #[must_use]
    pub fn settle(&self, inputs: &[Input], w: Timestamp, settings: ClockSettings) -> Self {
        let (bound, grace_ms) = match settings.idle {
            Idle::WallTime => (wall_bound(inputs, w), settings.grace_ms),
            Idle::RecordTime => record_bound(inputs, settings.grace_ms),
        };
        let facts = bound.map_or(self.facts, |bound| bound.max(self.facts));
        self.at(facts, grace_ms)
    }

    /// This clock with `F` moved to `facts`, for a cycle that goes only part of the way.
    #[must_use]
    pub fn at(&self, facts: Timestamp, grace_ms: i64) -> Self {
        Self { facts, silence: facts.plus_ms(-grace_ms).max(self.silence), cursor: self.cursor.clone() }
    }
}

/// The least bound of the gating inputs, never beyond the wall, which a producer's clock may be; none while one of them
/// has no bound.
fn wall_bound(inputs: &[Input], w: Timestamp) -> Option<Timestamp> {
    let bound = |input: &Input| if input.at_end { Some(w) } else { input.greatest.map(|greatest| greatest.min(w)) };
    gates(inputs).map(bound).min().unwrap_or(Some(w))
}

/// As [`wall_bound`], without a wall. Once every input is at its end, one past the greatest timestamp, without grace.
fn record_bound(inputs: &[Input], grace_ms: i64) -> (Option<Timestamp>, i64) {
    if inputs.iter().all(|input| input.at_end) {
        let greatest = inputs.iter().filter_map(|input| input.greatest).max();
        return (greatest.map(|greatest| greatest.plus_ms(1)), 0);
    }
    let unfinished = gates(inputs).filter(|input| !input.at_end).map(|input| input.greatest).min();
    let finished = || gates(inputs).map(|input| input.greatest).max().flatten();
    (unfinished.unwrap_or_else(finished), grace_ms)
}

fn gates(inputs: &[Input]) -> impl Iterator<Item = &Input> {
    inputs.iter().filter(|input| input.role == Role::Gate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: ClockSettings = ClockSettings { grace_ms: 5_000, idle: Idle::WallTime };
    const RECORDS: ClockSettings = ClockSettings { grace_ms: 5_000, idle: Idle::RecordTime };

    fn input(role: Role, greatest: Option<i64>, at_end: bool) -> Input {
        Input { role, greatest: greatest.map(Timestamp), at_end }
    }

    fn settled(inputs: &[Input], w: i64, settings: ClockSettings) -> (i64, i64) {
        let clock = Clock::default().settle(inputs, Timestamp(w), settings);
        (clock.facts.0, clock.silence.0)
    }

    #[test]
    fn the_least_advanced_gate_holds_the_clock() {
        let unfinished = [input(Role::Gate, Some(10_000), false), input(Role::Gate, Some(17_000), false)];
        assert_eq!(settled(&unfinished, 90_000, WALL), (10_000, 5_000));
        let finished = [input(Role::Gate, Some(10_000), true), input(Role::Gate, Some(17_000), true)];
        assert_eq!(settled(&finished, 19_000, WALL), (19_000, 14_000));
    }

    #[test]
    fn without_a_record_or_a_proof_the_clock_stays() {
        let silent = [input(Role::Gate, None, false), input(Role::Gate, Some(17_000), false)];
        assert_eq!(settled(&silent, 90_000, WALL), (i64::MIN, i64::MIN));
        assert_eq!(settled(&silent, 90_000, RECORDS), (i64::MIN, i64::MIN));
    }

    #[test]
    fn a_producer_ahead_of_the_wall_does_not_take_the_clock_along() {
        assert_eq!(settled(&[input(Role::Gate, Some(250_000), false)], 90_000, WALL), (90_000, 85_000));
    }

    #[test]
    fn a_hint_holds_nothing_up_but_the_end_of_record_time() {
        let behind = [input(Role::Gate, Some(17_000), true), input(Role::Hint, Some(1_000), false)];
        assert_eq!(settled(&behind, 90_000, WALL), (90_000, 85_000));
        assert_eq!(settled(&behind, 90_000, RECORDS), (17_000, 12_000));
        let ended = [input(Role::Gate, Some(17_000), true), input(Role::Hint, Some(18_000), true)];
        assert_eq!(settled(&ended, 90_000, RECORDS), (18_001, 18_001));
    }

    #[test]
    fn the_clock_never_falls() {
        let later = Clock::default().settle(&[input(Role::Gate, Some(50_000), false)], Timestamp(60_000), WALL);
        let again = later.settle(&[input(Role::Gate, Some(20_000), false)], Timestamp(60_000), WALL);
        assert_eq!((again.facts, again.silence), (later.facts, later.silence));
    }
}
