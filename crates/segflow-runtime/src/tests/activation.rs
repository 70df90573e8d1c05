//! A new segmentation while the task runs: at an epoch's beginning, in the background, again from the journal, refused.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_store::Store;

use super::support::{Bench, P0, SEGMENTATION, at, issued, received};
use crate::RecoveryStep;
use crate::log::local::{LocalBroker, LocalLog};
use crate::log::{Sink, TEXTS};
use crate::rulebook::Rulebook;
use crate::status::Phase;
use crate::task::state_format::StateReader;
use crate::worker::Worker;

/// The second version: `mid` begins at day 5, `promise` is dropped, `size` is new.
pub fn second() -> String {
    let promise = SEGMENTATION.find("  - name: promise").unwrap()..SEGMENTATION.find("  - name: stage").unwrap();
    let mut text = SEGMENTATION.replace("version: 1", "version: 2").replace("days >= 30", "days >= 5");
    text.replace_range(
        promise,
        "  - name: size\n    segments:\n      - {name: large, when: balance >= 50.00}\n    otherwise: small\n",
    );
    text
}

/// The third: `mid` at day 8, `promise` is back, `size` stays.
pub fn third() -> String {
    let promise =
        &SEGMENTATION[SEGMENTATION.find("  - name: promise").unwrap()..SEGMENTATION.find("  - name: stage").unwrap()];
    let text = second().replace("version: 2", "version: 3").replace("days >= 5", "days >= 8");
    text.replace("  - name: stage", &format!("{promise}  - name: stage"))
}

pub fn load(text: &str) -> Arc<Segmentation> {
    Arc::new(Segmentation::load("bench.yaml", text).unwrap().segmentation)
}

/// Nine days late, twenty customers; one of them was erased.
fn history(bench: &Bench) {
    for number in 0..20 {
        bench.event(&format!("c{number:02}"), at("2026-03-01T10:00:00Z"), &format!("e{number}"), issued("2026-02-20"));
    }
    bench.event("gone", at("2026-03-01T10:00:00Z"), "e-gone", issued("2026-02-20"));
    bench.event("gone", at("2026-03-01T10:00:00.500Z"), "e-erased", segflow_core::event::Body::Erased);
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
}

/// Twenty customers decided by the first version; four are taken over per cycle.
pub fn begun() -> Bench {
    let mut bench = Bench::new();
    bench.config.commit.resegmented_max = 4;
    history(&bench);
    bench
}

pub fn states(bench: &Bench) -> BTreeMap<Vec<u8>, State> {
    let store = Store::open_read_only(&bench.config.task_dir(P0), &bench.config.store).unwrap();
    let rows = store.customers_all().map(Result::unwrap);
    rows.map(|(id, bytes)| (id, StateReader::default().decode(&bytes).unwrap())).collect()
}

pub fn running(bench: &Bench) {
    assert_eq!(bench.status.snapshot().tasks[&0].phase, Phase::Running);
}

/// Per customer and dimension: 1, 2, 3 ...
pub fn check_sequences(bench: &Bench) {
    let mut last: BTreeMap<(String, String), u64> = BTreeMap::new();
    for change in bench.values(Sink::Changes) {
        let text = |field: &str| change[field].as_str().unwrap().to_owned();
        let seq = last.entry((text("customer_id"), text("dimension"))).or_default();
        *seq += 1;
        assert_eq!(change["seq"].as_u64(), Some(*seq), "{change}");
    }
}

/// The store, lost, is rebuilt from the journal to the same states, by a process that has only the file `text`.
pub fn check_rebuilt(bench: &mut Bench, worker: Worker<LocalLog>, text: &str) {
    drop(worker);
    let (before, journal) = (states(bench), bench.journal());
    std::fs::remove_dir_all(bench.config.task_dir(P0)).unwrap();
    bench.config.segmentation = Rulebook::new(load(text));
    let mut worker = bench.worker("elsewhere");
    bench.settle(&mut worker);
    running(bench);
    drop(worker);
    assert_eq!(states(bench), before);
    assert_eq!(bench.journal(), journal, "nothing is decided anew");
}

#[test]
fn everybody_is_taken_over_in_the_background_and_told_once() {
    let mut bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let (told, epochs) = (bench.changes().len(), bench.journal().len());
    bench.config.segmentation.offer(load(&second()));
    assert_eq!(bench.settle(&mut worker), 6, "five full epochs and the one that finds the end");
    running(&bench);

    let changes = bench.changes().split_off(told);
    let expected: Vec<String> = (0..20)
        .flat_map(|number| {
            ["promise none -> -", "size - -> large", "stage early -> mid"]
                .map(|moved| format!("c{number:02} {moved} at 2026-03-01T10:00:01.000Z"))
        })
        .collect();
    assert_eq!(changes, expected);
    for change in bench.values(Sink::Changes).split_off(told) {
        assert_eq!((change["cause"].as_str(), change["actionable"].as_bool()), (Some("SEGMENTATION"), Some(false)));
        assert_eq!(change["segmentation_version"].as_u64(), Some(2));
    }
    let stage = bench.values(Sink::Changes).into_iter().rfind(|change| change["dimension"] == "stage").unwrap();
    assert_eq!(stage["reasons"][0]["bound"].as_str(), Some("5"));
    assert_eq!(stage["memberships"]["size"].as_str(), Some("large"));

    let journal = bench.journal().split_off(epochs);
    let former = load(SEGMENTATION).hash.clone();
    let to: Vec<_> = journal.iter().map(|record| record.resegmented_to.as_ref().map(ToString::to_string)).collect();
    assert_eq!(to, ["c03", "c07", "c11", "c15", "c19", ""].map(|id| (!id.is_empty()).then(|| id.to_owned())));
    assert!(journal[..5].iter().all(|record| record.former == [former.clone()]));
    assert_eq!(journal[5].former, Vec::<String>::new());
    let status = bench.status.snapshot();
    assert_eq!((status.tasks[&0].segmentation_version, status.tasks[&0].migrating), (Some(2), false));
    assert_eq!(status.totals[&0].resegmented, 20);
    let memberships = bench.values(Sink::Segments).pop().unwrap();
    assert_eq!((&memberships["segmentation_version"], &memberships["closed"]["promise"]), (&2.into(), &2.into()));
    check_sequences(&bench);
    check_rebuilt(&mut bench, worker, &second());
}

#[test]
fn who_is_touched_goes_over_first_and_live_events_do_not_wait() {
    let bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.config.segmentation.offer(load(&second()));
    let told = bench.changes().len();
    for number in (10..20).rev() {
        let customer = format!("c{number:02}");
        let paid_at = bench.broker.time().plus_ms(500);
        let offset = bench.event(&customer, paid_at, &format!("p{number}"), received(10_000, &customer));
        bench.broker.set_time(paid_at.plus_ms(500));
        assert!(worker.cycle().unwrap().committed);
        let paid = bench.values(Sink::Changes).split_off(told);
        let of_customer: Vec<_> = paid.iter().filter(|change| change["customer_id"] == *customer).collect();
        let causes: Vec<_> = of_customer.iter().map(|change| change["cause"].as_str().unwrap()).collect();
        assert_eq!(causes, ["SEGMENTATION", "SEGMENTATION", "SEGMENTATION", "FACT", "FACT"], "{customer}");
        let last = of_customer.last().unwrap();
        assert_eq!((last["to"].as_str(), last["offset"].as_u64()), (Some("current"), Some(offset)));
        assert_eq!(last["actionable"].as_bool(), Some(true));
    }
    bench.settle(&mut worker);
    assert_eq!(bench.status.snapshot().totals[&0].resegmented, 20);
    check_sequences(&bench);
}

#[test]
fn a_pass_goes_on_where_it_stood_after_a_restart() {
    let mut bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.config.segmentation.offer(load(&second()));
    worker.cycle().unwrap();
    worker.cycle().unwrap();
    assert!(bench.status.snapshot().tasks[&0].migrating);
    drop(worker);
    // The process has the old file still: the journal says what runs.
    bench.config.segmentation = Rulebook::new(load(SEGMENTATION));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let status = bench.status.snapshot();
    assert_eq!((status.tasks[&0].segmentation_version, status.tasks[&0].refused), (Some(2), Some("version")));
    assert_eq!(status.totals[&0].resegmented, 20);
    check_sequences(&bench);
    check_rebuilt(&mut bench, worker, SEGMENTATION);
}

/// Some customers go from the first to the third, some over the second; a dimension that returns goes on counting.
#[test]
fn a_second_activation_before_the_first_pass_has_ended() {
    let mut bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.config.segmentation.offer(load(&second()));
    for _ in 0..3 {
        worker.cycle().unwrap();
    }
    let told = bench.changes().len();
    bench.config.segmentation.offer(load(&third()));
    bench.settle(&mut worker);
    let versions: BTreeSet<u32> =
        states(&bench).values().map(|state| state.decision.segmentation.map_or(0, NonZeroU32::get)).collect();
    assert_eq!(versions, [0, 3].into(), "but for who was erased");
    let changes = bench.changes().split_off(told);
    let of = |customer: &str| -> Vec<&str> {
        let own = changes.iter().filter_map(|change| change.strip_prefix(customer));
        own.map(|change| change.split(" at ").next().unwrap()).collect()
    };
    assert_eq!(of("c00 "), ["promise - -> none"], "day 9 is beyond both limits");
    assert_eq!(of("c19 "), ["size - -> large", "stage early -> mid"]);
    let returned = bench.values(Sink::Changes).into_iter().rfind(|change| change["dimension"] == "promise").unwrap();
    assert_eq!(returned["seq"].as_u64(), Some(3));
    check_sequences(&bench);
    check_rebuilt(&mut bench, worker, &third());
}

#[test]
fn who_was_erased_counts_on_under_the_new_segmentation() {
    let bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.config.segmentation.offer(load(&second()));
    bench.settle(&mut worker);
    let told = bench.changes().len();
    bench.event("gone", at("2026-03-01T10:00:02Z"), "back", issued("2026-02-20"));
    bench.broker.set_time(at("2026-03-01T10:00:03Z"));
    bench.settle(&mut worker);
    let changes = bench.values(Sink::Changes).split_off(told);
    let seqs: Vec<_> =
        changes.iter().map(|change| (change["dimension"].as_str().unwrap(), change["seq"].as_u64())).collect();
    assert_eq!(seqs, [("size", Some(1)), ("stage", Some(3)), ("reached", Some(3))]);
    check_sequences(&bench);
}

#[test]
fn only_a_higher_version_of_the_same_name_and_currency_is_activated() {
    let bench = begun();
    let mut worker = bench.worker("a");
    bench.config.segmentation.offer(load(&second()));
    bench.settle(&mut worker);
    let epochs = bench.journal().len();
    let third = SEGMENTATION.replace("version: 1", "version: 3");
    for (text, refused) in [
        (SEGMENTATION.to_owned(), Some("version")),
        (second().replace("days >= 5", "days >= 6"), Some("version")),
        (third.replace("name: bench", "name: other"), Some("name")),
        (third.replace("currency: EUR", "currency: GBP"), Some("currency")),
        (second(), None),
    ] {
        bench.config.segmentation.offer(load(&text));
        bench.settle(&mut worker);
        running(&bench);
        assert_eq!(bench.status.snapshot().tasks[&0].refused, refused);
        assert_eq!(bench.journal().len(), epochs);
    }
}

#[test]
fn a_process_that_starts_with_another_currency_is_told() {
    let mut bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    drop(worker);
    let other = load(&second().replace("currency: EUR", "currency: GBP"));
    let intake = segflow_wire::Intake { currency: other.currency.clone(), ..(*bench.config.intake).clone() };
    (bench.config.segmentation, bench.config.intake) = (Rulebook::new(other), Arc::new(intake));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let status = bench.status.snapshot();
    let Phase::Stopped { reason } = &status.tasks[&0].phase else { panic!("{status:?}") };
    assert!(reason.contains("decided in EUR") && reason.contains("is in GBP"), "{reason}");
}

/// However many customers an epoch takes over: the same states, and the same changes.
#[test]
fn any_batching_of_the_pass_gives_the_same_memberships() {
    let passed = |resegmented_max: usize| {
        let mut bench = begun();
        bench.config.commit.resegmented_max = resegmented_max;
        let mut worker = bench.worker("a");
        bench.settle(&mut worker);
        bench.config.segmentation.offer(load(&second()));
        bench.settle(&mut worker);
        drop(worker);
        (states(&bench), bench.changes())
    };
    let at_once = passed(1_000);
    for resegmented_max in [1, 2, 7, 20, 21] {
        assert_eq!(passed(resegmented_max), at_once, "{resegmented_max} at once");
    }
}

/// Also of the first epoch: another machine may have another file.
#[test]
fn the_text_is_committed_with_the_epoch_that_first_uses_it() {
    let mut bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.config.segmentation.offer(load(&second()));
    bench.settle(&mut worker);
    let texts = bench.broker.outputs(Sink::Segmentations, TEXTS, 0);
    let values: Vec<_> = texts.iter().map(|text| String::from_utf8(text.value.clone().unwrap()).unwrap()).collect();
    assert_eq!(values, [SEGMENTATION.to_owned(), second()]);
    drop(worker);

    let journal = bench.broker.outputs(Sink::Journal, P0, 0);
    std::fs::remove_dir_all(bench.config.task_dir(P0)).unwrap();
    bench.broker = LocalBroker::new(1);
    history(&bench);
    bench.broker.commit(journal);
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let status = bench.status.snapshot();
    let Phase::Stopped { reason } = &status.tasks[&0].phase else { panic!("{status:?}") };
    let first = load(SEGMENTATION).hash.clone();
    assert!(reason.contains(&first) && reason.contains("put the former file in place"), "{reason}");
}

/// An epoch that is not committed activates nothing; the next one does.
#[test]
fn a_task_that_is_taken_away_before_the_commit_has_activated_nothing() {
    let bench = begun();
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    bench.config.segmentation.offer(load(&second()));
    worker.attend().unwrap();
    let commits = worker.prepare(RecoveryStep::Waiting).unwrap().unwrap();
    assert_eq!(commits[0].record.segmentation_hash, load(&second()).hash);
    drop(worker);
    bench.config.segmentation.offer(load(SEGMENTATION));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    let status = bench.status.snapshot();
    assert_eq!((status.tasks[&0].segmentation_version, status.tasks[&0].refused), (Some(1), None));
}
