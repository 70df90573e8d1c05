//! Features of how the ledger stood earlier: delinquency episodes, rolls between buckets, the fate of the first invoice.

use super::fact_index::LEDGER;
use super::fact_index::attributes::PROFILES;
use super::fact_index::contacts::CONTACTS;
use super::reading::{Moment, Reading, int};
use super::row::{CustomerSince, Reads, features};
use super::view::View;
use super::window::{Calendar, Window};
use crate::event::{Channel, Families};
use crate::timed::Timed;

/// The ledger, and the contacts within an episode.
const LEDGER_AND_CONTACTS: Families = LEDGER.and(CONTACTS);
/// The ledger, compared with the customer's own beginning.
const LEDGER_SINCE: Reads = Reads { families: LEDGER.and(PROFILES), customer_since: CustomerSince::Compared };

features! {
    /// A feature of how the ledger stood earlier.
    HistoryFeature

    /// How many delinquency episodes began in the window.
    Episodes(window: Window) = "episodes", Begun, Int, Reads::of(LEDGER);
    /// Days since the present episode began.
    EpisodeDays = "episode.days", Plain, Int, Reads::of(LEDGER);
    /// Days since the last cure.
    CuredDays = "cured.days", Plain, Int, Reads::of(LEDGER);
    /// The bucket of days past due now, less the one a window ago.
    Roll(window: Calendar) = "roll", Rolled, Int, Reads::of(LEDGER);
    /// The share of episodes cured in the window without an outbound contact, on one channel if it is named.
    SelfCureRatio(window: Window, channel: Option<Channel>) =
        "self_cure_ratio", Cured, Ratio, Reads::of(LEDGER_AND_CONTACTS);
    /// Whether the first invoice was unpaid 30 days after it fell due.
    FirstPaymentDefault = "first_payment_default", Plain, Bool, LEDGER_SINCE;
}

impl HistoryFeature {
    /// Its value at a moment, and until when that stands.
    #[must_use]
    pub fn read(&self, view: &View<'_>, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let history = || view.history();
        match self {
            Self::Episodes(window) => int(history().count(*window, moment)),
            Self::EpisodeDays => history().days(moment),
            Self::CuredDays => Timed::always(history().cured_days(view.zone())),
            Self::Roll(window) => history().roll(*window, moment),
            Self::SelfCureRatio(window, channel) => {
                history().self_cure_ratio(*window, *channel, view.contacts(), moment)
            }
            Self::FirstPaymentDefault => first_payment_default(view, moment),
        }
    }
}

/// Absent where history is not complete: of an older customer the first invoice known is not the first.
fn first_payment_default(view: &View<'_>, moment: Moment<'_>) -> Timed<Reading<'static>> {
    match (view.parameters().history_since, view.customer_since()) {
        (Some(complete), Some(customer)) if customer >= complete => {
            view.history().first_payment_default(moment).map(Reading::Bool)
        }
        _ => Timed::always(Reading::Absent),
    }
}
