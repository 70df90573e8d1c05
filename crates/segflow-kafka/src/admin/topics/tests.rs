//! The plan, and how a difference reads.

use std::collections::BTreeSet;

use expect_test::expect;

use super::*;

fn wanted() -> Wanted {
    let inputs = [Family::Invoices, Family::Profiles].map(|family| (family, family.default_topic()));
    let outputs = Sink::always().map(|sink| (sink, sink.properties().default_topic.to_owned()));
    Wanted::new(inputs.into(), outputs.collect(), 12)
}

#[test]
fn the_plan_keeps_facts_and_decisions() {
    let lines: Vec<String> =
        wanted().plan().iter().map(|topic| format!("{} {:?}", topic.name, topic.properties)).collect();
    expect![[r#"
        collections.invoices {"cleanup.policy": "delete", "message.timestamp.type": "CreateTime", "retention.ms": "-1"}
        collections.profiles {"cleanup.policy": "delete", "message.timestamp.type": "CreateTime", "retention.ms": "-1"}
        collections.segment-changes {"cleanup.policy": "delete", "max.message.bytes": "16777216", "retention.ms": "2592000000"}
        collections.segments {"cleanup.policy": "compact", "max.message.bytes": "16777216"}
        collections.dead-letters {"cleanup.policy": "delete", "max.message.bytes": "16777216", "retention.ms": "2592000000"}
        collections.journal {"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime", "retention.ms": "-1"}
        segflow.segmentations {"cleanup.policy": "compact", "max.message.bytes": "16777216"}"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn the_texts_of_segmentations_have_one_partition() {
    let counts: BTreeSet<(bool, u32)> =
        wanted().plan().iter().map(|topic| (topic.name == "segflow.segmentations", topic.partitions)).collect();
    assert_eq!(counts, [(false, 12), (true, 1)].into());
}

#[test]
fn three_copies_need_two_confirmations() {
    let three = Wanted { replication: Some(3), ..wanted() };
    assert!(three.plan().iter().all(|topic| topic.properties["min.insync.replicas"] == "2"));
    let one = Wanted { replication: Some(1), ..wanted() };
    assert!(one.plan().iter().all(|topic| !topic.properties.contains_key("min.insync.replicas")));
}

#[test]
fn differences_are_listed_one_by_one() {
    let journal = wanted().plan().into_iter().find(|topic| topic.name == "collections.journal").expect("the journal");
    let found = Description { partitions: 6, replicas: 1 };
    let properties =
        [("cleanup.policy", "delete"), ("retention.ms", "604800000"), ("message.timestamp.type", "LogAppendTime")];
    let properties = properties.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let lines: Vec<String> = compare(&journal, &found, &properties).iter().map(ToString::to_string).collect();
    expect![[r#"
        collections.journal: partitions: expected 12, found 6
        collections.journal: retention.ms: expected -1, found 604800000"#]]
    .assert_eq(&lines.join("\n"));
}

/// Nothing told is no answer: a finite retention would go unseen, and a topic look as if it differed.
#[test]
fn a_topic_without_properties_is_one_that_may_not_be_described() {
    let policy = BTreeMap::from([("cleanup.policy".to_owned(), "delete".to_owned())]);
    assert_eq!(told("payments", policy.clone()), Ok(policy));
    let refused = told("payments", BTreeMap::new()).unwrap_err();
    assert!(matches!(refused, LogError::Stop(_)), "{refused:?}");
    assert_eq!(
        refused.to_string(),
        "payments: the cluster tells none of its properties: expected the right DESCRIBE_CONFIGS on this topic; grant it, and \
         start again"
    );
}
