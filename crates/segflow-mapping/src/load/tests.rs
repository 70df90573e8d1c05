//! What is refused at load, and how it is said.

use expect_test::{Expect, expect};

use crate::mapping::Mapping;

/// A sound mapping, of which tests change a line.
const SOUND: &str = r#"mapping: m
timezone: Europe/London
unwrap: debezium
each: lines
words:
  failures: {declined: DECLINED, otherwise: OTHER}
defaults:
  event_id: joined(id, "-", item.no)
  customer_id: customer
  currency: GBP
  occurred_at: seconds(created)
events:
  - when: kind == "paid" && item.amount > 0
    to: payments.RECEIVED
    payment_id: id
    amount_minor: money(item.amount)
  - when: kind == "failed"
    to: payments.FAILED
    payment_id: id
    failure_code: words.failures(reason)
  - when: kind == "note"
    skip: only a note
otherwise: dead-letter
"#;

fn refused(text: &str, expected: Expect) {
    match Mapping::load("m.yaml", text) {
        Ok(_) => panic!("it loads"),
        Err(error) => expected.assert_eq(&error.to_string()),
    }
}

/// The sound mapping with one part exchanged.
fn check(from: &str, to: &str, expected: Expect) {
    assert!(SOUND.contains(from), "{from}");
    refused(&SOUND.replacen(from, to, 1), expected);
}

#[test]
fn the_sound_mapping_loads_and_its_hash_is_that_of_its_text() {
    let mapping = Mapping::load("m.yaml", SOUND).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(mapping.text, SOUND.as_bytes());
    expect!["5b567d748e18b6d12f1168edf2dfeba92b128a4ec6408fd5911aaa42aae3dc6b"].assert_eq(&mapping.hash);
    assert_eq!(mapping.reads().join(" "), "lines kind item.amount id item.no customer created reason");
    let other = Mapping::load("m.yaml", format!("{SOUND}# a remark\n")).unwrap_or_else(|error| panic!("{error}"));
    assert_ne!(mapping.hash, other.hash);
}

#[test]
fn keys_and_words_are_those_of_the_language() {
    check(
        "otherwise: dead",
        "otherwize: dead",
        expect![[r#"
        m.yaml:1:1: expected the key `otherwise` in a mapping, found none
        m.yaml:23:1: expected a key of a mapping (`mapping`, `decode`, `timezone`, `unwrap`, `tombstones`, `each`, `words`, `defaults`, `events`, `otherwise`), found `otherwize`; did you mean `otherwise`?"#]],
    );
    check(
        "otherwise: dead-letter",
        "otherwise: drop",
        expect!["m.yaml:23:12: expected `skip` or `dead-letter`, found `drop`"],
    );
    check(
        "unwrap: debezium",
        "unwrap: debizium",
        expect!["m.yaml:3:9: expected `debezium` or `cloudevents`, found `debizium`"],
    );
    check(
        "timezone: Europe/London",
        "timezone: Europe/Lodon",
        expect![
            "m.yaml:2:11: expected an IANA time zone such as Europe/London, found `Europe/Lodon`; did you mean `Europe/London`?"
        ],
    );
    check(
        "mapping: m",
        "mapping: my mapping",
        expect![
            "m.yaml:1:10: expected a name of 1 to 64 letters, digits, `_` and `-` that does not begin with a digit or `-`, found `my mapping`"
        ],
    );
    check(
        "payments.RECEIVED",
        "payments.RECIEVED",
        expect![
            "m.yaml:14:9: expected a kind such as `payments.RECEIVED`, found `payments.RECIEVED`; did you mean `payments.RECEIVED`?"
        ],
    );
    check(
        "    payment_id: id\n    amount",
        "    payment: id\n    amount",
        expect![[r#"
        m.yaml:13:5: expected the field `payment_id` in a `payments.RECEIVED` or in `defaults`, found none
        m.yaml:15:5: expected a field of a `payments.RECEIVED` (`event_id`, `customer_id`, `occurred_at`, `payment_id`, `currency`, `amount_minor`, `invoice_id`, `allocations`, `method`), found `payment`; did you mean `payment_id`?"#]],
    );
    check(
        "  currency: GBP",
        "  curency: GBP",
        expect![[r#"
        m.yaml:10:3: expected a field of some kind of event, found `curency`; did you mean `currency`?
        m.yaml:13:5: expected the field `currency` in a `payments.RECEIVED` or in `defaults`, found none
        m.yaml:16:19: `money(..)` counts in the decimals of the event's `currency`, of which there is none here; compare numbers, as in `number(x) < 0`"#]],
    );
    check(
        "    skip: only a note",
        "    skip: only a note\n    to: payments.FAILED",
        expect!["m.yaml:21:5: expected one of `to`, `skip` and `dead-letter` in an entry of `events`, found 2"],
    );
    check(
        "each: lines",
        "each: {record: lines}",
        expect![
            "m.yaml:4:16: expected a name of letters, digits and `_`, other than record, value, envelope, words and part, found `record`"
        ],
    );
    check("each: lines", "each: upper(lines)", expect!["m.yaml:4:7: expected the name of a list, found `upper(..)`"]);
    check(
        "each: lines",
        "each: {a: b, c: a.d, e: c.f, g: e.h, i: g.j}",
        expect!["m.yaml:4:7: expected at most 4 lists, found 5"],
    );
    refused("", expect!["m.yaml:1:1: expected a mapping, found an empty file"]);
    refused(
        "mapping: m\nevents: []\notherwise: skip\n",
        expect!["m.yaml:1:1: expected 1 to 200 entries of `events`, found 0"],
    );
    refused(
        "mapping: m\notherwise: skip\nevents: [{to: payments.FAILED, payment_id: &a x}]\n",
        expect!["m.yaml:3:44: anchors (`&name`) are not used in a mapping: repeat the value"],
    );
}

#[test]
fn names_of_functions_and_tables_have_a_nearest_one() {
    check(
        "money(item",
        "mony(item",
        expect!["m.yaml:16:19: expected a function, found `mony(..)`; did you mean `money`?"],
    );
    check(
        "words.failures(reason)",
        "words.failure(reason)",
        expect!["m.yaml:20:19: expected a table of `words`, found `failure`; did you mean `failures`?"],
    );
    check(
        "joined(id",
        "join(id",
        expect!["m.yaml:8:13: expected a function, found `join(..)`; did you mean `joined`?"],
    );
    check(
        "seconds(created)",
        "record.timestmp",
        expect![
            "m.yaml:11:16: expected `record.` and one of topic, partition, offset, timestamp, key, headers, found `record.timestmp`; did you mean `timestamp`?"
        ],
    );
    check(
        "seconds(created)",
        "record",
        expect![
            "m.yaml:11:16: expected `record.` and one of topic, partition, offset, timestamp, key, headers, found `record`"
        ],
    );
    check(
        "seconds(created)",
        "record.headers",
        expect!["m.yaml:11:16: expected the name of a header, as in `record.headers.trace`"],
    );
}

#[test]
fn targets_are_typed() {
    check(
        "money(item.amount)",
        "item.amount",
        expect![
            "m.yaml:16:19: `amount_minor`: expected an amount, found a value of the record: say which unit it is in, `minor(..)` for minor units and `money(..)` for major ones"
        ],
    );
    check(
        "money(item.amount)",
        "12.50",
        expect![
            "m.yaml:16:19: `amount_minor`: expected an amount, found a number: say which unit it is in, `minor(..)` for minor units and `money(..)` for major ones"
        ],
    );
    check(
        "seconds(created)",
        "12",
        expect![
            "m.yaml:11:16: `occurred_at`: expected an instant, found a number: say which unit it is in, as in `seconds(..)`"
        ],
    );
    check(
        "seconds(created)",
        "date(created)",
        expect![
            "m.yaml:11:16: `occurred_at`: expected an instant, found a date: the beginning of the day is `midnight(..)` of it"
        ],
    );
    check(
        "customer_id: customer",
        "customer_id: seconds(created)",
        expect!["m.yaml:9:16: `customer_id`: expected a text, found an instant: `text(..)` writes it as one"],
    );
    check(
        "words.failures(reason)",
        "true",
        expect!["m.yaml:20:19: `failure_code`: expected a text, found a truth value"],
    );
    check(
        "payment_id: id\n    amount",
        "payment_id: id\n    invoice_id: a == b\n    amount",
        expect!["m.yaml:16:17: `invoice_id`: expected a text, found a truth value: `text(..)` writes it as one"],
    );
}

#[test]
fn expressions_are_typed() {
    check(
        "item.amount > 0",
        "money(item.amount) > 0",
        expect![
            "m.yaml:13:29: `money(..)` counts in the decimals of the event's `currency`, of which there is none here; compare numbers, as in `number(x) < 0`"
        ],
    );
    check(
        "kind == \"paid\"",
        "seconds(created) == \"paid\"",
        expect!["m.yaml:13:28: expected two values of one type, found an instant and a text"],
    );
    check(
        "kind == \"paid\"",
        "upper(kind)",
        expect!["m.yaml:13:11: expected a truth value, found `upper(..)` (a text)"],
    );
    check(
        "kind == \"paid\"",
        "kind in [1, a]",
        expect!["m.yaml:13:23: expected constants of the type of `kind`, found `a`"],
    );
    check("kind == \"paid\"", "kind in []", expect!["m.yaml:13:19: expected at least one value in the list"]);
    check(
        "kind == \"paid\"",
        "kind in \"paid\"",
        expect![[r#"m.yaml:13:19: expected a list after `in`, as in `x in ["a", "b"]`, found `"paid"`"#]],
    );
    check(
        "money(item.amount)",
        "money(item.amount) * money(item.amount)",
        expect![
            "m.yaml:16:38: expected the sum or difference of two amounts, or the sum, difference or product of two numbers, found `*` of an amount and an amount"
        ],
    );
    check(
        "money(item.amount)",
        "money(item.amount / 2)",
        expect![
            "m.yaml:16:37: expected the sum or difference of two amounts, or the sum, difference or product of two numbers, found `/` of a value of the record and a number"
        ],
    );
    check(
        "money(item.amount)",
        "money(seconds(item.amount))",
        expect!["m.yaml:16:25: `money(..)`: expected a number or a text, found an instant"],
    );
    check(
        "money(item.amount)",
        "money(item.amount, \",\")",
        expect!["m.yaml:16:38: `money(..)`: expected one value and nothing else"],
    );
    check(
        "money(item.amount)",
        "money(number(item.amount, \";\"))",
        expect![[
            r#"m.yaml:16:45: `number(..)`: expected a value, and perhaps the sign before its decimals, "," or ".""#
        ]],
    );
    check(
        "money(item.amount)",
        "money(unscaled(item.amount, 39))",
        expect!["m.yaml:16:47: `unscaled(..)`: expected a value and how many of its digits are decimals, from 0 to 38"],
    );
    check("money(item.amount)", "money()", expect!["m.yaml:16:19: `money(..)`: expected a value, found none"]);
    check(
        "seconds(created)",
        "instant(created, \"%Y-%m\")",
        expect![[
            r#"m.yaml:11:33: expected how it is written, as in "%d.%m.%Y", found `%Y-%m`: it does not say which day"#
        ]],
    );
    check(
        "seconds(created)",
        "instant(created, \"%!\")",
        expect![[
            r#"m.yaml:11:33: expected how it is written, as in "%d.%m.%Y", found `%!`: strftime formatting failed: found unrecognized specifier directive `!`"#
        ]],
    );
    check(
        "seconds(created)",
        "first_known(seconds(created), date(created))",
        expect!["m.yaml:11:46: `first_known(..)`: expected values of one type, found a date"],
    );
    check(
        "joined(id, \"-\", item.no)",
        "joined(id)",
        expect!["m.yaml:8:13: `joined(..)`: expected two values or more"],
    );
}

/// The parser, its positions and its bounds are those of rules.
#[test]
fn the_syntax_is_that_of_rules() {
    check(
        "money(item.amount)",
        "money(item.amount",
        expect![
            "m.yaml:16:36: expected `,` or `)`, found the end of the expression; within `{..}` a comma ends it: quote it, or give every key a line"
        ],
    );
    check(
        "money(item.amount)",
        "money(item[amount])",
        expect!["m.yaml:16:30: expected a place such as 0, or a name in quotes, found `amount`"],
    );
    check(
        "money(item.amount)",
        "money(item[1.5])",
        expect!["m.yaml:16:30: expected a place such as 0, or a name in quotes, found `1.5`"],
    );
    check(
        "money(item.amount)",
        "money(item.amount) ?",
        expect!["m.yaml:16:38: expected a name of the record, a value or an operator, found `?`"],
    );
    check(
        "kind == \"paid\" && item",
        "kind == \"paid\" and item",
        expect!["m.yaml:13:26: expected an operator or the end of the expression, found `and`"],
    );
    let deep = "(".repeat(40) + "id" + &")".repeat(40);
    check(
        "money(item.amount)",
        &format!("money({deep})"),
        expect!["m.yaml:16:56: expected nesting of at most 32: split the expression, for instance into several events"],
    );
}

/// As in `{a: joined(b, c)}`, which is an easy mistake.
#[test]
fn a_comma_in_a_flow_map_ends_an_expression_and_is_told() {
    refused(
        "mapping: m\ndefaults: {event_id: joined(a, b), customer_id: c}\nevents: [{skip: x}, {to: invoices.VOIDED}]\notherwise: skip\n",
        expect![[r#"
        m.yaml:2:30: expected `,` or `)`, found the end of the expression; within `{..}` a comma ends it: quote it, or give every key a line
        m.yaml:2:32: expected a field of some kind of event, found `b)`
        m.yaml:3:21: expected the field `invoice_id` in a `invoices.VOIDED` or in `defaults`, found none
        m.yaml:3:21: expected the field `occurred_at` in a `invoices.VOIDED` or in `defaults`, found none"#]],
    );
}

#[test]
fn what_depends_on_the_zone_needs_one() {
    let without = SOUND.replace("timezone: Europe/London\n", "");
    for expression in ["midnight(day)", "local(millis(created))", "instant(created, \"%d.%m.%Y %H:%M\")"] {
        let text = without.replace("seconds(created)", expression);
        let error = Mapping::load("m.yaml", text).unwrap_err().to_string();
        assert!(error.contains("depends on where days begin: name the mapping's `timezone`"), "{error}");
    }
    assert!(Mapping::load("m.yaml", without).is_ok());
}

#[test]
fn money_needs_the_currency_of_its_event() {
    let text = SOUND.replace("  currency: GBP\n", "");
    refused(
        &text,
        expect![[r#"
        m.yaml:12:5: expected the field `currency` in a `payments.RECEIVED` or in `defaults`, found none
        m.yaml:15:19: `money(..)` counts in the decimals of the event's `currency`, of which there is none here; compare numbers, as in `number(x) < 0`"#]],
    );
}

#[test]
fn a_file_has_bounds() {
    let of =
        |entries: usize| format!("mapping: m\notherwise: skip\nevents:\n{}", "  - skip: nothing\n".repeat(entries));
    assert!(Mapping::load("m.yaml", of(200)).is_ok());
    refused(&of(201), expect!["m.yaml:1:1: expected 1 to 200 entries of `events`, found 201"]);
    let padded = |bytes: usize| format!("{SOUND}#{}", "x".repeat(bytes - SOUND.len() - 1));
    assert!(Mapping::load("m.yaml", padded(Mapping::MAX_BYTES)).is_ok());
    refused(
        &padded(Mapping::MAX_BYTES + 1),
        expect!["m.yaml:1:1: expected a file of at most 1048576 bytes, found 1048577"],
    );
}
