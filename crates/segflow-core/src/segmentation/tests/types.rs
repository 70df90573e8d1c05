//! Rules against the catalogue: names, arguments and types.

use expect_test::expect;

use super::{check, file_with, rule};
use crate::segmentation::Segmentation;

#[test]
fn every_type_takes_its_own_literals() {
    rule("overdue.days >= -30", expect![["overdue.days >= Int(-30)"]]);
    rule("balance >= 5000", expect![["balance >= Money(500000)"]]);
    rule(
        "balance == 5000.5 || balance in [0, 0.01, -3]",
        expect![["Or[balance == Money(500050), balance in [Money(0), Money(1), Money(-300)]]"]],
    );
    rule(
        "promises.kept_ratio(\"90d\") < 0.75 && profile.share >= 1",
        expect![[r#"And[promises.kept_ratio("90d") < Ratio(3, 4), profile.share >= Ratio(1, 1)]"#]],
    );
    rule(
        "profile.vip == false || profile.vip in [true, false]",
        expect![["Or[profile.vip == Bool(false), profile.vip in [Bool(true), Bool(false)]]"]],
    );
    rule("profile.region != \"north\"", expect![[r#"profile.region != Text("north")"#]]);
    rule(
        "profile.since < \"2026-05-03\" && profile.since in ['2024-02-29']",
        expect![["And[profile.since < Date(2026-05-03), profile.since in [Date(2024-02-29)]]"]],
    );
}

#[test]
fn the_feature_stands_on_the_left() {
    rule("30 <= overdue.days", expect![["overdue.days >= Int(30)"]]);
    rule(
        "30 < overdue.days && 0 == balance && 0.5 > profile.share",
        expect![["And[overdue.days > Int(30), balance == Money(0), profile.share < Ratio(1, 2)]"]],
    );
    rule("balance >= payments.sum(\"30d\")", expect![[r#"balance >= payments.sum("30d")"#]]);
    rule("'\"none\" != segment(\"guard\")'", expect![[r#"segment("guard") != Text("none")"#]]);
}

#[test]
fn features_have_parameters() {
    rule(
        "payments.sum(\"1d\") > 0 && payments.sum(\"730d\") > 0 && payments.sum(\"001d\") > 1",
        expect![[
            r#"And[payments.sum("1d") > Money(0), payments.sum("730d") > Money(0), payments.sum("1d") > Money(100)]"#
        ]],
    );
    rule(
        "contacts.outbound(\"30d\") > contacts.outbound(\"30d\", \"CALL\")",
        expect![[r#"contacts.outbound("30d") > contacts.outbound("30d", "CALL")"#]],
    );
    rule(
        "segment.days(\"guard\") > 3 && segment(\"guard\") in [\"vulnerable\", \"none\"]",
        expect![[r#"And[segment.days("guard") > Int(3), segment("guard") in [Text("vulnerable"), Text("none")]]"#]],
    );
    rule(
        "known(next_due.days) || unknown(profile.score) || unknown(segment.days('guard'))",
        expect![[r#"Or[Known(next_due.days), Unknown(profile.score), Unknown(segment.days("guard"))]"#]],
    );

    rule("payments.sum > 0", expect![[r#"t.yaml:24:15: `payments.sum` takes a window: write `payments.sum("90d")`"#]]);
    rule(
        "payments.sum() > 0",
        expect![[r#"t.yaml:24:15: `payments.sum` takes a window: write `payments.sum("90d")`"#]],
    );
    rule(
        "payments.sum(\"30d\", \"CALL\") > 0",
        expect![[r#"t.yaml:24:15: `payments.sum` takes a window: write `payments.sum("90d")`"#]],
    );
    rule(
        "payments.sum(30) > 0",
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `30`: write `payments.sum("30d") > 0`"#
        ]],
    );
    rule(
        "payments.sum(\"0d\") > 0",
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"0d"`"#
        ]],
    );
    rule(
        "payments.sum(\"731d\") > 0",
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"731d"`, which needs the parameter `horizon: 731d`"#
        ]],
    );
    rule(
        "payments.sum(\"-1d\") > 0",
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"-1d"`"#
        ]],
    );
    rule(
        "payments.sum(\"3w\") > 0",
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"3w"`: write `payments.sum("21d") > 0`"#
        ]],
    );
    rule(
        "payments.sum(\"99999999999d\") > 0",
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"99999999999d"`"#
        ]],
    );
    rule(
        "contacts.outbound > 0",
        expect![[
            r#"t.yaml:24:15: `contacts.outbound` takes a window, and perhaps a channel: write `contacts.outbound("90d")` or `contacts.outbound("90d", "CALL")`"#
        ]],
    );
    rule(
        "contacts.outbound(\"30d\", \"call\") > 0",
        expect![[
            r#"t.yaml:24:40: expected a channel (`CALL`, `SMS`, `EMAIL`, `LETTER`, `CHAT`, `PORTAL`, `VISIT`), found `"call"`; did you mean `CALL`?"#
        ]],
    );
    rule(
        "contacts.outbound(\"30d\", \"FAX\") > 0",
        expect![[
            r#"t.yaml:24:40: expected a channel (`CALL`, `SMS`, `EMAIL`, `LETTER`, `CHAT`, `PORTAL`, `VISIT`), found `"FAX"`"#
        ]],
    );
    rule("balance() > 0", expect![["t.yaml:24:15: `balance` takes no arguments: write `balance`"]]);
    rule(
        "profile.score(\"30d\") > 0",
        expect![["t.yaml:24:15: an attribute takes no arguments: write `profile.score`"]],
    );
    rule(
        "known > 0",
        expect![["t.yaml:24:15: `known(..)` is true or false by itself: write it alone, or with `!` before it"]],
    );
    rule(
        "known(balance, credit)",
        expect![[
            "t.yaml:24:15: expected one feature within `known(..)`, as in `known(next_due.days)`, found 2 arguments"
        ]],
    );
    rule(
        "known(balance > 0)",
        expect![[
            "t.yaml:24:29: expected one feature within `known(..)`, as in `known(next_due.days)`, found a truth value"
        ]],
    );
    rule(
        "known(balance) == true",
        expect![["t.yaml:24:15: `known(..)` is true or false by itself: write it alone, or with `!` before it"]],
    );
}

#[test]
fn dimensions_are_earlier_ones() {
    rule(
        "segment(\"gaurd\") == \"none\"",
        expect![[
            r#"t.yaml:24:23: expected an earlier dimension (one of `guard`), found `"gaurd"`; did you mean `guard`?"#
        ]],
    );
    rule(
        "segment(\"stage\") == \"late\"",
        expect![[
            r#"t.yaml:24:23: expected an earlier dimension (one of `guard`), found `"stage"`, which is this rule's own: for those who are in a segment already, write `stay`"#
        ]],
    );
    rule(
        "segment(\"value\") == \"high\"",
        expect![[
            r#"t.yaml:24:23: expected an earlier dimension (one of `guard`), found `"value"`, which is a later one: move it up"#
        ]],
    );
    rule(
        "segment(guard) == \"none\"",
        expect![[
            r#"t.yaml:24:23: expected an earlier dimension (one of `guard`), found `guard`: write `segment("guard") == "none"`"#
        ]],
    );
    rule(
        "segment == \"none\"",
        expect![[r#"t.yaml:24:15: `segment` takes an earlier dimension: write `segment("guard")`"#]],
    );
    rule(
        "segment(\"guard\") == \"vulnerabel\"",
        expect![[
            r#"t.yaml:24:35: expected a segment of dimension `guard` (`vulnerable`, `none`), found `"vulnerabel"`; did you mean `vulnerable`?"#
        ]],
    );
    rule(
        "segment(\"guard\") in [\"none\", \"nothing\"]",
        expect![[r#"t.yaml:24:44: expected a segment of dimension `guard` (`vulnerable`, `none`), found `"nothing"`"#]],
    );
    check(
        &file_with("balance > 0").replace("when: profile.vip", "when: segment(\"stage\") == \"late\""),
        expect![[
            r#"t.yaml:19:49: expected an earlier dimension (there is none before the first), found `"stage"`, which is a later one: move it up"#
        ]],
    );
}

#[test]
fn unknown_names_have_neighbours() {
    rule("overdue.dais > 1", expect![["t.yaml:24:15: unknown feature `overdue.dais`; did you mean `overdue.days`?"]]);
    rule("overdue_days > 1", expect![["t.yaml:24:15: unknown feature `overdue_days`; did you mean `overdue.days`?"]]);
    rule(
        "payment.sum(\"30d\") > 1",
        expect![["t.yaml:24:15: unknown feature `payment.sum`; did you mean `payments.sum`?"]],
    );
    rule("weather > 1", expect![["t.yaml:24:15: unknown feature `weather`"]]);
    rule(
        "payments.last_method == card",
        expect![[r#"t.yaml:24:39: a text stands in quotes: write `payments.last_method == "card"`"#]],
    );
    rule(
        "profile.scor > 1",
        expect![[
            "t.yaml:24:15: expected an attribute that `attributes` declares, found `profile.scor`; did you mean `score`?"
        ]],
    );
    rule("profil.score > 1", expect![["t.yaml:24:15: unknown feature `profil.score`; did you mean `profile.score`?"]]);
    rule(
        "profile.weather > 1",
        expect![
            "t.yaml:24:15: expected an attribute that `attributes` declares, found `profile.weather`: declare it with its type"
        ],
    );
    rule("profile > 1", expect![["t.yaml:24:15: expected an attribute, as in `profile.NAME`, found `profile` alone"]]);
    rule("score > 1", expect![["t.yaml:24:15: unknown feature `score`; did you mean `profile.score`?"]]);
    rule("unknwon(balance)", expect![["t.yaml:24:15: unknown feature `unknwon`; did you mean `unknown`?"]]);
}

#[test]
fn types_must_agree() {
    rule(
        "overdue.days > 1.5",
        expect![["t.yaml:24:30: expected a whole number such as 30, since `overdue.days` is int, found `1.5`"]],
    );
    rule("overdue.days > \"30\"", expect!["t.yaml:24:30: a number stands without quotes: write `overdue.days > 30`"]);
    rule(
        "balance > 10.001",
        expect![[
            "t.yaml:24:25: expected an amount in GBP of at most 2 decimals such as 5000.00, since `balance` is money, found `10.001`"
        ]],
    );
    rule(
        "balance > true",
        expect![[
            "t.yaml:24:25: expected an amount in GBP of at most 2 decimals such as 5000.00, since `balance` is money, found `true`"
        ]],
    );
    rule(
        "balance > 92233720368547758.08",
        expect![[
            "t.yaml:24:25: expected an amount in GBP of at most 2 decimals such as 5000.00, since `balance` is money, found `92233720368547758.08`; a number has 64 bits"
        ]],
    );
    rule(
        "profile.share == 0.5",
        expect![[
            "t.yaml:24:29: expected one of `<`, `<=`, `>`, `>=` for `profile.share`, which is ratio, found `==`: write a range, as in `profile.share >= 0.45 && profile.share <= 0.55`"
        ]],
    );
    rule(
        "profile.share in [0.5]",
        expect![["t.yaml:24:15: `profile.share` is ratio, and is compared by `<`, `<=`, `>`, `>=` alone"]],
    );
    rule(
        "profile.share > 0.1234567890123456789",
        expect![[
            "t.yaml:24:31: expected a number of at most 18 decimals such as 0.75, since `profile.share` is ratio, found `0.1234567890123456789`; a number has 64 bits"
        ]],
    );
    rule(
        "profile.region < \"north\"",
        expect![["t.yaml:24:30: expected `==`, `!=` or `in` for `profile.region`, which is string, found `<`"]],
    );
    rule("profile.region == 7", expect![[r#"t.yaml:24:33: a text stands in quotes: write `profile.region == "7"`"#]]);
    rule(
        "profile.vip > false",
        expect![["t.yaml:24:27: expected `==`, `!=` or `in` for `profile.vip`, which is bool, found `>`"]],
    );
    rule("profile.vip == 1", expect!["t.yaml:24:30: a bool stands by itself: write `profile.vip`"]);
    rule(
        "profile.since > \"2026-02-30\"",
        expect![[
            r#"t.yaml:24:31: expected a date such as "2026-05-03", from 1900 to 2199, since `profile.since` is date, found `"2026-02-30"`"#
        ]],
    );
    rule(
        "profile.since > 2026",
        expect![[
            r#"t.yaml:24:31: expected a date such as "2026-05-03", from 1900 to 2199, since `profile.since` is date, found `2026`"#
        ]],
    );
    rule(
        "balance > overdue.days",
        expect![[
            "t.yaml:24:23: expected both sides of one type: `balance` is money and `overdue.days` is int; compare each with its own"
        ]],
    );
    rule(
        "profile.share == promises.kept_ratio(\"30d\")",
        expect![[
            "t.yaml:24:29: expected one of `<`, `<=`, `>`, `>=` for `profile.share`, which is ratio, found `==`: write a range, as in `profile.share >= 0.45 && profile.share <= 0.55`"
        ]],
    );
    rule(
        "profile.vip < profile.vip",
        expect![["t.yaml:24:27: expected `==`, `!=` or `in` for `profile.vip`, which is bool, found `<`"]],
    );
    rule(
        "overdue.days in [1, \"2\"]",
        expect![[r#"t.yaml:24:35: expected a whole number such as 30, since `overdue.days` is int, found `"2"`"#]],
    );
    rule("overdue.days in []", expect![["t.yaml:24:31: expected at least one value in the list, found none"]]);
    rule("overdue.days in 3", expect![["t.yaml:24:31: expected a list after `in`, as in `[1, 2]`, found `3`"]]);
    rule("3 in [3]", expect![["t.yaml:24:15: expected a feature before `in`, found the constant `3`"]]);
    rule("overdue.days == [3]", expect![["t.yaml:24:31: a list stands only after `in`, as in `x in [1, 2]`"]]);
}

#[test]
fn a_rule_is_a_truth_value_that_depends_on_something() {
    rule(
        "overdue.days",
        expect![[
            "t.yaml:24:15: expected true or false, found `overdue.days`, which is int: compare it, as in `overdue.days >= 1`"
        ]],
    );
    rule(
        "profile.region",
        expect![[
            r#"t.yaml:24:15: expected true or false, found `profile.region`, which is string: compare it, as in `profile.region == "..."`"#
        ]],
    );
    rule(
        "profile.share",
        expect![[
            "t.yaml:24:15: expected true or false, found `profile.share`, which is ratio: compare it, as in `profile.share >= 0.5`"
        ]],
    );
    rule(
        "'!profile.since'",
        expect![[
            r#"t.yaml:24:17: expected true or false, found `profile.since`, which is date: compare it, as in `profile.since <= "2026-05-03"`"#
        ]],
    );
    rule(
        "profile.vip && 1",
        expect![["t.yaml:24:30: expected a comparison or a feature that is true or false, found `1`"]],
    );
    rule("true", expect![["t.yaml:24:15: expected a comparison or a feature that is true or false, found `true`"]]);
    rule(
        "profile.vip || true",
        expect![["t.yaml:24:30: expected a comparison or a feature that is true or false, found `true`"]],
    );
    rule(
        "1 < 2",
        expect![[
            "t.yaml:24:17: expected a feature on one side of the comparison, found two constants: it is always the same"
        ]],
    );
    rule(
        "profile.vip && 'a' == 'b'",
        expect![[
            "t.yaml:24:34: expected a feature on one side of the comparison, found two constants: it is always the same"
        ]],
    );
    rule(
        "(balance > 1) == true",
        expect![["t.yaml:24:24: expected a feature or a value, found a truth value: write it by itself, or `!(..)`"]],
    );
    rule(
        "'!profile.vip == true'",
        expect![["t.yaml:24:16: `!` binds tighter than comparisons and arithmetic: write `!(a == b)`"]],
    );
    rule("[1]", expect![["t.yaml:24:15: expected a rule, found a list"]]);
    rule(
        "balance > (credit > 1)",
        expect![["t.yaml:24:33: expected a feature or a value, found a truth value: write it by itself, or `!(..)`"]],
    );
}

#[test]
fn money_has_the_decimals_of_the_currency() {
    let yen = |rule: &str| file_with(rule).replace("GBP", "JPY");
    check(
        &yen("balance > 10.5"),
        expect![[
            "t.yaml:24:25: expected an amount in JPY of at most 0 decimals such as 5000, since `balance` is money, found `10.5`"
        ]],
    );
    check(&yen("balance > 10"), expect![["fine"]]);
    let dinar = file_with("balance > 10.123").replace("GBP", "KWD");
    check(&dinar, expect![["fine"]]);
}

#[test]
fn protected_characteristics_are_owned_up_to_where_they_are_read() {
    rule("profile.gender == \"x\"", expect![[r#"profile.gender == Text("x")"#]]);
    rule(
        "profile.age > 30",
        expect![[
            "t.yaml:24:15: `age` is a protected characteristic: a segmentation that reads it must list it under `protected`"
        ]],
    );
    let spelled = file_with("profile.dateOfBirth > \"1990-01-01\"").replace("  age: int", "  dateOfBirth: date");
    check(
        &spelled,
        expect![[
            "t.yaml:24:15: `dateOfBirth` is a protected characteristic: a segmentation that reads it must list it under `protected`"
        ]],
    );
}

#[test]
fn features_are_interned_and_know_what_is_sensitive() {
    let text =
        file_with("profile.score > 1 || payments.sum(\"030d\") > 1 || payments.sum('30d') < 9 || profile.score < 0");
    let segmentation = Segmentation::load("t.yaml", text).expect("valid").segmentation;
    let slots: Vec<_> = segmentation.features.iter().map(|slot| (slot.text.as_str(), slot.sensitive)).collect();
    assert_eq!(
        slots,
        [("profile.vip", false), ("profile.score", true), ("payments.sum(\"30d\")", false), ("balance", false)]
    );
}
