"""The broker, and what is read from it to follow a contestant."""

import os
import subprocess
import sys
import time
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from machine import log
from outcomes import Changes
from places import INPUTS, KAFKA, PARTITIONS

# The broker is stopped before every client is gone.
QUIET = {"log_level": 0}


class Broker:
    """One Apache Kafka, from the project's script. It waits for members of a group as long as Kafka does by default."""

    SETTINGS = {"group.initial.rebalance.delay.ms": "3000"}
    HEAP = "-Xms1g -Xmx1g"

    def __init__(self, folder, port):
        self.folder = Path(folder)
        settings = [word for key, value in self.SETTINGS.items() for word in ("--set", f"{key}={value}")]
        command = [KAFKA, "start", "--port", str(port), "--dir", folder, *settings]
        subprocess.run(command, check=True, env=dict(os.environ, KAFKA_HEAP_OPTS=self.HEAP), stdout=sys.stderr)
        self.bootstrap = f"localhost:{(self.folder / 'port').read_text().strip()}"
        self.pid = int((self.folder / "pid").read_text())
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap, **QUIET})
        self.watchers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for watcher in self.watchers.values():
            watcher.close()
        subprocess.run([KAFKA, "stop", "--dir", self.folder], check=False, stdout=sys.stderr)

    def create(self, *topics):
        new = [NewTopic(topic, PARTITIONS, 1, config={"retention.ms": "-1"}) for topic in topics]
        for future in self.admin.create_topics(new).values():
            future.result()

    def delete(self, prefix):
        """Topics whose names begin so."""
        topics = [topic for topic in self.admin.list_topics(timeout=10).topics if topic.startswith(prefix)]
        for topic, future in (self.admin.delete_topics(topics) if topics else {}).items():
            try:
                future.result()
            except KafkaException as error:
                log("cannot delete", topic, error)

    def consumer(self, group="bench", **settings):
        """A client that joins no group."""
        settings = {key.replace("_", "."): value for key, value in settings.items()}
        return Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                **QUIET,
                **settings,
            }
        )

    def watcher(self, group="bench"):
        if group not in self.watchers:
            self.watchers[group] = self.consumer(group, isolation_level="read_uncommitted")
        return self.watchers[group]

    def end(self, topic, partition):
        for _ in range(50):
            try:
                return self.watcher().get_watermark_offsets(TopicPartition(topic, partition), timeout=5)[1]
            except KafkaException:  # a topic that was just created has no leader yet
                time.sleep(0.1)
        raise TimeoutError(f"expected {topic} to have a leader")

    def ends(self, *topics):
        """Where each partition ends, markers of transactions included."""
        return {(topic, partition): self.end(topic, partition) for topic in topics for partition in range(PARTITIONS)}

    def committed(self, group):
        """How many records of the inputs a group has committed."""
        wanted = [TopicPartition(topic, partition) for topic in INPUTS for partition in range(PARTITIONS)]
        try:
            return sum(max(place.offset, 0) for place in self.watcher(group).committed(wanted, timeout=5))
        except KafkaException:
            return 0

    def events(self):
        return sum(self.ends(*INPUTS).values())

    def last_timestamp(self):
        """The greatest timestamp of the inputs: records are in order within each partition."""
        consumer = self.consumer()
        last = [
            TopicPartition(topic, partition, end - 1)
            for (topic, partition), end in self.ends(*INPUTS).items()
            if end > 0
        ]
        consumer.assign(last)
        greatest, left = 0, len(last)
        while left:
            message = consumer.poll(5)
            if message is not None and not message.error():
                greatest, left = max(greatest, message.timestamp()[1]), left - 1
        consumer.close()
        return greatest

    def changes(self, topic):
        """Everything that is committed in a topic of changes."""
        consumer = self.consumer(enable_partition_eof=True)
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        changes, ended = Changes(), set()
        while len(ended) < PARTITIONS:
            for message in consumer.consume(5000, 1.0):
                if message.error():
                    ended.add(message.partition())
                else:
                    changes.add(message.value())
        consumer.close()
        return changes
