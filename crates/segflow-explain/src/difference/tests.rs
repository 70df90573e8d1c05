//! The text of an epoch that differs, for each kind of difference.

use expect_test::{Expect, expect};
use segflow_core::clock::Clock;
use segflow_core::event::Family;

use super::*;
use crate::testing::{Known, invoice};

/// The journal of an epoch that read one invoice, and the same epoch decided again from `due` on.
struct Epoch {
    then: Known,
    now: Known,
    topics: Topics,
    before: BTreeMap<Family, Position>,
    journal: JournalRecord,
    counts: Counts,
    greatest: BTreeMap<Family, Option<Timestamp>>,
    rejected: Vec<(Family, u64, Rejection)>,
}

impl Epoch {
    fn new(due_then: &str, due_now: &str) -> Self {
        let known = |due| Known::new(&[invoice("I-1", 12_000, due)], "2026-04-10T00:00:00Z");
        let (then, now) = (known(due_then), known(due_now));
        let greatest = "2026-02-01T09:00:00Z".parse().ok();
        let position = Position { offset: 9, greatest };
        let counts = Counts { read: 2, folded: 2, changes: 2, ..Counts::default() };
        let journal = JournalRecord {
            epoch: 41,
            inputs: BTreeMap::from([(Family::Invoices, position)]),
            clock: Clock::default(),
            w: "2026-04-10T00:00:05Z".parse().unwrap(),
            first_started: Timestamp::BEGINNING,
            segmentation_hash: then.segmentation.hash.clone(),
            former: Vec::new(),
            resegmented_to: None,
            intake_hash: String::new(),
            engine_version: ENGINE_VERSION.to_owned(),
            counts,
            digest_form: digest::PRESENT.number,
            digest: digest(&then.changes),
        };
        Self {
            then,
            now,
            topics: Topics { inputs: BTreeMap::new(), changes: "collections.segment-changes".to_owned() },
            before: BTreeMap::from([(Family::Invoices, Position { offset: 7, greatest: None })]),
            journal,
            counts,
            greatest: BTreeMap::from([(Family::Invoices, greatest)]),
            rejected: Vec::new(),
        }
    }

    /// The text, without hashes and digests, which another release may change.
    fn check(&self, told: Option<&[Change]>, expected: Expect) {
        let difference = EpochDifference {
            task: 3,
            topics: &self.topics,
            segmentation: &self.now.segmentation,
            before: &self.before,
            journal: &self.journal,
            told,
            now: DecidedNow {
                counts: &self.counts,
                digest: digest(&self.now.changes),
                changes: &self.now.changes,
                greatest: &self.greatest,
                rejected: &self.rejected,
            },
        };
        let text = difference.text(&BTreeMap::from([(Family::Invoices, (0..40).collect())]));
        let text = text
            .replace(&self.now.segmentation.hash, "HASH")
            .replace(&digest(&self.then.changes).to_string(), "THEN")
            .replace(&digest(&self.now.changes).to_string(), "NOW")
            .replace(ENGINE_VERSION, "RELEASE");
        expected.assert_eq(&text);
    }

    /// The changes as subscribers were told them.
    fn told(&self) -> Vec<Change> {
        let envelope = Envelope {
            actionable: true,
            decided_at: self.journal.w,
            lag_ms: 5,
            engine_version: ENGINE_VERSION.to_owned(),
            topic: None,
            partition: None,
            offset: None,
        };
        self.then
            .changes
            .iter()
            .map(|change| Change { core: change.core.clone(), envelope: envelope.clone() })
            .collect()
    }
}

fn digest(changes: &[Decided]) -> Digest {
    Digest::of(digest::PRESENT, changes.iter().map(|change| &change.core))
}

#[test]
fn each_field_that_differs_is_shown_and_the_records_that_may_be_its_cause() {
    let epoch = Epoch::new("2026-03-04", "2026-03-06");
    epoch.check(Some(&epoch.told()), expect![[r#"
        task 3: epoch 41 differs
          its cycle began at 2026-04-10T00:00:05.000Z, by s version 1 of hash HASH, release RELEASE
          it read invoices [7, 9)
                           journal       now
          read                   2         2
          folded                 2         2
          duplicates             0         0
          forgotten              0         0
          ignored                0         0
          conflicts              0         0
          late                   0         0
          dead letters           0         0
          changes                2         2
          digest of its changes in the journal: THEN
          digest of its changes decided now:    NOW
          changes that differ, 2 of 2:
            C-000217 stage: current, as the first, from 2026-02-01T09:00:00.000Z on, by FACT I-1, change 1, version 1
              next_if_silent: told {"segment":"mid","at":"2026-04-02T23:00:00.000Z"}, now {"segment":"mid","at":"2026-04-04T23:00:00.000Z"}
              forecast_until: told 2026-04-02T23:00:00.000Z, now 2026-04-04T23:00:00.000Z
              next_due_date: told 2026-03-04, now 2026-03-06
            C-000217 stage: current -> mid from 2026-04-02T23:00:00.000Z on, by TIME, change 2, version 1
              effective_at: told 2026-04-02T23:00:00.000Z, now 2026-04-04T23:00:00.000Z
              next_if_silent: told {"segment":"late","at":"2026-05-02T23:00:00.000Z"}, now {"segment":"late","at":"2026-05-04T23:00:00.000Z"}
              forecast_until: told 2026-05-02T23:00:00.000Z, now 2026-05-04T23:00:00.000Z
              oldest_due_date: told 2026-03-04, now 2026-03-06
          records of C-000217 up to here, of which one or more are not what they were, unless the journal or the release is not:
            invoices [3] at 10 before, then 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39
          what is known of them now: segflow audit --customer C-000217 --at 2026-04-10T00:00:05.000Z
    "#]]);
}

#[test]
fn changes_that_their_topic_has_lost_are_shown_as_they_are_decided_now() {
    Epoch::new("2026-03-04", "2026-03-06").check(
        None,
        expect![[r#"
            task 3: epoch 41 differs
              its cycle began at 2026-04-10T00:00:05.000Z, by s version 1 of hash HASH, release RELEASE
              it read invoices [7, 9)
                               journal       now
              read                   2         2
              folded                 2         2
              duplicates             0         0
              forgotten              0         0
              ignored                0         0
              conflicts              0         0
              late                   0         0
              dead letters           0         0
              changes                2         2
              digest of its changes in the journal: THEN
              digest of its changes decided now:    NOW
              collections.segment-changes does not hold the changes of that digest any more; decided now:
                C-000217 stage: current, as the first, from 2026-02-01T09:00:00.000Z on, by FACT I-1, change 1, version 1
                C-000217 stage: current -> mid from 2026-04-04T23:00:00.000Z on, by TIME, change 2, version 1
        "#]],
    );
}

#[test]
fn a_change_of_one_side_alone_says_which() {
    let mut epoch = Epoch::new("2026-03-04", "2026-03-04");
    let mut told = epoch.told();
    told.remove(0);
    epoch.now.changes.pop();
    epoch.check(Some(&told), expect![[r#"
        task 3: epoch 41 differs
          its cycle began at 2026-04-10T00:00:05.000Z, by s version 1 of hash HASH, release RELEASE
          it read invoices [7, 9)
                           journal       now
          read                   2         2
          folded                 2         2
          duplicates             0         0
          forgotten              0         0
          ignored                0         0
          conflicts              0         0
          late                   0         0
          dead letters           0         0
          changes                2         2
          digest of its changes in the journal: THEN
          digest of its changes decided now:    NOW
          changes that differ, 2 of 2:
            C-000217 stage: current, as the first, from 2026-02-01T09:00:00.000Z on, by FACT I-1, change 1, version 1: not told then, decided now
            C-000217 stage: current -> mid from 2026-04-02T23:00:00.000Z on, by TIME, change 2, version 1: told then, not decided now
          records of C-000217 up to here, of which one or more are not what they were, unless the journal or the release is not:
            invoices [3] at 10 before, then 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39
          what is known of them now: segflow audit --customer C-000217 --at 2026-04-10T00:00:05.000Z
    "#]]);
}

#[test]
fn records_and_timestamps_that_differ_are_shown_though_the_same_was_decided() {
    let mut epoch = Epoch::new("2026-03-04", "2026-03-04");
    epoch.journal.engine_version = "0.0.1".to_owned();
    epoch.before = epoch.journal.inputs.clone();
    epoch.greatest.insert(Family::Invoices, None);
    epoch.counts.dead_letters = 25;
    epoch.rejected = (0..25).map(|offset| (Family::Payments, offset, Rejection::customer_full(1_024))).collect();
    epoch.check(
        None,
        expect![[r#"
            task 3: epoch 41 differs
              its cycle began at 2026-04-10T00:00:05.000Z, by s version 1 of hash HASH, release 0.0.1
              this is release RELEASE: audit with the release that decided, too
              it read nothing: time passed
                               journal       now
              read                   2         2
              folded                 2         2
              duplicates             0         0
              forgotten              0         0
              ignored                0         0
              conflicts              0         0
              late                   0         0
              dead letters           0        25  differs
              changes                2         2
              greatest timestamp of invoices in the journal: 2026-02-01T09:00:00.000Z, now: none
              records that are refused now:
                payments at 0: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 1: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 2: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 3: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 4: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 5: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 6: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 7: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 8: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 9: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 10: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 11: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 12: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 13: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 14: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 15: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 16: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 17: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 18: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                payments at 19: customer_full: customer: expected at most 1024 bytes of facts, found more with this one
                and 5 more
              digest of its changes in the journal: THEN
              digest of its changes decided now:    THEN
              the same was decided, but of other records
        "#]],
    );
}
