//! Strategies: customers whose facts collide, come early, late and twice, around local midnights and clock changes;
//! and segmentations of random rules over every feature.
//!
//! Drafts are drawn independently of zone and date, and become events and YAML only at the end, so that they shrink.

mod history;
mod rules;
mod schedule;

use std::fmt;

use proptest::prelude::*;
use segflow_core::event::Event;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Instant};

use history::DAYS;

pub use schedule::{Cycle, Instants, Schedule, instants, schedule};

/// A segmentation and the events of one customer, in the order in which they arrive.
#[derive(Clone)]
pub struct Case {
    /// The segmentation's file.
    pub text: String,
    /// The same, loaded.
    pub segmentation: Segmentation,
    /// The day from which the days of its events are counted.
    pub start: Date,
    /// In order of arrival; at most 40.
    pub events: Vec<Event>,
}

/// How long after the last event time goes on: every window of the rules runs out.
const SILENT_DAYS: i32 = 100;

impl Case {
    /// An instant of the case's calendar.
    pub fn instant(&self, day: i32, after_midnight_ms: i64) -> Instant {
        self.segmentation.zone.midnight(self.start.plus_days(day)).plus_ms(after_midnight_ms)
    }

    /// When the case ends.
    pub fn end(&self) -> Instant {
        self.instant(DAYS + SILENT_DAYS, 0)
    }
}

/// The file and the events, as one would write them into a golden case.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.text)?;
        self.events
            .iter()
            .try_for_each(|event| writeln!(f, "{} {} {:?}", event.occurred_at, event.event_id, event.body))
    }
}

/// Zones and first days: each span of 120 days holds a clock change, most at or near midnight, or a day that never was.
const PLACES: [(&str, i16, i8, i8); 9] = [
    ("Europe/Rome", 2025, 1, 10),
    ("Europe/Rome", 2025, 8, 15),
    ("Europe/London", 2025, 2, 20),
    ("America/New_York", 2025, 1, 20),
    ("America/New_York", 2025, 9, 1),
    ("Africa/Cairo", 2025, 3, 1),
    ("Africa/Cairo", 2025, 8, 20),
    ("Pacific/Apia", 2011, 11, 15),
    ("Asia/Kolkata", 2024, 1, 5),
];

/// Any case.
pub fn case() -> impl Strategy<Value = Case> {
    (0..PLACES.len(), rules::file(), history::drafts()).prop_map(|(place, file, drafts)| {
        let (zone, year, month, day) = PLACES[place];
        let start = Date::new(year, month, day).expect("a day of the list");
        let text = file.render(zone, start);
        let loaded = Segmentation::load("random.yaml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let segmentation = loaded.segmentation;
        let events = history::events(&segmentation.zone, start, &drafts);
        Case { text, segmentation, start, events }
    })
}
