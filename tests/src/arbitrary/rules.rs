//! Random segmentations, as the text of their files.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use segflow_core::time::Date;

/// The attributes that every file declares, with their types.
pub const ATTRIBUTES: [(&str, &str); 7] = [
    ("vip", "bool"),
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
    holidays: Vec<i32>,
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
        vec(0_i32..super::DAYS, 0..6),
    );
    let dimension = |index: usize| vec(segment(index), 1..=3);
    let dimensions = (1_usize..=3, dimension(0), dimension(1), dimension(2))
        .prop_map(|(count, first, second, third)| Vec::from_iter([first, second, third].into_iter().take(count)));
    (parameters, dimensions).prop_map(|((grace_days, tolerance, overdue_tolerance, holidays), dimensions)| File {
        grace_days,
        tolerance,
        overdue_tolerance,
        holidays,
        dimensions,
    })
}

impl File {
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
             holidays: [{}]\ndimensions:\n",
            self.grace_days,
            self.tolerance,
            self.overdue_tolerance,
            holidays.join(", "),
        );
        for (index, segments) in self.dimensions.iter().enumerate() {
            text += &format!("  - name: d{index}\n    segments:\n");
            text.extend(segments.iter().enumerate().map(|(index, segment)| segment.render(index)));
            text += "    otherwise: rest\n";
        }
        text
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

const WINDOWS: [&str; 6] = ["1d", "2d", "7d", "14d", "30d", "90d"];
const CHANNELS: [&str; 3] = ["CALL", "SMS", "EMAIL"];

/// Integer features, grouped by the values that they take.
fn counts() -> impl Strategy<Value = String> {
    let windowed = (
        select(vec!["payments.count", "promises.kept", "promises.broken", "contacts.outbound", "contacts.inbound"]),
        select(WINDOWS.to_vec()),
    )
        .prop_map(|(name, window)| format!("{name}(\"{window}\")"));
    let channelled = (select(vec!["outbound", "inbound"]), select(WINDOWS.to_vec()), select(CHANNELS.to_vec()))
        .prop_map(|(name, window, channel)| format!("contacts.{name}(\"{window}\", \"{channel}\")"));
    let plain = select(vec!["overdue.invoices", "invoices.open", "promises.open"]).prop_map(str::to_owned);
    prop_oneof![3 => windowed, 1 => channelled, 2 => plain]
}

fn days(dimension: usize) -> BoxedStrategy<String> {
    let plain = select(vec![
        "overdue.days",
        "next_due.days",
        "payments.last_days",
        "promises.due_days",
        "silent.days",
        "customer.days",
    ])
    .prop_map(str::to_owned);
    match dimension {
        0 => plain.boxed(),
        _ => prop_oneof![5 => plain, 1 => (0..dimension).prop_map(|earlier| format!("segment.days(\"d{earlier}\")"))]
            .boxed(),
    }
}

fn money() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec!["balance", "credit", "overdue.amount", "next_due.amount", "profile.limit"])
            .prop_map(str::to_owned),
        1 => select(WINDOWS.to_vec()).prop_map(|window| format!("payments.sum(\"{window}\")")),
    ]
}

fn ratios() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(WINDOWS.to_vec()).prop_map(|window| format!("promises.kept_ratio(\"{window}\")")),
        1 => Just("profile.share".to_owned()),
    ]
}

fn order() -> impl Strategy<Value = &'static str> {
    select(vec!["<", "<=", ">", ">="])
}

fn operator() -> impl Strategy<Value = &'static str> {
    select(vec!["==", "!=", "<", "<=", ">", ">="])
}

/// `a < b`, half of the time written the other way round.
fn compare(
    left: impl Strategy<Value = String>,
    operator: impl Strategy<Value = &'static str>,
    right: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    (left, operator, right, any::<bool>()).prop_map(|(left, operator, right, swapped)| match swapped {
        true => format!("{right} {operator} {left}"),
        false => format!("{left} {operator} {right}"),
    })
}

fn minor() -> impl Strategy<Value = String> {
    select(vec!["0", "0.50", "1.00", "5.00", "9.50", "10", "20.00", "50.00", "100.00"]).prop_map(str::to_owned)
}

/// A comparison, or another truth about one feature.
fn comparison(dimension: usize) -> BoxedStrategy<String> {
    let integer = |range: std::ops::Range<i32>| range.prop_map(|number| number.to_string());
    let profile_int = || Just("profile.score".to_owned());
    let dates = || select(vec!["profile.review", "profile.customer_since"]).prop_map(str::to_owned);
    let day = select(vec!["\"2025-02-01\"", "\"2025-04-25\"", "\"2011-12-30\"", "\"2024-02-29\""]);
    let any_feature = prop_oneof![
        3 => days(dimension),
        1 => ratios(),
        1 => money(),
        1 => select(ATTRIBUTES.to_vec()).prop_map(|(name, _)| format!("profile.{name}")),
    ];
    let atom = prop_oneof![
        8 => compare(days(dimension), operator(), integer(-3..45)),
        5 => compare(counts(), operator(), integer(0..4)),
        4 => compare(money(), operator(), minor()),
        2 => compare(ratios(), order(), select(vec!["0.25", "0.5", "0.75", "1"]).prop_map(str::to_owned)),
        1 => compare(ratios(), order(), ratios()),
        1 => compare(days(dimension), operator(), days(dimension)),
        1 => compare(counts(), operator(), counts()),
        1 => compare(money(), operator(), money()),
        1 => compare(profile_int(), operator(), integer(-1..6).prop_map(|hundreds| format!("{hundreds}00"))),
        1 => compare(dates(), operator(), day.prop_map(str::to_owned)),
        1 => compare(dates(), operator(), dates()),
        1 => Just("profile.vip".to_owned()),
        1 => select(vec!["==", "!="]).prop_map(|operator| format!("profile.region {operator} \"north\"")),
        1 => select(vec!["north", "south"]).prop_map(|name| format!("profile.region in [\"{name}\", \"\"]")),
        1 => (days(dimension), vec(0_i32..40, 1..4)).prop_map(|(feature, list)| format!("{feature} in {list:?}")),
        2 => (any::<bool>(), any_feature)
            .prop_map(|(known, feature)| format!("{}({feature})", if known { "known" } else { "unknown" })),
    ];
    match dimension {
        0 => atom.boxed(),
        _ => prop_oneof![9 => atom, 1 => membership(dimension)].boxed(),
    }
}

fn membership(dimension: usize) -> impl Strategy<Value = String> {
    (0..dimension, select(vec!["==", "!="]), select(vec!["s0", "rest"]))
        .prop_map(|(earlier, operator, name)| format!("segment(\"d{earlier}\") {operator} \"{name}\""))
}
