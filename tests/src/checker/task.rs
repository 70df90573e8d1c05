//! One partition: its inputs and its journal, replayed epoch by epoch.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::customer::Customer;
use super::epoch::Epoch;
use super::fact::Fact;
use super::verdict::{Fault, Verdict};
use super::{Calendar, FAMILIES};

/// A record read: its customer and its fact; none if it cannot be used.
type Read = Option<(usize, Fact)>;

/// A partition: the records read and the epochs announced, of which some wait for the others.
pub struct Task {
    number: usize,
    inputs: [Queue; FAMILIES.len()],
    epochs: VecDeque<Epoch>,
    /// The last epoch announced, and its wall time.
    announced: (i64, Option<i64>),
    /// `S` after the last epoch decided.
    cursor: (i64, Option<String>),
    facts: BinaryHeap<Reverse<(i64, usize)>>,
    silences: BinaryHeap<Reverse<(i64, Box<str>, usize)>>,
    /// Changes that the journal says were decided, and those that must be.
    changes: (i64, i64),
}

#[derive(Default)]
struct Queue {
    records: VecDeque<(i64, Read)>,
    /// The next offset to be read by the checker, and the next one of the last epoch decided.
    read: i64,
    decided: i64,
}

impl Task {
    pub fn new(number: usize) -> Self {
        Self {
            number,
            inputs: Default::default(),
            epochs: VecDeque::new(),
            announced: (0, None),
            cursor: (i64::MIN, None),
            facts: BinaryHeap::new(),
            silences: BinaryHeap::new(),
            changes: (0, 0),
        }
    }

    pub const fn wall(&self) -> Option<i64> {
        self.announced.1
    }

    pub fn queue(&mut self, family: usize, offset: i64, read: Read) {
        let queue = &mut self.inputs[family];
        queue.read = offset + 1;
        queue.records.push_back((offset, read));
    }

    pub fn announce(&mut self, epoch: Epoch, verdict: &mut Verdict) {
        if epoch.epoch != self.announced.0 + 1 {
            let what = format!("task {}: epoch {} after epoch {}", self.number, epoch.epoch, self.announced.0);
            verdict.fault(Fault::Journal, what);
        }
        self.announced = (epoch.epoch, Some(epoch.wall));
        self.epochs.push_back(epoch);
    }

    /// Decides the next epoch if all of its inputs are there.
    pub fn decide(&mut self, customers: &mut [Customer], calendar: &Calendar, verdict: &mut Verdict) -> bool {
        let next = |epoch: &Epoch, family: usize| epoch.offsets.get(FAMILIES[family]).copied().unwrap_or(0);
        let there = |epoch: &Epoch| (0..FAMILIES.len()).all(|family| self.inputs[family].read >= next(epoch, family));
        let Some(epoch) = self.epochs.pop_front_if(|epoch| there(epoch)) else { return false };
        let (mut read, mut dead, mut copies, mut late) = (0, 0, 0, 0);
        let mut touched = Vec::new();
        for family in 0..FAMILIES.len() {
            let to = next(&epoch, family);
            self.inputs[family].decided = to;
            while let Some((_, record)) = self.inputs[family].records.pop_front_if(|(offset, _)| *offset < to) {
                read += 1;
                let Some((customer, fact)) = record else {
                    dead += 1;
                    continue;
                };
                touched.push(customer);
                match self.learn(&mut customers[customer], fact, family, verdict) {
                    None => copies += 1,
                    Some(is_late) => late += i64::from(is_late),
                }
            }
        }
        let found = [read, dead, copies, late, read - dead - copies];
        let told = ["read", "dead_letters", "duplicates", "late", "folded"].map(|name| epoch.count(name));
        if found != told && customers.iter().all(|customer| !customer.undecidable) {
            let what = format!(
                "task {} epoch {}: expected (read, dead letters, duplicates, late, folded) {found:?}, found {told:?}",
                self.number, epoch.epoch
            );
            verdict.fault(Fault::Journal, what);
        }
        (verdict.epochs, verdict.read) = (verdict.epochs + 1, verdict.read + read.unsigned_abs());
        verdict.late += late.unsigned_abs();
        self.changes.0 += epoch.count("changes");
        self.move_facts(touched, epoch.facts, customers, calendar, verdict);
        self.move_silence(&epoch, customers, calendar, verdict);
        true
    }

    /// Takes a fact, which counts from `max(occurred_at, recorded_at, as_of, S)` on. It returns whether the fact is late; none for a copy.
    fn learn(&self, customer: &mut Customer, fact: Fact, family: usize, verdict: &mut Verdict) -> Option<bool> {
        if customer.knows(&fact, family) {
            return None;
        }
        let in_time = fact.occurred_at.max(fact.recorded_at);
        let decided = customer.as_of.unwrap_or(i64::MIN).max(self.cursor.0);
        let perhaps = customer.perhaps_as_of.unwrap_or(i64::MIN);
        if in_time < perhaps && decided < perhaps && !customer.undecidable {
            customer.undecidable = true;
            verdict.undecidable += 1;
        }
        let effective = in_time.max(decided);
        customer.learn(fact, family, effective);
        Some(effective > in_time)
    }

    /// Decides up to `F` each customer who was touched, or has a fact that comes into effect.
    fn move_facts(
        &mut self,
        mut touched: Vec<usize>,
        facts: i64,
        customers: &mut [Customer],
        calendar: &Calendar,
        verdict: &mut Verdict,
    ) {
        while self.facts.peek().is_some_and(|Reverse((effective, _))| *effective < facts) {
            let Some(Reverse((_, customer))) = self.facts.pop() else { break };
            touched.push(customer);
        }
        touched.sort_unstable();
        touched.dedup();
        for index in touched {
            let customer = &mut customers[index];
            self.changes.1 += customer.walk(facts, calendar, verdict) as i64;
            customer.as_of = customer.as_of.map(|as_of| as_of.max(facts));
            if customer.next_fact() < i64::MAX {
                self.facts.push(Reverse((customer.next_fact(), index)));
            }
            if let Some(at) = customer.queue() {
                self.silences.push(Reverse((at, customer.id.clone(), index)));
            }
        }
    }

    /// Judges silence up to the cursor, at most up to `T`. If the cursor stands between customers, the customers behind it
    /// that did not move may have had a timer or not.
    fn move_silence(&mut self, epoch: &Epoch, customers: &mut [Customer], calendar: &Calendar, verdict: &mut Verdict) {
        self.cursor = (epoch.cursor, epoch.cursor_customer.clone());
        let judged = |at: i64, id: &str| match &epoch.cursor_customer {
            None => at < epoch.cursor,
            Some(last) => at < epoch.cursor || at == epoch.cursor && id <= last.as_str(),
        };
        while self.silences.peek().is_some_and(|Reverse((at, id, _))| judged(*at, id)) {
            let Some(Reverse((at, id, index))) = self.silences.pop() else { break };
            let customer = &mut customers[index];
            if customer.next_silence() != at {
                continue;
            }
            let moves = customer.walk(epoch.silence, calendar, verdict);
            self.changes.1 += moves as i64;
            if moves > 0 {
                customer.as_of = customer.as_of.max(Some(epoch.silence));
            } else {
                customer.perhaps_as_of = customer.perhaps_as_of.max(Some(epoch.silence));
            }
            if let Some(at) = customer.queue() {
                self.silences.push(Reverse((at, id, index)));
            }
        }
    }

    /// Checks what can be checked only once everything is read.
    pub fn finish(&self, verdict: &mut Verdict) {
        let behind = self.announced.1.map_or(0, |wall| wall - self.cursor.0);
        verdict.silence_behind_ms = verdict.silence_behind_ms.max(behind);
        if let Some(epoch) = self.epochs.front() {
            let what = format!("task {}: the inputs of epoch {} are not there", self.number, epoch.epoch);
            verdict.fault(Fault::Journal, what);
        }
        for (family, queue) in FAMILIES.iter().zip(&self.inputs) {
            if queue.read > queue.decided {
                let unread = queue.read - queue.decided;
                verdict
                    .fault(Fault::Journal, format!("task {}: {unread} records of {family} in no epoch", self.number));
            }
        }
        if self.changes.0 != self.changes.1 && verdict.undecidable == 0 && self.cursor.1.is_none() {
            let (told, expected) = self.changes;
            let what = format!("task {}: expected {expected} changes in all, its journal counts {told}", self.number);
            verdict.fault(Fault::Journal, what);
        }
    }
}
