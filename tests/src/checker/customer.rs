//! One customer, decided from scratch by the few rules of `segmentation.yaml`, written out here by hand.
//!
//! It decides every midnight, every instant at which a fact counts, and every end of an hour's wait. It never solves for
//! the next instant.

use super::Calendar;
use super::debts::{Debts, Outcome};
use super::fact::{Body, Fact, hash};
use super::lane::{Change, Lane, Move};
use super::verdict::{Fault, Verdict};

const DIMENSIONS: [(&str, &[&str]); 7] = [
    ("arrears", &["late", "early", "due", "clear"]),
    ("activity", &["busy", "some", "quiet"]),
    ("value", &["high", "standard"]),
    ("pressure", &["pressed", "reached", "unreached"]),
    ("promise", &["broken", "kept", "open", "none"]),
    ("patience", &["worn", "fresh"]),
    ("tenure", &["known", "new"]),
];
const PATIENCE: usize = 5;
const HOUR_MS: i64 = 3_600_000;

/// A customer: the facts known, the decisions made from them, and the changes told.
pub struct Customer {
    pub id: Box<str>,
    /// The partition of their records.
    pub home: Option<usize>,
    /// Everything before it is decided, by the schedule.
    pub as_of: Option<i64>,
    /// The value that `as_of` has if the engine had a timer at the cursor of silence, which the journal does not tell.
    pub perhaps_as_of: Option<i64>,
    /// Whether only the order of their changes can still be checked.
    pub undecidable: bool,
    /// The partition of the first change told of them.
    told_on: Option<usize>,
    /// The last `next` for which they stand among the task's timers.
    queued: i64,
    seen: Vec<u64>,
    /// The facts that do not count yet, by effective instant.
    pending: Vec<(i64, Fact)>,
    account: Account,
    next: i64,
    places: [Place; DIMENSIONS.len()],
    lanes: [Lane; DIMENSIONS.len()],
}

/// The customer's present segment in a dimension.
#[derive(Clone, Copy, Default)]
struct Place {
    current: Option<usize>,
    entered_at: Option<i64>,
    seq: u64,
}

/// The facts in effect, and what they come to.
#[derive(Default)]
struct Account {
    first_day: Option<i32>,
    /// Those that money and promises depend on, in (`occurred_at`, `event_id`) order.
    facts: Vec<Fact>,
    debts: Debts,
    payments: Vec<(i32, i64, i64)>,
    contacts: Vec<(i32, i64)>,
    /// Since when a promise has been open.
    waiting_since: Option<i64>,
}

impl Customer {
    pub fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            home: None,
            as_of: None,
            perhaps_as_of: None,
            undecidable: false,
            told_on: None,
            queued: i64::MAX,
            seen: Vec::new(),
            pending: Vec::new(),
            account: Account::default(),
            next: i64::MAX,
            places: Default::default(),
            lanes: Default::default(),
        }
    }

    /// Takes a change that was told.
    pub fn told(&mut self, change: Change, partition: usize, at: &str, verdict: &mut Verdict) {
        let who = format!("{at}: {} {}", self.id, change.dimension);
        if !verdict.is_new(change.id) {
            return verdict.fault(Fault::Repeated, format!("{who} seq {}: its change_id", change.seq));
        }
        let first = *self.told_on.get_or_insert(partition);
        if first != partition || self.home.is_some_and(|home| home != partition) {
            let home = self.home.unwrap_or(first);
            verdict.fault(Fault::Misplaced, format!("{who}: expected partition {home}"));
        }
        match DIMENSIONS.iter().position(|(name, _)| *name == change.dimension) {
            Some(lane) => self.lanes[lane].told(&who, change.seq, change.told, verdict),
            None => verdict.fault(Fault::Invented, format!("{who}: there is no such dimension")),
        }
    }

    /// Takes a fact that counts from an instant on. It returns false for a copy of a known one.
    pub fn learn(&mut self, fact: Fact, family: usize, effective: i64) -> bool {
        let key = hash(&fact.event_id).wrapping_add(family as u64);
        if self.knows(&fact, family) {
            return false;
        }
        self.seen.push(key);
        let place = self.pending.partition_point(|(other, _)| *other <= effective);
        self.pending.insert(place, (effective, fact));
        true
    }

    /// Whether a fact is a copy of one that is known.
    pub fn knows(&self, fact: &Fact, family: usize) -> bool {
        self.seen.contains(&hash(&fact.event_id).wrapping_add(family as u64))
    }

    /// The instant at which the next fact comes into effect.
    pub fn next_fact(&self) -> i64 {
        self.pending.first().map_or(i64::MAX, |(effective, _)| *effective)
    }

    /// The instant at which time alone may move them next.
    pub const fn next_silence(&self) -> i64 {
        self.next
    }

    /// As `next_silence`, unless they stand among the timers for it already.
    pub fn queue(&mut self) -> Option<i64> {
        let next = (self.next != self.queued && self.next < i64::MAX).then_some(self.next);
        self.queued = self.next;
        next
    }

    /// Decides every instant before `to`, and returns the number of moves.
    pub fn walk(&mut self, to: i64, calendar: &Calendar, verdict: &mut Verdict) -> usize {
        let mut moves = 0;
        loop {
            let at = self.next_fact().min(self.next);
            if at >= to {
                return moves;
            }
            let due = self.pending.partition_point(|(effective, _)| *effective <= at);
            let news: Vec<Fact> = self.pending.drain(..due).map(|(_, fact)| fact).collect();
            for fact in &news {
                self.account.apply(fact, calendar);
            }
            let cause = news.into_iter().map(|fact| fact.event_id).min();
            moves += self.decide(at, cause, calendar, verdict);
            self.as_of = self.as_of.max(Some(at));
        }
    }

    fn decide(&mut self, at: i64, cause: Option<Box<str>>, calendar: &Calendar, verdict: &mut Verdict) -> usize {
        let today = calendar.day_of(at);
        let open = self.account.promise(today) == Outcome::Open;
        self.account.waiting_since = open.then(|| self.account.waiting_since.unwrap_or(at));
        let entry = self.account.waiting_since.map(|since| since + HOUR_MS);
        self.next = entry.filter(|entry| *entry > at).unwrap_or(i64::MAX).min(calendar.midnight(today + 1));
        let mut moves = 0;
        for (dimension, (name, segments)) in DIMENSIONS.iter().enumerate() {
            let place = &mut self.places[dimension];
            let to = if dimension == PATIENCE {
                let stays = place.current == Some(0) && open;
                usize::from(!(stays || entry.is_some_and(|entry| at >= entry)))
            } else {
                self.account.segment(dimension, place.current, today)
            };
            if place.current == Some(to) {
                continue;
            }
            let expected = Move {
                from: place.current.map(|from| segments[from].into()),
                to: Some(segments[to].into()),
                effective_at: at,
                entered_previous_at: place.entered_at,
                event_id: cause.clone(),
                balance: self.account.balance(),
            };
            *place = Place { current: Some(to), entered_at: Some(at), seq: place.seq + 1 };
            moves += 1;
            if !self.undecidable {
                let who = format!("{} {name}", self.id);
                self.lanes[dimension].expect(&who, place.seq, expected, verdict);
            }
        }
        moves
    }

    /// Checks what can be checked only once everything is read.
    pub fn finish(&self, verdict: &mut Verdict) {
        if self.told_on.is_some() && self.home.is_none() {
            verdict.fault(Fault::Invented, format!("{}: nothing was read of them", self.id));
        }
        if let (Some(told), Some(home)) = (self.told_on, self.home)
            && told != home
        {
            verdict.fault(Fault::Misplaced, format!("{}: expected partition {home}, told on {told}", self.id));
        }
        for ((name, _), lane) in DIMENSIONS.iter().zip(&self.lanes) {
            lane.finish(&format!("{} {name}", self.id), !self.undecidable, verdict);
        }
    }
}

impl Account {
    fn apply(&mut self, fact: &Fact, calendar: &Calendar) {
        let day = calendar.day_of(fact.occurred_at);
        self.first_day = Some(self.first_day.map_or(day, |first| first.min(day)));
        match fact.body {
            Body::Received { amount, .. } => match self.payments.iter_mut().find(|(other, ..)| *other == day) {
                Some((_, count, sum)) => (*count, *sum) = (*count + 1, *sum + amount),
                None => self.payments.push((day, 1, amount)),
            },
            Body::Outbound => match self.contacts.iter_mut().find(|(other, _)| *other == day) {
                Some((_, count)) => *count += 1,
                None => self.contacts.push((day, 1)),
            },
            Body::Issued { .. } | Body::Made { .. } => {}
        }
        if fact.body != Body::Outbound {
            let order = |fact: &Fact| (fact.occurred_at, fact.event_id.clone());
            let place = self.facts.partition_point(|other| order(other) < order(fact));
            self.facts.insert(place, fact.clone());
            self.debts = Debts::of(&self.facts, calendar);
        }
    }

    /// Amount open and due day of what was issued and is not paid.
    fn open(&self) -> impl Iterator<Item = (i64, i32)> {
        self.debts.open().map(|invoice| (invoice.open, invoice.due))
    }

    fn balance(&self) -> i64 {
        self.open().map(|(open, _)| open).sum()
    }

    fn promise(&self, today: i32) -> Outcome {
        self.debts.promise.as_ref().map_or(Outcome::None, |promise| promise.outcome(today))
    }

    fn paid_since(&self, first: i32) -> (i64, i64) {
        let days = self.payments.iter().filter(|(day, ..)| *day >= first);
        days.fold((0, 0), |(counts, sums), (_, count, sum)| (counts + count, sums + sum))
    }

    /// The segment of every dimension but `patience`: its place in `DIMENSIONS`.
    fn segment(&self, dimension: usize, current: Option<usize>, today: i32) -> usize {
        let first = |rules: &[bool]| rules.iter().position(|holds| *holds).unwrap_or(rules.len());
        match dimension {
            0 => {
                let overdue = self.open().map(|(_, due)| today - due).max().unwrap_or(0);
                first(&[overdue >= 2, overdue >= 1, self.open().next().is_some()])
            }
            1 => {
                let (count, _) = self.paid_since(today);
                first(&[count >= 6 || current == Some(0) && count >= 5, count >= 1])
            }
            2 => {
                let (_, sum) = self.paid_since(today - 1);
                first(&[sum >= 30_000 || current == Some(0) && sum >= 25_000])
            }
            3 => {
                let count: i64 = self.contacts.iter().filter(|(day, _)| *day >= today).map(|(_, count)| count).sum();
                first(&[count >= 5, count >= 1])
            }
            4 => {
                let promise = self.promise(today);
                first(&[promise == Outcome::Broken, promise == Outcome::Kept, promise == Outcome::Open])
            }
            _ => first(&[self.first_day.is_some_and(|first| today > first)]),
        }
    }
}
