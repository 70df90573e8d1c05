//! What a rule may refer to.

use std::collections::BTreeSet;

use crate::feature::context::{AttributeDeclaration, Parameters};
use crate::money::Currency;
use crate::rule::SlotIndex;
use crate::segmentation::Slot;
use crate::value_type::ValueType;

/// What a rule may refer to, and the slots that rules have used so far.
pub(crate) struct Scope<'a> {
    pub(crate) attributes: &'a [AttributeDeclaration],
    /// The attributes whose values may appear in no reason.
    pub(crate) sensitive: &'a BTreeSet<String>,
    /// The protected characteristics that the segmentation lists.
    pub(crate) protected: &'a BTreeSet<String>,
    /// The debt types that the file declares; none if it declares none.
    pub(crate) debt_types: Option<&'a [String]>,
    pub(crate) currency: &'a Currency,
    pub(crate) parameters: &'a Parameters,
    /// Every dimension of the file.
    pub(crate) dimensions: &'a [Outline],
    /// The place of the dimension that the rule belongs to.
    pub(crate) dimension: usize,
    pub(crate) slots: &'a mut Slots,
}

/// The names of a dimension.
pub(crate) struct Outline {
    pub(crate) name: String,
    /// In file order, `otherwise` included.
    pub(crate) segments: Vec<String>,
}

/// The features that rules read, and their types, in the same order.
#[derive(Default)]
pub(crate) struct Slots {
    pub(crate) slots: Vec<Slot>,
    pub(super) kinds: Vec<ValueType>,
}

impl Scope<'_> {
    /// The type of a feature that rules read.
    pub(super) fn kind(&self, slot: SlotIndex) -> ValueType {
        self.slots.kinds[slot]
    }
}
