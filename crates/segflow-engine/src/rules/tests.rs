//! When an epoch activates something, and whom it then takes over.

use segflow_core::clock::Clock;
use segflow_core::digest::Digest;
use segflow_core::journal::Counts;
use segflow_core::time::Timestamp;

use super::*;

fn record(hash: &str, engine_version: &str, former: &[&str], to: Option<&str>) -> JournalRecord {
    JournalRecord {
        epoch: 1,
        inputs: Default::default(),
        clock: Clock::default(),
        w: Timestamp(0),
        first_started: Timestamp(0),
        segmentation_hash: hash.to_owned(),
        former: former.iter().map(|hash| (*hash).to_owned()).collect(),
        resegmented_to: to.and_then(CustomerId::new),
        intake_hash: String::new(),
        engine_version: engine_version.to_owned(),
        counts: Counts::default(),
        digest_form: 1,
        digest: Digest::default(),
    }
}

fn check(last: &JournalRecord, hash: &str, engine: &str, expected: (&[&str], Option<&str>, Option<Activation>)) {
    let found = InForce::of(Some(last), hash, engine);
    let to = found.resegmented_to.as_ref().map(CustomerId::as_str);
    assert_eq!((&found.former.iter().map(String::as_str).collect::<Vec<_>>()[..], to, found.activates), expected);
}

#[test]
fn another_hash_or_another_engine_is_an_activation() {
    use Activation::{Engine, Segmentation};
    let still = record("h", "e", &[], None);
    check(&still, "h", "e", (&[], None, None));
    check(&still, "i", "e", (&["h"], None, Some(Segmentation)));
    check(&still, "h", "f", (&["h"], None, Some(Engine)));
    check(&still, "i", "f", (&["h"], None, Some(Segmentation)));
    let amid = record("h", "e", &["g"], Some("c5"));
    check(&amid, "h", "e", (&["g"], Some("c5"), None));
    check(&amid, "h", "f", (&["g", "h"], None, Some(Engine)));
    let again = record("h", "e", &["g", "h"], Some("c5"));
    check(&again, "h", "e", (&["g", "h"], Some("c5"), None));
    check(&again, "h", "f", (&["g", "h"], None, Some(Engine)));
    check(&again, "i", "e", (&["g", "h"], None, Some(Segmentation)));
    assert_eq!(InForce::of(None, "h", "e").activates, None);
}

/// The record of an epoch says whether it activated an engine, so that one that did not is decided again as it was.
#[test]
fn what_is_live_is_found_again_in_the_record() {
    let last = record("h", "e", &[], None);
    let live = InForce::of(Some(&last), "h", "f");
    assert_eq!(live.migration(5).unwrap().until, Until::Reached(Reached::Nobody));
    let activation = record("h", "f", &["h"], None);
    assert_eq!(InForce::of_record(Some(&last), &activation), live);
    assert_eq!(live.migration_of(&activation), live.migration(5));

    let next = InForce::of(Some(&activation), "h", "f");
    assert_eq!(next.migration(5).unwrap(), Migration { after: None, until: Until::Customers(5) });
    let ended = record("h", "f", &[], None);
    assert_eq!(InForce::of_record(Some(&activation), &ended), next);
    assert_eq!(next.migration_of(&ended).unwrap().until, Until::Reached(Reached::End));

    let without = record("h", "f", &[], None);
    let replayed = InForce::of_record(Some(&last), &without);
    assert_eq!((replayed.activates, replayed.migration_of(&without)), (None, None));
}
