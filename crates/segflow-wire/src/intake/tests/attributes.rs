//! The values that an attribute of a profile may have.

use segflow_core::event::Attribute;

use super::*;

#[test]
fn an_attribute_is_null_a_text_a_number_or_a_boolean() {
    let profile = |attributes: &str| {
        let json = format!(
            r#"{{"event_id":"E-1","customer_id":"C-1","occurred_at":1777800000000,"kind":"UPDATED","attributes":{attributes}}}"#
        );
        accept(&record(Family::Profiles, Some(json.as_bytes())), &intake(Encoding::Json), W)
    };
    let value = |json: &str| match profile(&format!("{{\"a\":{json}}}")).unwrap().body {
        Body::Updated { mut attributes } => attributes.remove("a").unwrap(),
        _ => unreachable!(),
    };
    assert_eq!(value("null"), Attribute::Null);
    let longest = "x".repeat(1_024);
    assert_eq!(value(&format!("\"{longest}\"")), Attribute::Text(longest.clone()));
    let longer = profile(&format!("{{\"a\":\"{longest}x\"}}")).unwrap_err();
    assert_eq!(longer.reason, Reason::MalformedField);
    assert!(
        longer.detail.starts_with("attributes.a: expected null, a text of at most 1024 bytes"),
        "{}",
        longer.detail
    );
    assert_eq!(value("700"), Attribute::Long(700));
    assert_eq!(value("-9223372036854775808"), Attribute::Long(i64::MIN));
    assert_eq!(value("9223372036854775808"), Attribute::Double("9223372036854776000".to_owned()));
    assert_eq!(value("18446744073709551616"), Attribute::Double("18446744073709552000".to_owned()));
    assert_eq!(value("0.10"), Attribute::Double("0.1".to_owned()));
    assert_eq!(value("700.0"), Attribute::Double("700".to_owned()));
    assert_eq!(value("-0.0"), Attribute::Double("0".to_owned()));
    assert_eq!(value("1.5e3"), Attribute::Double("1500".to_owned()));
    assert_eq!(value("0.30000000000000004"), Attribute::Double("0.30000000000000004".to_owned()));
    assert_eq!(value("\"2026-05-03\""), Attribute::Text("2026-05-03".to_owned()));
    let check = |attributes: &str, expected: Expect| expected.assert_eq(&said(profile(attributes)));
    check("null", expect!["missing_field: attributes: expected a value, found none"]);
    check("[]", expect!["malformed_field: attributes: expected an object of attributes, found a list"]);
    check(
        r#"{"a":{"b":1}}"#,
        expect![
            "malformed_field: attributes.a: expected null, a text of at most 1024 bytes, a finite number or a boolean, found an object"
        ],
    );
    check(
        r#"{"a":[1]}"#,
        expect![
            "malformed_field: attributes.a: expected null, a text of at most 1024 bytes, a finite number or a boolean, found a list"
        ],
    );
    check(
        r#"{"a":1e999}"#,
        expect!["undecodable: expected a json object, found: number out of range at line 1 column 106"],
    );
    check(
        r#"{"":1}"#,
        expect!["malformed_field: attributes, a name: expected a text of 1 to 256 bytes, found an empty text"],
    );
    check(r#"{"a":1,"a":1}"#, expect!["malformed_field: attributes.a: expected one value, found another"]);
}
