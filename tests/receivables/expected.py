#!/usr/bin/env python3
"""Recomputes every customer's segments from events, at every local midnight and every event, with no idea of Segflow.

Reads events as `events.py` writes them, any number of times, in the order of their record timestamps; prints one line
for each change before the instant given: customer, instant, dimension, segment left, segment entered. It never looks
ahead and solves nothing: at each instant it replays all that is known by then, by the rules of docs/features.md, and
looks at the invoices and payments.

Without `--money` there is one dimension, the stage of `by-customer.yaml`. With it there are those of
`messy-money.yaml`, and each line also has the account and the values that decided, now and a millisecond before.
"""

import argparse
import json
import sys
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")


class Ledger:
    """The invoices, payments and disputes of one customer, as the facts known by some instant tell them."""

    def __init__(self, facts):
        self.invoices = {}
        self.disputes = {}
        self.failed, self.reversed = (first_days(facts, kind) for kind in ("FAILED", "REVERSED"))
        self.payments = standing_payments(facts)
        self.received = []
        happened = [fact for fact in facts if fact["family"] != "payments"] + self.payments
        for fact in sorted(happened, key=order):
            self.take(fact)
            self.offer_free_credit()
        self.undisputed_parts = [(i, part) for i in self.open() if (part := self.undisputed(i)) > 0]
        self.balance = sum(invoice["unpaid"] for invoice in self.open())

    def take(self, fact):
        match fact["kind"]:
            case "ISSUED":
                self.invoices[fact["invoice_id"]] = {
                    "id": fact["invoice_id"],
                    "due": datetime.fromisoformat(fact["due_date"]).date(),
                    "issued": fact["at"],
                    "unpaid": fact["amount_minor"],
                    "written_off": False,
                }
            case "WRITTEN_OFF":
                # The issue may not be known yet; once it is, it comes first.
                if invoice := self.invoices.get(fact["invoice_id"]):
                    invoice["written_off"] = True
            case "RECEIVED":
                self.received.append(fact)
            case "OPENED":
                self.disputes[fact["dispute_id"]] = (fact["invoice_id"], fact.get("amount_minor"))
            case "RESOLVED":
                # What opened it may not be known yet.
                self.disputes.pop(fact["dispute_id"], None)
            case kind:
                sys.exit(f"no such kind here: {kind}")

    def offer_free_credit(self):
        for payment in self.received:
            if payment["free"] > 0:
                self.allocate(payment)

    def allocate(self, payment):
        """To what it names; undisputed, disputed, written-off debt, each oldest first; what is left is credit."""

        def give(invoice, most):
            part = min(payment["free"], most)
            invoice["unpaid"] -= part
            payment["free"] -= part

        if named := self.invoices.get(payment.get("invoice_id")):
            give(named, named["unpaid"])
        for invoice in self.open():
            give(invoice, self.undisputed(invoice))
        for invoice in self.open():
            give(invoice, invoice["unpaid"])
        for invoice in self.written_off():
            give(invoice, invoice["unpaid"])

    def open(self):
        return self.unpaid(written_off=False)

    def written_off(self):
        return self.unpaid(written_off=True)

    def unpaid(self, written_off):
        """Oldest first."""
        unpaid = [i for i in self.invoices.values() if i["unpaid"] > 0 and i["written_off"] == written_off]
        return sorted(unpaid, key=lambda invoice: (invoice["due"], invoice["issued"], invoice["id"]))

    def disputed(self, invoice):
        covered = [amount for named, amount in self.disputes.values() if named == invoice["id"]]
        return min(invoice["unpaid"], sum(invoice["unpaid"] if amount is None else amount for amount in covered))

    def undisputed(self, invoice):
        return invoice["unpaid"] - self.disputed(invoice)

    def unmatched(self, today, horizon):
        """What stands of the payments that name what no invoice bears by now; of older ones no segmentation knows."""
        named = [p for p in self.payments if "invoice_id" in p and within(horizon, local_day(p["at"]), today)]
        return sum(payment["stands"] for payment in named if payment["invoice_id"] not in self.invoices)


def standing_payments(facts):
    """What stands of each payment by its whole timeline, as a receipt at the instant since which money has stood.

    The catalogue says how much stands, not since when. A receipt that is told again while the first still stands is the
    same money, and came when it came. After a failure it came when it was received again.
    """
    standing = []
    for timeline in timelines(facts).values():
        receipt, stands, received = None, 0, 0
        for fact in timeline:
            match fact["kind"]:
                case "RECEIVED":
                    receipt = receipt if stands > 0 else fact
                    stands = received = fact["amount_minor"]
                case "FAILED":
                    stands = 0
                case "REVERSED":
                    stands = max(0, stands - fact.get("amount_minor", stands))
                case "REINSTATED":
                    stands = min(received, stands + fact.get("amount_minor", received))
        if stands > 0:
            standing.append(receipt | {"stands": stands, "free": stands})
    return standing


def timelines(facts):
    by_payment = {}
    for fact in sorted(facts, key=order):
        if fact["family"] == "payments":
            by_payment.setdefault(fact["payment_id"], []).append(fact)
    return by_payment


def first_days(facts, kind):
    """Of each payment with an event of a kind, the local day of the first."""
    days = [[local_day(fact["at"]) for fact in line if fact["kind"] == kind] for line in timelines(facts).values()]
    return [found[0] for found in days if found]


def order(fact):
    return fact["at"], fact["event_id"]


def features(ledger, at, horizon):
    """By the names that a segmentation has for them; money in minor units."""
    today = local_day(at)
    overdue = [(invoice, part) for invoice, part in ledger.undisputed_parts if invoice["due"] < today]
    ahead = [invoice["due"] for invoice, _ in ledger.undisputed_parts if invoice["due"] >= today]
    received = [payment for payment in ledger.payments if within(30, local_day(payment["at"]), today)]
    return {
        "overdue.days": (today - overdue[0][0]["due"]).days if overdue else 0,
        "next_due.days": (ahead[0] - today).days if ahead else None,
        "balance": ledger.balance,
        "overdue.amount": sum(part for _, part in overdue),
        "credit": sum(payment["free"] for payment in ledger.received),
        "disputed.amount": ledger.balance - sum(part for _, part in ledger.undisputed_parts),
        "written_off.amount": sum(invoice["unpaid"] for invoice in ledger.written_off()),
        "payments.unmatched": ledger.unmatched(today, horizon),
        'payments.failed("30d")': sum(within(30, day, today) for day in ledger.failed),
        'payments.reversed("90d")': sum(within(90, day, today) for day in ledger.reversed),
        'payments.sum("30d")': sum(payment["stands"] for payment in received),
        'payments.count("30d")': len(received),
    }


def account(ledger, at, now):
    """What a change says of the account beside what decided."""
    today = local_day(at)
    dues = [(invoice["due"], part, invoice["id"]) for invoice, part in ledger.undisputed_parts]
    overdue, ahead = [due for due in dues if due[0] < today], [due for due in dues if due[0] >= today]
    return {
        "balance_minor": now["balance"],
        "overdue_amount_minor": now["overdue.amount"],
        "overdue_days": now["overdue.days"],
        "disputed_amount_minor": now["disputed.amount"],
        "oldest_overdue_invoice_id": overdue[0][2] if overdue else None,
        "oldest_due_date": str(overdue[0][0]) if overdue else None,
        "next_due_date": str(ahead[0][0]) if ahead else None,
        "next_due_amount_minor": sum(due[1] for due in ahead if due[0] == ahead[0][0]) if ahead else None,
    }


def band(name, *bands):
    """The first segment whose bound the value of a feature reaches."""
    return lambda now: next((segment for segment, least in bands if now[name] >= least), "none")


def stage(now):
    for segment, days in (("pre_charge_off", 90), ("late", 60), ("mid", 30), ("early", 1)):
        if now["overdue.days"] >= days:
            return segment
    return "pre_due" if now["next_due.days"] is not None and now["next_due.days"] <= 7 else "current"


DIMENSIONS = {
    "stage": stage,
    "balance": band("balance", ("high", 200_00), ("mid", 50_00), ("low", 1)),
    "overdue": band("overdue.amount", ("high", 100_00), ("mid", 30_00), ("low", 1)),
    "credit": band("credit", ("high", 50_00), ("some", 1)),
    "disputed": band("disputed.amount", ("some", 1)),
    "written_off": band("written_off.amount", ("some", 1)),
    "unmatched": band("payments.unmatched", ("high", 500_00), ("mid", 200_00), ("some", 1)),
    "failed": band('payments.failed("30d")', ("often", 3), ("twice", 2), ("once", 1)),
    "reversed": band('payments.reversed("90d")', ("again", 2), ("once", 1)),
    "received": band('payments.sum("30d")', ("high", 200_00), ("mid", 100_00), ("low", 1)),
    "paying": band('payments.count("30d")', ("often", 3), ("some", 1)),
}
COUNTS = {"overdue.days", "next_due.days", 'payments.failed("30d")', 'payments.reversed("90d")', 'payments.count("30d")'}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("until", type=instant)
    parser.add_argument("--money", action="store_true", help="every dimension of messy-money.yaml, with values")
    parser.add_argument("--horizon", type=int, metavar="DAYS", default=1100, help="that of the segmentation")
    arguments = parser.parse_args()
    customers, latest = {}, 0
    for line in sys.stdin:
        record = json.loads(line)
        fact = record["payload"] | {"family": record["topic"].removeprefix("collections."), "ts": record["ts"]}
        if fact["ts"] < latest:
            sys.exit(f"records are not in the order of their timestamps: {line}")
        latest = fact["ts"]
        fact["at"] = instant(fact["occurred_at"])
        # What is not known yet does not count yet. Of copies the first counts.
        fact["from"] = max(fact["at"], datetime.fromtimestamp(fact["ts"] / 1000, timezone.utc))
        customers.setdefault(fact["customer_id"], {}).setdefault((fact["family"], fact["kind"], fact["event_id"]), fact)
    for customer, facts in sorted(customers.items()):
        changes(customer, list(facts.values()), arguments)


def changes(customer, facts, arguments):
    dimensions = DIMENSIONS if arguments.money else {"stage": stage}
    present, ledger, known = dict.fromkeys(dimensions), None, 0
    first = min(fact["from"] for fact in facts)
    for at in sorted({fact["from"] for fact in facts} | set(midnights(first, arguments.until))):
        if at >= arguments.until:
            break
        in_effect = [fact for fact in facts if fact["from"] <= at]
        left = ledger
        if len(in_effect) != known:
            ledger, known = Ledger(in_effect), len(in_effect)
        now = features(ledger, at, arguments.horizon)
        for dimension, segment_of in dimensions.items():
            if (segment := segment_of(now)) != present[dimension]:
                when = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
                change = {"customer_id": customer, "at": when, "from": present[dimension], "to": segment}
                if arguments.money:
                    # Before the first fact nothing had a value.
                    earlier = at - timedelta(milliseconds=1)
                    before = features(left, earlier, arguments.horizon) if left else dict.fromkeys(now)
                    values = {name: [text(name, now[name]), text(name, before[name])] for name in now}
                    change |= {"dimension": dimension, "account": account(ledger, at, now), "values": values}
                print(json.dumps(change))
                present[dimension] = segment


def text(feature, value):
    """As reasons write it."""
    if value is None or feature in COUNTS:
        return value if value is None else str(value)
    return f"{value // 100}.{value % 100:02}"


def within(days, day, today):
    return today - timedelta(days=days) < day <= today


def instant(written):
    return datetime.fromisoformat(written.replace("Z", "+00:00"))


def local_day(at):
    return at.astimezone(ZONE).date()


def midnights(after, until):
    """Those of the zone between two instants, in UTC."""
    day = local_day(after) + timedelta(days=1)
    while (midnight := datetime.combine(day, time(), ZONE).astimezone(timezone.utc)) < until:
        yield midnight
        day += timedelta(days=1)


if __name__ == "__main__":
    main()
