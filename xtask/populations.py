#!/usr/bin/env python3
"""Counts segment changes: who was ever in which segment, who is there at the end, and how many moves flap.

A move flaps if it returns to the segment before the last, within 7 days of leaving it. Called by `cargo xtask populations`:

    populations.py bare FILE         the segmentation without its hysteresis, to standard output
    populations.py count FILE        changes as NDJSON on standard input, counts as JSON to standard output
    populations.py table WITH WITHOUT   two such counts as a table; fails if a segment is never entered
"""

import json
import re
import sys
from datetime import datetime

WITHIN_MS = 7 * 24 * 3_600_000
HYSTERESIS = re.compile(r"^(\s+)(?:stay|for|keep|bypass):")
# The first fields of a change, in the order in which they are written; a line of another shape is read as JSON.
TEXT = rb'"((?:[^"\\]|\\.)*)"'
HEAD = re.compile(
    rb'"customer_id":' + TEXT + rb',"dimension":' + TEXT + rb',"from":(?:null|' + TEXT + rb'),"to":(?:null|' + TEXT
    + rb'),"effective_at":' + TEXT + rb',"entered_previous_at":(?:null|' + TEXT + rb")"
)


def bare(path):
    """Drops each key of hysteresis with the deeper lines that continue it."""
    deeper_than = None
    for line in open(path, encoding="utf-8"):
        indent = len(line) - len(line.lstrip())
        if deeper_than is not None and line.strip() and indent > deeper_than:
            continue
        match = HYSTERESIS.match(line)
        deeper_than = len(match.group(1)) if match else None
        if not match:
            sys.stdout.write(line)


def declared(path):
    """The dimensions of a shipped file with their segments, in file order. Knows the layout of these files only."""
    dimensions = {}
    for line in open(path, encoding="utf-8"):
        if match := re.match(r"  - name: (\w+)", line):
            segments = dimensions.setdefault(match.group(1), [])
        elif match := re.match(r"      - (?:\{)?name: (\w+)", line):
            segments.append(match.group(1))
        elif match := re.match(r"    otherwise: (?:\{name: )?(\w+)", line):
            segments.append(match.group(1))
    return dimensions


def changes(lines):
    """(customer, dimension, from, to, effective_at, entered_previous_at) of each line; names as bytes, None for null."""
    for line in lines:
        if match := HEAD.search(line, 0, 4096):
            yield match.groups()
        elif line.strip():
            change = json.loads(line)
            names = ("customer_id", "dimension", "from", "to", "effective_at", "entered_previous_at")
            yield tuple(None if change[name] is None else change[name].encode() for name in names)


def instant_ms(text):
    return round(datetime.fromisoformat(text.decode().replace("Z", "+00:00")).timestamp() * 1000)


def count(path):
    dimensions = declared(path)
    tally = {d: {s: {"ever": 0, "now": 0} for s in segments} for d, segments in dimensions.items()}
    moves = {d: 0 for d in dimensions}
    flaps = {d: 0 for d in dimensions}
    index = {(d.encode(), s.encode()): (d, s, 1 << i) for d, segments in dimensions.items() for i, s in enumerate(segments)}
    # Per customer and dimension: the segments ever entered, the present one, the one before it.
    states = {}
    for customer, dimension, previous, to, at, entered_previous in changes(sys.stdin.buffer):
        key = (customer, dimension)
        ever, _, before = states.get(key, (0, None, None))
        name = dimension.decode()
        if to is None:
            states[key] = (ever, None, None)
            continue
        bit = index[dimension, to][2]
        if not ever & bit:
            tally[name][to.decode()]["ever"] += 1
        if previous is not None:
            moves[name] += 1
            if to == before and instant_ms(at) - instant_ms(entered_previous) <= WITHIN_MS:
                flaps[name] += 1
        states[key] = (ever | bit, to, previous)
    for (_, dimension), (_, current, _) in states.items():
        if current is not None:
            tally[dimension.decode()][current.decode()]["now"] += 1
    json.dump({"segments": tally, "moves": moves, "flaps": flaps}, sys.stdout)


def share(part, whole):
    return f"{100 * part / whole:.2f} %" if whole else "-"


def table(with_path, without_path):
    kept, bare_counts = (json.load(open(path, encoding="utf-8")) for path in (with_path, without_path))
    print("| dimension | segment | ever entered | at the end | moves | flap rate | without hysteresis: moves | flap rate |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    empty = []
    for dimension, segments in kept["segments"].items():
        rates = []
        for counts in (kept, bare_counts):
            moves = counts["moves"][dimension]
            rates += [f"{moves:,}", share(counts["flaps"][dimension], moves)]
        for segment, population in segments.items():
            print(f"| {dimension} | {segment} | {population['ever']:,} | {population['now']:,} | {' | '.join(rates)} |")
            dimension, rates = "", [""] * 4
            if population["ever"] == 0:
                empty.append(segment)
    totals = [(sum(counts["flaps"].values()), sum(counts["moves"].values())) for counts in (kept, bare_counts)]
    cells = " | ".join(f"{moves:,} | {share(flaps, moves)}" for flaps, moves in totals)
    print(f"| all | | | | {cells} |")
    for segment in empty:
        print(f"nobody ever was in {segment}", file=sys.stderr)
    return 1 if empty else 0


if __name__ == "__main__":
    commands = {"bare": bare, "count": count, "table": table}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
