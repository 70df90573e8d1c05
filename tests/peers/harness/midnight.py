"""A million timers at one midnight, with events going on. Time is that of records: nobody has to wait for midnight."""

import json
import subprocess
import time

import traffic
from broker import Broker
from contestants import create_topics, running, segflow_config
from live import TRAFFIC, catch_up
from machine import cpu_s, end, fresh, log, peak_mib, wait_for_quiet

MIDNIGHT_MS = 1_772_409_600_000  # 2026-03-02 in London
# Time is that of invoices and payments, since there is no other live traffic.
HINTS = [f'inputs.{name}.clock = "hint"' for name in ("contacts", "promises", "disputes", "profiles")]
CLOCK = "\n".join(['clock.idle = "record-time"', *HINTS])
SECONDS_BEFORE = 5


def midnight(options):
    """How long one midnight takes, and how late live changes are meanwhile. Flink ends with its inputs in this mode."""
    rows = []
    for round_ in range(options.rounds):
        for contestant in (name for name in options.contestants if name in ("segflow", "streams")):
            row = {
                "measure": "midnight",
                "round": round_,
                "contestant": contestant,
                "threads": max(options.threads),
                "timers": options.timers,
                "before_cores": wait_for_quiet(options.patience),
            }
            rows.append({**row, **once(options, contestant)})
            log(f"{contestant}: {rows[-1]['drained_s']} s for {options.timers} timers")
    return rows


def once(options, contestant):
    work = fresh(options.work)
    with Broker(work / "kafka", options.port) as broker:
        create_topics(segflow_config(work / "preload", broker, "preload"))
        invoices_due(broker, options.timers)
        name = f"{contestant}-midnight"
        with running(contestant, broker, work, name, max(options.threads), clock=CLOCK) as run:
            catch_up(broker, run)
            time.sleep(3)
            return drain(options, broker, run)


def invoices_due(broker, customers):
    """An invoice for each customer, due on the day that ends at the midnight: then it is overdue."""
    kafka = traffic.producer(broker.bootstrap)
    for customer in range(customers):
        ms = MIDNIGHT_MS - traffic.DAY_MS // 2 + customer * 10_000 // customers
        traffic.send(
            kafka,
            "invoices",
            f"M-{customer:07d}",
            ms,
            event_id=f"I-{customer}",
            kind="ISSUED",
            invoice_id="INV-1",
            amount_minor=1_000,
            currency="GBP",
            due_date="2026-03-01",
        )
    kafka.flush()


def drain(options, broker, run):
    reader = traffic.reader(broker.bootstrap, run.output)
    reader.poll(1)
    shift = MIDNIGHT_MS - SECONDS_BEFORE * 1_000 - time.time_ns() // 1_000_000
    producing = [
        *TRAFFIC,
        "produce",
        "--bootstrap",
        broker.bootstrap,
        "--prefix",
        "L",
        "--customers",
        "20000",
        "--contacts",
        "0",
        "--rate",
        str(options.midnight_rate),
        "--seconds",
        str(options.midnight_seconds),
        "--shift-ms",
        str(shift),
    ]
    producer = subprocess.Popen(producing, stdout=subprocess.PIPE, text=True)
    cpu, fired, first, last, lags = cpu_s(run.process.pid), 0, None, None, []
    try:
        while fired < options.timers or producer.poll() is None:
            message = reader.poll(1.0)
            if run.process.poll() is not None:
                raise RuntimeError(f"{run.contestant} ended early")
            if message is None or message.error():
                if producer.poll() is not None and fired < options.timers:
                    raise TimeoutError(
                        f"{fired} of {options.timers} timers fired while events came: raise --midnight-seconds"
                    )
                continue
            now, produced = time.time_ns(), traffic.produced_ns(message.value())
            if produced:
                lags.append((produced, (now - produced) / 1e6))
            elif json.loads(message.value())["cause"] == "TIME":
                fired, first, last = fired + 1, first or now, now
    finally:
        end(producer)
        reader.close()
    found = traffic.quantiles([lag for lag in lags if lag[0] <= last])
    return {
        "drained_s": round((last - first) / 1e9, 2),
        "timers_per_s": round(fired / ((last - first) / 1e9)),
        "live_p50_ms": found["p50_ms"],
        "live_p99_ms": found["p99_ms"],
        "live_max_ms": found["max_ms"],
        "cpu_s": round(cpu_s(run.process.pid) - cpu, 2),
        "peak_mib": peak_mib(run.process.pid),
    }
