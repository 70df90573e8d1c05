//! Before S0 of a task: its shadow is gone on with, begun, or refused.

use tracing::{info, warn};

use super::run::Run;
use super::{RulePair, Shadows, give_back, progress};
use crate::error::TaskError;
use crate::log::{Group, TaskId};
use crate::status::{Shadowing, Status, report};
use crate::task::TaskState;
use crate::worker::TaskContext;
use segflow_engine::rules::{Refused, may_follow};

impl Shadows {
    /// Before S0 of a task that runs: ensures that its shadow is that of the present candidate, at the live store's epoch.
    pub(crate) fn attend<G: Group>(&mut self, context: TaskContext<'_>, log: &mut G, state: &TaskState) {
        let TaskContext { config, status, task, .. } = context;
        let Some(candidates) = &config.shadow else { return };
        let marked = if self.compared.insert(task) { log.marked(task) } else { None };
        // Noted at once: the run that it names may never be taken up, but its name is used.
        if let Some(number) = marked.as_deref().and_then(progress::number_of) {
            let last = self.numbers.entry(task).or_default();
            *last = number.max(*last);
        }
        let live = state.present(config);
        let Some(candidate) = candidates.offered() else {
            self.runs.remove(&task);
            report::shadow(status, task, Shadowing::Invalid);
            return;
        };
        let pair = RulePair { candidate, live };
        if self.runs.get(&task).is_some_and(|run| run.is_of(&pair)) {
            return;
        }
        self.runs.remove(&task);
        if let Err(refused) = may_follow(&pair.candidate, &pair.live) {
            self.refuse(context, &pair, refused);
            return;
        }
        if self.resting.get(&task).is_some_and(|(until, _)| config.time.now() < *until) {
            return;
        }
        match self.enter(context, state, &pair, marked.as_deref()) {
            Ok(()) => {}
            Err(TaskError::Busy(_)) => {
                report::shadow(status, task, Shadowing::Waiting);
            }
            Err(error) => self.fail(config, status, task, &error.to_string()),
        }
    }

    /// Takes up the run where it was left, or begins another one.
    fn enter(
        &mut self,
        context: TaskContext<'_>,
        state: &TaskState,
        pair: &RulePair,
        marked: Option<&str>,
    ) -> Result<(), TaskError> {
        let TaskContext { config, status, task, .. } = context;
        let candidate = &pair.candidate.hash;
        if let Some(marked) = marked
            && let Some(run) = Run::resume(config, task, pair, marked)?
        {
            info!(task = task.0, run = run.name(), candidate, "the shadow goes on");
            self.enters(status, task, run);
            return Ok(());
        }
        let copies = state.epoch() > 0;
        if state.is_migrating() || copies && self.copied {
            report::shadow(status, task, Shadowing::Waiting);
            return Ok(());
        }
        self.copied |= copies;
        let number = self.numbers.get(&task).copied().unwrap_or(0) + 1;
        let run = Run::begin(config, state, pair, &self.owner, number)?;
        let epoch = state.epoch();
        info!(task = task.0, run = run.name(), epoch, candidate, "the shadow begins from the live store");
        report::shadow_begun(status, task);
        self.enters(status, task, run);
        Ok(())
    }

    fn enters(&mut self, status: &Status, task: TaskId, run: Run) {
        report::shadow_goes(status, task, run.is_migrating(), run.differing());
        self.numbers.insert(task, run.number());
        self.runs.insert(task, run);
    }

    /// The candidate may not follow the live rules. Its store is of no more use.
    fn refuse(&self, context: TaskContext<'_>, pair: &RulePair, refused: Refused) {
        let (TaskContext { config, status, task, .. }, RulePair { candidate, live }) = (context, pair);
        if !report::shadow(status, task, Shadowing::Refused(refused.word())) {
            return;
        }
        if config.shadow.as_ref().is_some_and(|shadow| shadow.is_first_refusal(&candidate.hash)) {
            warn!(
                task = task.0,
                offered = format_args!("{} version {}", candidate.name, candidate.version),
                in_force = format_args!("{} version {}", live.name, live.version),
                "the candidate could not be activated, so that it has no shadow: {}",
                refused.reason()
            );
        }
        give_back(config, task);
    }
}
