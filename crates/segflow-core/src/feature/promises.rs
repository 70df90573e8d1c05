//! Features of promises to pay.

pub use super::fact_index::promises::{End, PROMISES};
use super::reading::{Moment, Reading, int};
use super::row::{Reads, features};
use super::view::View;
use super::window::Window;
use crate::timed::Timed;

features! {
    /// A feature of promises to pay.
    PromisesFeature

    /// How many promises are open.
    Open = "promises.open", Plain, Int, Reads::of(PROMISES);
    /// Days until the due date of the open promise that is due first.
    DueDays = "promises.due_days", Plain, Int, Reads::of(PROMISES);
    /// How many promises were kept in the window.
    Kept(window: Window) = "promises.kept", Windowed, Int, Reads::of(PROMISES);
    /// How many promises were broken in the window.
    Broken(window: Window) = "promises.broken", Windowed, Int, Reads::of(PROMISES);
    /// The share kept of the promises decided in the window.
    KeptRatio(window: Window) = "promises.kept_ratio", Windowed, Ratio, Reads::of(PROMISES);
    /// How many plans have an open instalment.
    PlansOpen = "plans.open", Plain, Int, Reads::of(PROMISES);
    /// How many plans were broken in the window.
    PlansBroken(window: Window) = "plans.broken", Windowed, Int, Reads::of(PROMISES);
    /// How many plans were kept in the window.
    PlansKept(window: Window) = "plans.kept", Windowed, Int, Reads::of(PROMISES);
    /// How many instalments of the latest plan were missed.
    PlansMissed = "plans.missed", Plain, Int, Reads::of(PROMISES);
}

impl PromisesFeature {
    /// Its value at a moment, and until when that stands.
    #[must_use]
    pub fn read(&self, view: &View<'_>, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let promises = view.promises();
        match self {
            Self::Open => promises.open_count(moment.at),
            Self::DueDays => promises.due_days(moment.at),
            Self::Kept(window) => int(promises.kept(*window, moment)),
            Self::Broken(window) => int(promises.broken(*window, moment)),
            Self::KeptRatio(window) => promises.kept_ratio(*window, moment),
            Self::PlansOpen => int(promises.plans_open(moment.at)),
            Self::PlansBroken(window) => int(promises.plans_broken(*window, moment)),
            Self::PlansKept(window) => int(promises.plans_kept(*window, moment)),
            Self::PlansMissed => promises.plans_missed(moment.at),
        }
    }
}
