//! Contacts. Events that share a contact id are one contact, dated by its first event, with its furthest outcome.

use crate::event::{Channel, Direction, Families, Family, Outcome};
use crate::feature::reading::{Moment, Reading, count, lower_median};
use crate::feature::window::{Calendar, Window, inside, leaves};
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// The families of events from which contacts are indexed.
pub const CONTACTS: Families = Families::of(&[Family::Contacts]);

/// A contact.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The place of its first event among the facts given.
    pub fact: u32,
    /// When its first event happened.
    pub at: Timestamp,
    pub(super) date: Date,
    /// Whether we contacted the customer, or the customer us.
    pub direction: Direction,
    /// The means of the contact.
    pub channel: Channel,
    pub(super) outcome: Outcome,
    /// When it was first told to be delivered.
    pub(super) delivered_at: Option<Timestamp>,
    /// When the right party was last spoken to.
    pub(super) talked_at: Option<Timestamp>,
}

/// Every contact, and every engagement of the customer.
#[derive(Clone, Default, Debug)]
pub struct Contacts {
    /// In the order of their first events.
    pub list: Vec<Contact>,
    /// When the customer engaged, ascending.
    pub(super) engagements: Vec<Timestamp>,
    /// The place of the last engagement's event among the facts given.
    pub(super) engaged: Option<u32>,
}

/// Fewer outbound contacts without an answer than these are no silence.
const SILENT_AFTER: usize = 3;
/// A channel is not reachable after so many contacts in a row that reached nobody.
const UNREACHED: usize = 3;
/// A share of answers needs at least so many contacts of a channel.
const RESPONSES: usize = 3;
/// An answer belongs to a contact if it comes within so many milliseconds.
const ANSWER_MS: i64 = 48 * 3_600_000;
const HOUR_MS: i64 = 3_600_000;
/// The days in which calls are limited, the present one included; 12 CFR 1006.14(b)(2).
const CALL_WINDOW: Window = Window::Calendar(Calendar::Days(7));

impl Contacts {
    /// The place of the last engagement's event among the facts given.
    #[must_use]
    pub const fn last_engaged(&self) -> Option<u32> {
        self.engaged
    }

    /// `contacts.outbound(w)` and `contacts.inbound(w)`, on one channel if it is named.
    #[must_use]
    pub fn counted(
        &self,
        direction: Direction,
        window: Window,
        channel: Option<Channel>,
        moment: Moment<'_>,
    ) -> Timed<i64> {
        let wanted = |contact: &&Contact| {
            contact.direction == direction && channel.is_none_or(|channel| channel == contact.channel)
        };
        let found = self.within(window, wanted, moment);
        Timed::until(count(found.value.len()), found.until)
    }

    /// The contacts of a kind within a window, and when the oldest of them leaves it.
    fn within(&self, window: Window, wanted: impl Fn(&&Contact) -> bool, moment: Moment<'_>) -> Timed<Vec<&Contact>> {
        let recent = inside(&self.list, |contact| contact.at, window, moment).value;
        let found: Vec<&Contact> = recent.iter().filter(wanted).collect();
        let oldest = found.first().map(|contact| contact.at);
        Timed::until(found, leaves(oldest, window, moment))
    }

    /// Whether there was an outbound contact within `[from, to)`, on one channel if it is named.
    #[must_use]
    pub fn any_outbound(&self, channel: Option<Channel>, from: Timestamp, to: Timestamp) -> bool {
        self.list.iter().any(|contact| {
            contact.direction == Direction::Outbound
                && channel.is_none_or(|channel| channel == contact.channel)
                && (from..to).contains(&contact.at)
        })
    }

    /// `contacts.right_party_ratio(w)`
    #[must_use]
    pub fn right_party_ratio(&self, window: Window, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let by_voice = |contact: &&Contact| {
            contact.direction == Direction::Outbound && matches!(contact.channel, Channel::Call | Channel::Visit)
        };
        let attempts = self.within(window, by_voice, moment);
        let talks = attempts.value.iter().filter(|contact| contact.talked_at.is_some()).count();
        let ratio = Reading::Ratio(count(talks), count(attempts.value.len()));
        Timed::until(if attempts.value.is_empty() { Reading::Absent } else { ratio }, attempts.until)
    }

    /// `contacts.reachable(channel)`
    #[must_use]
    pub fn reachable(&self, channel: Channel) -> Reading<'static> {
        let mut tries = self.list.iter().rev().filter(|contact| contact.tells_of(channel));
        let reaches_nobody = |contact: &Contact| {
            contact.direction == Direction::Outbound
                && matches!(contact.outcome, Outcome::Bounced | Outcome::NotConnected)
        };
        let Some(last) = tries.next() else { return Reading::Absent };
        let wrong = last.direction == Direction::Outbound && last.outcome == Outcome::WrongParty;
        let mut before = tries.take(UNREACHED - 1);
        let unreached = reaches_nobody(last) && (1..UNREACHED).all(|_| before.next().is_some_and(reaches_nobody));
        Reading::Bool(!wrong && !unreached)
    }

    /// Hours to the answer of each outbound contact of a channel; none where no answer came. A contact that may still be
    /// answered is left out.
    fn responses(
        &self,
        window: Window,
        channel: Channel,
        payments: &[Timestamp],
        moment: Moment<'_>,
    ) -> Timed<Vec<Option<i64>>> {
        let wanted = |contact: &&Contact| contact.direction == Direction::Outbound && contact.channel == channel;
        let asked = self.within(window, wanted, moment);
        let mut until = asked.until;
        let mut responses = Vec::new();
        for contact in asked.value {
            let limit = contact.at.plus_ms(ANSWER_MS);
            let first = |signs: &[Timestamp]| signs.get(signs.partition_point(|sign| *sign < contact.at)).copied();
            let answer = [first(&self.engagements), first(payments)].into_iter().flatten().min();
            match answer.filter(|answer| *answer <= limit) {
                Some(answer) => responses.push(Some(answer.since_ms(contact.at) / HOUR_MS)),
                None if moment.at < limit => until = until.min(limit),
                None => responses.push(None),
            }
        }
        Timed::until(responses, until)
    }

    /// `response_ratio(w, channel)`
    #[must_use]
    pub fn response_ratio(
        &self,
        window: Window,
        channel: Channel,
        payments: &[Timestamp],
        moment: Moment<'_>,
    ) -> Timed<Reading<'static>> {
        let responses = self.responses(window, channel, payments, moment);
        let answered = responses.value.iter().flatten().count();
        let ratio = Reading::Ratio(count(answered), count(responses.value.len()));
        Timed::until(if responses.value.len() < RESPONSES { Reading::Absent } else { ratio }, responses.until)
    }

    /// `response_hours(w, channel)`
    #[must_use]
    pub fn response_hours(
        &self,
        window: Window,
        channel: Channel,
        payments: &[Timestamp],
        moment: Moment<'_>,
    ) -> Timed<Reading<'static>> {
        let responses = self.responses(window, channel, payments, moment);
        let mut hours: Vec<i64> = responses.value.iter().flatten().copied().collect();
        hours.sort_unstable();
        let median = lower_median(&hours).filter(|_| responses.value.len() >= RESPONSES);
        Timed::until(median.map_or(Reading::Absent, Reading::Int), responses.until)
    }

    /// `silent.days`: since the last engagement or payment, else since the first outbound contact; absent under 3
    /// outbound contacts since.
    #[must_use]
    pub fn silent_days(&self, last_payment: Option<Timestamp>, zone: &Zone) -> Reading<'static> {
        let last = self.engagements.last().copied().max(last_payment);
        let mut since = self
            .list
            .iter()
            .filter(|contact| contact.direction == Direction::Outbound && last.is_none_or(|last| contact.at > last));
        let first = since.clone().next().map(|contact| contact.date);
        let reference = last.map(|last| zone.date_of(last)).or(first);
        let silent = reference.filter(|_| since.nth(SILENT_AFTER - 1).is_some());
        silent.map_or(Reading::Absent, Reading::Since)
    }

    /// `call_headroom`: stricter than 12 CFR 1006.14(b)(2), since it counts over all debts.
    #[must_use]
    pub fn call_headroom(&self, limit: u32, moment: Moment<'_>) -> Timed<i64> {
        let is_call = |contact: &&Contact| {
            contact.channel == Channel::Call
                && contact.direction == Direction::Outbound
                && contact.outcome != Outcome::NotConnected
        };
        let calls = self.within(CALL_WINDOW, is_call, moment);
        let talks = self.list.iter().filter(|contact| contact.channel == Channel::Call);
        let talked = talks.filter_map(|contact| contact.talked_at).max();
        let released = leaves(talked, CALL_WINDOW, moment);
        if talked.is_some() && moment.at < released {
            return Timed::until(0, released);
        }
        Timed::until((i64::from(limit) - count(calls.value.len())).max(0), calls.until)
    }

    /// When the next call may be made, if no call is made until then; none if a call may be made now.
    #[must_use]
    pub fn call_allowed_from(&self, limit: u32, moment: Moment<'_>) -> Option<Timestamp> {
        let mut headroom = self.call_headroom(limit, moment);
        if headroom.value > 0 {
            return None;
        }
        while headroom.until != Timestamp::NEVER {
            let at = headroom.until;
            headroom = self.call_headroom(limit, Moment::new(at, moment.zone));
            if headroom.value > 0 {
                return Some(at);
            }
        }
        None
    }
}

impl Contact {
    /// Whether it tells if a channel reaches the customer.
    #[must_use]
    pub fn tells_of(&self, channel: Channel) -> bool {
        self.channel == channel && self.outcome != Outcome::Attempted
    }
}
