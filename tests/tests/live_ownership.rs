//! The owners of the tasks on a real broker: joining and leaving move as few tasks as possible, a restart moves none, and
//! a standby takes over warm.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use segflow_store::{Store, StoreMemory, StoreSettings};
use segflow_tests::binary::segflow;
use segflow_tests::broker::Broker;
use segflow_tests::service::{Service, http};

const LIMIT: Duration = Duration::from_secs(180);
const EVENTS: u64 = 40_000;

fn segmentation() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/segmentations/demo.yaml")
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Events that come for half a minute or more.
fn load(service: &Service<'_>) -> Child {
    let mut load = segflow();
    load.args(["generate", "--customers=2000", "--rate=1000", "--config"]).arg(service.config(0));
    load.arg(format!("--events={EVENTS}")).stderr(Stdio::null()).spawn().unwrap()
}

/// The tasks in one of the states of `segflow_task_state`.
fn tasks(service: &Service<'_>, instance: usize, state: &str) -> BTreeSet<u32> {
    let page = http(&service.metrics_address(instance), "/metrics");
    let ending = format!("state=\"{state}\"}} 1");
    let lines = page.lines().filter(|line| line.starts_with("segflow_task_state") && line.ends_with(&ending));
    lines.map(|line| line.split('"').nth(1).unwrap().parse().unwrap()).collect()
}

fn running(service: &Service<'_>, instance: usize) -> BTreeSet<u32> {
    tasks(service, instance, "running")
}

/// How many lines of an instance's log tell this.
fn told(service: &Service<'_>, instance: usize, what: &str) -> usize {
    service.log(instance).matches(what).count()
}

/// How many tasks an instance was given, and had to give away, since it was started first.
fn moves(service: &Service<'_>, instance: usize) -> (usize, usize) {
    (told(service, instance, "task assigned"), told(service, instance, "task given away"))
}

#[test]
fn joining_and_leaving_move_as_few_tasks_as_possible_and_a_restart_none() {
    let settings = "clock.idle = \"record-time\"\ninputs.contacts.clock = \"gate\"\ncommit.max_records = 50\n\
                    kafka.session_timeout = \"60s\"\n";
    let mut service = Service::new(Broker::shared(), "owners", 12, &segmentation(), settings);
    (0..2).for_each(|instance| service.start(instance));
    until("two share the tasks", || (0..2).all(|instance| running(&service, instance).len() == 6));
    let mut load = load(&service);
    let before: Vec<_> = (0..2).map(|instance| (running(&service, instance), moves(&service, instance))).collect();

    let joined = Instant::now();
    service.start_with(2, &["--drain"]);
    until("the third has its share", || (0..3).all(|instance| running(&service, instance).len() == 4));
    println!("scale-out took {:?}", joined.elapsed());
    for (instance, (had, (given, taken))) in before.iter().enumerate() {
        assert!(running(&service, instance).is_subset(had), "what is kept was had before");
        assert_eq!(
            moves(&service, instance),
            (*given, taken + 2),
            "each gives two away, and is interrupted in no other"
        );
    }
    assert_eq!(moves(&service, 2), (4, 0));

    let kept: Vec<_> = (0..2).map(|instance| (running(&service, instance), moves(&service, instance))).collect();
    let took = service.end(1, "TERM");
    service.start(1);
    until("it has its tasks again", || running(&service, 1) == kept[1].0);
    println!("a restart: ended within {took:?}");
    assert!(took < Duration::from_secs(10), "SIGTERM was answered after {took:?}");
    assert_eq!((moves(&service, 0), moves(&service, 2)), (kept[0].1, (4, 0)), "a restart concerns no other instance");
    assert_eq!(moves(&service, 1), (kept[1].1.0 + 4, kept[1].1.1));

    let drained = Instant::now();
    let took = service.end(2, "TERM");
    until("two share the tasks again", || (0..2).all(|instance| running(&service, instance).len() == 6));
    println!("drain: ended within {took:?}, its tasks ran elsewhere after {:?}", drained.elapsed());
    assert!(drained.elapsed() < Duration::from_secs(30), "as if the session had to end first");
    assert!(service.log(2).contains("tasks given away, and left the group"), "{}", service.log(2));
    assert_eq!(moves(&service, 0), (kept[0].1.0 + 2, kept[0].1.1), "only the tasks of the leaver move");
    assert_eq!(moves(&service, 1), (kept[1].1.0 + 6, kept[1].1.1));

    service.end(1, "USR1");
    until("one has all", || running(&service, 0).len() == 12);
    assert!(load.wait().unwrap().success());
    service.wait_until_finished(EVENTS);
    service.stop();
    assert!(!service.changes().0.is_empty(), "and the changes are whole");
}

#[test]
fn a_standby_follows_takes_over_warm_and_follows_again() {
    let settings = "clock.idle = \"record-time\"\ninputs.contacts.clock = \"gate\"\ncommit.max_records = 20\n\
                    kafka.session_timeout = \"6s\"\nstandby_of = \"all\"\n";
    let mut service = Service::new(Broker::shared(), "standby", 4, &segmentation(), settings);
    (0..2).for_each(|instance| service.start(instance));
    until("two share the tasks", || (0..2).all(|instance| running(&service, instance).len() == 2));
    until("each stands by for the other", || {
        (0..2).all(|instance| tasks(&service, instance, "standby") == running(&service, 1 - instance))
    });
    let mut load = load(&service);
    let epoch = |service: &Service<'_>| service.journal().values().map(Vec::len).min().unwrap_or(0);
    until("there is something to lose", || service.journal().len() == 4 && epoch(&service) > 20);
    let (recovered, lost) = (told(&service, 1, "task recovered"), running(&service, 0));
    service.kill(0);
    let killed = Instant::now();
    until("the other has all", || running(&service, 1).len() == 4);
    println!("a standby took over {:?} after SIGKILL, session 6 s", killed.elapsed());
    let log = service.log(1);
    let taken: Vec<&str> = log.lines().filter(|line| line.contains("task recovered")).skip(recovered).collect();
    for task in lost {
        let of_task = |line: &&&str| number(line, "task") == u64::from(task);
        let line = taken.iter().find(of_task).expect("it has all");
        println!("{line}");
        assert!(line.contains("intact") && number(line, "epoch") > 20, "{line}");
        assert!(number(line, "rolled_forward") < number(line, "epoch") / 2, "a warm copy lacks little: {line}");
    }
    service.start(0);
    until("two share again", || (0..2).all(|instance| running(&service, instance).len() == 2));
    assert!(load.wait().unwrap().success());
    let journal = service.wait_until_finished(EVENTS);
    let last = |task: &u32| journal[task].last().unwrap().epoch;
    until("every copy is whole", || {
        (0..2).all(|instance| {
            let copies = tasks(&service, instance, "standby");
            let page = http(&service.metrics_address(instance), "/metrics");
            let at = |task: &u32| page.contains(&format!("segflow_epoch{{partition=\"{task}\"}} {}\n", last(task)));
            copies.len() == 2 && copies.iter().all(at) && page.matches("segflow_standby_lag_epochs{").count() == 2
        })
    });
    service.stop();
    let stores = [0, 1].map(|instance| states(&service.dir().join(format!("state-{instance}"))));
    assert_eq!(stores[0], stores[1], "live = standby, over the whole store");
    assert_eq!(stores[0].len(), 4);
}

/// Each process would fence the other, for ever, and both be ready at times.
#[test]
fn of_two_processes_with_one_instance_one_ends_and_says_why_and_the_other_goes_on() {
    let settings = "clock.idle = \"record-time\"\nkafka.session_timeout = \"6s\"\n";
    let service = Service::new(Broker::shared(), "twins", 2, &segmentation(), settings);
    let mut twins = [0, 1].map(|twin| Twin::new(&service, twin));
    twins[0].start();
    until("the first has the tasks", || twins[0].log().matches("task recovered").count() == 2);
    twins[1].start();
    let began = Instant::now();
    let mut ended = None;
    until("one of them ends", || {
        ended = (0..2).find(|twin| twins[*twin].status().is_some());
        ended.is_some()
    });
    println!("a twin ended {:?} after the second was started", began.elapsed());
    let ended = ended.unwrap();
    assert_eq!(twins[ended].status().and_then(|status| status.code()), Some(1));
    let log = twins[ended].log();
    assert!(log.lines().last().unwrap().contains("give every process an `instance` of its own"), "{log}");
    let other = &mut twins[1 - ended];
    let recovered = |twin: &Twin| twin.log().rmatches("task recovered").count();
    until("the other has the tasks", || recovered(other) >= 2 && other.is_ready());
    assert_eq!(other.status(), None);
}

/// One of two processes that bear the same name.
struct Twin {
    config: PathBuf,
    log: PathBuf,
    child: Option<Child>,
}

impl Twin {
    fn new(service: &Service<'_>, twin: usize) -> Self {
        let [config, log] = ["toml", "log"].map(|kind| service.dir().join(format!("twin-{twin}.{kind}")));
        let text = std::fs::read_to_string(service.config(0)).unwrap();
        std::fs::write(&config, text.replace("/state-0", &format!("/twin-state-{twin}"))).unwrap();
        Self { config, log, child: None }
    }

    fn start(&mut self) {
        let log = std::fs::File::create(&self.log).unwrap();
        let mut command = segflow();
        command.args(["run", "--config"]).arg(&self.config).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn status(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().and_then(|child| child.try_wait().unwrap())
    }

    fn is_ready(&self) -> bool {
        let log = self.log();
        let address = log.split_whitespace().find_map(|word| word.strip_prefix("address=")).unwrap();
        http(address, "/readyz").ends_with("ok\n")
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn number(line: &str, field: &str) -> u64 {
    let said = line.split_whitespace().find_map(|word| word.strip_prefix(&format!("{field}=")));
    said.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no {field} in {line}"))
}

/// A customer's row: its key and its bytes.
type State = (Vec<u8>, Vec<u8>);

/// Every state of every task, by the name of its directory.
fn states(state: &Path) -> BTreeMap<String, Vec<State>> {
    let shared = StoreMemory::new(StoreSettings::default());
    let entries = std::fs::read_dir(state).unwrap().map(|entry| entry.unwrap());
    let directories = entries.filter(|entry| entry.path().is_dir());
    let of = |path: &Path| Store::open(path, &shared).unwrap().customers_all().collect::<Result<_, _>>().unwrap();
    directories.map(|entry| (entry.file_name().into_string().unwrap(), of(&entry.path()))).collect()
}
