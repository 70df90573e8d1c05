//! How the ledger stood earlier: delinquency episodes, rolls between buckets, the fate of the first invoice.

use super::contacts::Contacts;
use super::ledger::{Ledger, Step};
use super::owed::{day_after, exceeding};
use crate::event::Channel;
use crate::feature::reading::{Moment, Reading, count};
use crate::feature::window::{Calendar, Window, inside};
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// How the debt stood after the facts of an instant or the end of a hold, until the next one. The end of a hold may lie in the future.
#[derive(Clone, Copy, Debug)]
struct Debt {
    /// When that was.
    at: Timestamp,
    /// The due date at which the sum that is collected exceeds the tolerance.
    collected: Option<Date>,
    /// The same, what is disputed or on hold included.
    open: Option<Date>,
    /// Whether an invoice was written off then.
    written_off: bool,
    /// The first invoice's due date, and whether anything of it was unpaid.
    first: Option<(Date, bool)>,
}

/// A delinquency episode: it lasts from the first day with undisputed overdue above the tolerance until there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Episode {
    /// When it began.
    pub began: Timestamp,
    /// Its first day.
    pub first_day: Date,
    /// When it ended, and whether it was cured; none while it lasts.
    pub ended: Option<(Timestamp, bool)>,
}

/// Collects how the debt stood after each fact of a replay.
#[derive(Clone, Debug)]
pub struct HistoryBuilder {
    tolerance_minor: i64,
    debts: Vec<Debt>,
}

impl HistoryBuilder {
    /// A builder that has noted nothing yet.
    #[must_use]
    pub const fn new(tolerance_minor: i64) -> Self {
        Self { tolerance_minor, debts: Vec::new() }
    }

    /// Notes how the debt stands after the next fact, or after the end of a hold.
    pub fn note(&mut self, ledger: &Ledger, step: Step, zone: &Zone) {
        self.debts.push(debt_after(ledger, step, self.tolerance_minor, zone));
    }

    /// The history of what was noted.
    #[must_use]
    pub fn build(self, zone: &Zone) -> History {
        let episodes = episodes(&self.debts, zone);
        let cured = |(place, episode): (usize, &Episode)| match episode.ended {
            Some((at, true)) => Some((at, place)),
            _ => None,
        };
        let cures = episodes.iter().enumerate().filter_map(cured).collect();
        let mut debts = self.debts;
        debts.dedup_by_key(|debt| (debt.collected, debt.first));
        History { debts, episodes, cures }
    }
}

/// How the ledger stood earlier.
#[derive(Clone, Default, Debug)]
pub struct History {
    /// In order. A debt that features cannot tell from the one before it is left out.
    debts: Vec<Debt>,
    /// In order; the last may lie in the future, where it begins if no fact arrives.
    episodes: Vec<Episode>,
    /// Instants of cures, ascending, with the place of the episode.
    cures: Vec<(Timestamp, usize)>,
}

impl History {
    /// Every episode that has begun at an instant.
    fn begun(&self, at: Timestamp) -> &[Episode] {
        &self.episodes[..self.episodes.partition_point(|episode| episode.began <= at)]
    }

    /// When the next episode begins, if no fact arrives.
    fn next_begin(&self, at: Timestamp) -> Timestamp {
        self.episodes.get(self.begun(at).len()).map_or(Timestamp::NEVER, |next| next.began)
    }

    /// The episode that has begun and not ended at an instant, suspended or not. Only a fact ends it.
    #[must_use]
    pub fn present(&self, at: Timestamp) -> Timed<Option<Episode>> {
        match self.begun(at).last() {
            Some(episode) if episode.ended.is_none() => Timed::always(Some(*episode)),
            _ => Timed::until(None, self.next_begin(at)),
        }
    }

    /// `episodes(w)`
    #[must_use]
    pub fn count(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let recent = inside(self.begun(moment.at), |episode| episode.began, window, moment);
        Timed::until(count(recent.value.len()), recent.until.min(self.next_begin(moment.at)))
    }

    /// `episode.days`
    #[must_use]
    pub fn days(&self, moment: Moment<'_>) -> Timed<Reading<'static>> {
        self.present(moment.at)
            .map(|present| present.map_or(Reading::Absent, |episode| Reading::Since(episode.first_day)))
    }

    /// `cured.days`
    #[must_use]
    pub fn cured_days(&self, zone: &Zone) -> Reading<'static> {
        self.cures.last().map_or(Reading::Absent, |(at, _)| Reading::Since(zone.date_of(*at)))
    }

    /// `self_cure_ratio(w)`, on one channel if it is named.
    #[must_use]
    pub fn self_cure_ratio(
        &self,
        window: Window,
        channel: Option<Channel>,
        contacts: &Contacts,
        moment: Moment<'_>,
    ) -> Timed<Reading<'static>> {
        let cures = inside(&self.cures, |(at, _)| *at, window, moment);
        let alone = cures.value.iter().filter(|(_, place)| {
            let Episode { began, ended, .. } = self.episodes[*place];
            let (cured, _) = ended.expect("a cured episode has ended");
            !contacts.any_outbound(channel, began, cured)
        });
        let ratio = Reading::Ratio(count(alone.count()), count(cures.value.len()));
        Timed::until(if cures.value.is_empty() { Reading::Absent } else { ratio }, cures.until)
    }

    /// `roll(w)`: the bucket now, less the bucket at the end of the day before the window.
    #[must_use]
    pub fn roll(&self, window: Calendar, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let bucket_on = |day: Date| bucket(self.exceeding_on(day, moment.zone), day);
        let roll = |today: Date| bucket_on(today) - bucket_on(window.first_day(today).plus_days(-1));
        let now = roll(moment.today);
        let first = window.first_day(moment.today).plus_days(-1);
        let mut turns = Vec::new();
        let mut before = None;
        let differs = |debt: &&Debt| before.replace(debt.collected) != Some(debt.collected);
        let mut debts = self.debts.iter().filter(differs).peekable();
        while let Some(debt) = debts.next() {
            let ends = debts.peek().map(|next| moment.zone.date_of(next.at));
            if ends.is_some_and(|ends| ends <= first) {
                continue;
            }
            let changed = moment.zone.date_of(debt.at);
            turns.extend([changed, window.first_day_after(changed)]);
            let crossed = debt.collected.into_iter().flat_map(|due| EDGES.map(|edge| due.plus_days(edge)));
            turns.extend(crossed.clone().map(|day| window.first_day_after(day)));
            if ends.is_none_or(|ends| ends > moment.today) {
                turns.extend(crossed);
            }
        }
        turns.retain(|day| *day > moment.today);
        turns.sort_unstable();
        turns.dedup();
        let turn = turns.into_iter().find(|day| roll(*day) != now);
        Timed::until(Reading::Int(now), turn.map_or(Timestamp::NEVER, |day| moment.zone.midnight(day)))
    }

    /// The due date at which the sum that is collected exceeds the tolerance at the end of a day.
    fn exceeding_on(&self, day: Date, zone: &Zone) -> Option<Date> {
        let end = zone.midnight(day.plus_days(1));
        let known = self.debts.partition_point(|debt| debt.at < end);
        self.debts[..known].last().and_then(|debt| debt.collected)
    }

    /// `first_payment_default`, where history is complete.
    #[must_use]
    pub fn first_payment_default(&self, moment: Moment<'_>) -> Timed<bool> {
        for (place, debt) in self.debts.iter().enumerate() {
            let Some((due, unpaid)) = debt.first else { continue };
            let midnight = moment.zone.midnight(due.plus_days(PAYMENT_DEFAULT_DAYS));
            let judged = midnight.max(debt.at);
            let stands = self.debts.get(place + 1).map_or(Timestamp::NEVER, |next| next.at);
            if judged <= stands && judged <= moment.at {
                // A due date that is moved back is judged by how things stood then.
                let then = self.debts[..=place].iter().rfind(|earlier| earlier.at < midnight);
                return Timed::always(then.and_then(|then| then.first).map_or(unpaid, |(_, unpaid)| unpaid));
            }
            if judged <= stands {
                return Timed::until(false, if unpaid { judged } else { Timestamp::NEVER });
            }
        }
        Timed::always(false)
    }

    /// Episodes, in order.
    #[must_use]
    pub fn episodes(&self) -> &[Episode] {
        &self.episodes
    }
}

/// Days past due on which another bucket begins.
const EDGES: [i32; 7] = [1, 30, 60, 90, 120, 150, 180];
/// Days after its due date on which the first invoice is judged.
const PAYMENT_DEFAULT_DAYS: i32 = 30;

/// The bucket of a number of days past due: 0, 1-29, 30-59 ... 180 and more, counted from 0.
fn bucket(due: Option<Date>, day: Date) -> i64 {
    let days = due.map_or(0, |due| day.days_since(due));
    count(EDGES.iter().filter(|edge| days >= i64::from(**edge)).count())
}

/// How the debt stands after a step.
fn debt_after(ledger: &Ledger, step: Step, tolerance_minor: i64, zone: &Zone) -> Debt {
    let today = zone.date_of(step.at);
    let collected = ledger.open().map(|invoice| (invoice.due, invoice.collectable(today)));
    let open = ledger.open().map(|invoice| (invoice.due, invoice.open()));
    Debt {
        at: step.at,
        collected: exceeding(collected, tolerance_minor),
        open: exceeding(open, tolerance_minor),
        written_off: step.written_off,
        first: ledger.invoices.first().map(|first| (first.due, first.unpaid() > 0)),
    }
}

fn episodes(debts: &[Debt], zone: &Zone) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = Vec::new();
    for (place, debt) in debts.iter().enumerate() {
        let next = debts.get(place + 1).map_or(Timestamp::NEVER, |next| next.at);
        if let Some(present) = episodes.last_mut().filter(|episode| episode.ended.is_none()) {
            if debt.open.is_none_or(|due| day_after(due, zone) > debt.at) {
                present.ended = Some((debt.at, !debt.written_off));
            } else {
                continue;
            }
        }
        let Some(overdue) = debt.collected.map(|due| day_after(due, zone)) else { continue };
        if overdue <= debt.at || overdue < next {
            let began = overdue.max(debt.at);
            episodes.push(Episode { began, first_day: zone.date_of(began), ended: None });
        }
    }
    episodes
}
