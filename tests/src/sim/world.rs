//! What all members of a simulated cluster share: partition logs with transactions, the group, and producers.
//!
//! A model of the parts of Kafka on which exactly-once rests. A transaction is decided at once and its markers are
//! written later, those of the offsets and those of the outputs apart; a reader of committed records stops at the
//! first record of a transaction without markers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use segflow_runtime::log::local::LocalBroker;
use segflow_runtime::log::{LogError, Output, Sink, TaskId, Trimmer};

use super::fault::{Fault, Sabotage};

/// A simulated cluster.
pub struct World {
    /// Everything that is left to chance.
    pub rng: ChaCha8Rng,
    /// The inputs and the wall clock.
    pub inputs: LocalBroker,
    /// What goes wrong.
    pub fault: Fault,
    /// What is left out of the cluster's or the worker's promises, to see the invariants fail.
    pub sabotage: Sabotage,
    /// The commit of the victim that ends as the fault says: 1, 2 ...
    pub struck_commit: u32,
    /// Commits that the victim has attempted.
    pub victim_commits: u32,
    /// Whether the fault has happened.
    pub fired: bool,
    /// The group's generation.
    pub generation: u64,
    logs: BTreeMap<(Sink, TaskId), Vec<(usize, Output)>>,
    /// Where trimmed journals begin. Any thread may trim one.
    beginnings: Arc<Mutex<BTreeMap<TaskId, usize>>>,
    transactions: Vec<Transaction>,
    /// What the last commit of each task left as its mark.
    marks: BTreeMap<TaskId, String>,
    members: Vec<(String, u64)>,
    incarnations: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Decision {
    Open,
    Commit,
    Abort,
}

struct Transaction {
    producer: String,
    decision: Decision,
    offsets: BTreeSet<TaskId>,
    /// What it leaves as the marks of some of these tasks.
    marks: BTreeMap<TaskId, String>,
    offsets_marked: bool,
    outputs_marked: bool,
    /// How likely a marker is written in a tick, in percent.
    pace: u32,
    /// Whether nobody will go on with it, or its owner sleeps past the transaction timeout.
    abandoned: bool,
}

impl World {
    /// An empty cluster over these inputs.
    pub fn new(mut rng: ChaCha8Rng, inputs: LocalBroker, fault: Fault, sabotage: Sabotage) -> Self {
        let struck_commit = rng.random_range(1..=3);
        Self {
            rng,
            struck_commit,
            inputs,
            fault,
            sabotage,
            victim_commits: 0,
            fired: false,
            generation: 1,
            logs: BTreeMap::new(),
            beginnings: Arc::default(),
            transactions: Vec::new(),
            marks: BTreeMap::new(),
            members: Vec::new(),
            incarnations: BTreeMap::new(),
        }
    }

    /// Whether something of this likelihood, in percent, happens.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// A new incarnation of a member: it fences the former one, whose transaction is ended first.
    pub fn attach(&mut self, name: &str) -> u64 {
        self.end_transactions_of(name);
        let incarnation = self.incarnations.entry(name.to_owned()).or_insert(0);
        *incarnation += 1;
        let incarnation = *incarnation;
        match self.members.iter_mut().find(|(known, _)| known == name) {
            Some(member) => member.1 = incarnation,
            None => {
                self.members.push((name.to_owned(), incarnation));
                self.generation += 1;
            }
        }
        incarnation
    }

    /// Takes a member out of the group, as a session timeout does; it does not know.
    pub fn evict(&mut self, name: &str) {
        self.members.retain(|(known, _)| known != name);
        self.generation += 1;
    }

    /// The tasks of a member; none if it is no member any more.
    pub fn tasks_of(&self, name: &str, incarnation: u64) -> Option<BTreeSet<TaskId>> {
        let mut members: Vec<&(String, u64)> = self.members.iter().collect();
        members.sort();
        let place = members.iter().position(|(known, at)| known == name && *at == incarnation)?;
        let of = |partition: &u32| (u64::from(*partition) + self.generation) as usize % members.len() == place;
        Some((0..self.inputs.partitions()).filter(of).map(TaskId).collect())
    }

    /// Whether a later incarnation has taken the producer over.
    pub fn is_fenced(&self, name: &str, incarnation: u64) -> bool {
        self.incarnations[name] != incarnation
    }

    /// Ends the transaction that a producer has open, as `init_transactions` does.
    pub fn end_transactions_of(&mut self, name: &str) {
        for transaction in self.transactions.iter_mut().filter(|transaction| transaction.producer == name) {
            if transaction.decision == Decision::Open {
                transaction.decision = Decision::Abort;
            }
            (transaction.offsets_marked, transaction.outputs_marked) = (true, true);
        }
    }

    /// Begins a transaction.
    pub fn begin(&mut self, producer: &str) -> usize {
        let pace = if self.chance(30) { 4 } else { 50 };
        self.transactions.push(Transaction {
            producer: producer.to_owned(),
            decision: Decision::Open,
            offsets: BTreeSet::new(),
            marks: BTreeMap::new(),
            offsets_marked: false,
            outputs_marked: false,
            pace,
            abandoned: false,
        });
        self.transactions.len() - 1
    }

    /// Whether a transaction may still be added to and ended by its owner.
    pub fn is_open(&self, id: usize) -> bool {
        self.transactions[id].decision == Decision::Open
    }

    /// An output reaches its partition.
    pub fn deliver(&mut self, id: usize, output: Output) {
        self.logs.entry((output.sink, output.task)).or_default().push((id, output));
    }

    /// Offsets of these tasks, with these marks, are pending in a transaction.
    pub fn add_offsets(&mut self, id: usize, tasks: impl Iterator<Item = TaskId>, marks: BTreeMap<TaskId, String>) {
        self.transactions[id].offsets.extend(tasks);
        self.transactions[id].marks.extend(marks);
    }

    /// The mark of a task, of which no offset is pending.
    pub fn marked(&self, task: TaskId) -> Option<String> {
        self.marks.get(&task).cloned()
    }

    /// Decides a transaction; its markers follow.
    pub fn decide(&mut self, id: usize, commit: bool) {
        let at_once = self.chance(50);
        let transaction = &mut self.transactions[id];
        if transaction.decision == Decision::Open {
            transaction.decision = if commit { Decision::Commit } else { Decision::Abort };
            (transaction.offsets_marked, transaction.outputs_marked) = (at_once, at_once);
            if commit {
                self.marks.retain(|task, _| !transaction.offsets.contains(task));
                self.marks.append(&mut transaction.marks);
            }
        }
    }

    /// The owner of a transaction is gone, or sleeps past the transaction timeout.
    pub fn abandon(&mut self, producer: &str) {
        for transaction in self.transactions.iter_mut().filter(|transaction| transaction.producer == producer) {
            transaction.abandoned |= transaction.decision == Decision::Open;
        }
    }

    /// Time passes in the cluster: markers are written, abandoned transactions time out.
    pub fn tick(&mut self) {
        for id in 0..self.transactions.len() {
            if self.transactions[id].abandoned && self.is_open(id) && self.chance(10) {
                self.transactions[id].decision = Decision::Abort;
            }
            let (pace, open) = (self.transactions[id].pace, self.is_open(id));
            if !open && !self.transactions[id].offsets_marked && self.chance(pace.max(30)) {
                self.transactions[id].offsets_marked = true;
            }
            if !open && !self.transactions[id].outputs_marked && self.chance(pace) {
                self.transactions[id].outputs_marked = true;
            }
        }
    }

    /// Whether every transaction is decided and marked.
    pub fn is_settled(&self) -> bool {
        self.transactions.iter().all(Transaction::is_settled)
    }

    /// Whether offsets of a task are pending.
    pub fn is_pending(&self, task: TaskId) -> bool {
        let pending = |transaction: &Transaction| {
            transaction.offsets.contains(&task)
                && (transaction.decision == Decision::Open || !transaction.offsets_marked)
        };
        self.transactions.iter().any(pending)
    }

    /// How many records a partition has, as a reader of uncommitted records sees it.
    pub fn high_watermark(&self, sink: Sink, task: TaskId) -> usize {
        self.logs.get(&(sink, task)).map_or(0, Vec::len)
    }

    /// How far a reader of committed records may go.
    pub fn last_stable(&self, sink: Sink, task: TaskId) -> usize {
        let undecided = |(id, _): &(usize, Output)| {
            self.transactions[*id].decision == Decision::Open || !self.transactions[*id].outputs_marked
        };
        let log = self.logs.get(&(sink, task));
        log.map_or(0, |log| log.iter().position(undecided).unwrap_or(log.len()))
    }

    /// What a reader of committed records would see, had nothing been trimmed.
    pub fn committed(&self, sink: Sink, task: TaskId) -> Vec<&Output> {
        self.committed_from(sink, task, 0)
    }

    /// What a reader of committed records sees of a journal.
    pub fn journal(&self, task: TaskId) -> Vec<&Output> {
        self.committed_from(Sink::Journal, task, self.beginnings().get(&task).copied().unwrap_or(0))
    }

    fn committed_from(&self, sink: Sink, task: TaskId, from: usize) -> Vec<&Output> {
        let stable = self.last_stable(sink, task);
        let log = self.logs.get(&(sink, task)).into_iter().flatten().take(stable).skip(from);
        log.filter(|(id, _)| self.transactions[*id].decision == Decision::Commit).map(|(_, output)| output).collect()
    }

    /// Where the journal records of a transaction stand, which has one of each of its tasks.
    pub fn journaled(&self, id: usize) -> Vec<(TaskId, u64)> {
        let place = |task: &TaskId| {
            let log = self.logs.get(&(Sink::Journal, *task))?;
            Some((*task, log.iter().rposition(|(of, _)| *of == id)? as u64))
        };
        self.transactions[id].offsets.iter().filter_map(place).collect()
    }

    /// The tasks whose journal records of a transaction are delivered.
    pub fn journals(&self, id: usize) -> Vec<TaskId> {
        let of = |((sink, task), log): (&(Sink, TaskId), &Vec<(usize, Output)>)| {
            (*sink == Sink::Journal && log.iter().rev().any(|(by, _)| *by == id)).then_some(*task)
        };
        self.logs.iter().filter_map(of).collect()
    }

    /// How many journals were trimmed.
    pub fn trimmed(&self) -> usize {
        self.beginnings().values().filter(|beginning| **beginning > 0).count()
    }

    /// What deletes the beginning of journals; seldom, nobody answers it.
    pub fn trimmer(&mut self) -> Trimmer {
        let (beginnings, answered) = (Arc::clone(&self.beginnings), !self.chance(3));
        Arc::new(move |task, before| {
            if !answered {
                return Err(LogError::Retry("no answer".to_owned()));
            }
            let mut beginnings = beginnings.lock().expect("nobody panics with it");
            let beginning = beginnings.entry(task).or_default();
            *beginning = (*beginning).max(before as usize);
            Ok(())
        })
    }

    fn beginnings(&self) -> MutexGuard<'_, BTreeMap<TaskId, usize>> {
        self.beginnings.lock().expect("nobody panics with it")
    }

    /// The journal records of a task whose commit is decided, whether or not anybody can see it yet.
    pub fn decided_epochs(&self, task: TaskId) -> usize {
        let log = self.logs.get(&(Sink::Journal, task)).into_iter().flatten();
        log.filter(|(id, _)| self.transactions[*id].decision == Decision::Commit).count()
    }
}

impl Transaction {
    fn is_settled(&self) -> bool {
        self.decision != Decision::Open && self.offsets_marked && self.outputs_marked
    }
}
