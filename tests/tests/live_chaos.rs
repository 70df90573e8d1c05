//! A short chaos run, for every day: each fault once, at a small rate. `cargo xtask chaos` makes it long and fast.

use std::time::Duration;

use segflow_tests::chaos::{ChaosSettings, run};

#[test]
fn no_fault_loses_repeats_or_reorders_a_change() {
    let seconds = |seconds| Duration::from_secs(seconds);
    assert!(run(ChaosSettings { rate: 300, length: seconds(105), every: seconds(15), customers: 2_000 }));
}
