//! The shipped segmentations read of a profile what this portfolio says in one.

use std::collections::BTreeSet;

use segflow_core::event::Body;

use super::portfolio;

const SHIPPED: [(&str, &str); 4] = [
    ("demo", include_str!("../../../../deploy/segmentations/demo.yaml")),
    ("consumer-collections", include_str!("../../../../deploy/segmentations/consumer-collections.yaml")),
    ("b2b-credit-control", include_str!("../../../../deploy/segmentations/b2b-credit-control.yaml")),
    ("utilities-contact-centre", include_str!("../../../../deploy/segmentations/utilities-contact-centre.yaml")),
];

/// The names under the key `attributes` of a file.
fn attributes(file: &'static str) -> impl Iterator<Item = &'static str> {
    let block = file.lines().skip_while(|line| *line != "attributes:").skip(1);
    let entries = block.take_while(|line| line.starts_with(' ')).map(str::trim).filter(|line| !line.starts_with('#'));
    entries.filter_map(|line| line.split(':').next())
}

#[test]
fn every_attribute_that_a_shipped_segmentation_reads_occurs() {
    let mut known = BTreeSet::new();
    for event in portfolio(3_000, 730).events() {
        if let Body::Updated { attributes } = event.body {
            known.extend(attributes.into_keys());
        }
    }
    for (name, file) in SHIPPED {
        assert!(attributes(file).count() >= 4, "{name}");
        for attribute in attributes(file) {
            assert!(known.contains(attribute), "{name}: {attribute} is in no event");
        }
    }
}
