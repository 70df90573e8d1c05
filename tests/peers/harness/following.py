"""Follows a contestant through preloaded inputs, until all is read and its outputs are quiet."""

import time

from machine import MIB, busy_s, cpu_s, peak_mib, size_of, written_bytes

QUIET_S = 3.0
SETTLED_S = 10.0
LONGEST_S = 7_200
# A cycle of Segflow's: its first commit is seen so long after it read first.
CYCLE_S = 0.1


def follow(broker, run, events, started, settle=False):
    """What it took, up to the last record that was committed, of inputs or of outputs."""
    before = Reading(broker, run)
    last, seen, first_progress, read_all = before, None, None, False
    series, peak = [], 0
    while True:
        reading = Reading(broker, run)
        peak = max(peak, reading.peak)
        if reading.seen != seen:
            if seen is not None and first_progress is None and reading.seen[0]:
                first_progress = reading.at
            seen, last = reading.seen, reading.or_else(last)
            series.append((reading.at, reading.seen[0], last.cpu))
        gone = run.process.poll() is not None
        read_all = read_all or reading.seen[0] >= events
        if gone or (read_all and not run.ends and reading.at - last.at > QUIET_S):
            break
        if reading.at - started > LONGEST_S:
            raise TimeoutError(f"{run.contestant} had committed {seen[0]} of {events} events after two hours")
        time.sleep(0.1)
    if gone and not run.ends:
        raise RuntimeError(f"{run.contestant} ended early: {(run.folder / 'err').read_text()[-2000:]}")
    settled = settled_bytes(run) if settle and not gone else None
    tally = run.tally()
    if tally:
        first, series = tally[-1]["first_read_ms"] / 1000, [
            (t["at_ms"] / 1000, t["read"], t["cpu_ms"] / 1000) for t in tally
        ]
    else:
        first = (first_progress or last.at) - CYCLE_S
    cpu, end = last.cpu, last.at
    if run.ends:
        # It is gone before it can be asked.
        cpu, end = max(cpu, tally[-1]["cpu_ms"] / 1000), max(end, tally[-1]["at_ms"] / 1000)
    wall = end - first
    row = {
        "events": events,
        "wall_s": round(wall, 2),
        "events_per_s": round(events / wall),
        "start_to_first_s": round(first - started, 2),
        "cpu_s": round(cpu, 2),
        "events_per_cpu_s": round(events / cpu),
        "peak_mib": peak,
        "written_mib": round(last.written / MIB, 1),
        "broker_written_mib": round((last.broker_written - before.broker_written) / MIB, 1),
        "broker_cpu_s": round(last.broker_cpu - before.broker_cpu, 2),
        "state_mib": round(size_of(run.state) / MIB, 1),
        "elsewhere_cores": round(
            max(0, last.busy - before.busy - cpu - last.broker_cpu + before.broker_cpu) / (end - started), 2
        ),
        **warm(series, events),
    }
    if settled is not None:
        row["settled_written_mib"] = round(settled / MIB, 1)
        row["written_bytes_per_event"] = round(settled / events)
    return row


class Reading:
    """What is seen of a contestant and of the broker at one instant."""

    def __init__(self, broker, run):
        pid = run.process.pid
        self.cpu, self.peak, self.written = cpu_s(pid), peak_mib(pid), written_bytes(pid)
        self.broker_cpu, self.broker_written, self.busy = cpu_s(broker.pid), written_bytes(broker.pid), busy_s()
        self.seen = (broker.committed(run.name), tuple(broker.ends(run.output).values()))
        self.at = time.time()

    def or_else(self, earlier):
        """Where the process is gone, what was known of it."""
        self.cpu = earlier.cpu if self.cpu is None else self.cpu
        self.written = earlier.written if self.written is None else self.written
        return self


def warm(series, events):
    """Rates over the second half, without the last few events: a JVM has compiled its code by then."""
    half = next((point for point in series if point[1] >= events * 0.5), None)
    last = next((point for point in series if point[1] >= events * 0.97), None)
    if not half or not last or last[0] - half[0] < 0.5:
        return {}
    seconds, read, cpu = (after - before for before, after in zip(half, last))
    return {"warm_events_per_s": round(read / seconds), "warm_events_per_cpu_s": round(read / max(cpu, 0.01))}


def settled_bytes(run):
    """What it has written once it writes next to nothing, of compactions too. Each contestant goes on to log a little."""
    began, written = time.time(), written_bytes(run.process.pid)
    while time.time() - began < LONGEST_S:
        time.sleep(SETTLED_S)
        before, written = written, written_bytes(run.process.pid) or written
        if written - before < MIB / 4:
            return written
    raise TimeoutError(f"{run.contestant} went on to write for two hours")
