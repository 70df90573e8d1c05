//! `docs/features.md`, "Contacts": events that share an id are one contact.

use std::collections::BTreeMap;

use segflow_core::event::{Body, Channel, Direction, Outcome};
use segflow_core::fact::Fact;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Timestamp};

use super::Value;
use super::world::World;

/// A contact: all the events that share its id.
#[derive(Clone, Debug)]
pub struct Contact<'a> {
    /// The place of its first event among the facts that count.
    pub order: usize,
    /// When it began.
    pub at: Timestamp,
    /// The local day of `at`.
    pub date: Date,
    /// From us or from them, at first.
    pub direction: Direction,
    /// The means, at first.
    pub channel: Channel,
    /// The furthest.
    pub outcome: Outcome,
    /// Its events, in order.
    pub events: Vec<&'a Fact>,
}

/// A sign of life.
#[derive(Clone, Copy, Debug)]
pub struct Engagement {
    /// Its place among the facts that count.
    pub order: usize,
    /// When.
    pub at: Timestamp,
}

/// Contacts in order of their first events.
pub fn contacts<'a>(segmentation: &Segmentation, facts: &[&'a Fact]) -> Vec<Contact<'a>> {
    let mut contacts: BTreeMap<&str, Contact<'a>> = BTreeMap::new();
    for (order, fact) in facts.iter().enumerate() {
        let Body::Contact { contact_id, direction, channel, outcome, .. } = &fact.body else {
            continue;
        };
        let contact = contacts.entry(contact_id).or_insert_with(|| Contact {
            order,
            at: fact.occurred_at,
            date: segmentation.zone.date_of(fact.occurred_at),
            direction: *direction,
            channel: *channel,
            outcome: *outcome,
            events: Vec::new(),
        });
        contact.outcome = contact.outcome.max(*outcome);
        contact.events.push(fact);
    }
    let mut contacts: Vec<Contact<'_>> = contacts.into_values().collect();
    contacts.sort_by_key(|contact| contact.order);
    contacts
}

/// Each event that is an engagement, in order: a person's.
pub fn engagements(segmentation: &Segmentation, facts: &[&Fact]) -> Vec<Engagement> {
    let least = i64::from(segmentation.parameters.click_min_seconds) * 1_000;
    let is_engagement = |fact: &Fact| match &fact.body {
        Body::Contact { machine: true, .. } => false,
        Body::Contact { contact_id, outcome: Outcome::Clicked, .. } => {
            let others = || facts.iter().filter(|other| other.body.subject() == Some(contact_id));
            let contact = || others().filter(|other| matches!(other.body, Body::Contact { .. }));
            let is_delivery = |other: &&&Fact| matches!(other.body, Body::Contact { outcome: Outcome::Delivered, .. });
            let first = contact().next().filter(|first| !std::ptr::eq(**first, fact));
            let delivery = contact().find(is_delivery).or(first);
            delivery.is_none_or(|delivery| fact.occurred_at.0 >= delivery.occurred_at.0 + least)
        }
        Body::Contact { direction: Direction::Inbound, .. } => true,
        Body::Contact { outcome, .. } => matches!(outcome, Outcome::Replied | Outcome::RightParty),
        _ => false,
    };
    let numbered = facts.iter().enumerate().filter(|(_, fact)| is_engagement(fact));
    numbered.map(|(order, fact)| Engagement { order, at: fact.occurred_at }).collect()
}

impl Contact<'_> {
    /// Whether it is from us, on the channel if one is given.
    pub fn is_outbound(&self, channel: Option<Channel>) -> bool {
        self.direction == Direction::Outbound && channel.is_none_or(|channel| self.channel == channel)
    }

    /// When the right party was spoken to.
    fn talks(&self) -> impl Iterator<Item = Timestamp> {
        let is_talk = |fact: &&&Fact| matches!(fact.body, Body::Contact { outcome: Outcome::RightParty, .. });
        self.events.iter().filter(is_talk).map(|fact| fact.occurred_at)
    }
}

/// The share of outbound calls and visits that began in a window that have a `RIGHT_PARTY` event.
pub fn right_party_ratio(world: &World<'_>, inside: impl Fn(Timestamp) -> bool) -> Option<Value> {
    let in_person = |contact: &&Contact<'_>| matches!(contact.channel, Channel::Call | Channel::Visit);
    let outbound = world.contacts.iter().filter(|contact| contact.is_outbound(None) && inside(contact.at));
    let tried: Vec<_> = outbound.filter(in_person).collect();
    let reached = tried.iter().filter(|contact| contact.talks().next().is_some()).count();
    (!tried.is_empty()).then_some(Value::Ratio(reached as i128, tried.len() as i128))
}

/// Whether a channel leads anywhere.
pub fn reachable(world: &World<'_>, channel: Channel) -> Option<Value> {
    let told = |contact: &&Contact<'_>| contact.channel == channel && contact.outcome != Outcome::Attempted;
    let contacts: Vec<_> = world.contacts.iter().filter(told).collect();
    let last = contacts.last()?;
    let is_wrong = last.is_outbound(None) && last.outcome == Outcome::WrongParty;
    let missed = |contact: &&&Contact<'_>| {
        contact.is_outbound(None) && matches!(contact.outcome, Outcome::Bounced | Outcome::NotConnected)
    };
    let is_dead = contacts.iter().rev().take(3).filter(missed).count() == 3;
    Some(Value::Bool(!is_wrong && !is_dead))
}

const ANSWER_MS: i64 = 48 * 3_600_000;

/// Per outbound contact on the channel that began in a window: after how many milliseconds it was answered, if it was.
/// Those still waiting are left out.
fn responses(
    world: &World<'_>,
    inside: impl Fn(Timestamp) -> bool,
    channel: Channel,
    at: Timestamp,
) -> Vec<Option<i64>> {
    let answers = || {
        let engaged = world.engagements.iter().map(|engagement| engagement.at);
        engaged.chain(world.payments.iter().map(|payment| payment.at))
    };
    let asked = world.contacts.iter().filter(|contact| contact.is_outbound(Some(channel)) && inside(contact.at));
    let answered = |contact: &Contact<'_>| {
        let delays = answers().map(|answer| answer.0 - contact.at.0);
        delays.filter(|delay| (0..=ANSWER_MS).contains(delay)).min()
    };
    let responses = asked.map(|contact| (at.0 - contact.at.0, answered(contact)));
    responses.filter(|(age, answered)| answered.is_some() || *age >= ANSWER_MS).map(|(_, answered)| answered).collect()
}

/// The share of contacts that were answered.
pub fn response_ratio(
    world: &World<'_>,
    inside: impl Fn(Timestamp) -> bool,
    channel: Channel,
    at: Timestamp,
) -> Option<Value> {
    let responses = responses(world, inside, channel, at);
    let answered = responses.iter().flatten().count();
    (responses.len() >= 3).then_some(Value::Ratio(answered as i128, responses.len() as i128))
}

/// The median of whole hours to an answer.
pub fn response_hours(
    world: &World<'_>,
    inside: impl Fn(Timestamp) -> bool,
    channel: Channel,
    at: Timestamp,
) -> Option<Value> {
    let responses = responses(world, inside, channel, at);
    let hours: Vec<i64> = responses.iter().flatten().map(|ms| ms / 3_600_000).collect();
    (responses.len() >= 3).then(|| super::median(hours))?.map(Value::Int)
}

/// Days since a sign of life or money, once three contacts have brought neither.
pub fn silent_days(world: &World<'_>, today: Date) -> Option<Value> {
    let engaged = world.engagements.last().map(|engagement| engagement.at);
    let paid = world.payments.last().map(|payment| payment.at);
    let answer = engaged.max(paid);
    let outbound = || world.contacts.iter().filter(|contact| contact.is_outbound(None));
    let tried = outbound().filter(|contact| answer.is_none_or(|answer| contact.at > answer)).count();
    let since = match answer {
        Some(at) => world.date(at),
        None => outbound().next()?.date,
    };
    (tried >= 3).then(|| Value::Int(today.days_since(since)))
}

/// How many calls may still be made on a day.
pub fn call_headroom(world: &World<'_>, today: Date) -> i64 {
    let lately = |date: Date| today.plus_days(-6) <= date && date <= today;
    let calls = || world.contacts.iter().filter(|contact| contact.channel == Channel::Call);
    let mut talks = calls().flat_map(Contact::talks);
    if talks.any(|talk| lately(world.date(talk))) {
        return 0;
    }
    let made = calls().filter(|call| call.is_outbound(None) && call.outcome != Outcome::NotConnected);
    let made = made.filter(|call| lately(call.date)).count();
    (i64::from(world.segmentation.parameters.call_limit) - made as i64).max(0)
}

/// The midnight from which on a call may be made, if none may be made now.
pub fn call_allowed_from(world: &World<'_>, today: Date) -> Option<Timestamp> {
    // Seven days on, nothing that was done counts any more.
    let next = (0..=7).map(|days| today.plus_days(days)).find(|day| call_headroom(world, *day) > 0)?;
    (next > today).then(|| world.segmentation.zone.midnight(next))
}
