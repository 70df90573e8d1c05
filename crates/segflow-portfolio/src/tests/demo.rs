//! The demo's segmentation and this portfolio are made for each other.

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::advance::advance;
use segflow_core::customer::{Customer, fold};
use segflow_core::event::{Body, CustomerId};
use segflow_core::segmentation::{Loaded, Segmentation};
use segflow_core::time::Timestamp;

use super::portfolio;
use crate::{CURRENCY, ZONE};

fn loaded() -> Loaded {
    let file = include_bytes!("../../../../deploy/segmentations/demo.yaml");
    Segmentation::load("demo.yaml", file).expect("the demo's segmentation is valid")
}

#[test]
fn the_demo_s_segmentation_is_made_for_this_portfolio() {
    let loaded = loaded();
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.segmentation.currency.code, CURRENCY);
    assert_eq!(loaded.segmentation.zone.name(), ZONE);
    let mut known = BTreeSet::new();
    for event in portfolio(200, 10).events() {
        if let Body::Updated { attributes } = event.body {
            known.extend(attributes.into_keys());
        }
    }
    for attribute in loaded.segmentation.attributes {
        assert!(known.contains(&attribute.name), "{attribute:?} is in no event");
    }
}

/// How often each segment was entered in 120 days.
fn entries(customers: u32) -> BTreeMap<String, usize> {
    let segmentation = loaded().segmentation;
    let mut entries = BTreeMap::new();
    for dimension in &segmentation.dimensions {
        for segment in &dimension.segments {
            entries.insert(format!("{} {}", dimension.name, segment.name), 0);
        }
    }
    let mut states: BTreeMap<CustomerId, Customer> = BTreeMap::new();
    for event in portfolio(customers, 120).events() {
        let (customer, at) = (event.customer_id.clone(), event.recorded_at);
        let state = states.entry(customer.clone()).or_default();
        fold(state, event, 0, Timestamp::BEGINNING, &segmentation);
        for change in advance(state, &customer, &segmentation, at.plus_ms(1)) {
            let name = format!("{} {}", change.core.dimension, change.core.to.expect("nobody is erased"));
            *entries.get_mut(&name).expect("a segment of the file") += 1;
        }
    }
    entries
}

#[test]
fn every_segment_of_the_demo_is_entered() {
    for (name, entries) in entries(1_000) {
        assert!(entries > 0, "nobody ever is in {name}");
    }
}
