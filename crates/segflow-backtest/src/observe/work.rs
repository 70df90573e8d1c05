//! Work that the treatments of a segmentation imply: customers who begin to be treated in a way, and customers who are.

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::change::Core;
use segflow_core::segmentation::Segmentation;

use super::sums::{NOBODY, add_up};
use crate::period::Period;

/// The keys of all treatments and the values of each, in order.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Words(pub Vec<(String, Vec<String>)>);

impl Words {
    /// The words that a segmentation can give.
    #[must_use]
    pub fn of(segmentation: &Segmentation) -> Self {
        let mut words: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for segment in segmentation.dimensions.iter().flat_map(|dimension| &dimension.segments) {
            for (key, value) in &segment.treatment {
                words.entry(key).or_default().insert(value);
            }
        }
        let owned =
            |(key, values): (&str, BTreeSet<&str>)| (key.to_owned(), values.into_iter().map(str::to_owned).collect());
        Self(words.into_iter().map(owned).collect())
    }

    fn value(&self, key: usize, core: &Core) -> u16 {
        let (key, values) = &self.0[key];
        let value = core.treatment.get(key);
        let place = value.and_then(|value| values.iter().position(|known| known == value));
        place.and_then(|place| u16::try_from(place).ok()).unwrap_or(NOBODY)
    }
}

/// The counts. Keys and values are numbered as in [`Words`].
#[derive(Clone, Default, Debug)]
pub struct Work {
    /// How many begin to be treated so, by key, value and day.
    pub starts: BTreeMap<(u16, u16, i32), u64>,
    /// How many are treated so when the period begins, by key and value.
    pub initial: BTreeMap<(u16, u16), i64>,
    /// The number by which those treated so grow, by key, value and day.
    pub grown: BTreeMap<(u16, u16, i32), i64>,
    /// How many begin to be treated by a channel with a handler, by channel and handler.
    pub pairs: BTreeMap<(u16, u16), u64>,
}

impl Work {
    /// Counts a change of a customer. `held` is the value of each key by which they were treated before it.
    pub fn change(
        &mut self,
        words: &Words,
        period: &Period,
        segmentation: &Segmentation,
        held: &mut Vec<u16>,
        core: &Core,
    ) {
        held.resize(words.0.len(), NOBODY);
        let mut begun = Vec::new();
        for (key, before) in held.iter_mut().enumerate() {
            let now = words.value(key, core);
            if now == *before {
                continue;
            }
            let key = u16::try_from(key).expect("a segmentation has few words");
            for (value, by) in [(*before, -1), (now, 1)].into_iter().filter(|(value, _)| *value != NOBODY) {
                if period.holds(core.effective_at) {
                    let day = segmentation.zone.date_of(core.effective_at).0;
                    *self.grown.entry((key, value, day)).or_default() += by;
                    if by > 0 {
                        *self.starts.entry((key, value, day)).or_default() += 1;
                        begun.push((key, value));
                    }
                } else {
                    *self.initial.entry((key, value)).or_default() += by;
                }
            }
            *before = now;
        }
        self.pair(words, held, &begun);
    }

    fn pair(&mut self, words: &Words, held: &[u16], begun: &[(u16, u16)]) {
        let place = |name: &str| words.0.iter().position(|(key, _)| key == name);
        let Some(channel) = place("channel") else { return };
        for (_, value) in begun.iter().filter(|(key, _)| usize::from(*key) == channel) {
            let handler = place("handler").map_or(NOBODY, |handler| held[handler]);
            *self.pairs.entry((*value, handler)).or_default() += 1;
        }
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) {
        add_up(&mut self.starts, other.starts);
        add_up(&mut self.initial, other.initial);
        add_up(&mut self.grown, other.grown);
        add_up(&mut self.pairs, other.pairs);
    }
}
