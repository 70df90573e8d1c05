#!/usr/bin/env python3
"""Counts the figures of a backtest's report again, from the changes and events alone, and compares.

    recount.py REPORT.json SEGMENTATION EVENTS.ndjson CHANGES.ndjson OWING.ndjson

CHANGES are those of `segflow fold` by the candidate over the same events up to the end of the period, OWING those by
owing.yaml: whether anything is overdue. Nothing is shared with the code under test: days, windows, intervals and promises
are computed here from their definitions in docs/backtest.md. Prints how many figures agree; fails with the first that
does not. Python 3.10 or later, with time zones.
"""

import json
import math
import re
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)
UTC = timezone.utc


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Recount:
    def __init__(self, report, segmentation, events, changes, owing):
        self.report, self.side = report, report["sides"][0]
        period = report["period"]
        self.zone = ZoneInfo(period["time_zone"])
        self.start, self.end = instant(period["from"]), instant(period["to"])
        self.days = [date.fromisoformat(day) for day in period["days"]]
        self.changes = [change for change in changes if instant(change["effective_at"]) < self.end]
        self.events = [event for event in events if event["ts"] < self.end.timestamp() * 1000]
        self.owing = self.steps([change for change in owing if instant(change["effective_at"]) < self.end])
        self.text = segmentation
        self.agreed = 0

    def same(self, what, found, expected):
        close = math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9) if isinstance(expected, float) else found == expected
        if not close:
            sys.exit(f"{what}: the report says {found}, counted again {expected}")
        self.agreed += 1

    def midnight(self, day):
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def steps(self, changes):
        """By customer and dimension: (instant, segment entered), in order."""
        steps = defaultdict(list)
        for change in changes:
            steps[change["customer_id"], change["dimension"]].append((instant(change["effective_at"]), change["to"]))
        return steps

    @staticmethod
    def at(steps, when):
        """The segment at an instant, changes at that instant included."""
        entered = [segment for at, segment in steps if at <= when]
        return entered[-1] if entered else None

    def run(self):
        steps = self.steps(self.changes)
        for dimension in self.side["dimensions"]:
            mine = {key: walk for key, walk in steps.items() if key[1] == dimension["name"]}
            self.populations(dimension, mine)
            self.moves(dimension)
            self.stays(dimension, mine)
            self.rolls(dimension, mine)
        self.outcomes()
        self.work()
        self.same("records read", self.report["events"]["read"], len(self.events))
        reported = [change for change in self.changes if instant(change["effective_at"]) >= self.start]
        self.same("changes", self.side["changes"], len(reported))

    def populations(self, dimension, steps):
        just_before = self.start - timedelta(milliseconds=1)
        initial = Counter(self.at(walk, just_before) for walk in steps.values())
        ends = [min(self.midnight(day + timedelta(days=1)), self.end) - timedelta(milliseconds=1) for day in self.days]
        daily = [Counter(self.at(walk, end) for walk in steps.values()) for end in ends]
        for segment in dimension["segments"]:
            what, name = f"population of {dimension['name']} {segment['name']}", segment["name"]
            self.same(f"{what} at first", segment["initial"], initial[name])
            self.same(what, segment["population"], [count[name] for count in daily])

    def moves(self, dimension):
        moves, flaps, causes, before = Counter(), Counter(), Counter(), {}
        for change in self.changes:
            if change["dimension"] != dimension["name"]:
                continue
            left, entered, at = change["from"], change["to"], instant(change["effective_at"])
            customer = change["customer_id"]
            if at >= self.start:
                moves[left, entered] += 1
                causes[change["cause"]] += 1
                returns = left is not None and entered is not None and before.get(customer) == entered
                if returns and at - instant(change["entered_previous_at"]) <= WEEK:
                    flaps[left, entered] += 1
            before[customer] = left if entered is not None else None
        found = {(cell["from"], cell["to"]): (cell["moves"], cell["flaps"]) for cell in dimension["matrix"]}
        expected = {pair: (count, flaps[pair]) for pair, count in moves.items()}
        self.same(f"moves of {dimension['name']}", found, expected)
        between = {pair: count for pair, count in moves.items() if None not in pair}
        self.same(f"sum of moves of {dimension['name']}", dimension["moves"], sum(between.values()))
        self.same(f"flaps of {dimension['name']}", dimension["flaps"], sum(flaps.values()))
        self.same(f"causes of {dimension['name']}", dimension["causes"][:2], [causes["FACT"], causes["TIME"]])

    def stays(self, dimension, steps):
        spent, ended, still = Counter(), defaultdict(list), defaultdict(list)
        for walk in steps.values():
            for (entered, segment), (left, _) in zip(walk, walk[1:] + [(self.end, "the end")]):
                if segment is None:
                    continue
                spent[segment] += max((left - max(entered, self.start)) / timedelta(days=1), 0.0)
                hours = (left - entered) // timedelta(hours=1)
                if left == self.end:
                    still[segment].append(hours)
                elif left >= self.start:
                    ended[segment].append(hours)
        total = sum(spent.values())
        for segment in dimension["segments"]:
            name, what = segment["name"], f"{dimension['name']} {segment['name']}"
            self.same(f"customer-days of {what}", segment["customer_days"], float(spent[name]))
            self.same(f"share of {what}", segment["share"], spent[name] / total if total else 0.0)
            for key, hours in (("ended", sorted(ended[name])), ("open", sorted(still[name]))):
                self.same(f"{key} stays of {what}", segment[key]["count"], len(hours))
                for of, key_of in ((25, "p25_days"), (50, "median_days"), (75, "p75_days"), (90, "p90_days")):
                    rank = -(-len(hours) * of // 100)
                    self.same(f"{key} {key_of} of {what}", segment[key][key_of], hours[rank - 1] / 24 if hours else 0.0)

    def rolls(self, dimension, steps):
        begins = (lambda day: day.day == 1) if self.report["period"]["step"] == "month" else (lambda day: day.weekday() == 0)
        compared = [self.midnight(day) for day in self.days if begins(day) and self.start <= self.midnight(day) < self.end]
        rolls = defaultdict(Counter)
        for walk in steps.values():
            for earlier, later in zip(compared, compared[1:]):
                pair = self.at(walk, earlier), self.at(walk, later)
                if None not in pair:
                    rolls[pair[0]][pair[1]] += 1
        names = [segment["name"] for segment in dimension["segments"]]
        self.same(f"rows of rolls of {dimension['name']}", [row["from"] for row in dimension["rolls"]], [n for n in names if rolls[n]])
        for row in dimension["rolls"]:
            count = sum(rolls[row["from"]].values())
            self.same(f"customers of {row['from']}", row["customers"], count)
            for name, share in zip(names, row["to"]):
                self.same(f"roll from {row['from']} to {name}", share, rolls[row["from"]][name] / count)

    def outcomes(self):
        events = defaultdict(list)
        for event in self.events:
            payload = event["payload"]
            if payload is not None:
                events[event["key"]].append((instant(payload["occurred_at"]), payload["event_id"], event["ts"], payload))
        for walk in events.values():
            walk.sort(key=lambda event: event[:2])
        rates = defaultdict(lambda: [0, 0])
        promises = Promises(self.text, self.zone, self.midnight)
        for change in self.changes:
            at, customer = instant(change["effective_at"]), change["customer_id"]
            if at < self.start or change["to"] is None:
                continue
            place = change["dimension"], change["to"]
            local = at.astimezone(self.zone)
            until = (local.replace(tzinfo=None) + timedelta(days=30)).replace(tzinfo=self.zone).astimezone(UTC)
            if change["overdue_amount_minor"] > 0 and until < self.end:
                paid = [
                    when
                    for when, _, recorded, event in events[customer]
                    if event["kind"] == "RECEIVED" and at < when <= until and recorded <= until.timestamp() * 1000
                ]
                cured = any(self.at(self.owing[customer, "owing"], when) == "clear" for when in paid)
                self.count(rates["paid", *place], bool(paid))
                self.count(rates["cured", *place], cured)
            if change["open_promise"] is not None:
                kept = promises.kept(events[customer], change["open_promise"]["promise_id"], self.end)
                if kept is not None:
                    self.count(rates["kept", *place], kept)
        for dimension in self.side["dimensions"]:
            for segment in dimension["segments"]:
                for outcome in ("paid", "cured", "kept"):
                    entries, hits = rates[outcome, dimension["name"], segment["name"]]
                    found, what = segment[outcome], f"{outcome} of {dimension['name']} {segment['name']}"
                    self.same(f"entries of {what}", found["entries"], entries)
                    self.same(f"hits of {what}", found["hits"], hits)
                    for end, expected in zip(("low", "high"), wilson(hits, entries)):
                        self.same(f"{end} end of {what}", found[end], expected)
            for outcome in ("paid", "cured", "kept"):
                pairs = [rates[outcome, dimension["name"], segment["name"]] for segment in dimension["segments"]]
                found, expected = dimension["separation"][outcome], gini(pairs)
                self.same(f"whether {outcome} separates {dimension['name']}", found is None, expected is None)
                if expected is not None:
                    self.same(f"gini of {outcome} by {dimension['name']}", found["gini"], expected)

    @staticmethod
    def count(rate, hit):
        rate[0] += 1
        rate[1] += hit

    def work(self):
        starts, held, caseload = Counter(), defaultdict(dict), defaultdict(Counter)
        days = {day: place for place, day in enumerate(self.days)}
        by_day = defaultdict(list)
        for change in self.changes:
            at = instant(change["effective_at"])
            day = at.astimezone(self.zone).date() if at >= self.start else None
            by_day[day].append(change)
            before, now = held[change["customer_id"]], change["treatment"]
            for key, value in now.items():
                if before.get(key) != value and day is not None:
                    starts[key, value, days[day]] += 1
            held[change["customer_id"]] = now
        held = {}
        for place, day in enumerate([None, *self.days]):
            for change in by_day[day]:
                held[change["customer_id"]] = change["treatment"]
            caseload[place] = Counter(pair for treatment in held.values() for pair in treatment.items())
        for work in self.side["work"]:
            pair, what = (work["key"], work["value"]), f"{work['key']}={work['value']}"
            self.same(f"starts of {what}", work["starts"], [starts[*pair, place] for place in range(len(self.days))])
            self.same(f"caseload of {what}", work["caseload"], [caseload[place + 1][pair] for place in range(len(self.days))])


class Promises:
    """Promises by their definition in docs/features.md. Knows the layout of the shipped segmentations only."""

    def __init__(self, text, zone, midnight):
        found = re.search(r"promise_grace_business_days: (\d+)", text)
        self.grace = int(found.group(1)) if found else 2
        found = re.search(r"promise_tolerance: ([\d.]+)", text)
        self.tolerance = round(float(found.group(1)) * 1000) if found else 1000
        self.holidays = set(re.findall(r"^\s+- (\d{4}-\d\d-\d\d)$", text, re.M))
        self.midnight = midnight

    def deadline(self, due):
        day = date.fromisoformat(due)
        for _ in range(self.grace):
            day += timedelta(days=1)
            while day.weekday() > 4 or day.isoformat() in self.holidays:
                day += timedelta(days=1)
        return self.midnight(day + timedelta(days=1))

    def kept(self, events, wanted, end):
        """True, False, or none while it is open, or taken back. Judged at each payment from what had happened by then."""
        for when, event_id, _, event in events:
            if event["kind"] in ("RECEIVED", "AMENDED") and when < end:
                promise = self.replay([known for known in events if known[0] <= when]).get(wanted)
                if promise and promise["kept"]:
                    return True
        promise = self.replay([known for known in events if known[0] < end]).get(wanted)
        if promise is None or promise["cancelled"]:
            return None
        return None if promise["deadline"] > end else False

    def replay(self, events):
        gone = {event["payment_id"] for _, _, _, event in events if event["kind"] in ("REVERSED", "FAILED")}
        made = {}
        for when, _, _, event in events:
            kind = event["kind"]
            is_open = lambda promise: not (promise["kept"] or promise["cancelled"]) and when < promise["deadline"]
            if kind == "MADE" and event["promise_id"] not in made:
                made[event["promise_id"]] = {
                    "due": event["due_date"], "made": when, "id": event["promise_id"], "amount": event["amount_minor"],
                    "received": 0, "kept": False, "cancelled": False, "deadline": self.deadline(event["due_date"]),
                }
            elif kind in ("AMENDED", "CANCELLED") and (promise := made.get(event["promise_id"])) and is_open(promise):
                if kind == "CANCELLED":
                    promise["cancelled"] = True
                else:
                    promise |= {"amount": event["amount_minor"], "due": event["due_date"], "deadline": self.deadline(event["due_date"])}
                    self.judge(promise)
            elif kind == "RECEIVED" and event["payment_id"] not in gone:
                rest = event["amount_minor"]
                for promise in sorted(filter(is_open, made.values()), key=lambda p: (p["due"], p["made"], p["id"])):
                    taken = min(rest, max(promise["amount"] - promise["received"], 0))
                    promise["received"] += taken
                    rest -= taken
                    self.judge(promise)
        return made

    def judge(self, promise):
        if promise["received"] * 1000 >= promise["amount"] * self.tolerance:
            promise["kept"] = True


def wilson(hits, entries, z=1.959963984540054):
    if entries == 0:
        return 0.0, 1.0
    share = hits / entries
    centre, scale = share + z * z / (2 * entries), 1 + z * z / entries
    spread = z * math.sqrt(share * (1 - share) / entries + z * z / (4 * entries**2))
    return max((centre - spread) / scale, 0.0), min((centre + spread) / scale, 1.0)


def gini(pairs):
    """By its other definition: the chance that somebody with the outcome is in a segment of a higher rate, less that of
    a lower one."""
    hits, misses = sum(pair[1] for pair in pairs), sum(pair[0] - pair[1] for pair in pairs)
    if not hits or not misses:
        return None
    rated = [(hit / entries, hit, entries - hit) for entries, hit in pairs if entries]
    higher = sum(a[1] * b[2] for a in rated for b in rated if a[0] > b[0])
    lower = sum(a[1] * b[2] for a in rated for b in rated if a[0] < b[0])
    return (higher - lower) / (hits * misses)


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    report_path, segmentation_path, *others = sys.argv[1:]
    with open(report_path, encoding="utf-8") as report, open(segmentation_path, encoding="utf-8") as segmentation:
        recount = Recount(json.load(report), segmentation.read(), *map(lines, others))
    recount.run()
    print(f"{recount.agreed} figures agree")


if __name__ == "__main__":
    main()
