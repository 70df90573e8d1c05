"""Where everything is: the repository, what was built, and the topics."""

import os
from pathlib import Path

PEERS = Path(__file__).resolve().parent.parent
ROOT = PEERS.parent.parent
CACHE = Path(os.environ.get("PEERS_CACHE", Path.home() / ".cache/segflow/peers"))
BUILD = CACHE / "build"
KAFKA = ROOT / "deploy/kafka-local/kafka"
RULES = PEERS / "segmentation.yaml"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", Path.home() / ".cache/segflow/target"))
SEGFLOW = Path(os.environ.get("SEGFLOW", TARGET / "release/segflow"))

INPUTS = ["collections." + name for name in ("invoices", "payments", "contacts", "promises", "disputes", "profiles")]
PARTITIONS = 4
