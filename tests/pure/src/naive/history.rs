//! `docs/features.md`, "History of the ledger": how things stood after each fact and at each local midnight.
//!
//! At an instant there is nothing but what the facts up to and including it say: a day that begins with a fact begins after it.

use std::collections::BTreeMap;

use segflow_core::event::{Body, Family};
use segflow_core::fact::Fact;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Timestamp};

use super::ledger::{Invoice, Ledger};
use super::standing::{self, Standing};

/// A delinquency episode.
#[derive(Clone, Debug)]
pub struct Episode {
    /// The midnight or the fact with which it began.
    pub begin: Timestamp,
    /// The fact that ended it, if one did.
    pub end: Option<Timestamp>,
    /// Whether that was a cure.
    pub cured: bool,
}

/// What the replay tells of earlier. Time may go on after the facts: what lies after an instant is not true at it yet.
#[derive(Clone, Debug)]
pub struct History<'a> {
    /// The ledger after each fact, in order.
    after: Vec<(&'a Fact, Ledger<'a>)>,
    /// In order.
    pub episodes: Vec<Episode>,
    /// The instant of the fact at which an invoice that is paid in full came to be so, by invoice id.
    pub paid: BTreeMap<&'a str, Timestamp>,
    /// When it was settled whether the first invoice of all is in default, and whether it is.
    pub verdict: Option<(Timestamp, bool)>,
}

/// How far after the last fact and the last due date time alone can matter, in days.
const AFTERMATH_DAYS: i32 = 31;

impl<'a> History<'a> {
    /// Replays facts that count, in order.
    pub fn new(segmentation: &'a Segmentation, facts: &[&'a Fact]) -> Self {
        let after = after_each(segmentation, facts);
        let standing = standing::of(facts);
        let voided = &standing.voided;
        let first = after.iter().find_map(|(fact, _)| match &fact.body {
            Body::Issued { invoice_id, .. } if !voided.contains(invoice_id.as_str()) => Some(invoice_id.as_str()),
            _ => None,
        });
        let (mut episodes, mut paid, mut verdict) = (Vec::new(), BTreeMap::new(), None);
        let before_all = Ledger::new(segmentation);
        let mut ledger = &before_all;
        for (at, fact) in moments(segmentation, &after) {
            ledger = fact.map_or(ledger, |index| &after[index].1);
            let wrote_off = after.iter().any(|(fact, _)| fact.occurred_at == at && writes_off(fact, &standing));
            judge_episode(&mut episodes, segmentation, at, wrote_off, ledger);
            note_paid(&mut paid, at, ledger);
            verdict = verdict.or_else(|| judge_first(&after, segmentation, at, ledger.find(first?)?));
        }
        Self { after, episodes, paid, verdict }
    }

    /// How things stood just before an instant; none before the first fact.
    pub fn before(&self, at: Timestamp) -> Option<&Ledger<'a>> {
        before(&self.after, at)
    }
}

/// Whether a fact gives an invoice up for good.
fn writes_off(fact: &Fact, standing: &Standing<'_>) -> bool {
    let is_undone = standing.undone.iter().any(|undone| std::ptr::eq(*undone, fact));
    matches!(fact.body, Body::WrittenOff { .. }) && !is_undone
}

fn after_each<'a>(segmentation: &'a Segmentation, facts: &[&'a Fact]) -> Vec<(&'a Fact, Ledger<'a>)> {
    let (mut ledger, standing) = (Ledger::new(segmentation), standing::of(facts));
    let mut after = Vec::new();
    for fact in facts.iter().filter(|fact| tells_of_the_ledger(fact)) {
        ledger.apply(fact, &standing);
        after.push((*fact, ledger.clone()));
    }
    after
}

fn before<'s, 'a>(after: &'s [(&'a Fact, Ledger<'a>)], at: Timestamp) -> Option<&'s Ledger<'a>> {
    after.iter().rev().find(|(fact, _)| fact.occurred_at < at).map(|(_, ledger)| ledger)
}

fn judge_episode(
    episodes: &mut Vec<Episode>,
    segmentation: &Segmentation,
    at: Timestamp,
    wrote_off: bool,
    ledger: &Ledger<'_>,
) {
    let today = segmentation.zone.date_of(at);
    let exceeds = |part: &dyn Fn(&Invoice<'_>) -> i128| -> bool {
        let overdue = ledger.invoices.iter().filter(|invoice| invoice.due < today).map(part);
        overdue.sum::<i128>() > i128::from(segmentation.parameters.overdue_tolerance_minor)
    };
    match episodes.last_mut().filter(|episode| episode.end.is_none()) {
        Some(present) if !exceeds(&|invoice| invoice.open()) => {
            present.end = Some(at);
            present.cured = !wrote_off;
        }
        None if exceeds(&|invoice| ledger.collected(invoice, today)) => {
            episodes.push(Episode { begin: at, end: None, cured: false });
        }
        _ => {}
    }
}

fn note_paid<'a>(paid: &mut BTreeMap<&'a str, Timestamp>, at: Timestamp, ledger: &Ledger<'a>) {
    for invoice in &ledger.invoices {
        if invoice.is_paid_in_full() {
            paid.entry(invoice.id).or_insert(at);
        } else {
            paid.remove(invoice.id);
        }
    }
}

/// Settled at the first moment at which the due date of the first invoice, as it then stands, was 30 days ago. If it was
/// issued later than that, it was unpaid then, unless its issue finds it paid.
fn judge_first(
    after: &[(&Fact, Ledger<'_>)],
    segmentation: &Segmentation,
    at: Timestamp,
    first: &Invoice<'_>,
) -> Option<(Timestamp, bool)> {
    let judged_at = segmentation.zone.midnight(first.due.plus_days(30));
    let then = before(after, judged_at).and_then(|ledger| ledger.find(first.id)).unwrap_or(first);
    (at >= judged_at).then(|| (at, then.unpaid() > 0))
}

fn tells_of_the_ledger(fact: &Fact) -> bool {
    matches!(fact.body.family(), Family::Invoices | Family::Payments | Family::Disputes)
}

/// Every fact (by its index), and every local midnight at which nothing happens, in order.
fn moments(segmentation: &Segmentation, after: &[(&Fact, Ledger<'_>)]) -> Vec<(Timestamp, Option<usize>)> {
    let zone = &segmentation.zone;
    let days: Vec<Date> = after.iter().map(|(fact, _)| zone.date_of(fact.occurred_at)).collect();
    let invoices = || after.iter().flat_map(|(_, ledger)| &ledger.invoices);
    let dues = invoices().map(|invoice| invoice.due).chain(invoices().filter_map(Invoice::held_until));
    let (Some(first), Some(last)) = (days.iter().min(), days.iter().copied().chain(dues).max()) else {
        return Vec::new();
    };
    let midnights = (first.0..=last.0 + AFTERMATH_DAYS).map(|day| zone.midnight(Date(day)));
    let alone = midnights.filter(|midnight| after.iter().all(|(fact, _)| fact.occurred_at != *midnight));
    // Between two facts of one instant no time passes.
    let is_last =
        |index: usize| after.get(index + 1).is_none_or(|(next, _)| next.occurred_at > after[index].0.occurred_at);
    let facts = after.iter().enumerate().filter(|(index, _)| is_last(*index));
    let facts = facts.map(|(index, (fact, _))| (fact.occurred_at, Some(index)));
    let mut moments: Vec<_> = alone.map(|midnight| (midnight, None)).chain(facts).collect();
    moments.sort_unstable();
    moments
}
