//! Populations, moves, stays, flapping and roll rates of one segmentation, counted from its changes.

use std::collections::BTreeMap;

use segflow_core::change::{Cause, Core};
use segflow_core::segmentation::{Dimension, Segmentation};
use segflow_core::time::Timestamp;

use super::calendar::CalendarStep;
use super::sums::{NOBODY, add_up, add_up_each};
use crate::period::Period;

/// A move flaps if it returns to the segment before the last within this time of leaving it, in milliseconds:
/// `xtask/populations.py` has the same definition.
pub const FLAP_MS: i64 = 7 * 24 * 3_600_000;
const HOUR_MS: i64 = 3_600_000;

/// The present stay of a customer in one dimension.
#[derive(Clone, Debug)]
pub struct Stay {
    /// The present segment, or [`NOBODY`].
    pub segment: u16,
    /// The one before it, or [`NOBODY`].
    before: u16,
    /// When it was entered.
    pub entered: Timestamp,
    /// The next comparison of memberships.
    compared_next: Timestamp,
    /// The segment at the last one, or [`NOBODY`].
    compared: u16,
}

impl Default for Stay {
    fn default() -> Self {
        let (entered, compared_next) = (Timestamp::BEGINNING, Timestamp::BEGINNING);
        Self { segment: NOBODY, before: NOBODY, entered, compared_next, compared: NOBODY }
    }
}

/// The counts of one dimension. Segments are numbered in file order; [`NOBODY`] stands for the segment of customers who
/// are new or erased.
#[derive(Clone, Default, Debug)]
pub struct DimensionTally {
    /// How many are in each segment when the period begins.
    pub initial: Vec<i64>,
    /// The number by which each segment grows on each day.
    pub grown: BTreeMap<i32, Vec<i64>>,
    /// The number of moves, and of those that flap, by segment left and entered.
    pub moves: BTreeMap<(u16, u16), [u64; 2]>,
    /// Changes by cause: a fact, time, another.
    pub causes: [u64; 3],
    /// Customer-milliseconds within the period, by segment.
    pub spent_ms: Vec<i64>,
    /// Stays that ended by a move within the period, by segment: how many of how many whole hours.
    pub ended: Vec<BTreeMap<u32, u64>>,
    /// Stays that go on at the end, likewise.
    pub open: Vec<BTreeMap<u32, u64>>,
    /// How many stood in one segment and stand in another, by the day of the later of two comparisons and both segments.
    pub rolls: BTreeMap<i32, BTreeMap<(u16, u16), u64>>,
}

/// The settings of every count of a dimension.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// The segmentation.
    pub segmentation: &'a Segmentation,
    /// The period that is reported.
    pub period: &'a Period,
    /// How far comparisons lie apart.
    pub step: CalendarStep,
}

impl Frame<'_> {
    fn beginning(&self) -> Timestamp {
        self.period.from.unwrap_or(Timestamp::BEGINNING)
    }
}

impl DimensionTally {
    /// No counts yet.
    #[must_use]
    pub fn of(dimension: &Dimension) -> Self {
        let count = dimension.segments.len();
        Self {
            initial: vec![0; count],
            spent_ms: vec![0; count],
            ended: vec![BTreeMap::new(); count],
            open: vec![BTreeMap::new(); count],
            ..Self::default()
        }
    }

    /// Counts a change of a customer whose stay it ends and begins anew.
    pub fn change(&mut self, frame: Frame<'_>, dimension: &Dimension, stay: &mut Stay, core: &Core) {
        let place = |name: &Option<String>| name.as_deref().map_or(NOBODY, |name| place_of(dimension, name));
        let (from, to, at) = (place(&core.from), place(&core.to), core.effective_at);
        self.compare(frame, stay, at);
        self.leave(frame, stay, at);
        if frame.period.holds(at) {
            self.count(frame, stay, core, (from, to));
        } else if to != NOBODY {
            self.initial[usize::from(to)] += 1;
        }
        if !frame.period.holds(at) && from != NOBODY {
            self.initial[usize::from(from)] -= 1;
        }
        let first = stay.segment == NOBODY;
        stay.before = if to == NOBODY { NOBODY } else { from };
        (stay.segment, stay.entered) = (to, at);
        if first {
            let next = frame.step.at_or_after(at.max(frame.beginning()), &frame.segmentation.zone);
            // A customer who was erased and is back before the next comparison was known at both.
            if next != stay.compared_next {
                (stay.compared, stay.compared_next) = (NOBODY, next);
            }
        }
    }

    /// Counts the stay that goes on when the partition ends.
    pub fn end(&mut self, frame: Frame<'_>, stay: &mut Stay, at: Timestamp) {
        self.compare(frame, stay, at);
        if stay.segment == NOBODY {
            return;
        }
        self.spend(frame, stay, at);
        *self.open[usize::from(stay.segment)].entry(hours(stay.entered, at)).or_default() += 1;
    }

    fn count(&mut self, frame: Frame<'_>, stay: &Stay, core: &Core, (from, to): (u16, u16)) {
        let at = core.effective_at;
        let flaps = from != NOBODY
            && to != NOBODY
            && to == stay.before
            && core.entered_previous_at.is_some_and(|entered| at.since_ms(entered) <= FLAP_MS);
        let moves = self.moves.entry((from, to)).or_default();
        moves[0] += 1;
        moves[1] += u64::from(flaps);
        self.causes[match core.cause {
            Cause::Fact => 0,
            Cause::Time => 1,
            Cause::Segmentation | Cause::Erasure => 2,
        }] += 1;
        let count = self.initial.len();
        let grown = self.grown.entry(frame.segmentation.zone.date_of(at).0).or_insert_with(|| vec![0; count]);
        if from != NOBODY {
            grown[usize::from(from)] -= 1;
        }
        if to != NOBODY {
            grown[usize::from(to)] += 1;
        }
    }

    fn leave(&mut self, frame: Frame<'_>, stay: &Stay, at: Timestamp) {
        if stay.segment == NOBODY {
            return;
        }
        self.spend(frame, stay, at);
        if frame.period.holds(at) {
            *self.ended[usize::from(stay.segment)].entry(hours(stay.entered, at)).or_default() += 1;
        }
    }

    fn spend(&mut self, frame: Frame<'_>, stay: &Stay, at: Timestamp) {
        let within = at.since_ms(stay.entered.max(frame.beginning())).max(0);
        self.spent_ms[usize::from(stay.segment)] += within;
    }

    /// Compares memberships at every comparison before an instant.
    fn compare(&mut self, frame: Frame<'_>, stay: &mut Stay, at: Timestamp) {
        while stay.segment != NOBODY && stay.compared_next < at {
            let day = frame.segmentation.zone.date_of(stay.compared_next);
            if stay.compared != NOBODY {
                *self.rolls.entry(day.0).or_default().entry((stay.compared, stay.segment)).or_default() += 1;
            }
            stay.compared = stay.segment;
            stay.compared_next = frame.step.at_or_after(stay.compared_next.plus_ms(1), &frame.segmentation.zone);
        }
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) {
        add_up_each(&mut self.initial, other.initial);
        add_up_each(&mut self.spent_ms, other.spent_ms);
        for (day, grown) in other.grown {
            add_up_each(self.grown.entry(day).or_default(), grown);
        }
        for (pair, [moves, flaps]) in other.moves {
            let mine = self.moves.entry(pair).or_default();
            *mine = [mine[0] + moves, mine[1] + flaps];
        }
        self.causes.iter_mut().zip(other.causes).for_each(|(mine, theirs)| *mine += theirs);
        self.ended.iter_mut().zip(other.ended).for_each(|(mine, theirs)| add_up(mine, theirs));
        self.open.iter_mut().zip(other.open).for_each(|(mine, theirs)| add_up(mine, theirs));
        for (day, rolls) in other.rolls {
            add_up(self.rolls.entry(day).or_default(), rolls);
        }
    }
}

/// The place of a segment in its dimension.
#[must_use]
pub fn place_of(dimension: &Dimension, name: &str) -> u16 {
    let place = dimension.segments.iter().position(|segment| segment.name == name);
    place.and_then(|place| u16::try_from(place).ok()).expect("a change names a segment of its dimension")
}

fn hours(from: Timestamp, to: Timestamp) -> u32 {
    u32::try_from(to.since_ms(from).max(0) / HOUR_MS).unwrap_or(u32::MAX)
}
