//! The table of targets beside the intake: they read the same fields of the same kinds.

#![allow(clippy::unwrap_used, reason = "a test")]

use segflow_core::event::Kind;
use segflow_core::money::Currency;
use segflow_core::time::Timestamp;
use segflow_mapping::target::{self, FieldType, TargetField};
use segflow_wire::{Encoding, Headers, Intake, Partitioner, RawRecord, Reason, Rejection, accept};
use serde_json::{Map, Value, json};

const AT: Timestamp = Timestamp(1_777_800_000_000);

fn value(field: &TargetField) -> Value {
    match field.holds {
        FieldType::Text => json!("C-1"),
        FieldType::Currency => json!("GBP"),
        FieldType::Amount => json!(1_250),
        FieldType::Date => json!("2026-06-30"),
        FieldType::Instant => json!(AT.0),
        FieldType::Truth => json!(true),
        FieldType::Word(words) => json!(words.all()[0]),
        FieldType::Attributes => json!({"vulnerable": true}),
        FieldType::Allocations => json!([{"invoice_id": "I-1", "amount_minor": 1_250}]),
    }
}

fn judged(kind: Kind, fields: &[&TargetField]) -> Result<(), Rejection> {
    accepted(kind, fields.iter().map(|field| (field.name.to_owned(), value(field))).collect())
}

fn accepted(kind: Kind, mut event: Map<String, Value>) -> Result<(), Rejection> {
    event.insert("kind".to_owned(), kind.word().into());
    let bytes = serde_json::to_vec(&event).unwrap();
    let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, Currency::new("GBP").unwrap());
    let record = RawRecord {
        family: kind.family(),
        topic: "t",
        partition: 0,
        offset: 0,
        timestamp: AT,
        key: Some(b"C-1"),
        value: Some(&bytes),
        headers: &Headers::new(),
    };
    accept(&record, &intake, AT).map(|_| ())
}

#[test]
fn the_required_fields_are_those_that_the_intake_requires() {
    for kind in Kind::ALL.iter().copied() {
        let fields: Vec<TargetField> = target::fields(kind).collect();
        let required: Vec<&TargetField> = fields.iter().filter(|field| field.required).collect();
        // An adjustment has an amount or a due date, which no single field can say.
        let one_of: Vec<&TargetField> =
            fields.iter().filter(|field| kind == Kind::Adjusted && field.name == "due_date").collect();
        let enough = [required.clone(), one_of.clone()].concat();
        judged(kind, &enough).unwrap_or_else(|rejection| panic!("{kind:?}: {rejection}"));
        for lacking in &required {
            let others: Vec<&TargetField> = enough.iter().copied().filter(|field| field != lacking).collect();
            let rejection = judged(kind, &others).unwrap_err();
            assert_eq!(rejection.reason, Reason::MissingField, "{kind:?} without {}: {rejection}", lacking.name);
        }
    }
}

/// A field of the wrong type is malformed, so that the intake reads it: a misspelt one would be passed over.
#[test]
fn the_intake_reads_every_field() {
    for kind in Kind::ALL.iter().copied() {
        for wrong in target::fields(kind) {
            // A payment names one invoice or its allocations.
            let beside = |field: &TargetField| match wrong.name {
                "allocations" => field.name != "invoice_id",
                _ => field.name != "allocations",
            };
            let fields: Vec<TargetField> = target::fields(kind).filter(beside).collect();
            judged(kind, &fields.iter().collect::<Vec<_>>())
                .unwrap_or_else(|rejection| panic!("{kind:?}: {rejection}"));
            let wrongly = |field: &TargetField| if *field == wrong { json!([[]]) } else { value(field) };
            let event = fields.iter().map(|field| (field.name.to_owned(), wrongly(field))).collect();
            let rejection = accepted(kind, event).unwrap_err();
            assert!(rejection.detail.starts_with(wrong.name), "{kind:?}: {rejection}");
        }
    }
}
