//! Arithmetic in rules: how it is read, and what does not go together.

use expect_test::expect;

use super::{check, file_with, rule};

#[test]
fn operators_bind_in_the_usual_order() {
    rule("balance - credit - next_due.amount > 0", expect![["balance - credit - next_due.amount > Money(0)"]]);
    rule("balance - (credit - next_due.amount) > 0", expect![["balance - (credit - next_due.amount) > Money(0)"]]);
    rule("balance - credit * 2 > 0", expect![["balance - credit * 2 > Money(0)"]]);
    rule("(balance - credit) * 2 > 0", expect![["(balance - credit) * 2 > Money(0)"]]);
    rule("((balance) - ((credit))) / 2 > 0", expect![["(balance - credit) / 2 > Money(0)"]]);
    rule("balance/2/3>0", expect![["balance / 2 / 3 > Money(0)"]]);
    rule("balance / (2 * overdue.days) > 0", expect![["balance / (2 * overdue.days) > Money(0)"]]);
    rule(
        "balance -1 > 5 && balance - -1 > 5 && balance-1>5",
        expect![["And[balance - 1.00 > Money(500), balance - -1.00 > Money(500), balance - 1.00 > Money(500)]"]],
    );
    rule(
        "profile.vip && balance + credit > 5 || overdue.days - 3 >= 27 && !profile.vip",
        expect![[
            "Or[And[Holds(profile.vip), balance + credit > Money(500)], And[overdue.days - 3 >= Int(27), Not(Holds(profile.vip))]]"
        ]],
    );
    rule("balance > credit * 2 && 2 * credit < balance", expect![["And[balance > credit * 2, 2 * credit < balance]"]]);
    rule("5 < balance - credit", expect![["balance - credit > Money(500)"]]);
    rule(
        "overdue.days - 3 in [1, 2] && balance * 0.5 in [2.50]",
        expect![["And[overdue.days - 3 in [Int(1), Int(2)], balance * 0.5 in [Money(250)]]"]],
    );
}

#[test]
fn constants_take_their_type_from_the_operator() {
    rule(
        "balance + 5000 > 1 && 0.5 - balance > 1",
        expect![["And[balance + 5000.00 > Money(100), 0.50 - balance > Money(100)]"]],
    );
    rule("overdue.days + 30 > 1", expect![["overdue.days + 30 > Int(1)"]]);
    rule("pay_ratio(\"90d\") + 1 > 1.5", expect![[r#"pay_ratio("90d") + 1 > Ratio(3, 2)"#]]);
    rule(
        "balance * 1.5 > 1 && balance / 3 > 1 && 0.125 * balance > 1",
        expect![["And[balance * 1.5 > Money(100), balance / 3 > Money(100), 0.125 * balance > Money(100)]"]],
    );
    rule(
        "overdue.days * 2 > 1 && overdue.days * 1.5 > 1.5 && overdue.days / 30 > 1.5",
        expect![["And[overdue.days * 2 > Int(1), overdue.days * 1.5 > Ratio(3, 2), overdue.days / 30 > Ratio(3, 2)]"]],
    );
    rule("100 / overdue.days > 1.5", expect![["100 / overdue.days > Ratio(3, 2)"]]);
    rule(
        "pay_ratio(\"90d\") * 100 > 50 && 1 / pay_ratio(\"90d\") > 2",
        expect![[r#"And[pay_ratio("90d") * 100 > Ratio(50, 1), 1 / pay_ratio("90d") > Ratio(2, 1)]"#]],
    );
    rule(
        "balance + 0.001 > 1",
        expect![[
            "t.yaml:24:25: expected an amount in GBP of at most 2 decimals such as 5000.00, since `balance` is money, found `0.001`"
        ]],
    );
    rule(
        "overdue.days + 1.5 > 1",
        expect![["t.yaml:24:30: expected a whole number such as 30, since `overdue.days` is int, found `1.5`"]],
    );
    rule(
        "overdue.days * 2 > 1.5",
        expect![["t.yaml:24:34: expected a whole number such as 30, since `overdue.days * 2` is int, found `1.5`"]],
    );
    rule(
        "balance * 2 > 1.005",
        expect![[
            "t.yaml:24:29: expected an amount in GBP of at most 2 decimals such as 5000.00, since `balance * 2` is money, found `1.005`"
        ]],
    );
    rule(
        "balance + 92233720368547758.08 > 1",
        expect![[
            "t.yaml:24:25: expected an amount in GBP of at most 2 decimals such as 5000.00, since `balance` is money, found `92233720368547758.08`; a number has 64 bits"
        ]],
    );
    rule(
        "balance * 9223372036854775808 > 1",
        expect![[
            "t.yaml:24:25: expected a number of at most 18 decimals such as 1.5 beside `*`, found `9223372036854775808`; a number has 64 bits"
        ]],
    );
    rule(
        "balance * 0.1234567890123456789 > 1",
        expect![[
            "t.yaml:24:25: expected a number of at most 18 decimals such as 1.5 beside `*`, found `0.1234567890123456789`; a number has 64 bits"
        ]],
    );
    check(
        &file_with("balance + 0.5 > 1").replace("GBP", "JPY"),
        expect![[
            "t.yaml:24:25: expected an amount in JPY of at most 0 decimals such as 5000, since `balance` is money, found `0.5`"
        ]],
    );
}

#[test]
fn types_go_together_or_are_refused() {
    rule("balance / credit > 0.5", expect![["balance / credit > Ratio(1, 2)"]]);
    rule("overdue.days * pay_ratio(\"90d\") > 0.5", expect![[r#"overdue.days * pay_ratio("90d") > Ratio(1, 2)"#]]);
    rule(
        "overdue.days + pay_ratio(\"90d\") > profile.share",
        expect![[r#"overdue.days + pay_ratio("90d") > profile.share"#]],
    );
    rule("overdue.days > days_late.median(6) * 1.5", expect![["overdue.days > days_late.median(6) * 1.5"]]);
    rule(
        "balance * pay_ratio(\"90d\") > credit / profile.share",
        expect![[r#"balance * pay_ratio("90d") > credit / profile.share"#]],
    );
    rule(
        "balance + overdue.days > 0",
        expect![[
            "t.yaml:24:23: expected money on both sides of `+`, or on neither: `balance` is money and `overdue.days` is int"
        ]],
    );
    rule(
        "overdue.days - balance > 0",
        expect![[
            "t.yaml:24:28: expected money on both sides of `-`, or on neither: `overdue.days` is int and `balance` is money"
        ]],
    );
    rule(
        "balance + pay_ratio(\"90d\") > 0",
        expect![[
            r#"t.yaml:24:23: expected money on both sides of `+`, or on neither: `balance` is money and `pay_ratio("90d")` is ratio"#
        ]],
    );
    rule(
        "balance * credit > 0",
        expect![[
            "t.yaml:24:23: expected money on one side of `*` at most: `balance` is money and `credit` is money; for their ratio write `/`"
        ]],
    );
    rule(
        "balance * (credit - 5) > 0",
        expect![[
            "t.yaml:24:23: expected money on one side of `*` at most: `balance` is money and `credit - 5.00` is money; for their ratio write `/`"
        ]],
    );
    rule(
        "overdue.days / balance > 0",
        expect![[
            "t.yaml:24:28: expected money before `/`, since it stands after it: `overdue.days` is int and `balance` is money; turn them round"
        ]],
    );
    rule(
        "100 / balance > 0",
        expect![[
            "t.yaml:24:19: expected money before `/`, since it stands after it: `100` is int and `balance` is money; turn them round"
        ]],
    );
    rule("balance / 0 > 0", expect![["t.yaml:24:25: expected a number other than 0 after `/`, found `0`"]]);
    rule("balance / 0.00 > 0", expect![["t.yaml:24:25: expected a number other than 0 after `/`, found `0.00`"]]);
    rule("overdue.days / -0 > 0", expect![["t.yaml:24:30: expected a number other than 0 after `/`, found `-0`"]]);
    rule(
        "profile.since - profile.since > 30",
        expect![[
            "t.yaml:24:15: expected int, money or ratio beside `-`, found `profile.since`, which is date: write `days_since(profile.since)` or `days_until(profile.since)`"
        ]],
    );
    rule(
        "profile.since + 30 > \"2026-01-01\"",
        expect![[
            "t.yaml:24:15: expected int, money or ratio beside `+`, found `profile.since`, which is date: write `days_since(profile.since)` or `days_until(profile.since)`"
        ]],
    );
    rule(
        "30 + profile.since > \"2026-01-01\"",
        expect![[
            "t.yaml:24:20: expected int, money or ratio beside `+`, found `profile.since`, which is date: write `days_since(profile.since)` or `days_until(profile.since)`"
        ]],
    );
    rule(
        "profile.region + \"x\" == \"northx\"",
        expect![[
            "t.yaml:24:15: expected int, money or ratio beside `+`, found `profile.region`, which is string: compare it by itself"
        ]],
    );
    rule(
        "profile.vip + 1 > 1",
        expect![[
            "t.yaml:24:15: expected int, money or ratio beside `+`, found `profile.vip`, which is bool: compare it by itself"
        ]],
    );
    rule(
        "balance * profile.vip > 1",
        expect![[
            "t.yaml:24:25: expected int, money or ratio beside `*`, found `profile.vip`, which is bool: compare it by itself"
        ]],
    );
    rule(
        "segment(\"guard\") + 1 > 1",
        expect![[
            r#"t.yaml:24:15: expected int, money or ratio beside `+`, found `segment("guard")`, which is string: compare it by itself"#
        ]],
    );
    rule(
        "balance + \"5\" > 1",
        expect![[
            r#"t.yaml:24:25: expected an amount in GBP of at most 2 decimals such as 5000.00, since `balance` is money, found `"5"`"#
        ]],
    );
    rule(
        "balance * \"5\" > 1",
        expect![[r#"t.yaml:24:25: expected a number of at most 18 decimals such as 1.5 beside `*`, found `"5"`"#]],
    );
    rule(
        "balance * true > 1",
        expect![["t.yaml:24:25: expected a number of at most 18 decimals such as 1.5 beside `*`, found `true`"]],
    );
    rule(
        "overdue.days - false > 1",
        expect![["t.yaml:24:30: expected a whole number such as 30, since `overdue.days` is int, found `false`"]],
    );
    rule("balance + [1] > 1", expect![["t.yaml:24:25: a list stands only after `in`, as in `x in [1, 2]`"]]);
    rule(
        "(balance > 1) + 1 > 1",
        expect![["t.yaml:24:24: expected a feature or a value, found a truth value: write it by itself, or `!(..)`"]],
    );
    rule(
        "balance + (credit in [1]) > 1",
        expect![["t.yaml:24:33: expected a feature or a value, found a truth value: write it by itself, or `!(..)`"]],
    );
    rule(
        "'!profile.vip + 1 > 1'",
        expect![["t.yaml:24:16: `!` binds tighter than comparisons and arithmetic: write `!(a == b)`"]],
    );
    rule(
        "known(balance) + 1 > 1",
        expect![["t.yaml:24:15: `known(..)` is true or false by itself: write it alone, or with `!` before it"]],
    );
    rule("balance + credti > 1", expect![["t.yaml:24:25: unknown feature `credti`; did you mean `credit`?"]]);
    rule(
        "balance + payments.sum(\"90\") > 1",
        expect![[
            r#"t.yaml:24:38: expected a window from "1d" to the horizon, "730d", from "1h" to "168h", or "month", "quarter", "year", "episode", found `"90"`: write `balance + payments.sum("90d") > 1`"#
        ]],
    );
}

#[test]
fn compared_with_its_own_type() {
    rule(
        "balance + credit > overdue.days",
        expect![[
            "t.yaml:24:32: expected both sides of one type: `balance + credit` is money and `overdue.days` is int; compare each with its own"
        ]],
    );
    rule(
        "overdue.days > balance / 2",
        expect![[
            "t.yaml:24:28: expected both sides of one type: `overdue.days` is int and `balance / 2` is money; compare each with its own"
        ]],
    );
    rule(
        "balance / credit == 0.5",
        expect![[
            "t.yaml:24:32: expected one of `<`, `<=`, `>`, `>=` for `balance / credit`, which is ratio, found `==`: write a range, as in `balance / credit >= 0.45 && balance / credit <= 0.55`"
        ]],
    );
    rule(
        "0.5 != balance / credit",
        expect![[
            "t.yaml:24:19: expected one of `<`, `<=`, `>`, `>=` for `balance / credit`, which is ratio, found `!=`: write a range, as in `balance / credit >= 0.45 && balance / credit <= 0.55`"
        ]],
    );
    rule(
        "overdue.days == overdue.days / 2",
        expect![[
            "t.yaml:24:28: expected one of `<`, `<=`, `>`, `>=` for `overdue.days / 2`, which is ratio, found `==`: write a range, as in `overdue.days / 2 >= 0.45 && overdue.days / 2 <= 0.55`"
        ]],
    );
    rule(
        "overdue.days * 1.5 in [3]",
        expect![["t.yaml:24:28: `overdue.days * 1.5` is ratio, and is compared by `<`, `<=`, `>`, `>=` alone"]],
    );
    rule(
        "balance / credit > profile.region",
        expect![[
            "t.yaml:24:32: expected both sides of one type: `balance / credit` is ratio and `profile.region` is string; compare each with its own"
        ]],
    );
    rule(
        "balance + credit > \"5\"",
        expect!["t.yaml:24:34: a number stands without quotes: write `balance + credit > 5`"],
    );
    rule(
        "balance + credit in [\"5\"]",
        expect![[
            r#"t.yaml:24:36: expected an amount in GBP of at most 2 decimals such as 5000.00, since `balance + credit` is money, found `"5"`"#
        ]],
    );
    rule(
        "balance + credit > true",
        expect![[
            "t.yaml:24:34: expected an amount in GBP of at most 2 decimals such as 5000.00, since `balance + credit` is money, found `true`"
        ]],
    );
}

#[test]
fn constants_alone_are_worked_out() {
    rule(
        "2 * 3 > 5",
        expect![["t.yaml:24:17: expected a feature on one side of `*`, found two constants: work it out"]],
    );
    rule(
        "balance > 2 * 3",
        expect![["t.yaml:24:27: expected a feature on one side of `*`, found two constants: work it out"]],
    );
    rule(
        "balance > 5000 / 2",
        expect![["t.yaml:24:30: expected a feature on one side of `/`, found two constants: work it out"]],
    );
    rule(
        "2 * 3 * balance > 5",
        expect![["t.yaml:24:17: expected a feature on one side of `*`, found two constants: work it out"]],
    );
    rule(
        "balance * (2 + 3) > 5",
        expect![["t.yaml:24:28: expected a feature on one side of `+`, found two constants: work it out"]],
    );
    rule(
        "overdue.days in [1 + 1]",
        expect![[
            "t.yaml:24:34: expected a whole number such as 30, since `overdue.days` is int, found arithmetic (`+`)"
        ]],
    );
    rule(
        "profile.region == \"a\" + \"b\"",
        expect![["t.yaml:24:37: expected a feature on one side of `+`, found two constants: work it out"]],
    );
    rule("1 + 1", expect![["t.yaml:24:17: expected a feature on one side of `+`, found two constants: work it out"]]);
}

#[test]
fn a_number_is_no_rule() {
    rule(
        "balance + 1",
        expect![[
            "t.yaml:24:23: expected true or false, found `balance + 1.00`, which is money: compare it, as in `balance + 1.00 >= 1`"
        ]],
    );
    rule(
        "profile.vip && overdue.days / 30",
        expect![[
            "t.yaml:24:43: expected true or false, found `overdue.days / 30`, which is ratio: compare it, as in `overdue.days / 30 >= 0.5`"
        ]],
    );
    rule(
        "'!(overdue.days - 3)'",
        expect![[
            "t.yaml:24:31: expected true or false, found `overdue.days - 3`, which is int: compare it, as in `overdue.days - 3 >= 1`"
        ]],
    );
    rule(
        "known(balance + credit)",
        expect![[
            "t.yaml:24:29: expected one feature within `known(..)`, as in `known(next_due.days)`, found arithmetic (`+`)"
        ]],
    );
    rule(
        "unknown(balance / credit)",
        expect![[
            "t.yaml:24:31: expected one feature within `unknown(..)`, as in `unknown(next_due.days)`, found arithmetic (`/`)"
        ]],
    );
}

#[test]
fn minus_is_of_numbers_or_between_two() {
    rule("balance > -5", expect![["balance > Money(-500)"]]);
    rule(
        "balance > -credit",
        expect![
            "t.yaml:24:25: a minus stands before a number only, as in -5, found `credit`: subtract from 0; write `balance > 0 - credit`"
        ],
    );
    rule(
        "-balance > 5",
        expect![
            "t.yaml:24:15: a minus stands before a number only, as in -5, found `balance`: subtract from 0; write `0 - balance > 5`"
        ],
    );
    rule(
        "-(balance + credit) > 5",
        expect!["t.yaml:24:15: a minus stands before a number only, as in -5, found `(`: subtract from 0"],
    );
    rule(
        "balance - -credit > 5",
        expect!["t.yaml:24:25: a minus stands before a number only, as in -5, found `credit`: subtract from 0"],
    );
    rule("balance > --5", expect!["t.yaml:24:25: a minus stands before a number only, as in -5, found `-`"]);
    rule("0 - balance > 5", expect![["0.00 - balance > Money(500)"]]);
    rule("+balance > 5", expect![["t.yaml:24:15: expected a feature or a value, found `+`"]]);
    rule("balance + > 5", expect![["t.yaml:24:25: expected a feature or a value, found `>`"]]);
    rule("balance * * 2 > 5", expect![["t.yaml:24:25: expected a feature or a value, found `*`"]]);
    rule("balance ** 2 > 5", expect!["t.yaml:24:23: there is no `**`: write the number out"]);
    rule("balance // 2 > 5", expect!["t.yaml:24:23: there are no comments within a rule: leave it out"]);
    rule("'balance % 2 > 5'", expect![["t.yaml:24:24: there is no `%`: compare the value itself"]]);
    rule("balance + 1 ? 2", expect!["t.yaml:24:27: there is no `?`: write `(a && b) || (!a && c)`, or two segments"]);
    rule("balance += 2", expect!["t.yaml:24:24: there is no `=`: write `==`"]);
}

#[test]
fn comparisons_of_arithmetic_do_not_chain() {
    rule(
        "1 < balance + 1 < 3",
        expect!["t.yaml:24:31: comparisons do not chain: write `1 < balance + 1 && balance + 1 < 3`"],
    );
    rule(
        "balance + 1 == credit + 1 == true",
        expect![["t.yaml:24:41: comparisons do not chain: write `1 < x && x < 3` for `1 < x < 3`"]],
    );
    rule(
        "overdue.days - 1 in [1] in [2]",
        expect![["t.yaml:24:39: comparisons do not chain: write `1 < x && x < 3` for `1 < x < 3`"]],
    );
}

#[test]
fn operations_are_bounded_in_depth() {
    let sum = |terms: usize| format!("balance{} > 1", " + credit".repeat(terms - 1));
    check(&file_with(&sum(33)), expect![["fine"]]);
    rule(&sum(34), expect![["t.yaml:24:311: expected at most 32 operations within each other: split the comparison"]]);
    let nested = |depth: usize| format!("{}balance{} > 1", "(".repeat(depth), " * 2)".repeat(depth));
    check(&file_with(&nested(31)), expect![["fine"]]);
    rule(
        &nested(32),
        expect![["t.yaml:24:47: expected nesting of at most 32: split the rule, for instance into dimensions"]],
    );
    let right = |depth: usize| format!("{}balance{} > 1", "credit - (".repeat(depth), ")".repeat(depth));
    check(&file_with(&right(31)), expect![["fine"]]);
    rule(
        &right(32),
        expect![["t.yaml:24:335: expected nesting of at most 32: split the rule, for instance into dimensions"]],
    );
    rule(
        &format!("credit{} > 1", "+1".repeat(2_000)),
        expect![["t.yaml:24:85: expected at most 32 operations within each other: split the comparison"]],
    );
    rule(
        &format!("credit{} > 1", "+1".repeat(2_043)),
        expect![["t.yaml:24:85: expected at most 32 operations within each other: split the comparison"]],
    );
    rule(
        &format!("{} in [1]", sum(34)),
        expect![["t.yaml:24:311: expected at most 32 operations within each other: split the comparison"]],
    );
    let both = format!("{} && {}", sum(33), sum(33));
    check(&file_with(&both), expect![["fine"]]);
}
