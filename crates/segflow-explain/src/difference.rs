//! Both sides of a decision for a person to read: what was told then, and what is decided now.

use std::collections::BTreeMap;
use std::fmt::Write;

use segflow_core::change::{Change, Core, Decided, Envelope, Reason};
use segflow_core::event::CustomerId;
use segflow_core::journal::Counts;
use segflow_wire::Encoding;
use serde_json::{Map, Value};

/// How many of a list are shown.
pub const SHOWN: usize = 20;

/// Changes by their ids, which are the same in every replay: as they were told, and as they are decided now.
type Sides<'a> = BTreeMap<&'a str, [Option<&'a Core>; 2]>;

/// What became of the records then and now.
pub fn counts(text: &mut String, then: &Counts, now: &Counts) {
    let figures = |counts: &Counts| {
        let Counts { read, folded, duplicates, forgotten, conflicts, late, dead_letters, changes } = *counts;
        [read, folded, duplicates, forgotten, conflicts, late, dead_letters, changes]
    };
    let names = ["read", "folded", "duplicates", "forgotten", "conflicts", "late", "dead letters", "changes"];
    line(text, &format!("{:<14}{:>10}{:>10}", "", "journal", "now"));
    for (name, (then, now)) in names.into_iter().zip(figures(then).into_iter().zip(figures(now))) {
        let mark = if then == now { "" } else { "  differs" };
        line(text, &format!("{name:<14}{then:>10}{now:>10}{mark}"));
    }
}

/// Shows the changes that differ between those told then and those decided now; returns the customer of the first.
pub fn changes(text: &mut String, told: &[Change], decided: &[Decided]) -> Option<CustomerId> {
    let mut sides = Sides::new();
    for change in told {
        sides.entry(&change.core.change_id).or_default()[0] = Some(&change.core);
    }
    for decided in decided {
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

/// The customer and the change: `C-1 arrears: early -> mid from ..`
#[must_use]
pub fn whose(core: &Core) -> String {
    format!("{} {}", core.customer_id, summary(core))
}

/// The change alone: `arrears: early -> mid from 2026-05-02T00:00:00.000Z on, by FACT e-17, change 3, version 1`
#[must_use]
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

/// The comparisons that decided: `overdue.days >= 30 (30, before 29); ..`
#[must_use]
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

/// Adds a line to what is told of an epoch.
pub fn line(text: &mut String, line: &str) {
    writeln!(text, "  {line}").expect("a string takes everything");
}

/// Adds a line below another one.
pub fn indented(text: &mut String, line: &str) {
    writeln!(text, "    {line}").expect("a string takes everything");
}

/// Says how many more there are than [`SHOWN`].
pub fn more(text: &mut String, all: usize) {
    if all > SHOWN {
        indented(text, &format!("and {} more", all - SHOWN));
    }
}
