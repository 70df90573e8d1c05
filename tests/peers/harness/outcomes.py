"""Compares what contestants decided with what `segflow fold` decides, change by change. Needs no broker."""

import calendar
import json
import time

_midnights = {}


def millis(instant):
    """An instant in milliseconds, from those or from RFC 3339 in UTC with three digits of a fraction."""
    if isinstance(instant, int):
        return instant
    day = instant[:10]
    if day not in _midnights:
        _midnights[day] = calendar.timegm(time.strptime(day, "%Y-%m-%d")) * 1000
    hours, minutes, seconds, ms = instant[11:13], instant[14:16], instant[17:19], instant[20:23]
    return _midnights[day] + ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(ms)


class Changes:
    """Changes by customer, dimension and number. A consumer may see none of them twice."""

    def __init__(self):
        self.by_key, self.twice, self.bytes = {}, 0, 0

    def add(self, value):
        change = json.loads(value)
        key = (change["customer_id"], change["dimension"], change["seq"])
        self.twice += key in self.by_key
        self.bytes += len(value)
        what = (change["from"], change["to"], millis(change["effective_at"]), change["cause"], change["event_id"])
        self.by_key[key] = what


def folded(path):
    changes = Changes()
    with open(path, "rb") as lines:
        for line in lines:
            changes.add(line)
    return changes


def differences(expected, found):
    """How many changes are missing, are too many, are other ones, or came twice; and the first of them."""
    expected_keys, found_keys = expected.by_key.keys(), found.by_key.keys()
    missing, extra = sorted(expected_keys - found_keys), sorted(found_keys - expected_keys)
    other = sorted(key for key in expected_keys & found_keys if expected.by_key[key] != found.by_key[key])
    shown = [
        {"change": key, "fold": expected.by_key.get(key), "contestant": found.by_key.get(key)}
        for key in (missing + extra + other)[:5]
    ]
    return {
        "expected": len(expected_keys),
        "missing": len(missing),
        "extra": len(extra),
        "other": len(other),
        "twice": found.twice,
        "first": shown,
    }


def are_equal(differences_):
    """Nothing expected is not equality: it says that nothing was compared."""
    return differences_["expected"] > 0 and not any(
        differences_[kind] for kind in ("missing", "extra", "other", "twice")
    )
