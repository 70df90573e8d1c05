//! The syntax of rules.

use expect_test::expect;

use super::{file_with, rule};
use crate::rule::Node;
use crate::segmentation::Segmentation;

#[test]
fn operators_bind_in_cels_order_and_flatten() {
    rule(
        "profile.vip || overdue.days > 1 && balance > 0",
        expect![["Or[Holds(profile.vip), And[overdue.days > Int(1), balance > Money(0)]]"]],
    );
    rule(
        "(profile.vip || overdue.days > 1) && (balance > 0 && (credit > 0 && overdue.days < 9))",
        expect![[
            "And[Or[Holds(profile.vip), overdue.days > Int(1)], balance > Money(0), credit > Money(0), overdue.days < Int(9)]"
        ]],
    );
    rule(
        "profile.vip || (known(credit) || unknown(balance)) || profile.vip",
        expect![["Or[Holds(profile.vip), Known(credit), Unknown(balance), Holds(profile.vip)]"]],
    );
    rule(
        "'!profile.vip && !(overdue.days > 1) || !!profile.vip'",
        expect![["Or[And[Not(Holds(profile.vip)), Not(overdue.days > Int(1))], Not(Not(Holds(profile.vip)))]"]],
    );
    rule(
        "overdue.days in [1, -2, 3] && profile.region in ['north', \"so\\\\uth\"]",
        expect![[
            r#"And[overdue.days in [Int(1), Int(-2), Int(3)], profile.region in [Text("north"), Text("so\\uth")]]"#
        ]],
    );
}

#[test]
fn spacing_and_quotes_are_free() {
    rule(
        "overdue.days>=30&&payments . sum( '365d' )<5",
        expect![[r#"And[overdue.days >= Int(30), payments.sum("365d") < Money(500)]"#]],
    );
    rule(
        r#"profile.region == "O'Neil \"x\" \n" || profile.region == 'a"b'"#,
        expect![[r#"Or[profile.region == Text("O'Neil \"x\" \n"), profile.region == Text("a\"b")]"#]],
    );
}

#[test]
fn comparisons_do_not_chain() {
    rule(
        "1 < overdue.days < 3",
        expect!["t.yaml:24:32: comparisons do not chain: write `1 < overdue.days && overdue.days < 3`"],
    );
    rule(
        "overdue.days == 1 == true",
        expect![["t.yaml:24:33: comparisons do not chain: write `1 < x && x < 3` for `1 < x < 3`"]],
    );
    rule(
        "overdue.days in [1] in [2]",
        expect![["t.yaml:24:35: comparisons do not chain: write `1 < x && x < 3` for `1 < x < 3`"]],
    );
}

#[test]
fn words_and_symbols_of_other_languages_are_translated() {
    rule(
        "profile.vip and overdue.days > 1",
        expect!["t.yaml:24:27: there is no `and`: write `profile.vip && overdue.days > 1`"],
    );
    rule(
        "profile.vip OR overdue.days > 1",
        expect!["t.yaml:24:27: there is no `OR`: write `profile.vip || overdue.days > 1`"],
    );
    rule(
        "not profile.vip",
        expect!["t.yaml:24:15: there is no `not`: write `!profile.vip`, and put the rule in quotes"],
    );
    rule(
        "overdue.days not in [1]",
        expect!["t.yaml:24:28: there is no `not`: write `!(overdue.days in [1])`, and put the rule in quotes"],
    );
    rule("credit is null", expect!["t.yaml:24:22: there is no `is null`: write `unknown(credit)`"]);
    rule("credit == null", expect!["t.yaml:24:25: there is no `null`: write `unknown(credit)`"]);
    rule(
        "overdue.days between 1 and 3",
        expect!["t.yaml:24:28: there is no `between`: write `overdue.days >= 1 && overdue.days <= 3`"],
    );
    rule("overdue.days = 1", expect!["t.yaml:24:28: there is no `=`: write `overdue.days == 1`"]);
    rule("overdue.days => 1", expect!["t.yaml:24:28: there is no `=>`: write `overdue.days >= 1`"]);
    rule("overdue.days =< 1", expect!["t.yaml:24:28: there is no `=<`: write `overdue.days <= 1`"]);
    rule("overdue.days <> 1", expect!["t.yaml:24:28: there is no `<>`: write `overdue.days != 1`"]);
    rule("profile.vip & profile.vip", expect!["t.yaml:24:27: there is no `&`: write `profile.vip && profile.vip`"]);
    rule("profile.vip | profile.vip", expect!["t.yaml:24:27: there is no `|`: write `profile.vip || profile.vip`"]);
    rule(
        "profile.vip ? balance > 1 : balance > 2",
        expect![
            "t.yaml:24:41: not YAML: mapping values are not allowed in this context; there is no `? :` in a rule: write `(a && b) || (!a && c)`, or two segments"
        ],
    );
    rule(
        "'profile.vip ? balance > 1 : balance > 2'",
        expect!["t.yaml:24:28: there is no `?`: write `(a && b) || (!a && c)`, or two segments"],
    );
    rule("overdue.days % 7 == 0", expect![["t.yaml:24:28: there is no `%`: compare the value itself"]]);
    rule("overdue.days > 2^3", expect![["t.yaml:24:31: there is no `^`: write the number out"]]);
    rule(
        "profile.region == \u{201c}north\u{201d}",
        expect![[r#"t.yaml:24:33: quotes are straight: write `profile.region == "north"`"#]],
    );
    rule("has(credit)", expect!["t.yaml:24:15: there is no `has`: write `known(credit)`"]);
    rule(
        "payments.exists(p, p > 1)",
        expect![[
            "t.yaml:24:15: there are no macros or functions such as `payments.exists`: write comparisons of features, and `in [..]`"
        ]],
    );
    rule(
        "size(profile.region) > 1",
        expect![[
            r#"t.yaml:24:15: there is no `size`: a text is compared as a whole, as in `payments.last_method in ["CARD", "CASH"]`"#
        ]],
    );
    rule(
        "profile.region.startsWith(\"n\")",
        expect![
            "t.yaml:24:15: there are no macros or functions such as `profile.region.startsWith`: write comparisons of features, and `in [..]`"
        ],
    );
}

#[test]
fn numbers_are_written_out() {
    rule("balance > 1e6", expect!["t.yaml:24:25: there are no exponents: write `balance > 1000000`"]);
    rule("balance > 1.5E6", expect!["t.yaml:24:25: there are no exponents: write `balance > 1500000`"]);
    rule("balance > 0x1F", expect![["t.yaml:24:25: expected a number such as 30 or 5000.00, found `0x1F`"]]);
    rule("balance > 1_000", expect!["t.yaml:24:25: a number has no separators: write `balance > 1000`"]);
    rule("balance > 5.", expect!["t.yaml:24:25: a digit stands after a point: write `balance > 5`"]);
    rule("balance > .5", expect!["t.yaml:24:25: a digit stands before a point: write `balance > 0.5`"]);
    rule("balance > - 5", expect![["balance > Money(-500)"]]);
    rule("balance > --5", expect!["t.yaml:24:25: a minus stands before a number only, as in -5, found `-`"]);
    rule("overdue.days > 30d", expect!["t.yaml:24:30: days are a plain number: write `overdue.days > 30`"]);
    rule(
        "overdue.days > 99999999999999999999",
        expect![[
            "t.yaml:24:30: expected a whole number such as 30, since `overdue.days` is int, found `99999999999999999999`; a number has 64 bits"
        ]],
    );
    rule("balance > 5,000", expect!["t.yaml:24:25: a number has no separators: write `balance > 5000`"]);
}

#[test]
fn what_does_not_end_is_pointed_at() {
    rule("overdue.days >", expect![["t.yaml:24:29: expected a feature or a value, found the end of the rule"]]);
    rule("(overdue.days > 1", expect![["t.yaml:24:32: expected an operator or `)`, found the end of the rule"]]);
    rule("overdue.days > 1)", expect![["t.yaml:24:31: expected an operator or the end of the rule, found `)`"]]);
    rule("payments.sum(\"30d\" > 1", expect![["t.yaml:24:37: expected `,` or `)`, found the end of the rule"]]);
    rule("overdue.days in [1, 2", expect![["t.yaml:24:36: expected `,` or `]`, found the end of the rule"]]);
    rule("overdue.days in [1,]", expect![["t.yaml:24:34: expected a feature or a value, found `]`"]]);
    rule("profile.region == \"north", expect!["t.yaml:24:33: a text begins here and does not end: close its quotes"]);
    rule("profile.region == 'north\\'", expect!["t.yaml:24:33: a text begins here and does not end: close its quotes"]);
    rule(
        "profile.region == \"a\\q\"",
        expect![[r#"t.yaml:24:35: expected an escape (\\ \" \' \n \t \r), found `\q`"#]],
    );
    rule("profile. == 1", expect![["t.yaml:24:24: expected a name after `profile.`, found `==`"]]);
    rule(
        "overdue.days > 1 balance > 2",
        expect![["t.yaml:24:32: expected an operator or the end of the rule, found `balance`"]],
    );
    rule("overdue.days > 1; balance > 2", expect!["t.yaml:24:31: there is no `;`: join conditions with `&&` or `||`"]);
    rule("overdue.days $ 1", expect![["t.yaml:24:28: expected a feature, a value or an operator, found `$`"]]);
    rule(
        "&& profile.vip",
        expect![["t.yaml:24:15: anchors (`&name`) are not used in a segmentation: repeat the value"]],
    );
    rule("'   '", expect![["t.yaml:24:16: expected a rule, found nothing"]]);
    rule("\"\"", expect![["t.yaml:24:9: expected a rule, found nothing"]]);
}

#[test]
fn length_is_bounded_in_bytes() {
    let long = |padding: usize| format!("overdue.days > 1{}|| profile.vip", " ".repeat(padding));
    let fixed = long(0).len();
    rule(&long(4096 - fixed), expect![["Or[overdue.days > Int(1), Holds(profile.vip)]"]]);
    rule(&long(4097 - fixed), expect![["t.yaml:24:15: expected a rule of at most 4096 bytes, found 4097"]]);
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}profile.vip{}", "(".repeat(depth), ")".repeat(depth));
    rule(&nested(31), expect![["Holds(profile.vip)"]]);
    rule(
        &nested(32),
        expect!["t.yaml:24:47: expected nesting of at most 32: split the rule, for instance into dimensions"],
    );
    rule(
        &format!("'{}profile.vip'", "!".repeat(4000)),
        expect![["t.yaml:24:48: expected nesting of at most 32: split the rule, for instance into dimensions"]],
    );
    rule(
        &format!("known{}", "(known".repeat(600)),
        expect![["t.yaml:24:207: expected nesting of at most 32: split the rule, for instance into dimensions"]],
    );
    rule(
        &format!("1{} > 2", " + 1".repeat(1000)),
        expect![["t.yaml:24:145: expected at most 32 operations within each other: split the comparison"]],
    );
    let flat = file_with(&format!("profile.vip{}", " && profile.vip".repeat(200)));
    let segmentation = Segmentation::load("t.yaml", flat).expect("valid").segmentation;
    let root = &segmentation.dimensions[1].segments[0].when.as_ref().expect("a rule").root;
    assert!(matches!(root, Node::And(nodes) if nodes.len() == 201));
}
