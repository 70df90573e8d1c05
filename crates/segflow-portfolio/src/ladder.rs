//! The creditor's own dunning policy: a step for each of some days past due of the oldest open invoice.

/// A step of the creditor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LadderStep {
    /// A friendly word before the due date, to some.
    Courtesy,
    /// A text or an e-mail, as the customer prefers.
    Reminder,
    Call,
    Letter,
    /// Somebody rings the bell.
    Visit,
}

/// Days past due, and the step. Rungs are further apart than a weekend, so that a step moved past one is done once.
const LADDER: [(i64, LadderStep); 17] = [
    (-3, LadderStep::Courtesy),
    (2, LadderStep::Reminder),
    (6, LadderStep::Reminder),
    (10, LadderStep::Call),
    (14, LadderStep::Letter),
    (19, LadderStep::Call),
    (24, LadderStep::Reminder),
    (28, LadderStep::Call),
    (34, LadderStep::Letter),
    (39, LadderStep::Call),
    (46, LadderStep::Reminder),
    (52, LadderStep::Call),
    (57, LadderStep::Letter),
    (64, LadderStep::Call),
    (75, LadderStep::Letter),
    (88, LadderStep::Call),
    (104, LadderStep::Visit),
];

/// The days between two letters beyond the end of the ladder.
const LETTER_EVERY_DAYS: i64 = 28;

/// From here on the account is looked at to be written off.
pub(crate) const WRITE_OFF_FROM: i64 = 180;

/// How far a step may be moved by a weekend, in days.
const SLACK_DAYS: i64 = 2;

/// The step of a day, if that day or one of the two before it is a rung.
pub(crate) fn step_at(days_past_due: i64) -> Option<LadderStep> {
    let (last, _) = LADDER[LADDER.len() - 1];
    if days_past_due > last + SLACK_DAYS {
        return ((days_past_due - last) % LETTER_EVERY_DAYS <= SLACK_DAYS).then_some(LadderStep::Letter);
    }
    LADDER
        .iter()
        .rfind(|(day, _)| *day <= days_past_due)
        .filter(|(day, _)| days_past_due - day <= SLACK_DAYS)
        .map(|(_, step)| *step)
}

/// The next rung after a day and its slack.
pub(crate) fn next_after(days_past_due: i64) -> i64 {
    let (last, _) = LADDER[LADDER.len() - 1];
    LADDER.iter().map(|(day, _)| *day).find(|day| *day > days_past_due).unwrap_or_else(|| {
        let letters = (days_past_due - last) / LETTER_EVERY_DAYS + 1;
        last + letters * LETTER_EVERY_DAYS
    })
}
