//! I5 on a real broker, under the wall clock: no silence is judged while an older record may still be unread.
//!
//! Every scene plays around the last local midnight: the zone is chosen so that it lies within the last two hours. A
//! promise was due on the day that ended then, and the grace is none, so what decides is whether its payment, made
//! before midnight and still unread, is folded first.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;

use segflow_core::event::Family;
use segflow_core::time::{Date, Timestamp, Zone};
use segflow_tests::broker::{Broker, Record};
use segflow_tests::service::Service;
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60_000;
const WALL: &str = "clock.grace = \"0s\"\ncommit.max_records = 100\nkafka.session_timeout = \"6s\"\n";

/// A midnight within the last two hours, and where it was one.
struct Scene {
    midnight: Timestamp,
    /// The day that ended then.
    last_day: Date,
    segmentation: PathBuf,
    _dir: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now_ms = i64::try_from(now.as_millis()).unwrap();
        // The last full hour that is 40 minutes gone at least, so that the whole scene lies within two hours.
        let midnight_ms = (now_ms - 40 * MINUTE_MS) / (60 * MINUTE_MS) * (60 * MINUTE_MS);
        let hour = midnight_ms / (60 * MINUTE_MS) % 24;
        // POSIX counts these zones westwards: GMT+5 is five hours behind.
        let zone = if hour <= 12 { format!("Etc/GMT+{hour}") } else { format!("Etc/GMT-{}", 24 - hour) };
        let dir = tempfile::tempdir().unwrap();
        let segmentation = dir.path().join("promise.yaml");
        let text = format!(
            "name: promise\nversion: 1\ncurrency: EUR\ntimezone: {zone}\n\
             parameters: {{promise_grace_business_days: 0}}\ndimensions:\n  - name: promise\n    segments:\n\
             \x20     - {{name: broken, when: 'promises.broken(\"30d\") > 0'}}\n\
             \x20     - {{name: kept, when: 'promises.kept(\"30d\") > 0'}}\n\
             \x20     - {{name: open, when: promises.open > 0}}\n    otherwise: none\n"
        );
        std::fs::write(&segmentation, text).unwrap();
        let midnight = Timestamp(midnight_ms);
        let zone = Zone::named(&zone).unwrap();
        let today = zone.date_of(midnight);
        assert_eq!(zone.midnight(today), midnight, "the zone's midnight lies where the scene wants it");
        Self { midnight, last_day: today.plus_days(-1), segmentation, _dir: dir }
    }

    fn promise(&self, service: &Service<'_>, customer: &str) -> Record {
        let value = json!({
            "kind": "MADE", "promise_id": "M", "amount_minor": 10_000, "currency": "EUR",
            "due_date": self.last_day.to_string(),
        });
        self.record(service, "promises", customer, "M", -20, value)
    }

    fn payment(&self, service: &Service<'_>, customer: &str, id: &str, minutes: i64) -> Record {
        let value = json!({"kind": "RECEIVED", "payment_id": id, "amount_minor": 10_000, "currency": "EUR"});
        self.record(service, "payments", customer, id, minutes, value)
    }

    fn contact(&self, service: &Service<'_>, customer: &str, id: &str) -> Record {
        let value = json!({"kind": "OUTBOUND", "contact_id": id, "channel": "SMS", "outcome": "DELIVERED"});
        self.record(service, "contacts", customer, id, -15, value)
    }

    /// A record some minutes after midnight, or before it.
    fn record(
        &self,
        service: &Service<'_>,
        family: &str,
        customer: &str,
        id: &str,
        minutes: i64,
        mut value: Value,
    ) -> Record {
        let at = self.midnight.plus_ms(minutes * MINUTE_MS).0;
        value["event_id"] = id.into();
        value["customer_id"] = customer.into();
        value["occurred_at"] = at.into();
        Record::new(&service.topic(family), 0, value.to_string()).key(customer).at(at)
    }
}

#[test]
fn a_promised_payment_in_a_backlog_is_folded_before_the_promise_is_judged() {
    let (broker, scene) = (Broker::shared(), Scene::new());
    let mut service = Service::new(broker, "backlog", 1, &scene.segmentation, WALL);
    let mut records = vec![scene.promise(&service, "paid"), scene.promise(&service, "unpaid")];
    // Five thousand payments of others stand before the one that matters, in batches of a hundred.
    records.extend((0..5_000).map(|n| scene.payment(&service, &format!("other-{}", n % 50), &format!("P{n}"), -10)));
    records.push(scene.payment(&service, "paid", "P", -5));
    broker.produce(&records);
    service.start(0);
    assert_eq!(service.wait_for("paid", "kept"), ["open", "kept"]);
    assert_eq!(service.wait_for("unpaid", "broken"), ["open", "broken"]);
    assert_eq!(service.changes().entered("paid"), ["open", "kept"]);
    service.stop();
}

#[test]
fn a_backlog_of_contacts_does_not_hold_up_a_payment() {
    let (broker, scene) = (Broker::shared(), Scene::new());
    let mut service = Service::new(broker, "contacts", 1, &scene.segmentation, WALL);
    let backlog = 60_000;
    let mut records: Vec<_> =
        (0..backlog).map(|n| scene.contact(&service, &format!("other-{}", n % 50), &format!("K{n}"))).collect();
    records.push(scene.promise(&service, "paid"));
    records.push(scene.payment(&service, "paid", "P", -5));
    broker.produce(&records);
    service.start(0);
    service.wait_for("paid", "kept");
    let read = service.epoch_of("paid", "kept").inputs[&Family::Contacts].offset;
    assert!(read < backlog, "{read} of {backlog} contacts were read before the payment was told");
    service.stop();
}

#[test]
fn an_open_transaction_upstream_holds_the_clock_until_it_is_decided() {
    let (broker, scene) = (Broker::shared(), Scene::new());
    for (application, commits, outcome) in [("committed", true, "kept"), ("aborted", false, "broken")] {
        let mut service = Service::new(broker, application, 1, &scene.segmentation, WALL);
        // A payment of somebody else, ten minutes before midnight, is how far the clock may come.
        broker.produce(&[scene.promise(&service, "paid"), scene.payment(&service, "other", "P0", -10)]);
        let upstream = broker.transactional_producer(application);
        upstream.begin();
        upstream.write(&[scene.payment(&service, "paid", "P", -5)]);
        service.start(0);
        assert_eq!(service.wait_for("paid", "open"), ["open"]);
        // Thirty cycles with the transaction open: midnight is long past, and nothing is judged.
        std::thread::sleep(std::time::Duration::from_secs(3));
        assert_eq!(service.changes().entered("paid"), ["open"]);
        if commits {
            upstream.commit();
        } else {
            upstream.abort();
        }
        assert_eq!(service.wait_for("paid", outcome), ["open", outcome]);
        service.stop();
    }
}
