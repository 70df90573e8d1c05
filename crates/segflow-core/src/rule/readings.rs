//! What was read of each feature, for as long as it stands: from breakpoint to breakpoint and from fact to fact.

use std::cell::Cell;
use std::rc::Rc;

use crate::event::Families;
use crate::feature::reading::Reading;
use crate::segmentation::{Segmentation, Slot};
use crate::time::Instant;
use crate::timed::Timed;

/// A reading, and since when it is known to stand.
type Known<'a> = (Instant, Timed<Reading<'a>>);

/// By slot: what was read last. Evaluations of the same facts share it.
#[derive(Clone, Debug)]
pub(crate) struct Readings<'a>(Rc<[Cell<Option<Known<'a>>>]>);

/// Readings to be remembered beside a state. Texts are not among them: they are borrowed from facts.
///
/// What is pruned, erased or replaced in the facts must be followed by forgetting all of it.
#[derive(Clone, Default, Debug)]
pub(crate) struct Remembered(Box<[Option<Known<'static>>]>);

impl<'a> Readings<'a> {
    /// None yet.
    pub fn none(segmentation: &Segmentation) -> Self {
        Self(segmentation.features.iter().map(|_| Cell::new(None)).collect())
    }

    /// What stands at an instant.
    pub fn get(&self, slot: usize, at: Instant) -> Option<Timed<Reading<'a>>> {
        let (since, reading) = self.0[slot].get()?;
        (since..reading.until).contains(&at).then_some(reading)
    }

    /// Notes what was read at an instant, in place of what was read before.
    pub fn note(&self, slot: usize, at: Instant, reading: Timed<Reading<'a>>) {
        self.0[slot].set(Some((at, reading)));
    }

    /// As they are now, whatever is read later.
    pub fn apart(&self) -> Self {
        Self(self.0.iter().cloned().collect())
    }

    /// For later.
    pub fn remembered(&self) -> Remembered {
        let lasting =
            |(since, reading): Known<'a>| Some((since, Timed::until(reading.value.lasting()?, reading.until)));
        Remembered(self.0.iter().map(|known| known.get().and_then(lasting)).collect())
    }
}

impl Remembered {
    /// To be read from again, where no fact of these families was the same before.
    pub fn but_for<'a>(&self, families: Families, segmentation: &Segmentation) -> Readings<'a> {
        let mut remembered = self.0.iter().copied();
        let stands = |slot: &Slot| remembered.next().flatten().filter(|_| !slot.feature.families().meets(families));
        Readings(segmentation.features.iter().map(stands).map(Cell::new).collect())
    }
}
