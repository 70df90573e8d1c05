//! The rules by which an epoch decides, those by which a customer is decided, and those that may follow.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use segflow_core::clock::Clock;
use segflow_core::digest::Digest;
use segflow_core::journal::{Counts, JournalRecord};
use segflow_core::state::State;
use segflow_core::time::Timestamp;
use segflow_engine::migration::{Migration, Reached, Until};
use segflow_engine::rules::{DecidedBy, InForce, Refused, Rules, may_follow};

use super::support::{FIRST, id, load, second};

#[test]
fn only_a_higher_version_of_the_same_name_and_currency_may_follow() {
    let present = second();
    let third = FIRST.replace("version: 1", "version: 3");
    for (offered, expected) in [
        (third.clone(), Ok(())),
        (FIRST.to_owned(), Err(Refused::Version)),
        (FIRST.replace("version: 1", "version: 2"), Err(Refused::Version)),
        (third.replace("name: bench", "name: other"), Err(Refused::Name)),
        (third.replace("currency: EUR", "currency: GBP"), Err(Refused::Currency)),
    ] {
        assert_eq!(may_follow(&load(&offered), &present), expected);
    }
}

#[test]
fn a_customer_is_decided_by_nothing_or_by_the_rules_of_their_version() {
    let rules = Rules { present: second(), former: vec![load(FIRST)] };
    let by = |version: u32| {
        let mut state = State::default();
        state.decision.segmentation = NonZeroU32::new(version);
        match rules.of(&state) {
            DecidedBy::Nothing => "nothing".to_owned(),
            DecidedBy::Present => "present".to_owned(),
            DecidedBy::Former(former) => format!("former {}", former.version),
        }
    };
    assert_eq!([0, 1, 2].map(by), ["nothing", "former 1", "present"]);
}

/// The record of an epoch by the rules of a hash, after which a migration has come up to `resegmented_to`.
fn record(hash: &str, former: &[&str], resegmented_to: Option<&str>) -> JournalRecord {
    JournalRecord {
        epoch: 1,
        inputs: BTreeMap::new(),
        clock: Clock::default(),
        w: Timestamp(0),
        first_started: Timestamp(0),
        segmentation_hash: hash.to_owned(),
        former: former.iter().map(|hash| (*hash).to_owned()).collect(),
        resegmented_to: resegmented_to.map(id),
        intake_hash: String::new(),
        engine_version: String::new(),
        counts: Counts::default(),
        digest_form: 1,
        digest: Digest::default(),
    }
}

#[test]
fn another_hash_activates_and_begins_the_migration_anew() {
    let first = InForce::of(None, "a", "");
    assert_eq!((first.activates.is_some(), first.migration(5)), (false, None));
    let same = InForce::of(Some(&record("a", &[], None)), "a", "");
    assert_eq!((same.activates.is_some(), same.migration(5)), (false, None));
    // Another activation while the migration from `a` to `b` has come up to `c3`.
    let amid = record("b", &["a"], Some("c3"));
    let goes_on = Migration { after: Some(id("c3")), until: Until::Customers(5) };
    assert_eq!(InForce::of(Some(&amid), "b", "").migration(5), Some(goes_on));
    let anew = InForce::of(Some(&amid), "c", "");
    assert_eq!((anew.activates.is_some(), &*anew.former), (true, &["a".to_owned(), "b".to_owned()][..]));
    assert_eq!(anew.migration(5), Some(Migration { after: None, until: Until::Customers(5) }));
}

#[test]
fn a_journalled_migration_ends_where_its_record_says() {
    let amid = InForce::of(Some(&record("b", &["a"], Some("c3"))), "b", "");
    let to = |resegmented_to| amid.migration_of(&record("b", &["a"], resegmented_to)).unwrap();
    assert_eq!(to(Some("c5")).until, Until::Reached(Reached::Customer(id("c5"))));
    assert_eq!(to(None), Migration { after: Some(id("c3")), until: Until::Reached(Reached::End) });
}
