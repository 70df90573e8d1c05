//! What a segmentation reads, for people.

use super::Segmentation;
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
        let attribute = |feature: &Feature| match feature {
            Feature::Profile(index) => {
                let declaration = &self.attributes[*index];
                Some((declaration.name.as_str(), declaration.kind.word()))
            }
            _ => None,
        };
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
            attributes: self.features.iter().filter_map(|slot| attribute(&slot.feature)).collect(),
            longest_window_days: self.features.iter().filter_map(|slot| window(&slot.feature)).map(|w| w.days).max(),
        }
    }
}

fn window(feature: &Feature) -> Option<Window> {
    match feature {
        Feature::PaymentsCount(window)
        | Feature::PaymentsSum(window)
        | Feature::PromisesKept(window)
        | Feature::PromisesBroken(window)
        | Feature::PromisesKeptRatio(window)
        | Feature::Contacts(_, window, _) => Some(*window),
        _ => None,
    }
}
