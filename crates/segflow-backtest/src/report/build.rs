//! Turns what was counted into the figures of the report.

use std::collections::BTreeMap;

use segflow_core::ENGINE_VERSION;
use segflow_core::segmentation::{Dimension, Segmentation};
use segflow_core::time::{Date, Timestamp};

use super::figures::{
    BadFigure, DifferenceDimension, DifferenceFigures, DimensionFigures, EventFigures, ExampleFigures, MoveFigures,
    PairFigures, PeriodFigures, Report, RollFigures, SegmentFigures, Separations, SideFigures, WorkFigures,
};
use super::stats::{durations, number, part, separation, wilson};
use crate::batch::RecordPlace;
use crate::engine::{Replayed, Totals};
use crate::observe::differences::Differences;
use crate::observe::memberships::DimensionTally;
use crate::observe::outcomes::{Rate, SegmentOutcomes};
use crate::observe::work::{Words, Work};
use crate::observe::{NOBODY, SideTally, Tally};
use crate::partition_replay::{ReplayContext, SIDES};
use crate::rejected::Rejected;

const DAY_MS: u64 = 24 * 3_600_000;
/// The layout of [`Report`].
const FORMAT: u32 = 1;

/// How many may be begun a day, by key and value of treatments.
pub type Capacity = BTreeMap<(String, String), u64>;

/// The days that are reported.
struct Days {
    first: Date,
    count: usize,
}

impl Days {
    fn of(context: &ReplayContext, tally: &Tally, last_record: Timestamp) -> Self {
        let zone = &context.rules[0].present.zone;
        let grown = tally.sides.iter().flat_map(|side| &side.dimensions).flat_map(|dimension| dimension.grown.keys());
        let earliest = grown.min().map_or_else(|| zone.date_of(last_record), |day| Date(*day));
        let first = context.period.from.map_or(earliest, |from| zone.date_of(from));
        let end = context.period.to.map_or(last_record, |to| to.plus_ms(-1));
        let count = zone.date_of(end).days_since(first) + 1;
        Self { first, count: usize::try_from(count).unwrap_or(1).clamp(1, 40_000) }
    }

    fn all(&self) -> impl Iterator<Item = Date> {
        (self.first.0..).take(self.count).map(Date)
    }

    /// What has accumulated by the end of each day.
    fn accumulated(&self, initial: i64, grown: impl Fn(i32) -> i64) -> Vec<u64> {
        let mut now = initial;
        let each = self.all().map(|day| {
            now += grown(day.0);
            u64::try_from(now).unwrap_or(0)
        });
        each.collect()
    }

    fn each(&self, count: impl Fn(i32) -> u64) -> Vec<u64> {
        self.all().map(|day| count(day.0)).collect()
    }
}

/// The report of what was replayed. `named` says where a bad record stands.
///
/// The examples of customers who differ are left without their explanations: see [`super::examples`].
#[must_use]
pub fn build(
    context: &ReplayContext,
    replayed: &Replayed,
    tally: &Tally,
    capacity: &Capacity,
    last_record: Timestamp,
    named: &dyn Fn(RecordPlace) -> String,
) -> Report {
    let days = Days::of(context, tally, last_record);
    let segmentations = context.rules.iter().zip(&tally.sides).zip(&context.scope.words).enumerate();
    let sides = segmentations.map(|(place, ((rules, tally), words))| {
        side(place, &rules.present, &replayed.totals(context, place), tally, words, &days, capacity)
    });
    Report {
        format: FORMAT,
        engine_version: ENGINE_VERSION.to_owned(),
        period: PeriodFigures {
            from: context.period.from.map(|from| from.to_string()),
            to: context.period.to.map(|to| to.to_string()),
            time_zone: context.rules[0].present.zone.name().to_owned(),
            days: days.all().map(|day| day.to_string()).collect(),
            step: context.scope.step().word(),
        },
        events: events(context, replayed, named),
        sides: sides.collect(),
        differences: (context.rules.len() == 2).then(|| differences(context, &tally.differences, &days)),
    }
}

/// By which number the counts name the dimension, segment, key or value at a place.
fn counted_as(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(NOBODY)
}

fn events(context: &ReplayContext, replayed: &Replayed, named: &dyn Fn(RecordPlace) -> String) -> EventFigures {
    let (counts, bad) = (replayed.totals(context, 0).counts, replayed.bad());
    let malformed = replayed.read.malformed.total();
    let Rejected { counts: by_reason, named: first } = &bad;
    let figure = |(place, fault): (&RecordPlace, &crate::rejected::Fault)| BadFigure {
        place: named(*place),
        reason: fault.reason.to_owned(),
        detail: fault.detail.clone(),
    };
    EventFigures {
        read: counts.read + malformed,
        folded: counts.folded,
        duplicates: counts.duplicates,
        forgotten: counts.forgotten,
        late: counts.late,
        bad: counts.dead_letters + malformed,
        beyond: replayed.read.beyond,
        bad_by_reason: by_reason.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect(),
        bad_named: first.iter().map(figure).collect(),
    }
}

fn side(
    place: usize,
    segmentation: &Segmentation,
    totals: &Totals,
    tally: &SideTally,
    words: &Words,
    days: &Days,
    capacity: &Capacity,
) -> SideFigures {
    let dimensions = segmentation.dimensions.iter().zip(&tally.dimensions).enumerate();
    SideFigures {
        side: SIDES[place],
        name: segmentation.name.clone(),
        version: segmentation.version,
        hash: segmentation.hash.clone(),
        digest: totals.digest.to_string(),
        period_digest: totals.reported.to_string(),
        changes: totals.reported_count,
        dimensions: dimensions.map(|(place, (named, counted))| dimension(named, counted, place, tally, days)).collect(),
        work: work(words, &tally.work, days, capacity),
        channel_by_handler: pairs(words, &tally.work),
    }
}

fn dimension(
    dimension: &Dimension,
    counted: &DimensionTally,
    place: usize,
    tally: &SideTally,
    days: &Days,
) -> DimensionFigures {
    let name = |segment: u16| dimension.segments.get(usize::from(segment)).map(|segment| segment.name.clone());
    let outcome = |segment: usize| {
        let key = (counted_as(place), counted_as(segment));
        tally.outcomes.0.get(&key).copied().unwrap_or_default()
    };
    let all = counted.spent_ms.iter().map(|ms| ms.unsigned_abs()).sum::<u64>();
    let segment = |place: usize| {
        let spent = counted.spent_ms[place].unsigned_abs();
        let outcomes = outcome(place);
        SegmentFigures {
            name: dimension.segments[place].name.clone(),
            initial: u64::try_from(counted.initial[place]).unwrap_or(0),
            population: days.accumulated(counted.initial[place], |day| {
                counted.grown.get(&day).and_then(|grown| grown.get(place)).copied().unwrap_or(0)
            }),
            customer_days: number(spent) / number(DAY_MS),
            share: part(spent, all),
            ended: durations(&counted.ended[place]),
            open: durations(&counted.open[place]),
            paid: wilson(outcomes.paid),
            cured: wilson(outcomes.cured),
            kept: wilson(outcomes.kept),
        }
    };
    let between = |&((from, to), _): &(&(u16, u16), &[u64; 2])| *from != NOBODY && *to != NOBODY;
    let (moves, flaps) = counted
        .moves
        .iter()
        .filter(between)
        .fold((0_u64, 0_u64), |(moves, flaps), (_, [more, back])| (moves + more, flaps + back));
    let outcomes: Vec<SegmentOutcomes> = (0..dimension.segments.len()).map(outcome).collect();
    let separated = |of: fn(&SegmentOutcomes) -> Rate| separation(&outcomes.iter().map(of).collect::<Vec<_>>());
    DimensionFigures {
        name: dimension.name.clone(),
        segments: (0..dimension.segments.len()).map(segment).collect(),
        moves,
        flaps,
        flap_rate: part(flaps, moves),
        causes: counted.causes,
        matrix: counted
            .moves
            .iter()
            .map(|((from, to), [moves, flaps])| MoveFigures {
                from: name(*from),
                to: name(*to),
                moves: *moves,
                flaps: *flaps,
            })
            .collect(),
        rolls: rolls(dimension, counted),
        separation: Separations {
            paid: separated(|outcomes| outcomes.paid),
            cured: separated(|outcomes| outcomes.cured),
            kept: separated(|outcomes| outcomes.kept),
        },
    }
}

fn rolls(dimension: &Dimension, counted: &DimensionTally) -> Vec<RollFigures> {
    let mut sums: BTreeMap<(u16, u16), u64> = BTreeMap::new();
    for (pair, count) in counted.rolls.values().flatten() {
        *sums.entry(*pair).or_default() += count;
    }
    let count = |from: usize, to: usize| {
        let key = (counted_as(from), counted_as(to));
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

fn work(words: &Words, work: &Work, days: &Days, capacity: &Capacity) -> Vec<WorkFigures> {
    let mut figures = Vec::new();
    for (key, (key_name, values)) in words.0.iter().enumerate() {
        for (value, value_name) in values.iter().enumerate() {
            let (key, value) = (counted_as(key), counted_as(value));
            let starts = days.each(|day| work.starts.get(&(key, value, day)).copied().unwrap_or(0));
            let initial = work.initial.get(&(key, value)).copied().unwrap_or(0);
            let grown = |day| work.grown.get(&(key, value, day)).copied().unwrap_or(0);
            let capacity = capacity.get(&(key_name.clone(), value_name.clone())).copied();
            let (days_over, queue_peak, queue_end) = queue(&starts, capacity);
            let total = starts.iter().sum();
            figures.push(WorkFigures {
                key: key_name.clone(),
                value: value_name.clone(),
                total,
                mean: number(total) / number(days.count as u64),
                peak: starts.iter().copied().max().unwrap_or(0),
                caseload: days.accumulated(initial, grown),
                starts,
                capacity,
                days_over,
                queue_peak,
                queue_end,
            });
        }
    }
    figures
}

/// Days over the capacity, the longest queue and the last one, if what exceeds it waits for the days after.
fn queue(starts: &[u64], capacity: Option<u64>) -> (u64, u64, u64) {
    let Some(capacity) = capacity else { return (0, 0, 0) };
    let (mut over, mut peak, mut waiting) = (0, 0, 0_u64);
    for started in starts {
        over += u64::from(*started > capacity);
        waiting = (waiting + started).saturating_sub(capacity);
        peak = peak.max(waiting);
    }
    (over, peak, waiting)
}

fn pairs(words: &Words, work: &Work) -> Vec<(String, String, u64)> {
    let values = |name: &str| words.0.iter().find(|(key, _)| key == name).map(|(_, values)| values.as_slice());
    let (channels, handlers) = (values("channel").unwrap_or_default(), values("handler").unwrap_or_default());
    let word = |of: &[String], place: u16| of.get(usize::from(place)).cloned().unwrap_or_else(|| "none".to_owned());
    let named =
        |((channel, handler), count): (&(u16, u16), &u64)| (word(channels, *channel), word(handlers, *handler), *count);
    work.pairs.iter().map(named).collect()
}

fn differences(context: &ReplayContext, counted: &Differences, days: &Days) -> DifferenceFigures {
    let [candidate, baseline] = [&context.rules[0].present, &context.rules[1].present];
    let shared = context.scope.shared();
    let name = |of: &Segmentation, dimension: usize, segment: u16| {
        of.dimensions[dimension].segments.get(usize::from(segment)).map(|segment| segment.name.clone())
    };
    let mut examples = Vec::new();
    let mut dimensions = Vec::new();
    for (place, both) in shared.iter().enumerate() {
        let key = counted_as(place);
        let dimension = candidate.dimensions[both.candidate].name.clone();
        let of_pair = |(&(_, old, new), &customers): (&(u16, u16, u16), &u64)| PairFigures {
            baseline: name(baseline, both.baseline, old),
            candidate: name(candidate, both.candidate, new),
            customers,
        };
        let mine = counted.pairs.range((key, 0, 0)..=(key, NOBODY, NOBODY));
        let mut pairs: Vec<PairFigures> = mine.map(of_pair).collect();
        pairs.sort_by(|a, b| (b.customers, &a.baseline, &a.candidate).cmp(&(a.customers, &b.baseline, &b.candidate)));
        let initial = counted.grown.get(&(key, i32::MIN)).copied().unwrap_or(0);
        let differing = days.accumulated(initial, |day| counted.grown.get(&(key, day)).copied().unwrap_or(0));
        for ((_, old, new), some) in counted.some.range((key, 0, 0)..=(key, NOBODY, NOBODY)) {
            let customers = counted.pairs[&(key, *old, *new)];
            let example = |(_, customer): &(u32, segflow_core::event::CustomerId)| ExampleFigures {
                customer: customer.to_string(),
                dimension: dimension.clone(),
                baseline: name(baseline, both.baseline, *old),
                candidate: name(candidate, both.candidate, *new),
                baseline_why: String::new(),
                candidate_why: String::new(),
            };
            examples.push((customers, some.iter().map(example).collect::<Vec<_>>()));
        }
        dimensions.push(DifferenceDimension { name: dimension, differing, pairs });
    }
    let only = |of: &Segmentation, has: &dyn Fn(usize) -> bool| -> Vec<String> {
        let alone = of.dimensions.iter().enumerate().filter(|(place, _)| !has(*place));
        alone.map(|(_, dimension)| dimension.name.clone()).collect()
    };
    DifferenceFigures {
        customers: counted.customers,
        ever: counted.ever,
        at_end: counted.at_end,
        dimensions,
        candidate_only: only(candidate, &|place| shared.iter().any(|both| both.candidate == place)),
        baseline_only: only(baseline, &|place| shared.iter().any(|both| both.baseline == place)),
        examples: in_turn(examples),
    }
}

/// How many customers are explained.
const EXAMPLES: usize = 20;

/// One of each pair in turn, the most frequent pair first; nobody twice.
fn in_turn(mut pairs: Vec<(u64, Vec<ExampleFigures>)>) -> Vec<ExampleFigures> {
    pairs.sort_by_key(|(customers, _)| std::cmp::Reverse(*customers));
    let mut chosen: Vec<ExampleFigures> = Vec::new();
    let most = pairs.iter().map(|(_, some)| some.len()).max().unwrap_or(0);
    for round in 0..most {
        for (_, some) in &pairs {
            let next = some.get(round).filter(|next| chosen.iter().all(|one| one.customer != next.customer));
            chosen.extend(next.filter(|_| chosen.len() < EXAMPLES).cloned());
        }
    }
    chosen
}
