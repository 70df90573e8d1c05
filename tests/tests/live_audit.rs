//! An audit of what a real service decided on a real broker, across an activation: equal; with one byte of one record
//! changed in a copy, the difference is found and named; one customer as of an instant; where the past was trimmed.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use segflow_core::digest::{Digest, PRESENT};
use segflow_core::event::Family;
use segflow_core::journal::JournalRecord;
use segflow_tests::binary::segflow;
use segflow_tests::broker::{Broker, Record};
use segflow_tests::service::{Service, run};
use segflow_tests::versions::{DEMO, second};
use segflow_wire::{Encoding, Partitioner, partition_of};
use serde_json::Value;

const PARTITIONS: u32 = 3;
const SETTINGS: &str = "clock.idle = \"record-time\"\ninputs.contacts.clock = \"gate\"\ncommit.max_records = 100\n\
                        commit.max_resegmented = 20\n";

type Journal = BTreeMap<u32, Vec<JournalRecord>>;

fn audit(config: &Path, more: &[&str]) -> Command {
    let mut command = segflow();
    command.args(["audit", "--config"]).arg(config).args(more);
    command
}

/// The output and the messages of a call that ends with this code.
fn ends_with(code: i32, command: &mut Command) -> (String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (printed, said) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "{printed}{said}");
    (printed, said)
}

/// Puts lines, as `generate` writes them, onto the topics of a service.
fn produce(broker: &Broker, service: &Service<'_>, lines: &[&str]) {
    let record = |line: &&str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let key = line["key"].as_str().unwrap();
        let family = line["topic"].as_str().unwrap().strip_prefix("collections.").unwrap();
        let partition = i32::try_from(partition_of(key.as_bytes(), PARTITIONS, Partitioner::Murmur2)).unwrap();
        let record = Record::new(&service.topic(family), partition, line["payload"].to_string());
        record.key(key).at(line["ts"].as_i64().unwrap())
    };
    broker.produce(&lines.iter().map(record).collect::<Vec<_>>());
}

/// Copies a topic, but for one digit of the amount of one receipt in partition 0. Returns its offset and customer.
fn forge(broker: &Broker, from: &str, to: &str) -> (u64, String) {
    const AMOUNT: &[u8] = b"\"amount_minor\":";
    const RECEIVED: &[u8] = b"\"RECEIVED\"";
    broker.create_topic(to, i32::try_from(PARTITIONS).unwrap(), &[]);
    let mut records = broker.read_committed(from);
    records.iter_mut().for_each(|record| record.topic = to.to_owned());
    let place = |record: &Record| record.value.as_ref()?.windows(AMOUNT.len()).position(|window| window == AMOUNT);
    let is_receipt = |record: &Record| {
        record.value.as_ref().is_some_and(|value| value.windows(RECEIVED.len()).any(|window| window == RECEIVED))
    };
    let mut payments: Vec<&mut Record> =
        records.iter_mut().filter(|record| record.partition == 0 && is_receipt(record)).collect();
    let middle = payments.len() / 2;
    let forged = &mut payments[middle];
    let at = place(forged).unwrap() + AMOUNT.len();
    let digit = &mut forged.value.as_mut().unwrap()[at];
    *digit = if *digit == b'9' { b'8' } else { *digit + 1 };
    let offset = u64::try_from(forged.offset.unwrap()).unwrap();
    let customer = String::from_utf8(forged.key.clone().unwrap()).unwrap();
    broker.produce(&records);
    (offset, customer)
}

#[test]
fn an_audit_decides_everything_again_and_finds_a_changed_byte() {
    let broker = Broker::shared();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("segmentation.yaml");
    fs::write(&file, DEMO).unwrap();
    let mut service = Service::new(broker, "audited", PARTITIONS, &file, SETTINGS);
    let config = service.config(0);
    let events = folder.path().join("events.ndjson");
    run(segflow().args(["generate", "--customers=150", "--days=60", "--out"]).arg(&events));
    let events = fs::read_to_string(&events).unwrap();
    let lines: Vec<&str> = events.lines().collect();
    let (first, later) = lines.split_at(lines.len() / 2);

    produce(broker, &service, first);
    service.start(0);
    let half = service.wait_until_finished(first.len() as u64);
    service.stop();
    fs::write(&file, second()).unwrap();
    produce(broker, &service, later);
    service.start(0);
    service.wait_until_finished(lines.len() as u64);
    service.wait_until("everybody is taken over", |service| {
        service.journal().values().all(|epochs| epochs.last().unwrap().former.is_empty())
    });
    service.stop();
    let journal = service.journal();
    assert!(journal.values().flatten().any(|epoch| epoch.resegmented_to.is_some()), "a pass takes several epochs");

    // No command needs the file of the version that is in force.
    let present = folder.path().join("present.yaml");
    fs::rename(&file, &present).unwrap();
    fs::write(&file, DEMO).unwrap();
    equal(&service, &config, &journal);
    let customer = found(&service, &config, &journal, folder.path());
    let known = Known { service: &service, config: &config, customer: &customer };
    let early = folder.path().join("first.ndjson");
    fs::write(&early, first.join("\n")).unwrap();
    known.at_first(&half[&0], &early, &file);
    known.at_last(&journal[&0], &present);
}

/// Equal, with the digest of what was written; and as many epochs as lie within two instants.
fn equal(service: &Service<'_>, config: &Path, journal: &Journal) {
    let (mut told, mut changes) = (Digest::default(), 0);
    for record in Broker::shared().read_committed(&service.topic("changes")) {
        let change = segflow_wire::change::decode(&record.value.unwrap(), Encoding::Json).unwrap();
        told.merge(Digest::of(PRESENT, [&change.core]));
        changes += 1;
    }
    let epochs: usize = journal.values().map(Vec::len).sum();
    let printed = run(&mut audit(config, &[]));
    println!("{printed}");
    let expected = format!("equal: {epochs} epochs of {PARTITIONS} tasks, {changes} changes, digest {told}\n");
    assert!(printed.ends_with(&expected), "{expected}{printed}");

    let first = &journal[&0];
    let (from, to) = (first[1].w, first[first.len() - 1].w);
    let within = first.iter().filter(|epoch| epoch.w >= from && epoch.w < to).count();
    let window = ["--task=0", "--from", &from.to_string(), "--to", &to.to_string()];
    let printed = run(&mut audit(config, &window));
    assert!(printed.contains(&format!("equal: {within} epochs of 1 tasks")), "{within}: {printed}");

    let before = ["--to", &first[0].w.plus_ms(-60_000).to_string()];
    let (_, said) = ends_with(1, &mut audit(config, &before));
    assert!(said.contains("nothing was compared"), "{said}");
    ends_with(2, &mut audit(config, &["--customer", "C-1"]));
}

/// A byte of a payment is changed in a copy of the topic: the difference is named, and what else is equal. Returns the
/// customer.
fn found(service: &Service<'_>, config: &Path, journal: &Journal, folder: &Path) -> String {
    let payments = service.topic(Family::Payments.name());
    let copy = format!("{payments}-copy");
    let (offset, customer) = forge(Broker::shared(), &payments, &copy);
    let text = fs::read_to_string(config).unwrap();
    let forged = folder.join("forged.toml");
    fs::write(&forged, text.replace(&format!("{payments:?}"), &format!("{copy:?}"))).unwrap();
    let (printed, said) = ends_with(3, &mut audit(&forged, &[]));
    println!("{printed}{said}");
    let first = &journal[&0];
    let named = printed.split_once("\ntask 0: epoch ").unwrap().1.split(' ').next().unwrap();
    let named: u64 = named.parse().unwrap();
    assert!(said.contains(&format!("1 of 3 tasks differ from their journals: task 0 at epoch {named}")), "{said}");
    let read = first.iter().find(|epoch| epoch.inputs[&Family::Payments].offset > offset).unwrap();
    assert!(named >= read.epoch, "epoch {named} differs, but only epoch {} read it", read.epoch);
    assert!(printed.contains(&format!("task 0: epochs 1 to {} ", named - 1)), "those before are equal: {printed}");
    for task in [1, 2] {
        assert!(printed.contains(&format!("task {task}: epochs 1 to {} ", journal[&task].len())), "{task}: {printed}");
    }
    let digest = |side: &str| -> Digest {
        let line = printed.lines().find_map(|line| line.trim().strip_prefix(&format!("digest of its changes {side}:")));
        line.unwrap().trim().parse().unwrap()
    };
    assert_eq!(digest("in the journal"), first.iter().find(|epoch| epoch.epoch == named).unwrap().digest);
    assert_ne!(digest("in the journal"), digest("decided now"));
    let differ = printed.split_once("changes that differ").unwrap().1;
    assert!(differ.contains(&format!("    {customer} ")), "{customer} is named: {printed}");
    assert!(differ.contains(": told ") && differ.contains(", now "), "both sides of a field: {printed}");
    let suspects = differ.lines().find_map(|line| line.trim().strip_prefix(&format!("{copy} [0] at ")));
    let mut suspects = suspects.unwrap().split([',', ' ']);
    assert!(suspects.any(|suspect| suspect == offset.to_string()), "{offset} is among those to look at: {printed}");

    // The customer as shown then is not the one that was decided, and the output says so.
    let last = first.last().unwrap().w.to_string();
    let (shown, said) = ends_with(3, &mut audit(&forged, &["--customer", &customer, "--at", &last]));
    assert!(shown.contains(&format!("CAUTION: from epoch {named} on the journal says otherwise")), "{shown}");
    assert!(said.contains(&format!("task 0 differs from its journal at epoch {named}")), "{said}");
    customer
}

struct Known<'a> {
    service: &'a Service<'a>,
    config: &'a Path,
    customer: &'a str,
}

impl Known<'_> {
    /// The head, the portrait, and the changes.
    fn at(&self, at: &str) -> [String; 3] {
        let shown = run(&mut audit(self.config, &["--customer", self.customer, "--at", at]));
        println!("{shown}");
        let (head, rest) = shown.split_once("\n\n").unwrap();
        let (portrait, changes) = rest.split_once("\nchanges decided\n").unwrap();
        [head, portrait, changes].map(str::to_owned)
    }

    /// After the first half an audit shows what `fold` makes of it, by the version then in force; before it, nothing.
    fn at_first(&self, journal: &[JournalRecord], events: &Path, segmentation: &Path) {
        let last = journal.last().unwrap();
        let [head, portrait, changes] = self.at(&last.w.to_string());
        assert!(
            head.contains(&format!("after epoch {} of task 0, whose cycle began at {}", last.epoch, last.w)),
            "{head}"
        );
        assert!(head.contains(&format!(" version 1 of hash {}", last.segmentation_hash)), "{head}");
        assert!(head.contains("every epoch decided again up to here is what the journal says"), "{head}");
        let partitions = format!("--partitions={PARTITIONS}");
        let mut fold = segflow();
        fold.args(["fold", &partitions, "--explain", self.customer, "--segmentation"]).arg(segmentation).arg(events);
        assert_eq!(portrait, run(&mut fold));
        self.told_by(&changes, &last.w.to_string(), journal);
        assert!(!changes.contains(", version 2"), "{changes}");

        let early = journal[0].w.plus_ms(-1).to_string();
        let (_, said) = ends_with(1, &mut audit(self.config, &["--customer", self.customer, "--at", &early]));
        assert!(said.contains(&format!("had decided nothing: its first cycle began at {}", journal[0].w)), "{said}");
        let nobody = (0..).map(|number| format!("nobody-{number}"));
        let mut nobody = nobody.filter(|id| partition_of(id.as_bytes(), PARTITIONS, Partitioner::Murmur2) == 0);
        let arguments = ["--customer", &nobody.next().unwrap(), "--at", &last.w.to_string()];
        let (_, said) = ends_with(1, &mut audit(self.config, &arguments));
        assert!(said.contains("had read nothing of them by epoch"), "{said}");
    }

    /// At the end it shows what the store has, by the version that followed.
    fn at_last(&self, journal: &[JournalRecord], present: &Path) {
        let last = journal.last().unwrap();
        let [head, portrait, changes] = self.at(&last.w.to_string());
        assert!(head.contains(&format!(" version 2 of hash {}", last.segmentation_hash)), "{head}");
        let mut inspect = segflow();
        inspect.args(["inspect", "--segmentation"]).arg(present);
        assert_eq!(portrait, run(inspect.arg("--store").arg(self.service.state_dir(0)).arg(self.customer)));
        self.told_by(&changes, &last.w.to_string(), journal);
        assert!(changes.contains(", version 1") && changes.contains(", version 2"), "{changes}");
    }

    /// The changes shown are those that were written in the epochs up to here, in that order.
    fn told_by(&self, changes: &str, at: &str, journal: &[JournalRecord]) {
        let upto: u64 = journal.iter().map(|epoch| epoch.counts.changes).sum();
        let records = Broker::shared().read_committed(&self.service.topic("changes"));
        let written = records.iter().filter(|record| record.partition == 0).take(usize::try_from(upto).unwrap());
        let written = written.map(|record| serde_json::from_slice::<Value>(record.value.as_ref().unwrap()).unwrap());
        let mine = written.filter(|change| change["customer_id"] == self.customer);
        let expected = mine.map(|change| {
            // A dimension that the second version drops closes.
            let word = |field: &str| change[field].as_str().unwrap_or("no segment any more").to_owned();
            let [dimension, to, at] = ["dimension", "to", "effective_at"].map(word);
            let moved =
                change["from"].as_str().map_or(format!("{to}, as the first,"), |from| format!("{from} -> {to}"));
            format!("{dimension}: {moved} from {at} on")
        });
        let shown = changes.lines().filter_map(|line| Some(line.trim().split_once(", by ")?.0.to_owned()));
        assert_eq!(shown.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "by {at}");
    }
}

/// The first offset that each partition of a topic still holds.
fn earliest(broker: &Broker, topic: &str) -> Vec<u64> {
    let told = broker.tool("get-offsets", &["--topic", topic, "--time", "-2"]);
    told.lines().filter_map(|line| line.rsplit(':').next()?.trim().parse().ok()).collect()
}

fn generate(config: &Path, seed: u32, events: u64) {
    let mut load = segflow();
    load.args(["generate", "--customers=300", &format!("--events={events}"), &format!("--seed={seed}")]);
    run(load.arg("--config").arg(config).stderr(Stdio::null()));
}

/// A service with a journal that has been trimmed, and three snapshots, between the first two of which payments were read.
fn trimmed<'b>(broker: &'b Broker, place: &Path) -> (Service<'b>, PathBuf) {
    let segmentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/segmentations/demo.yaml");
    let settings = format!(
        "clock.idle = \"record-time\"\nsnapshots.url = \"file://{}\"\nsnapshots.interval = \"1s\"\nsnapshots.keep = 3\n\
         commit.max_records = 100\n",
        place.display()
    );
    let mut service = Service::new(broker, "audited-later", 1, &segmentation, &settings);
    let config = service.config(0);
    for seed in 1.. {
        service.start(0);
        generate(&config, seed, 1_000);
        let journal = service.topic("journal");
        service.wait_until("the journal is trimmed", |_| {
            // Something new has to happen for there to be another snapshot.
            generate(&config, seed, 400);
            earliest(broker, &journal).iter().all(|offset| *offset > 0)
        });
        service.stop();
        let held = snapshots(place, &service.journal()[&0]);
        if held.len() == 3 && read(&held[0]) < read(&held[1]) {
            break;
        }
        assert!(seed < 20, "no payments between two snapshots: {held:?}");
    }
    (service, config)
}

/// The records of the epochs that have a snapshot, the oldest first.
fn snapshots(place: &Path, journal: &[JournalRecord]) -> Vec<JournalRecord> {
    let manifests = fs::read_dir(place.join("audited-later/task-0/manifests")).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let epochs: Vec<u64> = manifests.map(|entry| name(entry).split('-').next().unwrap().parse().unwrap()).collect();
    journal.iter().filter(|record| epochs.contains(&record.epoch)).cloned().collect()
}

/// How far an epoch had read the payments.
fn read(epoch: &JournalRecord) -> u64 {
    epoch.inputs[&Family::Payments].offset
}

fn begins(with: &JournalRecord) -> String {
    format!("begins after epoch {} (cycle of {}), with its snapshot", with.epoch, with.w)
}

#[test]
fn an_audit_of_a_trimmed_journal_begins_with_a_snapshot_or_names_one() {
    let broker = Broker::shared();
    let place = tempfile::tempdir().unwrap();
    let (service, config) = trimmed(broker, place.path());
    let journal = &service.journal()[&0];
    let held = snapshots(place.path(), journal);
    let (first, last, oldest) = (journal[0].epoch, journal.last().unwrap(), &held[0]);
    let after = |epoch: &JournalRecord| journal.iter().filter(|record| record.epoch > epoch.epoch).count();
    let printed = run(&mut audit(&config, &[]));
    println!("{printed}");
    assert!(printed.contains(&begins(oldest)), "{}: {printed}", begins(oldest));
    assert!(printed.contains(&format!("its journal begins with epoch {first}")), "{printed}");
    assert!(printed.contains(&format!("equal: {} epochs of 1 tasks", after(oldest))), "{printed}");

    let w = oldest.w.to_string();
    let (_, said) = ends_with(1, &mut audit(&config, &["--from", &w]));
    let refused = format!("--from: expected an instant after {w}, when the cycle of epoch {} of task 0", oldest.epoch);
    assert!(said.contains(&refused), "{said}");
    let customer = "--customer=C-000001";
    let before = oldest.w.plus_ms(-1).to_string();
    let (_, said) = ends_with(1, &mut audit(&config, &[customer, "--at", &before]));
    assert!(said.contains(&format!("--at: expected {w} or later")), "{said}");
    let shown = run(&mut audit(&config, &[customer, "--at", &last.w.to_string()]));
    assert!(shown.contains(&begins(oldest)), "{shown}");
    assert!(shown.contains(&format!("changes decided after epoch {}", oldest.epoch)), "{shown}");

    // An input that was trimmed as well, beyond what the oldest snapshot has read.
    let payments = service.topic(Family::Payments.name());
    let file = place.path().join("trim.json");
    let trim = |offset: u64| {
        let partition = serde_json::json!({"topic": payments, "partition": 0, "offset": offset});
        fs::write(&file, serde_json::json!({"version": 1, "partitions": [partition]}).to_string()).unwrap();
        broker.tool("delete-records", &["--offset-json-file", file.to_str().unwrap()]);
    };
    trim(read(oldest) + 1);
    let printed = run(&mut audit(&config, &[]));
    println!("{printed}");
    assert!(printed.contains(&format!("{payments} begins at offset {}", read(oldest) + 1)), "{printed}");
    assert!(printed.contains(&begins(&held[1])), "{}: {printed}", begins(&held[1]));
    assert!(printed.contains(&format!("equal: {} epochs of 1 tasks", after(&held[1]))), "{printed}");

    fs::remove_dir_all(place.path().join("audited-later")).unwrap();
    let (_, said) = ends_with(1, &mut audit(&config, &[]));
    println!("{said}");
    let needed = format!(
        "so it has to begin with a snapshot of epoch {} or later, by which {payments} was read up to offset {} or beyond",
        first - 1,
        read(oldest) + 1
    );
    assert!(said.contains(&needed) && said.contains("there is none in file://"), "{needed}: {said}");
}
