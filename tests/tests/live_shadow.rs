//! A candidate beside the live rules, on a real broker. It tells the changes that `fold` decides by it alone, each once,
//! although processes are killed, and the live topic is the same as without it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use segflow_tests::binary::segflow;
use segflow_tests::broker::Broker;
use segflow_tests::service::{Changes, Service, http, run};
use segflow_tests::versions::{DEMO, second};

const PARTITIONS: u32 = 12;
const EVENTS: u64 = 20_000;
const KILLS: u32 = 5;

/// Another version, in which `stage` counts from another day too.
fn candidate() -> String {
    second().replace("overdue.days >= 30", "overdue.days >= 20")
}

/// An application with a candidate, in record time, in cycles so small that kills strike many of them.
fn service<'b>(broker: &'b Broker, application: &str, segmentation: &Path, candidate: &Path) -> Service<'b> {
    let settings = format!(
        "clock.idle = \"record-time\"\ninputs.contacts.clock = \"gate\"\ncommit.max_records = 20\n\
         kafka.session_timeout = \"6s\"\nshadow = {candidate:?}\noutputs.shadow = \"{application}.shadow\"\n"
    );
    Service::new(broker, application, PARTITIONS, segmentation, &settings)
}

fn generate(service: &Service<'_>, file: &Path) {
    let what = ["generate", "--customers=1000", &format!("--events={EVENTS}")].map(str::to_owned);
    run(segflow().args(&what).arg("--out").arg(file));
    run(segflow().args(&what).arg("--config").arg(service.config(0)));
}

fn fold(segmentation: &Path, events: &Path) -> Changes {
    let partitions = format!("--partitions={PARTITIONS}");
    Changes::read(&run(segflow().arg("fold").arg("--segmentation").arg(segmentation).arg(partitions).arg(events)))
}

/// The samples of a metric, summed by the value of a label.
fn samples(page: &str, metric: &str, label: &str) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with(&format!("segflow_{metric}{{"))) {
        let (labels, value) = line.rsplit_once(' ').expect("a sample has a value");
        let (_, rest) = labels.split_once(&format!("{label}=\"")).expect("the label");
        let name = rest.split('"').next().expect("quoted").to_owned();
        *sums.entry(name).or_default() += value.parse::<u64>().expect("a whole number");
    }
    sums
}

#[test]
fn the_shadow_equals_a_fold_of_the_candidate_despite_kills() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| directory.path().join(name);
    let (segmentation, shadow, events) = (path("demo.yaml"), path("candidate.yaml"), path("events.ndjson"));
    fs::write(&segmentation, DEMO).expect("the file is written");
    fs::write(&shadow, candidate()).expect("the file is written");
    let mut service = service(Broker::shared(), "shadowed", &segmentation, &shadow);
    generate(&service, &events);
    service.start(0);
    let mut chance = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    for kill in 0..KILLS {
        let epochs = |service: &Service<'_>| service.journal().values().map(Vec::len).sum::<usize>();
        let before = epochs(&service);
        service.wait_until("epochs are committed", |service| epochs(service) > before || kill == 0);
        std::thread::sleep(Duration::from_millis(chance.random_range(0..700)));
        service.kill(0);
        service.start(0);
    }
    // One that dies where the log knows of the commit, and no store does.
    service.kill(0);
    service.start_armed(0, "committed=2*off->return(abort)");
    service.wait_until_ended(0);
    service.start(0);

    service.wait_until_finished(EVENTS);
    let address = service.metrics_address(0);
    service.wait_until("every shadow runs", |_| {
        samples(&http(&address, "/metrics"), "shadow_state", "state").get("running") == Some(&u64::from(PARTITIONS))
    });
    let page = http(&address, "/metrics");
    service.stop();
    let (live, told) = (service.changes(), service.shadow());
    live.assert_same(&fold(&segmentation, &events));
    told.assert_same(&fold(&shadow, &events));
    let goes_on = service.log(0).matches("the shadow goes on").count();
    assert!(goes_on > 0, "no run was taken up again\n{}", service.log(0));

    let (live, told) = (live.standing(), told.standing());
    let mut differing: BTreeMap<String, u64> = BTreeMap::new();
    for ((customer, dimension), to) in live.iter().filter(|((_, dimension), _)| *dimension != "contactability") {
        *differing.entry((*dimension).to_owned()).or_default() +=
            u64::from(told.get(&(*customer, *dimension)) != Some(to));
    }
    assert!(differing["arrears"] > 0 && differing["stage"] > 0);
    assert_eq!(samples(&page, "shadow_differing_customers", "dimension"), differing);
    println!("{} changes beside {}, {goes_on} runs taken up again, differing: {differing:?}", told.len(), live.len());
}

/// A file that is set right while the service runs gives a shadow that begins from the live stores.
#[test]
fn a_candidate_that_is_wrong_stops_nothing_and_is_taken_once_it_is_right() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| directory.path().join(name);
    let (segmentation, shadow, events) = (path("demo.yaml"), path("candidate.yaml"), path("events.ndjson"));
    fs::write(&segmentation, DEMO).expect("the file is written");
    fs::write(&shadow, "name: [").expect("the file is written");
    let mut service = service(Broker::shared(), "mistaken", &segmentation, &shadow);
    generate(&service, &events);
    service.start(0);
    service.wait_until_finished(EVENTS);
    let address = service.metrics_address(0);
    assert!(http(&address, "/metrics").contains("segflow_shadow_file_invalid 1"), "{}", service.log(0));
    let journal = service.journal();

    fs::write(&shadow, candidate()).expect("the file is written");
    let running = |page: &str| samples(page, "shadow_state", "state").get("running") == Some(&u64::from(PARTITIONS));
    service.wait_until("every shadow runs", |_| running(&http(&address, "/metrics")));
    let page = http(&address, "/metrics");
    service.stop();
    assert_eq!(service.journal(), journal, "the live rules have nothing to say");
    service.changes().assert_same(&fold(&segmentation, &events));
    let told = service.shadow_begun();
    assert!(told.iter().all(|change| change["cause"] == "SEGMENTATION" && change["actionable"] == false));
    let told: u64 = u64::try_from(told.len()).expect("few");
    assert_eq!(samples(&page, "shadow_changes_total", "partition").values().sum::<u64>(), told);
}
