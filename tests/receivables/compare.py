#!/usr/bin/env python3
"""Compares, change by change, what `expected.py --money` recomputed with what `segflow fold` says.

Each change: customer, instant, dimension, segments; the account; and of each reason the value now and the one before.
Prints figures; the first that differ are printed and are an error.
"""

import json
import sys
from collections import Counter

SHOWN = 3


def main():
    expected_file, found_file = sys.argv[1:]
    wrong = []
    expected, found = by_key(lines(expected_file), "at", wrong), by_key(lines(found_file), "effective_at", wrong)
    for change in sorted(expected.keys() | found.keys()):
        if change not in found or change not in expected:
            wrong.append((change, "only recomputed" if change in expected else "only in the changes"))
        else:
            wrong += [(change, text) for text in differences(expected[change], found[change])]
    reasons = sum(len(change["reasons"]) for change in found.values())
    dimensions = Counter(change["dimension"] for change in found.values())
    figures = {"recomputed": len(expected), "changes": len(found), "reasons": reasons, "differences": len(wrong)}
    print(json.dumps(figures | {"of": dict(sorted(dimensions.items()))}))
    if wrong or not expected:
        sys.exit("\n".join(f"{' '.join(map(str, change))}: {text}" for change, text in wrong[:SHOWN]) or "no changes")


def lines(file):
    with open(file, encoding="utf-8") as read:
        return [json.loads(line) for line in read]


def by_key(changes, instant, wrong):
    keyed = {}
    for change in changes:
        key = tuple(change[field] or "" for field in (instant, "customer_id", "dimension", "from", "to"))
        if key in keyed:
            wrong.append((key, "twice"))
        keyed[key] = change
    return keyed


def differences(expected, found):
    for field, value in expected["account"].items():
        if found[field] != value:
            yield f"{field} is {value} as recomputed, and {found[field]} in the change"
    for reason in found["reasons"]:
        values = expected["values"][reason["feature"]]
        if [reason["value"], reason["value_before"]] != values:
            yield f"{reason['feature']} is {values} as recomputed, and {reason} in the change"


if __name__ == "__main__":
    main()
