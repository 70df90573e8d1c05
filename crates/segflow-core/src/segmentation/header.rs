//! What the rules of a file are checked against: all that stands before `dimensions`.

use super::attributes::Attributes;
use crate::feature::context::Parameters;
use crate::money::Currency;

/// The sound head of a file.
pub(super) struct Header<'a> {
    pub(super) attributes: &'a Attributes,
    /// None if the file declares no debt types: then any word is one.
    pub(super) debt_types: Option<&'a [String]>,
    pub(super) currency: &'a Currency,
    pub(super) parameters: &'a Parameters,
}
