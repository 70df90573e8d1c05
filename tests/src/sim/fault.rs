//! What goes wrong in a run: where, how the commit ends, and whether the victim dies or only sleeps.

/// A step of the cycle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SimulationStep {
    /// Reading and proving the ends.
    S0,
    /// Beginning the transaction.
    S1,
    /// Producing, flushing.
    S2,
    /// Sending the offsets.
    S3,
    /// Committing.
    S4,
    /// Committed, not yet written.
    S5,
    /// Written.
    S6,
}

/// How the victim's commit ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// Committed.
    Done,
    /// Aborted, and the producer is told.
    Aborted,
    /// Committed, and the answer is lost.
    UnknownButDone,
    /// Never decided, and the answer is lost.
    UnknownAndAborted,
    /// Outputs stay in the producer's buffer for as long as it may keep them there; then committed.
    Buffered,
    /// Another producer of the same name has taken over.
    Fenced,
}

/// Every step.
pub const STEPS: [SimulationStep; 7] = [
    SimulationStep::S0,
    SimulationStep::S1,
    SimulationStep::S2,
    SimulationStep::S3,
    SimulationStep::S4,
    SimulationStep::S5,
    SimulationStep::S6,
];

/// Every outcome.
pub const OUTCOMES: [Outcome; 6] = [
    Outcome::Done,
    Outcome::Aborted,
    Outcome::UnknownButDone,
    Outcome::UnknownAndAborted,
    Outcome::Buffered,
    Outcome::Fenced,
];

/// The fault of a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fault {
    /// Where the victim is struck: at S4 to S6 of the commit that has the outcome, at S0 to S3 of a later cycle.
    pub step: SimulationStep,
    /// How that commit ends.
    pub outcome: Outcome,
    /// The victim sleeps there while the others take its tasks over, and wakes, instead of dying.
    pub zombie: bool,
}

impl Fault {
    /// How many there are.
    pub const COUNT: u64 = (STEPS.len() * OUTCOMES.len() * 2) as u64;

    /// The fault of a seed: every one comes up in turn.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let index = (seed % Self::COUNT) as usize;
        let (index, zombie) = (index / 2, index % 2 == 1);
        Self { step: STEPS[index % STEPS.len()], outcome: OUTCOMES[index / STEPS.len()], zombie }
    }
}

/// A promise that is broken on purpose, to see an invariant fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sabotage {
    /// None.
    None,
    /// The flush does nothing, and recovery does not wait for pending offsets.
    FlushAndFirstBarrier,
    /// Recovery does not wait for the tail of the journal.
    SecondBarrier,
    /// The store is written before the commit.
    WriteBeforeCommit,
    /// The hosts' clocks are wrong, and nobody looks.
    HostClockUnchecked,
}
