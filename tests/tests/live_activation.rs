//! A new segmentation under load, on a real broker. Every customer is taken over once, although processes are killed
//! meanwhile. Live events do not wait for it. The journal decides it all again for a process that lacks the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use segflow_core::event::{Body, CustomerId, Event};
use segflow_core::money::Currency;
use segflow_core::segmentation::Segmentation;
use segflow_tests::binary::segflow;
use segflow_tests::broker::{Broker, Record};
use segflow_tests::service::{Service, run};
use segflow_tests::versions::{DEMO, second};
use segflow_wire::{Encoding, Partitioner, partition_of};
use serde_json::Value;

const PARTITIONS: u32 = 12;
const CUSTOMERS: u32 = 2_000;
/// A pass of some hundred cycles, so that it can be struck in its middle; memberships that do not wait for time.
const SETTINGS: &str = "commit.max_resegmented = 24\nkafka.session_timeout = \"6s\"\n";

/// How many tasks decide by a segmentation of this hash, and of them how many have taken everybody over.
fn tasks(service: &Service<'_>, hash: &str) -> (usize, usize) {
    let journal = service.journal();
    let present = journal.values().filter_map(|epochs| epochs.last()).filter(|last| last.segmentation_hash == hash);
    let present: Vec<_> = present.collect();
    (present.len(), present.iter().filter(|last| last.former.is_empty()).count())
}

/// Payments of customers who are there, one after the other, until told to stop; returns how many.
fn pay(broker: &Broker, topic: &str, stop: &AtomicBool) -> u32 {
    let currency = Currency::new("GBP").expect("a currency");
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return number;
        }
        let customer = format!("C-{:06}", (number * 37) % CUSTOMERS);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
        let now = segflow_core::time::Timestamp(i64::try_from(now).expect("our era"));
        let payment_id = format!("live-{number}");
        let event = Event {
            event_id: payment_id.clone(),
            customer_id: CustomerId::new(customer.clone()).expect("an id"),
            occurred_at: now,
            recorded_at: now,
            body: Body::Received { payment_id, amount_minor: 1_000, names: Vec::new(), method: None },
        };
        let value = segflow_wire::event::encode(&event, &currency, Encoding::Json).expect("a payment has a value");
        let partition = partition_of(customer.as_bytes(), PARTITIONS, Partitioner::Murmur2);
        let partition = i32::try_from(partition).expect("twelve");
        broker.produce(&[Record::new(topic, partition, value).key(customer).at(now.0)]);
    }
    unreachable!("the range has no end")
}

#[test]
fn everybody_is_taken_over_once_under_load_and_kills() {
    let broker = Broker::shared();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("segmentation.yaml");
    fs::write(&file, DEMO).expect("the file is written");
    let hash = |text: &str| Segmentation::load("demo.yaml", text).expect("valid").segmentation.hash;
    let mut service = Service::new(broker, "activation", PARTITIONS, &file, SETTINGS);
    let generated = ["generate", "--customers=2000", "--events=20000"];
    run(segflow().args(generated).arg("--config").arg(service.config(0)));
    (0..2).for_each(|instance| service.start(instance));
    service.wait_until("the portfolio is read", |service| {
        service.journal().values().flatten().map(|epoch| epoch.counts.read).sum::<u64>() >= 20_000
    });

    let stop = AtomicBool::new(false);
    let (before, payments) = std::thread::scope(|scope| {
        let topic = service.topic("payments");
        let stopped = &stop;
        let payer = scope.spawn(move || pay(broker, &topic, stopped));
        let _ends = Ends(&stop);
        let before = changes(&service).len();
        fs::write(&file, second()).expect("the file is written");
        service.wait_until("a pass is in its middle", |service| {
            service.journal().values().filter_map(|epochs| epochs.last()).any(|last| last.resegmented_to.is_some())
        });
        service.kill(0);
        // A process that starts again has the old file at first. The journals name the new one.
        fs::write(&file, DEMO).expect("the file is written");
        let started = |service: &Service<'_>| service.log(0).matches("metrics and health are served").count();
        let starts = started(&service);
        service.start(0);
        service.wait_until("it has read the file", |service| started(service) > starts);
        fs::write(&file, second()).expect("the file is written");
        let hash = hash(&second());
        service.wait_until("everybody is taken over", |service| tasks(service, &hash) == (12, 12));
        stop.store(true, Ordering::Relaxed);
        (before, payer.join().expect("it pays"))
    });
    service.wait_until("every payment is read", |service| {
        service.journal().values().flatten().map(|epoch| epoch.counts.read).sum::<u64>() >= 20_000 + u64::from(payments)
    });
    service.stop();
    check(&changes(&service), before, payments);
    rebuild(&mut service, &file, &hash(&second()));
}

/// Tells the other thread to stop, also where this one fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// In the order of their partitions; `seq` is checked there.
fn changes(service: &Service<'_>) -> Vec<Value> {
    let records = broker_records(service);
    let mut last: BTreeMap<(String, String), u64> = BTreeMap::new();
    for change in &records {
        let seq = change["seq"].as_u64().expect("a number");
        let before = last.insert((text(change, "customer_id"), text(change, "dimension")), seq).unwrap_or(0);
        assert_eq!(seq, before + 1, "{change}");
    }
    records
}

fn broker_records(service: &Service<'_>) -> Vec<Value> {
    let records = Broker::shared().read_committed_so_far(&service.topic("changes"));
    records
        .iter()
        .map(|record| serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON"))
        .collect()
}

fn text(change: &Value, field: &str) -> String {
    change[field].as_str().unwrap_or_default().to_owned()
}

fn check(changes: &[Value], before: usize, payments: u32) {
    let mut taken: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut version: BTreeMap<String, u64> = BTreeMap::new();
    let (mut everybody, mut lags) = (BTreeSet::new(), Vec::new());
    for change in changes {
        let customer = text(change, "customer_id");
        let decided_by = change["segmentation_version"].as_u64().expect("a number");
        let former = version.insert(customer.clone(), decided_by).unwrap_or(1);
        assert!(decided_by >= former, "decided by a former segmentation: {change}");
        if decided_by == 1 {
            // A customer who is first heard of later is decided by the new rules from the beginning.
            everybody.insert(customer.clone());
        }
        if text(change, "cause") == "SEGMENTATION" {
            assert_eq!((change["actionable"].as_bool(), decided_by), (Some(false), 2), "{change}");
            *taken.entry((customer, text(change, "dimension"))).or_default() += 1;
        } else if change["event_id"].as_str().is_some_and(|id| id.starts_with("live-")) {
            lags.push(change["lag_ms"].as_i64().expect("a number"));
        }
    }
    assert!(taken.values().all(|times| *times == 1), "taken over twice");
    for dimension in ["contactability", "stake"] {
        let told: BTreeSet<String> = taken.keys().filter(|key| key.1 == dimension).map(|key| key.0.clone()).collect();
        assert_eq!(told, everybody, "everybody is told of {dimension}");
    }
    let moved = taken.keys().filter(|key| key.1 == "arrears").count();
    assert!(moved > 0, "no customer moved by the new limit");
    lags.sort_unstable();
    let lag = |percent: usize| lags.get(lags.len() * percent / 100).copied().unwrap_or_default();
    println!(
        "{} changes before, {} customers taken over, {moved} of them moved in arrears; {payments} payments meanwhile, \
         of {} changes by them the lag was {} ms in the median, {} ms at 95 %",
        before,
        everybody.len(),
        lags.len(),
        lag(50),
        lag(95)
    );
}

/// With both disks lost and the old file alone, every epoch of either segmentation is decided again, to its digest.
fn rebuild(service: &mut Service<'_>, file: &Path, hash: &str) {
    fs::write(file, DEMO).expect("the file is written");
    for instance in 0..2 {
        fs::remove_dir_all(service.dir().join(format!("state-{instance}"))).expect("no process has it open");
    }
    let recovered = |service: &Service<'_>| -> usize {
        (0..2).map(|instance| service.log(instance).matches("rebuilt from the journal").count()).sum()
    };
    let ids = |service: &Service<'_>| -> BTreeSet<String> {
        broker_records(service).iter().map(|change| text(change, "change_id")).collect()
    };
    let (rebuilt, told) = (recovered(service), ids(service));
    (0..2).for_each(|instance| service.start(instance));
    service.wait_until("every task is rebuilt", |service| {
        let stopped = (0..2).find(|instance| service.log(*instance).contains("task stopped"));
        assert_eq!(stopped, None, "{}", stopped.map(|instance| service.log(instance)).unwrap_or_default());
        recovered(service) >= rebuilt + 12
    });
    service.stop();
    assert_eq!(tasks(service, hash), (12, 12), "the old file activates nothing");
    assert!(service.log(0).contains("its version is not higher"), "{}", service.log(0));
    // Midnight may have passed meanwhile.
    let silent = |change: &Value| text(change, "cause") == "TIME" || told.contains(&text(change, "change_id"));
    let changes = changes(service);
    assert!(changes.iter().all(silent), "something else is told by going back");
}
