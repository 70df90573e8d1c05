//! The keys of a file and their values.

use expect_test::expect;

use super::{check, file_with};
use crate::segmentation::Segmentation;
use crate::time::Span;

/// A valid file with one part replaced.
fn with(from: &str, to: &str) -> String {
    let file = file_with("balance > 0");
    assert!(file.contains(from), "{from}");
    file.replacen(from, to, 1)
}

#[test]
fn all_problems_are_listed_in_file_order() {
    check(
        "nmae: demo\nversion: 0\ncurrency: gbp\ntimezone: Europe/Londn\ndimensions: []\n",
        expect![[r#"
            t.yaml:1:1: expected a key of a segmentation (`name`, `version`, `currency`, `timezone`, `attributes`, `sensitive`, `protected`, `debt_types`, `parameters`, `actionable_within`, `dimensions`), found `nmae`; did you mean `name`?
            t.yaml:1:1: expected the key `name` in a segmentation, found none
            t.yaml:2:10: expected a whole number from 1 to 4294967295, found `0`
            t.yaml:3:11: expected an ISO 4217 code of three capital letters such as GBP, found `gbp`
            t.yaml:4:11: expected an IANA time zone such as Europe/London, found `Europe/Londn`; did you mean `Europe/London`?
            t.yaml:5:13: expected 1 to 64 dimensions, found 0"#]],
    );
    check(
        "name: demo\n",
        expect![[r#"
        t.yaml:1:1: expected the key `currency` in a segmentation, found none
        t.yaml:1:1: expected the key `dimensions` in a segmentation, found none
        t.yaml:1:1: expected the key `timezone` in a segmentation, found none
        t.yaml:1:1: expected the key `version` in a segmentation, found none"#]],
    );
    check(
        "\
name: demo
version: 1
currency: GBP
timezone: UTC
dimensions:
  - name: a
    segments:
      - {name: x, when: balence > 0, stay: credit >, keep: 0d, for: 8000h}
      - {name: x, whenn: balance > 0}
      - {name: 1, when: \"\"}
      - x
    otherwize: y
  - name: a
    segments: []
    otherwise: [y]
",
        expect![[r#"
            t.yaml:6:5: expected the key `otherwise` in a dimension, found none
            t.yaml:8:25: unknown feature `balence`; did you mean `balance`?
            t.yaml:8:52: expected a feature or a value, found the end of the rule
            t.yaml:8:60: expected days such as 7d or hours such as 48h, at least 1 and at most the horizon, 730d, found `0d`
            t.yaml:9:9: expected the key `when` in a segment, found none
            t.yaml:9:16: expected every name once in the segments of a dimension, found `x` again
            t.yaml:9:19: expected a key of a segment (`name`, `when`, `stay`, `for`, `keep`, `bypass`, `treatment`), found `whenn`; did you mean `when`?
            t.yaml:10:16: expected a name of 1 to 64 letters, digits, `_` and `-` that does not begin with a digit or `-`, found `1`
            t.yaml:10:19: expected a rule, found nothing
            t.yaml:11:9: expected a segment: a map with `name` and `when`, found `x`
            t.yaml:12:5: expected a key of a dimension (`name`, `segments`, `otherwise`), found `otherwize`; did you mean `otherwise`?
            t.yaml:13:11: expected every name once in `dimensions`, found `a` again
            t.yaml:14:15: expected 1 to 64 segments besides `otherwise`, found 0
            t.yaml:15:16: expected a name of 1 to 64 letters, digits, `_` and `-` that does not begin with a digit or `-`, found a list"#]],
    );
}

#[test]
fn the_head_of_a_file() {
    check(
        &with("name: demo", "name: 7demo"),
        expect![[
            "t.yaml:1:7: expected a name of 1 to 64 letters, digits, `_` and `-` that does not begin with a digit or `-`, found `7demo`"
        ]],
    );
    check(
        &with("name: demo", "name: [demo]"),
        expect![[
            "t.yaml:1:7: expected a name of 1 to 64 letters, digits, `_` and `-` that does not begin with a digit or `-`, found a list"
        ]],
    );
    check(
        &with("name: demo", "name:"),
        expect![[
            "t.yaml:1:1: expected a name of 1 to 64 letters, digits, `_` and `-` that does not begin with a digit or `-`, found nothing"
        ]],
    );
    check(
        &with("version: 1", "version: 1.0"),
        expect![["t.yaml:2:10: expected a whole number from 1 to 4294967295, found `1.0`"]],
    );
    check(
        &with("version: 1", "version: 4294967296"),
        expect![["t.yaml:2:10: expected a whole number from 1 to 4294967295, found `4294967296`"]],
    );
    check(&with("version: 1", "version: 4294967295"), expect![["fine"]]);
    check(
        &with("currency: GBP", "currency: EURO"),
        expect![["t.yaml:3:11: expected an ISO 4217 code of three capital letters such as GBP, found `EURO`"]],
    );
    check(
        &with("Europe/London", "Europe/Rom"),
        expect![[
            "t.yaml:4:11: expected an IANA time zone such as Europe/London, found `Europe/Rom`; did you mean `Europe/Rome`?"
        ]],
    );
    check(
        &with("Europe/London", "europe/london"),
        expect![[
            "t.yaml:4:11: expected an IANA time zone such as Europe/London, found `europe/london`; did you mean `Europe/London`?"
        ]],
    );
    check(
        &with("Europe/London", "London"),
        expect![[
            "t.yaml:4:11: expected an IANA time zone such as Europe/London, found `London`; did you mean `Europe/London`?"
        ]],
    );
    check(
        &with("Europe/London", "+01:00"),
        expect![["t.yaml:4:11: expected an IANA time zone such as Europe/London, found `+01:00`"]],
    );
    check(
        &with("version: 1", "version: 1\nactionable_within: 0h"),
        expect![["t.yaml:3:20: expected hours or days from 1h to 8760h, found `0h`"]],
    );
    check(
        &with("version: 1", "version: 1\nactionable_within: 8761h"),
        expect![["t.yaml:3:20: expected hours or days from 1h to 8760h, found `8761h`"]],
    );
    check(
        &with("version: 1", "version: 1\nactionable_within: 90m"),
        expect![["t.yaml:3:20: expected hours or days from 1h to 8760h, found `90m`"]],
    );
}

#[test]
fn attributes() {
    check(
        &with("vip: bool", "vip: boolean"),
        expect![["t.yaml:6:8: expected a type (`bool`, `int`, `string`, `ratio`, `money`, `date`), found `boolean`"]],
    );
    check(
        &with("vip: bool", "vip: decimal"),
        expect![["t.yaml:6:8: expected a type (`bool`, `int`, `string`, `ratio`, `money`, `date`), found `decimal`"]],
    );
    check(&with("vip: bool", "vip:"), expect![["t.yaml:6:3: expected a type, found nothing"]]);
    check(
        &with("score: int", "risk-score: int"),
        expect![[r#"
        t.yaml:7:3: expected an attribute's name of 1 to 64 letters, digits and `_` that does not begin with a digit, found `risk-score`
        t.yaml:15:13: expected an attribute that `attributes` declares, found `score`"#]],
    );
    check(
        &with("[score]", "[scores]"),
        expect![[
            "t.yaml:15:13: expected an attribute that `attributes` declares, found `scores`; did you mean `score`?"
        ]],
    );
    check(&with("[score]", "score"), expect![["t.yaml:15:12: expected a list of attributes, found `score`"]]);
    check(&with("[score]", "[[score]]"), expect![["t.yaml:15:13: expected an attribute, found a list"]]);
    let many: String = (0..1001).map(|index| format!("a{index}: bool, ")).collect();
    check(
        &format!("attributes: {{{many}}}\n"),
        expect![[r#"
        t.yaml:1:1: expected the key `currency` in a segmentation, found none
        t.yaml:1:1: expected the key `dimensions` in a segmentation, found none
        t.yaml:1:1: expected the key `name` in a segmentation, found none
        t.yaml:1:1: expected the key `timezone` in a segmentation, found none
        t.yaml:1:1: expected the key `version` in a segmentation, found none
        t.yaml:1:13: expected at most 1000 attributes, found 1001"#]],
    );
    check(
        &with("[gender]", "[sex]"),
        expect![["t.yaml:14:13: expected an attribute that `attributes` declares, found `sex`"]],
    );
}

#[test]
fn parameters() {
    let parameter = |text: &str| with("holidays: [2026-12-25]", text);
    check(
        &parameter("horizn: 5d"),
        expect![
            "t.yaml:16:14: expected a key of `parameters` (`horizon`, `promise_grace_business_days`, `promise_tolerance`, `overdue_tolerance`, `pending_business_days`, `allocate_to_disputed`, `due_date_roll`, `click_min_seconds`, `call_limit`, `history_since`, `holidays`), found `horizn`; did you mean `horizon`?"
        ],
    );
    check(&parameter("horizon: 0d"), expect![["t.yaml:16:23: expected days from 1d to 3650d, found `0d`"]]);
    check(&parameter("horizon: 3651d"), expect![["t.yaml:16:23: expected days from 1d to 3650d, found `3651d`"]]);
    check(&parameter("horizon: 48h"), expect![["t.yaml:16:23: expected days from 1d to 3650d, found `48h`"]]);
    check(
        &parameter("promise_grace_business_days: 31"),
        expect![["t.yaml:16:43: expected a whole number from 0 to 30, found `31`"]],
    );
    check(
        &parameter("promise_grace_business_days: -1"),
        expect![["t.yaml:16:43: expected a whole number from 0 to 30, found `-1`"]],
    );
    check(
        &parameter("promise_tolerance: 0"),
        expect![["t.yaml:16:33: expected a share above 0 and up to 1, such as 0.95, found `0`"]],
    );
    check(
        &parameter("promise_tolerance: 1.01"),
        expect![["t.yaml:16:33: expected a share above 0 and up to 1, such as 0.95, found `1.01`"]],
    );
    check(
        &parameter("promise_tolerance: 95%"),
        expect![["t.yaml:16:33: expected a share above 0 and up to 1, such as 0.95, found `95%`"]],
    );
    check(
        &parameter("overdue_tolerance: 0.005"),
        expect![[
            "t.yaml:16:33: expected an amount in GBP of at most 2 decimals that is not negative, such as 0.00, found `0.005`"
        ]],
    );
    check(
        &parameter("overdue_tolerance: -1"),
        expect![[
            "t.yaml:16:33: expected an amount in GBP of at most 2 decimals that is not negative, such as 0.00, found `-1`"
        ]],
    );
    check(
        &parameter("call_limit: 1001"),
        expect![["t.yaml:16:26: expected a whole number from 0 to 1000, found `1001`"]],
    );
    check(
        &parameter("history_since: 2026-13-01"),
        expect![["t.yaml:16:29: expected a date such as 2026-05-03, from 1900 to 2199, found `2026-13-01`"]],
    );
    check(
        &parameter("holidays: [2026-12-25, Christmas]"),
        expect![["t.yaml:16:37: expected a date such as 2026-05-03, from 1900 to 2199, found `Christmas`"]],
    );
    check(&parameter("holidays: 2026-12-25"), expect![["t.yaml:16:24: expected a list of dates, found `2026-12-25`"]]);
}

#[test]
fn parameters_have_defaults_and_are_read() {
    let load = |text: &str| Segmentation::load("t.yaml", text).expect("valid").segmentation;
    let defaults = load(&with("parameters: {holidays: [2026-12-25]}\n", ""));
    expect![[r#"
        (
            Parameters {
                horizon_days: 730,
                promise_grace_business_days: 2,
                promise_tolerance: (
                    19,
                    20,
                ),
                overdue_tolerance_minor: 0,
                pending_business_days: 5,
                allocates_to_disputed: true,
                rolls_due_dates: false,
                click_min_seconds: 10,
                call_limit: 7,
                history_since: None,
                holidays: [],
            },
            86400000,
        )
    "#]]
    .assert_debug_eq(&(&defaults.parameters, defaults.actionable_within_ms));
    let all = "parameters: {horizon: 3650d, promise_grace_business_days: 0, promise_tolerance: 1, \
               overdue_tolerance: 2.50, call_limit: 0, history_since: 2024-01-01, holidays: [2026-12-26, 2026-12-25, 2026-12-26]}\n\
               actionable_within: 2d\n";
    let given = load(&with("parameters: {holidays: [2026-12-25]}\n", all));
    expect![[r#"
        (
            Parameters {
                horizon_days: 3650,
                promise_grace_business_days: 0,
                promise_tolerance: (
                    1,
                    1,
                ),
                overdue_tolerance_minor: 250,
                pending_business_days: 5,
                allocates_to_disputed: true,
                rolls_due_dates: false,
                click_min_seconds: 10,
                call_limit: 0,
                history_since: Some(
                    2024-01-01,
                ),
                holidays: [
                    2026-12-25,
                    2026-12-26,
                ],
            },
            172800000,
        )
    "#]]
    .assert_debug_eq(&(&given.parameters, given.actionable_within_ms));
}

#[test]
fn dimensions_and_segments() {
    check(
        &with("- name: guard", "- name: stage"),
        expect![["t.yaml:21:11: expected every name once in `dimensions`, found `stage` again"]],
    );
    check(
        &with("- name: guard", "- nmae: guard"),
        expect![[r#"
        t.yaml:18:5: expected a key of a dimension (`name`, `segments`, `otherwise`), found `nmae`; did you mean `name`?
        t.yaml:18:5: expected the key `name` in a dimension, found none"#]],
    );
    check(
        &with("otherwise: none", "otherwise: vulnerable"),
        expect![[
            "t.yaml:20:16: expected every name once in the segments of a dimension, `otherwise` included, found `vulnerable` again"
        ]],
    );
    check(
        &with("otherwise: none", "otherwise: {name: none, when: balance > 0}"),
        expect![["t.yaml:20:29: expected a key of `otherwise` (`name`, `treatment`), found `when`"]],
    );
    check(
        &with("otherwise: none", "otherwise: {treatment: {a: b}}"),
        expect![["t.yaml:20:16: expected the key `name` in `otherwise`, found none"]],
    );
    check(
        &with("    otherwise: none\n", ""),
        expect![["t.yaml:18:5: expected the key `otherwise` in a dimension, found none"]],
    );
    check(
        &with("name: late", "name: \"late payer\""),
        expect![[
            "t.yaml:23:15: expected a name of 1 to 64 letters, digits, `_` and `-` that does not begin with a digit or `-`, found `late payer`"
        ]],
    );
    check(
        &with("name: late", &format!("name: {}", "a".repeat(65))),
        expect![[
            "t.yaml:23:15: expected a name of 1 to 64 letters, digits, `_` and `-` that does not begin with a digit or `-`, found `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...`"
        ]],
    );
    check(&with("name: late", &format!("name: {}", "a".repeat(64))), expect![["fine"]]);
    check(&with("when: balance > 0\n", "when:\n"), expect![["t.yaml:24:9: expected a rule, found nothing"]]);
    check(
        &with("when: balance > 0\n", "when: [balance > 0]\n"),
        expect![["t.yaml:24:15: expected a rule, found a list"]],
    );
}

#[test]
fn spans_and_their_keys() {
    let also =
        |text: &str| with("        when: balance > 0\n", &format!("        when: balance > 0\n        {text}\n"));
    check(&also("for: 730d"), expect![["fine"]]);
    check(&also("for: 17520h"), expect![["fine"]]);
    check(
        &also("for: 731d"),
        expect![[
            "t.yaml:25:14: expected days such as 7d or hours such as 48h, at least 1 and at most the horizon, 730d, found `731d`"
        ]],
    );
    check(
        &also("for: 17521h"),
        expect![[
            "t.yaml:25:14: expected days such as 7d or hours such as 48h, at least 1 and at most the horizon, 730d, found `17521h`"
        ]],
    );
    check(
        &also("for: 0h"),
        expect![[
            "t.yaml:25:14: expected days such as 7d or hours such as 48h, at least 1 and at most the horizon, 730d, found `0h`"
        ]],
    );
    check(
        &also("for: 7"),
        expect![[
            "t.yaml:25:14: expected days such as 7d or hours such as 48h, at least 1 and at most the horizon, 730d, found `7`"
        ]],
    );
    check(
        &also("for: 1.5d"),
        expect![[
            "t.yaml:25:14: expected days such as 7d or hours such as 48h, at least 1 and at most the horizon, 730d, found `1.5d`"
        ]],
    );
    check(
        &also("keep: 7d"),
        expect![["warning: t.yaml:25:9: segment `late` has `keep` without `bypass`: nothing ends the stay early"]],
    );
    check(
        &also("bypass: credit > 0"),
        expect![["t.yaml:25:9: expected `keep` beside `bypass`, found none: there is nothing to bypass"]],
    );
    check(
        &also("keep: 7d\n        bypass: credits > 0"),
        expect![["t.yaml:26:17: unknown feature `credits`; did you mean `credit`?"]],
    );
    check(&also("treatment: call"), expect![["t.yaml:25:20: expected a map of texts to texts, found `call`"]]);
    check(
        &also("treatment: {channel: [call]}"),
        expect![["t.yaml:25:30: expected a text of 1 to 1024 bytes, found a list"]],
    );
    check(
        &also("treatment: {channel: }"),
        expect![["t.yaml:25:21: expected a text of 1 to 1024 bytes, found nothing"]],
    );
    check(
        &also(&format!("treatment: {{channel: {}}}", "x".repeat(1025))),
        expect![[
            "t.yaml:25:30: expected a text of 1 to 1024 bytes, found `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...`"
        ]],
    );
}

#[test]
fn promises_without_holidays_are_warned_of_once() {
    let file = with("parameters: {holidays: [2026-12-25]}\n", "").replace(
        "when: balance > 0\n",
        "when: balance > 0 && promises.broken(\"30d\") > 1\n        stay: promises.open > 0\n",
    );
    check(
        &file,
        expect![[
            "warning: t.yaml:23:30: `promises.broken` is read and `holidays` is empty: a promise's deadline counts public holidays as business days"
        ]],
    );
}

#[test]
fn counts_are_bounded() {
    let dimension =
        |index: usize| format!("  - {{name: d{index}, segments: [{{name: a, when: balance > 0}}], otherwise: b}}\n");
    let file = |count: usize| {
        let dimensions: String = (0..count).map(dimension).collect();
        format!("name: demo\nversion: 1\ncurrency: GBP\ntimezone: UTC\ndimensions:\n{dimensions}")
    };
    check(&file(64), expect![["fine"]]);
    check(&file(65), expect![["t.yaml:6:3: expected 1 to 64 dimensions, found 65"]]);
    let segments = |count: usize| -> String {
        (0..count).map(|index| format!("{{name: s{index}, when: balance > 0}}, ")).collect()
    };
    let file = |count: usize| with("[{name: vulnerable, when: profile.vip}]", &format!("[{}]", segments(count)));
    check(&file(64), expect![["fine"]]);
    check(&file(65), expect![["t.yaml:19:15: expected 1 to 64 segments besides `otherwise`, found 65"]]);
    check(
        &with("name: demo", &format!("name: demo # {}", "x".repeat(1 << 20))),
        expect![["t.yaml:1:1: expected a file of at most 1048576 bytes, found 1049124"]],
    );
}

#[test]
fn segments_are_read_whole() {
    let file = file_with("balance > 0 || credit > 0").replace(
        "    otherwise: current\n",
        "        stay: overdue.days > 0 || credit > 1\n        for: 48h\n        keep: 7d\n        bypass: profile.vip\n        treatment: {channel: call, 7: no}\n    \
         otherwise: {name: current, treatment: {channel: none}}\n",
    );
    let segmentation = Segmentation::load("t.yaml", file).expect("valid").segmentation;
    let dimension = &segmentation.dimensions[1];
    let late = &dimension.segments[0];
    assert_eq!((late.hold, late.keep), (Some(Span::Hours(48)), Some(Span::Days(7))));
    assert_eq!(late.bypass.as_ref().expect("a bypass").text, "profile.vip");
    let remain = late.remain.as_ref().expect("a rule to remain");
    assert_eq!(remain.text, "(balance > 0 || credit > 0) || (overdue.days > 0 || credit > 1)");
    expect![["Or[balance > Money(0), credit > Money(0), overdue.days > Int(0), credit > Money(100)]"]]
        .assert_eq(&super::shown(&remain.root, &segmentation));
    expect![[r#"
        {
            "7": "no",
            "channel": "call",
        }
    "#]]
    .assert_debug_eq(&late.treatment);
    let otherwise = &dimension.segments[dimension.otherwise()];
    assert_eq!(
        (otherwise.name.as_str(), otherwise.when.is_none(), otherwise.remain.is_none()),
        ("current", true, true)
    );
    assert_eq!(otherwise.treatment["channel"], "none");
    let high = &segmentation.dimensions[2].segments[0];
    assert_eq!(high.remain.as_ref().map(|rule| &rule.root), high.when.as_ref().map(|rule| &rule.root));
}

#[test]
fn an_attribute_says_what_an_unreadable_value_counts_as() {
    let loaded = |declaration: &str| {
        let text = with("vip: bool", &format!("vip: {declaration}"));
        let loaded = Segmentation::load("t.yaml", text).unwrap();
        loaded.segmentation.attributes.into_iter().find(|declared| declared.name == "vip").unwrap()
    };
    assert!(loaded("{type: bool, unreadable: true}").unreadable_is_true);
    assert!(!loaded("{type: bool}").unreadable_is_true);
    assert_eq!(loaded("{type: bool}"), loaded("bool"));
    check(
        &with("vip: bool", "vip: {type: bool, unreadable: false}"),
        expect![
            "t.yaml:6:33: expected `true`, to count what cannot be read as true (leave `unreadable` out, and it is unknown), found `false`"
        ],
    );
    check(
        &with("vip: bool", "vip: {type: bool, unreadable: yes}"),
        expect![
            "t.yaml:6:33: expected `true`, to count what cannot be read as true (leave `unreadable` out, and it is unknown), found `yes`"
        ],
    );
    check(
        &with("score: int", "score: {type: int, unreadable: true}"),
        expect![
            "t.yaml:7:22: expected `unreadable` only of a bool, found it of int: leave it out; a value that cannot be read as int is unknown, which `unknown(profile.NAME)` asks for"
        ],
    );
    check(
        &with("vip: bool", "vip: {type: boolean}"),
        expect!["t.yaml:6:15: expected a type (`bool`, `int`, `string`, `ratio`, `money`, `date`), found `boolean`"],
    );
    check(
        &with("vip: bool", "vip: {unreadable: true}"),
        expect!["t.yaml:6:8: expected the key `type` in an attribute, found none"],
    );
    check(
        &with("vip: bool", "vip: {type: bool, unreadble: true}"),
        expect![
            "t.yaml:6:21: expected a key of an attribute (`type`, `unreadable`), found `unreadble`; did you mean `unreadable`?"
        ],
    );
    check(&with("vip: bool", "vip: [bool]"), expect!["t.yaml:6:8: expected a type, found a list"]);
}
