//! The figures of customers who differ between candidate and baseline.

use std::cmp::Reverse;

use segflow_core::event::CustomerId;
use segflow_core::segmentation::Segmentation;

use super::days::Days;
use crate::observe::differences::{BEFORE_PERIOD, Differences, SharedDimension};
use crate::observe::sums::{NOBODY, number_of};
use crate::partition_replay::ReplayContext;
use crate::report::figures::{DifferenceDimension, DifferenceFigures, ExampleFigures, PairFigures};

/// The most customers who are explained.
const EXAMPLES: usize = 20;

/// The figures between both segmentations of a context that has two.
pub fn figures(context: &ReplayContext, counted: &Differences, days: &Days) -> DifferenceFigures {
    let [candidate, baseline] = [&context.rules[0].present, &context.rules[1].present];
    let shared = context.scope.shared();
    let mut dimensions = Vec::new();
    let mut examples = Vec::new();
    for (place, both) in shared.iter().enumerate() {
        let dimension = Both { number: number_of(place), both: *both, candidate, baseline, counted };
        dimensions.push(dimension.figures(days));
        examples.extend(dimension.examples());
    }
    DifferenceFigures {
        customers: counted.customers,
        ever: counted.ever,
        at_end: counted.at_end,
        dimensions,
        candidate_only: alone(candidate, |place| shared.iter().all(|both| both.candidate != place)),
        baseline_only: alone(baseline, |place| shared.iter().all(|both| both.baseline != place)),
        examples: in_turn(examples),
    }
}

/// The names of the dimensions that one segmentation alone has.
fn alone(segmentation: &Segmentation, is_alone: impl Fn(usize) -> bool) -> Vec<String> {
    let alone = segmentation.dimensions.iter().enumerate().filter(|(place, _)| is_alone(*place));
    alone.map(|(_, dimension)| dimension.name.clone()).collect()
}

/// A dimension that both segmentations have.
struct Both<'a> {
    /// Its number in the counts.
    number: u16,
    both: SharedDimension,
    candidate: &'a Segmentation,
    baseline: &'a Segmentation,
    counted: &'a Differences,
}

impl Both<'_> {
    fn figures(&self, days: &Days) -> DifferenceDimension {
        let of_pair = |(&(_, old, new), &customers): (&(u16, u16, u16), &u64)| {
            let (baseline, candidate) = self.names(old, new);
            PairFigures { baseline, candidate, customers }
        };
        let mut pairs: Vec<PairFigures> = self.counted.pairs.range(self.keys()).map(of_pair).collect();
        pairs.sort_by(|a, b| (b.customers, &a.baseline, &a.candidate).cmp(&(a.customers, &b.baseline, &b.candidate)));
        let grown = |day| self.counted.grown.get(&(self.number, day)).copied().unwrap_or(0);
        let differing = days.accumulated(grown(BEFORE_PERIOD), grown);
        DifferenceDimension { name: self.name(), differing, pairs }
    }

    /// Some customers of each pair of segments, with the number of all customers of that pair.
    fn examples(&self) -> Vec<(u64, Vec<ExampleFigures>)> {
        let pairs = self.counted.some.range(self.keys());
        let of_pair = pairs.map(|((_, old, new), some)| {
            let (baseline, candidate) = self.names(*old, *new);
            let example = |(_, customer): &(u32, CustomerId)| ExampleFigures {
                customer: customer.to_string(),
                dimension: self.name(),
                baseline: baseline.clone(),
                candidate: candidate.clone(),
                baseline_why: String::new(),
                candidate_why: String::new(),
            };
            (self.counted.pairs[&(self.number, *old, *new)], some.iter().map(example).collect())
        });
        of_pair.collect()
    }

    /// The keys of the pairs of this dimension.
    fn keys(&self) -> std::ops::RangeInclusive<(u16, u16, u16)> {
        (self.number, 0, 0)..=(self.number, NOBODY, NOBODY)
    }

    fn name(&self) -> String {
        self.candidate.dimensions[self.both.candidate].name.clone()
    }

    /// The names of the baseline's segment and the candidate's; none for no segment.
    fn names(&self, old: u16, new: u16) -> (Option<String>, Option<String>) {
        let name = |segmentation: &Segmentation, dimension: usize, segment: u16| {
            segmentation.dimensions[dimension].segments.get(usize::from(segment)).map(|segment| segment.name.clone())
        };
        (name(self.baseline, self.both.baseline, old), name(self.candidate, self.both.candidate, new))
    }
}

/// One customer of each pair in turn, the most frequent pair first; nobody twice.
fn in_turn(mut pairs: Vec<(u64, Vec<ExampleFigures>)>) -> Vec<ExampleFigures> {
    pairs.sort_by_key(|(customers, _)| Reverse(*customers));
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
