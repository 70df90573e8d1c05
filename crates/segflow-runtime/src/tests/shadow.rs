//! A candidate beside the live rules: what it tells, what it leaves alone, and what becomes of it when things break.

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::event::{Body, Family};
use segflow_core::segmentation::Segmentation;
use segflow_store::Store;
use segflow_wire::{Intake, Partitioner, RawRecord, partition_of};
use serde_json::Value;

use super::activation::{load, second};
use super::stalling_log::Slow;
use super::support::{Bench, P0, SEGMENTATION, at, issued, made, received};
use crate::RecoveryStep;
use crate::directories::clear_shadows;
use crate::log::local::{LocalBroker, LocalLog, NewRecord};
use crate::log::{LogError, Output, Sink, TaskId};
use crate::offer::Candidate;
use crate::status::{ShadowStatus, Shadowing};
use crate::testing::store_digest::digest;
use crate::time::{Monotonic, Steered};
use crate::worker::Worker;
use crate::worker::commit::publish;
use segflow_engine::replay::Replay;

/// `mid` begins at day 5 and is left after a day at the earliest: timers that the live rules do not have.
fn candidate() -> Arc<Segmentation> {
    let text = SEGMENTATION.replace("version: 1", "version: 2");
    load(&text.replace("when: overdue.days >= 30", "when: overdue.days >= 5, keep: 2d"))
}

fn with(candidate: Arc<Segmentation>) -> Bench {
    let mut bench = Bench::new();
    bench.config.commit.max_records = 7;
    bench.config.shadow = Some(Candidate::new(Some(candidate)));
    bench
}

/// A step of the story: records, then the wall clock.
fn step(bench: &Bench, number: usize) {
    let customer = |number: usize| format!("c{number:02}");
    match number {
        0 => {
            for number in 0..20 {
                let issued = issued("2026-02-26");
                bench.event(&customer(number), at("2026-03-01T10:00:00Z"), &format!("e{number}"), issued);
            }
            bench.event("c03", at("2026-03-01T10:00:00.500Z"), "promised", made("2026-03-02"));
            bench.broker.set_time(at("2026-03-01T10:00:01Z"));
        }
        // Only the candidate has something to say: day 5 begins at midnight.
        1 => bench.broker.set_time(at("2026-03-03T01:00:00Z")),
        2 => {
            for number in 0..6 {
                let id = format!("pay-{number}");
                bench.event(&customer(number), at("2026-03-03T02:00:00Z"), &id, received(10_000, &id));
            }
            bench.event("c19", at("2026-03-03T02:00:00.100Z"), "erased", Body::Erased);
            bench.broker.append(
                P0,
                Family::Payments,
                NewRecord { timestamp: at("2026-03-03T02:00:01Z"), key: None, value: None, headers: Vec::new() },
            );
            bench.broker.set_time(at("2026-03-03T02:00:02Z"));
        }
        // `keep` is over, and then the 30th day.
        3 => bench.broker.set_time(at("2026-03-06T12:00:00Z")),
        _ => bench.broker.set_time(at("2026-04-02T12:00:00Z")),
    }
}

const STEPS: usize = 5;

/// The whole story by one worker.
fn told(bench: &Bench) {
    let mut worker = bench.worker("a");
    for number in 0..STEPS {
        step(bench, number);
        bench.settle(&mut worker);
    }
}

const LIVE: [Sink; 5] = [Sink::Changes, Sink::Segments, Sink::DeadLetters, Sink::Journal, Sink::Segmentations];

fn live(bench: &Bench) -> Vec<Vec<Output>> {
    LIVE.into_iter().map(|sink| bench.broker.outputs(sink, P0, 0)).collect()
}

type Cores = BTreeMap<(String, String, u64), Value>;

/// Changes without their envelopes. None is there twice, and of each customer and dimension they are in order.
fn cores(changes: impl IntoIterator<Item = Value>) -> Cores {
    let mut cores = Cores::new();
    let mut last: BTreeMap<(String, String), u64> = BTreeMap::new();
    for mut change in changes {
        let text = |field: &str| change[field].as_str().unwrap().to_owned();
        let (key, seq) = ((text("customer_id"), text("dimension")), change["seq"].as_u64().unwrap());
        if let Some(before) = last.insert(key.clone(), seq) {
            assert_eq!(seq, before + 1, "{change}");
        }
        for field in ["actionable", "decided_at", "lag_ms", "engine_version", "topic", "partition", "offset"] {
            change.as_object_mut().unwrap().remove(field);
        }
        cores.insert((key.0, key.1, seq), change);
    }
    cores
}

/// What `fold` says of the records that the log holds, with these rules alone.
fn folded(bench: &Bench, rules: Arc<Segmentation>) -> Cores {
    let mut replay = Replay::new(rules, bench.config.intake.clone());
    let mut records: Vec<_> = bench.config.inputs.keys().flat_map(|f| bench.broker.records(P0, *f, 0, 1_000)).collect();
    records.sort_by_key(|record| (record.timestamp, record.family, record.offset));
    let mut changes = Vec::new();
    for record in &records {
        let topic = bench.config.topic(record.family);
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        let (family, offset, timestamp, headers) = (record.family, record.offset, record.timestamp, &record.headers);
        let raw = RawRecord { family, topic, partition: 0, offset, timestamp, key, value, headers };
        changes.extend(replay.record(&raw).changes);
    }
    changes.extend(replay.settle(bench.broker.time()));
    let json = |change| serde_json::from_slice(&segflow_wire::change::encode(&change, segflow_wire::Encoding::Json));
    cores(changes.into_iter().map(|change| json(change).unwrap()))
}

fn shadow(bench: &Bench) -> Cores {
    cores(bench.values(Sink::Shadow))
}

/// The changes by the run that told them, in the order of the runs.
fn runs(bench: &Bench, task: TaskId) -> Vec<(String, Vec<Value>)> {
    let mut runs: Vec<(String, Vec<Value>)> = Vec::new();
    for output in bench.broker.outputs(Sink::Shadow, task, 0) {
        let (_, name) = output.headers.iter().find(|(name, _)| name == "segflow.shadow-run").unwrap();
        let name = String::from_utf8(name.clone().unwrap()).unwrap();
        let value = serde_json::from_slice(&output.value.unwrap()).unwrap();
        match runs.last_mut() {
            Some((last, values)) if *last == name => values.push(value),
            _ => runs.push((name, vec![value])),
        }
    }
    runs
}

fn status(bench: &Bench) -> ShadowStatus {
    bench.status.snapshot().shadows[&0].clone()
}

/// Where everybody stands, by customer and dimension, from the last change of each.
fn standing(changes: &Cores) -> BTreeMap<(&str, &str), &str> {
    let last = changes.iter().map(|((customer, dimension, _), change)| {
        ((customer.as_str(), dimension.as_str()), change["to"].as_str().unwrap_or("-"))
    });
    last.collect()
}

#[test]
fn the_live_path_is_byte_for_byte_what_it_is_without() {
    let (without, with) = (
        Bench { config: crate::Config { shadow: None, ..with(candidate()).config }, ..Bench::new() },
        with(candidate()),
    );
    for bench in [&without, &with] {
        told(bench);
    }
    assert!(!with.values(Sink::Shadow).is_empty());
    assert_eq!(live(&with), live(&without));
    let digests = [&with, &without]
        .map(|bench| digest(&Store::open_read_only(&bench.config.task_dir(P0), &bench.config.store).unwrap()).unwrap());
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn it_tells_what_a_fold_of_the_candidate_tells_and_counts_who_differs() {
    let bench = with(candidate());
    told(&bench);
    let (shadow, expected) = (shadow(&bench), folded(&bench, candidate()));
    assert_eq!(shadow, expected);
    assert!(bench.values(Sink::Shadow).iter().all(|change| change["actionable"] == false));
    assert_eq!(bench.values(Sink::Shadow).len() as u64, status(&bench).changes);
    assert_eq!(runs(&bench, P0).len(), 1);
    assert_eq!(cores(bench.values(Sink::Changes)), folded(&bench, load(SEGMENTATION)));
}

#[test]
fn who_differs_is_counted_as_they_move() {
    let bench = with(candidate());
    let mut worker = bench.worker("a");
    let mut counted = Vec::new();
    for number in 0..STEPS {
        step(&bench, number);
        bench.settle(&mut worker);
        let (live, shadow) = (cores(bench.values(Sink::Changes)), shadow(&bench));
        let (live, shadow) = (standing(&live), standing(&shadow));
        let differing = shadow.iter().filter(|(key, to)| live[*key] != **to).map(|((_, dimension), _)| *dimension);
        let mut expected: BTreeMap<String, u64> =
            ["promise", "stage", "reached"].map(|dimension| (dimension.to_owned(), 0)).into();
        differing.for_each(|dimension| *expected.get_mut(dimension).unwrap() += 1);
        assert_eq!(status(&bench).differing, expected, "after step {number}");
        counted.push(expected["stage"]);
    }
    assert_eq!(counted, [0, 20, 19, 13, 0], "all by day 5, but one erased; those who paid leave after `keep`; day 30");
}

/// Silence is judged for the candidate also where the live rules have nothing to say, and leaves no epoch.
#[test]
fn its_own_timers_fire_without_a_live_epoch() {
    let mut bench = with(candidate());
    bench.config.commit.timers_max = 10;
    let mut worker = bench.worker("a");
    step(&bench, 0);
    bench.settle(&mut worker);
    let (journal, told) = (bench.journal(), bench.values(Sink::Shadow).len());
    step(&bench, 1);
    assert_eq!(bench.settle(&mut worker), 2, "transactions of the shadow's own, of 10 customers at most");
    assert_eq!(bench.journal(), journal);
    let changes = bench.values(Sink::Shadow).split_off(told);
    assert_eq!(changes.len(), 20);
    for change in &changes {
        assert_eq!((&change["to"], &change["cause"]), (&"mid".into(), &"TIME".into()), "{change}");
    }
    drop(worker);
    let mut worker = bench.worker("a");
    assert_eq!(bench.settle(&mut worker), 0);
    step(&bench, 2);
    bench.settle(&mut worker);
    assert_eq!(runs(&bench, P0).len(), 1, "its own transactions are known of after a restart");
    assert_eq!(shadow(&bench), folded(&bench, candidate()));
}

/// How far a cycle comes before the process dies.
#[derive(Clone, Copy)]
enum Dies {
    Prepared,
    Committed,
}

/// One cycle of a process that dies in it; whether it had something to commit.
fn dies(bench: &Bench, how: Dies) -> bool {
    let mut worker = bench.worker("a");
    for _ in 0..100 {
        let recovery = worker.attend().unwrap();
        let commits = worker.prepare(recovery).unwrap().unwrap();
        let beside = worker.beside().to_vec();
        if commits.is_empty() && beside.is_empty() {
            if recovery == RecoveryStep::Progress {
                continue;
            }
            return false;
        }
        if matches!(how, Dies::Committed) {
            publish(worker.log(), &commits, &beside, None).unwrap();
        }
        return true;
    }
    panic!("it does not recover");
}

#[test]
fn deaths_at_any_point_tell_nothing_twice_and_lose_nothing() {
    let bench = with(candidate());
    let mut deaths = 0;
    for number in 0..STEPS {
        step(&bench, number);
        while dies(&bench, Dies::Committed) {
            deaths += 1;
            dies(&bench, Dies::Prepared);
        }
    }
    assert!(deaths > STEPS, "{deaths}");
    assert_eq!(shadow(&bench), folded(&bench, candidate()));
    assert_eq!(cores(bench.values(Sink::Changes)), folded(&bench, load(SEGMENTATION)));
    assert_eq!(runs(&bench, P0).len(), 1, "one run through all of it");
}

/// Everything there is, where so many transactions fail at first; how the shadow fares then.
fn refused(bench: &Bench, refuses: u32) -> Option<Shadowing> {
    let log = Slow { refuses, ..Slow::new(bench.broker.attach("a")) };
    let mut worker = Worker::new("a", Arc::new(bench.config.clone()), log, bench.status.clone());
    while worker.cycle().unwrap().busy {}
    assert_eq!(worker.log().refuses, 0);
    status(bench).phase
}

#[test]
fn a_transaction_that_fails_is_sent_again_by_the_same_run() {
    let bench = with(candidate());
    for number in 0..STEPS {
        step(&bench, number);
        assert_eq!(refused(&bench, 2), Some(Shadowing::Running));
    }
    assert_eq!(runs(&bench, P0).len(), 1);
    assert_eq!(shadow(&bench), folded(&bench, candidate()));
}

/// A topic of the shadow's that takes nothing does not hold up the live path for ever.
#[test]
fn a_transaction_that_fails_again_and_again_is_tried_without_the_shadow() {
    let bench = with(candidate());
    step(&bench, 0);
    assert!(matches!(refused(&bench, 3), Some(Shadowing::Failed(reason)) if reason.contains("3 commits")));
    assert!(bench.values(Sink::Shadow).is_empty());
    assert_eq!(cores(bench.values(Sink::Changes)), folded(&bench, load(SEGMENTATION)));
}

/// Nor does one whose neighbours commit between its attempts.
#[test]
fn a_task_is_tried_without_its_shadow_whatever_others_commit_meanwhile() {
    let mut bench = with(candidate());
    bench.broker = LocalBroker::new(2);
    bench.config.intake = Arc::new(Intake { partitions: 2, ..(*bench.config.intake).clone() });
    let refusal = LogError::Retry("no leader".to_owned());
    let log = Slow { shadowless: Some((P0, refusal)), ..Slow::new(bench.broker.attach("a")) };
    let mut worker = Worker::new("a", Arc::new(bench.config.clone()), log, bench.status.clone());
    let of = |task: u32| {
        let mut names = (0..).map(|number| format!("c{number}"));
        names.find(|name| partition_of(name.as_bytes(), 2, Partitioner::Murmur2) == task).unwrap()
    };
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    bench.event(&of(0), at("2026-03-01T10:00:00Z"), "kept-waiting", issued("2026-02-26"));
    for number in 0..40 {
        bench.event(&of(1), at("2026-03-01T10:00:00Z"), &format!("neighbour-{number}"), issued("2026-02-26"));
        worker.cycle().unwrap();
    }
    assert!(matches!(status(&bench).phase, Some(Shadowing::Failed(reason)) if reason.contains("3 commits")));
    let told = |sink, task| bench.broker.outputs(sink, TaskId(task), 0).len();
    assert!(told(Sink::Changes, 0) > 0, "the live path of the task goes on");
    assert!(told(Sink::Shadow, 1) > 0, "and the shadow of its neighbour");
}

/// What would end the process is tried without the shadow first.
#[test]
fn a_shadow_that_its_topic_refuses_ends_itself_and_not_the_process() {
    let bench = with(candidate());
    step(&bench, 0);
    let refusal = LogError::Stop("a record is too large".to_owned());
    let log = Slow { shadowless: Some((P0, refusal)), ..Slow::new(bench.broker.attach("a")) };
    let mut worker = Worker::new("a", Arc::new(bench.config.clone()), log, bench.status.clone());
    while worker.cycle().expect("the process goes on").busy {}
    assert!(matches!(status(&bench).phase, Some(Shadowing::Failed(reason)) if reason.contains("too large")));
    assert_eq!(cores(bench.values(Sink::Changes)), folded(&bench, load(SEGMENTATION)));
    assert!(!bench.config.shadow_dir(P0).exists(), "its room is given back");
}

/// Its store would only grow.
#[test]
fn a_candidate_that_is_activated_has_no_shadow_and_no_store_any_more() {
    let bench = with(candidate());
    let mut worker = bench.worker("a");
    step(&bench, 0);
    bench.settle(&mut worker);
    assert!(bench.config.shadow_dir(P0).exists());
    bench.config.segmentation.offer(candidate());
    step(&bench, 1);
    bench.settle(&mut worker);
    assert_eq!(status(&bench).phase, Some(Shadowing::Refused("version")));
    assert!(!bench.config.shadow_dir(P0).exists());
}

#[test]
fn another_candidate_begins_from_the_live_store_as_an_activation_would() {
    let mut bench = with(candidate());
    bench.config.commit.resegmented_max = 4;
    let mut worker = bench.worker("a");
    for number in 0..3 {
        step(&bench, number);
        bench.settle(&mut worker);
    }
    let before = live(&bench);
    bench.config.shadow.as_ref().unwrap().offer(load(&second()));
    bench.settle(&mut worker);
    assert_eq!(live(&bench), before, "the migration of all customers is the shadow's alone");
    assert_eq!(status(&bench).phase, Some(Shadowing::Running));
    assert_eq!(status(&bench).differing["stage"], 13);
    for number in 3..STEPS {
        step(&bench, number);
        bench.settle(&mut worker);
    }
    let told = runs(&bench, P0);
    assert_eq!(told.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a/0-1", "a/5-2"]);
    let (_, told) = told.into_iter().next_back().unwrap();
    assert_eq!(told[0]["cause"], "SEGMENTATION");

    // The same file, activated in the same place, moves the same people to the same places at the same time.
    let activated = Bench { config: crate::Config { shadow: None, ..with(candidate()).config }, ..Bench::new() };
    let mut worker = activated.worker("a");
    for number in 0..3 {
        step(&activated, number);
        activated.settle(&mut worker);
    }
    let count = activated.values(Sink::Changes).len();
    activated.config.segmentation.offer(load(&second()));
    for number in 2..STEPS {
        if number > 2 {
            step(&activated, number);
        }
        activated.settle(&mut worker);
    }
    assert_eq!(cores(told), cores(activated.values(Sink::Changes).split_off(count)));
}

#[test]
fn a_run_that_missed_an_epoch_is_not_taken_up_again() {
    let mut bench = with(candidate());
    let candidates = bench.config.shadow.clone();
    let mut worker = bench.worker("a");
    step(&bench, 0);
    bench.settle(&mut worker);
    drop(worker);
    bench.config.shadow = None;
    let mut worker = bench.worker("a");
    step(&bench, 2);
    bench.settle(&mut worker);
    drop(worker);
    bench.config.shadow = candidates;
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    step(&bench, 3);
    bench.settle(&mut worker);
    let names: Vec<String> = runs(&bench, P0).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a/0-1", "a/5-1"].map(str::to_owned));
    drop(worker);
    clear_shadows(&bench.config.state_dir).unwrap();
    assert!(!bench.config.shadow_dir(P0).exists() && bench.config.task_dir(P0).exists());
}

#[test]
fn a_candidate_that_could_not_be_activated_is_refused_and_the_task_goes_on() {
    let other = SEGMENTATION.replace("days >= 30", "days >= 5");
    let bench = with(load(&other));
    told(&bench);
    assert!(bench.values(Sink::Shadow).is_empty());
    assert_eq!(cores(bench.values(Sink::Changes)), folded(&bench, load(SEGMENTATION)));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    assert_eq!(status(&bench).phase, Some(Shadowing::Refused("version")));
}

#[test]
fn a_disk_that_refuses_the_shadow_stops_nothing() {
    let (without, bench) = (
        Bench { config: crate::Config { shadow: None, ..with(candidate()).config }, ..Bench::new() },
        with(candidate()),
    );
    std::fs::write(bench.config.shadow_dir(P0), "no directory").unwrap();
    for bench in [&bench, &without] {
        told(bench);
    }
    assert_eq!(live(&bench), live(&without));
    assert!(bench.values(Sink::Shadow).is_empty());
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);
    assert!(matches!(status(&bench).phase, Some(Shadowing::Failed(_))));
}

/// Whoever takes a task over begins a run of their own, and the former owner does not go on with theirs.
#[test]
fn a_task_that_moves_and_comes_back_begins_anew() {
    let mut bench = with(candidate());
    // Recovery goes in parts of so much time. On a busy machine it would take more of them, and the epochs other numbers.
    bench.config.time = Monotonic::Steered(Steered::new());
    bench.broker = LocalBroker::new(2);
    let directories: Vec<_> = (0..2).map(|_| tempfile::tempdir().unwrap()).collect();
    let worker = |bench: &Bench, name: &str, place: usize| -> Worker<LocalLog> {
        let config = crate::Config { state_dir: directories[place].path().to_owned(), ..bench.config.clone() };
        Worker::new(name, Arc::new(config), bench.broker.attach(name), bench.status.clone())
    };
    let mut a = worker(&bench, "a", 0);
    step(&bench, 0);
    bench.settle(&mut a);
    a.drain().unwrap();
    drop(a);
    let mut b = worker(&bench, "b", 1);
    step(&bench, 2);
    bench.settle(&mut b);
    drop(b);
    let mut a = worker(&bench, "a", 0);
    step(&bench, 3);
    bench.settle(&mut a);
    let names: Vec<String> = runs(&bench, P0).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a/0-1", "b/4-2", "a/6-3"].map(str::to_owned), "b, and then a, begin where the live epochs are");
    runs(&bench, P0).into_iter().for_each(|(_, changes)| drop(cores(changes)));
}
