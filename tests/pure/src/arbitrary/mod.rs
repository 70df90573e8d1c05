//! Strategies: customers whose facts collide, come early, late and twice, around local midnights and clock changes;
//! and segmentations of random rules over every feature.
//!
//! Drafts are drawn independently of zone and date, and become events and YAML only at the end, so that they shrink.

mod features;
mod history;
mod kinds;
mod rules;
mod schedule;

use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::*;
use segflow_core::event::{Event, Family};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Timestamp};

use history::{DAYS, Spread};

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
    /// How its days lie in the calendar.
    pub spread: Spread,
    /// In order of arrival; at most 43.
    pub events: Vec<Event>,
}

impl Case {
    /// An instant of the case's calendar.
    pub fn instant(&self, day: i32, after_midnight_ms: i64) -> Timestamp {
        self.segmentation.zone.midnight(self.start.plus_days(self.spread.day(day))).plus_ms(after_midnight_ms)
    }

    /// How many days it takes until every window of the rules has run out.
    pub fn silent_days(&self) -> i32 {
        self.segmentation.parameters.horizon_days + 10
    }

    /// When the case ends.
    pub fn end(&self) -> Timestamp {
        let last = self.start.plus_days(self.spread.day(DAYS));
        self.segmentation.zone.midnight(last.plus_days(self.silent_days()))
    }
}

/// The file and the events, as one would write them into a golden case.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.text)?;
        self.events.iter().try_for_each(|event| {
            let Event { event_id, occurred_at, recorded_at, body, .. } = event;
            writeln!(f, "{occurred_at} (recorded {recorded_at}) {event_id:?} {body:?}")
        })
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

/// A case, and a second and third version of its segmentation: of the same parameters, and with some of its dimensions
/// kept, some replaced, dropped or new. The third is the first again: what was dropped returns.
pub fn versions() -> impl Strategy<Value = (Case, Segmentation, Segmentation)> {
    let files = (rules::file(), rules::file(), any::<[bool; 3]>());
    (0..PLACES.len(), files, history::spread(), history::drafts()).prop_map(|(place, files, spread, drafts)| {
        let (first, other, taken) = files;
        let case = case_of(place, &first, spread, &drafts);
        let (zone, year, month, day) = PLACES[place];
        let start = Date::new(year, month, day).expect("a day of the list");
        let version = |file: &rules::File, version: u32| {
            let text = file.render(zone, start).replace("version: 1\n", &format!("version: {version}\n"));
            Segmentation::load("random.yaml", &text).unwrap_or_else(|error| panic!("{error}\n{text}")).segmentation
        };
        (case, version(&first.with_dimensions_of(&other, taken), 2), version(&first, 3))
    })
}

/// Any case.
pub fn case() -> impl Strategy<Value = Case> {
    (0..PLACES.len(), rules::file(), history::spread(), history::drafts())
        .prop_map(|(place, file, spread, drafts)| case_of(place, &file, spread, &drafts))
}

fn case_of(place: usize, file: &rules::File, spread: Spread, drafts: &history::Drafts) -> Case {
    let (zone, year, month, day) = PLACES[place];
    let start = Date::new(year, month, day).expect("a day of the list");
    let text = file.render(zone, start);
    let loaded = Segmentation::load("random.yaml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let segmentation = loaded.segmentation;
    let mut events = history::events(&segmentation.zone, start, spread, drafts);
    keep_to_the_horizon(&mut events, segmentation.parameters.horizon_days);
    Case { text, segmentation, start, spread, events }
}

/// What `docs/features.md` asks of producers: everything about one thing happens within a horizon. Here half of one, so
/// that it holds from when a thing is closed as well.
fn keep_to_the_horizon(events: &mut Vec<Event>, horizon_days: i32) {
    let half_ms = i64::from(horizon_days) * 43_200_000;
    let mut first: BTreeMap<(Family, String), Timestamp> = BTreeMap::new();
    let thing = |event: &Event| Some((event.body.family(), event.body.subject()?.to_owned()));
    for event in &*events {
        if let Some(thing) = thing(event) {
            first.entry(thing).and_modify(|at| *at = event.occurred_at.min(*at)).or_insert(event.occurred_at);
        }
    }
    events.retain(|event| thing(event).is_none_or(|thing| event.occurred_at.since_ms(first[&thing]) <= half_ms));
}
