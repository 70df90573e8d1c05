//! The file as an operator writes it: its defaults, its bounds, and the messages about what is wrong with it.

use super::*;

const EXAMPLE: &str = include_str!("../../../../deploy/config/segflow.toml");
const LEAST: &str = r#"
    application = "segflow"
    instance = "segflow-0"
    segmentation = "deploy/segmentations/demo.yaml"
    state_dir = "/var/lib/segflow"
    kafka.bootstrap_servers = "localhost:9092"
"#;

#[test]
fn the_example_shows_every_default() {
    let example: Config = toml::from_str(EXAMPLE).unwrap();
    let least: Config = toml::from_str(LEAST).unwrap();
    for family in Family::ALL {
        assert_eq!(example.inputs.topic(family), least.inputs.topic(family));
        assert_eq!(example.inputs.role(family), least.inputs.role(family));
        let (shown, default) = (example.inputs.of(family), least.inputs.of(family));
        assert_eq!((shown.encoding, shown.partitioner), (default.encoding, default.partitioner));
        assert_eq!(shown.oldest, default.oldest);
    }
    assert_eq!(Config { inputs: Inputs::default(), ..example }, least);
}

#[test]
fn the_configuration_for_compose_is_valid() {
    let config: Config = toml::from_str(include_str!("../../../../deploy/config/compose.toml")).unwrap();
    config.check().unwrap();
}

#[test]
fn the_example_shows_every_key() {
    let example: toml::Table = toml::from_str(EXAMPLE).unwrap();
    for section in ["inputs", "outputs", "clock", "commit", "store", "snapshots", "ops", "log"] {
        assert!(example.contains_key(section), "{section}");
    }
    for section in
        ["", "kafka", "inputs", "inputs.contacts", "outputs", "clock", "commit", "store", "snapshots", "ops", "log"]
    {
        let table = section
            .split('.')
            .filter(|name| !name.is_empty())
            .fold(&example, |table, name| table[name].as_table().unwrap_or_else(|| panic!("{section} is a table")));
        for key in keys(section) {
            assert!(table.contains_key(&key), "{section}: {key}");
        }
    }
}

/// Every key of a section, by the message about one that it does not have.
fn keys(section: &str) -> Vec<String> {
    let wrong = if section.is_empty() { "no_key = 1".to_owned() } else { format!("{section}.no_key = 1") };
    let error = toml::from_str::<Config>(&format!("{wrong}\n{LEAST}")).unwrap_err();
    let message = error.message();
    let (_, expected) = message.split_once("unknown field `no_key`, expected ").unwrap_or_else(|| panic!("{message}"));
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn times_of_the_kafka_clients_have_the_defaults_of_their_crate() {
    let config: Config = toml::from_str(LEAST).unwrap();
    let kafka = config.kafka(0).unwrap();
    let default = KafkaConfig::new(config.connection().unwrap(), "a", "0", 0);
    assert_eq!(kafka.session_timeout, default.session_timeout);
    assert_eq!(kafka.transaction_timeout, default.transaction_timeout);
}

#[test]
fn an_unknown_key_is_refused_with_its_place() {
    let error = toml::from_str::<Config>(&format!("{LEAST}\ncommit.max_record = 20\n")).unwrap_err().to_string();
    assert!(error.contains("unknown field `max_record`"), "{error}");
    assert!(error.contains("line 8"), "{error}");
}

#[test]
fn a_value_out_of_bounds_is_refused_with_its_bounds() {
    let config: Config = toml::from_str(&format!("{LEAST}\ncommit.max_records = 0\n")).unwrap();
    assert_eq!(config.check().unwrap_err().to_string(), "`commit.max_records` is 0: expected 1 to 1000000");
}

#[test]
fn the_age_of_events_is_in_years_or_days() {
    let days = |oldest: &str| {
        let read = toml::from_str::<Config>(&format!("inputs.invoices.oldest = \"{oldest}\"\n{LEAST}"));
        read.map(|config| config.inputs.intake(Family::Invoices).oldest_days)
    };
    assert_eq!(["20y", "1y", "400d", "300y"].map(|oldest| days(oldest).unwrap()), [7_305, 365, 400, 109_575]);
    for wrong in ["0d", "301y", "20", "+1d", "20 years", "y"] {
        let error = days(wrong).unwrap_err().to_string();
        assert!(error.contains(&format!("such as 20y or 400d, up to 300y, found `{wrong}`")), "{error}");
    }
}

#[test]
fn standbys_are_of_all_or_of_partitions_that_are_there() {
    let of =
        |text: &str| toml::from_str::<Config>(&format!("standby_of = {text}\n{LEAST}")).map(|read| read.standby_of);
    assert_eq!(of("\"all\"").unwrap().of(3).unwrap(), [0, 1, 2].into());
    assert_eq!(of("[2, 0]").unwrap().of(3).unwrap(), [0, 2].into());
    let error = of("[3]").unwrap().of(3).unwrap_err().to_string();
    assert_eq!(error, "`standby_of` names partition 3: the topics have 3, counted from 0");
    assert!(of("\"most\"").is_err());
    assert!(!of("[]").unwrap().is_some());
}

#[test]
fn a_candidate_needs_a_topic_of_its_own() {
    let read = |text: &str| toml::from_str::<Config>(&format!("{text}\n{LEAST}")).unwrap();
    let without = read("");
    assert_eq!((without.candidate(), without.output_topics().get(&Sink::Shadow)), (None, None));
    let mut with = read("shadow = \"candidate.yaml\"");
    assert_eq!(with.kafka(0).unwrap().outputs[&Sink::Shadow], "collections.segments.shadow");
    let changes = with.outputs.topics[&Sink::Changes].clone();
    with.outputs.topics.insert(Sink::Shadow, changes);
    let error = with.kafka(0).unwrap_err().to_string();
    assert!(error.contains("`collections.segment-changes` is named twice"), "{error}");
}

#[test]
fn a_secret_comes_from_a_file_without_its_line_break() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "secret\n").unwrap();
    let mut config: Config = toml::from_str(LEAST).unwrap();
    config.kafka.properties_from_file.insert("sasl.password".to_owned(), file.path().to_owned());
    assert_eq!(config.connection().unwrap().properties["sasl.password"], "secret");
    config.kafka.properties.insert("sasl.password".to_owned(), "other".to_owned());
    assert!(config.connection().unwrap_err().to_string().contains("given twice"));
}
