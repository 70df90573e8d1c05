#!/usr/bin/env python3
"""Turns the receivables into events, as `segflow fold` reads them.

The data set knows days, not hours, so the hours are chosen, in the segmentation's time zone: an invoice is issued at
09:00 of its date, paid in full at 17:00 of the date on which it was settled (four were settled on the date of issue).
It flags disputes without a date. By default one is opened at the settlement, an instant at which nothing is open any
more, so that it takes nothing from lateness; `--disputes while-open` opens it at noon 20 days after issue, unless the
invoice was settled by then, and rejects it at noon 45 days after, or never if that would be after the settlement.

`--messy` makes the money move as it does in practice. What happens to a payment is chosen by hashes of its invoice's
number (`among`), so that it is the same in every run and of every machine:

- Half of the payments name something wrong: a quarter the number with a letter for a digit, an eighth the customer, an
  eighth the first invoice that the customer is issued after the payment (without one: a letter for a digit).
- Every payment fails at 10:00 two days before the settlement, and is received under the same id at the settlement. A
  half of them had been booked as received at 10:00 four days before, and the failure took that back.
- A tenth is refunded by a third at noon 10 days after the settlement. Half of these refunds are undone 50 days after.
- One in sixteen is paid once more by mistake, under another id, at noon of the day after; nothing fails there.
- One invoice in twenty is written off at noon of the day after it fell due, paid later or not.
- Every other dispute covers half of its invoice.

`--recorded=late` gives each record the timestamp of 1 to 9 days and 0 to 23 hours after it happened, by a hash of its
event id, and records arrive in that order.
"""

import argparse
import csv
import hashlib
import json
import random
import sys
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
ISSUED, MORNING, NOON, SETTLED = time(9), time(10), time(12), time(17)
DISPUTED_AFTER, REJECTED_AFTER = timedelta(days=20), timedelta(days=45)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", help="accounts-receivable.csv")
    parser.add_argument("--key", choices=["invoice", "customer"], required=True, help="what is a customer")
    parser.add_argument("--disputes", choices=["at-settlement", "while-open"], default="at-settlement")
    parser.add_argument("--unnamed", action="store_true", help="payments do not name their invoice")
    parser.add_argument("--messy", action="store_true", help="payments fail, are refunded, and name what is no invoice")
    parser.add_argument("--recorded", choices=["at-once", "late"], default="at-once", help="when records were written")
    parser.add_argument("--before", type=datetime.fromisoformat, help="leave out what happened at or after this instant")
    parser.add_argument("--shuffle", type=int, metavar="SEED", help="arrive in this random order, not in that of time")
    parser.add_argument("--twice", action="store_true", help="every event arrives twice")
    parser.add_argument(
        "--known",
        choices=["on-arrival", "in-advance"],
        default="on-arrival",
        help="record timestamps: of the latest event that has arrived, or all of them before the first event",
    )
    arguments = parser.parse_args()

    with open(arguments.csv, newline="", encoding="utf-8") as rows:
        rows = list(csv.DictReader(rows))
    issues = sorted((day(row["InvoiceDate"]), row["invoiceNumber"], row["customerID"]) for row in rows)
    events = [event for row in rows for event in events_of(row, arguments, issues)]
    if arguments.before is not None:
        events = [event for event in events if event["at"] < arguments.before]
    events.sort(key=lambda event: (event["at"], event["payload"]["event_id"]))
    first = events[0]["at"] - timedelta(days=1)
    events *= 2 if arguments.twice else 1
    if arguments.shuffle is None:
        # Stable: the two copies of an event follow each other.
        events.sort(key=lambda event: (event["at"], event["payload"]["event_id"]))
    else:
        random.Random(arguments.shuffle).shuffle(events)

    if arguments.recorded == "late":
        for event in events:
            event["at"] += timedelta(days=1 + among(9, "days", event), hours=among(24, "hours", event))
        events.sort(key=lambda event: (event["at"], event["payload"]["event_id"]))

    latest = first
    for event in events:
        if arguments.known == "on-arrival":
            latest = max(latest, event["at"])
        record = {
            "topic": event["topic"],
            "key": event["payload"]["customer_id"],
            "ts": milliseconds(latest),
            "payload": event["payload"],
        }
        sys.stdout.write(json.dumps(record) + "\n")


def events_of(row, arguments, issues):
    invoice = row["invoiceNumber"]
    customer = invoice if arguments.key == "invoice" else row["customerID"]
    issued, due, settled = (day(row[name]) for name in ("InvoiceDate", "DueDate", "SettledDate"))
    money = {"amount_minor": int(Decimal(row["InvoiceAmount"]) * 100), "currency": "USD"}

    def event(family, kind, prefix, at, fields):
        at = at.astimezone(timezone.utc)
        payload = {
            "kind": kind,
            "event_id": f"{prefix}-{invoice}",
            "customer_id": customer,
            "occurred_at": at.isoformat().replace("+00:00", "Z"),
        }
        return {"topic": f"collections.{family}", "at": at, "payload": payload | fields}

    yield event("invoices", "ISSUED", "I", local(issued, ISSUED), {"invoice_id": invoice, "due_date": str(due)} | money)
    named = {} if arguments.unnamed else {"invoice_id": invoice}
    if arguments.messy:
        named = {"invoice_id": referred_to(row, settled, issues)}
        yield from mess(event, row, named | money)
    yield event("payments", "RECEIVED", "P", local(settled, SETTLED), {"payment_id": invoice} | named | money)
    if row["Disputed"] == "Yes":
        opened, dispute = local(settled, SETTLED), {"dispute_id": invoice}
        covered = {"amount_minor": money["amount_minor"] // 2} if arguments.messy and among(2, "covered", row) else {}
        if arguments.disputes == "while-open":
            opened = min(opened, local(issued + DISPUTED_AFTER, NOON))
            rejected = local(issued + REJECTED_AFTER, NOON)
            if rejected < local(settled, SETTLED):
                yield event("disputes", "RESOLVED", "R", rejected, dispute | {"upheld": False})
        yield event("disputes", "OPENED", "D", opened, dispute | covered | {"invoice_id": invoice})


def mess(event, row, payment):
    """All that happens in vain, in part or by mistake."""
    invoice, due, settled = row["invoiceNumber"], day(row["DueDate"]), day(row["SettledDate"])
    same, again = {"payment_id": invoice}, {"payment_id": f"{invoice}-again"}
    third = {"amount_minor": payment["amount_minor"] // 3, "currency": payment["currency"]}
    unfunded = {"failure_code": "INSUFFICIENT_FUNDS"}

    def days(number):
        return timedelta(days=number)

    if among(2, "booked", row):
        yield event("payments", "RECEIVED", "P1", local(settled - days(4), MORNING), same | payment)
    yield event("payments", "FAILED", "F", local(settled - days(2), MORNING), same | unfunded)
    if among(10, "refunded", row) == 0:
        yield event("payments", "REVERSED", "B", local(settled + days(10), NOON), same | third)
        if among(2, "undone", row):
            yield event("payments", "REINSTATED", "U", local(settled + days(50), NOON), same | third)
    if among(16, "again", row) == 0:
        yield event("payments", "RECEIVED", "PA", local(settled + days(1), NOON), again | payment)
    if among(20, "written off", row) == 0:
        yield event("invoices", "WRITTEN_OFF", "W", local(due + days(1), NOON), {"invoice_id": invoice})


def referred_to(row, settled, issues):
    """What a payment names: in half of the cases not its invoice."""
    invoice, customer, wrong = row["invoiceNumber"], row["customerID"], among(8, "reference", row)
    later = (number for issued, number, whose in issues if whose == customer and issued > settled)
    mistyped = f"{invoice[:4]}O{invoice[5:]}"
    return {0: mistyped, 1: mistyped, 2: customer, 3: next(later, mistyped)}.get(wrong, invoice)


def among(choices, question, of):
    """A number below `choices` that is always the same for a question about a row or an event."""
    name = of["invoiceNumber"] if "invoiceNumber" in of else of["payload"]["event_id"]
    return int.from_bytes(hashlib.sha256(f"{question} {name}".encode()).digest()[:8], "big") % choices


def day(text):
    return datetime.strptime(text, "%m/%d/%Y").date()


def local(date, hour):
    return datetime.combine(date, hour, ZONE)


def milliseconds(at):
    return int(at.timestamp() * 1000)


if __name__ == "__main__":
    main()
