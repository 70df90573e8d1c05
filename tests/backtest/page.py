#!/usr/bin/env python3
"""Opens a report in headless Chromium: 1440 and 390 pixels wide, light and dark.

    page.py REPORT.html [PICTURES]

Fails if the page names anything outside itself, if Chromium logs an error of the page, or if it asks the network for
anything; with PICTURES, a folder, it leaves the four pictures there. Prints SKIPPED and succeeds where there is no
Chromium, after the check that needs none.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HEIGHT = 3000
# What Chromium's log calls the origin of a request that no page has made.
OWN_ACCORD = "not an origin"
OUTSIDE = re.compile(r"""(?:src|href|action|poster|srcset)\s*=\s*["'](?!#|data:,)|url\(|@import|<script|<iframe|<object|<embed""", re.I)


def outside(report):
    found = OUTSIDE.search(report.read_text(encoding="utf-8"))
    if found:
        sys.exit(f"{report}: names something outside itself: {found.group(0)!r} at {found.start()}")


def show(chromium, report, width, dark, picture, scratch):
    """A window is at least 500 pixels wide, a frame is not."""
    frame = scratch / f"frame-{width}-{dark}.html"
    frame.write_text(
        f'<!doctype html><style>body{{margin:0}}iframe{{border:0;display:block}}</style>'
        f'<iframe src="{report.resolve().as_uri()}" width="{width}" height="{HEIGHT}"></iframe>',
        encoding="utf-8",
    )
    log = scratch / f"net-{width}-{dark}.json"
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr", "--v=0",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
        "--disable-default-apps", "--disable-extensions", "--no-default-browser-check", "--disable-dev-shm-usage",
        f"--user-data-dir={scratch / 'profile'}", f"--log-net-log={log}", f"--window-size={max(width, 500)},{HEIGHT}",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}", f"--screenshot={picture}", frame.as_uri(),
    ]
    done = subprocess.run([chromium, *flags], capture_output=True, text=True, timeout=180)
    if done.returncode or not picture.exists():
        sys.exit(f"{chromium} failed: {done.stderr}")
    errors = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    if errors:
        sys.exit(f"{report}: the page has errors: {errors[0]}")
    asked = sorted(requests(log))
    if asked:
        sys.exit(f"{report}: the page asks the network for {asked[0]}")


def requests(log):
    """What the page asked for by http. Chromium asks for things of its own accord, which have no origin."""
    text = log.read_text(encoding="utf-8")
    try:
        events = json.loads(text)["events"]
    except json.JSONDecodeError:  # Chromium may end before the last line.
        events = json.loads(text.rstrip().rstrip(",") + "]}")["events"]
    for event in events:
        asked = event.get("params", {})
        outside = asked.get("url", "").startswith(("http:", "https:", "ws:", "wss:"))
        if outside and asked.get("initiator", OWN_ACCORD) != OWN_ACCORD:
            yield asked["url"]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    report = Path(sys.argv[1])
    outside(report)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("SKIPPED, not opened: no chromium (apt-get install chromium)")
        return
    with tempfile.TemporaryDirectory() as scratch:
        pictures = Path(sys.argv[2]) if len(sys.argv) == 3 else Path(scratch)
        pictures.mkdir(exist_ok=True)
        for width in (1440, 390):
            for dark in (False, True):
                picture = (pictures / f"{width}-{'dark' if dark else 'light'}.png").resolve()
                show(chromium, report, width, dark, picture, Path(scratch))
    print("opened at 1440 and 390 pixels, light and dark: no errors, no requests")


if __name__ == "__main__":
    main()
