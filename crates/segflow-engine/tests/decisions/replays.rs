//! Replay: records of several partitions, with no broker.

use std::sync::Arc;

use segflow_core::change::Change;
use segflow_core::event::Event;
use segflow_core::time::Timestamp;
use segflow_engine::replay::Replay;
use segflow_wire::partition_of;

use super::support::{FIRST, as_record, at, id, intake, invoice, load};

const PARTITIONS: u32 = 3;

fn replay() -> Replay {
    Replay::new(load(FIRST), Arc::new(intake(PARTITIONS)))
}

fn record(replay: &mut Replay, event: &Event, offset: u64) -> Vec<Change> {
    let topic = intake(PARTITIONS).topic(event.body.family());
    let partition = partition_of(event.customer_id.as_str().as_bytes(), PARTITIONS, topic.partitioner);
    let outcome = as_record(event, partition, offset, |record| replay.record(record));
    assert_eq!(outcome.rejection, None);
    outcome.changes
}

fn invoices() -> Vec<Event> {
    (0..9).map(|number| invoice(&format!("c{number}"), "i", "2026-03-01T10:00:00Z", "2026-03-01")).collect()
}

#[test]
fn the_order_of_partitions_makes_no_difference() {
    let digest = |events: &[Event]| {
        let mut replay = replay();
        events.iter().enumerate().for_each(|(offset, event)| {
            record(&mut replay, event, offset as u64);
        });
        assert_eq!(replay.settle(at("2026-03-02T00:00:00Z")).len(), 18, "each is current, then early");
        (replay.digest(), replay.counts(), replay.population())
    };
    let (forth, mut back) = (invoices(), invoices());
    back.reverse();
    assert_eq!(digest(&forth), digest(&back));
}

#[test]
fn a_replay_ends_just_past_the_last_record_or_where_it_is_settled() {
    let mut finished = replay();
    assert_eq!(record(&mut finished, &invoices()[0], 0), [], "the instant of the last record is not over");
    let told: Vec<_> = finished.finish().into_iter().map(|change| change.core.effective_at).collect();
    assert_eq!(told, [at("2026-03-01T10:00:00Z")]);
    assert_eq!(finished.finish(), [], "nothing is told twice");
    let told: Vec<_> = finished.settle(at("2026-03-02T00:00:00Z")).into_iter().map(|change| change.core.to).collect();
    assert_eq!(told, [Some("early".to_owned())]);
}

/// A foreign record that is skipped was read all the same: the end of the replay lies behind it.
#[test]
fn a_record_of_nobody_moves_every_clock_unless_it_is_beyond_the_calendar() {
    let mut passed = replay();
    record(&mut passed, &invoices()[0], 0);
    assert_eq!(passed.pass(Timestamp::LATEST.plus_ms(1)), []);
    let told: Vec<_> = passed.pass(at("2026-03-02T00:00:00Z")).into_iter().map(|change| change.core.to).collect();
    assert_eq!(told, [Some("current".to_owned()), Some("early".to_owned())]);
    assert_eq!((passed.finish(), passed.counts().read), (Vec::new(), 1));
}

#[test]
fn a_customer_alone_goes_on_as_in_the_whole() {
    let mut whole = replay();
    for (offset, event) in invoices().iter().enumerate() {
        record(&mut whole, event, offset as u64);
    }
    let mut alone = whole.alone(&id("c4")).unwrap();
    assert!(whole.alone(&id("nobody")).is_none());
    let until = at("2026-05-01T00:00:00Z");
    let mut expected = whole.settle(until);
    expected.retain(|change| change.core.customer_id == id("c4"));
    assert_eq!(alone.settle(until), expected);
    assert!(expected.len() >= 2, "{expected:?}");
}

#[test]
fn a_record_that_cannot_be_used_is_named_and_counted() {
    let mut replay = replay();
    let event = &invoices()[0];
    let topic = intake(PARTITIONS).topic(event.body.family());
    let partition = partition_of(event.customer_id.as_str().as_bytes(), PARTITIONS, topic.partitioner);
    let outcome = as_record(event, (partition + 1) % PARTITIONS, 0, |record| replay.record(record));
    assert_eq!(outcome.rejection.map(|rejection| rejection.reason.word()), Some("wrong_partition"));
    assert_eq!((replay.counts().read, replay.counts().dead_letters), (1, 1));
}
