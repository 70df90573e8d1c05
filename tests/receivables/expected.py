#!/usr/bin/env python3
"""Recomputes every customer's stage from events, at every local midnight and at every event, with no idea of Segflow.

Reads events as `events.py` writes them, in any order and any number of times; prints one line for each change of stage
before the instant given: customer, instant, stage left, stage entered. It never looks ahead and solves nothing: at
each instant it replays all that has happened until then, as docs/features.md describes, and looks at the invoices.
"""

import json
import sys
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")


class Account:
    """The invoices, payments and disputes of one customer, replayed."""

    def __init__(self):
        self.invoices = {}
        self.waiting = []
        self.credit = 0
        self.disputes = {}

    def take(self, fact):
        match fact["kind"]:
            case "ISSUED":
                invoice = {
                    "id": fact["invoice_id"],
                    "due": datetime.fromisoformat(fact["due_date"]).date(),
                    "issued": fact["at"],
                    "open": fact["amount_minor"],
                }
                self.invoices[invoice["id"]] = invoice
                for payment in [p for p in self.waiting if p["invoice_id"] == invoice["id"]]:
                    self.waiting.remove(payment)
                    self.receive(payment)
                used = min(self.credit, invoice["open"])
                self.credit -= used
                invoice["open"] -= used
            case "RECEIVED":
                self.receive(fact)
            case "OPENED":
                self.disputes[fact["dispute_id"]] = fact["invoice_id"]
            case "RESOLVED":
                del self.disputes[fact["dispute_id"]]
            case kind:
                sys.exit(f"no such kind here: {kind}")

    def receive(self, payment):
        named = payment.get("invoice_id")
        if named is not None and named not in self.invoices:
            self.waiting.append(payment)
            return
        rest = payment["amount_minor"]
        first = [self.invoices[named]] if named is not None else []
        for invoice in first + self.oldest_first():
            part = min(rest, invoice["open"])
            invoice["open"] -= part
            rest -= part
        self.credit += rest

    def oldest_first(self):
        return sorted(self.invoices.values(), key=lambda invoice: (invoice["due"], invoice["issued"], invoice["id"]))

    def stage(self, today):
        disputed = set(self.disputes.values())
        dues = [i["due"] for i in self.oldest_first() if i["open"] > 0 and i["id"] not in disputed]
        days_past_due = (today - dues[0]).days if dues else 0
        for stage, days in (("pre_charge_off", 90), ("late", 60), ("mid", 30), ("early", 1)):
            if days_past_due >= days:
                return stage
        ahead = [due for due in dues if due >= today]
        return "pre_due" if ahead and (ahead[0] - today).days <= 7 else "current"


def main():
    until = datetime.fromisoformat(sys.argv[1].replace("Z", "+00:00"))
    customers = {}
    for line in sys.stdin:
        record = json.loads(line)
        fact = record["payload"]
        fact["at"] = datetime.fromisoformat(fact["occurred_at"].replace("Z", "+00:00"))
        customers.setdefault(fact["customer_id"], {})[record["topic"], fact["event_id"]] = fact
    for customer, facts in sorted(customers.items()):
        changes(customer, sorted(facts.values(), key=lambda fact: (fact["at"], fact["event_id"])), until)


def changes(customer, facts, until):
    present = None
    for at in sorted({fact["at"] for fact in facts} | set(midnights(facts[0]["at"], until))):
        if at >= until:
            break
        account = Account()
        for fact in facts:
            if fact["at"] <= at:
                account.take(fact)
        stage = account.stage(at.astimezone(ZONE).date())
        if stage != present:
            instant = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            print(json.dumps({"customer_id": customer, "at": instant, "from": present, "to": stage}))
            present = stage


def midnights(after, until):
    """Those of the zone between two instants, in UTC."""
    day = after.astimezone(ZONE).date() + timedelta(days=1)
    while (midnight := datetime.combine(day, time(), ZONE).astimezone(timezone.utc)) < until:
        yield midnight
        day += timedelta(days=1)


if __name__ == "__main__":
    main()
