"""What Linux says of processes and of the machine, and what is installed."""

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from places import BUILD, PEERS, ROOT, SEGFLOW

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 2**20


def log(*what):
    print(time.strftime("%H:%M:%S"), *what, file=sys.stderr, flush=True)


def cpu_s(pid):
    """User and system seconds of a process so far; none once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return (int(fields[11]) + int(fields[12])) / TICKS


def written_bytes(pid):
    """What a process caused to be written to disk so far; none once it is gone."""
    try:
        return int(re.search(r"^write_bytes: (\d+)", Path(f"/proc/{pid}/io").read_text(), re.M)[1])
    except (OSError, TypeError):
        return None


def peak_mib(pid):
    """The most memory that was resident; 0 once it is gone."""
    try:
        return int(re.search(r"^VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1]) // 1024
    except (OSError, TypeError):
        return 0


def busy_s():
    """Busy seconds of all cores so far, whoever used them."""
    user, nice, system, _idle, _wait, irq, softirq, _steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq) / TICKS


def wait_for_quiet(patience_s, most_cores=0.3):
    """Waits until others use little of the machine, or patience ends; returns how many cores they used last."""
    ends = time.time() + patience_s
    while True:
        before = busy_s()
        time.sleep(2)
        cores = round((busy_s() - before) / 2, 2)
        if cores <= most_cores or time.time() > ends:
            return cores


def size_of(folder):
    """The bytes of all files in a folder."""
    files = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return sum(file.lstat().st_size for file in files if file.exists())


def fresh(folder):
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    return Path(folder)


def end(process, how=signal.SIGTERM, patience_s=40):
    """Ends a process that we started."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def said(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def versions():
    """What is measured, and on what."""
    lock, pom = (ROOT / "Cargo.lock").read_text(), (PEERS / "pom.xml").read_text()
    broker = (ROOT / "deploy/kafka-local/pom.xml").read_text()

    def locked(name):
        # "0.17.3+10.4.2": what is bundled stands behind the plus.
        return re.search(rf'name = "{name}"\nversion = "[^"+]*\+?([^"]*)"', lock)[1]

    def property_(name, text=pom):
        return re.search(rf"<{name}>(.*)</{name}>", text)[1]

    def jar(module, name):
        return next(
            (j.stem.removeprefix(name + "-") for j in (BUILD / module / "target/lib").glob(f"{name}-*.jar")), "none"
        )

    java = re.search(r'version "(.*?)"', said("java", "-version"))
    return {
        "Segflow": said(SEGFLOW, "--version").removeprefix("segflow "),
        "commit": said("git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude=*"),
        "RocksDB of Segflow": locked("librocksdb-sys"),
        "librdkafka of Segflow": locked("rdkafka-sys"),
        "Kafka broker": property_("kafka.version", broker),
        "Kafka Streams": property_("kafka.version"),
        "RocksDB of Kafka Streams": jar("streams", "rocksdbjni"),
        "Flink": property_("flink.version"),
        "Flink's Kafka connector": property_("flink.kafka.version"),
        "RocksDB of Flink": jar("flink", "frocksdbjni"),
        "Java": java[1] if java else "none",
        "Python": platform.python_version(),
        "kernel": platform.release(),
        "CPUs": f"{os.cpu_count()}, {cpu_model()}",
        "memory, MiB": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB,
    }


def cpu_model():
    found = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.M)
    return found[1] if found else platform.machine()
