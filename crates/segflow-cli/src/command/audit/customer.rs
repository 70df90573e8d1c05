//! One customer as of an instant: what was known, what was decided, and by which rules.

use std::fmt::Write;
use std::ops::ControlFlow;

use anyhow::{Context, Result, bail};
use segflow_core::change::Core;
use segflow_core::event::{CustomerId, Family};
use segflow_core::time::Timestamp;
use segflow_explain::customer::Portrait;
use segflow_explain::difference::rules;
use segflow_explain::sentence::{because, summary};
use segflow_runtime::log::TaskId;
use segflow_runtime::recovery::audit::{Audit as TaskAudit, KnownCustomer, Verdict};
use segflow_wire::partition_of;

use super::begin::{Beginning, Trusted};
use super::{Auditor, Differs, print};

/// The differences and changes on the way to the instant.
#[derive(Default)]
struct Seen {
    /// The first epoch that differs from the journal.
    differs: Option<u64>,
    /// The customer's changes, each with its epoch and when the cycle of that began.
    decided: Vec<(u64, Timestamp, Core)>,
}

impl Auditor {
    /// Shows a customer after the last cycle that had begun by `at`.
    pub fn show(&mut self, customer: &CustomerId, at: Timestamp) -> Result<()> {
        let intake = &self.runtime.intake;
        let partitioner = intake.topic(Family::Profiles).partitioner;
        let task = TaskId(partition_of(customer.as_str().as_bytes(), intake.partitions, partitioner));
        let end = self.end(task)?;
        if end == 0 {
            bail!("customer {customer}: their task, {}, has decided nothing yet", task.0);
        }
        let Beginning { mut audit, snapshot } = self.begin(task, end)?;
        if let Some(Trusted { epoch, w, why }) = snapshot.as_ref().filter(|snapshot| snapshot.w > at) {
            bail!(
                "--at: expected {w} or later, when the cycle of epoch {epoch} of task {}, that of {customer}, began, \
                 found {at}: {why}, so that the audit begins with the snapshot of that epoch",
                task.0
            );
        }
        let mut seen = Seen::default();
        self.each(task, &mut audit, (end, Some(at.plus_ms(1))), |audited| {
            let (epoch, w) = (audited.record.epoch, audited.record.w);
            seen.differs = seen.differs.or((audited.verdict() == Verdict::Differs).then_some(epoch));
            let theirs = audited.changes.into_iter().filter(|change| change.core.customer_id == *customer);
            seen.decided.extend(theirs.map(|change| (epoch, w, change.core)));
            ControlFlow::Continue(())
        })?;
        print(&portrait(task, &mut audit, customer, at, (&seen, snapshot.as_ref()))?)?;
        self.leave(task, audit)?;
        match seen.differs {
            None => Ok(()),
            Some(epoch) => Err(Differs(format!("task {} differs from its journal at epoch {epoch}", task.0)).into()),
        }
    }
}

fn portrait(
    task: TaskId,
    audit: &mut TaskAudit,
    customer: &CustomerId,
    at: Timestamp,
    (seen, snapshot): (&Seen, Option<&Trusted>),
) -> Result<String> {
    let task = task.0;
    let Some(last) = audit.last().cloned() else {
        let first = audit.next().map_or_else(String::new, |next| format!(": its first cycle began at {}", next.w));
        bail!("nothing was known of {customer} by {at}: task {task}, theirs, had decided nothing{first}");
    };
    let unknown = || {
        format!(
            "nothing was known of {customer} by {at}: task {task}, theirs, had read nothing of them by epoch {}",
            last.epoch
        )
    };
    let KnownCustomer { state, segmentation, decided_up_to } = audit.customer(customer)?.with_context(unknown)?;
    let mut text = format!("as of {at}: after epoch {} of task {task}, whose cycle began at {}\n", last.epoch, last.w);
    writeln!(text, "decided by {}", rules(&last, &segmentation))?;
    if let Some(snapshot) = snapshot {
        writeln!(text, "{}", snapshot.words())?;
    }
    match seen.differs {
        None => writeln!(text, "every epoch decided again up to here is what the journal says")?,
        Some(epoch) => writeln!(
            text,
            "CAUTION: from epoch {epoch} on the journal says otherwise: what follows is what comes of the inputs as they \
             are now, not what was decided then; `segflow audit --task {task}` shows the difference"
        )?,
    }
    let portrait = Portrait { customer, state: &state, segmentation: &segmentation, decided_up_to };
    writeln!(text, "\n{portrait}")?;
    text.push_str(&decisions(seen, snapshot));
    Ok(text)
}

/// Every change of the customer, with its reasons.
fn decisions(seen: &Seen, snapshot: Option<&Trusted>) -> String {
    let since = snapshot.map_or_else(String::new, |snapshot| format!(" after epoch {}", snapshot.epoch));
    let mut text = format!("changes decided{since}\n");
    if seen.decided.is_empty() {
        text.push_str("  none\n");
    }
    let mut last = None;
    for (epoch, w, core) in &seen.decided {
        if last.replace(epoch) != Some(epoch) {
            text.push_str(&format!("  in epoch {epoch}, whose cycle began at {w}\n"));
        }
        text.push_str(&format!("    {}\n", summary(core)));
        if !core.reasons.is_empty() {
            text.push_str(&format!("      {}\n", because(core)));
        }
    }
    text
}
