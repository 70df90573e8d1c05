//! Both sides of an epoch that differs, for a person to read.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use segflow_core::ENGINE_VERSION;
use segflow_core::change::{Change, Core, Decided, Envelope, Reason};
use segflow_core::event::CustomerId;
use segflow_core::journal::Counts;
use segflow_runtime::audit::Audited;
use segflow_runtime::log::{Sink, TaskId};
use segflow_wire::Encoding;
use serde_json::{Map, Value};

use super::{Auditor, rules};

/// How many changes that differ are shown, and records that were refused.
const SHOWN: usize = 20;
/// How many offsets of an input are shown.
const OFFSETS: usize = 30;

/// Changes by their ids, which are the same in every replay: as they were told, and as they are decided now.
type Sides<'a> = BTreeMap<&'a str, [Option<&'a Core>; 2]>;

impl Auditor {
    /// What differs in an epoch, and where to look for the cause.
    pub fn difference(&mut self, task: TaskId, audited: &Audited) -> Result<String> {
        let Audited { record, digest, changes, segmentation, .. } = audited;
        let mut text = format!("task {}: epoch {} differs\n", task.0, record.epoch);
        line(&mut text, &format!("its cycle began at {}, by {}", record.w, rules(record, segmentation)));
        if record.engine_version != ENGINE_VERSION {
            line(&mut text, &format!("this is release {ENGINE_VERSION}: audit with the release that decided, too"));
        }
        self.slices(&mut text, audited);
        counts(&mut text, audited);
        self.timestamps(&mut text, audited);
        self.refusals(&mut text, audited);
        line(&mut text, &format!("digest of its changes in the journal: {}", record.digest));
        line(&mut text, &format!("digest of its changes decided now:    {digest}"));
        if *digest == record.digest {
            line(&mut text, "the same was decided, but of other records");
            return Ok(text);
        }
        let told = self.told(task, record)?;
        let Some(told) = &told else {
            let topic = self.config.output_topics().remove(&Sink::Changes).unwrap_or_default();
            line(&mut text, &format!("{topic} does not hold the changes of that digest any more; decided now:"));
            changes.iter().take(SHOWN).for_each(|decided| indented(&mut text, &whose(&decided.core)));
            more(&mut text, changes.len());
            return Ok(text);
        };
        let first = differing(&mut text, told, changes);
        if let Some(customer) = first {
            self.suspects(&mut text, task, audited, &customer)?;
        }
        Ok(text)
    }

    /// What the epoch read.
    fn slices(&self, text: &mut String, audited: &Audited) {
        let slices = audited.record.inputs.iter().filter_map(|(family, now)| {
            let from = audited.before.get(family).copied().unwrap_or_default().offset;
            (from < now.offset).then(|| format!("{} [{from}, {})", self.topic(*family), now.offset))
        });
        let slices: Vec<String> = slices.collect();
        let read = if slices.is_empty() { "nothing: time passed".to_owned() } else { slices.join(", ") };
        line(text, &format!("it read {read}"));
    }

    /// Inputs whose greatest timestamp is another.
    fn timestamps(&self, text: &mut String, audited: &Audited) {
        for (family, input) in &audited.record.inputs {
            let now = audited.greatest.get(family).copied().flatten();
            if now != input.greatest {
                let word = |at: Option<_>| at.map_or_else(|| "none".to_owned(), |at| format!("{at}"));
                let (topic, then, now) = (self.topic(*family), word(input.greatest), word(now));
                line(text, &format!("greatest timestamp of {topic} in the journal: {then}, now: {now}"));
            }
        }
    }

    /// Records that cannot be used, where they are another number than then.
    fn refusals(&self, text: &mut String, audited: &Audited) {
        if audited.counts.dead_letters == audited.record.counts.dead_letters {
            return;
        }
        line(text, "records that are refused now:");
        for (family, offset, rejection) in audited.rejected.iter().take(SHOWN) {
            let topic = self.topic(*family);
            indented(text, &format!("{topic} at {offset}: {}: {}", rejection.reason.word(), rejection.detail));
        }
        more(text, audited.rejected.len());
    }

    /// Where the record that is not what it was may stand.
    fn suspects(&mut self, text: &mut String, task: TaskId, audited: &Audited, customer: &CustomerId) -> Result<()> {
        let theirs = self.records_of(task, customer, &audited.record)?;
        line(
            text,
            &format!(
                "records of {customer} up to here, of which one or more are not what they were, unless the journal or the release is not:"
            ),
        );
        for (family, offsets) in theirs {
            let shown: Vec<String> = offsets.iter().rev().take(OFFSETS).rev().map(ToString::to_string).collect();
            let before = offsets.len().saturating_sub(OFFSETS);
            let before = if before > 0 { format!("{before} before, then ") } else { String::new() };
            indented(text, &format!("{} [{}] at {before}{}", self.topic(family), task.0, shown.join(", ")));
        }
        line(
            text,
            &format!("what is known of them now: segflow audit --customer {customer} --at {}", audited.record.w),
        );
        Ok(())
    }
}

/// What became of the records then and now.
fn counts(text: &mut String, audited: &Audited) {
    let figures = |counts: &Counts| {
        let Counts { read, folded, duplicates, forgotten, conflicts, late, dead_letters, changes } = *counts;
        [read, folded, duplicates, forgotten, conflicts, late, dead_letters, changes]
    };
    let names = ["read", "folded", "duplicates", "forgotten", "conflicts", "late", "dead letters", "changes"];
    line(text, &format!("{:<14}{:>10}{:>10}", "", "journal", "now"));
    for (name, (then, now)) in
        names.into_iter().zip(figures(&audited.record.counts).into_iter().zip(figures(&audited.counts)))
    {
        let mark = if then == now { "" } else { "  differs" };
        line(text, &format!("{name:<14}{then:>10}{now:>10}{mark}"));
    }
}

/// Shows the changes that differ; returns the customer of the first.
fn differing(text: &mut String, told: &[Change], changes: &[Decided]) -> Option<CustomerId> {
    let mut sides = Sides::new();
    for change in told {
        sides.entry(&change.core.change_id).or_default()[0] = Some(&change.core);
    }
    for decided in changes {
        sides.entry(&decided.core.change_id).or_default()[1] = Some(&decided.core);
    }
    let all = sides.len();
    let mut differ: Vec<[Option<&Core>; 2]> = sides.into_values().filter(|[then, now]| then != now).collect();
    differ.sort_by_key(|sides| sides.iter().flatten().next().map(|core| (&core.customer_id, core.effective_at)));
    line(text, &format!("changes that differ, {} of {all}:", differ.len()));
    for sides in differ.iter().take(SHOWN) {
        match sides {
            [Some(then), Some(now)] => {
                indented(text, &whose(then));
                fields(then, now).iter().for_each(|field| indented(text, &format!("  {field}")));
            }
            [Some(then), None] => indented(text, &format!("{}: told then, not decided now", whose(then))),
            [None, Some(now)] => indented(text, &format!("{}: not told then, decided now", whose(now))),
            [None, None] => {}
        }
    }
    more(text, differ.len());
    differ.first()?.iter().flatten().next().map(|core| core.customer_id.clone())
}

fn whose(core: &Core) -> String {
    format!("{} {}", core.customer_id, summary(core))
}

/// `arrears: early -> mid from 2026-05-02T00:00:00.000Z on, by FACT e-17, change 3, version 1`
pub fn summary(core: &Core) -> String {
    let event = core.event_id.as_ref().map_or_else(String::new, |event| format!(" {event}"));
    let moved = match (&core.from, &core.to) {
        (Some(from), Some(to)) => format!("{from} -> {to}"),
        (None, Some(to)) => format!("{to}, as the first,"),
        (Some(from), None) => format!("{from} -> no segment any more"),
        (None, None) => "no segment".to_owned(),
    };
    format!(
        "{}: {moved} from {} on, by {}{event}, change {}, version {}",
        core.dimension,
        core.effective_at,
        core.cause.word(),
        core.seq,
        core.segmentation_version
    )
}

/// `overdue.days >= 30 (30, before 29); ..`
pub fn because(core: &Core) -> String {
    let words = |reason: &Reason| {
        let Reason { feature, operator, bound, value, value_before } = reason;
        // Nothing is told of what is sensitive.
        let told = [bound, value, value_before].map(|text| text.as_deref().unwrap_or("unknown or sensitive"));
        let [bound, value, before] = told;
        format!("{feature} {operator} {bound} ({value}, before {before})")
    };
    core.reasons.iter().map(words).collect::<Vec<_>>().join("; ")
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

fn object(core: &Core) -> Map<String, Value> {
    // The envelope is no part of what is compared: it is the same on both sides here.
    let envelope = Envelope {
        actionable: false,
        decided_at: core.effective_at,
        lag_ms: 0,
        engine_version: String::new(),
        topic: None,
        partition: None,
        offset: None,
    };
    let bytes = segflow_wire::change::encode(&Change { core: core.clone(), envelope }, Encoding::Json);
    serde_json::from_slice(&bytes).expect("a change is an object")
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "  {line}").expect("a string takes everything");
}

fn indented(text: &mut String, line: &str) {
    writeln!(text, "    {line}").expect("a string takes everything");
}

fn more(text: &mut String, all: usize) {
    if all > SHOWN {
        indented(text, &format!("and {} more", all - SHOWN));
    }
}
