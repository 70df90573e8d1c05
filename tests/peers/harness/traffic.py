"""Live traffic: `produce` writes events dated now, at a rate; `read` notes when committed changes can be read.

The instant of production is part of the event's id, which a change names. So the two processes share nothing.
"""

import argparse
import json
import random
import time

from confluent_kafka import OFFSET_END, Consumer, Producer, TopicPartition

from places import PARTITIONS

DAY_MS = 86_400_000


def iso(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"


def producer(bootstrap):
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "linger.ms": 5,
            "acks": "1",
            "partitioner": "murmur2",
            "log_level": 0,
            "queue.buffering.max.messages": 1_000_000,
        }
    )


def send(kafka, topic, customer, ms, **fields):
    """Writes an event that happens and is recorded at an instant."""
    body = {"customer_id": customer, "occurred_at": iso(ms), **fields}
    value = json.dumps(body, separators=(",", ":")).encode()
    while True:
        try:
            return kafka.produce("collections." + topic, value, customer.encode(), timestamp=ms)
        except BufferError:  # the queue is full
            kafka.poll(0.1)


class Portfolio:
    """Each customer is billed something overdue, and then pays it: each moves a stage. The rest are contacts."""

    def __init__(self, customers, prefix="C"):
        self.steps, self.prefix, self.count = [0] * customers, prefix, 0

    def send(self, kafka, customer, is_contact, ns, shift_ms=0):
        self.count += 1
        ms = ns // 1_000_000 + shift_ms
        event, name = {"event_id": f"{ns}-{self.count}"}, f"{self.prefix}-{customer:07d}"
        if is_contact:
            return send(
                kafka,
                "contacts",
                name,
                ms,
                **event,
                kind="OUTBOUND",
                contact_id=f"T-{self.count}",
                channel="SMS",
                outcome="DELIVERED",
            )
        step = self.steps[customer]
        self.steps[customer] += 1
        money = {"invoice_id": f"INV-{step // 2:04d}", "amount_minor": 1_000, "currency": "GBP"}
        if step % 2 == 0:
            return send(
                kafka, "invoices", name, ms, **event, **money, kind="ISSUED", due_date=iso(ms - 10 * DAY_MS)[:10]
            )
        return send(
            kafka,
            "payments",
            name,
            ms,
            **event,
            **money,
            kind="RECEIVED",
            payment_id=f"PAY-{self.count}",
            method="CARD",
        )


def seed(bootstrap, customers):
    """Makes every customer known, by a contact."""
    kafka, portfolio = producer(bootstrap), Portfolio(customers)
    for customer in range(customers):
        portfolio.send(kafka, customer, True, time.time_ns())
    kafka.flush()


def produce(a):
    kafka, portfolio, chance = producer(a.bootstrap), Portfolio(a.customers, a.prefix), random.Random(11)
    started, sent, latest, total = time.time(), 0, 0.0, int(a.rate * a.seconds)
    while sent < total:
        now = time.time()
        while sent < min(total, int((now - started) * a.rate) + 1):
            portfolio.send(
                kafka, chance.randrange(a.customers), chance.random() < a.contacts, time.time_ns(), a.shift_ms
            )
            sent += 1
        kafka.poll(0)
        ahead = started + sent / a.rate - time.time()
        latest = max(latest, -ahead)
        time.sleep(min(max(ahead, 0), 0.004))
    kafka.flush()
    print(json.dumps({"sent": sent, "produced_late_ms": round(latest * 1000, 1)}))


def reader(bootstrap, topic):
    """Reads what is committed from now on, as soon as it is."""
    kafka = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "latency",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 50,
            "fetch.min.bytes": 1,
            "fetch.queue.backoff.ms": 1,
        }
    )
    kafka.assign([TopicPartition(topic, partition, OFFSET_END) for partition in range(PARTITIONS)])
    return kafka


def produced_ns(value):
    """When the event was produced of which a change tells; none if time alone caused it."""
    at = value.find(b'"event_id":"')
    if at < 0:
        return None
    text = value[at + 12 : value.index(b"-", at + 12)]
    return int(text) if text.isdigit() else None


def read(a):
    kafka, lags, ends = reader(a.bootstrap, a.topic), [], time.time() + a.seconds
    # Changes of what was produced earlier may still come.
    began = time.time_ns()
    print("ready", flush=True)
    while time.time() < ends:
        message = kafka.poll(0.2)
        if message is not None and not message.error():
            now, produced = time.time_ns(), produced_ns(message.value())
            if produced and produced >= began:
                lags.append((produced, (now - produced) / 1e6))
    print(json.dumps(quantiles(lags, a.warm)))


def quantiles(lags, warm_s=0):
    """Of pairs of an instant of production and a lag in milliseconds; those of the first seconds are left out."""
    first = min(lags, default=(0, 0))[0] + warm_s * 1e9
    sorted_ = sorted(lag for produced, lag in lags if produced >= first)
    at = lambda share: (
        round(sorted_[min(len(sorted_) - 1, int(share * len(sorted_)))], 1) if sorted_ else None
    )  # noqa: E731
    return {"changes": len(sorted_), "p50_ms": at(0.5), "p90_ms": at(0.9), "p99_ms": at(0.99), "max_ms": at(1)}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("what", choices=["produce", "read"])
    a.add_argument("--bootstrap", required=True)
    a.add_argument("--customers", type=int, default=20_000)
    a.add_argument("--prefix", default="C")
    a.add_argument("--rate", type=float, default=2_000)
    a.add_argument("--seconds", type=float, default=60)
    a.add_argument("--contacts", type=float, default=0.5)
    a.add_argument("--shift-ms", type=int, default=0)
    a.add_argument("--topic")
    a.add_argument("--warm", type=float, default=0)
    a = a.parse_args()
    produce(a) if a.what == "produce" else read(a)


if __name__ == "__main__":
    main()
