//! Windows, debt types and ages in rules: what is read, and the message for what is not.

use expect_test::expect;

use super::{check, file_with, rule};

#[test]
fn windows_are_days_hours_calendar_or_episode() {
    rule(r#"payments.sum("024h") > 5"#, expect![[r#"payments.sum("24h") > Money(500)"#]]);
    rule(
        r#"payments.sum("month") > payments.sum("quarter") && payments.sum("year") > 5"#,
        expect![[r#"And[payments.sum("month") > payments.sum("quarter"), payments.sum("year") > Money(500)]"#]],
    );
    rule(r#"contacts.outbound("episode", "CALL") > 5"#, expect![[r#"contacts.outbound("episode", "CALL") > Int(5)"#]]);
    rule(r#"payments.failed("168h", "DECLINED") > 5"#, expect![[r#"payments.failed("168h", "DECLINED") > Int(5)"#]]);
    rule(r#"response_ratio("72h", "SMS") > 0.5"#, expect![[r#"response_ratio("72h", "SMS") > Ratio(1, 2)"#]]);
    rule(
        r#"payments.sum("169h") > 5"#,
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"169h"`"#
        ]],
    );
    rule(
        r#"payments.sum("0h") > 5"#,
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"0h"`"#
        ]],
    );
    rule(
        r#"payments.sum("-1h") > 5"#,
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"-1h"`"#
        ]],
    );
    rule(
        r#"payments.sum("months") > 5"#,
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"months"`; did you mean `month`?"#
        ]],
    );
    rule(
        r#"payments.sum("Month") > 5"#,
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"Month"`; did you mean `month`?"#
        ]],
    );
}

#[test]
fn a_feature_says_which_windows_it_takes() {
    rule(r#"roll("quarter") > 0"#, expect![[r#"roll("quarter") > Int(0)"#]]);
    rule(
        r#"roll("24h") > 0"#,
        expect![[
            r#"t.yaml:24:20: expected a window that `roll` takes, from "1d" to the horizon, "730d", or "month", "quarter", "year", found `"24h"`"#
        ]],
    );
    rule(
        r#"roll("episode") > 0"#,
        expect![[
            r#"t.yaml:24:20: expected a window that `roll` takes, from "1d" to the horizon, "730d", or "month", "quarter", "year", found `"episode"`"#
        ]],
    );
    rule(
        r#"episodes("24h") > 0 && episodes("year") > 1"#,
        expect![[r#"And[episodes("24h") > Int(0), episodes("year") > Int(1)]"#]],
    );
    rule(
        r#"episodes("episode") > 0"#,
        expect![[
            r#"t.yaml:24:24: expected a window that `episodes` takes, from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", found `"episode"`"#
        ]],
    );
    rule(r#"self_cure_ratio("year", "CALL") > 0.5"#, expect![[r#"self_cure_ratio("year", "CALL") > Ratio(1, 2)"#]]);
    rule(
        r#"self_cure_ratio("episode", "CALL") > 0.5"#,
        expect![[
            r#"t.yaml:24:31: expected a window that `self_cure_ratio` takes, from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", found `"episode"`"#
        ]],
    );
}

#[test]
fn no_window_reaches_beyond_the_horizon() {
    let file = |rule: &str, horizon: &str| {
        file_with(rule).replace("parameters: {", &format!("parameters: {{horizon: {horizon}, "))
    };
    check(&file(r#"payments.sum("year") > 5"#, "366d"), expect!["fine"]);
    check(
        &file(r#"payments.sum("year") > 5"#, "365d"),
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "365d", from "1h" to "168h", or "month", "quarter", "episode", found `"year"`, which needs the parameter `horizon: 366d`"#
        ]],
    );
    check(&file(r#"payments.sum("quarter") > 5"#, "92d"), expect!["fine"]);
    check(
        &file(r#"payments.sum("quarter") > 5"#, "91d"),
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "91d", from "1h" to "168h", or "month", "episode", found `"quarter"`, which needs the parameter `horizon: 92d`"#
        ]],
    );
    check(&file(r#"payments.sum("month") > 5"#, "31d"), expect!["fine"]);
    check(
        &file(r#"payments.sum("month") > 5"#, "30d"),
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "30d", from "1h" to "168h", or "episode", found `"month"`, which needs the parameter `horizon: 31d`"#
        ]],
    );
    check(&file(r#"payments.sum("168h") > 5"#, "8d"), expect!["fine"]);
    check(
        &file(r#"payments.sum("168h") > 5"#, "7d"),
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "7d", from "1h" to "144h", or "episode", found `"168h"`, which needs the parameter `horizon: 8d`"#
        ]],
    );
    check(
        &file(r#"payments.sum("1h") > 5"#, "1d"),
        expect![[
            r#"t.yaml:24:28: expected a window from "1d" to the horizon, "1d", or "episode", found `"1h"`, which needs the parameter `horizon: 2d`"#
        ]],
    );
    check(&file(r#"payments.sum("episode") > 5"#, "1d"), expect!["fine"]);
}

#[test]
fn declared_debt_types_are_checked() {
    let file = |rule: &str, declared: &str| {
        file_with(rule).replace("dimensions:\n", &format!("debt_types: {declared}\ndimensions:\n"))
    };
    check(&file(r#"overdue.amount("LOAN", "CARD") > 5"#, "[LOAN, CARD]"), expect!["fine"]);
    check(
        &file(r#"overdue.amount("LAON") > 5"#, "[LOAN, CARD]"),
        expect![[
            r#"t.yaml:25:30: expected a debt type that `debt_types` declares (`LOAN`, `CARD`), found `"LAON"`; did you mean `LOAN`?"#
        ]],
    );
    check(
        &file(r#"overdue.days("LOAN", "RENT") > 5"#, "[LOAN, CARD]"),
        expect![[r#"t.yaml:25:36: expected a debt type that `debt_types` declares (`LOAN`, `CARD`), found `"RENT"`"#]],
    );
    check(
        &file(r#"overdue.days("90d") > 5"#, "[LOAN, CARD]"),
        expect![
            "t.yaml:25:28: `overdue.amount` and `overdue.days` take a debt type, not a window: write `overdue.days >= 90`"
        ],
    );
    check(
        &file(r#"overdue.days("90d") > 5"#, "[90d]"),
        expect![
            "warning: t.yaml:25:15: `overdue.amount` and `overdue.days` take a debt type, not a window: write `overdue.days >= 90`"
        ],
    );
    check(
        &file(r#"overdue.days("LOAN") > 5"#, "[]"),
        expect![[r#"t.yaml:25:28: expected a debt type that `debt_types` declares (it is empty), found `"LOAN"`"#]],
    );
    check(
        &file("balance > 5", "[LOAN, CARD, LOAN, \"\", {}]"),
        expect![[r#"
        t.yaml:17:26: expected every name once in `debt_types`, found `LOAN` again
        t.yaml:17:32: expected a debt type of 1 to 256 bytes, found nothing
        t.yaml:17:36: expected a debt type of 1 to 256 bytes, found a map"#]],
    );
    check(&file("balance > 5", "LOAN"), expect!["t.yaml:17:13: expected a list of debt types, found `LOAN`"]);
}

#[test]
fn a_debt_type_is_named_once() {
    rule(
        r#"overdue.amount("LOAN", "CARD", "RENT") > overdue.amount("CARD", "LOAN")"#,
        expect![[r#"overdue.amount("LOAN", "CARD", "RENT") > overdue.amount("CARD", "LOAN")"#]],
    );
    rule(
        r#"overdue.amount("LOAN", "CARD", "LOAN") > 5"#,
        expect![[r#"t.yaml:24:46: expected every debt type once, found `"LOAN"` again"#]],
    );
}

#[test]
fn days_are_no_debt_type() {
    rule(
        r#"overdue.amount("90d") / balance >= 0.2"#,
        expect![[
            r#"t.yaml:24:30: expected a debt type, a text of 1 to 256 bytes such as "LOAN", found `"90d"`; what has been overdue for at least 90 days is `overdue.amount_aged(90)`"#
        ]],
    );
    rule(
        r#"overdue.days("60d") >= 1"#,
        expect![
            "t.yaml:24:28: `overdue.amount` and `overdue.days` take a debt type, not a window: write `overdue.days >= 60`"
        ],
    );
    rule(
        r#"overdue.days("24h") >= 1"#,
        expect![[
            r#"t.yaml:24:28: expected a debt type, a text of 1 to 256 bytes such as "LOAN", found `"24h"`; compare the days: write `overdue.days >= 1`"#
        ]],
    );
    rule(
        r#"overdue.amount("month") >= 100"#,
        expect![[
            r#"t.yaml:24:30: expected a debt type, a text of 1 to 256 bytes such as "LOAN", found `"month"`; `overdue.amount` takes no window"#
        ]],
    );
    rule(
        "overdue.amount(90) >= 100",
        expect![[
            r#"t.yaml:24:30: expected a debt type, a text of 1 to 256 bytes such as "LOAN", found `90`; what has been overdue for at least 90 days is `overdue.amount_aged(90)`"#
        ]],
    );
    rule(
        "overdue.days(60) >= 1",
        expect![[
            r#"t.yaml:24:28: expected a debt type, a text of 1 to 256 bytes such as "LOAN", found `60`; compare the days: write `overdue.days >= 60`"#
        ]],
    );
    rule(
        r#"overdue.amount("0090D") >= 100"#,
        expect![
            "t.yaml:24:30: `overdue.amount` and `overdue.days` take a debt type, not a window: write `overdue.days >= 90 && overdue.amount >= 100`"
        ],
    );
}

#[test]
fn ages_are_days_past_due() {
    rule("overdue.amount_aged(90) / balance >= 0.2", expect!["overdue.amount_aged(90) / balance >= Ratio(1, 5)"]);
    rule(
        "overdue.amount_aged(31, 60) > overdue.amount_aged(61, 61)",
        expect!["overdue.amount_aged(31, 60) > overdue.amount_aged(61, 61)"],
    );
    rule(
        "overdue.amount_aged(0) > 5",
        expect!["t.yaml:24:35: expected a whole number of days past due from 1 to 3650, found `0`"],
    );
    rule(
        "overdue.amount_aged(60, 31) > 5",
        expect!["t.yaml:24:39: expected a whole number of days past due from 60 to 3650, found `31`"],
    );
    rule(
        "overdue.amount_aged(3651) > 5",
        expect!["t.yaml:24:35: expected a whole number of days past due from 1 to 3650, found `3651`"],
    );
    rule(
        "overdue.amount_aged(1.5) > 5",
        expect!["t.yaml:24:35: expected a whole number of days past due from 1 to 3650, found `1.5`"],
    );
    rule(
        r#"overdue.amount_aged("90d") > 5"#,
        expect![[
            r#"t.yaml:24:35: expected a whole number of days past due from 1 to 3650, found `"90d"`; days past due are a number: write 90"#
        ]],
    );
    rule(
        "overdue.amount_aged > 5",
        expect![
            "t.yaml:24:15: `overdue.amount_aged` takes days past due, and perhaps up to how many: write `overdue.amount_aged(90)` or `overdue.amount_aged(31, 60)`"
        ],
    );
    rule(
        "overdue.amount_aged(1, 2, 3) > 5",
        expect![
            "t.yaml:24:15: `overdue.amount_aged` takes days past due, and perhaps up to how many: write `overdue.amount_aged(90)` or `overdue.amount_aged(31, 60)`"
        ],
    );
    rule(
        "overdue.amount_over(90) > 5",
        expect!["t.yaml:24:15: unknown feature `overdue.amount_over`; did you mean `overdue.amount_aged`?"],
    );
}

#[test]
fn yearly_days_are_of_dates() {
    rule("days_until_anniversary(profile.since) <= 7", expect!["days_until_anniversary(profile.since) <= Int(7)"]);
    rule(
        "days_until(anniversary(profile.since)) <= 7",
        expect![
            "t.yaml:24:26: expected a declared attribute of type date, as in `profile.NAME`, found `anniversary(..)`; for a yearly day write `days_until_anniversary(profile.NAME)`"
        ],
    );
    rule(
        "days_until_anniversary(profile.age) <= 7",
        expect![
            "t.yaml:24:38: `age` is a protected characteristic: a segmentation that reads it must list it under `protected`"
        ],
    );
}
