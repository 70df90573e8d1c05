//! Every epoch compared with the journal, task by task, up to the first difference of each.

use std::ops::ControlFlow;

use anyhow::{Result, bail};
use segflow_core::digest::Digest;
use segflow_core::time::Timestamp;
use segflow_runtime::log::TaskId;
use segflow_runtime::recovery::audit::{Audited, Verdict};

use super::begin::{Beginning, Trusted};
use super::{Auditor, Differs, print};

/// The result of comparing epochs, of one task or of all.
#[derive(Default)]
struct Compared {
    /// The number of epochs that are equal.
    epochs: u64,
    /// The first and the last of them, with the beginnings of their cycles.
    ends: Option<[(u64, Timestamp); 2]>,
    changes: u64,
    digest: Digest,
    /// The number of these that read fewer records than then and decided the same.
    fewer: u64,
    /// The first epoch before `--from` that differs.
    earlier: Option<u64>,
    /// The first epoch to be compared that differs.
    differs: Option<Box<Audited>>,
}

impl Compared {
    /// Takes an epoch; breaks at one that differs.
    fn take(&mut self, audited: Audited, from: Option<Timestamp>) -> ControlFlow<()> {
        let (verdict, epoch, w) = (audited.verdict(), audited.record.epoch, audited.record.w);
        if from.is_some_and(|from| w < from) {
            self.earlier = self.earlier.or((verdict == Verdict::Differs).then_some(epoch));
            return ControlFlow::Continue(());
        }
        if verdict == Verdict::Differs {
            self.differs = Some(Box::new(audited));
            return ControlFlow::Break(());
        }
        self.epochs += 1;
        self.ends = Some([self.ends.map_or((epoch, w), |[first, _]| first), (epoch, w)]);
        self.changes += audited.counts.changes;
        self.digest.merge(audited.digest);
        self.fewer += u64::from(verdict == Verdict::Fewer);
        ControlFlow::Continue(())
    }

    /// `epochs 1 to 120 (cycles of .. to ..), 4211 changes: equal`
    fn words(&self) -> String {
        let Some([(first, began), (last, ended)]) = self.ends else { return "no epoch to compare".to_owned() };
        let mut words =
            format!("epochs {first} to {last} (cycles of {began} to {ended}), {} changes: equal", self.changes);
        if self.fewer > 0 {
            words.push_str(&format!(
                "; {} of them read fewer records than then, which had no part in what was decided: some were deleted \
                 from the inputs, or compacted away",
                self.fewer
            ));
        }
        words
    }
}

impl Auditor {
    /// Compares every epoch of some tasks whose cycle began in `[from, to)`.
    pub fn compare(&mut self, tasks: &[TaskId], from: Option<Timestamp>, to: Option<Timestamp>) -> Result<()> {
        let (mut all, mut differing, mut missed) = (Compared::default(), Vec::new(), Vec::new());
        for task in tasks {
            let mine = match self.compare_one(*task, from, to) {
                Err(error) if !self.is_interrupted() => {
                    print(&format!("task {}: could not be audited: {error:#}\n", task.0))?;
                    missed.push(format!("task {}: {error:#}", task.0));
                    continue;
                }
                mine => mine?,
            };
            print(&format!("task {}: {}\n", task.0, mine.words()))?;
            if let Some(earlier) = mine.earlier {
                print(&format!("task {}: epoch {earlier}, before --from, differs\n", task.0))?;
            }
            if let Some(audited) = &mine.differs {
                let text = self.difference(*task, audited)?;
                print(&text)?;
                differing.push(format!("task {} at epoch {}", task.0, audited.record.epoch));
            }
            (all.epochs, all.changes) = (all.epochs + mine.epochs, all.changes + mine.changes);
            all.digest.merge(mine.digest);
        }
        if !differing.is_empty() {
            let (count, tasks) = (differing.len(), tasks.len());
            let reason = format!("{count} of {tasks} tasks differ from their journals: {}", differing.join(", "));
            return Err(Differs(reason).into());
        }
        if !missed.is_empty() {
            bail!("{} of {} tasks could not be audited: {}", missed.len(), tasks.len(), missed.join("; "));
        }
        if all.epochs == 0 && from.is_none() && to.is_none() {
            bail!("nothing was compared: the journals of these tasks have no epoch yet");
        }
        if all.epochs == 0 {
            bail!("nothing was compared: no epoch of these tasks lies within --from and --to");
        }
        let Compared { epochs, changes, digest, .. } = all;
        print(&format!("equal: {epochs} epochs of {} tasks, {changes} changes, digest {digest}\n", tasks.len()))
    }

    fn compare_one(&mut self, task: TaskId, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Compared> {
        let mut mine = Compared::default();
        let end = self.end(task)?;
        if end == 0 {
            return Ok(mine);
        }
        let Beginning { mut audit, snapshot } = self.begin(task, end)?;
        if let Some(snapshot) = &snapshot {
            within(task, snapshot, from, to)?;
            print(&format!("task {}: {}\n", task.0, snapshot.words()))?;
        }
        self.each(task, &mut audit, (end, to), |audited| mine.take(audited, from))?;
        self.leave(task, audit)?;
        Ok(mine)
    }
}

impl Trusted {
    /// The epoch with which the audit begins, and the reason.
    pub fn words(&self) -> String {
        let Self { epoch, w, why } = self;
        format!(
            "begins after epoch {epoch} (cycle of {w}), with its snapshot, whose states are taken as they are: {why}"
        )
    }
}

/// Refuses a period that begins before the snapshot: its epochs cannot be decided again.
fn within(task: TaskId, snapshot: &Trusted, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<()> {
    let Trusted { epoch, w, why } = snapshot;
    for (argument, at) in [("--from", from), ("--to", to)] {
        if let Some(at) = at.filter(|at| at <= w) {
            bail!(
                "{argument}: expected an instant after {w}, when the cycle of epoch {epoch} of task {} began, found \
                 {at}: {why}, so that the audit begins with the snapshot of that epoch",
                task.0
            );
        }
    }
    Ok(())
}
