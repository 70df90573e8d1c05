//! What a segmentation reads, for people.

use super::{AttributeKind, Segmentation};
use crate::feature::catalogue::CUSTOMER_SINCE;
use crate::feature::{Feature, Window};

/// A segmentation in short.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary<'a> {
    /// Every dimension with its segments, `otherwise` last.
    pub dimensions: Vec<(&'a str, Vec<&'a str>)>,
    /// In canonical spelling, in the order of first use.
    pub features: Vec<&'a str>,
    /// Attributes that some rule reads, with their types, in the order of first use.
    pub attributes: Vec<(&'a str, &'static str)>,
    /// In days; none if no feature has a window.
    pub longest_window_days: Option<i32>,
}

impl Segmentation {
    /// This segmentation in short.
    #[must_use]
    pub fn summary(&self) -> Summary<'_> {
        let mut attributes = Vec::new();
        for index in self.features.iter().filter_map(|slot| self.attribute(&slot.feature)) {
            let declaration = &self.attributes[index];
            let attribute = (declaration.name.as_str(), declaration.kind.word());
            if !attributes.contains(&attribute) {
                attributes.push(attribute);
            }
        }
        Summary {
            dimensions: self
                .dimensions
                .iter()
                .map(|dimension| {
                    let segments = dimension.segments.iter().map(|segment| segment.name.as_str());
                    (dimension.name.as_str(), segments.collect())
                })
                .collect(),
            features: self.features.iter().map(|slot| slot.text.as_str()).collect(),
            attributes,
            longest_window_days: self.features.iter().filter_map(|slot| window(&slot.feature)).map(|w| w.days).max(),
        }
    }

    /// The attribute that a feature reads, by its place.
    fn attribute(&self, feature: &Feature) -> Option<usize> {
        match feature {
            Feature::Profile(index) | Feature::DaysSince(index) | Feature::DaysUntil(index) => Some(*index),
            Feature::CustomerDays | Feature::FirstPaymentDefault => self
                .attributes
                .iter()
                .position(|attribute| attribute.name == CUSTOMER_SINCE && attribute.kind == AttributeKind::Date),
            _ => None,
        }
    }
}

fn window(feature: &Feature) -> Option<Window> {
    match feature {
        Feature::InvoicesCount(window)
        | Feature::InvoicesSum(window)
        | Feature::Episodes(window)
        | Feature::Roll(window)
        | Feature::SelfCureRatio(window, _)
        | Feature::PaymentsCount(window)
        | Feature::PaymentsSum(window)
        | Feature::PaymentsReversed(window)
        | Feature::PaymentsFailed(window, _)
        | Feature::PayRatio(window)
        | Feature::PromisesKept(window)
        | Feature::PromisesBroken(window)
        | Feature::PromisesKeptRatio(window)
        | Feature::Contacts(_, window, _)
        | Feature::RightPartyRatio(window)
        | Feature::ResponseRatio(window, _)
        | Feature::ResponseHours(window, _)
        | Feature::DisputeRatio(window)
        | Feature::DisputesRejected(window) => Some(*window),
        _ => None,
    }
}
