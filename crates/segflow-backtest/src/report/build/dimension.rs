//! The figures of one dimension.

use std::collections::BTreeMap;

use segflow_core::segmentation::Dimension;

use super::days::Days;
use crate::observe::memberships::DimensionTally;
use crate::observe::outcomes::{Rate, SegmentOutcomes};
use crate::observe::sums::{NOBODY, number_of};
use crate::report::figures::{DimensionFigures, MoveFigures, RollFigures, SegmentFigures, Separations};
use crate::report::stats::{durations, number, part, separation, wilson};
use crate::sample::Sample;

const DAY_MS: u64 = 24 * 3_600_000;

/// The figures of a dimension. `outcomes` are those of its segments, in file order.
pub fn figures(
    dimension: &Dimension,
    counted: &DimensionTally,
    outcomes: &[SegmentOutcomes],
    days: &Days,
    sample: Option<Sample>,
) -> DimensionFigures {
    let between = |&((from, to), _): &(&(u16, u16), &[u64; 2])| *from != NOBODY && *to != NOBODY;
    let (moves, flaps) = counted
        .moves
        .iter()
        .filter(between)
        .fold((0_u64, 0_u64), |(moves, flaps), (_, [more, back])| (moves + more, flaps + back));
    let separated = |rate: fn(&SegmentOutcomes) -> Rate| separation(&outcomes.iter().map(rate).collect::<Vec<_>>());
    DimensionFigures {
        name: dimension.name.clone(),
        segments: segments(dimension, counted, outcomes, days, sample),
        moves,
        flaps,
        flap_rate: part(flaps, moves),
        causes: counted.causes,
        matrix: matrix(dimension, counted),
        rolls: rolls(dimension, counted),
        separation: Separations {
            paid: separated(|outcomes| outcomes.paid),
            cured: separated(|outcomes| outcomes.cured),
            kept: separated(|outcomes| outcomes.kept),
        },
    }
}

fn segments(
    dimension: &Dimension,
    counted: &DimensionTally,
    outcomes: &[SegmentOutcomes],
    days: &Days,
    sample: Option<Sample>,
) -> Vec<SegmentFigures> {
    let all = counted.spent_ms.iter().map(|ms| ms.unsigned_abs()).sum::<u64>();
    let segment = |place: usize| {
        let spent = counted.spent_ms[place].unsigned_abs();
        let population = days.accumulated(counted.initial[place], |day| {
            counted.grown.get(&day).and_then(|grown| grown.get(place)).copied().unwrap_or(0)
        });
        SegmentFigures {
            name: dimension.segments[place].name.clone(),
            initial: u64::try_from(counted.initial[place]).unwrap_or(0),
            estimate: sample.map(|sample| sample.estimate(population.last().copied().unwrap_or(0))),
            population,
            customer_days: number(spent) / number(DAY_MS),
            share: part(spent, all),
            ended: durations(&counted.ended[place]),
            open: durations(&counted.open[place]),
            paid: wilson(outcomes[place].paid),
            cured: wilson(outcomes[place].cured),
            kept: wilson(outcomes[place].kept),
        }
    };
    (0..dimension.segments.len()).map(segment).collect()
}

fn matrix(dimension: &Dimension, counted: &DimensionTally) -> Vec<MoveFigures> {
    let name = |segment: u16| dimension.segments.get(usize::from(segment)).map(|segment| segment.name.clone());
    let cell = |((from, to), [moves, flaps]): (&(u16, u16), &[u64; 2])| MoveFigures {
        from: name(*from),
        to: name(*to),
        moves: *moves,
        flaps: *flaps,
    };
    counted.moves.iter().map(cell).collect()
}

fn rolls(dimension: &Dimension, counted: &DimensionTally) -> Vec<RollFigures> {
    let mut sums: BTreeMap<(u16, u16), u64> = BTreeMap::new();
    for (pair, count) in counted.rolls.values().flatten() {
        *sums.entry(*pair).or_default() += count;
    }
    let count = |from: usize, to: usize| {
        let key = (number_of(from), number_of(to));
        sums.get(&key).copied().unwrap_or(0)
    };
    let places = 0..dimension.segments.len();
    let row = |from: usize| {
        let customers = places.clone().map(|to| count(from, to)).sum();
        let to = places.clone().map(|to| part(count(from, to), customers)).collect();
        RollFigures { from: dimension.segments[from].name.clone(), customers, to }
    };
    places.clone().map(row).filter(|row| row.customers > 0).collect()
}
