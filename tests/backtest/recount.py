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
                kept = promises.kept(events[customer], change["open_promise"]["promise_id"], at.timestamp() * 1000, self.end)
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
        self.midnight, self.zone = midnight, zone

    def deadline(self, due):
        day = date.fromisoformat(due)
        for _ in range(self.grace):
            day += timedelta(days=1)
            while day.weekday() > 4 or day.isoformat() in self.holidays:
                day += timedelta(days=1)
        return self.midnight(day + timedelta(days=1))

    def kept(self, events, wanted, start, end):
        """True, False, or none while it is open, or if it ended in another way. Judged as each event arrives, from what was
        known by then and had happened."""
        known = []
        for event in sorted(events, key=lambda event: event[2]):
            known.append(event)
            when, recorded, kind = event[0], event[2], event[3]["kind"]
            if recorded <= start or kind not in KINDS or recorded >= end.timestamp() * 1000:
                continue
            promise = self.replay(sorted((one for one in known if one[0] <= when), key=lambda one: one[:2])).get(wanted)
            if promise is None or not promise["end"] and promise["deadline"] > when:
                continue
            return {"kept": True, None: False}.get(promise["end"])
        promise = self.replay(sorted((one for one in known if one[0] < end), key=lambda one: one[:2])).get(wanted)
        if promise is None or promise["end"] not in (None, "kept"):
            return None
        return True if promise["end"] else None if promise["deadline"] > end else False

    def replay(self, events):
        receipts, made, day, today = standing(events), {}, None, []
        debts = Debts(receipts)
        for place, (when, _, _, event) in enumerate(events):
            kind = event["kind"]
            is_open = lambda promise: not promise["end"] and when < promise["deadline"]
            order = lambda promise: (promise["due"], promise["made"], promise["id"])
            self.close_plans(made.values(), when)
            if day != (day := when.astimezone(self.zone).date()):
                today = []
            if kind == "MADE" and event["promise_id"] not in made:
                plan = event.get("plan_id")
                broken = any(plan and other["plan"] == plan and not other["end"] and other["deadline"] <= when for other in made.values())
                promise = made[event["promise_id"]] = {
                    "due": event["due_date"], "made": when, "id": event["promise_id"], "amount": event["amount_minor"],
                    "received": 0, "end": "closed" if broken else None, "plan": plan, "deadline": self.deadline(event["due_date"]),
                }
                for receipt in today:
                    if is_open(promise):
                        receipt[0] -= self.serve(promise, receipt[0])
            elif kind in ("AMENDED", "CANCELLED") and (promise := made.get(event["promise_id"])) and is_open(promise):
                if kind == "CANCELLED":
                    promise["end"] = "cancelled"
                else:
                    promise |= {"amount": event["amount_minor"], "due": event["due_date"], "deadline": self.deadline(event["due_date"])}
                    self.serve(promise, 0)
            elif place in receipts:
                rest = receipts[place]
                for promise in sorted(filter(is_open, made.values()), key=order):
                    rest -= self.serve(promise, rest)
                today.append([rest])
            debts.tell(place, event)
            if debts.is_settled() and (place + 1 == len(events) or events[place + 1][0] > when):
                for promise in filter(is_open, made.values()):
                    promise["end"] = "moot"
        return made

    def serve(self, promise, amount):
        taken = min(amount, max(promise["amount"] - promise["received"], 0))
        promise["received"] += taken
        if promise["received"] * 1000 >= promise["amount"] * self.tolerance:
            promise["end"] = "kept"
        return taken

    @staticmethod
    def close_plans(promises, when):
        """The first broken instalment closes the others of its plan."""
        for broken in sorted((one for one in promises if one["deadline"] <= when), key=lambda one: (one["deadline"], one["id"])):
            for other in promises:
                if broken["plan"] and not broken["end"] and other is not broken and other["plan"] == broken["plan"] and not other["end"]:
                    other["end"] = "closed"


KINDS = (
    "ISSUED ADJUSTED WRITTEN_OFF VOIDED REINSTATED CREDITED HELD RELEASED RECEIVED FAILED REVERSED SUBMITTED MADE AMENDED "
    "CANCELLED OPENED RESOLVED"
).split()


def standing(events):
    """What stands of each payment in the end, by the place of the event with which it was received."""
    payments = defaultdict(lambda: {"received": 0, "taken": [], "place": None})
    stands = lambda payment: max(payment["received"] - sum(payment["taken"]), 0)
    for place, (_, _, _, event) in enumerate(events):
        if "payment_id" not in event:
            continue
        payment, kind, part = payments[event["payment_id"]], event["kind"], event.get("amount_minor")
        if kind == "RECEIVED":
            if stands(payment) == 0:
                payment["place"] = place
            payment |= {"received": part, "taken": []}
        elif kind == "FAILED":
            payment["taken"] += [stands(payment)] if stands(payment) else []
        elif kind == "REVERSED":
            payment["taken"].append(stands(payment) if part is None else part)
        elif kind == "REINSTATED" and payment["taken"]:
            last = payment["taken"].pop()
            if part is not None and part < last:
                payment["taken"].append(last - part)
    return {payment["place"]: stands(payment) for payment in payments.values() if stands(payment)}


class Debts:
    """Whether anything is owed, by sums: free money goes to whatever may take it."""

    def __init__(self, receipts):
        self.receipts, self.faces, self.money, self.discounts = receipts, {}, 0, {}

    def tell(self, place, event):
        kind, invoice, amount = event["kind"], event.get("invoice_id"), event.get("amount_minor") or 0
        if kind == "ISSUED":
            self.faces.setdefault(invoice, amount)
        elif kind == "ADJUSTED" and invoice in self.faces:
            self.faces[invoice] += amount
        elif kind in ("VOIDED", "WRITTEN_OFF") and invoice in self.faces:
            self.faces[invoice] = 0
        elif kind == "CREDITED":
            self.money += amount
        elif place in self.receipts:
            self.money += self.receipts[place]

    def is_settled(self):
        return bool(self.faces) and sum(self.faces.values()) <= self.money


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
