//! YAML: what is refused of it, and positions within rules.

use expect_test::expect;

use crate::segmentation::Segmentation;

use super::{check, file_with, rule};

#[test]
fn one_document_that_is_a_map() {
    check("", expect![["t.yaml:1:1: expected a segmentation, found an empty file"]]);
    check("# nothing\n", expect![["t.yaml:1:1: expected a segmentation, found an empty file"]]);
    check("- a\n", expect![["t.yaml:1:1: expected a segmentation: a map that begins with `name`, found a list"]]);
    check("name", expect![["t.yaml:1:1: expected a segmentation: a map that begins with `name`, found `name`"]]);
    check(
        &format!("{}---\nname: second\n", file_with("balance > 0")),
        expect![["t.yaml:29:1: expected one document, found another: a file is one segmentation"]],
    );
    check(&format!("---\n{}...\n", file_with("balance > 0")), expect![["fine"]]);
    check(&format!("\u{feff}{}", file_with("balance > 0")), expect![["fine"]]);
    check(&file_with("balance > 0").replace('\n', "\r\n"), expect![["fine"]]);
    check(
        &file_with("balans > 0").replace('\n', "\r\n"),
        expect![["t.yaml:24:15: unknown feature `balans`; did you mean `balance`?"]],
    );
}

#[test]
fn other_bytes_than_utf8_are_pointed_at() {
    let error = Segmentation::load("t.yaml", b"name: a\nversion: \xc3\xa9\xff\n").expect_err("not UTF-8");
    assert_eq!(error.to_string(), "t.yaml:2:11: expected UTF-8, found a byte that is not");
    for utf_16 in [&b"\xff\xfen\0a\0"[..], b"\xfe\xff\0n\0a"] {
        let error = Segmentation::load("t.yaml", utf_16).expect_err("not UTF-8");
        assert_eq!(error.to_string(), "t.yaml:1:1: expected UTF-8, found UTF-16: save the file as UTF-8");
    }
}

#[test]
fn syntax_errors_have_positions() {
    check("name: [a\nversion: 1\n", expect![["t.yaml:2:8: not YAML: illegal placement of ':' indicator"]]);
    check(
        "name: \"a\n",
        expect![["t.yaml:1:7: not YAML: while scanning a quoted scalar, found unexpected end of stream"]],
    );
    check(
        "name: a\n  version: 1\n",
        expect![["t.yaml:2:10: not YAML: mapping values are not allowed in this context"]],
    );
    check("name: a\n\tversion: 1\n", expect![["t.yaml:1:7: not YAML: while scanning a plain scalar, found a tab"]]);
    check(
        "{{{{{{{{{{{{{{{{{{{{{{{{{{{{",
        expect![["t.yaml:1:18: not YAML: expected at most 16 maps and lists within each other"]],
    );
    check(&"[".repeat(100_000), expect![["t.yaml:1:256: not YAML: recursion limit exceeded"]]);
    check(
        &"- ".repeat(100_000),
        expect![["t.yaml:1:35: not YAML: expected at most 16 maps and lists within each other"]],
    );
    check(
        &format!("a: {}", "[".repeat(17)),
        expect![["t.yaml:1:20: not YAML: expected at most 16 maps and lists within each other"]],
    );
}

#[test]
fn tags_anchors_and_aliases_are_refused() {
    rule(
        "!known(credit)",
        expect![["t.yaml:24:15: `!known(credit)` is a YAML tag here: write `unknown(credit)`, or quote the rule"]],
    );
    rule(
        "!known(credit) && profile.vip",
        expect![["t.yaml:24:15: `!known(credit)` is a YAML tag here: write `unknown(credit)`, or quote the rule"]],
    );
    rule(
        "!profile.vip",
        expect![[
            "t.yaml:24:15: `!profile.vip` is a YAML tag here: to negate, quote the rule; tags are not used in a segmentation"
        ]],
    );
    rule(
        "!(balance > 0)",
        expect![[
            "t.yaml:24:25: not YAML: while scanning a block scalar, did not find expected comment or line break; quote the whole rule, since YAML reads its first character as its own"
        ]],
    );
    rule("!!str balance", expect![["t.yaml:24:15: tags such as `!!str` are not used in a segmentation: leave it out"]]);
    rule(
        "&rule balance > 0",
        expect![["t.yaml:24:15: anchors (`&name`) are not used in a segmentation: repeat the value"]],
    );
    rule(
        "*rule",
        expect![[
            "t.yaml:24:15: not YAML: while parsing node, found unknown anchor; quote the whole rule, since YAML reads its first character as its own"
        ]],
    );
    check(
        "name: &n demo\nversion: *n\n",
        expect![[r#"
        t.yaml:1:7: anchors (`&name`) are not used in a segmentation: repeat the value
        t.yaml:2:10: aliases (`*name`) are not used in a segmentation: repeat the value"#]],
    );
    check(
        "!thing\nname: demo\n",
        expect![[
            "t.yaml:1:1: `!thing` is a YAML tag here: to negate, quote the rule; tags are not used in a segmentation"
        ]],
    );
}

#[test]
fn duplicate_keys_are_refused() {
    check("name: a\nversion: 1\nname: b\n", expect![["t.yaml:3:1: duplicate key `name`: it stands on line 1 already"]]);
    check("name: a\n? [x]\n: b\n", expect![["t.yaml:2:3: expected a key, found a list"]]);
    let twice = file_with("balance > 0").replace("  vip: bool\n", "  vip: bool\n  \"vip\": int\n");
    check(&twice, expect![["t.yaml:7:3: duplicate key `vip`: it stands on line 6 already"]]);
}

#[test]
fn a_rule_that_yaml_takes_apart_is_explained() {
    rule(
        "\"none\" != segment(\"guard\")",
        expect![[
            "t.yaml:24:22: not YAML: invalid trailing content after double-quoted scalar; quote the whole rule, since YAML reads its first character as its own"
        ]],
    );
    rule(
        "profile.region == \"a: b\"",
        expect![["t.yaml:24:35: not YAML: mapping values are not allowed in this context; quote the whole rule"]],
    );
    let flow = |rule: &str| file_with("balance > 0").replace("when: profile.vip", &format!("when: {rule}"));
    check(
        &flow("contacts.outbound(\"30d\", \"CALL\") > 1"),
        expect![[
            "t.yaml:19:72: not YAML: invalid trailing content after double-quoted scalar; quote a rule that stands within {..} and contains a comma, a bracket or a colon"
        ]],
    );
    check(
        &flow("overdue.days in [1, 2]"),
        expect![[
            "t.yaml:19:57: not YAML: while parsing a flow mapping, did not find expected ',' or '}'; quote a rule that stands within {..} and contains a comma, a bracket or a colon"
        ]],
    );
    check(&flow("contacts.outbound(\"30d\") > 1"), expect![["fine"]]);
}

#[test]
fn positions_are_those_of_tokens() {
    // Plain, single-quoted and double-quoted: exact, in characters.
    rule("profile.region == \"Zürich\" && weather", expect![["t.yaml:24:45: unknown feature `weather`"]]);
    rule("'balance > 0 && weather'", expect![["t.yaml:24:31: unknown feature `weather`"]]);
    rule("\"balance > 0 && weather\"", expect![["t.yaml:24:31: unknown feature `weather`"]]);
    // Escaped, folded and literal: the scalar's start, and the character within the rule.
    rule(
        "\"profile.region == \\\"x\\\" && weather\"",
        expect![["t.yaml:24:15: in the rule at character 26: unknown feature `weather`"]],
    );
    rule(
        "'profile.region == ''x'' && weather'",
        expect![["t.yaml:24:15: in the rule at character 26: unknown feature `weather`"]],
    );
    rule(
        "balance > 0\n          && weather",
        expect![["t.yaml:24:15: in the rule at character 16: unknown feature `weather`"]],
    );
    rule(
        ">\n          balance > 0\n          && weather",
        expect![["t.yaml:25:11: in the rule at character 16: unknown feature `weather`"]],
    );
    rule(
        "|\n          balance > 0\n          && weather",
        expect![["t.yaml:25:11: in the rule at character 16: unknown feature `weather`"]],
    );
    rule(
        ">\n          balance > 0\n          && profile.vip",
        expect![["And[balance > Money(0), Holds(profile.vip)]"]],
    );
}
