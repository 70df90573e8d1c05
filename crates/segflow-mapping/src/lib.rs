//! Mappings: a foreign record becomes zero or more of Segflow's events, or is rejected with a reason.
//!
//! A mapping is a file: YAML, with expressions that have the syntax of rules. It is checked when it is loaded, against the
//! catalogue of events; its text is hashed as a segmentation's is. Applying it is a pure function of the record, so that
//! the same record always becomes the same events. This crate does no input or output, keeps nothing, and has no floating
//! point. What it makes goes through the intake of `segflow-wire` as what producers write does: there is one way in.
//!
//! ```
//! use segflow_core::money::Currency;
//! use segflow_core::time::Timestamp;
//! use segflow_mapping::{ForeignRecord, Mapping};
//! use segflow_wire::{Encoding, Headers, Intake, Partitioner};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mapping = Mapping::load("crm.yaml", "
//! mapping: crm
//! events:
//!   - to: payments.RECEIVED
//!     event_id: joined(\"receipt-\", id)
//!     customer_id: debtor.no
//!     occurred_at: seconds(booked)
//!     payment_id: id
//!     currency: upper(currency)
//!     amount_minor: money(amount)
//! otherwise: dead-letter
//! ")?;
//! let record = ForeignRecord {
//!     topic: "crm.receipts",
//!     partition: 0,
//!     offset: 7,
//!     timestamp: Timestamp(1_777_800_000_000),
//!     key: None,
//!     value: Some(br#"{"id": 15, "debtor": {"no": "C-1"}, "booked": 1777799999, "amount": "12.50", "currency": "gbp"}"#),
//!     headers: &Headers::new(),
//! };
//! let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, Currency::new("GBP").expect("a currency"));
//! let accepted = mapping.accept(&record, &intake, record.timestamp)?;
//! assert_eq!(accepted[0].customer_id.as_str(), "C-1");
//! assert_eq!(accepted[0].event_id, "receipt-15");
//!
//! let lacking = ForeignRecord { value: Some(br#"{"id": 15}"#), ..record };
//! assert_eq!(
//!     mapping.map(&lacking).expect_err("no debtor").to_string(),
//!     "missing_field: payments.RECEIVED, customer_id: expected a value, found none: debtor.no"
//! );
//! # Ok(())
//! # }
//! ```

mod apply;
pub mod decimal;
mod eval;
mod event;
mod function;
mod load;
mod mapping;
mod node;
mod presence;
mod record;
pub mod target;
pub mod tree;
mod unwrap;
pub mod value;

pub use event::MappedEvent;
pub use function::function_names;
pub use mapping::{Mapped, Mapping, Skipped};
pub use record::ForeignRecord;
