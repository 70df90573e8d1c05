#!/usr/bin/env python3
"""Reads the change topic and acts on each change once.

    pip install confluent-kafka
    python3 examples/read_changes.py localhost:9092

- Only committed records are read: what Segflow took back is never seen.
- A reader that dies after it has acted and before it has committed its offset reads the same change again. `change_id` is
  the same in every delivery, so that what was done is remembered under it.
- `actionable` is false where a change only says what is: after a change of the rules, or when it comes too late to act on.
"""

import json
import sqlite3
import sys

from confluent_kafka import Consumer, KafkaException

TOPIC = "collections.segment-changes"


def act(change):
    """Where a letter would be sent, or a call planned."""
    print(f"{change['customer_id']} {change['dimension']}: {change['from']} -> {change['to']} at {change['effective_at']}")


def handle(change, done):
    """Acts on a change unless that was done before; remembers it in either case."""
    with done:
        if done.execute("SELECT 1 FROM done WHERE change_id = ?", (change["change_id"],)).fetchone():
            return
        if change["cause"] == "ERASURE":
            print(f"{change['customer_id']} was erased: forget what is known of them")
        elif change["actionable"]:
            act(change)
        done.execute("INSERT INTO done VALUES (?)", (change["change_id"],))


def main(bootstrap_servers):
    done = sqlite3.connect("changes-done.sqlite")
    done.execute("CREATE TABLE IF NOT EXISTS done (change_id TEXT PRIMARY KEY)")
    consumer = Consumer({
        "bootstrap.servers": bootstrap_servers,
        "group.id": "read-changes",
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    })
    consumer.subscribe([TOPIC])
    try:
        while True:
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error():
                raise KafkaException(message.error())
            handle(json.loads(message.value()), done)
            consumer.commit(message)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()
        done.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
