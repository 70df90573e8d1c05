//! One partition of those read for recovery: what was fetched ahead of it, and how far.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use segflow_core::time::Timestamp;
use segflow_runtime::log::Headers;

/// A record of a range.
pub(crate) struct Found {
    pub(crate) offset: u64,
    pub(crate) timestamp: Timestamp,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Headers,
}

impl Found {
    fn bytes(&self) -> usize {
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        let headers = self.headers.iter().map(|(name, value)| name.len() + length(value));
        size_of::<Self>() + length(&self.key) + length(&self.value) + headers.sum::<usize>()
    }
}

/// What was fetched ahead of one partition.
pub(crate) struct Prefetch {
    /// Everything before it has been returned.
    pub(crate) next: u64,
    /// Whether it is not being fetched at the moment, since it has enough.
    pub(crate) paused: bool,
    ahead: VecDeque<Found>,
    bytes: usize,
    /// Everything before it was returned or is ahead.
    reached: u64,
    /// Since when nothing has come although it was asked for.
    stalled: Option<Instant>,
    suspicion: Option<String>,
    /// A suspicion that lost records do not explain.
    damage: Option<String>,
}

impl Prefetch {
    /// One that is read from an offset on.
    pub(crate) fn new(from: u64) -> Self {
        Self {
            next: from,
            paused: false,
            ahead: VecDeque::new(),
            bytes: 0,
            reached: from,
            stalled: None,
            suspicion: None,
            damage: None,
        }
    }

    /// What is kept ahead, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Goes on at an offset, if it lies ahead by what was fetched already or `most` more; false if it must be sought.
    pub(crate) fn skip_to(&mut self, from: u64, most: u64) -> bool {
        if from < self.next || from > self.reached.saturating_add(most) {
            return false;
        }
        while self.ahead.front().is_some_and(|found| found.offset < from) {
            self.pop();
        }
        self.next = from;
        true
    }

    /// Keeps a record that was fetched; one that is known already, or was skipped, is dropped.
    pub(crate) fn keep(&mut self, found: Found) {
        if found.offset < self.reached {
            return;
        }
        self.reached = found.offset + 1;
        if found.offset >= self.next {
            self.bytes += found.bytes();
            self.ahead.push_back(found);
        }
    }

    /// Everything before this position was fetched, markers included.
    pub(crate) fn reach(&mut self, position: u64) {
        self.reached = self.reached.max(position);
    }

    /// Takes records before `to`, if that is given, until there are `most`. Returns whether that is all there is to take.
    pub(crate) fn take(&mut self, to: Option<u64>, most: usize, taken: &mut Vec<Found>) -> bool {
        let from = self.next;
        while taken.len() < most && self.ahead.front().is_some_and(|found| to.is_none_or(|to| found.offset < to)) {
            let found = self.pop().expect("just seen");
            self.next = found.offset + 1;
            taken.push(found);
        }
        let full = taken.len() == most;
        if !full {
            let known = self.ahead.front().map_or(self.reached, |found| found.offset);
            self.next = self.next.max(to.map_or(known, |to| known.min(to)));
        }
        if self.next > from {
            (self.stalled, self.suspicion, self.damage) = (None, None, None);
        }
        full || to.is_some_and(|to| self.next >= to)
    }

    /// For how long nothing has come, counted from the first time that it was asked.
    pub(crate) fn stalled(&mut self) -> Duration {
        self.stalled.get_or_insert_with(Instant::now).elapsed()
    }

    /// It is looked into: the time begins anew.
    pub(crate) fn stand(&mut self) {
        self.stalled = None;
    }

    /// The client has said something that may be about this partition.
    pub(crate) fn suspect(&mut self, said: Option<&str>) {
        if let Some(said) = said {
            self.suspicion = Some(said.to_owned());
        }
    }

    /// Whether records may be lost.
    pub(crate) fn is_suspect(&self) -> bool {
        self.suspicion.is_some()
    }

    /// No records are lost. Returns what was said all the same.
    pub(crate) fn cleared(&mut self) -> Option<String> {
        self.damage = self.suspicion.take().or(self.damage.take());
        self.damage.clone()
    }

    fn pop(&mut self) -> Option<Found> {
        let found = self.ahead.pop_front()?;
        self.bytes -= found.bytes();
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(offset: u64) -> Found {
        Found { offset, timestamp: Timestamp(0), key: None, value: Some(vec![0; 100]), headers: Vec::new() }
    }

    fn taken(part: &mut Prefetch, to: u64, most: usize) -> (Vec<u64>, u64, bool) {
        let mut taken = Vec::new();
        let whole = part.take(Some(to), most, &mut taken);
        (taken.into_iter().map(|found| found.offset).collect(), part.next, whole)
    }

    #[test]
    fn a_range_is_taken_as_it_comes_and_ends_at_a_marker_or_at_a_later_record() {
        let mut part = Prefetch::new(3);
        assert_eq!(taken(&mut part, 8, 10), (vec![], 3, false));
        [3, 4, 4].into_iter().for_each(|offset| part.keep(found(offset)));
        assert_eq!(taken(&mut part, 8, 10), (vec![3, 4], 5, false), "a part, and nothing twice");
        part.reach(8);
        assert_eq!(taken(&mut part, 8, 10), (vec![], 8, true), "the rest are markers");
        part.keep(found(11));
        assert_eq!(taken(&mut part, 10, 10), (vec![], 10, true), "what follows is known");
        assert_eq!(taken(&mut part, 20, 1), (vec![11], 12, true), "as many as asked for");
        assert_eq!(part.bytes(), 0);
    }

    #[test]
    fn what_lies_a_little_ahead_is_skipped_to_and_anything_else_sought() {
        let mut part = Prefetch::new(0);
        (0..5).for_each(|offset| part.keep(found(offset)));
        assert!(part.skip_to(3, 10));
        assert_eq!(taken(&mut part, 5, 10), (vec![3, 4], 5, true));
        assert!(part.skip_to(12, 10));
        [9, 12].into_iter().for_each(|offset| part.keep(found(offset)));
        assert_eq!(taken(&mut part, 13, 10), (vec![12], 13, true));
        assert!(!part.skip_to(24, 10), "too far");
        assert!(!part.skip_to(12, 10), "back");
    }

    #[test]
    fn a_suspicion_ends_with_the_next_record() {
        let mut part = Prefetch::new(0);
        part.suspect(Some("out of range"));
        assert!(part.is_suspect());
        assert_eq!(part.cleared().as_deref(), Some("out of range"));
        assert!(!part.is_suspect());
        part.keep(found(0));
        assert_eq!(taken(&mut part, 1, 1), (vec![0], 1, true));
        assert_eq!(part.cleared(), None);
    }
}
