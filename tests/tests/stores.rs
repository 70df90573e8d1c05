//! Stores that earlier releases wrote are read, and go on as if those releases did. `tests/stores` has them.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use segflow_core::event::{Body, Event, Family};
use segflow_core::time::Timestamp;
use segflow_portfolio::{Portfolio, PortfolioSettings};
use segflow_runtime::config::Config;
use segflow_runtime::log::local::{LocalBroker, LocalLog, NewRecord};
use segflow_runtime::log::{Output, Sink, TaskId};
use segflow_runtime::status::{Phase, Status};
use segflow_runtime::task::state_format::VERSION;
use segflow_runtime::worker::Worker;
use segflow_store::{Meta, Store};
use segflow_tests::binary::segflow;
use segflow_tests::embedded;
use segflow_wire::Encoding;
use segflow_wire::envelope::{self, Line};
use serde_json::Value;

/// The first version that was released.
const FIRST: u8 = 2;
const P0: TaskId = TaskId(0);
const CUSTOMERS: u32 = 24;
const DAYS: u32 = 75;
/// How many days follow.
const FURTHER: u32 = 12;
/// Shown: some who are just customers, who has facts ahead of them, and who was erased.
const SHOWN: [u32; 5] = [8, 3, AHEAD, 11, ERASED];
const AHEAD: u32 = 7;
const ERASED: u32 = 5;

#[test]
fn of_each_version_before_this_one_a_store_is_kept() {
    if std::env::var_os("KEEP_STORE").is_some() {
        keep(&folder(VERSION));
    }
    for version in FIRST..VERSION {
        assert!(
            folder(version).join("store/CURRENT").exists(),
            "there is no store of version {version}: check out the last commit that wrote it, and run this test with \
             KEEP_STORE=1"
        );
    }
}

#[test]
fn a_store_of_each_version_shows_what_it_showed() {
    for folder in kept() {
        let state = copy(&folder);
        let kept = folder.join("portraits.txt");
        compare(&kept, &portraits(&folder, state.path(), &customers_of(&fs::read_to_string(&kept).unwrap())));
    }
}

#[test]
fn a_store_of_each_version_goes_on() {
    for folder in kept() {
        let state = copy(&folder);
        let bench = Bench::new(&folder, state.path());
        bench.stand_where_the_store_does();
        let mut worker = bench.worker();
        bench.settle(&mut worker);
        assert_eq!(bench.changes(), "", "nothing is decided again");
        bench.append(&fs::read(folder.join("events.ndjson")).unwrap());
        bench.settle(&mut worker);
        let expected = fs::read_to_string(folder.join("changes.ndjson")).unwrap();
        assert_eq!(by_customer(&bench.changes()), by_customer(&expected), "{}", folder.display());
    }
}

/// Changes by customer, those of each in their order. Customers have no order among each other.
fn by_customer(changes: &str) -> BTreeMap<String, Vec<Value>> {
    let mut told: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in changes.lines() {
        let change: Value = serde_json::from_str(line).unwrap();
        told.entry(change["customer_id"].as_str().unwrap().to_owned()).or_default().push(change);
    }
    told
}

fn folder(version: u8) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("stores").join(version.to_string())
}

/// The stores of every version up to this one.
fn kept() -> Vec<PathBuf> {
    let kept: Vec<PathBuf> = (FIRST..=VERSION).map(folder).filter(|folder| folder.join("store").exists()).collect();
    assert!(!kept.is_empty(), "no store is kept");
    kept
}

fn copy(folder: &Path) -> tempfile::TempDir {
    let state = tempfile::tempdir().unwrap();
    copy_files(&folder.join("store"), &state.path().join("task-0"));
    state
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Of whom portraits are.
fn customers_of(portraits: &str) -> Vec<String> {
    portraits.lines().filter_map(|line| line.strip_prefix("customer ")).map(str::to_owned).collect()
}

fn portraits(folder: &Path, state: &Path, customers: &[String]) -> String {
    let mut shown = String::new();
    for customer in customers {
        let mut command = segflow();
        command.arg("inspect").arg("--store").arg(state).arg("--segmentation").arg(folder.join("segmentation.yaml"));
        let output = command.arg(customer).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        writeln!(shown, "{}", String::from_utf8(output.stdout).unwrap()).unwrap();
    }
    shown
}

fn compare(golden: &Path, found: &str) {
    let expected = fs::read_to_string(golden).unwrap();
    for (line, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(found, expected, "{}:{}", golden.display(), line + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{}", golden.display());
}

/// Writes a folder of `tests/stores`; its segmentation is there already.
fn keep(folder: &Path) {
    let state = tempfile::tempdir().unwrap();
    let bench = Bench::new(folder, state.path());
    let mut worker = bench.worker();
    let days = |days| PortfolioSettings { customers: CUSTOMERS, days, ..PortfolioSettings::default() };
    let events: Vec<Event> = Portfolio::new(days(DAYS + FURTHER)).events().collect();
    let last = Portfolio::new(days(DAYS)).events().map(|event| event.recorded_at).max().unwrap();
    let (before, after): (Vec<&Event>, Vec<&Event>) = events.iter().partition(|event| event.recorded_at <= last);
    for event in before {
        bench.append(bench.line(event).as_bytes());
    }
    for event in exceptional(last) {
        bench.append(bench.line(&event).as_bytes());
    }
    bench.settle(&mut worker);
    drop(worker);
    let store = folder.join("store");
    copy_files(&state.path().join("task-0"), &store);
    for file in fs::read_dir(&store).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        // A database is opened without them, and they are larger than it.
        if name == "LOCK" || name.starts_with("LOG") || name.starts_with("OPTIONS") {
            fs::remove_file(file.path()).unwrap();
        }
    }
    let shown = SHOWN.map(|number| Portfolio::customer_id(number).to_string());
    fs::write(folder.join("portraits.txt"), portraits(folder, state.path(), &shown)).unwrap();

    let decided = bench.changes().lines().count();
    let mut worker = bench.worker();
    let lines: String = after.into_iter().map(|event| bench.line(event) + "\n").collect();
    bench.append(lines.as_bytes());
    fs::write(folder.join("events.ndjson"), lines).unwrap();
    bench.settle(&mut worker);
    let changes: String = bench.changes().lines().skip(decided).fold(String::new(), |all, line| all + line + "\n");
    assert!(changes.lines().count() > 20, "too little happened");
    fs::write(folder.join("changes.ndjson"), changes).unwrap();
}

/// Somebody is erased; somebody has an invoice and a payment of days to come.
fn exceptional(last: Timestamp) -> Vec<Event> {
    let event = |id: &str, number, ahead_ms, body| Event {
        event_id: id.to_owned(),
        customer_id: Portfolio::customer_id(number),
        occurred_at: last.plus_ms(ahead_ms),
        recorded_at: last,
        body,
    };
    let due_date = "2026-03-25".parse().unwrap();
    let issued = Body::Issued {
        invoice_id: "I-ahead".to_owned(),
        amount_minor: 12_500,
        due_date,
        debt_type: None,
        discount: None,
    };
    let received =
        Body::Received { payment_id: "P-ahead".to_owned(), amount_minor: 500, names: Vec::new(), method: None };
    vec![
        event("ahead-1", AHEAD, 2 * 86_400_000, issued),
        event("ahead-2", AHEAD, 5 * 86_400_000, received),
        event("gone", ERASED, 0, Body::Erased),
    ]
}

/// One task on an embedded log, by the clock of its records.
struct Bench {
    config: Arc<Config>,
    broker: LocalBroker,
    status: Arc<Status>,
}

impl Bench {
    fn new(folder: &Path, state: &Path) -> Self {
        let config = embedded::config(&folder.join("segmentation.yaml"), 1, state);
        Self { config: Arc::new(config), broker: LocalBroker::new(1), status: Arc::default() }
    }

    fn worker(&self) -> Worker<LocalLog> {
        Worker::new("kept", self.config.clone(), self.broker.attach("kept"), self.status.clone())
    }

    /// The journal ends with the store's epoch, and the inputs with what it has read.
    fn stand_where_the_store_does(&self) {
        let store = Store::open_read_only(&self.config.task_dir(P0), &self.config.store).unwrap();
        let bytes = store.meta(Meta::Journal).unwrap().unwrap();
        let record = segflow_wire::journal::decode(&bytes).unwrap();
        for (family, position) in &record.inputs {
            for _ in 0..position.offset {
                self.broker.append(
                    P0,
                    *family,
                    NewRecord { timestamp: Timestamp(0), key: None, value: None, headers: Vec::new() },
                );
            }
        }
        let key = Some(record.epoch.to_string().into_bytes());
        self.broker.commit(vec![Output {
            sink: Sink::Journal,
            task: P0,
            key,
            value: Some(bytes),
            headers: Vec::new(),
        }]);
    }

    fn line(&self, event: &Event) -> String {
        let family = event.body.family();
        let currency = &self.config.segmentation.offered().currency;
        let line = Line {
            topic: family.default_topic(),
            partition: None,
            offset: None,
            timestamp: event.recorded_at,
            key: Some(event.customer_id.as_str().as_bytes().to_vec()),
            value: segflow_wire::event::encode(event, currency, Encoding::Json),
            headers: Vec::new(),
        };
        envelope::write(&line).unwrap()
    }

    fn append(&self, lines: &[u8]) {
        let families: BTreeMap<String, Family> = Family::ALL.map(|family| (family.default_topic(), family)).into();
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line = envelope::parse(line).unwrap();
            self.broker.append(
                P0,
                families[&line.topic],
                NewRecord { timestamp: line.timestamp, key: line.key, value: line.value, headers: Vec::new() },
            );
        }
    }

    fn settle(&self, worker: &mut Worker<LocalLog>) {
        while worker.cycle().unwrap().busy {}
        assert_eq!(self.status.snapshot().tasks[&0].phase, Phase::Running);
    }

    /// Every change, but for the release that decided it.
    fn changes(&self) -> String {
        let outputs = self.broker.outputs(Sink::Changes, P0, 0);
        let lines = outputs.into_iter().map(|output| {
            let mut change: serde_json::Value = serde_json::from_slice(&output.value.unwrap()).unwrap();
            change.as_object_mut().unwrap().remove("engine_version").unwrap();
            format!("{change}\n")
        });
        lines.collect()
    }
}

/// Who is shown is somebody of whom the store has all that may lie in one.
#[test]
fn the_stores_hold_every_kind_of_state() {
    for folder in kept() {
        let shown = fs::read_to_string(folder.join("portraits.txt")).unwrap();
        for words in ["I-ahead", "not yet in effect", "is erased", "RECEIVED", "MADE", "SMS"] {
            assert!(shown.contains(words), "{}: nothing about {words:?}", folder.display());
        }
    }
}
