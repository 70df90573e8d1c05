//! Another engine version is activated as another segmentation is: everybody is decided by it, and nothing is acted upon.

use std::collections::BTreeMap;

use segflow_core::change::Cause;
use segflow_core::journal::JournalRecord;
use segflow_core::state::State;

use super::activation::{begun, check_rebuilt, check_sequences, load, running, second, states, third};
use super::support::{Bench, P0, SEGMENTATION, at, issued, received};
use crate::log::local::{LocalBroker, NewRecord};
use crate::log::{Record, Sink, TEXTS};

const OLD: &str = "0.1.0+tzdb-old";
const NEW: &str = "0.1.0+tzdb-new";
const NEWER: &str = "0.1.0+tzdb-newer";

/// Twenty customers who have just become `mid` in Tokyo, where the day begins eight hours before it does in Rome.
fn decided_in_tokyo() -> Bench {
    let mut bench = begun();
    bench.decides_as(OLD, SEGMENTATION, "Asia/Tokyo");
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.broker.set_time(at("2026-03-21T18:00:00Z"));
    bench.settle(&mut worker);
    assert!(bench.changes().contains(&"c00 stage early -> mid at 2026-03-21T15:00:00.000Z".to_owned()));
    bench
}

/// Per row of the store: where the customer stands, but for numbers and instants, which speak of the way there.
fn stands(bench: &Bench) -> BTreeMap<Vec<u8>, Vec<Option<u16>>> {
    let stands = |state: State| state.decision.dimensions.iter().map(|membership| membership.current).collect();
    states(bench).into_iter().map(|(id, state)| (id, stands(state))).collect()
}

fn engines(journal: &[JournalRecord]) -> Vec<&str> {
    let mut engines: Vec<&str> = journal.iter().map(|record| record.engine_version.as_str()).collect();
    engines.dedup();
    engines
}

#[test]
fn everybody_is_decided_by_the_new_engine_and_told_once() {
    let mut bench = decided_in_tokyo();
    let (told, epochs) = (bench.changes().len(), bench.journal().len());
    bench.decides_as(NEW, SEGMENTATION, "Europe/Rome");
    let mut worker = bench.worker("b");
    assert_eq!(bench.settle(&mut worker), 7, "the activation, five full epochs, and the one that finds the end");
    running(&bench);

    let changes = bench.changes().split_off(told);
    let expected: Vec<String> =
        (0..20).map(|number| format!("c{number:02} stage mid -> early at 2026-03-21T18:00:00.000Z")).collect();
    assert_eq!(changes, expected);
    for change in bench.values(Sink::Changes).split_off(told) {
        let told = (change["cause"].as_str(), change["actionable"].as_bool(), change["engine_version"].as_str());
        assert_eq!(told, (Some(Cause::Segmentation.word()), Some(false), Some(NEW)));
    }
    check_sequences(&bench);

    let journal = bench.journal().split_off(epochs);
    let hash = load(SEGMENTATION).hash.clone();
    let to: Vec<_> = journal.iter().map(|record| record.resegmented_to.as_ref().map(ToString::to_string)).collect();
    assert_eq!(to, ["", "c03", "c07", "c11", "c15", "c19", ""].map(|id| (!id.is_empty()).then(|| id.to_owned())));
    assert!(journal[..6].iter().all(|record| record.former == [hash.clone()]));
    assert_eq!((&journal[6].former[..], engines(&journal)), (&[][..], vec![NEW]));

    // As the new engine alone would have decided.
    bench.broker.set_time(at("2026-03-21T23:30:00Z"));
    bench.settle(&mut worker);
    drop(worker);
    let mut alone = begun();
    alone.decides_as(NEW, SEGMENTATION, "Europe/Rome");
    let mut worker = alone.worker("a");
    alone.settle(&mut worker);
    alone.broker.set_time(at("2026-03-21T23:30:00Z"));
    alone.settle(&mut worker);
    drop(worker);
    assert_eq!(stands(&bench), stands(&alone));
}

#[test]
fn an_engine_that_decides_the_same_tells_nothing_and_is_rebuilt_to_the_same_bytes() {
    let mut bench = begun();
    bench.decides_as(OLD, SEGMENTATION, "Europe/Rome");
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let (told, texts) = (bench.changes(), bench.broker.outputs(Sink::Segmentations, TEXTS, 0).len());
    bench.decides_as(NEW, SEGMENTATION, "Europe/Rome");
    drop(worker);
    let before = stands(&bench);
    let mut worker = bench.worker("a");
    assert_eq!(bench.settle(&mut worker), 7);
    assert_eq!(bench.changes(), told);
    assert_eq!(bench.broker.outputs(Sink::Segmentations, TEXTS, 0).len(), texts, "the text is there");
    assert_eq!(bench.settle(&mut worker), 0, "once");
    drop(worker);
    assert_eq!(stands(&bench), before);
    let worker = bench.worker("a");
    check_rebuilt(&mut bench, worker, SEGMENTATION);
}

#[test]
fn a_touched_customer_goes_over_before_their_fact_counts() {
    let mut bench = decided_in_tokyo();
    let told = bench.changes().len();
    bench.decides_as(NEW, SEGMENTATION, "Europe/Rome");
    let mut worker = bench.worker("b");
    bench.event("c19", at("2026-03-21T18:00:01Z"), "p19", received(10_000, "p19"));
    bench.broker.set_time(at("2026-03-21T18:00:02Z"));
    while bench.changes().len() == told {
        worker.cycle().unwrap();
    }
    let first = bench.changes().split_off(told);
    assert_eq!(
        first[..2],
        [
            "c19 stage mid -> early at 2026-03-21T18:00:00.000Z",
            "c19 stage early -> current at 2026-03-21T18:00:01.000Z"
        ]
    );
    bench.settle(&mut worker);
    check_sequences(&bench);
}

#[test]
fn the_migration_goes_on_where_it_stood_after_a_restart() {
    let mut bench = decided_in_tokyo();
    bench.decides_as(NEW, SEGMENTATION, "Europe/Rome");
    let mut worker = bench.worker("b");
    while bench.journal().last().unwrap().resegmented_to.as_ref().is_none_or(|to| to.as_str() != "c07") {
        worker.cycle().unwrap();
    }
    assert!(bench.status.snapshot().tasks[&0].migrating);
    drop(worker);
    let epochs = bench.journal().len();
    let mut worker = bench.worker("b");
    assert_eq!(bench.settle(&mut worker), 4, "c11, c15, c19, and the end");
    assert_eq!(bench.journal()[epochs].resegmented_to.as_ref().unwrap().as_str(), "c11");
    check_sequences(&bench);
    drop(worker);
    assert_eq!(engines(&bench.journal()), [OLD, NEW]);
}

/// A task may come back to a process of the release before, in a rolling upgrade.
#[test]
fn every_engine_takes_everybody_over_again() {
    let mut bench = decided_in_tokyo();
    for (engine, zone) in [(NEW, "Europe/Rome"), (OLD, "Asia/Tokyo"), (NEW, "Europe/Rome")] {
        bench.decides_as(engine, SEGMENTATION, zone);
        let (told, mut worker) = (bench.changes().len(), bench.worker("b"));
        bench.settle(&mut worker);
        running(&bench);
        assert_eq!(bench.changes().len(), told + 20, "{engine}");
    }
    assert_eq!(engines(&bench.journal()), [OLD, NEW, OLD, NEW]);
    check_sequences(&bench);
}

/// The engine changes while customers still go over to another segmentation, and the other way round.
#[test]
fn an_engine_and_a_segmentation_may_be_activated_amid_each_other() {
    let hashes = |texts: &[String]| texts.iter().map(|text| load(text).hash.clone()).collect::<Vec<_>>();
    let (first, second, third) = (SEGMENTATION.to_owned(), second(), third());
    let mut bench = begun();
    bench.decides_as(OLD, &first, "Europe/Rome");
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.config.segmentation.offer(load(&second));
    (0..3).for_each(|_| assert!(worker.cycle().unwrap().committed));
    assert_eq!(bench.journal().last().unwrap().resegmented_to.as_ref().unwrap().as_str(), "c11");
    drop(worker);

    bench.decides_as(NEW, &second, "Europe/Rome");
    let mut worker = bench.worker("a");
    while bench.journal().last().unwrap().engine_version != NEW {
        worker.cycle().unwrap();
    }
    let activation = bench.journal().pop().unwrap();
    assert_eq!(activation.former, hashes(&[first.clone(), second.clone()]), "some are decided by either");
    assert_eq!(activation.resegmented_to, None, "everybody is gone over anew");
    (0..2).for_each(|_| assert!(worker.cycle().unwrap().committed));
    bench.config.segmentation.offer(load(&third));
    worker.cycle().unwrap();
    let activation = bench.journal().pop().unwrap();
    assert_eq!(activation.former, hashes(&[first, second]), "each once");
    drop(worker);

    bench.decides_as(NEWER, &third, "Europe/Rome");
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    running(&bench);
    assert_eq!(bench.journal().last().unwrap().former, Vec::<String>::new());
    let versions: std::collections::BTreeSet<u32> =
        states(&bench).values().map(|state| state.decision.segmentation.map_or(0, std::num::NonZeroU32::get)).collect();
    assert_eq!(versions, [0, 3].into(), "but for who was erased");
    check_sequences(&bench);
    check_rebuilt(&mut bench, worker, &third);
}

/// Journals of releases that did not migrate between engine versions are decided again as those releases decided.
#[test]
fn a_journal_whose_engine_changed_without_a_migration_is_decided_again_without_one() {
    let mut bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.event("c03", at("2026-03-01T10:00:02Z"), "p3", received(10_000, "p3"));
    bench.broker.set_time(at("2026-03-01T10:00:03Z"));
    bench.settle(&mut worker);
    drop(worker);
    let before = states(&bench);
    let mut outputs = bench.broker.outputs(Sink::Journal, P0, 0);
    assert!(outputs.len() > 1);
    for output in &mut outputs[..1] {
        let mut record = segflow_wire::journal::decode(output.value.as_ref().unwrap()).unwrap();
        record.engine_version = OLD.to_owned();
        output.value = Some(segflow_wire::journal::encode(&record));
    }
    let inputs = bench.broker.clone();
    bench.broker = LocalBroker::new(1);
    for family in segflow_core::event::Family::ALL {
        for Record { timestamp, key, value, headers, .. } in inputs.records(P0, family, 0, u64::MAX) {
            bench.broker.append(P0, family, NewRecord { timestamp, key, value, headers });
        }
    }
    bench.broker.set_time(inputs.time());
    bench.broker.commit(outputs);
    bench.broker.commit(inputs.outputs(Sink::Segmentations, TEXTS, 0));
    std::fs::remove_dir_all(bench.config.task_dir(P0)).unwrap();
    let mut worker = bench.worker("b");
    assert_eq!(bench.settle(&mut worker), 0);
    running(&bench);
    drop(worker);
    assert_eq!(states(&bench), before);
    assert_eq!(bench.changes(), Vec::<String>::new());
}

#[test]
fn an_activation_of_an_engine_waits_for_nothing_and_begins_at_once() {
    let mut bench = Bench::new();
    bench.event("c", at("2026-03-01T10:00:00Z"), "e", issued("2026-02-20"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    let epochs = bench.journal().len();
    bench.decides_as(NEW, SEGMENTATION, "Europe/Rome");
    let mut worker = bench.worker("a");
    assert_eq!(bench.settle(&mut worker), 2, "the activation names the migration, and the next epoch ends it");
    let journal = bench.journal().split_off(epochs);
    assert_eq!(journal.iter().map(|record| record.former.len()).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(journal.iter().map(|record| record.counts.changes).sum::<u64>(), 0);
}
