//! One epoch that is decided differently now than its journal says, for a person to read.
//!
//! The caller asks in two steps, because what it must fetch for the second depends on the first: the changes that were
//! written then make [`EpochDifference::told`]; the customer of [`EpochDifference::first_customer`] is the one whose
//! records [`EpochDifference::text`] lists.

use std::collections::BTreeMap;
use std::fmt::Write;

use segflow_core::ENGINE_VERSION;
use segflow_core::change::{Change, Core, Decided, Envelope};
use segflow_core::digest::{self, Digest};
use segflow_core::event::{CustomerId, Family};
use segflow_core::journal::{Counts, JournalRecord, Position};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_wire::{Encoding, Rejection};
use serde_json::{Map, Value};

use crate::printable::printable;
use crate::sentence::{because, summary};

/// How many changes, or refused records, are shown.
const SHOWN: usize = 20;
/// How many offsets of an input are shown.
const OFFSETS: usize = 30;

/// Both sides of an epoch.
pub struct EpochDifference<'a> {
    /// The number of the task.
    pub task: u32,
    /// The names of the topics.
    pub topics: &'a Topics,
    /// The rules that were in force, then and now.
    pub segmentation: &'a Segmentation,
    /// The position of each input before the epoch.
    pub before: &'a BTreeMap<Family, Position>,
    /// The epoch as it was decided then.
    pub journal: &'a JournalRecord,
    /// The changes that subscribers were told then; none if their topic does not hold them any more, or if both digests
    /// are the same.
    pub told: Option<&'a [Change]>,
    /// The epoch as it is decided now.
    pub now: DecidedNow<'a>,
}

/// An epoch decided again.
pub struct DecidedNow<'a> {
    /// Its counts of records and changes.
    pub counts: &'a Counts,
    /// The digest of its changes.
    pub digest: Digest,
    /// Its changes, in the order of (customer, `effective_at`, dimension).
    pub changes: &'a [Decided],
    /// The greatest timestamp that was read of each input.
    pub greatest: &'a BTreeMap<Family, Option<Timestamp>>,
    /// The records that cannot be used, by input and offset.
    pub rejected: &'a [(Family, u64, Rejection)],
}

/// The names of the topics that the text speaks of.
pub struct Topics {
    /// The topic of each input.
    pub inputs: BTreeMap<Family, String>,
    /// The topic of the segment changes.
    pub changes: String,
}

/// The offsets of a customer's records up to the epoch, by input.
pub type RecordOffsets = BTreeMap<Family, Vec<u64>>;

/// One change as it was told then and as it is decided now; either may be missing.
type Sides<'a> = [Option<&'a Core>; 2];

/// The rules that decided an epoch: `demo version 1 of hash 5e9.., release 0.1.0`
#[must_use]
pub fn rules(record: &JournalRecord, segmentation: &Segmentation) -> String {
    let Segmentation { name, version, hash, .. } = segmentation;
    format!("{name} version {version} of hash {hash}, release {}", record.engine_version)
}

impl EpochDifference<'_> {
    /// The customer of the first change that differs; none if no change differs, or if it is not known what was told.
    #[must_use]
    pub fn first_customer(&self) -> Option<&CustomerId> {
        let (differing, _) = differing(self.told?, self.now.changes);
        differing.first()?.iter().flatten().next().map(|core| &core.customer_id)
    }

    /// The whole text. `records` are those of [`Self::first_customer`], among which the cause may be found; they are not
    /// read if there is no such customer.
    #[must_use]
    pub fn text(&self, records: &RecordOffsets) -> String {
        let Self { task, journal, now, .. } = self;
        let mut text = Text(format!("task {task}: epoch {} differs\n", journal.epoch));
        text.line(&format!("its cycle began at {}, by {}", journal.w, rules(journal, self.segmentation)));
        if journal.engine_version != ENGINE_VERSION {
            text.line(&format!("this is release {ENGINE_VERSION}: audit with the release that decided, too"));
        }
        if !digest::FORMS.iter().any(|form| form.number == journal.digest_form) {
            let form = journal.digest_form;
            text.line(&format!("this release does not know the form {form} of its digest: it cannot be compared"));
        }
        self.slices(&mut text);
        counts(&mut text, &journal.counts, now.counts);
        self.timestamps(&mut text);
        self.refusals(&mut text);
        text.line(&format!("digest of its changes in the journal: {}", journal.digest));
        text.line(&format!("digest of its changes decided now:    {}", now.digest));
        if now.digest == journal.digest {
            text.line("the same was decided, but of other records");
            return text.0;
        }
        let Some(told) = self.told else {
            let topic = &self.topics.changes;
            text.line(&format!("{topic} does not hold the changes of that digest any more; decided now:"));
            now.changes.iter().take(SHOWN).for_each(|decided| text.indented(&whose(&decided.core)));
            text.more(now.changes.len());
            return text.0;
        };
        changes(&mut text, told, now.changes);
        if let Some(customer) = self.first_customer() {
            self.suspects(&mut text, customer, records);
        }
        text.0
    }

    /// The slices of the inputs that the epoch read.
    fn slices(&self, text: &mut Text) {
        let slices = self.journal.inputs.iter().filter_map(|(family, now)| {
            let from = self.before.get(family).copied().unwrap_or_default().offset;
            (from < now.offset).then(|| format!("{} [{from}, {})", self.topic(*family), now.offset))
        });
        let slices: Vec<String> = slices.collect();
        let read = if slices.is_empty() { "nothing: time passed".to_owned() } else { slices.join(", ") };
        text.line(&format!("it read {read}"));
    }

    /// Inputs whose greatest timestamp is another now.
    fn timestamps(&self, text: &mut Text) {
        for (family, input) in &self.journal.inputs {
            let now = self.now.greatest.get(family).copied().flatten();
            if now != input.greatest {
                let word = |at: Option<Timestamp>| at.map_or_else(|| "none".to_owned(), |at| at.to_string());
                let (topic, then, now) = (self.topic(*family), word(input.greatest), word(now));
                text.line(&format!("greatest timestamp of {topic} in the journal: {then}, now: {now}"));
            }
        }
    }

    /// Records that cannot be used, where their number is another than then.
    fn refusals(&self, text: &mut Text) {
        if self.now.counts.dead_letters == self.journal.counts.dead_letters {
            return;
        }
        text.line("records that are refused now:");
        for (family, offset, rejection) in self.now.rejected.iter().take(SHOWN) {
            let topic = self.topic(*family);
            text.indented(&format!("{topic} at {offset}: {}: {}", rejection.reason.word(), rejection.detail));
        }
        text.more(self.now.rejected.len());
    }

    /// The records among which one that has changed may be found.
    fn suspects(&self, text: &mut Text, customer: &CustomerId, records: &RecordOffsets) {
        let customer = printable(customer.as_str());
        text.line(&format!(
            "records of {customer} up to here, of which one or more are not what they were, unless the journal or the release is not:"
        ));
        for (family, offsets) in records {
            let shown: Vec<String> = offsets.iter().rev().take(OFFSETS).rev().map(ToString::to_string).collect();
            let before = offsets.len().saturating_sub(OFFSETS);
            let before = if before > 0 { format!("{before} before, then ") } else { String::new() };
            text.indented(&format!("{} [{}] at {before}{}", self.topic(*family), self.task, shown.join(", ")));
        }
        let w = self.journal.w;
        text.line(&format!("what is known of them now: segflow audit --customer {customer} --at {w}"));
    }

    /// The topic of a family; the family's word if the family is no input.
    fn topic(&self, family: Family) -> &str {
        self.topics.inputs.get(&family).map_or(family.name(), String::as_str)
    }
}

/// A table of the counts of both sides.
fn counts(text: &mut Text, then: &Counts, now: &Counts) {
    let figures = |counts: &Counts| {
        let Counts { read, folded, duplicates, forgotten, ignored, conflicts, late, dead_letters, changes } = *counts;
        [read, folded, duplicates, forgotten, ignored, conflicts, late, dead_letters, changes]
    };
    let names =
        ["read", "folded", "duplicates", "forgotten", "ignored", "conflicts", "late", "dead letters", "changes"];
    text.line(&format!("{:<14}{:>10}{:>10}", "", "journal", "now"));
    for (name, (then, now)) in names.into_iter().zip(figures(then).into_iter().zip(figures(now))) {
        let mark = if then == now { "" } else { "  differs" };
        text.line(&format!("{name:<14}{then:>10}{now:>10}{mark}"));
    }
}

/// The changes that differ, in the order of (customer, `effective_at`), and how many changes there are on either side.
fn differing<'a>(told: &'a [Change], decided: &'a [Decided]) -> (Vec<Sides<'a>>, usize) {
    // The id of a change is the same in every replay.
    let mut sides = BTreeMap::<&str, Sides<'a>>::new();
    for change in told {
        sides.entry(&change.core.change_id).or_default()[0] = Some(&change.core);
    }
    for decided in decided {
        sides.entry(&decided.core.change_id).or_default()[1] = Some(&decided.core);
    }
    let all = sides.len();
    let mut differ: Vec<Sides<'a>> = sides.into_values().filter(|[then, now]| then != now).collect();
    differ.sort_by_key(|sides| sides.iter().flatten().next().map(|core| (&core.customer_id, core.effective_at)));
    (differ, all)
}

fn changes(text: &mut Text, told: &[Change], decided: &[Decided]) {
    let (differ, all) = differing(told, decided);
    text.line(&format!("changes that differ, {} of {all}:", differ.len()));
    for sides in differ.iter().take(SHOWN) {
        match sides {
            [Some(then), Some(now)] => {
                text.indented(&whose(then));
                fields(then, now).iter().for_each(|field| text.indented(&format!("  {field}")));
            }
            [Some(then), None] => text.indented(&format!("{}: told then, not decided now", whose(then))),
            [None, Some(now)] => text.indented(&format!("{}: not told then, decided now", whose(now))),
            [None, None] => {}
        }
    }
    text.more(differ.len());
}

/// The customer and the change: `C-1 arrears: early -> mid from ..`
fn whose(core: &Core) -> String {
    format!("{} {}", printable(core.customer_id.as_str()), summary(core))
}

/// The fields of a change that differ, as subscribers read them.
fn fields(then: &Core, now: &Core) -> Vec<String> {
    let (mut told, mut found) = (object(then), object(now));
    for (object, core) in [(&mut told, then), (&mut found, now)] {
        object.insert("reasons".to_owned(), because(core).into());
    }
    let differ = told.iter().filter(|(name, value)| found.get(*name) != Some(value));
    differ.map(|(name, value)| format!("{name}: told {}, now {}", word(value), word(&found[name]))).collect()
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The change as the topic has it. Every change gets the same envelope, so that only the core is compared.
fn object(core: &Core) -> Map<String, Value> {
    let envelope = Envelope {
        actionable: false,
        decided_at: Timestamp::BEGINNING,
        lag_ms: 0,
        engine_version: String::new(),
        topic: None,
        partition: None,
        offset: None,
    };
    let bytes = segflow_wire::change::encode(&Change { core: core.clone(), envelope }, Encoding::Json);
    serde_json::from_slice(&bytes).expect("a change is an object")
}

/// Lines that tell of an epoch.
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        writeln!(self.0, "  {line}").expect("a string takes any text");
    }

    /// A line below another one.
    fn indented(&mut self, line: &str) {
        writeln!(self.0, "    {line}").expect("a string takes any text");
    }

    /// Says how many of `all` are not shown.
    fn more(&mut self, all: usize) {
        if all > SHOWN {
            self.indented(&format!("and {} more", all - SHOWN));
        }
    }
}

#[cfg(test)]
mod tests;
