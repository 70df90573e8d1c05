//! The schemas are sound and documented. Their fingerprints are in `tests/formats.rs`.

use serde_json::Value;

use super::*;

/// The present ones, each followed by its earlier ones.
fn accepted() -> impl Iterator<Item = &'static TopicSchema> {
    ALL.into_iter().flat_map(TopicSchema::accepted)
}

/// Avro's rules of resolution hold, so that other readers need the present schema alone.
#[test]
fn a_schema_resolves_values_of_its_earlier_ones() {
    let mut pairs = Vec::new();
    for local in ALL {
        let reader = apache_avro::Schema::parse_str(local.source).unwrap();
        for earlier in local.earlier {
            let writer = apache_avro::Schema::parse_str(earlier.source).unwrap();
            apache_avro::schema_compatibility::SchemaCompatibility::can_read(&writer, &reader).unwrap();
            assert_ne!(earlier.fingerprint(), local.fingerprint());
            pairs.push(format!("{} {}", local.name, earlier.name));
        }
    }
    assert_eq!(
        pairs,
        [
            "invoices invoices-1",
            "payments payments-1",
            "contacts contacts-1",
            "segments segments-1",
            "journal journal-4",
            "journal journal-3",
            "journal journal-2",
            "journal journal-1"
        ]
    );
}

#[test]
fn the_schema_of_a_family_is_that_of_its_topic() {
    for family in Family::ALL {
        assert_eq!(of(family).name, family.name());
    }
}

#[test]
fn apache_avro_parses_each() {
    for local in accepted() {
        apache_avro::Schema::parse_str(local.source).unwrap();
    }
}

#[test]
fn every_field_is_documented_and_every_optional_one_defaults_to_null() {
    for local in accepted() {
        let schema: Value = serde_json::from_str(local.source).unwrap();
        assert_eq!(schema["namespace"], "segflow.collections");
        let mut fields = Vec::new();
        collect_fields(&schema, &mut fields);
        assert!(fields.len() >= 6, "{}", local.name);
        for field in fields {
            assert!(field["doc"].as_str().is_some_and(|doc| doc.ends_with('.')), "{}: {field}", local.name);
            let optional = field["type"].as_array().is_some_and(|variants| variants[0] == "null");
            assert_eq!(optional, field.get("default") == Some(&Value::Null), "{}: {field}", local.name);
        }
    }
}

fn collect_fields<'a>(node: &'a Value, fields: &mut Vec<&'a Value>) {
    match node {
        Value::Array(nodes) => nodes.iter().for_each(|node| collect_fields(node, fields)),
        Value::Object(members) => {
            if let Some(Value::Array(found)) = members.get("fields") {
                fields.extend(found);
            }
            members.values().for_each(|node| collect_fields(node, fields));
        }
        _ => {}
    }
}
