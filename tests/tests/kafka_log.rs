//! The promises of `KafkaLog`, on a real Apache Kafka: ends, barriers, journal, fencing, rebalances, slices.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use segflow_core::event::Family;
use segflow_kafka::admin::topics::{Wanted, create};
use segflow_kafka::{BulkProducer, Connection, KafkaConfig, KafkaLog};
use segflow_runtime::log::{
    Barrier, Group, Inputs, JournalEntry, LogError, LogResult, Offsets, Output, Past, Record, Sink, TaskId, Transaction,
};
use segflow_tests::broker::{self, Broker};

const FAMILY: Family = Family::Invoices;
const TASK: TaskId = TaskId(0);
const LIMIT: Duration = Duration::from_secs(60);

/// An application with topics of its own: two inputs.
fn application(broker: &Broker, name: &str, partitions: u32) -> KafkaConfig {
    let mut config = KafkaConfig::new(Connection::new(broker.bootstrap()), name, "a", 0);
    config.inputs =
        [Family::Invoices, Family::Payments].map(|family| (family, format!("{name}.{}", family.name()))).into();
    config.outputs = Sink::always().map(|sink| (sink, format!("{name}.{sink:?}").to_lowercase())).collect();
    config.session_timeout = Duration::from_secs(6);
    let outcome = create(&config.connection, &wanted(&config, partitions).plan()).unwrap();
    assert_eq!((outcome.created.len(), outcome.differences.len()), (7, 0));
    config
}

fn wanted(config: &KafkaConfig, partitions: u32) -> Wanted {
    let replication = Some(1);
    Wanted { replication, ..Wanted::new(config.inputs.clone(), config.outputs.clone(), partitions) }
}

fn instance(config: &KafkaConfig, instance: &str) -> KafkaConfig {
    KafkaConfig { instance: instance.to_owned(), ..config.clone() }
}

fn open(config: &KafkaConfig) -> KafkaLog {
    let mut opened = None;
    until("the log opens", || match KafkaLog::open(config.clone()) {
        Ok(log) => opened.insert(log).partitions() > 0,
        Err(LogError::Retry(_)) => false,
        Err(error) => panic!("{error}"),
    });
    opened.expect("it opened")
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within {LIMIT:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn owns(log: &mut KafkaLog, count: usize) -> BTreeSet<TaskId> {
    let mut owned = BTreeSet::new();
    until("tasks are owned", || {
        owned = log.tasks().unwrap();
        owned.len() == count
    });
    owned
}

fn start() -> Offsets {
    [(Family::Invoices, 0), (Family::Payments, 0)].into()
}

fn values(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| String::from_utf8(record.value.clone().unwrap_or_default()).unwrap()).collect()
}

/// Reads until as many records have come, then makes sure that no more do.
fn read_exactly(log: &mut KafkaLog, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    until("records are read", || {
        records.extend(log.read(1000, Duration::from_millis(100)).unwrap());
        records.len() >= count
    });
    records.extend(log.read(1000, Duration::from_millis(300)).unwrap());
    assert_eq!(records.len(), count, "{:?}", values(&records));
    records
}

fn latest(log: &mut KafkaLog, task: TaskId) -> u64 {
    log.ends(&[task].into()).unwrap().latest[&(task, FAMILY)]
}

/// Serves the reader until its position is where it should be.
fn position_becomes(log: &mut KafkaLog, expected: u64) {
    until("the position is reached", || {
        let read = log.read(1000, Duration::from_millis(20)).unwrap();
        assert_eq!(values(&read), Vec::<String>::new());
        log.positions(TASK).unwrap()[&FAMILY] == expected
    });
}

/// The answer to a question that is answered later.
fn answered<T>(mut ask: impl FnMut() -> Poll<T>) -> T {
    let mut answer = None;
    until("an answer comes", || {
        if let Poll::Ready(ready) = ask() {
            answer = Some(ready);
        }
        answer.is_some()
    });
    answer.expect("it has come")
}

fn last(log: &mut KafkaLog, task: TaskId) -> Option<JournalEntry> {
    answered(|| log.journal_last(task).unwrap())
}

fn after(log: &mut KafkaLog, epoch: u64, max: usize) -> Vec<JournalEntry> {
    answered(|| log.journal_after(TASK, epoch, max).unwrap())
}

fn journal(task: TaskId, epoch: u64) -> Output {
    let (key, value) = (Some(epoch.to_string().into_bytes()), Some(format!("decision {epoch}").into_bytes()));
    Output { sink: Sink::Journal, task, key, value, headers: vec![] }
}

fn write_epoch(log: &mut KafkaLog, epoch: u64, end: impl Fn(&mut KafkaLog) -> LogResult<()>) {
    log.begin().unwrap();
    log.produce(&journal(TASK, epoch)).unwrap();
    log.flush().unwrap();
    end(log).unwrap();
}

fn settles(log: &mut KafkaLog, task: TaskId) {
    until("the offsets settle", || log.offsets_barrier(task).unwrap() == Barrier::Lifted);
    until("the journal settles", || log.journal_barrier(task).unwrap() == Barrier::Lifted);
}

#[test]
fn topics_are_created_once_and_never_changed() {
    let broker = Broker::shared();
    let config = application(broker, "made", 2);
    let again = create(&config.connection, &wanted(&config, 2).plan()).unwrap();
    assert_eq!((again.created.len(), again.present.len(), again.differences), (0, 7, vec![]));

    let mut more = wanted(&config, 3);
    more.inputs.insert(Family::Contacts, "made.contacts".to_owned());
    more.input_retention = Some(Duration::from_secs(60));
    let refused = create(&config.connection, &more.plan()).unwrap();
    let told: Vec<String> = refused.differences.iter().map(ToString::to_string).collect();
    assert!(told.contains(&"made.invoices: retention.ms: expected 60000, found -1".to_owned()), "{told:?}");
    assert!(told.contains(&"made.journal: partitions: expected 3, found 2".to_owned()), "{told:?}");
    assert_eq!(refused.created, Vec::<String>::new());

    let mut missing = config.clone();
    missing.inputs = more.inputs;
    let error = KafkaLog::open(missing).err().unwrap();
    assert!(matches!(&error, LogError::Stop(text) if text.contains("made.contacts") && text.contains("topics create")));
    broker.create_topic("made.contacts", 5, &[]);
    let mut uneven = config.clone();
    uneven.inputs.insert(Family::Contacts, "made.contacts".to_owned());
    let error = KafkaLog::open(uneven).err().unwrap();
    let expected = "all inputs, outputs and the journal need the same number of partitions, found made.invoices 2, ";
    assert!(
        matches!(&error, LogError::Stop(text) if text.starts_with(expected) && text.contains("made.contacts 5")),
        "{error}"
    );
    let mut wrong = config;
    wrong.connection.properties.insert("no.such.property".into(), "1".into());
    let error = KafkaLog::open(wrong).err().unwrap();
    assert!(matches!(&error, LogError::Stop(text) if text.contains("`no.such.property`")), "{error}");
}

#[test]
fn records_are_read_as_they_were_written() {
    let config = application(Broker::shared(), "fed", 3);
    let topic = &config.inputs[&FAMILY];
    let mut feed = BulkProducer::open(&config.connection).unwrap();
    assert_eq!(feed.partitions(topic).unwrap(), 3);
    for n in 0..2000_i64 {
        let value = n.to_string();
        let at = segflow_core::time::Timestamp(1_700_000_000_000 + n);
        feed.send(topic, 2, Some(b"C-1"), Some(value.as_bytes()), at).unwrap();
    }
    feed.send(topic, 2, None, None, segflow_core::time::Timestamp(1_700_000_100_000)).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(feed.finish().unwrap(), 2001);

    let mut log = open(&config);
    log.seek(TaskId(2), &start()).unwrap();
    let read = read_exactly(&mut log, 2001);
    assert!(read.iter().enumerate().all(|(n, record)| record.offset == n as u64 && record.task == TaskId(2)));
    assert_eq!(read[7].timestamp.0, 1_700_000_000_007);
    assert_eq!((read[7].key.as_deref(), read[7].value.as_deref()), (Some(&b"C-1"[..]), Some(&b"7"[..])));
    assert_eq!((read[2000].key.clone(), read[2000].value.clone()), (None, None));
    assert_eq!(log.positions(TaskId(2)).unwrap(), [(Family::Invoices, 2001), (Family::Payments, 0)].into());
}

#[test]
fn an_open_transaction_at_the_end_counts_as_unread() {
    let broker = Broker::shared();
    let config = application(broker, "ends", 1);
    let topic = config.inputs[&FAMILY].clone();
    let upstream = broker.transactional_producer("ends-upstream");
    let write = |value: &str| upstream.write(&[broker::Record::new(&topic, 0, value).header("trace", "x")]);
    let mut log = open(&config);
    log.seek(TASK, &start()).unwrap();
    assert_eq!((latest(&mut log, TASK), log.positions(TASK).unwrap()[&FAMILY]), (0, 0));

    upstream.begin();
    write("committed");
    upstream.commit();
    let read = read_exactly(&mut log, 1);
    assert_eq!(values(&read), ["committed"]);
    assert_eq!(read[0].headers, [("trace".to_owned(), Some(b"x".to_vec()))]);
    position_becomes(&mut log, 2);
    assert_eq!(latest(&mut log, TASK), 2, "the marker is passed");

    upstream.begin();
    write("aborted");
    assert_eq!(latest(&mut log, TASK), 3, "an open record counts");
    position_becomes(&mut log, 2);
    upstream.abort();
    position_becomes(&mut log, 4);
    assert_eq!(latest(&mut log, TASK), 4, "an aborted record does not hold time up");

    upstream.begin();
    write("later");
    assert_eq!(latest(&mut log, TASK), 5);
    position_becomes(&mut log, 4);
    upstream.commit();
    assert_eq!(values(&read_exactly(&mut log, 1)), ["later"]);
    position_becomes(&mut log, 6);
    assert_eq!(latest(&mut log, TASK), 6);
}

#[test]
fn seeking_back_delivers_again_exactly() {
    let broker = Broker::shared();
    let config = application(broker, "seek", 1);
    let records: Vec<broker::Record> =
        (0..5000).map(|n| broker::Record::new(&config.inputs[&FAMILY], 0, n.to_string())).collect();
    broker.produce(&records);
    let mut log = open(&config);
    log.seek(TASK, &start()).unwrap();
    for back in [0, 100, 4999, 1234, 0, 3] {
        // Part of what is fetched is left in the queue, and must not come after the seek.
        until("some are read", || !log.read(300, Duration::from_millis(100)).unwrap().is_empty());
        log.seek(TASK, &[(FAMILY, back), (Family::Payments, 0)].into()).unwrap();
        assert_eq!(log.positions(TASK).unwrap()[&FAMILY], back, "no stale position");
        let mut next = back;
        until("some are read again", || {
            for record in log.read(500, Duration::from_millis(100)).unwrap() {
                assert_eq!(record.offset, next);
                next += 1;
            }
            next > (back + 400).min(4999)
        });
        assert_eq!(log.positions(TASK).unwrap()[&FAMILY], next);
        log.seek(TASK, &start()).unwrap();
    }
    log.release(TASK);
    assert!(log.read(10, Duration::from_millis(300)).unwrap().is_empty());
}

#[test]
fn the_barriers_hold_while_a_transaction_is_undecided() {
    let config = application(Broker::shared(), "barriers", 2);
    let mut owner = open(&config);
    let mut successor = open(&instance(&config, "b"));
    let mut owned = BTreeSet::new();
    // While the group rebalances, the first barrier may say "not yet" for that reason alone.
    until("the group is stable", || {
        owned = owner.tasks().unwrap();
        (owned.len(), successor.tasks().unwrap().len()) == (1, 1)
    });
    let task = *owned.first().expect("one task");
    settles(&mut successor, task);
    for (epoch, commits) in [(1, true), (2, false), (3, true)] {
        owner.begin().unwrap();
        owner.produce(&journal(task, epoch)).unwrap();
        owner.flush().unwrap();
        assert_eq!(successor.journal_barrier(task).unwrap(), Barrier::Holds, "a record is undecided");
        until("no offsets were sent yet", || successor.offsets_barrier(task).unwrap() == Barrier::Lifted);
        if epoch < 3 {
            owner.mark(task, &format!("mark {epoch}"));
        }
        owner.send_offsets(&[(task, start())].into()).unwrap();
        for _ in 0..3 {
            assert_eq!(successor.offsets_barrier(task).unwrap(), Barrier::Holds, "offsets are pending");
        }
        if commits {
            owner.commit().unwrap()
        } else {
            owner.abort().unwrap()
        }
        settles(&mut successor, task);
        let expected = if commits { epoch } else { epoch - 1 };
        assert_eq!(last(&mut successor, task).unwrap().epoch, expected);
        let mark = (epoch < 3).then(|| "mark 1".to_owned());
        assert_eq!(successor.marked(task), mark, "an abort leaves the mark, a commit without one takes it away");
    }
}

#[test]
fn a_journal_is_trimmed_from_any_thread_and_never_back_or_beyond_its_end() {
    let config = application(Broker::shared(), "trimmed", 1);
    let mut log = open(&config);
    assert_eq!(log.journaled(TASK), None, "it has committed nothing");
    let mut offsets = Vec::new();
    for epoch in 1..=6 {
        write_epoch(&mut log, epoch, Transaction::commit);
        offsets.push(log.journaled(TASK).unwrap());
    }
    let trimmer = log.trimmer();
    let held = |log: &mut KafkaLog| {
        settles(log, TASK);
        (after(log, 0, 1)[0].epoch, last(log, TASK).unwrap().epoch)
    };
    write_epoch(&mut log, 7, |log| {
        let (trimmer, before) = (trimmer.clone(), offsets[3]);
        thread::spawn(move || trimmer(TASK, before)).join().unwrap().unwrap();
        log.commit()
    });
    assert_eq!(held(&mut log), (4, 7), "also while a transaction is open");
    trimmer(TASK, offsets[1]).unwrap();
    assert_eq!(held(&mut log), (4, 7), "a member that comes late takes nothing");
    assert!(
        matches!(trimmer(TASK, 1_000), Err(LogError::Retry(reason)) if reason.contains("trimming trimmed.journal"))
    );
    assert_eq!(held(&mut log), (4, 7));
}

/// The clock that the host's is held against: the broker's own, and only of what this transaction delivered.
#[test]
fn the_broker_tells_when_it_took_a_journal_record() {
    let config = application(Broker::shared(), "appended", 2);
    let mut log = open(&config);
    write_epoch(&mut log, 1, Transaction::commit);
    let before = log.ends(&[TASK].into()).unwrap().w;
    log.begin().unwrap();
    log.produce(&journal(TaskId(1), 1)).unwrap();
    log.flush().unwrap();
    let appended = log.appended();
    assert_eq!(appended.keys().collect::<Vec<_>>(), [&TaskId(1)]);
    let took_ms = appended[&TaskId(1)].0 - before.0;
    assert!((0..10_000).contains(&took_ms), "{took_ms} ms on the same machine");
    log.commit().unwrap();
    assert_eq!(log.appended().len(), 0);
}

#[test]
fn the_journal_is_found_behind_aborted_epochs_and_markers() {
    let config = application(Broker::shared(), "journal", 2);
    let mut log = open(&config);
    settles(&mut log, TASK);
    assert_eq!(last(&mut log, TASK), None);
    assert_eq!(after(&mut log, 0, 10), []);
    for epoch in 1..=60 {
        write_epoch(&mut log, epoch, Transaction::commit);
    }
    for epoch in 61..120 {
        write_epoch(&mut log, epoch, Transaction::abort);
    }
    settles(&mut log, TASK);
    let found = last(&mut log, TASK).unwrap();
    assert_eq!((found.epoch, found.bytes), (60, b"decision 60".to_vec()));
    let epochs = |log: &mut KafkaLog, above, most| -> Vec<u64> {
        let (mut found, mut above) = (Vec::new(), above);
        while found.len() < most {
            let epochs: Vec<u64> = after(log, above, most - found.len()).iter().map(|entry| entry.epoch).collect();
            let Some(last) = epochs.last() else { break };
            above = *last;
            found.extend(epochs);
        }
        found
    };
    assert_eq!(epochs(&mut log, 60, 5), Vec::<u64>::new());
    assert_eq!(epochs(&mut log, 59, 5), [60]);
    assert_eq!(epochs(&mut log, 0, 25), (1..=25).collect::<Vec<_>>());
    assert_eq!(epochs(&mut log, 25, 25), (26..=50).collect::<Vec<_>>());
    assert_eq!(epochs(&mut log, 50, 25), (51..=60).collect::<Vec<_>>());
    assert_eq!(epochs(&mut log, 3, 2), [4, 5], "back again");
    write_epoch(&mut log, 61, Transaction::commit);
    settles(&mut log, TASK);
    assert_eq!(epochs(&mut log, 60, 25), [61]);
    assert_eq!(last(&mut log, TaskId(1)), None, "the other partition is empty");
}

/// Each part of a transaction gets its markers at its own time: the end of the journal says nothing about memberships.
#[test]
fn memberships_are_read_back_whole_once_they_are_decided_and_without_what_was_aborted() {
    let config = application(Broker::shared(), "memberships", 2);
    let mut log = open(&config);
    let told = |customer: &str, value: Option<&str>| Output {
        sink: Sink::Segments,
        task: TASK,
        key: Some(customer.as_bytes().to_vec()),
        value: value.map(|value| value.as_bytes().to_vec()),
        headers: vec![],
    };
    let within = |log: &mut KafkaLog| answered(|| log.memberships_within(TASK).unwrap());
    assert_eq!(within(&mut log), (0, 0));
    let (mut low, mut end) = (0, 0);
    for (value, commits) in [(Some("1"), true), (Some("2"), false), (None, true), (Some("4"), true)] {
        log.begin().unwrap();
        log.produce(&told("a", value)).unwrap();
        log.produce(&told("b", Some("b"))).unwrap();
        log.flush().unwrap();
        assert!(log.memberships_within(TASK).unwrap().is_pending(), "some are undecided");
        if commits {
            log.commit().unwrap()
        } else {
            log.abort().unwrap()
        }
        let before = end;
        (low, end) = within(&mut log);
        assert!(end > before, "{end} is behind what was written since {before}");
    }
    let (mut next, mut found) = (low, Vec::new());
    until("memberships are read", || {
        let slice = log.memberships(TASK, next, end).unwrap();
        next = slice.next;
        found.extend(slice.records);
        next == end
    });
    let of_a: Vec<_> = found.iter().filter(|told| told.key == b"a").map(|told| told.value.as_deref()).collect();
    assert_eq!(of_a, [Some(&b"1"[..]), None, Some(b"4")]);
    assert_eq!(found.len(), 6);
    assert!(found.is_sorted_by(|a, b| a.offset < b.offset));
    log.forget(TASK);
    let again = log.memberships(TASK, low, end).unwrap();
    assert!(again.next <= end, "it may be read once more");
}

#[test]
fn a_zombie_is_fenced_and_its_writes_are_aborted() {
    let config = application(Broker::shared(), "zombie", 1);
    let mut zombie = open(&config);
    owns(&mut zombie, 1);
    write_epoch(&mut zombie, 1, Transaction::commit);
    zombie.begin().unwrap();
    zombie.produce(&journal(TASK, 2)).unwrap();
    zombie.flush().unwrap();

    let mut successor = open(&config);
    settles(&mut successor, TASK);
    assert_eq!(last(&mut successor, TASK).unwrap().epoch, 1);
    let error = zombie.commit().unwrap_err();
    assert!(matches!(error, LogError::Fenced(_)), "{error}");
    let mut told = None;
    until("the group fences the zombie as well", || {
        successor.tasks().unwrap();
        told = zombie.tasks().err();
        told.is_some()
    });
    assert!(matches!(told, Some(LogError::Fenced(_))), "{told:?}");
    write_epoch(&mut successor, 2, Transaction::commit);
    settles(&mut successor, TASK);
    assert_eq!(last(&mut successor, TASK).unwrap().epoch, 2);
}

#[test]
fn offsets_of_a_task_not_owned_are_not_sent() {
    let config = application(Broker::shared(), "foreign", 2);
    let mut log = open(&config);
    log.begin().unwrap();
    let error = log.send_offsets(&[(TASK, start())].into()).unwrap_err();
    assert!(matches!(&error, LogError::Retry(text) if text.contains("no longer owned")), "{error}");
    log.abort().unwrap();
    log.abort().unwrap();
    owns(&mut log, 2);
    log.begin().unwrap();
    log.produce(&journal(TASK, 1)).unwrap();
    log.flush().unwrap();
    log.send_offsets(&[(TASK, start()), (TaskId(1), start())].into()).unwrap();
    log.commit().unwrap();
}

#[test]
fn a_slice_holds_committed_records_alone_and_a_lost_one_is_refused() {
    let broker = Broker::shared();
    let config = application(broker, "slice", 1);
    let topic = config.inputs[&FAMILY].clone();
    let upstream = broker.transactional_producer("slice-upstream");
    let records = |from: u64| -> Vec<broker::Record> {
        (from..from + 10).map(|offset| broker::Record::new(&topic, 0, offset.to_string())).collect()
    };
    // Offsets 0-9 committed, 11-20 aborted, 22-31 committed; markers at 10, 21 and 32.
    for (from, commits) in [(0, true), (11, false), (22, true)] {
        upstream.begin();
        upstream.write(&records(from));
        if commits { upstream.commit() } else { upstream.abort() }
    }
    let mut log = open(&config);
    let slice = |log: &mut KafkaLog, mut from: u64, to| -> LogResult<Vec<Record>> {
        let (mut records, deadline) = (Vec::new(), Instant::now() + LIMIT);
        while from < to {
            assert!(Instant::now() < deadline, "nothing after {from}");
            let slice = log.slice(TASK, FAMILY, from, to)?;
            (records, from) = ([records, slice.records].concat(), slice.next);
        }
        Ok(records)
    };
    let offsets = |records: Vec<Record>| records.into_iter().map(|record| record.offset).collect::<Vec<_>>();
    until("markers are written", || latest(&mut log, TASK) == 33);
    assert_eq!(offsets(slice(&mut log, 0, 33).unwrap()), (0..10).chain(22..32).collect::<Vec<_>>());
    assert_eq!(offsets(slice(&mut log, 5, 8).unwrap()), [5, 6, 7]);
    assert_eq!(offsets(slice(&mut log, 8, 11).unwrap()), [8, 9], "goes on where it stopped");
    assert_eq!(offsets(slice(&mut log, 11, 25).unwrap()), [22, 23, 24]);
    assert_eq!(offsets(slice(&mut log, 25, 33).unwrap()), (25..32).collect::<Vec<_>>());
    assert_eq!(offsets(slice(&mut log, 33, 33).unwrap()), Vec::<u64>::new());
    assert_eq!(offsets(slice(&mut log, 11, 22).unwrap()), Vec::<u64>::new(), "all aborted");

    delete_before(broker, &topic, 24);
    let error = slice(&mut log, 5, 30).unwrap_err();
    assert!(
        matches!(&error, LogError::Stop(text) if text.contains("slice.invoices [0]: expected offset 5, the topic begins at 24")),
        "{error}"
    );
    assert_eq!(offsets(slice(&mut log, 24, 27).unwrap()), [24, 25, 26]);

    log.seek(TASK, &start()).unwrap();
    let mut told = None;
    until("the reader says that records are lost", || {
        told = log.read(10, Duration::from_millis(100)).err();
        told.is_some()
    });
    let told = told.expect("just seen");
    assert!(
        matches!(&told, LogError::Stop(text) if text.contains("slice.invoices [0]: expected offset 0, the topic begins at 24")),
        "{told}"
    );
}

/// A broker that stands still holds up the tasks that need its answer, and not the thread that asks.
#[test]
fn reading_back_never_waits_and_resumes_at_its_position() {
    const RECORDS: u64 = 20_000;
    let broker = Broker::start();
    let config = application(&broker, "bounded", 1);
    let topic = config.inputs[&FAMILY].clone();
    let mut feed = BulkProducer::open(&config.connection).unwrap();
    // Bytes that no codec shortens: what is fetched is bounded as it lies on the broker.
    let mut noise = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    for _ in 0..RECORDS {
        let value: [u8; 2_000] = noise.random();
        feed.send(&topic, 0, Some(b"c"), Some(&value), segflow_core::time::Timestamp(1_000)).unwrap();
    }
    feed.finish().unwrap();
    let mut log = open(&config);
    let mut read = Vec::new();
    let mut next = 0;
    let mut step = |log: &mut KafkaLog, next: &mut u64| {
        let began = Instant::now();
        match log.slice(TASK, FAMILY, *next, RECORDS) {
            Ok(slice) => {
                assert_eq!(slice.records.first().map_or(*next, |record| record.offset), *next);
                read.extend(slice.records.iter().map(|record| record.offset));
                *next = slice.next;
            }
            Err(LogError::Retry(_)) => {}
            Err(error) => panic!("{error}"),
        }
        began.elapsed()
    };
    until("the first records come", || {
        step(&mut log, &mut next);
        next > 0
    });
    broker.pause();
    let stood = Instant::now();
    let mut longest = Duration::ZERO;
    while stood.elapsed() < Duration::from_secs(3) && next < RECORDS {
        longest = longest.max(step(&mut log, &mut next));
    }
    assert!(next < RECORDS, "all 40 MB were fetched ahead, beyond the bound");
    assert!(matches!(log.journal_last(TASK), Ok(Poll::Pending) | Err(LogError::Retry(_))));
    broker.go_on();
    assert!(longest < Duration::from_secs(2), "a step took {longest:?}");
    until("the rest comes", || {
        step(&mut log, &mut next);
        next == RECORDS
    });
    assert_eq!(read, (0..RECORDS).collect::<Vec<_>>(), "each once, in order");
}

fn delete_before(broker: &Broker, topic: &str, offset: i64) {
    use rdkafka::admin::{AdminClient, AdminOptions};
    use rdkafka::client::DefaultClientContext;
    let admin: AdminClient<DefaultClientContext> = broker.client_config().create().unwrap();
    let mut list = rdkafka::TopicPartitionList::new();
    list.add_partition_offset(topic, 0, rdkafka::Offset::Offset(offset)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(admin.delete_records(&list, &AdminOptions::new())).unwrap();
}

#[test]
fn a_rebalance_moves_as_few_tasks_as_possible_and_a_restart_none() {
    let config = application(Broker::shared(), "moves", 6);
    let mut first = open(&config);
    let all = owns(&mut first, 6);
    let second_config = instance(&config, "b");
    let mut second = open(&second_config);
    let (mut kept, mut moved) = (BTreeSet::new(), BTreeSet::new());
    until("the tasks are shared out", || {
        kept = first.tasks().unwrap();
        moved = second.tasks().unwrap();
        assert!(kept.is_disjoint(&moved), "no task has two owners");
        (kept.len(), moved.len()) == (3, 3)
    });
    assert_eq!(kept.union(&moved).copied().collect::<BTreeSet<_>>(), all);

    drop(second);
    let mut again = open(&second_config);
    let mut back = BTreeSet::new();
    until("the restarted member has its tasks", || {
        assert_eq!(first.tasks().unwrap(), kept, "the other member keeps its own");
        back = again.tasks().unwrap();
        back.len() == 3
    });
    assert_eq!(back, moved);

    drop(again);
    until("tasks of a member that stays away move on", || first.tasks().unwrap() == all);
}

#[test]
fn a_commit_that_is_answered_late_is_left_to_the_journal() {
    let broker = Broker::start();
    let config = application(&broker, "late", 1);
    let mut log = open(&config);
    owns(&mut log, 1);
    log.begin().unwrap();
    log.produce(&journal(TASK, 1)).unwrap();
    log.flush().unwrap();
    log.send_offsets(&[(TASK, start())].into()).unwrap();
    broker.pause();
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(1_500));
            broker.go_on();
        });
        log.commit().unwrap_err()
    });
    assert!(matches!(error, LogError::Unclear(_)), "{error}");
    log.recycle().unwrap();
    settles(&mut log, TASK);
    assert_eq!(last(&mut log, TASK).unwrap().epoch, 1, "it had happened");
}

#[test]
fn a_broker_that_goes_away_costs_no_certainty() {
    let broker = Broker::start();
    let mut config = application(&broker, "away", 1);
    config.transaction_timeout = Duration::from_secs(3);
    let mut log = open(&config);
    owns(&mut log, 1);
    log.seek(TASK, &start()).unwrap();
    write_epoch(&mut log, 1, Transaction::commit);
    log.begin().unwrap();
    log.produce(&journal(TASK, 2)).unwrap();
    log.flush().unwrap();
    log.send_offsets(&[(TASK, start())].into()).unwrap();
    broker.kill();
    assert_eq!(log.ends(&[TASK].into()).unwrap().latest, BTreeMap::new(), "no answer, no end");
    let error = log.commit().unwrap_err();
    assert!(matches!(error, LogError::Unclear(_)), "{error}");
    broker.resume();
    until("the producer is recycled", || match log.recycle() {
        Ok(()) => true,
        Err(LogError::Retry(_)) => false,
        Err(error) => panic!("{error}"),
    });
    until("the barriers open", || {
        log.tasks().is_ok()
            && log.offsets_barrier(TASK) == Ok(Barrier::Lifted)
            && log.journal_barrier(TASK) == Ok(Barrier::Lifted)
    });
    assert_eq!(last(&mut log, TASK).unwrap().epoch, 1, "the commit did not happen");
    broker.produce(&[broker::Record::new(&config.inputs[&FAMILY], 0, "after")]);
    let mut read = Vec::new();
    until("reading goes on", || {
        read.extend(log.read(10, Duration::from_millis(100)).unwrap_or_default());
        !read.is_empty()
    });
    assert_eq!(values(&read), ["after"]);
    write_epoch(&mut log, 2, Transaction::commit);
    settles(&mut log, TASK);
    assert_eq!(last(&mut log, TASK).unwrap().epoch, 2);
}
