"""How each contestant is started. A run is one of them at work: its process, its consumer group, its changes."""

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from machine import end, fresh
from places import BUILD, INPUTS, PARTITIONS, RULES, SEGFLOW

JVM = ["-Xms1g", "-Xmx1g", "-XX:+UseParallelGC", "-XX:-UsePerfData", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
CEILING_JVM = ["-Xms512m", "-Xmx512m", "-XX:-UsePerfData", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
# Flink reads and writes fields of the JDK's classes.
OPEN = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in (
        "java.lang",
        "java.util",
        "java.util.concurrent",
        "java.net",
        "java.io",
        "java.nio",
        "java.text",
        "java.time",
    )
]


@dataclass
class Run:
    contestant: str
    process: subprocess.Popen
    # The consumer group is called as the application.
    name: str
    output: str
    folder: Path
    # Whether it ends by itself at the end of the inputs.
    ends: bool = False

    @property
    def state(self):
        return self.folder / "state"

    def tally(self):
        """What a Java contestant printed of itself, in order; nothing of Segflow."""
        return [json.loads(line) for line in open(self.folder / "out") if line.startswith("{") and line.endswith("}\n")]


def segflow(*arguments, **options):
    return subprocess.run([str(SEGFLOW), *map(str, arguments)], check=True, **options)


# Time is that of the records, and waits for all of them.
PRELOADED = 'clock.idle = "record-time"\ninputs.contacts.clock = "gate"'
LIVE = 'clock.idle = "wall-time"'


def segflow_config(folder, broker, name, threads=1, clock=PRELOADED):
    """Segflow's defaults, but for the clock of preloaded records, and topics of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "segflow.toml"
    path.write_text(f"""application = "{name}"
instance = "0"
workers = {threads}
segmentation = "{RULES}"
state_dir = "{folder / 'state'}"
kafka.bootstrap_servers = "{broker.bootstrap}"
ops.listen = "127.0.0.1:0"
log.level = "warn"
{clock}
outputs.changes = "{name}.changes"
outputs.segments = "{name}.segments"
outputs.dead_letters = "{name}.dead-letters"
outputs.journal = "{name}.journal"
outputs.segmentations = "{name}.segmentations"
""")
    return path


def create_topics(config):
    segflow(
        "topics",
        "create",
        "--config",
        config,
        "--partitions",
        PARTITIONS,
        "--replication",
        1,
        stdout=subprocess.DEVNULL,
    )


def java(module, jvm, **options):
    classpath = f"{BUILD}/{module}/target/{module}-1.jar:{BUILD}/{module}/target/lib/*"
    properties = [f"-D{key}={value}" for key, value in options.items()]
    return ["java", *jvm, *properties, "-cp", classpath, f"segflow.peers.{module}.Main"]


def command(contestant, broker, folder, name, threads, live, clock, options):
    if contestant == "segflow":
        config = segflow_config(folder, broker, name, threads, clock or (LIVE if live else PRELOADED))
        create_topics(config)
        return [str(SEGFLOW), "run", "--config", str(config)]
    if f"{name}.changes" not in broker.admin.list_topics(timeout=10).topics:
        broker.create(f"{name}.changes")
    if contestant == "flink" and not live:
        options = {"end": broker.last_timestamp(), **options}
    (folder / "state/tmp").mkdir(parents=True, exist_ok=True)
    return java(
        contestant,
        JVM + (OPEN if contestant == "flink" else []),
        bootstrap=broker.bootstrap,
        app=name,
        inputs=",".join(INPUTS),
        out=f"{name}.changes",
        dir=folder / "state",
        threads=threads,
        clock="wall" if live else "record",
        **options,
    )


@contextmanager
def running(contestant, broker, folder, name, threads=1, live=False, clock=None, keep=False, **options):
    """A contestant at work. With `keep` it finds the state that an earlier one of the same name has left."""
    folder = folder / name
    if not keep:
        fresh(folder)
    words = command(contestant, broker, folder, name, threads, live, clock, options)
    with open(folder / "out", "w") as out, open(folder / "err", "a") as err:
        process = subprocess.Popen(words, stdout=out, stderr=err)
        try:
            yield Run(contestant, process, name, f"{name}.changes", folder, ends=contestant == "flink" and not live)
        finally:
            end(process)
    if process.returncode not in (0, -15, -9, 143):
        raise RuntimeError(f"{contestant} ended with {process.returncode}: {(folder / 'err').read_text()[-2000:]}")
