//! Configurations that are refused, each with a message that says what to do.

use expect_test::{Expect, expect};

use super::*;

fn config() -> KafkaConfig {
    KafkaConfig::new(Connection::new("localhost:9092"), "dunning", "pod-0", 3)
}

fn refused(change: impl FnOnce(&mut KafkaConfig), expected: Expect) {
    let mut config = config();
    change(&mut config);
    expected.assert_eq(&config.check().unwrap_err().to_string());
}

#[test]
fn the_default_is_complete() {
    assert_eq!(config().check(), Ok(()));
    assert_eq!(config().member(), "dunning-pod-0-3");
    assert_eq!(config().topics().count(), 11);
}

#[test]
fn what_segflow_fixes_cannot_be_set() {
    for (key, _) in FIXED {
        let mut config = config();
        config.connection.properties.insert((*key).to_owned(), "x".to_owned());
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}`")), "{error}");
    }
    refused(
        |config| drop(config.connection.properties.insert("isolation.level".into(), "read_uncommitted".into())),
        expect!["librdkafka property `isolation.level` may not be set: each client needs its own; remove it"],
    );
}

#[test]
fn names_and_topics_are_checked() {
    refused(
        |config| config.instance.clear(),
        expect!["instance: expected 1 to 100 letters, digits, `.`, `_` or `-`, found ``"],
    );
    refused(
        |config| drop(config.outputs.remove(&Sink::Journal)),
        expect!["outputs: expected a topic for Journal, found none"],
    );
    refused(
        |config| drop(config.outputs.insert(Sink::Changes, "collections.invoices".into())),
        expect!["topic `collections.invoices` is named twice; each input and output needs its own"],
    );
    refused(
        |config| config.connection.bootstrap_servers = " ".into(),
        expect!["bootstrap servers: expected host:port, found nothing"],
    );
}

#[test]
fn properties_reach_every_client_and_fixed_ones_stand() {
    let mut config = config();
    config.connection.properties.insert("ssl.ca.location".into(), "/ca.pem".into());
    config.connection.properties.insert("linger.ms".into(), "9".into());
    for client in [config.ownership(), config.reader(), config.range_reader(), config.asker(), config.producer()] {
        assert_eq!(client.get("ssl.ca.location"), Some("/ca.pem"));
        assert_eq!(client.get("bootstrap.servers"), Some("localhost:9092"));
    }
    assert_eq!(config.producer().get("linger.ms"), Some("9"));
    assert_eq!(config.producer().get("transactional.id"), Some("dunning-pod-0-3"));
    assert_eq!(config.ownership().get("group.instance.id"), Some("dunning-pod-0-3"));
    assert_eq!(config.reader().get("group.instance.id"), None);
    assert_eq!(config.asker().get("isolation.level"), Some("read_uncommitted"));
}

#[test]
fn secrets_are_not_printed() {
    let mut config = config();
    config.connection.properties.insert("sasl.password".into(), "hunter2".into());
    let printed = format!("{config:?}");
    assert!(printed.contains("sasl.password") && !printed.contains("hunter2"), "{printed}");
}
