//! When events are read and how far time comes in between.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use segflow_core::time::Timestamp;

use super::Case;
use super::history::{after_midnight_ms, day};

/// A cycle: some records are read, then time comes to an instant.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// How many events are read at least.
    pub reads: usize,
    /// How far the clock is proved to have come.
    pub facts: Timestamp,
    /// How far silence may be judged; not beyond `facts`.
    pub silence: Timestamp,
}

/// Cycles before they have a calendar.
#[derive(Clone, Debug)]
pub struct Schedule(Vec<(usize, i32, i64, i64)>);

/// Up to 24 cycles; many see no event, and silence may lag behind facts by the grace of up to two days.
pub fn schedule() -> impl Strategy<Value = Schedule> {
    let reads = prop_oneof![2 => Just(0_usize), 3 => 1_usize..6];
    let grace = prop_oneof![2 => Just(0_i64), 1 => Just(5_000), 1 => 0_i64..172_800_000];
    vec((reads, day(), after_midnight_ms(), grace), 0..24).prop_map(Schedule)
}

impl Schedule {
    /// The cycles in order of time, and a last one that reads everything and lets each window run out.
    pub fn cycles(&self, case: &Case) -> Vec<Cycle> {
        let mut cycles: Vec<Cycle> = self
            .0
            .iter()
            .map(|(reads, day, ms, grace)| {
                let facts = case.instant(*day, *ms);
                Cycle { reads: *reads, facts, silence: facts.plus_ms(-grace) }
            })
            .collect();
        cycles.sort_by_key(|cycle| cycle.facts);
        let end = case.end();
        cycles.push(Cycle { reads: usize::MAX, facts: end, silence: end });
        cycles
    }
}

/// Instants before they have a calendar.
#[derive(Clone, Debug)]
pub struct Instants(Vec<(i32, i64)>);

/// As many instants as `count` says.
pub fn instants(count: Range<usize>) -> impl Strategy<Value = Instants> {
    vec((day(), after_midnight_ms()), count).prop_map(Instants)
}

impl Instants {
    /// The instants in order.
    pub fn at(&self, case: &Case) -> Vec<Timestamp> {
        let mut instants: Vec<_> = self.0.iter().map(|(day, ms)| case.instant(*day, *ms)).collect();
        instants.sort_unstable();
        instants
    }
}
