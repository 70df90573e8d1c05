"""One report of everything that was measured: tables in Markdown, and all rows in JSON."""

import json
import statistics

# Of each measure: what it says, which figures, and by which fields rows belong together.
MEASURES = {
    "outcomes": ("Outcomes, change by change, against `segflow fold`", ["events", "changes", "difference"], []),
    "throughput": (
        "Throughput over preloaded topics",
        [
            "events_per_s",
            "warm_events_per_s",
            "events_per_cpu_s",
            "warm_events_per_cpu_s",
            "peak_mib",
            "written_mib",
            "broker_written_mib",
            "state_mib",
            "changes",
            "change_bytes",
            "elsewhere_cores",
        ],
        [],
    ),
    "latency": (
        "Latency, from produced to readable",
        [
            "p50_ms",
            "p90_ms",
            "p99_ms",
            "max_ms",
            "changes",
            "cpu_cores",
            "peak_mib",
            "written_bytes_per_event",
            "produced_late_ms",
        ],
        ["rate"],
    ),
    "growth": (
        "Growth with the number of customers",
        ["events_per_s", "events_per_cpu_s", "peak_mib", "written_mib", "state_mib"],
        ["customers"],
    ),
    "midnight": (
        "Timers at one midnight",
        ["drained_s", "timers_per_s", "live_p50_ms", "live_p99_ms", "live_max_ms", "peak_mib"],
        ["timers"],
    ),
    "idle": ("Idle", ["cpu_percent", "broker_cpu_percent", "written_mib", "peak_mib", "state_mib"], ["customers"]),
    "restart": ("Restart", ["restart_s"], ["customers", "after"]),
    "disk": (
        "Disk, once nothing more is written",
        ["written_bytes_per_event", "settled_written_mib", "broker_written_mib", "state_mib"],
        [],
    ),
}
SPREAD = ("events_per_s", "events_per_cpu_s", "p50_ms", "p99_ms", "restart_s", "drained_s")


def markdown(settings, versions, rows):
    """The report. Of rounds a cell has the median and, where it matters, the least and the greatest."""
    parts = ["# Segflow beside its peers", described(settings, versions)]
    for measure, (title, figures, keys) in MEASURES.items():
        mine = [with_difference(row) for row in rows if row["measure"] == measure]
        if mine:
            parts.append(f"## {title}\n\n{table(mine, figures, keys)}")
    return "\n\n".join(parts) + "\n"


def described(settings, versions):
    pairs = [("command", f"`{settings['command']}`"), ("measured", settings["measured"]), *versions.items()]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in pairs)])


def with_difference(row):
    """In words: whether the changes were compared, and that none differs."""
    if "differences" in row:
        found = row["differences"]
        different = sum(found[kind] for kind in ("missing", "extra", "other", "twice"))
        row = {**row, "difference": "none" if different == 0 else f"{different} of {found['expected']}"}
    return row


def table(rows, figures, keys):
    keys = ["contestant", "threads", *keys]
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row.get(key, "") for key in keys), []).append(row)
    figures = [figure for figure in figures if any(figure in row for row in rows)]
    lines = ["| " + " | ".join([*keys, "rounds", *figures]) + " |", "|" + "---|" * (len(keys) + 1 + len(figures))]
    for group, mine in sorted(groups.items(), key=lambda pair: [str(word).rjust(12) for word in pair[0][1:]]):
        cells = [
            cell([row[figure] for row in mine if row.get(figure) is not None], figure in SPREAD) for figure in figures
        ]
        lines.append("| " + " | ".join([*map(number, group), str(len(mine)), *cells]) + " |")
    return "\n".join(lines)


def cell(values, with_spread):
    if not values:
        return ""
    if isinstance(values[0], str):
        return ", ".join(sorted(set(values)))
    median = number(statistics.median(values))
    if not with_spread or len(values) == 1:
        return median
    return f"{median} ({number(min(values))} - {number(max(values))})"


def number(value):
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}".rstrip("0").rstrip(".")


def write(folder, settings, versions, rows):
    """Writes both files; returns the text."""
    text = markdown(settings, versions, rows)
    (folder / "report.md").write_text(text)
    everything = {"settings": settings, "versions": versions, "rows": rows}
    (folder / "report.json").write_text(json.dumps(everything, indent=1) + "\n")
    return text
