"""Measures of contestants that follow live traffic: latency, what idleness costs, and how long a restart takes."""

import json
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import traffic
from broker import Broker
from contestants import create_topics, running, segflow_config
from machine import cpu_s, end, fresh, log, peak_mib, size_of, wait_for_quiet, written_bytes

TRAFFIC = [sys.executable, str(Path(__file__).with_name("traffic.py"))]
CATCH_UP_S = 3_600


@contextmanager
def known(options, customers):
    """A broker with a contact of every customer."""
    work = fresh(options.work)
    with Broker(work / "kafka", options.port) as broker:
        create_topics(segflow_config(work / "preload", broker, "preload"))
        traffic.seed(broker.bootstrap, customers)
        yield broker, work


def catch_up(broker, run):
    """Waits until everything is read and committed."""
    wanted, ends = broker.events(), time.time() + CATCH_UP_S
    while broker.committed(run.name) < wanted:
        if run.process.poll() is not None:
            raise RuntimeError(f"{run.contestant} ended early: {(run.folder / 'err').read_text()[-2000:]}")
        if time.time() > ends:
            raise TimeoutError(f"{run.contestant} had not caught up after an hour")
        time.sleep(0.5)


def each(options, measure):
    """The rounds of a live measure: the contestant and a row to begin with."""
    contestants = [name for name in options.contestants if name != "ceiling"]
    for round_ in range(options.rounds):
        for contestant in contestants if round_ % 2 == 0 else contestants[::-1]:
            threads = min(options.threads)
            yield contestant, threads, {
                "measure": measure,
                "round": round_,
                "contestant": contestant,
                "threads": threads,
                "before_cores": wait_for_quiet(options.patience),
            }


def latency(options):
    """From the production of an event to a change that a `read_committed` consumer can read, at a fixed rate."""
    rows = []
    for contestant, threads, row in each(options, "latency"):
        log(f"latency of {contestant}, {options.rate} events/s")
        with known(options, options.live_customers) as (broker, work):
            with running(contestant, broker, work, f"{contestant}-latency", threads, live=True) as run:
                catch_up(broker, run)
                time.sleep(3)
                rows.append({**row, "rate": options.rate, **under_load(options, broker, run)})
                log(f"latency of {contestant}: p50 {rows[-1]['p50_ms']} ms, p99 {rows[-1]['p99_ms']} ms")
    return rows


def under_load(options, broker, run):
    common = ["--bootstrap", broker.bootstrap, "--customers", str(options.live_customers)]
    seconds = options.warm_seconds + options.seconds
    reading = [
        *TRAFFIC,
        "read",
        *common,
        "--topic",
        run.output,
        "--seconds",
        str(seconds + 8),
        "--warm",
        str(options.warm_seconds),
    ]
    reader = subprocess.Popen(reading, stdout=subprocess.PIPE, text=True)
    try:
        reader.stdout.readline()
        time.sleep(1)
        began, cpu, written = time.time(), cpu_s(run.process.pid), written_bytes(run.process.pid)
        producing = [*TRAFFIC, "produce", *common, "--rate", str(options.rate), "--seconds", str(seconds)]
        sent = json.loads(subprocess.run(producing, check=True, capture_output=True, text=True).stdout)
        wall = time.time() - began
        found = {
            "cpu_cores": round((cpu_s(run.process.pid) - cpu) / wall, 3),
            "peak_mib": peak_mib(run.process.pid),
            "written_bytes_per_event": round((written_bytes(run.process.pid) - written) / sent["sent"]),
        }
        return {**json.loads(reader.communicate()[0].splitlines()[-1]), **sent, **found}
    finally:
        end(reader)


def idle(options):
    """The CPU of a process that knows all customers, while nothing happens."""
    rows = []
    for contestant, threads, row in each(options, "idle"):
        with known(options, options.idle_customers) as (broker, work):
            with running(contestant, broker, work, f"{contestant}-idle", threads, live=True) as run:
                catch_up(broker, run)
                time.sleep(options.settle_seconds)
                log(f"{contestant} is idle")
                pid, cpu, broker_cpu = run.process.pid, cpu_s(run.process.pid), cpu_s(broker.pid)
                written = written_bytes(pid)
                time.sleep(options.idle_seconds)
                rows.append(
                    {
                        **row,
                        "customers": options.idle_customers,
                        "seconds": options.idle_seconds,
                        "cpu_percent": round(100 * (cpu_s(pid) - cpu) / options.idle_seconds, 2),
                        "broker_cpu_percent": round(100 * (cpu_s(broker.pid) - broker_cpu) / options.idle_seconds, 2),
                        "written_mib": round((written_bytes(pid) - written) / 2**20, 1),
                        "peak_mib": peak_mib(pid),
                        "state_mib": round(size_of(run.state) / 2**20, 1),
                    }
                )
    return rows


def restart(options):
    """From the start of a process to its first change of a new event: after an end, a kill, a lost disk."""
    rows = []
    for contestant, threads, row in each(options, "restart"):
        with known(options, options.live_customers) as (broker, work):
            name = f"{contestant}-restart"
            with running(contestant, broker, work, name, threads, live=True) as run:
                catch_up(broker, run)
                time.sleep(options.settle_seconds)
            for customer, how in enumerate(options.restarts):
                # What follows is started once for each way in which it may have ended before.
                with running(
                    contestant, broker, work, name, threads, live=True, keep=True, **restored(contestant, work / name)
                ) as run:
                    answer(broker, run, customer * 1_000)
                    ended = signal.SIGTERM if how == "end" else signal.SIGKILL
                    end(run.process, ended)
                if how == "lost":
                    lose(work / name / "state")
                log(f"{contestant} starts again after: {how}")
                started = time.time()
                with running(
                    contestant, broker, work, name, threads, live=True, keep=True, **restored(contestant, work / name)
                ) as run:
                    answer(broker, run, customer * 1_000 + 500)
                    rows.append(
                        {
                            **row,
                            "customers": options.live_customers,
                            "after": how,
                            "restart_s": round(time.time() - started, 2),
                        }
                    )
    return rows


def lose(state):
    """Empties a disk, but for Flink's checkpoints: in earnest they are kept elsewhere."""
    for entry in state.iterdir():
        if entry.name != "checkpoints":
            shutil.rmtree(entry)


def restored(contestant, folder):
    """Flink is told from which checkpoint it goes on: the last one that is complete."""
    if contestant != "flink":
        return {}
    checkpoints = sorted(folder.glob("state/checkpoints/*/chk-*/_metadata"), key=lambda path: path.stat().st_mtime)
    return {"restore": f"file://{checkpoints[-1].parent}"} if checkpoints else {}


def answer(broker, run, first_customer):
    """Produces an event a customer, ten a second, until a change of one of them can be read."""
    kafka, portfolio, reader = (
        traffic.producer(broker.bootstrap),
        traffic.Portfolio(1_000_000),
        traffic.reader(broker.bootstrap, run.output),
    )
    began, customer = time.time_ns(), first_customer
    try:
        while time.time_ns() - began < CATCH_UP_S * 1e9:
            portfolio.send(kafka, customer, False, time.time_ns())
            kafka.poll(0)
            customer += 1
            message = reader.poll(0.1)
            if message is not None and not message.error() and (traffic.produced_ns(message.value()) or 0) >= began:
                return
            if run.process.poll() is not None:
                raise RuntimeError(f"{run.contestant} ended early: {(run.folder / 'err').read_text()[-2000:]}")
    finally:
        kafka.flush()
        reader.close()
    raise TimeoutError(f"{run.contestant} did not answer within an hour")
