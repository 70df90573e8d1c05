//! The test broker itself: a real Kafka that keeps transactions apart, and its data over restarts.

use segflow_tests::broker::{Broker, Record};

const PARTITIONS: i32 = 12;

#[test]
fn read_committed_sees_committed_records_alone_and_a_restart_keeps_them() {
    let broker = Broker::shared();
    println!("Apache Kafka {} on {}", broker.version(), broker.bootstrap());
    let topic = "smoke-transactions";
    broker.create_topic(topic, PARTITIONS, &[("message.timestamp.type", "CreateTime")]);
    let records = |text: &str| -> Vec<Record> {
        let record = |partition| {
            let key = format!("C-{partition:06}");
            Record::new(topic, partition, text).key(key).at(1_000_000 + i64::from(partition)).header("origin", text)
        };
        (0..PARTITIONS).map(record).collect()
    };
    let expected = |text: &str, offset| -> Vec<Record> {
        records(text).into_iter().map(|record| Record { offset: Some(offset), ..record }).collect()
    };

    let producer = broker.transactional_producer("smoke");
    producer.begin();
    producer.write(&records("aborted"));
    producer.abort();
    producer.begin();
    producer.write(&records("committed"));
    assert_eq!(broker.read_committed_so_far(topic), [], "the transaction is still open");
    producer.commit();
    // Offsets 0 and 1 hold the aborted record and its marker.
    let committed = expected("committed", 2);
    assert_eq!(broker.read_committed(topic), committed);

    broker.restart();
    assert_eq!(broker.read_committed(topic), committed, "after a restart in good order");
    broker.kill();
    broker.resume();
    assert_eq!(broker.read_committed(topic), committed, "after SIGKILL");

    let successor = broker.transactional_producer("smoke");
    successor.begin();
    successor.write(&records("again"));
    successor.commit();
    let again = expected("again", 4);
    let mut all: Vec<Record> = committed.into_iter().chain(again).collect();
    all.sort_by_key(|record| (record.partition, record.offset));
    assert_eq!(broker.read_committed(topic), all);
}

#[test]
fn a_kafka_tool_prints_its_answer() {
    // A node of its own: the shared one restarts in the test above.
    let broker = Broker::start_with(&[("message.max.bytes", "123456")]);
    broker.create_topic("smoke-tools", 3, &[]);
    let two =
        [Record::new("smoke-tools", 2, "a"), Record { value: None, ..Record::new("smoke-tools", 2, "").key("b") }];
    broker.produce(&two);

    let offsets = broker.tool("get-offsets", &["--topic", "smoke-tools"]);
    assert_eq!(offsets, "smoke-tools:0:0\nsmoke-tools:1:0\nsmoke-tools:2:2");
    let version = broker.tool("org.apache.kafka.tools.TopicCommand", &["--version"]);
    assert_eq!(version.split_whitespace().next(), Some(broker.version()));
    let config = broker.tool("configs", &["--describe", "--all", "--entity-type", "brokers", "--entity-name", "1"]);
    assert!(config.contains("message.max.bytes=123456"), "{config}");
    let values: Vec<_> = broker.read_committed("smoke-tools").into_iter().map(|record| record.value).collect();
    assert_eq!(values, [Some(b"a".to_vec()), None]);
}

#[test]
fn a_dropped_broker_leaves_nothing_behind() {
    let broker = Broker::start();
    let dir = broker.dir().to_owned();
    let pid = std::fs::read_to_string(dir.join("pid")).unwrap();
    // Empty for a zombie, absent once it is reaped.
    let command_line = || std::fs::read(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
    assert_ne!(command_line(), b"");
    drop(broker);
    assert_eq!(command_line(), b"", "its process is gone");
    assert!(!dir.exists(), "its folder is gone");
}
