//! An audit of what a real service decided on a real broker: equal; with one byte of an input changed in a copy, the
//! difference is found and named; and one customer as of an instant.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use segflow_core::digest::Digest;
use segflow_core::event::Family;
use segflow_tests::binary::segflow;
use segflow_tests::broker::{Broker, Record};
use segflow_tests::service::{Service, run};

const PARTITIONS: u32 = 3;
const RECORD_TIME: &str = "clock.idle = \"record-time\"\ninputs.contacts.clock = \"gate\"\ncommit.max_records = 200\n";

fn segmentation() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/segmentations/demo.yaml")
}

fn audit(config: &Path, more: &[&str]) -> Command {
    let mut command = segflow();
    command.args(["audit", "--config"]).arg(config).args(more);
    command
}

/// What a call that fails has printed and said.
fn refused(command: &mut Command) -> (String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (printed, said) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(1), "{printed}{said}");
    (printed, said)
}

/// Copies a topic, but for one digit of the amount of one payment in partition 0. Returns its offset and customer.
fn forge(broker: &Broker, from: &str, to: &str) -> (u64, String) {
    const AMOUNT: &[u8] = b"\"amount_minor\":";
    broker.create_topic(to, i32::try_from(PARTITIONS).unwrap(), &[]);
    let mut records = broker.read_committed(from);
    records.iter_mut().for_each(|record| record.topic = to.to_owned());
    let place = |record: &Record| record.value.as_ref()?.windows(AMOUNT.len()).position(|window| window == AMOUNT);
    let mut payments: Vec<&mut Record> =
        records.iter_mut().filter(|record| record.partition == 0 && place(record).is_some()).collect();
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
fn what_was_decided_is_decided_again_and_a_changed_byte_is_found() {
    let broker = Broker::shared();
    let mut service = Service::new(broker, "audited", PARTITIONS, &segmentation(), RECORD_TIME);
    let config = service.config(0);
    let file = service.dir().join("events.ndjson");
    let what = ["generate", "--customers=150", "--days=60"];
    run(segflow().args(what).arg("--out").arg(&file));
    run(segflow().args(what).arg("--config").arg(&config));
    let events = fs::read_to_string(&file).unwrap().lines().count() as u64;
    service.start(0);
    let journal = service.wait_until_finished(events);
    service.stop();
    let (mut digest, mut epochs) = (Digest::default(), 0);
    for epoch in service.journal().values().flatten() {
        digest.merge(epoch.digest);
        epochs += 1;
    }
    let printed = run(&mut audit(&config, &[]));
    assert!(printed.contains(&format!("{epochs} epochs of {PARTITIONS} tasks")), "{printed}");
    assert!(printed.contains(&format!("digest {digest}")), "{printed}");

    // Only what lies within is compared: as many epochs as the journal has there.
    let first = &journal[&0];
    let (from, to) = (first[1].w, first[first.len() - 1].w);
    let within = first.iter().filter(|epoch| epoch.w >= from && epoch.w < to).count();
    let arguments = ["--task=0", "--from", &from.to_string(), "--to", &to.to_string()];
    let printed = run(&mut audit(&config, &arguments));
    assert!(printed.contains(&format!("{within} epochs of 1 tasks")), "{within}: {printed}");

    let payments = service.topic(Family::Payments.name());
    let copy = format!("{payments}-copy");
    let (offset, customer) = forge(broker, &payments, &copy);
    let text = fs::read_to_string(&config).unwrap();
    let forged = service.dir().join("forged.toml");
    fs::write(&forged, text.replace(&format!("{payments:?}"), &format!("{copy:?}"))).unwrap();
    let (printed, said) = refused(&mut audit(&forged, &[]));
    let read = first.iter().find(|epoch| epoch.inputs[&Family::Payments].offset > offset).unwrap();
    let named = said.split_once("task 0 epoch ").unwrap().1.split(':').next().unwrap();
    let named: u64 = named.parse().unwrap();
    assert!(named >= read.epoch, "epoch {named} differs, but only epoch {} read it", read.epoch);
    assert!(printed.contains(&customer), "{customer} is not named: {printed}");
    let before = first.iter().find(|epoch| epoch.epoch == named).unwrap();
    assert!(printed.contains(&before.digest.to_string()), "the journal's side: {printed}");

    as_of(&service, &config, &customer, &journal[&0]);
}

/// At the end an audit shows what the store has; before the first cycle, nothing.
fn as_of(service: &Service<'_>, config: &Path, customer: &str, journal: &[segflow_core::journal::Record]) {
    let last = journal.last().unwrap();
    let shown = run(&mut audit(config, &["--customer", customer, "--at", &last.w.to_string()]));
    let (of, portrait) = shown.split_once("\n\n").unwrap();
    assert!(of.contains(&format!("epoch {} of task 0", last.epoch)) && of.contains(&last.segmentation_hash), "{of}");
    let mut inspect = segflow();
    inspect.args(["inspect", "--segmentation"]).arg(segmentation());
    let stored = run(inspect.arg("--store").arg(service.state_dir(0)).arg(customer));
    assert_eq!(portrait, stored);
    let early = journal[0].w.plus_ms(-1).to_string();
    let (_, said) = refused(&mut audit(config, &["--customer", customer, "--at", &early]));
    assert!(said.contains("nothing was known"), "{said}");
}
