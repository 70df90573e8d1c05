//! Random comparisons over every feature of the catalogue, as text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::rules::ATTRIBUTES;

/// Stands in a window for the horizon of the file.
pub const HORIZON: &str = "{horizon}";
/// Stands in a window for the quarter, or the month where the horizon is shorter.
pub const QUARTER: &str = "{quarter}";
/// Stands in a window for the year, or the month where the horizon is shorter.
pub const YEAR: &str = "{year}";

/// As often as contacts by them are.
const CHANNELS: [&str; 6] = ["CALL", "CALL", "SMS", "SMS", "EMAIL", "VISIT"];

/// Any window of whole days.
fn calendar() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => select(vec!["1d", "2d", "7d", "14d"]),
        2 => Just("30d"),
        2 => Just("90d"),
        2 => Just(HORIZON),
        2 => select(vec!["month", QUARTER, YEAR]),
    ]
}

/// Any window but an episode.
fn begun() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => calendar(), 1 => select(vec!["1h", "5h", "24h", "48h", "168h"])]
}

fn window() -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => begun(), 1 => Just("episode")]
}

fn one_of(names: &[&str]) -> impl Strategy<Value = String> + use<> {
    select(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
}

/// `name("30d")`
fn windowed(names: &[&str]) -> impl Strategy<Value = String> + use<> {
    in_one_of(names, window())
}

/// `name("30d")`, of windows that a feature takes.
fn in_one_of(names: &[&str], window: impl Strategy<Value = &'static str> + 'static) -> BoxedStrategy<String> {
    (one_of(names), window).prop_map(|(name, window)| format!("{name}(\"{window}\")")).boxed()
}

/// `name("30d", "WORD")`
fn windowed_of(names: &[&str], words: &[&str]) -> impl Strategy<Value = String> + use<> {
    (one_of(names), window(), one_of(words))
        .prop_map(|(name, window, word)| format!("{name}(\"{window}\", \"{word}\")"))
}

/// `self_cure_ratio("30d", "WORD")`
fn self_cure_of(words: &[&str]) -> impl Strategy<Value = String> + use<> {
    (begun(), one_of(words)).prop_map(|(window, word)| format!("self_cure_ratio(\"{window}\", \"{word}\")"))
}

/// `name("LOAN")`
fn of_debt_type(name: &'static str) -> impl Strategy<Value = String> {
    one_of(&["\"LOAN\"", "\"CARD\"", "\"LOAN\", \"CARD\""]).prop_map(move |debt_types| format!("{name}({debt_types})"))
}

/// `overdue.amount_aged(31, 60)`
fn aged() -> impl Strategy<Value = String> {
    (select(vec![1, 7, 30, 31, 61, 91]), option::of(select(vec![0, 1, 29, 400]))).prop_map(|(least, more)| {
        let most = more.map_or(String::new(), |more| format!(", {}", least + more));
        format!("overdue.amount_aged({least}{most})")
    })
}

/// Integer features of small values.
fn counts() -> impl Strategy<Value = String> {
    let plain = &["overdue.invoices", "invoices.open", "promises.open", "disputes.open", "call_headroom"];
    let plans = &["plans.open", "plans.missed"];
    prop_oneof![
        4 => windowed(&["payments.count", "promises.kept", "promises.broken", "contacts.outbound", "contacts.inbound"]),
        3 => windowed(&["invoices.count", "payments.reversed", "payments.failed", "disputes.rejected"]),
        1 => in_one_of(&["episodes"], begun()),
        1 => in_one_of(&["roll"], calendar()),
        1 => one_of(&["overdue.business_days"]),
        2 => windowed_of(&["contacts.outbound", "contacts.inbound"], &CHANNELS),
        1 => windowed_of(&["payments.failed"], &["INSUFFICIENT_FUNDS", "EXPIRED", "OTHER"]),
        4 => one_of(plain),
        2 => one_of(plans),
        2 => windowed(&["plans.broken", "plans.kept"]),
    ]
}

/// Integer features of up to some weeks.
fn days(dimension: usize) -> BoxedStrategy<String> {
    let plain = prop_oneof![
        3 => one_of(&["overdue.days", "next_due.days", "payments.last_days", "promises.due_days", "silent.days"]),
        2 => one_of(&["customer.days", "episode.days", "cured.days", "disputes.resolved_days"]),
        1 => one_of(&["pay_day.next_days", "pay_day.missed_days", "pay_day.of_month", "today.day"]),
        1 => of_debt_type("overdue.days"),
        1 => (one_of(&["days_late.median", "days_late.trend"]), 1..=12).prop_map(|(name, last)| format!("{name}({last})")),
        2 => windowed_of(&["response_hours"], &CHANNELS),
        1 => (one_of(&["days_since", "days_until", "days_until_anniversary"]), one_of(&["review", "customer_since"]))
            .prop_map(|(name, attribute)| format!("{name}(profile.{attribute})")),
    ];
    match dimension {
        0 => plain.boxed(),
        _ => prop_oneof![9 => plain, 1 => (0..dimension).prop_map(|earlier| format!("segment.days(\"d{earlier}\")"))]
            .boxed(),
    }
}

fn money() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => one_of(&["balance", "credit", "overdue.amount", "next_due.amount", "profile.limit"]),
        3 => one_of(&["disputed.amount", "written_off.amount", "held.amount", "payments.pending", "payments.unmatched"]),
        3 => windowed(&["payments.sum", "payments.average", "invoices.sum", "written_off.recovered"]),
        1 => of_debt_type("overdue.amount"),
        1 => aged(),
    ]
}

fn ratios() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => windowed(&["promises.kept_ratio", "pay_ratio", "dispute_ratio"]),
        1 => windowed(&["contacts.right_party_ratio"]),
        1 => in_one_of(&["self_cure_ratio"], begun()),
        2 => self_cure_of(&CHANNELS),
        3 => windowed_of(&["response_ratio"], &CHANNELS),
        2 => one_of(&["profile.share", "pay_day.confidence"]),
    ]
}

fn bools() -> impl Strategy<Value = String> {
    prop_oneof![
        one_of(&["profile.vip", "profile.frail", "first_payment_default", "today.business"]),
        one_of(&CHANNELS).prop_map(|channel| format!("contacts.reachable(\"{channel}\")")),
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
    one_of(&["0", "0.50", "1.00", "5.00", "9.50", "10", "20.00", "50.00", "100.00"])
}

fn integer(range: std::ops::Range<i32>) -> impl Strategy<Value = String> {
    range.prop_map(|number| number.to_string())
}

/// Features whose values lie in ranges of their own.
fn peculiar() -> impl Strategy<Value = String> {
    let dates = || one_of(&["profile.review", "profile.customer_since"]);
    let day = one_of(&["\"2025-02-01\"", "\"2025-04-25\"", "\"2011-12-30\"", "\"2024-02-29\""]);
    let bucket = one_of(&["arm", "letter"]).prop_map(|experiment| format!("bucket(\"{experiment}\")"));
    let text = || one_of(&["profile.region", "payments.last_method"]);
    let hundreds = integer(-1..6).prop_map(|hundreds| format!("{hundreds}00"));
    prop_oneof![
        compare(one_of(&["profile.score"]), operator(), hundreds),
        compare(dates(), operator(), day),
        compare(dates(), operator(), dates()),
        compare(bucket, operator(), integer(1..99)),
        compare(one_of(&["today.weekday"]), operator(), integer(1..8)),
        compare(one_of(&["today.month"]), operator(), integer(1..13)),
        (text(), select(vec!["==", "!="]), one_of(&["north", "card"]))
            .prop_map(|(feature, operator, word)| format!("{feature} {operator} \"{word}\"")),
        (text(), one_of(&["south", "debit"])).prop_map(|(feature, word)| format!("{feature} in [\"{word}\", \"\"]")),
    ]
}

/// `a + b` and the like, of numbers whose types go together, against a number of the type of the result.
fn computed(dimension: usize) -> impl Strategy<Value = String> {
    let sum = || select(vec!["+", "-"]);
    let join = |(left, operator, right): (String, &str, String)| format!("({left} {operator} {right})");
    let shares = one_of(&["0.25", "0.5", "1.5", "2"]);
    prop_oneof![
        compare((money(), sum(), money()).prop_map(join), operator(), minor()),
        compare((money(), select(vec!["*", "/"]), shares).prop_map(join), order(), money()),
        compare((money(), Just("/"), money()).prop_map(join), order(), one_of(&["0.25", "0.5", "1"])),
        compare((days(dimension), sum(), days(dimension)).prop_map(join), operator(), integer(-3..45)),
        compare((days(dimension), Just("*"), integer(2..4)).prop_map(join), operator(), days(dimension)),
        compare((counts(), Just("/"), days(dimension)).prop_map(join), order(), one_of(&["0.25", "0.5", "1"])),
        compare((ratios(), sum(), ratios()).prop_map(join), order(), one_of(&["0.25", "0.5", "1"])),
    ]
}

/// A comparison, or another truth about one feature.
pub fn comparison(dimension: usize) -> BoxedStrategy<String> {
    let any_feature = prop_oneof![
        3 => days(dimension),
        2 => ratios(),
        1 => money(),
        1 => bools(),
        1 => Just("payments.last_method".to_owned()),
        1 => select(ATTRIBUTES.to_vec()).prop_map(|(name, _)| format!("profile.{name}")),
    ];
    let atom = prop_oneof![
        9 => compare(days(dimension), operator(), integer(-3..45)),
        6 => compare(counts(), operator(), integer(-1..4)),
        4 => compare(money(), operator(), minor()),
        4 => compare(ratios(), order(), one_of(&["0.25", "0.5", "0.75", "1"])),
        1 => compare(ratios(), order(), ratios()),
        1 => compare(days(dimension), operator(), days(dimension)),
        1 => compare(counts(), operator(), counts()),
        1 => compare(money(), operator(), money()),
        4 => peculiar(),
        3 => computed(dimension),
        2 => bools(),
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
