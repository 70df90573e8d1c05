//! `[currency]`: what becomes of records of another currency than the segmentation's.

use segflow_wire::OtherCurrency;
use serde::Deserialize;

/// What becomes of records of another currency.
#[derive(Clone, PartialEq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Currency {
    pub other: OtherCurrency,
}
