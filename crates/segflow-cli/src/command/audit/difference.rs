//! Both sides of an epoch that differs, for a person to read.

use anyhow::Result;
use segflow_core::ENGINE_VERSION;
use segflow_core::event::CustomerId;
use segflow_explain::difference::{self, SHOWN, indented, line, more, whose};
use segflow_runtime::log::{Sink, TaskId};
use segflow_runtime::recovery::audit::Audited;

use super::{Auditor, rules};

/// How many offsets of an input are shown.
const OFFSETS: usize = 30;

impl Auditor {
    /// What differs in an epoch, and where to look for the cause.
    pub fn difference(&mut self, task: TaskId, audited: &Audited) -> Result<String> {
        let Audited { record, digest, changes, segmentation, .. } = audited;
        let mut text = format!("task {}: epoch {} differs\n", task.0, record.epoch);
        line(&mut text, &format!("its cycle began at {}, by {}", record.w, rules(record, segmentation)));
        if record.engine_version != ENGINE_VERSION {
            line(&mut text, &format!("this is release {ENGINE_VERSION}: audit with the release that decided, too"));
        }
        if !audited.comparable {
            let form = record.digest_form;
            line(
                &mut text,
                &format!("this release does not know the form {form} of its digest: it cannot be compared"),
            );
        }
        self.slices(&mut text, audited);
        difference::counts(&mut text, &audited.record.counts, &audited.counts);
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
        let first = difference::changes(&mut text, told, changes);
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
