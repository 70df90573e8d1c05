//! Features of disputes.

use super::fact_index::LEDGER;
use super::fact_index::disputes::DISPUTES;
use super::reading::{Moment, Reading, int};
use super::row::{Reads, features};
use super::view::View;
use super::window::Window;
use crate::timed::Timed;

features! {
    /// A feature of disputes.
    DisputesFeature

    /// How many disputes are open.
    Open = "disputes.open", Plain, Int, Reads::of(DISPUTES);
    /// The share of invoices issued in the window that were disputed, without those in which the customer was right.
    Ratio(window: Window) = "dispute_ratio", Windowed, Ratio, Reads::of(LEDGER);
    /// How many disputes were resolved against the customer in the window.
    Rejected(window: Window) = "disputes.rejected", Windowed, Int, Reads::of(DISPUTES);
    /// Days since a dispute was last resolved.
    ResolvedDays = "disputes.resolved_days", Plain, Int, Reads::of(DISPUTES);
}

impl DisputesFeature {
    /// Its value at a moment, and until when that stands.
    #[must_use]
    pub fn read(&self, view: &View<'_>, moment: Moment<'_>) -> Timed<Reading<'static>> {
        match self {
            Self::Open => Timed::always(view.disputes().open()),
            Self::Ratio(window) => view.owed().dispute_ratio(*window, moment),
            Self::Rejected(window) => int(view.disputes().rejected(*window, moment)),
            Self::ResolvedDays => Timed::always(view.disputes().resolved_days()),
        }
    }
}
