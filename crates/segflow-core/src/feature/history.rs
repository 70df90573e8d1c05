//! How the ledger stood earlier: delinquency episodes, rolls between buckets, the fate of the first invoice.

use super::Window;
use super::contacts::Contacts;
use super::dated::inside;
use super::ledger::Ledger;
use super::owed::{day_after, exceeding};
use super::promises::count;
use super::reading::{Moment, Reading};
use crate::event::{Body, Channel};
use crate::fact::Fact;
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// How things stood from the fact at `at` until the next.
#[derive(Clone, Copy, Debug)]
struct DebtStanding {
    at: Timestamp,
    /// The due date at which the undisputed sum exceeds the tolerance.
    undisputed: Option<Date>,
    /// The same, disputed parts included.
    open: Option<Date>,
    /// Whether the fact was a write-off.
    written_off: bool,
    /// The first invoice's due date, and whether anything of it was unpaid.
    first: Option<(Date, bool)>,
}

/// From the first day with undisputed overdue above the tolerance until there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Episode {
    /// When it began.
    pub began: Timestamp,
    /// Its first day.
    pub first_day: Date,
    /// When it ended, and whether it was cured; none while it lasts.
    pub ended: Option<(Timestamp, bool)>,
}

/// How things stood after each fact of a replay.
pub struct Standings {
    tolerance_minor: i64,
    list: Vec<DebtStanding>,
}

impl Standings {
    /// None yet.
    #[must_use]
    pub const fn new(tolerance_minor: i64) -> Self {
        Self { tolerance_minor, list: Vec::new() }
    }

    /// Notes what the next fact has led to.
    pub fn note(&mut self, ledger: &Ledger<'_>, fact: &Fact) {
        self.list.push(standing(ledger, fact, self.tolerance_minor));
    }

    /// What they make.
    #[must_use]
    pub fn history(self, zone: &Zone) -> History {
        let episodes = episodes(&self.list, zone);
        let cured = |(place, episode): (usize, &Episode)| match episode.ended {
            Some((at, true)) => Some((zone.date_of(at), place)),
            _ => None,
        };
        let cures = episodes.iter().enumerate().filter_map(cured).collect();
        let mut standings = self.list;
        standings.dedup_by_key(|standing| (standing.undisputed, standing.first));
        History { standings, episodes, cures }
    }
}

/// See the module.
#[derive(Clone, Default, Debug)]
pub struct History {
    /// Those that differ from the one before in what is read of them later.
    standings: Vec<DebtStanding>,
    /// In order; the last may lie in the future, where silence leads to it.
    episodes: Vec<Episode>,
    /// Local days of cures, ascending, with the episode.
    cures: Vec<(Date, usize)>,
}

impl History {
    /// Replays facts given in order.
    #[must_use]
    pub fn of(facts: &[&Fact], tolerance_minor: i64, zone: &Zone) -> Self {
        let mut standings = Standings::new(tolerance_minor);
        Ledger::replay(facts, |ledger, fact| standings.note(ledger, fact));
        standings.history(zone)
    }

    /// Every episode that began before an instant.
    fn begun(&self, at: Timestamp) -> &[Episode] {
        &self.episodes[..self.episodes.partition_point(|episode| episode.began <= at)]
    }

    /// When the next episode begins, if nothing happens.
    fn next_begin(&self, at: Timestamp) -> Timestamp {
        self.episodes.get(self.begun(at).len()).map_or(Timestamp::NEVER, |next| next.began)
    }

    /// `episodes(w)`
    #[must_use]
    pub fn count(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let recent = inside(self.begun(moment.at), |episode| episode.first_day, window, moment);
        Timed::until(count(recent.value.len()), recent.until.min(self.next_begin(moment.at)))
    }

    /// `episode.days`
    #[must_use]
    pub fn days(&self, moment: Moment<'_>) -> Timed<Reading<'static>> {
        match self.begun(moment.at).last() {
            Some(Episode { first_day, ended: None, .. }) => Timed::always(Reading::Since(*first_day)),
            _ => Timed::until(Reading::Absent, self.next_begin(moment.at)),
        }
    }

    /// `cured.days`
    #[must_use]
    pub fn cured_days(&self) -> Reading<'static> {
        self.cures.last().map_or(Reading::Absent, |(date, _)| Reading::Since(*date))
    }

    /// `self_cure_ratio(w)`, also of one channel.
    #[must_use]
    pub fn self_cure_ratio(
        &self,
        window: Window,
        channel: Option<Channel>,
        contacts: &Contacts,
        moment: Moment<'_>,
    ) -> Timed<Reading<'static>> {
        let cures = inside(&self.cures, |(date, _)| *date, window, moment);
        let alone = cures.value.iter().filter(|(_, place)| {
            let Episode { began, ended, .. } = self.episodes[*place];
            let (cured, _) = ended.expect("a cured episode has ended");
            !contacts.any_outbound(channel, began, cured)
        });
        let ratio = Reading::Ratio(count(alone.count()), count(cures.value.len()));
        Timed::until(if cures.value.is_empty() { Reading::Absent } else { ratio }, cures.until)
    }

    /// `roll(w)`: bucket now less bucket at the end of the day that lies `w` days back.
    #[must_use]
    pub fn roll(&self, window: Window, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let last = self.standings.last().and_then(|last| last.undisputed);
        let roll = |today: Date| {
            let then = self.exceeding_on(today.plus_days(-window.days), moment.zone);
            bucket(last, today) - bucket(then, today.plus_days(-window.days))
        };
        let now = roll(moment.today);
        let mut turns = Vec::new();
        let mut before = None;
        let mut differs = |standing: &&DebtStanding| before.replace(standing.undisputed) != Some(standing.undisputed);
        for standing in self.standings.iter().filter(|standing| differs(standing)) {
            turns.push(moment.zone.date_of(standing.at).plus_days(window.days));
            if let Some(due) = standing.undisputed {
                turns.extend(EDGES.map(|edge| due.plus_days(edge + window.days)));
            }
        }
        if let Some(due) = last {
            turns.extend(EDGES.map(|edge| due.plus_days(edge)));
        }
        turns.retain(|day| *day > moment.today);
        turns.sort_unstable();
        let turn = turns.into_iter().find(|day| roll(*day) != now);
        Timed::until(Reading::Int(now), turn.map_or(Timestamp::NEVER, |day| moment.zone.midnight(day)))
    }

    /// The due date at which the undisputed sum exceeded the tolerance at the end of a day.
    fn exceeding_on(&self, day: Date, zone: &Zone) -> Option<Date> {
        let end = zone.midnight(day.plus_days(1));
        let known = self.standings.partition_point(|standing| standing.at < end);
        self.standings[..known].last().and_then(|standing| standing.undisputed)
    }

    /// `first_payment_default`, where history is complete.
    #[must_use]
    pub fn first_payment_default(&self, moment: Moment<'_>) -> Timed<bool> {
        for (place, standing) in self.standings.iter().enumerate() {
            let Some((due, unpaid)) = standing.first else { continue };
            let judged = moment.zone.midnight(due.plus_days(PAYMENT_DEFAULT_DAYS)).max(standing.at);
            let stands = self.standings.get(place + 1).map_or(Timestamp::NEVER, |next| next.at);
            if judged <= stands && judged <= moment.at {
                return Timed::always(unpaid);
            }
            if stands == Timestamp::NEVER {
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

/// The bucket of 30 days of a DPD: 0, 1-29, 30-59 ... 180+.
fn bucket(due: Option<Date>, day: Date) -> i64 {
    let days = due.map_or(0, |due| day.days_since(due));
    count(EDGES.iter().filter(|edge| days >= i64::from(**edge)).count())
}

fn standing(ledger: &Ledger<'_>, fact: &Fact, tolerance_minor: i64) -> DebtStanding {
    let undisputed = ledger.open().map(|invoice| (invoice.due, invoice.undisputed()));
    let open = ledger.open().map(|invoice| (invoice.due, invoice.open()));
    DebtStanding {
        at: fact.occurred_at,
        undisputed: exceeding(undisputed, tolerance_minor),
        open: exceeding(open, tolerance_minor),
        written_off: matches!(fact.body, Body::WrittenOff { .. }),
        first: ledger.invoices.first().map(|first| (first.due, first.unpaid() > 0)),
    }
}

fn episodes(standings: &[DebtStanding], zone: &Zone) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = Vec::new();
    for (place, standing) in standings.iter().enumerate() {
        let next = standings.get(place + 1).map_or(Timestamp::NEVER, |next| next.at);
        if let Some(present) = episodes.last_mut().filter(|episode| episode.ended.is_none()) {
            if standing.open.is_none_or(|due| day_after(due, zone) > standing.at) {
                present.ended = Some((standing.at, !standing.written_off));
            } else {
                continue;
            }
        }
        let Some(overdue) = standing.undisputed.map(|due| day_after(due, zone)) else { continue };
        if overdue <= standing.at || overdue < next {
            let began = overdue.max(standing.at);
            episodes.push(Episode { began, first_day: zone.date_of(began), ended: None });
        }
    }
    episodes
}
