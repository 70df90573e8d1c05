//! What happens to a customer.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use segflow_core::event::{Body, CustomerId, Event};
use segflow_core::time::{Date, Timestamp, Zone};

use super::kinds::{Weights, What, what};

/// Within how many days the events of a customer lie, before they are spread.
pub const DAYS: i32 = 120;

/// How the days of a case lie in the calendar.
#[derive(Clone, Copy, Debug)]
pub enum Spread {
    /// Day by day.
    Near,
    /// Three days for one: a year.
    Wide,
    /// Five bursts of 24 days, 250 days from each other: almost three years.
    Bursts,
}

impl Spread {
    /// The day of the calendar that a day of the case is, both counted from the start.
    pub fn day(self, day: i32) -> i32 {
        match self {
            Self::Near => day,
            Self::Wide => day * 3,
            Self::Bursts => day.div_euclid(24) * 250 + day.rem_euclid(24),
        }
    }
}

/// Mostly short.
pub fn spread() -> impl Strategy<Value = Spread> {
    prop_oneof![7 => Just(Spread::Near), 1 => Just(Spread::Wide), 2 => Just(Spread::Bursts)]
}

/// An event before it has a calendar: dates are days after its own.
#[derive(Clone, Debug)]
pub struct Draft {
    id: u16,
    day: i32,
    after_midnight_ms: i64,
    recorded_after_ms: i64,
    what: What,
}

/// A history before it has a calendar.
#[derive(Clone, Debug)]
pub struct Drafts {
    events: Vec<Draft>,
    /// Which event is sent once more, how much later than the first time, and at which place.
    again: Vec<(Index, i64, Index)>,
}

/// Up to 40 events in order of arrival, and a few of them once more. Some customers never pay, some are never spoken
/// to, some are erased. The weights are those of invoices, payments, contacts, promises, disputes, profiles, erasures.
pub fn drafts() -> impl Strategy<Value = Drafts> {
    let among = |weights: Weights| vec(draft(weights), 1..=40);
    let events = prop_oneof![
        4 => among([4, 4, 4, 3, 2, 3, 0]),
        2 => among([3, 0, 6, 2, 1, 1, 0]),
        2 => among([4, 3, 0, 5, 2, 1, 0]),
        1 => among([1, 1, 2, 0, 1, 5, 0]),
        2 => among([6, 5, 1, 0, 3, 1, 0]),
        1 => among([2, 9, 2, 0, 0, 1, 0]),
        // So many that three on one channel may have been answered.
        3 => vec(draft([1, 2, 16, 0, 0, 1, 0]), 20..=40),
        1 => among([2, 6, 0, 8, 0, 1, 0]),
        2 => among([4, 4, 3, 2, 2, 2, 2]),
    ];
    let again = vec((any::<Index>(), recorded_after_ms(), any::<Index>()), 0..4);
    (events, again).prop_map(|(events, again)| Drafts { events, again })
}

/// The events of drafts whose days count from `start`.
pub fn events(zone: &Zone, start: Date, spread: Spread, drafts: &Drafts) -> Vec<Event> {
    let mut events: Vec<Event> = drafts.events.iter().map(|draft| draft.event(zone, start, spread)).collect();
    for (which, later_ms, place) in &drafts.again {
        let mut copy = which.get(&events).clone();
        if copy.body != Body::Erased {
            copy.recorded_at = copy.recorded_at.plus_ms(*later_ms);
        }
        events.insert(place.index(events.len() + 1), copy);
    }
    events
}

impl Draft {
    fn event(&self, zone: &Zone, start: Date, spread: Spread) -> Event {
        let customer_id = CustomerId::new("C-1").expect("an id of three bytes");
        let day = start.plus_days(spread.day(self.day));
        let occurred_at: Timestamp = zone.midnight(day).plus_ms(self.after_midnight_ms);
        let recorded_at = occurred_at.plus_ms(self.recorded_after_ms);
        match self.what.body(zone.date_of(zone.midnight(day))) {
            Some(body) => Event { event_id: format!("e{}", self.id), customer_id, occurred_at, recorded_at, body },
            None => Event::erasure(customer_id, occurred_at),
        }
    }
}

/// Ids are drawn from few, so that copies that differ occur.
fn draft(weights: Weights) -> impl Strategy<Value = Draft> {
    (0_u16..300, day(), after_midnight_ms(), recorded_after_ms(), what(weights)).prop_map(
        |(id, day, after_midnight_ms, recorded_after_ms, what)| Draft {
            id,
            day,
            after_midnight_ms,
            recorded_after_ms,
            what,
        },
    )
}

/// Half of the days are drawn from a few, so that instants coincide and facts crowd.
pub fn day() -> impl Strategy<Value = i32> {
    prop_oneof![0..DAYS, select(vec![0, 1, 2, 10, 30, 44, 45, 46, 60, 90])]
}

/// Mostly midnight, its neighbours and full hours, so that instants coincide.
pub fn after_midnight_ms() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => select(vec![0_i64, -1, 1]),
        3 => (0_i64..24).prop_map(|hour| hour * 3_600_000),
        2 => 0_i64..86_400_000,
    ]
}

/// Mostly at once; also much later, and by a producer whose clock is ahead a little before.
fn recorded_after_ms() -> impl Strategy<Value = i64> {
    prop_oneof![4 => Just(0_i64), 2 => select(vec![-60_000, 1, 3_600_000, 86_400_000]), 1 => 0_i64..5_000_000_000]
}
