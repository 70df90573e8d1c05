//! Pruning that nobody can see: facts older than the horizon go, unless a feature could still read them.
//!
//! A fact is judged together with all facts that share its id, such as an invoice and its adjustments. If a payment went to
//! an invoice that goes and to one that stays, the part for the latter stays. `docs/features.md` gives the rules for
//! producers.

use std::collections::{BTreeMap, BTreeSet};

use crate::customer::Customer;
use crate::event::{Body, Channel, Direction, Family};
use crate::fact::Fact;
use crate::feature::fact_index::contacts::Contacts;
use crate::feature::fact_index::habit::REMEMBERED;
use crate::feature::fact_index::history::{Episode, History};
use crate::feature::fact_index::ledger::Ledger;
use crate::feature::fact_index::payments::Receipts;
use crate::feature::fact_index::promises::Promises;
use crate::feature::row::MAX_INVOICES;
use crate::in_effect::in_effect;
use crate::memo::Memo;
use crate::segmentation::Segmentation;
use crate::time::{Date, Timestamp};

/// How many facts must have passed the horizon since the last time before it is worth while again.
const WORTH_WHILE: usize = 16;
/// The most contacts of a channel, or outbound ones, that a feature without a window looks back on.
const CONTACTS_REMEMBERED: usize = 3;

/// Prunes the facts that can no longer matter once everything before `decided` is decided, if it is worth while.
pub(crate) fn prune(customer: &mut Customer, segmentation: &Segmentation, decided: Timestamp) {
    let state = &mut customer.state;
    let Some(first) = state.facts.iter().next() else { return };
    // A year of 366 days per 365 or an hour more or less do not matter: this only saves the calendar.
    let roughly = decided.plus_ms(-i64::from(segmentation.parameters.horizon_days) * 86_400_000 + 86_400_000);
    if first.occurred_at >= roughly {
        return;
    }
    let horizon = segmentation.horizon(decided);
    let old = state.facts.iter().take_while(|fact| fact.occurred_at < horizon).count();
    if old < state.facts.kept() + WORTH_WHILE {
        return;
    }
    let hidden: BTreeSet<(Family, &str)> =
        state.pending.iter().map(|pending| (pending.family, &*pending.event_id)).collect();
    let facts: Vec<&Fact> = state.facts.iter().collect();
    let is_old = |fact: &Fact| fact.occurred_at < horizon && !hidden.contains(&(fact.family(), &*fact.event_id));
    let in_effect = in_effect(&state.facts, &state.pending).facts;
    let plan = Plan::of(&facts, &in_effect, &is_old, segmentation, horizon);
    let kept = facts.iter().filter_map(|fact| plan.left_of(fact)).collect();
    state.facts.prune(kept, horizon);
    customer.memo = Memo::default();
}

/// The facts that stay, and the parts of facts.
struct Plan<'a> {
    /// Things of which every fact is older than the horizon and in effect, by family and id.
    old: BTreeSet<(Family, &'a str)>,
    /// Those of the old things that stay.
    claimed: BTreeSet<(Family, &'a str)>,
    /// The part of each old payment that went to something that stays.
    parts: BTreeMap<&'a str, i64>,
    /// Updates that set the present value of some attribute.
    present: BTreeSet<&'a str>,
    /// Invoices that were issued.
    issued: BTreeSet<&'a str>,
}

impl<'a> Plan<'a> {
    fn of(
        facts: &[&'a Fact],
        in_effect: &[&'a Fact],
        is_old: &impl Fn(&Fact) -> bool,
        segmentation: &Segmentation,
        horizon: Timestamp,
    ) -> Self {
        let recent: BTreeSet<_> = facts.iter().filter(|fact| !is_old(fact)).map(|fact| thing(fact)).collect();
        let old = facts.iter().map(|fact| thing(fact)).filter(|thing| !recent.contains(thing)).collect();
        let (claimed, parts, issued) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        let mut plan = Self { old, claimed, parts, present: present(in_effect), issued };
        let promised = plan.promises(in_effect, segmentation, horizon);
        let money = Money::of(in_effect, segmentation, horizon);
        plan.issued = money.ledger.invoices.iter().map(|invoice| invoice.invoice_id).collect();
        plan.money(&money, promised, segmentation.zone.date_of(horizon));
        plan.disputes(in_effect, &money.ledger);
        plan.contacts(in_effect, &money, segmentation);
        plan
    }

    fn is_old(&self, family: Family, id: &'a str) -> bool {
        self.old.contains(&(family, id))
    }

    /// Claims promises that are undecided at the horizon and those that shared receipts with them; returns since when
    /// receipts matter to them.
    fn promises(&mut self, facts: &[&'a Fact], segmentation: &Segmentation, horizon: Timestamp) -> Timestamp {
        let promises = Promises::of(facts, &segmentation.parameters, &segmentation.zone);
        let made = facts
            .iter()
            .filter_map(|fact| if let Body::Made { promise_id, .. } = &fact.body { Some(&**promise_id) } else { None });
        let ids: BTreeSet<&'a str> = made.collect();
        let mut since = Timestamp::NEVER;
        loop {
            let before = since;
            for promise in &promises.made {
                let id = ids.get(&*promise.promise_id).expect("a promise was made by a fact");
                if promise.decided_at() >= horizon.min(since) || !self.is_old(Family::Promises, id) {
                    self.claimed.insert((Family::Promises, id));
                    since = since.min(promise.made_at);
                }
            }
            if since == before {
                return since;
            }
        }
    }

    /// Claims invoices that a feature could still read, and what is allocated to them.
    fn money(&mut self, money: &Money<'a>, promised: Timestamp, horizon: Date) {
        let ledger = &money.ledger;
        let mut stays: Vec<bool> = ledger
            .invoices
            .iter()
            .map(|invoice| {
                let closed = !invoice.written_off && invoice.closed_at.is_some();
                !closed || invoice.due >= horizon || !self.is_old(Family::Invoices, invoice.invoice_id)
            })
            .collect();
        money.claims.iter().for_each(|place| stays[*place] = true);
        let mut whole: Vec<bool> =
            money.receipts.iter().map(|(id, at)| *at >= promised || !self.is_old(Family::Payments, id)).collect();
        loop {
            let before = (stays.clone(), whole.clone());
            for (place, invoice) in ledger.invoices.iter().enumerate() {
                if invoice.allocations.iter().any(|(payment, _)| whole[*payment]) {
                    stays[place] = true;
                }
            }
            for (payment, invoice_id) in &ledger.detours {
                let touched = |place: usize| {
                    let invoice = &ledger.invoices[place];
                    invoice.invoice_id == *invoice_id || invoice.allocations.iter().any(|(other, _)| other == payment)
                };
                let places: Vec<usize> = (0..ledger.invoices.len()).filter(|place| touched(*place)).collect();
                if whole[*payment] || places.iter().any(|place| stays[*place]) {
                    whole[*payment] = true;
                    places.iter().for_each(|place| stays[*place] = true);
                }
            }
            if before == (stays.clone(), whole.clone()) {
                break;
            }
        }
        self.claim_money(money, &stays, &whole);
    }

    fn claim_money(&mut self, money: &Money<'a>, stays: &[bool], whole: &[bool]) {
        let ledger = &money.ledger;
        let mut parts = vec![0_i64; money.receipts.len()];
        ledger.unspent().for_each(|(payment, amount)| parts[payment] += amount);
        for (invoice, _) in ledger.invoices.iter().zip(stays).filter(|(_, stays)| **stays) {
            self.claimed.insert((Family::Invoices, invoice.invoice_id));
            invoice.allocations.iter().for_each(|(payment, amount)| parts[*payment] += amount);
        }
        let remembered = money.receipts.len().saturating_sub(REMEMBERED);
        for (payment, (payment_id, _)) in money.receipts.iter().enumerate() {
            if whole[payment] || parts[payment] > 0 || payment >= remembered {
                self.claimed.insert((Family::Payments, payment_id));
            }
            if !whole[payment] {
                self.parts.insert(payment_id, parts[payment]);
            }
        }
    }

    /// Claims disputes that are open, that touch an invoice that stays, and the one resolved last.
    fn disputes(&mut self, facts: &[&'a Fact], ledger: &Ledger<'a>) {
        let stays = |invoice_id| self.claimed.contains(&(Family::Invoices, invoice_id));
        let touching = ledger.invoices.iter().filter(|invoice| stays(invoice.invoice_id));
        let mut claimed: BTreeSet<&str> = touching.flat_map(|invoice| invoice.disputes.iter().copied()).collect();
        let (mut opened, mut resolved) = (BTreeSet::new(), BTreeMap::new());
        for fact in facts {
            match &fact.body {
                Body::Opened { dispute_id, .. } => {
                    opened.insert(dispute_id.as_str());
                }
                Body::Resolved { dispute_id, .. } => {
                    resolved.entry(dispute_id.as_str()).or_insert(fact.occurred_at);
                }
                _ => {}
            }
        }
        claimed.extend(opened.iter().filter(|id| !resolved.contains_key(**id)));
        claimed.extend(opened.iter().max_by_key(|id| resolved.get(**id)));
        self.claimed.extend(claimed.into_iter().map(|id| (Family::Disputes, id)));
    }

    /// Claims the last contacts of each channel and of all, the first outbound one, the last engagement, and what tells
    /// that an episode had an outbound contact.
    fn contacts(&mut self, facts: &[&'a Fact], money: &Money<'a>, segmentation: &Segmentation) {
        let contacts = Contacts::of(facts, &segmentation.zone);
        let outbound = || contacts.list.iter().filter(|contact| contact.direction == Direction::Outbound);
        let mut claimed: BTreeSet<&str> = BTreeSet::new();
        let mut claim = |fact: u32| {
            claimed.extend(facts[fact as usize].body.subject());
        };
        outbound().take(1).for_each(|contact| claim(contact.fact));
        outbound().rev().take(CONTACTS_REMEMBERED).for_each(|contact| claim(contact.fact));
        contacts.last_engaged().into_iter().for_each(&mut claim);
        for channel in Channel::ALL {
            let telling = contacts.list.iter().rev().filter(|contact| contact.tells_of(*channel));
            telling.take(CONTACTS_REMEMBERED).for_each(|contact| claim(contact.fact));
            for Episode { began, ended, .. } in &money.episodes {
                let end = ended.map_or(Timestamp::NEVER, |(at, _)| at);
                let mut within =
                    outbound().filter(|contact| contact.channel == *channel && (*began..end).contains(&contact.at));
                within.next().into_iter().for_each(|contact| claim(contact.fact));
            }
        }
        self.claimed.extend(claimed.into_iter().map(|id| (Family::Contacts, id)));
    }

    /// The part of a fact that stays: all, some, or nothing.
    fn left_of(&self, fact: &'a Fact) -> Option<Fact> {
        let thing = thing(fact);
        if thing.0 == Family::Profiles {
            return (!self.old.contains(&thing) || self.present.contains(thing.1)).then(|| fact.clone());
        }
        if !self.old.contains(&thing) {
            return Some(fact.clone());
        }
        if !self.claimed.contains(&thing) {
            return None;
        }
        let mut left = fact.clone();
        if let Body::Received { payment_id, amount_minor, invoice_id, .. } = &mut left.body {
            *amount_minor = self.parts.get(payment_id.as_str()).copied().unwrap_or(*amount_minor);
            // Without its invoice it would wait for ever.
            let goes = |id: &str| self.issued.contains(id) && !self.claimed.contains(&(Family::Invoices, id));
            *invoice_id = invoice_id.take().filter(|id| !goes(id));
        }
        Some(left)
    }
}

/// The ledger, and which of its invoices features look back on.
struct Money<'a> {
    ledger: Ledger<'a>,
    /// Payments that count, in the ledger's order.
    receipts: Vec<(&'a str, Timestamp)>,
    /// Episodes that some feature could still read.
    episodes: Vec<Episode>,
    /// The places, in the ledger, of the invoices that features look back on.
    claims: BTreeSet<usize>,
}

impl<'a> Money<'a> {
    fn of(facts: &[&'a Fact], segmentation: &Segmentation, horizon: Timestamp) -> Self {
        let tolerance = segmentation.parameters.overdue_tolerance_minor;
        let ledger = Ledger::replay(facts, |_, _| {});
        let history = History::of(facts, tolerance, &segmentation.zone);
        let mut counting = Receipts::among(facts);
        let receipt = |fact: &&'a Fact| match &fact.body {
            Body::Received { payment_id, .. } => {
                counting.counts(payment_id).then_some((payment_id.as_str(), fact.occurred_at))
            }
            _ => None,
        };
        let receipts = facts.iter().filter_map(receipt).collect();
        let last_cured = history.episodes().iter().rfind(|episode| matches!(episode.ended, Some((_, true))));
        let read =
            |episode: &&Episode| episode.ended.is_none_or(|(at, _)| at >= horizon) || last_cured == Some(*episode);
        let episodes: Vec<Episode> = history.episodes().iter().filter(read).copied().collect();
        let claims = claims(&ledger, &episodes, segmentation);
        Self { ledger, receipts, episodes, claims }
    }
}

/// The first invoice, the last ones paid in full, and those that were overdue in an episode that is still read.
fn claims(ledger: &Ledger<'_>, episodes: &[Episode], segmentation: &Segmentation) -> BTreeSet<usize> {
    let invoices = || ledger.invoices.iter().enumerate();
    let last = ledger.paid().into_iter().rev().take(MAX_INVOICES).map(|(_, place)| place);
    let overdue = invoices().filter(|(_, invoice)| {
        let overdue = segmentation.zone.midnight(invoice.earliest_due.plus_days(1)).max(invoice.issued_at);
        let closed = invoice.closed_at.unwrap_or(Timestamp::NEVER);
        episodes
            .iter()
            .any(|episode| episode.began <= closed && episode.ended.is_none_or(|(ended, _)| overdue <= ended))
    });
    let overdue: Vec<usize> = overdue.map(|(place, _)| place).collect();
    let first = (!ledger.invoices.is_empty()).then_some(0);
    last.chain(overdue).chain(first).collect()
}

/// The updates that set the present value of some attribute.
fn present<'a>(facts: &[&'a Fact]) -> BTreeSet<&'a str> {
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    for fact in facts {
        if let Body::Updated { attributes } = &fact.body {
            last.extend(attributes.keys().map(|name| (name.as_str(), fact.event_id.as_str())));
        }
    }
    last.into_values().collect()
}

/// The thing that a fact is about: an invoice, payment, promise, dispute or contact; for a profile the event itself.
fn thing(fact: &Fact) -> (Family, &str) {
    (fact.family(), fact.body.subject().unwrap_or(&fact.event_id))
}
