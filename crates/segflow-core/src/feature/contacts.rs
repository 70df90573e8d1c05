//! Features of contacts, of the answers to them, and of how often one may call.

use super::fact_index::contacts::CONTACTS;
use super::fact_index::payments::PAYMENTS;
use super::reading::{Moment, Reading, int};
use super::row::{Reads, features};
use super::view::View;
use super::window::Window;
use crate::event::{Channel, Direction, Families};
use crate::timed::Timed;

/// A payment is an answer too.
const CONTACTS_AND_PAYMENTS: Families = CONTACTS.and(PAYMENTS);

features! {
    /// A feature of contacts.
    ContactsFeature

    /// How many contacts went out in the window, on one channel if it is named.
    Outbound(window: Window, channel: Option<Channel>) = "contacts.outbound", Channelled, Int, Reads::of(CONTACTS);
    /// How many contacts came in in the window, on one channel if it is named.
    Inbound(window: Window, channel: Option<Channel>) = "contacts.inbound", Channelled, Int, Reads::of(CONTACTS);
    /// The share of calls and visits of the window in which the right party was spoken to.
    RightPartyRatio(window: Window) = "contacts.right_party_ratio", Windowed, Ratio, Reads::of(CONTACTS);
    /// Whether a channel reaches the customer.
    Reachable(channel: Channel) = "contacts.reachable", Channel, Bool, Reads::of(CONTACTS);
    /// The share of contacts of the window on a channel that were answered.
    ResponseRatio(window: Window, channel: Channel) =
        "response_ratio", Answered, Ratio, Reads::of(CONTACTS_AND_PAYMENTS);
    /// The median of hours until contacts of the window on a channel were answered.
    ResponseHours(window: Window, channel: Channel) = "response_hours", Answered, Int, Reads::of(CONTACTS_AND_PAYMENTS);
    /// Days since the customer last engaged or paid.
    SilentDays = "silent.days", Plain, Int, Reads::of(CONTACTS_AND_PAYMENTS);
    /// How many calls may still be made today.
    CallHeadroom = "call_headroom", Plain, Int, Reads::of(CONTACTS);
}

impl ContactsFeature {
    /// Its value at a moment, and until when that stands.
    #[must_use]
    pub fn read(&self, view: &View<'_>, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let contacts = view.contacts();
        match self {
            Self::Outbound(window, channel) => int(contacts.counted(Direction::Outbound, *window, *channel, moment)),
            Self::Inbound(window, channel) => int(contacts.counted(Direction::Inbound, *window, *channel, moment)),
            Self::RightPartyRatio(window) => contacts.right_party_ratio(*window, moment),
            Self::Reachable(channel) => Timed::always(contacts.reachable(*channel)),
            Self::ResponseRatio(window, channel) => {
                contacts.response_ratio(*window, *channel, &view.payments().instants(), moment)
            }
            Self::ResponseHours(window, channel) => {
                contacts.response_hours(*window, *channel, &view.payments().instants(), moment)
            }
            Self::SilentDays => {
                let last_payment = view.payments().received.last().map(|payment| payment.at);
                Timed::always(contacts.silent_days(last_payment, view.zone()))
            }
            Self::CallHeadroom => int(contacts.call_headroom(view.parameters().call_limit, moment)),
        }
    }
}
