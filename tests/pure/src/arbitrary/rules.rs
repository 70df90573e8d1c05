//! Random segmentations, as the text of their files.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use segflow_core::time::Date;

use super::features::{HORIZON, QUARTER, YEAR, comparison};

/// The attributes that every file declares, with their types.
pub const ATTRIBUTES: [(&str, &str); 8] = [
    ("vip", "bool"),
    ("frail", "{type: bool, unreadable: true}"),
    ("score", "int"),
    ("region", "string"),
    ("share", "ratio"),
    ("limit", "money"),
    ("customer_since", "date"),
    ("review", "date"),
];

/// A file before it has a calendar: up to three dimensions of up to three segments.
#[derive(Clone, Debug)]
pub struct File {
    grace_days: u32,
    tolerance: &'static str,
    overdue_tolerance: &'static str,
    horizon: &'static str,
    call_limit: u32,
    history_since: &'static str,
    holidays: Vec<i32>,
    money: (u32, &'static str, &'static str),
    click_min_seconds: u32,
    dimensions: Vec<Vec<Segment>>,
}

#[derive(Clone, Debug)]
struct Segment {
    when: String,
    stay: Option<String>,
    hold: Option<&'static str>,
    keep: Option<(&'static str, Option<String>)>,
}

/// Any file.
pub fn file() -> impl Strategy<Value = File> {
    let parameters = (
        0_u32..4,
        select(vec!["0.95", "1", "0.5"]),
        select(vec!["0.00", "0.50", "10.00"]),
        prop_oneof![4 => Just("90d"), 2 => Just("120d"), 1 => Just("366d")],
        select(vec![0_u32, 1, 2, 7]),
        select(vec!["2000-01-01", "2011-12-30", "2025-02-15"]),
        vec(0_i32..super::DAYS, 0..6),
        (0_u32..6, select(vec!["last", "never"]), select(vec!["none", "following"])),
        select(vec![0_u32, 10, 3600]),
    );
    let dimension = |index: usize| vec(segment(index), 1..=3);
    let dimensions = (1_usize..=3, dimension(0), dimension(1), dimension(2))
        .prop_map(|(count, first, second, third)| Vec::from_iter([first, second, third].into_iter().take(count)));
    (parameters, dimensions).prop_map(|(parameters, dimensions)| {
        let (
            grace_days,
            tolerance,
            overdue_tolerance,
            horizon,
            call_limit,
            history_since,
            holidays,
            money,
            click_min_seconds,
        ) = parameters;
        File {
            grace_days,
            tolerance,
            overdue_tolerance,
            horizon,
            call_limit,
            history_since,
            holidays,
            money,
            click_min_seconds,
            dimensions,
        }
    })
}

impl File {
    /// With the dimensions of another file where `taken` says so, of which the others stay; and as many as that has.
    pub fn with_dimensions_of(&self, other: &Self, taken: [bool; 3]) -> Self {
        let dimensions = other.dimensions.iter().enumerate().map(|(index, dimension)| {
            let stays = self.dimensions.get(index).filter(|_| !taken[index]);
            stays.unwrap_or(dimension).clone()
        });
        Self { dimensions: dimensions.collect(), ..self.clone() }
    }

    /// Its text, in a zone and with holidays that count from `start`.
    pub fn render(&self, zone: &str, start: Date) -> String {
        let attributes = ATTRIBUTES.map(|(name, kind)| format!("{name}: {kind}")).join(", ");
        let mut holidays = self.holidays.clone();
        holidays.sort_unstable();
        holidays.dedup();
        let holidays: Vec<_> = holidays.iter().map(|day| start.plus_days(*day).to_string()).collect();
        let mut text = format!(
            "name: random\nversion: 1\ncurrency: EUR\ntimezone: {zone}\nattributes: {{{attributes}}}\n\
             parameters:\n  promise_grace_business_days: {}\n  promise_tolerance: {}\n  overdue_tolerance: {}\n  \
             horizon: {}\n  call_limit: {}\n  history_since: {}\n  holidays: [{}]\n  \
             pending_business_days: {}\n  allocate_to_disputed: {}\n  due_date_roll: {}\n  click_min_seconds: {}\ndimensions:\n",
            self.grace_days,
            self.tolerance,
            self.overdue_tolerance,
            self.horizon,
            self.call_limit,
            self.history_since,
            holidays.join(", "),
            self.money.0,
            self.money.1,
            self.money.2,
            self.click_min_seconds,
        );
        for (index, segments) in self.dimensions.iter().enumerate() {
            text += &format!("  - name: d{index}\n    segments:\n");
            text.extend(segments.iter().enumerate().map(|(index, segment)| segment.render(index)));
            text += "    otherwise: rest\n";
        }
        let days: i32 = self.horizon.trim_end_matches('d').parse().expect("a horizon of days");
        let or_month = |word: &'static str, most: i32| if days < most { "month" } else { word };
        text.replace(HORIZON, self.horizon)
            .replace(QUARTER, or_month("quarter", 92))
            .replace(YEAR, or_month("year", 366))
    }
}

impl Segment {
    fn render(&self, index: usize) -> String {
        let (keep, bypass) = self.keep.clone().map_or((None, None), |(keep, bypass)| (Some(keep), bypass));
        let fields = [
            ("when", Some(format!("'{}'", self.when))),
            ("stay", self.stay.as_ref().map(|rule| format!("'{rule}'"))),
            ("for", self.hold.map(str::to_owned)),
            ("keep", keep.map(str::to_owned)),
            ("bypass", bypass.map(|rule| format!("'{rule}'"))),
        ];
        let lines = fields.into_iter().filter_map(|(key, value)| Some(format!("        {key}: {}\n", value?)));
        format!("      - name: s{index}\n{}", lines.collect::<String>())
    }
}

fn segment(dimension: usize) -> impl Strategy<Value = Segment> {
    let span = || select(vec!["1d", "2d", "7d", "30d", "1h", "36h"]);
    (
        rule(dimension),
        option::weighted(0.3, rule(dimension)),
        option::weighted(0.3, span()),
        option::weighted(0.3, (span(), option::weighted(0.5, rule(dimension)))),
    )
        .prop_map(|(when, stay, hold, keep)| Segment { when, stay, hold, keep })
}

/// A rule of a dimension: it may read the dimensions before its own.
fn rule(dimension: usize) -> BoxedStrategy<String> {
    let list = |parts: Vec<String>, operator: &str| format!("({})", parts.join(operator));
    comparison(dimension)
        .prop_recursive(3, 8, 3, move |inner| {
            prop_oneof![
                vec(inner.clone(), 2..4).prop_map(move |parts| list(parts, " && ")),
                vec(inner.clone(), 2..4).prop_map(move |parts| list(parts, " || ")),
                inner.prop_map(|rule| format!("!({rule})")),
            ]
        })
        .boxed()
}
