"""Measures contestants over the same preloaded topics, each in turn on one broker; and compares what they decided."""

import json
import subprocess
import time
from contextlib import contextmanager

from broker import Broker
from contestants import CEILING_JVM, create_topics, java, running, segflow, segflow_config
from following import follow
from machine import MIB, cpu_s, fresh, log, wait_for_quiet
from outcomes import are_equal, differences, folded
from places import INPUTS, PARTITIONS, RULES


class OutcomesDiffer(Exception):
    """A contestant decided something else than `segflow fold`: its speed means nothing."""


@contextmanager
def preloaded(options, customers, days, events=None, compare=True):
    """A broker with the events of a simulated portfolio, and what `segflow fold` decides of them."""
    work = fresh(options.work)
    portfolio = [
        "--customers",
        customers,
        "--days",
        days,
        "--seed",
        options.seed,
        *(["--events", events] if events else []),
    ]
    with Broker(work / "kafka", options.port) as broker:
        config = segflow_config(work / "preload", broker, "preload")
        create_topics(config)
        segflow("generate", *portfolio, "--config", config, stderr=subprocess.DEVNULL)
        loaded = broker.events()
        log(f"{loaded} events of {customers} customers preloaded")
        expected = None
        if compare:
            segflow("generate", *portfolio, "--out", work / "events.ndjson", stderr=subprocess.DEVNULL)
            with open(work / "changes.ndjson", "wb") as out:
                segflow(
                    "fold",
                    "--partitions",
                    PARTITIONS,
                    "--segmentation",
                    RULES,
                    work / "events.ndjson",
                    stdout=out,
                    stderr=subprocess.DEVNULL,
                )
            expected = folded(work / "changes.ndjson")
            log(f"{len(expected.by_key)} changes decided by fold")
        yield broker, work, loaded, expected


def outcomes(options):
    """Whether every contestant decides what `segflow fold` decides, on a portfolio small enough to know soon."""
    rows = []
    with preloaded(options, options.check_customers, options.days, options.check_events) as (
        broker,
        work,
        events,
        expected,
    ):
        for contestant in options.contestants:
            if contestant != "ceiling":
                row, found = once(broker, work, contestant, events, max(options.threads), f"check-{contestant}")
                rows.append({"measure": "outcomes", **compared(row, expected, found)})
    return rows


def throughput(options):
    """Events per second and per CPU-second, memory, and bytes written."""
    with preloaded(options, options.customers, options.days, options.events) as (broker, work, events, expected):
        warm_up(broker, work, events)
        return list(rounds(options, broker, work, events, expected, "throughput"))


def growth(options):
    """Segflow alone, unless others are named, with more and more customers of whom a few weeks are known."""
    return [row for customers in options.populations for row in population(options, customers)]


def population(options, customers):
    with preloaded(options, customers, options.growth_days, compare=False) as (broker, work, events, _):
        for row in rounds(options, broker, work, events, None, "growth"):
            yield {**row, "customers": customers}


def disk(options):
    """Bytes written for each event, state and compactions included, once nothing more is written."""
    with preloaded(options, options.customers, options.days, options.events) as (broker, work, events, expected):
        return list(rounds(options, broker, work, events, expected, "disk", settle=True))


def warm_up(broker, work, events):
    """Two runs that are not reported: a broker compiles its code while it is first used."""
    log("warming the broker up")
    ceiling(broker, work, True)
    once(broker, work, "segflow", events, 1, "warm-up")


def rounds(options, broker, work, events, expected, measure, settle=False):
    """Each contestant in turn, in the opposite order in every other round."""
    for round_ in range(options.rounds):
        order = options.contestants if round_ % 2 == 0 else options.contestants[::-1]
        for contestant in order:
            for threads in [1] if contestant == "ceiling" else options.threads:
                shared = {
                    "measure": measure,
                    "round": round_,
                    "threads": threads,
                    "before_cores": wait_for_quiet(options.patience),
                }
                if contestant == "ceiling":
                    for decodes in (True, False):
                        yield {**shared, **ceiling(broker, work, decodes)}
                    continue
                name = f"{contestant}-{measure}-{round_}-{threads}"
                row, found = once(broker, work, contestant, events, threads, name, settle)
                row.update(shared)
                yield compared(row, expected, found) if expected and round_ == 0 else row


def once(broker, work, contestant, events, threads, name, settle=False):
    """One run over all events: its figures, and its changes."""
    log(f"{name}: {events} events")
    started = time.time()
    with running(contestant, broker, work, name, threads) as run:
        row = {"contestant": contestant, "threads": threads, **follow(broker, run, events, started, settle)}
    found = broker.changes(f"{name}.changes")
    row.update(changes=len(found.by_key), change_bytes=round(found.bytes / max(len(found.by_key), 1)))
    log(f"{name}: {row['events_per_s']} events/s, {row['events_per_cpu_s']} per CPU-second")
    broker.delete(name)
    fresh(work / name)
    return row, found


def compared(row, expected, found):
    row["differences"] = differences(expected, found)
    if not are_equal(row["differences"]):
        raise OutcomesDiffer(f"{row['contestant']} decides otherwise than fold: {row['differences']}")
    return row


def ceiling(broker, work, decodes):
    """A bare consumer, decoding or not. It measures itself from its first record to its last."""
    command = java(
        "ceiling", CEILING_JVM, bootstrap=broker.bootstrap, inputs=",".join(INPUTS), decode=str(decodes).lower()
    )
    folder = fresh(work / "ceiling")
    before = cpu_s(broker.pid)
    with open(folder / "out", "w") as out:
        subprocess.run(command, check=True, stdout=out)
    tally = json.loads((folder / "out").read_text().splitlines()[-1])
    wall, cpu, events = (tally["at_ms"] - tally["first_read_ms"]) / 1000, tally["cpu_ms"] / 1000, tally["read"]
    return {
        "contestant": "consumer, decoding" if decodes else "consumer",
        "events": events,
        "wall_s": round(wall, 2),
        "events_per_s": round(events / wall),
        "cpu_s": cpu,
        "events_per_cpu_s": round(events / cpu),
        "broker_cpu_s": round(cpu_s(broker.pid) - before, 2),
        "unusable": tally["unusable"],
    }
