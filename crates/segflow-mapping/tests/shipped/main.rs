//! The shipped mappings over their samples: golden events, and no mutation of a sample that panics or is lost.
//!
//! `UPDATE_EXPECT=1` writes the goldens anew.

#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "samples are files")]

mod mutate;
mod samples;

use std::fmt::Write;

use expect_test::expect_file;
use segflow_core::time::Timestamp;
use segflow_mapping::ForeignRecord;
use segflow_wire::envelope::{self, Line};
use segflow_wire::{Headers, Reason, accept};

use samples::{Sample, samples};

/// Each event stands in the golden as the record of Segflow's own topic would, so that `segflow fold` reads it.
#[test]
fn every_sample_becomes_its_golden_events_and_the_intake_accepts_them() {
    for sample in samples() {
        let (intake, mut golden) = (sample.intake(), String::new());
        for line in &sample.lines {
            let record = ForeignRecord::from(line);
            let Ok(mapped) = sample.mapping.map(&record) else { continue };
            for event in &mapped.events {
                accept(&event.raw(&record, &intake), &intake, Timestamp::LATEST).unwrap();
                let line = Line {
                    topic: event.kind.family().default_topic(),
                    partition: None,
                    offset: None,
                    timestamp: record.timestamp,
                    key: Some(event.customer_id.clone().into_bytes()),
                    value: Some(event.value.clone()),
                    headers: Headers::new(),
                };
                writeln!(golden, "{}", envelope::write(&line).unwrap()).unwrap();
            }
        }
        expect_file![sample.folder.join("events.ndjson")].assert_eq(&golden);
    }
}

/// Every record is an event, a reason to skip, or a rejection that says something.
fn is_accounted_for(sample: &Sample, line: &Line) -> Result<(), String> {
    let record = ForeignRecord::from(line);
    let outcome = sample.mapping.map(&record);
    if outcome != sample.mapping.map(&record) {
        return Err("two outcomes of one record".to_owned());
    }
    match outcome {
        Ok(mapped) if mapped.events.is_empty() && mapped.skipped.is_empty() => {
            Err("neither events nor a reason".to_owned())
        }
        Ok(mapped) => {
            let intake = sample.intake();
            let accepted = sample.mapping.accept(&record, &intake, Timestamp::LATEST);
            let count = mapped.events.len();
            match accepted {
                Ok(events) if events.len() == count => Ok(()),
                Ok(events) => Err(format!("{} events of {count}", events.len())),
                Err(rejection) if rejection.reason == Reason::Undecodable => {
                    Err(format!("of our own making: {rejection}"))
                }
                Err(_) => Ok(()),
            }
        }
        Err(rejection) if rejection.detail.is_empty() => Err("a rejection without a word".to_owned()),
        Err(_) => Ok(()),
    }
}

/// 1,000 mutations of every sample, from a fixed seed; a failure shows the record.
#[test]
fn no_mutation_of_a_sample_panics_or_is_lost_without_a_word() {
    const MUTATIONS: u64 = 1_000;
    let (mut mapped, mut rejected) = (0_u64, 0_u64);
    for sample in samples() {
        for (number, line) in sample.lines.iter().enumerate() {
            for seed in 0..MUTATIONS {
                let mutant = mutate::mutated(line, seed + MUTATIONS * number as u64);
                let accounted = std::panic::catch_unwind(|| is_accounted_for(&sample, &mutant));
                let shown = || String::from_utf8_lossy(mutant.value.as_deref().unwrap_or_default()).into_owned();
                match accounted {
                    Ok(Ok(())) => {}
                    Ok(Err(why)) => panic!("{}, line {}, seed {seed}: {why}: {}", sample.name, number + 1, shown()),
                    Err(_) => panic!("{}, line {}, seed {seed} panics: {}", sample.name, number + 1, shown()),
                }
                let outcome = sample.mapping.map(&(&mutant).into());
                *if outcome.is_ok() { &mut mapped } else { &mut rejected } += 1;
            }
        }
    }
    // Mutations that all fail at once, or none at all, would show nothing.
    assert!(mapped > 5_000 && rejected > 5_000, "{mapped} mapped, {rejected} rejected");
}

/// A field without which an event cannot be: where it is gone, the record is rejected and names it.
#[test]
fn a_sample_without_what_it_needs_is_rejected_and_says_what() {
    for sample in samples() {
        for (line, (pointer, named)) in sample.lines.iter().zip(sample.needed()) {
            let without = mutate::without(line, pointer);
            let rejection = sample.mapping.map(&(&without).into()).unwrap_err();
            assert!(rejection.detail.contains(named), "{}: {rejection}", sample.name);
        }
    }
}

/// Mapping files with something wrong: each is refused with a place, or loads and maps every sample without a panic.
#[test]
fn no_mutation_of_a_mapping_panics() {
    let (mut loaded, mut refused) = (0, 0);
    for sample in samples() {
        for seed in 0..1_000 {
            let text = mutate::mutated_text(&sample.mapping.text, seed);
            match segflow_mapping::Mapping::load("m.yaml", &text) {
                Ok(mapping) => {
                    loaded += 1;
                    for line in &sample.lines {
                        match mapping.map(&ForeignRecord::from(line)) {
                            Ok(mapped) => assert!(mapped.events.len() + mapped.skipped.len() > 0, "seed {seed}"),
                            Err(rejection) => assert!(!rejection.detail.is_empty(), "seed {seed}"),
                        }
                    }
                }
                Err(error) => {
                    refused += 1;
                    assert!(
                        error.problems.iter().all(|problem| problem.position.line > 0 && !problem.message.is_empty())
                    );
                }
            }
        }
    }
    assert!(loaded > 500 && refused > 500, "{loaded} loaded, {refused} refused");
}
