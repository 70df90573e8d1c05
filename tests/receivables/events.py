#!/usr/bin/env python3
"""Turns the receivables into events, as `segflow fold` reads them.

The data set knows days, not hours, so the hours are chosen, in the segmentation's time zone: an invoice is issued at
09:00 of its date, paid in full at 17:00 of the date on which it was settled (four were settled on the date of issue).
It flags disputes without a date. By default one is opened at the settlement, an instant at which nothing is open any
more, so that it takes nothing from lateness; `--disputes while-open` opens it at noon 20 days after issue, unless the
invoice was settled by then, and rejects it at noon 45 days after, or never if that would be after the settlement.
"""

import argparse
import csv
import json
import random
import sys
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
ISSUED, NOON, SETTLED = time(9), time(12), time(17)
DISPUTED_AFTER, REJECTED_AFTER = timedelta(days=20), timedelta(days=45)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", help="accounts-receivable.csv")
    parser.add_argument("--key", choices=["invoice", "customer"], required=True, help="what is a customer")
    parser.add_argument("--disputes", choices=["at-settlement", "while-open"], default="at-settlement")
    parser.add_argument("--unnamed", action="store_true", help="payments do not name their invoice")
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
        events = [event for row in csv.DictReader(rows) for event in events_of(row, arguments)]
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


def events_of(row, arguments):
    invoice = row["invoiceNumber"]
    customer = invoice if arguments.key == "invoice" else row["customerID"]
    issued, due, settled = (day(row[name]) for name in ("InvoiceDate", "DueDate", "SettledDate"))
    money = {"amount_minor": int(Decimal(row["InvoiceAmount"]) * 100), "currency": "USD"}

    def event(family, kind, prefix, at, fields):
        payload = {
            "kind": kind,
            "event_id": f"{prefix}-{invoice}",
            "customer_id": customer,
            "occurred_at": at.astimezone(timezone.utc).isoformat().replace("+00:00", "Z"),
        }
        return {"topic": f"collections.{family}", "at": at, "payload": payload | fields}

    yield event("invoices", "ISSUED", "I", local(issued, ISSUED), {"invoice_id": invoice, "due_date": str(due)} | money)
    named = {} if arguments.unnamed else {"invoice_id": invoice}
    yield event("payments", "RECEIVED", "P", local(settled, SETTLED), {"payment_id": invoice} | named | money)
    if row["Disputed"] == "Yes":
        opened, dispute = local(settled, SETTLED), {"dispute_id": invoice}
        if arguments.disputes == "while-open":
            opened = min(opened, local(issued + DISPUTED_AFTER, NOON))
            rejected = local(issued + REJECTED_AFTER, NOON)
            if rejected < local(settled, SETTLED):
                yield event("disputes", "RESOLVED", "R", rejected, dispute | {"upheld": False})
        yield event("disputes", "OPENED", "D", opened, dispute | {"invoice_id": invoice})


def day(text):
    return datetime.strptime(text, "%m/%d/%Y").date()


def local(date, hour):
    return datetime.combine(date, hour, ZONE)


def milliseconds(at):
    return int(at.timestamp() * 1000)


if __name__ == "__main__":
    main()
