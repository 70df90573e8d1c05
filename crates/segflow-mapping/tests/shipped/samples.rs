//! The shipped mappings, and the samples of each.

use std::fs;
use std::path::{Path, PathBuf};

use segflow_core::money::Currency;
use segflow_mapping::Mapping;
use segflow_wire::envelope::{self, Line};
use segflow_wire::{Encoding, Intake, Partitioner};

/// A mapping with its samples.
pub struct Sample {
    pub name: &'static str,
    pub folder: PathBuf,
    pub mapping: Mapping,
    pub lines: Vec<Line>,
    currency: &'static str,
    needed: &'static [(&'static str, &'static str)],
}

/// Each mapping, its currency, and what the first records need: where it stands in the value, and how the message names it.
type Shipped = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const SHIPPED: [Shipped; 5] = [
    (
        "camt054",
        "EUR",
        &[("/BkToCstmrDbtCdtNtfctn/Ntfctn/Ntry/NtryDtls/TxDtls/Amt/#text", "transaction.Amt[\"#text\"]")],
    ),
    ("debezium-loans", "GBP", &[("/after/amount_due", "amount_due")]),
    ("erp-invoices", "EUR", &[("/items/1/KUNNR", "item.KUNNR"), ("/items/1/BUDAT", "item.BUDAT")]),
    ("gocardless", "GBP", &[("/events/0/action", "item.action"), ("/events/0/links/payment", "item.links.payment")]),
    ("stripe", "GBP", &[("/data/object/customer", "data.object.customer"), ("/type", "type ==")]),
];

impl Sample {
    /// The intake of an application in the sample's currency.
    pub fn intake(&self) -> Intake {
        let currency = Currency::new(self.currency).unwrap();
        Intake::uniform(Encoding::Json, Partitioner::Murmur2, 12, currency)
    }

    /// What the first records need.
    pub fn needed(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.needed.iter().copied()
    }
}

pub fn samples() -> Vec<Sample> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shipped = SHIPPED.map(|(name, currency, needed)| {
        let file = format!("deploy/mappings/{name}.yaml");
        let mapping =
            Mapping::load(&file, fs::read(root.join(&file)).unwrap()).unwrap_or_else(|error| panic!("{error}"));
        let folder = root.join("tests/mappings").join(name);
        let records = fs::read_to_string(folder.join("records.ndjson")).unwrap();
        let lines = records.lines().map(|line| envelope::parse(line.as_bytes()).unwrap()).collect();
        Sample { name, folder, mapping, lines, currency, needed }
    });
    shipped.into()
}
