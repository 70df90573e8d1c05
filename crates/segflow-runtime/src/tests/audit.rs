//! An audit: equal to what was decided, also across an activation; every way in which an epoch may differ.

use std::num::NonZeroU32;

use segflow_core::digest::Digest;
use segflow_core::event::{CustomerId, Family};
use segflow_core::time::Timestamp;

use super::activation::{begun, load, second};
use super::support::{Bench, P0, at, issued, received};
use crate::log::local::{LocalBroker, NewRecord};
use crate::log::{Record, Sink, TEXTS};
use crate::recovery::audit::{Audit, AuditStep, Audited, Verdict};

/// The same journal and texts over inputs in which `keep` has changed records, or left them out.
fn copy(bench: &Bench, mut keep: impl FnMut(&mut Record) -> bool) -> Bench {
    let broker = LocalBroker::new(1);
    for family in Family::ALL {
        for mut record in bench.broker.records(P0, family, 0, u64::MAX) {
            if keep(&mut record) {
                broker.append(
                    P0,
                    family,
                    NewRecord {
                        timestamp: record.timestamp,
                        key: record.key,
                        value: record.value,
                        headers: record.headers,
                    },
                );
            }
        }
    }
    for (sink, task) in [(Sink::Journal, P0), (Sink::Segmentations, TEXTS)] {
        broker.commit(bench.broker.outputs(sink, task, 0));
    }
    Bench { broker, ..elsewhere(bench) }
}

/// The same, with room of its own.
fn elsewhere(bench: &Bench) -> Bench {
    let mut elsewhere = Bench::new();
    elsewhere.broker = bench.broker.clone();
    elsewhere.config.segmentation = bench.config.segmentation.clone();
    elsewhere
}

/// Every epoch before `to`, and the audit after the last.
fn audit(bench: &Bench, to: Option<Timestamp>) -> (Vec<Audited>, Audit) {
    let mut past = bench.broker.attach("auditor");
    let (mut audit, mut audited) = (Audit::open(&bench.config, P0).unwrap(), Vec::new());
    loop {
        match audit.step(&bench.config, &mut past, to).unwrap() {
            AuditStep::Epoch(epoch) => audited.push(*epoch),
            AuditStep::Part | AuditStep::Waiting => {}
            AuditStep::End => return (audited, audit),
        }
    }
}

fn verdicts(bench: &Bench) -> Vec<Verdict> {
    audit(bench, None).0.iter().map(Audited::verdict).collect()
}

/// Three epochs: an invoice, a payment that is not enough, and one that is.
fn history() -> Bench {
    let bench = Bench::new();
    let mut worker = bench.worker("a");
    bench.event("c", at("2026-03-01T10:00:00Z"), "e1", issued("2026-02-20"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    bench.settle(&mut worker);
    bench.event("c", at("2026-03-01T10:00:02Z"), "e2", received(1_000, "p1"));
    bench.broker.set_time(at("2026-03-01T10:00:03Z"));
    bench.settle(&mut worker);
    bench.event("c", at("2026-03-01T10:00:04Z"), "e3", received(9_000, "p2"));
    bench.broker.set_time(at("2026-03-01T10:00:05Z"));
    bench.settle(&mut worker);
    assert_eq!(bench.journal().iter().map(|epoch| epoch.counts.changes).collect::<Vec<_>>(), [3, 0, 1]);
    bench
}

#[test]
fn what_was_decided_is_equal_also_across_an_activation() {
    let bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.config.segmentation.offer(load(&second()));
    bench.broker.set_time(at("2026-03-01T10:00:05Z"));
    worker.cycle().unwrap();
    let amid = bench.journal().len();
    bench.broker.set_time(at("2026-03-01T10:00:06Z"));
    bench.settle(&mut worker);
    let journal = bench.journal();
    assert!(journal[amid - 1].resegmented_to.is_some() && journal[amid].w == at("2026-03-01T10:00:06Z"));

    let other = elsewhere(&bench);
    let (audited, _) = audit(&other, None);
    assert_eq!(audited.len(), journal.len());
    assert!(audited.iter().all(|epoch| epoch.verdict() == Verdict::Equal));
    let (mut then, mut now) = (Digest::default(), Digest::default());
    journal.iter().for_each(|epoch| then.merge(epoch.digest));
    audited.iter().for_each(|epoch| now.merge(epoch.digest));
    assert_eq!(then, now);
    assert_eq!(audited.last().map(|epoch| epoch.segmentation.version), Some(2));

    // Amid the migration some are decided by the new version, and the others still by the old one.
    let (audited, mut audit) = audit(&elsewhere(&bench), Some(at("2026-03-01T10:00:06Z")));
    assert_eq!((audited.len(), audit.epoch()), (amid, amid as u64));
    assert_eq!(audit.next().map(|next| next.epoch), Some(amid as u64 + 1));
    let mut by = |customer: &str| {
        let known = audit.customer(&CustomerId::new(customer).unwrap()).unwrap();
        known.map(|known| (known.segmentation.version, known.state.decision.segmentation.map_or(0, NonZeroU32::get)))
    };
    assert_eq!((by("c00"), by("c19"), by("nobody")), (Some((2, 2)), Some((1, 1)), None));
}

#[test]
fn a_changed_byte_is_seen_in_the_first_epoch_that_speaks_of_it() {
    let bench = history();
    let forged = copy(&bench, |record| {
        if record.family == Family::Payments {
            let text = String::from_utf8(record.value.clone().unwrap()).unwrap();
            record.value = Some(text.replace("\"amount_minor\":1000", "\"amount_minor\":900").into_bytes());
        }
        true
    });
    assert_eq!(verdicts(&elsewhere(&bench)), [Verdict::Equal; 3]);
    // The second epoch decided nothing.
    let (audited, _) = audit(&forged, None);
    let found: Vec<Verdict> = audited.iter().map(Audited::verdict).collect();
    assert_eq!(found, [Verdict::Equal, Verdict::Equal, Verdict::Differs]);
    assert_eq!((audited[2].changes.len(), audited[2].record.counts.changes), (0, 1), "they are overdue still");
}

#[test]
fn a_record_that_cannot_be_read_any_more_is_seen_although_nothing_came_of_it() {
    let spoilt = copy(&history(), |record| {
        if record.family == Family::Payments && record.offset == 0 {
            record.value.as_mut().unwrap()[0] = b'[';
        }
        true
    });
    let (audited, _) = audit(&spoilt, None);
    assert_eq!((audited[1].verdict(), audited[1].digest), (Verdict::Differs, audited[1].record.digest));
    let [(Family::Payments, 0, rejection)] = &audited[1].rejected[..] else { panic!("{:?}", audited[1].rejected) };
    assert_eq!(rejection.reason.word(), "undecodable");
}

#[test]
fn another_timestamp_is_seen_although_nothing_came_of_it() {
    let later = copy(&history(), |record| {
        let first = record.family == Family::Payments && record.offset == 0;
        record.timestamp = record.timestamp.plus_ms(i64::from(first));
        true
    });
    let (audited, _) = audit(&later, None);
    let found: Vec<Verdict> = audited.iter().map(Audited::verdict).collect();
    assert_eq!(found, [Verdict::Equal, Verdict::Differs, Verdict::Equal]);
    assert_eq!(audited[1].greatest[&Family::Payments], Some(at("2026-03-01T10:00:02.001Z")));
}

#[test]
fn a_record_that_is_gone_and_had_no_part_is_told_apart() {
    let bench = history();
    let mut worker = bench.worker("b");
    bench.event("c", at("2026-03-01T10:00:04Z"), "e3", received(9_000, "p2"));
    bench.broker.set_time(at("2026-03-01T10:00:07Z"));
    bench.settle(&mut worker);
    let fewer = copy(&bench, |record| record.family != Family::Payments || record.offset != 2);
    assert_eq!(verdicts(&fewer), [Verdict::Equal, Verdict::Equal, Verdict::Equal, Verdict::Fewer]);
    let decided = copy(&bench, |record| record.family != Family::Payments);
    assert_eq!(verdicts(&decided)[1..3], [Verdict::Fewer, Verdict::Differs]);
}
