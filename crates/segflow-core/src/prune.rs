//! Pruning that nobody can see: facts older than the horizon go, unless a feature could still read them.
//!
//! A fact is judged together with all facts that share its id, such as an invoice and its adjustments. If a payment went to
//! an invoice that goes and to one that stays, the part for the latter stays. `docs/features.md` gives the rules for
//! producers.

use std::collections::{BTreeMap, BTreeSet};

use crate::customer::Customer;
use crate::event::{Body, Channel, Direction, Family};
use crate::fact::{Fact, FactKey};
use crate::feature::fact_index::contact_log::ContactLog;
use crate::feature::fact_index::habit::REMEMBERED;
use crate::feature::fact_index::history::{Episode, HistoryBuilder};
use crate::feature::fact_index::ledger::{Ledger, Replay, Source, Terms};
use crate::feature::fact_index::owed::note_owing;
use crate::feature::fact_index::promises::Promises;
use crate::feature::fact_index::receipts::Receipts;
use crate::feature::row::MAX_INVOICES;
use crate::in_effect::{Pending, in_effect};
use crate::memo::Memo;
use crate::segmentation::Segmentation;
use crate::time::{Date, Timestamp};
use crate::unsaved::Unsaved;

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
    let hidden: BTreeSet<FactKey<'_>> = state.pending.iter().map(Pending::key).collect();
    let facts: Vec<&Fact> = state.facts.iter().collect();
    let is_old = |fact: &Fact| fact.occurred_at < horizon && !hidden.contains(&fact.key());
    let in_effect = in_effect(&state.facts, &state.pending).facts;
    let plan = Plan::of(&facts, &in_effect, &is_old, segmentation, horizon);
    let kept = facts.iter().filter_map(|fact| plan.left_of(fact)).collect();
    state.facts.prune(kept, horizon);
    (customer.memo, customer.unsaved) = (Memo::default(), Unsaved::All);
}

/// The facts that stay, and the parts of facts.
struct Plan<'a> {
    /// Things of which every fact is older than the horizon and in effect.
    old: BTreeSet<Thing<'a>>,
    /// Those of the old things that stay.
    claimed: BTreeSet<Thing<'a>>,
    /// The part of each old payment or credit note that went to something that stays.
    parts: BTreeMap<Thing<'a>, i64>,
    /// Updates that set the present value of some attribute.
    present: BTreeSet<&'a str>,
    /// Plans of which some promise stays: so do the others.
    plans: BTreeSet<String>,
    /// Invoices that were issued.
    issued: BTreeSet<&'a str>,
}

impl<'a> Plan<'a> {
    fn of(
        facts: &'a [&'a Fact],
        in_effect: &'a [&'a Fact],
        is_old: &impl Fn(&Fact) -> bool,
        segmentation: &'a Segmentation,
        horizon: Timestamp,
    ) -> Self {
        let recent: BTreeSet<_> = facts.iter().filter(|fact| !is_old(fact)).map(|fact| thing(fact)).collect();
        let old = facts.iter().map(|fact| thing(fact)).filter(|thing| !recent.contains(thing)).collect();
        let (claimed, parts, issued) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        let plan_id = |fact: &&Fact| if let Body::Made { plan_id, .. } = &fact.body { plan_id.clone() } else { None };
        let plans = facts.iter().filter(|fact| !is_old(fact)).filter_map(plan_id).collect();
        let mut plan = Self { old, claimed, parts, present: present(in_effect), plans, issued };
        let terms = Terms { facts: in_effect, parameters: &segmentation.parameters, zone: &segmentation.zone };
        let mut money = Money::of(terms, horizon);
        // What a fact names that stays whole stays too; else it would name what no invoice is called.
        let names = facts.iter().filter(|fact| !is_old(fact)).flat_map(|fact| fact.body.names());
        money.claims.extend(names.filter_map(|named| money.ledger.place(&named.invoice_id, terms)));
        let promised = plan.promises(&money, horizon);
        plan.issued = money.ledger.invoices.iter().map(|invoice| invoice.id(terms)).collect();
        plan.money(&money, promised, segmentation.zone.date_of(horizon));
        // A promise made where invoices are known, and nothing is owed, is moot.
        plan.claimed
            .extend(in_effect.iter().find(|fact| matches!(fact.body, Body::Issued { .. })).map(|fact| thing(fact)));
        plan.disputes(&money);
        plan.contacts(&money);
        plan
    }

    fn is_old(&self, sort: Sort, id: &'a str) -> bool {
        self.old.contains(&(sort, id))
    }

    /// Claims promises that are undecided at the horizon, those that shared receipts with them, and those of one plan with
    /// them or of the latest plan; returns since when receipts and debts matter to them.
    fn promises(&mut self, money: &Money<'a>, horizon: Timestamp) -> Timestamp {
        let Terms { facts, zone, .. } = money.terms;
        let promises = Promises::of(&Receipts::among(facts, zone), &money.owing, money.terms);
        let latest = promises.latest_plan();
        let made = facts
            .iter()
            .filter_map(|fact| if let Body::Made { promise_id, .. } = &fact.body { Some(&**promise_id) } else { None });
        let ids: BTreeSet<&'a str> = made.collect();
        let mut since = Timestamp::NEVER;
        loop {
            let before = (since, self.plans.len());
            for promise in &promises.made {
                let id = ids.get(&*promise.promise_id).expect("a promise was made by a fact");
                let undecided = promise.decided_at() >= horizon.min(since) || !self.is_old(Sort::Promise, id);
                let plan = promise.plan_id.as_deref();
                if undecided || plan.is_some_and(|plan| latest == Some(plan) || self.plans.contains(plan)) {
                    self.claimed.insert((Sort::Promise, id));
                    self.plans.extend(plan.map(str::to_owned));
                    since = since.min(zone.midnight(zone.date_of(promise.made_at)));
                }
            }
            if (since, self.plans.len()) == before {
                return since;
            }
        }
    }

    /// Claims invoices that a feature could still read, and what is allocated to them.
    fn money(&mut self, money: &Money<'a>, promised: Timestamp, horizon: Date) {
        let (ledger, terms) = (&money.ledger, money.terms);
        let mut stays: Vec<bool> = ledger
            .invoices
            .iter()
            .map(|invoice| {
                // A promise ends with the debt: what was owed while it ran stays.
                let closed = !invoice.written_off && invoice.closed_at.is_some_and(|closed| closed < promised);
                !closed || invoice.due >= horizon || !self.is_old(Sort::Invoice, invoice.id(terms))
            })
            .collect();
        money.claims.iter().for_each(|place| stays[*place] = true);
        // What several events tell of stays whole or goes.
        let whole = |source: &Source| {
            let (sort, id) = source_of(source, terms);
            source.at >= promised || !source.is_single || !self.is_old(sort, id)
        };
        let mut whole: Vec<bool> = ledger.sources.iter().map(whole).collect();
        loop {
            let before = (stays.clone(), whole.clone());
            for (place, invoice) in ledger.invoices.iter().enumerate() {
                if invoice.allocations.iter().any(|allocation| whole[allocation.source]) {
                    stays[place] = true;
                }
            }
            for (source, detour) in &ledger.detours {
                let touched = |place: usize| {
                    let mut allocations = ledger.invoices[place].allocations.iter();
                    place == *detour || allocations.any(|other| other.source == *source)
                };
                let places: Vec<usize> = (0..ledger.invoices.len()).filter(|place| touched(*place)).collect();
                if whole[*source] || places.iter().any(|place| stays[*place]) {
                    whole[*source] = true;
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
        let (ledger, terms) = (&money.ledger, money.terms);
        let mut parts = vec![0_i64; ledger.sources.len()];
        ledger.unspent().for_each(|(source, amount)| parts[source] += amount);
        for (invoice, _) in ledger.invoices.iter().zip(stays).filter(|(_, stays)| **stays) {
            self.claimed.insert((Sort::Invoice, invoice.id(terms)));
            invoice.allocations.iter().for_each(|allocation| parts[allocation.source] += allocation.amount);
        }
        let mut remembered = REMEMBERED;
        for (place, source) in ledger.sources.iter().enumerate().rev() {
            let thing = source_of(source, terms);
            let is_remembered = source.is_payment && remembered > 0;
            remembered -= usize::from(is_remembered);
            if whole[place] || parts[place] > 0 || is_remembered {
                self.claimed.insert(thing);
            }
            if !whole[place] {
                self.parts.insert(thing, parts[place]);
            }
        }
    }

    /// Claims disputes that are open, that touch an invoice that stays, and the one resolved last.
    fn disputes(&mut self, money: &Money<'a>) {
        let (ledger, terms) = (&money.ledger, money.terms);
        let stays = |invoice_id| self.claimed.contains(&(Sort::Invoice, invoice_id));
        let touching = ledger.invoices.iter().filter(|invoice| stays(invoice.id(terms)));
        let mut claimed: BTreeSet<&str> = touching.flat_map(|invoice| ledger.disputes_of(invoice, terms)).collect();
        let (mut opened, mut resolved) = (BTreeSet::new(), BTreeMap::new());
        for fact in terms.facts {
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
        self.claimed.extend(claimed.into_iter().map(|id| (Sort::Dispute, id)));
    }

    /// Claims the last contacts of each channel and of all, the first outbound one, the last engagement, and what tells
    /// that an episode had an outbound contact.
    fn contacts(&mut self, money: &Money<'a>) {
        let Terms { facts, parameters, zone } = money.terms;
        let contacts = ContactLog::default().go_on(facts, parameters.click_min_seconds, zone);
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
        self.claimed.extend(claimed.into_iter().map(|id| (Sort::Contact, id)));
    }

    /// The part of a fact that stays: all, some, or nothing.
    fn left_of(&self, fact: &'a Fact) -> Option<Fact> {
        let thing = thing(fact);
        if thing.0 == Sort::Profile {
            return (!self.old.contains(&thing) || self.present.contains(thing.1)).then(|| fact.clone());
        }
        if !self.old.contains(&thing) {
            return Some(fact.clone());
        }
        if !self.claimed.contains(&thing) {
            return None;
        }
        let mut left = fact.clone();
        if let Body::Received { amount_minor, names, .. } | Body::Credited { amount_minor, names, .. } = &mut left.body
        {
            *amount_minor = self.parts.get(&thing).copied().unwrap_or(*amount_minor);
            // Otherwise it would name what no invoice is called.
            let goes = |id: &str| self.issued.contains(id) && !self.claimed.contains(&(Sort::Invoice, id));
            names.retain(|named| !goes(&named.invoice_id));
        }
        Some(left)
    }
}

/// The ledger, and which of its invoices features look back on.
struct Money<'a> {
    terms: Terms<'a>,
    ledger: Ledger,
    /// From which fact on, by its place among the ledger's, something is owed, or nothing any more.
    owing: Vec<(usize, bool)>,
    /// Episodes that some feature could still read.
    episodes: Vec<Episode>,
    /// The places, in the ledger, of the invoices that features look back on.
    claims: BTreeSet<usize>,
}

impl<'a> Money<'a> {
    fn of(terms: Terms<'a>, horizon: Timestamp) -> Self {
        let (mut owing, mut history) = (Vec::new(), HistoryBuilder::new(terms.parameters.overdue_tolerance_minor));
        let mut see = |ledger: &Ledger, step| {
            note_owing(&mut owing, ledger, step);
            history.note(ledger, step, terms.zone);
        };
        let replay = Replay::of(terms, &mut see);
        replay.see_the_end(terms, see);
        let ledger = replay.ledger;
        let history = history.build(terms.zone);
        let last_cured = history.episodes().iter().rfind(|episode| matches!(episode.ended, Some((_, true))));
        let read =
            |episode: &&Episode| episode.ended.is_none_or(|(at, _)| at >= horizon) || last_cured == Some(*episode);
        let episodes: Vec<Episode> = history.episodes().iter().filter(read).copied().collect();
        let claims = claims(&ledger, &episodes, terms);
        Self { terms, ledger, owing, episodes, claims }
    }
}

/// The first invoice, the last ones paid in full, and those that were overdue in an episode that is still read.
fn claims(ledger: &Ledger, episodes: &[Episode], terms: Terms<'_>) -> BTreeSet<usize> {
    let invoices = || ledger.invoices.iter().enumerate();
    let last = ledger.paid(MAX_INVOICES).iter().map(|(_, place)| *place);
    let overdue = invoices().filter(|(_, invoice)| {
        let overdue = terms.zone.midnight(invoice.earliest_due.plus_days(1)).max(invoice.issued_at);
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

/// What a fact is about: its sort and its id, for a profile that of the event.
type Thing<'a> = (Sort, &'a str);

/// The sorts of things that have ids of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Invoice,
    CreditNote,
    Payment,
    Contact,
    Promise,
    Dispute,
    Profile,
}

fn thing(fact: &Fact) -> Thing<'_> {
    let sort = match (&fact.body, fact.family()) {
        (Body::Credited { .. }, _) => Sort::CreditNote,
        (_, Family::Invoices) => Sort::Invoice,
        (_, Family::Payments) => Sort::Payment,
        (_, Family::Contacts) => Sort::Contact,
        (_, Family::Promises) => Sort::Promise,
        (_, Family::Disputes) => Sort::Dispute,
        (_, Family::Profiles) => Sort::Profile,
    };
    (sort, fact.body.subject().unwrap_or(&fact.event_id))
}

/// The payment or credit note from which money comes.
fn source_of<'a>(source: &Source, terms: Terms<'a>) -> Thing<'a> {
    (if source.is_payment { Sort::Payment } else { Sort::CreditNote }, source.id(terms))
}
