//! Arithmetic evaluated: its values, when they expire, and what a reason says of them.

pub(crate) mod fuzz;
mod solved;

use expect_test::{Expect, expect};

use super::eval::Evaluation;
use super::explain::{Scene, deciding, reason};
use crate::event::{Attribute, Body, CustomerId, Event};
use crate::fact::Fact;
use crate::feature::reading::Moment;
use crate::feature::view::View;
use crate::in_effect::InEffect;
use crate::segmentation::Segmentation;
use crate::state::Membership;
use crate::time::Timestamp;

fn segmentation(rule: &str, currency: &str) -> Segmentation {
    let text = format!(
        "\
name: test
version: 1
currency: {currency}
timezone: Europe/Rome
attributes: {{a: money, b: money, n: int, m: int, r: ratio, customer_since: date, secret: int, name: string}}
sensitive: [secret]
dimensions:
  - name: first
    segments: [{{name: x, when: balance > 0}}]
    otherwise: y
  - name: second
    segments:
      - name: s
        when: '{rule}'
    otherwise: o
"
    );
    Segmentation::load("t.yaml", text).unwrap_or_else(|error| panic!("{error}")).segmentation
}

/// Attributes as `a=1000 n=3 r=0.5 customer_since=2026-01-31 name=Rossi`.
fn profile(attributes: &str) -> Fact {
    let value = |name: &str, text: &str| match name {
        "r" => Attribute::Double(text.to_owned()),
        "customer_since" | "name" => Attribute::Text(text.to_owned()),
        _ => Attribute::Long(text.parse().expect("a whole number")),
    };
    let pairs = attributes.split_whitespace().map(|pair| pair.split_once('=').expect("name=value"));
    let at = "2026-01-01T00:00:00Z".parse().expect("an instant");
    Fact::from(Event {
        event_id: "E".to_owned(),
        customer_id: CustomerId::new("C").expect("an id"),
        occurred_at: at,
        recorded_at: at,
        body: Body::Updated { attributes: pairs.map(|(name, text)| (name.to_owned(), value(name, text))).collect() },
    })
}

/// The truth of a rule, until when, and the reasons for it.
fn check_in(currency: &str, attributes: &str, rule: &str, at: &str, expected: Expect) {
    let segmentation = segmentation(rule, currency);
    let facts = [profile(attributes)];
    let customer = CustomerId::new("C").expect("an id");
    let view = View::new(&customer, InEffect { facts: facts.iter().collect(), pruned_from: None }, &segmentation);
    let at: Timestamp = at.parse().expect("an instant");
    let evaluation = |at| Evaluation::new(&segmentation, &view, Moment::new(at, &segmentation.zone));
    let entered = "2026-03-01T12:00:00Z".parse().expect("an instant");
    let memberships = [Membership { current: Some(1), entered_at: Some(entered), ..Membership::default() }];
    let rule = segmentation.dimensions[1].segments[0].when.as_ref().expect("a rule");
    let (now, before) = (evaluation(at), evaluation(at.plus_ms(-1)));
    let timed = now.eval(&rule.root, &memberships);
    let now = Scene { evaluation: &now, memberships: &memberships };
    let before = Scene { evaluation: &before, memberships: &memberships };
    let mut text = format!("{:?} until {}", timed.value, timed.until);
    for leaf in deciding(&rule.root, &now) {
        let reason = reason(leaf, &segmentation, &now, Some(&before));
        let shown = |text: Option<String>| text.unwrap_or("-".to_owned());
        text += &format!(
            "\n{} = {} {} {}; before {}",
            reason.feature,
            shown(reason.value),
            reason.operator,
            shown(reason.bound),
            shown(reason.value_before)
        );
    }
    expected.assert_eq(&text);
}

fn check(attributes: &str, rule: &str, at: &str, expected: Expect) {
    check_in("EUR", attributes, rule, at, expected);
}

const NOON: &str = "2026-03-10T12:00:00+01:00";

#[test]
fn money_is_exact_to_the_fraction_of_a_minor_unit() {
    check(
        "a=1000 b=250",
        "profile.a - profile.b * 2 + 1 == 6.00",
        NOON,
        expect![[r#"
        True until never
        profile.a - profile.b * 2 + 1.00 = 6.00 == 6.00; before 6.00"#]],
    );
    check(
        "a=1001",
        "profile.a * 0.5 > 5.00",
        NOON,
        expect![[r#"
        True until never
        profile.a * 0.5 = 5.005 > 5.00; before 5.005"#]],
    );
    check(
        "a=1001",
        "profile.a * 0.5 == 5.01 || profile.a * 0.5 == 5.00",
        NOON,
        expect![[r#"
        False until never
        profile.a * 0.5 = 5.005 == 5.01; before 5.005
        profile.a * 0.5 = 5.005 == 5.00; before 5.005"#]],
    );
    check(
        "a=1000",
        "profile.a / 3 * 3 == 10",
        NOON,
        expect![[r#"
        True until never
        profile.a / 3 * 3 = 10.00 == 10.00; before 10.00"#]],
    );
    check(
        "a=1000",
        "profile.a / 3 > 3.33 && profile.a / 3 < 3.34",
        NOON,
        expect![[r#"
        True until never
        profile.a / 3 = 10/3 > 3.33; before 10/3
        profile.a / 3 = 10/3 < 3.34; before 10/3"#]],
    );
    check(
        "a=-1001",
        "profile.a / 8 in [-1.25, 0]",
        NOON,
        expect![[r#"
        False until never
        profile.a / 8 = -1.25125 in [-1.25, 0.00]; before -1.25125"#]],
    );
    check(
        "a=1000 r=0.333",
        "profile.r * profile.a >= 3.33",
        NOON,
        expect![[r#"
        True until never
        profile.r * profile.a = 3.33 >= 3.33; before 3.33"#]],
    );
    check_in(
        "JPY",
        "a=1001",
        "profile.a / 2 > 500",
        NOON,
        expect![[r#"
        True until never
        profile.a / 2 = 500.5 > 500; before 500.5"#]],
    );
    check_in(
        "KWD",
        "a=1001",
        "profile.a / 2 + 1.001 > 1.5",
        NOON,
        expect![[r#"
        True until never
        profile.a / 2 + 1.001 = 1.5015 > 1.500; before 1.5015"#]],
    );
}

#[test]
fn ratios_are_fractions_in_lowest_terms() {
    check(
        "a=5000 b=10000",
        "profile.a / profile.b >= 0.5",
        NOON,
        expect![[r#"
        True until never
        profile.a / profile.b = 1/2 >= 1/2; before 1/2"#]],
    );
    check(
        "a=5000 b=10000",
        "profile.a / profile.b > 0.5",
        NOON,
        expect![[r#"
        False until never
        profile.a / profile.b = 1/2 > 1/2; before 1/2"#]],
    );
    check(
        "n=7 m=2 r=0.25",
        "profile.n / profile.m - profile.r * 2 - 1 <= 2",
        NOON,
        expect![[r#"
        True until never
        profile.n / profile.m - profile.r * 2 - 1 = 2/1 <= 2/1; before 2/1"#]],
    );
    check(
        "n=7 m=-2",
        "profile.n / profile.m < -3.4",
        NOON,
        expect![[r#"
        True until never
        profile.n / profile.m = -7/2 < -17/5; before -7/2"#]],
    );
    check(
        "n=7 m=5",
        "profile.n > profile.m * 1.5",
        NOON,
        expect![[r#"
        False until never
        profile.n = 7 > 15/2; before 7"#]],
    );
    check(
        "n=7 r=7.5",
        "profile.n < profile.r",
        NOON,
        expect![[r#"
        True until never
        profile.n = 7 < 75/10; before 7"#]],
    );
    check(
        "n=3",
        "9 / profile.n >= 3 && 9.5 / profile.n > 3",
        NOON,
        expect![[r#"
        True until never
        9 / profile.n = 3/1 >= 3/1; before 3/1
        9.5 / profile.n = 19/6 > 3/1; before 19/6"#]],
    );
}

#[test]
fn absent_where_a_part_is_or_zero_divides() {
    check(
        "a=1",
        "profile.a + profile.b > 0",
        NOON,
        expect![[r#"
        Unknown until never
        profile.a + profile.b = - > 0.00; before -"#]],
    );
    check(
        "a=1",
        "!(profile.a + profile.b > 0)",
        NOON,
        expect![[r#"
        Unknown until never
        profile.a + profile.b = - > 0.00; before -"#]],
    );
    check(
        "a=1 b=0",
        "profile.a / profile.b > 0",
        NOON,
        expect![[r#"
        Unknown until never
        profile.a / profile.b = - > 0/1; before -"#]],
    );
    check(
        "a=1 n=0",
        "profile.a / profile.n > 0",
        NOON,
        expect![[r#"
        Unknown until never
        profile.a / profile.n = - > 0.00; before -"#]],
    );
    check(
        "a=1 b=0",
        "profile.a / profile.b > 1 || profile.a == 0.01",
        NOON,
        expect![[r#"
        True until never
        profile.a = 0.01 == 0.01; before 0.01"#]],
    );
    // The line is 0 on one day, and the quotient known again on the next.
    check(
        "n=1 customer_since=2026-03-10",
        "profile.n / customer.days > 0",
        NOON,
        expect![[r#"
        Unknown until 2026-03-10T23:00:00.000Z
        profile.n / customer.days = - > 0/1; before -"#]],
    );
    check(
        "n=1 customer_since=2026-03-09",
        "profile.n / customer.days > 0",
        NOON,
        expect![[r#"
        True until 2026-03-10T23:00:00.000Z
        profile.n / customer.days = 1/1 > 0/1; before 1/1"#]],
    );
}

#[test]
fn lines_in_the_days_are_solved() {
    let since = "customer_since=2026-03-01 n=3 a=1000";
    check(
        since,
        "customer.days - 3 >= 27",
        NOON,
        expect![[r#"
        False until 2026-03-30T22:00:00.000Z
        customer.days - 3 = 6 >= 27; before 6"#]],
    );
    check(
        since,
        "customer.days - profile.n >= 27",
        NOON,
        expect![[r#"
        False until 2026-03-30T22:00:00.000Z
        customer.days - profile.n = 6 >= 27; before 6"#]],
    );
    check(
        since,
        "27 <= customer.days * 2 - 3",
        NOON,
        expect![[r#"
        False until 2026-03-15T23:00:00.000Z
        customer.days * 2 - 3 = 15 >= 27; before 15"#]],
    );
    check(
        since,
        "0 - customer.days > -30",
        NOON,
        expect![[r#"
        True until 2026-03-30T22:00:00.000Z
        0 - customer.days = -9 > -30; before -9"#]],
    );
    check(
        since,
        "100 - customer.days * 3 < 0",
        NOON,
        expect![[r#"
        False until 2026-04-03T22:00:00.000Z
        100 - customer.days * 3 = 73 < 0; before 73"#]],
    );
    check(
        since,
        "customer.days * 2 == 60",
        NOON,
        expect![[r#"
        False until 2026-03-30T22:00:00.000Z
        customer.days * 2 = 18 == 60; before 18"#]],
    );
    check(
        since,
        "customer.days * 2 == 61",
        NOON,
        expect![[r#"
        False until never
        customer.days * 2 = 18 == 61; before 18"#]],
    );
    check(
        since,
        "customer.days * 2 != 18",
        NOON,
        expect![[r#"
        False until 2026-03-10T23:00:00.000Z
        customer.days * 2 = 18 != 18; before 18"#]],
    );
    check(
        since,
        "customer.days + 1 in [10, 11, 31]",
        NOON,
        expect![[r#"
        True until 2026-03-11T23:00:00.000Z
        customer.days + 1 = 10 in [10, 11, 31]; before 10"#]],
    );
    check(
        since,
        "customer.days + 1 in [31, 40, 3]",
        NOON,
        expect![[r#"
        False until 2026-03-30T22:00:00.000Z
        customer.days + 1 = 10 in [31, 40, 3]; before 10"#]],
    );
    check(
        since,
        "customer.days - segment.days(\"first\") == 0",
        NOON,
        expect![[r#"
        True until never
        customer.days - segment.days("first") = 0 == 0; before 0"#]],
    );
    check(
        since,
        "customer.days + segment.days(\"first\") >= 60",
        NOON,
        expect![[r#"
        False until 2026-03-30T22:00:00.000Z
        customer.days + segment.days("first") = 18 >= 60; before 18"#]],
    );
    check(
        since,
        "customer.days / 30 >= 1",
        NOON,
        expect![[r#"
        False until 2026-03-30T22:00:00.000Z
        customer.days / 30 = 3/10 >= 1/1; before 3/10"#]],
    );
    check(
        since,
        "profile.a * customer.days >= 300",
        NOON,
        expect![[r#"
        False until 2026-03-30T22:00:00.000Z
        profile.a * customer.days = 90.00 >= 300.00; before 90.00"#]],
    );
    check(
        since,
        "customer.days * 1.5 > customer.days + 14",
        NOON,
        expect![[r#"
        False until 2026-03-29T22:00:00.000Z
        customer.days * 1.5 = 27/2 > 23; before 27/2"#]],
    );
    check(
        since,
        "customer.days >= profile.n * 10",
        NOON,
        expect![[r#"
        False until 2026-03-30T22:00:00.000Z
        customer.days = 9 >= 30; before 9"#]],
    );
}

#[test]
fn what_is_no_line_in_the_days_is_asked_again_at_midnight() {
    let since = "customer_since=2026-03-01 n=3 a=1000";
    check(
        since,
        "100 / customer.days < 5",
        NOON,
        expect![[r#"
        False until 2026-03-10T23:00:00.000Z
        100 / customer.days = 100/9 < 5/1; before 100/9"#]],
    );
    check(
        since,
        "customer.days * customer.days >= 400",
        NOON,
        expect![[r#"
        False until 2026-03-10T23:00:00.000Z
        customer.days * customer.days = 81 >= 400; before 81"#]],
    );
    check(
        since,
        "profile.a / customer.days < 0.50",
        NOON,
        expect![[r#"
        False until 2026-03-10T23:00:00.000Z
        profile.a / customer.days = 10/9 < 0.50; before 10/9"#]],
    );
    // The clocks in Rome go forward on 29 March.
    check(
        since,
        "100 / customer.days < 5",
        "2026-03-29T12:00:00+02:00",
        expect![[r#"
        True until 2026-03-29T22:00:00.000Z
        100 / customer.days = 25/7 < 5/1; before 25/7"#]],
    );
    check(
        since,
        "100 / customer.days < 5",
        "2026-03-28T23:59:59.999+01:00",
        expect![[r#"
        True until 2026-03-28T23:00:00.000Z
        100 / customer.days = 100/27 < 5/1; before 100/27"#]],
    );
}

#[test]
fn reasons_are_canonical_and_keep_secrets() {
    let all = "a=1000 b=500 n=3 m=2 r=0.5 secret=7 customer_since=2026-03-01";
    check(
        all,
        "((profile.a)-(profile.b*2.50))>=0",
        NOON,
        expect![[r#"
        False until never
        profile.a - profile.b * 2.5 = -2.50 >= 0.00; before -2.50"#]],
    );
    check(
        all,
        "(profile.a - profile.b) * profile.n > profile.a - (profile.b - profile.a)",
        NOON,
        expect![[r#"
        False until never
        (profile.a - profile.b) * profile.n = 15.00 > 15.00; before 15.00"#]],
    );
    check(
        all,
        "profile.a / (profile.n * profile.m) / 2 < 5 && profile.n - -2 == 5",
        NOON,
        expect![[r#"
        True until never
        profile.a / (profile.n * profile.m) / 2 = 5/6 < 5.00; before 5/6
        profile.n - -2 = 5 == 5; before 5"#]],
    );
    check(
        all,
        "(profile.a / profile.b) * profile.r < (profile.n / profile.m)",
        NOON,
        expect![[r#"
        True until never
        profile.a / profile.b * profile.r = 1/1 < 3/2; before 1/1"#]],
    );
    check(
        all,
        "customer.days * 2 >= 20",
        "2026-03-11T00:00:00+01:00",
        expect![[r#"
        True until never
        customer.days * 2 = 20 >= 20; before 18"#]],
    );
    check(
        all,
        "profile.n + profile.secret > 9",
        NOON,
        expect![[r#"
        True until never
        profile.n + profile.secret = - > -; before -"#]],
    );
    check(
        all,
        "profile.n < profile.secret * 2",
        NOON,
        expect![[r#"
        True until never
        profile.n = - < -; before -"#]],
    );
    check(
        all,
        "profile.n < profile.secret",
        NOON,
        expect![[r#"
        True until never
        profile.n = - < -; before -"#]],
    );
    check(
        all,
        "profile.secret * 2 in [14]",
        NOON,
        expect![[r#"
        True until never
        profile.secret * 2 = - in -; before -"#]],
    );
    check(
        all,
        "unknown(profile.secret) || profile.m * 2 in [14]",
        NOON,
        expect![[r#"
        False until never
        profile.secret = - is -; before -
        profile.m * 2 = 4 in [14]; before 4"#]],
    );
}

#[test]
fn extreme_values_are_exact_or_absent() {
    let max = i64::MAX;
    check(
        &format!("n={max} m={max}"),
        "profile.n + profile.m > profile.n",
        NOON,
        expect![[r#"
        True until never
        profile.n + profile.m = 18446744073709551614 > 9223372036854775807; before 18446744073709551614"#]],
    );
    check(
        &format!("n={max} m={}", i64::MIN),
        "profile.n * profile.m < 0",
        NOON,
        expect![[r#"
        True until never
        profile.n * profile.m = -85070591730234615856620279821087277056 < 0; before -85070591730234615856620279821087277056"#]],
    );
    check(
        &format!("n={max} m={max}"),
        "profile.n * profile.m * profile.n > 0",
        NOON,
        expect![[r#"
        Unknown until never
        profile.n * profile.m * profile.n = - > 0; before -"#]],
    );
    check(
        &format!("n={max} m={max}"),
        "profile.n * profile.m / profile.n > 0",
        NOON,
        expect![[r#"
        True until never
        profile.n * profile.m / profile.n = 9223372036854775807/1 > 0/1; before 9223372036854775807/1"#]],
    );
    check(
        &format!("a={max}"),
        "profile.a * 0.123456789012345679 > 0",
        NOON,
        expect![[r#"
        True until never
        profile.a * 0.123456789012345679 = 11386878955363490.70911688954730187953 > 0.00; before 11386878955363490.70911688954730187953"#]],
    );
    check(
        &format!("a={}", i64::MIN),
        "0 - profile.a > 92233720368547758.07",
        NOON,
        expect![[r#"
        True until never
        0.00 - profile.a = 92233720368547758.08 > 92233720368547758.07; before 92233720368547758.08"#]],
    );
    check(
        "r=0.000000000000000001",
        "profile.r * profile.r > 0",
        NOON,
        expect![[r#"
            True until never
            profile.r * profile.r = 1/1000000000000000000000000000000000000 > 0/1; before 1/1000000000000000000000000000000000000"#]],
    );
    check(
        "r=0.000000000000000001 n=1",
        "profile.n / profile.r - 0.999999999999999999 > 1",
        NOON,
        expect![[r#"
        True until never
        profile.n / profile.r - 0.999999999999999999 = 999999999999999999000000000000000001/1000000000000000000 > 1/1; before 999999999999999999000000000000000001/1000000000000000000"#]],
    );
    check(
        &format!("n={max} customer_since=1900-01-01"),
        "customer.days * profile.n > 1 && customer.days + profile.n > 9223372036854775806",
        NOON,
        expect![[r#"
            True until never
            customer.days * profile.n = 425095993806599762168823 > 1; before 425095993806599762168823
            customer.days + profile.n = 9223372036854821896 > 9223372036854775806; before 9223372036854821896"#]],
    );
}
