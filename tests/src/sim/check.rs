//! What must hold at the end of every run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use segflow_core::change::Core;
use segflow_core::clock::Clock;
use segflow_core::digest::{self, Sum};
use segflow_core::event::{CustomerId, Family};
use segflow_core::journal::{Counts, JournalRecord};
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;
use segflow_engine::epoch::{Plan, Target, decide};
use segflow_engine::intake::Accepted;
use segflow_engine::replay::Replay;
use segflow_engine::rules::{InForce, Rules};
use segflow_engine::states::Memory;
use segflow_runtime::config::Config;
use segflow_runtime::log::{Output, Record, Sink, TEXTS, TaskId};
use segflow_runtime::task::acceptance::raw;
use segflow_runtime::task::state_format::{self, StateReader};
use segflow_store::{Meta, Row, Store};
use segflow_wire::{Encoding, change, journal};
use sha2::{Digest, Sha256};

use super::history::Draft;
use super::world::World;

/// The states of a store at its epoch.
type States = Vec<Row>;

/// A run that has ended.
pub struct Ended<'a> {
    /// The cluster.
    pub world: &'a World,
    /// What all workers were configured with.
    pub config: &'a Config,
    /// The records of the inputs.
    pub drafts: &'a [Draft],
    /// Whether facts may have been late, or rules were activated: the changes are then not those of a fold.
    pub late: bool,
    /// When the wall clock ended; none under the record-time clock.
    pub until: Option<Timestamp>,
}

/// Every invariant that a run violated.
pub fn all(run: &Ended<'_>, workers: &[Arc<Config>]) -> Vec<String> {
    let Ended { world, config, .. } = run;
    let mut violations = Vec::new();
    let partitions = config.intake.partitions;
    let changes = changes(world, partitions);
    contiguous("", &changes, |_| (0, None), &mut violations);
    for task in (0..partitions).map(TaskId) {
        nothing_vanishes(world, task, &mut violations);
        stores(world, config, workers, task, &mut violations);
    }
    if !run.late {
        as_replayed(run, config.segmentation.offered(), changes, &mut violations);
    }
    violations
}

/// The shadows of a run.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Shadowed {
    /// Changes told.
    pub changes: usize,
    /// Runs that told some.
    pub runs: usize,
    /// Whether all was told by runs that began with the first event, and is what a fold of the candidate tells.
    pub folded: bool,
}

/// Each run of a shadow is over once another has begun, and within it nothing is told twice or left out. Where each task has
/// `begun` one run and no more, and it told something, all runs together are a fold of the candidate.
pub fn shadows(run: &Ended<'_>, begun: &BTreeMap<u32, u64>, violations: &mut Vec<String>) -> Shadowed {
    let Ended { world, config, .. } = run;
    let Some(candidate) = config.shadow.as_ref().and_then(|candidate| candidate.offered()) else {
        return Shadowed::default();
    };
    let (mut all, mut names) = (Vec::new(), BTreeSet::new());
    for task in (0..config.intake.partitions).map(TaskId) {
        let mut runs: Vec<(&[u8], Vec<Core>)> = Vec::new();
        for output in world.committed(Sink::Shadow, task) {
            let (_, name) = output.headers.first().expect("the run's name");
            let name = name.as_deref().expect("a name");
            let value = output.value.as_deref().expect("a change");
            let core = change::decode(value, Encoding::Json).expect("a change").core;
            match runs.last_mut() {
                Some((last, cores)) if *last == name => cores.push(core),
                _ => runs.push((name, vec![core])),
            }
        }
        for (name, cores) in runs {
            if !names.insert((task, name.to_vec())) {
                let name = String::from_utf8_lossy(name);
                violations.push(format!("the shadow of task {} goes on with {name} after another run", task.0));
            }
            // A run begins where the live segmentation stood.
            let where_it_began = |first: &Core| (first.seq.saturating_sub(1), first.from.clone());
            contiguous(" of a shadow", &cores, where_it_began, violations);
            all.extend(cores);
        }
    }
    let (changes, runs) = (all.len(), names.len());
    let from_the_first = |(_, name): &(TaskId, Vec<u8>)| String::from_utf8_lossy(name).contains("/0-");
    let all_told =
        names.iter().map(|(task, _)| task).collect::<BTreeSet<_>>().len() == config.intake.partitions as usize;
    // A run that tells nothing leaves no name, but may be what another gave way to.
    let once = all_told && begun.values().all(|begun| *begun == 1);
    let folded = !run.late && once && names.iter().all(from_the_first);
    if folded {
        as_replayed(run, candidate, all, violations);
    }
    Shadowed { changes, runs, folded }
}

/// With standbys everywhere and everything at rest: every process has every task as of its last epoch.
pub fn kept_up(world: &World, workers: &[Arc<Config>], violations: &mut Vec<String>) {
    for (index, config) in workers.iter().enumerate() {
        for task in (0..config.intake.partitions).map(TaskId) {
            let store = Store::open(&config.task_dir(task), &config.store).expect("nobody has it open");
            let (epoch, last) = (epoch_of(&store), world.decided_epochs(task) as u64);
            if epoch != last {
                violations
                    .push(format!("the standby of worker {index} has epoch {epoch} of {last} of task {}", task.0));
            }
        }
    }
}

/// Every change that a reader of committed records sees, by task, in order.
pub fn changes(world: &World, partitions: u32) -> Vec<Core> {
    let of_task = |task| {
        let outputs = world.committed(Sink::Changes, TaskId(task)).into_iter();
        outputs.map(|output| output.value.clone().expect("a change")).collect::<Vec<_>>()
    };
    (0..partitions)
        .flat_map(of_task)
        .map(|bytes| change::decode(&bytes, Encoding::Json).expect("a change").core)
        .collect()
}

/// The epoch of a store; 0 if it has none.
pub fn epoch_of(store: &Store) -> u64 {
    let epoch = store.meta(Meta::Epoch).expect("a store that can be read");
    epoch.map_or(0, |epoch| String::from_utf8(epoch).expect("digits").parse().expect("digits"))
}

/// I4: `seq` is contiguous per customer and dimension, and each change begins where the one before it ended. `before` says
/// which `seq` and which segment the first of them follows; `whose` is for the message.
fn contiguous(
    whose: &str,
    changes: &[Core],
    before: impl Fn(&Core) -> (u64, Option<String>),
    violations: &mut Vec<String>,
) {
    let mut last: BTreeMap<(&CustomerId, &str), &Core> = BTreeMap::new();
    for change in changes {
        let known = last.insert((&change.customer_id, &change.dimension), change);
        let (seq, from) = known.map_or_else(|| before(change), |known| (known.seq, known.to.clone()));
        if change.seq != seq + 1 || change.from != from {
            let Core { customer_id, dimension, .. } = change;
            violations.push(format!("I4{whose}: {customer_id} {dimension}: after seq {seq} comes {}", change.seq));
        }
    }
}

/// I7: what was read is folded, a duplicate, or a dead letter; and everything was read.
fn nothing_vanishes(world: &World, task: TaskId, violations: &mut Vec<String>) {
    let mut counts = Counts::default();
    let epochs = epochs(world, task);
    for (number, epoch) in (1..).zip(&epochs) {
        counts.add(&epoch.counts);
        if epoch.epoch != number {
            violations.push(format!("I4: epoch {} of task {} stands where {number} is expected", epoch.epoch, task.0));
        }
    }
    let appended: u64 = Family::ALL.map(|family| world.inputs.latest(task, family)).iter().sum();
    let letters = world.committed(Sink::DeadLetters, task).len() as u64;
    let adds_up =
        counts.read == counts.folded + counts.duplicates + counts.forgotten + counts.ignored + counts.dead_letters;
    if counts.read != appended || !adds_up || counts.dead_letters != letters {
        violations.push(format!("I7: task {}: {appended} appended, {letters} dead letters, {counts:?}", task.0));
    }
}

/// I3: what every store has of an epoch is what the journal's epochs up to it imply, decided anew in memory.
fn stores(world: &World, config: &Config, workers: &[Arc<Config>], task: TaskId, violations: &mut Vec<String>) {
    let mut found: BTreeMap<u64, Vec<States>> = BTreeMap::new();
    for worker in workers.iter().filter(|worker| worker.task_dir(task).exists()) {
        let store = Store::open(&worker.task_dir(task), &config.store).expect("nobody has it open");
        let states = store.customers_all().map(|row| rewritten(row.expect("a row that can be read"))).collect();
        found.entry(epoch_of(&store)).or_default().push(states);
    }
    let (mut states, mut clock, mut from) = (Memory::default(), Clock::default(), BTreeMap::new());
    let (mut compared, mut last, texts) = (0, None, texts(world));
    for epoch in epochs(world, task) {
        let mut accepted = Accepted::default();
        for (family, position) in &epoch.inputs {
            let start = from.insert(*family, position.offset).unwrap_or(0);
            for record in world.inputs.records(task, *family, start, position.offset) {
                let _counted = accepted.take(&raw(&record, config.topic(*family)), &config.intake, epoch.w);
            }
        }
        let target = Target::Journalled(epoch.clock.clone());
        let standing = InForce::of_record(last.as_ref(), &epoch);
        let former = standing.former.iter().map(|hash| texts[hash].clone()).collect();
        let rules = Rules { present: texts[&standing.hash].clone(), former };
        let migration = standing.migration_of(&epoch);
        let plan = Plan { rules: &rules, before: &clock, target: &target, migration: migration.as_ref() };
        let Ok(decided) = decide(&mut states, plan, accepted, Sum::new(digest::PRESENT));
        if decided.changes.digest != epoch.digest {
            violations.push(format!("I6: epoch {} of task {} decides otherwise in replay", epoch.epoch, task.0));
        }
        clock = epoch.clock.clone();
        for found in found.remove(&epoch.epoch).into_iter().flatten() {
            compared += 1;
            if found != encoded(&states) {
                violations.push(format!("I3: epoch {} of task {} differs on disk", epoch.epoch, task.0));
            }
        }
        last = Some(epoch);
    }
    let began = last.is_some();
    if last.is_some_and(|last| !last.former.is_empty()) {
        violations.push(format!("task {}: some customers are still decided by former rules", task.0));
    }
    found.remove(&0);
    if !found.is_empty() || (began && compared == 0) {
        violations.push(format!("I3: stores of task {} at {:?}, {compared} of its journal", task.0, found.keys()));
    }
}

/// The segmentations that journals name, by hash.
fn texts(world: &World) -> BTreeMap<String, Arc<Segmentation>> {
    let texts = world.committed(Sink::Segmentations, TEXTS).into_iter();
    let read = |output: &Output| {
        let text = output.value.as_deref().expect("a text");
        Arc::new(Segmentation::load("segmentation", text).expect("a valid segmentation").segmentation)
    };
    texts.map(read).map(|segmentation| (segmentation.hash.clone(), segmentation)).collect()
}

/// A row as if all of it were written at once: facts lie in a store in the order in which they came.
fn rewritten((key, bytes): Row) -> Row {
    let state = StateReader::default().decode(&bytes).expect("a state");
    (key, state_format::encode(&state))
}

fn encoded(states: &Memory) -> States {
    let row = |(id, state): (&CustomerId, &State)| {
        let id = id.as_str().as_bytes();
        // The disk keeps a hash of an erased customer.
        let key = if state.is_stub() { [&[0xff], &*Sha256::digest(id)].concat() } else { id.to_vec() };
        (key, state_format::encode(state))
    };
    let mut rows: States = states.all().into_iter().map(row).collect();
    rows.sort_unstable();
    rows
}

fn epochs(world: &World, task: TaskId) -> Vec<JournalRecord> {
    let records = world.committed(Sink::Journal, task).into_iter();
    records.map(|output| journal::decode(output.value.as_deref().expect("a record")).expect("a record")).collect()
}

/// I5 and I6: with every input a gate and no fact reported late, the changes are those of a fold over the same records
/// in the order of time; none judged silence early.
fn as_replayed(run: &Ended<'_>, rules: Arc<Segmentation>, mut changes: Vec<Core>, violations: &mut Vec<String>) {
    let Ended { world, config, drafts, until, .. } = *run;
    let mut replay = Replay::new(rules, config.intake.clone());
    let mut expected = Vec::new();
    let mut offsets = BTreeMap::new();
    for draft in drafts {
        let offset = offsets.entry((draft.partition, draft.family)).or_insert(0);
        let record = Record {
            family: draft.family,
            task: TaskId(draft.partition),
            offset: *offset,
            timestamp: draft.timestamp,
            key: Some(draft.key.clone()),
            value: draft.value.clone(),
            headers: Vec::new(),
        };
        *offset += 1;
        expected.extend(replay.record(&raw(&record, config.topic(draft.family))).changes);
    }
    expected.extend(match until {
        Some(until) => replay.settle(until),
        None => replay.finish(),
    });
    let mut expected: Vec<Core> = expected.into_iter().map(|change| change.core).collect();
    let late: u64 =
        (0..config.intake.partitions).flat_map(|task| epochs(world, TaskId(task))).map(|epoch| epoch.counts.late).sum();
    if late > 0 {
        violations.push(format!("I5: {late} facts are late though every input is a gate"));
    }
    let order = |a: &Core, b: &Core| (&a.customer_id, &a.dimension, a.seq).cmp(&(&b.customer_id, &b.dimension, b.seq));
    expected.sort_by(order);
    changes.sort_by(order);
    if let Some((expected, found)) = expected.iter().zip(&changes).find(|(expected, found)| expected != found) {
        violations.push(format!("I5, I6: expected {expected:?}, found {found:?}"));
    } else if expected.len() != changes.len() {
        violations.push(format!("I6: expected {} changes, found {}", expected.len(), changes.len()));
    }
}
