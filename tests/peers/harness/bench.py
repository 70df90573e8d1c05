"""Segflow beside its peers: outcomes first, then the measures that are named, and one report. `make bench` calls it."""

import argparse
import shlex
import signal
import sys
import time
from pathlib import Path

import report
from contestants import JVM
from broker import Broker
from live import idle, latency, restart
from machine import log, versions
from midnight import midnight
from places import CACHE, PARTITIONS, SEGFLOW
from throughput import OutcomesDiffer, disk, growth, outcomes, throughput

MEASURES = {
    function.__name__: function for function in (outcomes, throughput, latency, growth, midnight, idle, restart, disk)
}
BY_DEFAULT = ["outcomes", "throughput", "latency"]
CONTESTANTS = ["segflow", "streams", "flink", "ceiling"]


def words(known):
    def parse(text):
        unknown = [word for word in text.split(",") if word not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"expected some of {', '.join(known)}, found {', '.join(unknown)}")
        return text.split(",")

    return parse


def numbers(text):
    return [int(word) for word in text.split(",")]


def arguments():
    described = "\n".join(f"  {name:<11} {function.__doc__}" for name, function in MEASURES.items())
    a = argparse.ArgumentParser(
        prog="tests/peers/bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"measures:\n{described}",
    )
    a.add_argument("measures", nargs="*", metavar="MEASURE", help=f"which, or `all`; not given: {' '.join(BY_DEFAULT)}")
    a.add_argument(
        "--contestants", type=words(CONTESTANTS), default=CONTESTANTS, help="of segflow,streams,flink,ceiling"
    )
    a.add_argument(
        "--threads", type=numbers, default=[1, 2], help="workers, stream threads, slots; live measures take the fewest"
    )
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--events", type=int, default=1_000_000)
    a.add_argument("--customers", type=int, default=50_000)
    a.add_argument("--days", type=int, default=330, help="how long the portfolio is simulated at most")
    a.add_argument("--seed", type=int, default=1, help="what the portfolio's chance is drawn from")
    a.add_argument("--check-events", type=int, default=50_000, help="of outcomes")
    a.add_argument("--check-customers", type=int, default=2_500, help="of outcomes")
    a.add_argument("--rate", type=int, default=2_000, help="of latency: events per second")
    a.add_argument("--seconds", type=int, default=60, help="of latency: what is measured")
    a.add_argument("--warm-seconds", type=int, default=40, help="of latency: what is left out before that")
    a.add_argument("--live-customers", type=int, default=20_000, help="of latency and restart")
    a.add_argument(
        "--populations", type=numbers, default=[100_000, 1_000_000, 5_000_000], help="of growth: how many customers"
    )
    a.add_argument("--growth-days", type=int, default=20, help="of growth: days, of 2.4 events a customer in all")
    a.add_argument("--timers", type=int, default=1_000_000, help="of midnight")
    a.add_argument("--midnight-rate", type=int, default=200, help="of midnight: events per second meanwhile")
    a.add_argument("--midnight-seconds", type=int, default=180, help="of midnight: for how long events come")
    a.add_argument("--idle-customers", type=int, default=1_000_000, help="of idle")
    a.add_argument("--idle-seconds", type=int, default=60, help="of idle")
    a.add_argument("--settle-seconds", type=int, default=20, help="of idle and restart: before the measure begins")
    a.add_argument(
        "--restarts",
        type=words(["end", "kill", "lost"]),
        default=["end", "kill", "lost"],
        help="of restart: after what",
    )
    a.add_argument(
        "--patience", type=int, default=120, help="how many seconds to wait for others to leave the machine alone"
    )
    a.add_argument("--port", type=int, default=0, help="of the broker; 0: a free one")
    a.add_argument(
        "--work",
        type=Path,
        default=CACHE / "work",
        help="what is measured writes here: a disk like the one in question",
    )
    a.add_argument("--out", type=Path, help="where the report goes; not given: a folder in the cache")
    a = a.parse_args()
    wanted = list(MEASURES) if a.measures == ["all"] else a.measures or BY_DEFAULT
    unknown = [name for name in wanted if name not in MEASURES]
    if unknown:
        sys.exit(f"expected measures of {', '.join(MEASURES)}, found {', '.join(unknown)}")
    return a, wanted


def settings(options):
    shown = {key: str(value) if isinstance(value, Path) else value for key, value in vars(options).items()}
    return {
        "command": shlex.join(["tests/peers/bench", *sys.argv[1:]]),
        "measured": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "partitions": PARTITIONS,
        "jvm": " ".join(JVM),
        "broker": {**Broker.SETTINGS, "heap": Broker.HEAP},
        **shown,
    }


def main():
    options, wanted = arguments()
    if not SEGFLOW.exists():
        sys.exit(f"expected the command at {SEGFLOW}: run `make build`, or set SEGFLOW")
    out = options.out or CACHE / "reports" / time.strftime("%Y-%m-%d-%H%M%S")
    out.mkdir(parents=True, exist_ok=True)
    # Whoever ends this ends the broker and the contestant with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows, described, found = [], settings(options), versions()
    for name in wanted:
        log(f"## {name}")
        try:
            rows += MEASURES[name](options)
        except OutcomesDiffer as difference:
            sys.exit(f"nothing is reported: {difference}")
        # After each, so that a later one that fails takes nothing away.
        text = report.write(out, described, found, rows)
    print(text)
    log(f"report.md and report.json are in {out}")


if __name__ == "__main__":
    main()
