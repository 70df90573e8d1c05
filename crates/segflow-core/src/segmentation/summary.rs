//! A segmentation in short, for people.

use super::Segmentation;
use crate::feature::Feature;
use crate::feature::row::CustomerSince;
use crate::feature::window::Window;

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
        let windows = self.features.iter().filter_map(|slot| slot.feature.references().window);
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
            longest_window_days: windows.map(Window::most_days).max(),
        }
    }

    /// The place of the attribute that a feature reads, named or not.
    fn attribute(&self, feature: &Feature) -> Option<usize> {
        if let Some(named) = feature.references().attribute {
            return Some(named.0);
        }
        match feature.reads().customer_since {
            CustomerSince::NotRead => None,
            CustomerSince::Compared | CustomerSince::Told => {
                self.attributes.iter().position(|attribute| attribute.is_customer_since())
            }
        }
    }
}
