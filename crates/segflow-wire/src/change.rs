//! The segment-change event: one flat object of the core's fields, then the envelope's.

mod fields;

use segflow_core::change::{Change, Core, Envelope};

use crate::encoding::{Encoding, Malformed};
use crate::schema;
use fields::Fields;

/// The value of a change's record. The record's key is the customer's id.
///
/// ```
/// use segflow_core::change::{Cause, Change, Core, Envelope, Safety, change_id};
/// use segflow_core::event::CustomerId;
/// use segflow_core::time::Timestamp;
/// use segflow_wire::{Encoding, change};
///
/// let customer_id = CustomerId::new("C-1").expect("1 to 128 bytes");
/// let safety = Safety {
///     currency: "GBP".to_owned(),
///     balance_minor: 125_000,
///     overdue_amount_minor: 25_000,
///     overdue_days: 30,
///     disputed_amount_minor: None,
///     oldest_overdue_invoice_id: None,
///     oldest_due_date: None,
///     next_due_date: None,
///     next_due_amount_minor: None,
///     open_promise: None,
///     expected_pay_date: None,
///     call_headroom: None,
///     call_allowed_from: None,
/// };
/// let core = Core {
///     change_id: change_id(&customer_id, "stage", 1),
///     seq: 1,
///     customer_id,
///     dimension: "stage".to_owned(),
///     from: None,
///     to: Some("mid".to_owned()),
///     effective_at: Timestamp(1_777_800_000_000),
///     entered_previous_at: None,
///     cause: Cause::Time,
///     event_id: None,
///     reasons: Vec::new(),
///     segmentation: "consumer-collections".to_owned(),
///     segmentation_version: 3,
///     segmentation_hash: "ab".repeat(32),
///     next_if_silent: None,
///     forecast_until: Timestamp(1_812_360_000_000),
///     memberships: vec![("stage".to_owned(), "mid".to_owned())],
///     safety,
///     treatment: Default::default(),
///     treatment_from: Default::default(),
/// };
/// let envelope = Envelope {
///     actionable: true,
///     decided_at: Timestamp(1_777_800_000_104),
///     lag_ms: 104,
///     engine_version: "0.1.0".to_owned(),
///     topic: None,
///     partition: None,
///     offset: None,
/// };
/// let bytes = change::encode_parts(&core, &envelope, Encoding::Avro);
/// assert_eq!(change::decode(&bytes, Encoding::Avro), Ok(Change { core, envelope }));
/// ```
#[must_use]
pub fn encode_parts(core: &Core, envelope: &Envelope, encoding: Encoding) -> Vec<u8> {
    encoding.encode(&Fields::of(core, envelope, encoding), &schema::SEGMENT_CHANGES)
}

/// [`encode_parts`] of a change.
#[must_use]
pub fn encode(change: &Change, encoding: Encoding) -> Vec<u8> {
    encode_parts(&change.core, &change.envelope, encoding)
}

/// Reads a change back.
///
/// # Errors
/// If the bytes are no change. The error says what was expected and what was found.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<Change, Malformed> {
    encoding.decode::<Fields<'_>>(bytes, &schema::SEGMENT_CHANGES)?.change()
}

#[cfg(test)]
mod tests;
