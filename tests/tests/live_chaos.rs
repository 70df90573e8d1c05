//! A short chaos run, for every day: each fault once, at a small rate. `cargo xtask chaos` makes it long and fast.

use std::time::Duration;

use segflow_tests::chaos::{ChaosSettings, run};

#[test]
fn under_every_fault_nothing_is_lost_repeated_or_out_of_order() {
    let seconds = |seconds| Duration::from_secs(seconds);
    assert!(run(ChaosSettings { rate: 300, length: seconds(105), every: seconds(15), customers: 2_000 }));
}
