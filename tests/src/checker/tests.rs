//! Tests of the parts that need no broker.

#![allow(clippy::unwrap_used, reason = "a test")]

use super::{Calendar, SEGMENTATION};

#[test]
fn days_begin_at_local_midnight_and_may_have_another_length() {
    let calendar = Calendar::new("Europe/Rome");
    let instant = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let day = calendar.day_of(instant("2026-03-28T23:00:00Z"));
    assert_eq!(calendar.midnight(day), instant("2026-03-28T23:00:00Z"));
    assert_eq!(calendar.midnight(day + 1), instant("2026-03-29T22:00:00Z"), "the clocks went forward");
    assert_eq!(calendar.day_of(instant("2026-03-28T22:59:59.999Z")), day - 1);
    assert_eq!(calendar.day_of(instant("2026-03-29T21:59:59.999Z")), day);
}

#[test]
fn the_checker_uses_none_of_segflows_code() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src/checker");
    let crates =
        ["core", "wire", "store", "runtime", "kafka", "ops", "portfolio"].map(|name| format!("segflow_{name}"));
    for file in std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()) {
        let text = std::fs::read_to_string(&file).unwrap();
        let used = crates.iter().find(|name| text.contains(*name));
        assert_eq!(used, None, "{}", file.display());
    }
    assert!(SEGMENTATION.contains("timezone: ZONE\n"));
}
