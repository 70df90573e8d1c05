#!/usr/bin/env python3
"""Reads the changes of receivables keyed by invoice, and nothing else, and says what they add up to.

With `--publisher CSV` the publisher's own answers are compared row by row as well; the first that differs is an error.
"""

import argparse
import csv
import json
import sys
from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")


class Invoice:
    """What the changes say of one invoice."""

    def __init__(self):
        self.issued = self.due = self.settled = self.late_from = None
        self.days_late = 0
        self.disputed = False

    def take(self, change):
        on = local_day(change["effective_at"])
        match change["dimension"], change["from"], change["to"]:
            case "settlement", None, "open":
                self.issued, self.due = on, date.fromisoformat(change["next_due_date"])
            case "settlement", "open", "settled":
                self.settled = on
            case "lateness", _, "late":
                self.late_from = on
            case "lateness", "late", "in_time":
                # The day of settlement is itself a day late.
                self.days_late = (on - self.late_from).days + 1
                was = next(reason["value_before"] for reason in change["reasons"] if reason["feature"] == "overdue.days")
                expect(int(was) == self.days_late, f"overdue.days was {was}, late for {self.days_late} days", change)
            case "dispute", _, "disputed":
                self.disputed = True
            case ("lateness" | "dispute"), None, ("in_time" | "clean"):
                pass
            case _:
                expect(False, "an unexpected move", change)

    @property
    def days_to_settle(self):
        return (self.settled - self.issued).days


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--publisher", metavar="CSV", help="accounts-receivable.csv")
    arguments = parser.parse_args()
    invoices = {}
    for line in sys.stdin:
        change = json.loads(line)
        invoices.setdefault(change["customer_id"], Invoice()).take(change)
    if arguments.publisher:
        with open(arguments.publisher, newline="", encoding="utf-8") as rows:
            compare(invoices, list(csv.DictReader(rows)))
    all_of_them = list(invoices.values())
    on_the_due_date = [invoice for invoice in all_of_them if invoice.settled == invoice.due]
    figures = {
        "invoices": len(all_of_them),
        "late": sum(invoice.late_from is not None for invoice in all_of_them),
        "days_late": sum(invoice.days_late for invoice in all_of_them),
        "days_to_settle": sum(invoice.days_to_settle for invoice in all_of_them),
        "paid_on_the_due_date": len(on_the_due_date),
        "of_them_ever_late": sum(invoice.late_from is not None for invoice in on_the_due_date),
        "disputed": sum(invoice.disputed for invoice in all_of_them),
    }
    print(json.dumps(figures))


def compare(invoices, rows):
    expect(len(invoices) == len(rows), f"{len(rows)} rows, {len(invoices)} invoices in the changes", None)
    for row in rows:
        invoice = invoices[row["invoiceNumber"]]
        found = (invoice.days_to_settle, invoice.days_late, "Yes" if invoice.disputed else "No")
        answers = (int(row["DaysToSettle"]), int(row["DaysLate"]), row["Disputed"])
        expect(found == answers, f"the publisher says {answers}, the changes {found}", row)


def local_day(instant):
    return datetime.fromisoformat(instant.replace("Z", "+00:00")).astimezone(ZONE).date()


def expect(holds, what, where):
    if not holds:
        sys.exit(f"{what}: {json.dumps(where)}")


if __name__ == "__main__":
    main()
