"""Tests of what the harness computes: that a difference is seen, and what a report says. They need Python alone."""

import json
import tempfile
import unittest
from pathlib import Path

import following
import report
from outcomes import Changes, are_equal, differences, folded, millis


def change(**fields):
    usual = {
        "customer_id": "C-1",
        "dimension": "stage",
        "seq": 1,
        "from": None,
        "to": "early",
        "effective_at": 1_767_225_608_446,
        "cause": "FACT",
        "event_id": "E-1",
    }
    return json.dumps({**usual, **fields})


def changes(*values):
    found = Changes()
    for value in values:
        found.add(value)
    return found


class Outcomes(unittest.TestCase):
    def differs(self, how, *found):
        seen = differences(changes(change(), change(seq=2)), changes(*found))
        self.assertEqual({kind: seen[kind] for kind in ("missing", "extra", "other", "twice") if seen[kind]}, how)
        self.assertEqual(are_equal(seen), how == {})
        return seen

    def test_equal_changes_do_not_differ_in_any_order(self):
        self.differs({}, change(seq=2), change())

    def test_every_field_that_says_what_was_decided_counts(self):
        for field, other in [
            ("from", "mid"),
            ("to", "late"),
            ("effective_at", 1_767_225_608_447),
            ("cause", "TIME"),
            ("event_id", "E-2"),
        ]:
            with self.subTest(field):
                self.differs({"other": 1}, change(), change(seq=2, **{field: other}))

    def test_missing_extra_and_repeated_changes_are_seen(self):
        self.differs({"missing": 1}, change())
        self.differs({"extra": 1}, change(), change(seq=2), change(seq=3))
        self.differs({"extra": 1}, change(), change(seq=2), change(customer_id="C-2"))
        self.differs({"twice": 1}, change(), change(seq=2), change())

    def test_the_first_differences_are_shown(self):
        shown = self.differs({"missing": 1}, change())["first"]
        self.assertEqual(shown[0]["change"], ("C-1", "stage", 2))
        self.assertIsNone(shown[0]["contestant"])

    def test_nothing_is_not_equal_to_nothing(self):
        self.assertFalse(are_equal(differences(changes(), changes())))

    def test_texts_and_numbers_are_the_same_instants(self):
        self.assertEqual(millis("2026-01-01T00:00:08.446Z"), 1_767_225_608_446)
        self.assertEqual(millis(1_767_225_608_446), 1_767_225_608_446)

    def test_changes_are_read_from_lines(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "changes.ndjson"
            path.write_text(change() + "\n" + change(seq=2, effective_at="2026-01-01T00:00:08.446Z") + "\n")
            self.assertEqual(len(folded(path).by_key), 2)


class Warm(unittest.TestCase):
    def test_the_second_half_is_taken_without_its_end(self):
        series = [(0, 0, 0), (10, 500, 8), (12, 970, 9), (20, 1_000, 16)]
        self.assertEqual(following.warm(series, 1_000), {"warm_events_per_s": 235, "warm_events_per_cpu_s": 470})

    def test_a_run_that_is_too_short_says_nothing(self):
        self.assertEqual(following.warm([(0, 0, 0), (0.2, 1_000, 1)], 1_000), {})


class Report(unittest.TestCase):
    ROWS = [
        {
            "measure": "throughput",
            "contestant": "segflow",
            "threads": 1,
            "events_per_s": rate,
            "events_per_cpu_s": 9,
            "peak_mib": 100.25,
        }
        for rate in (1_000, 3_000, 1_500)
    ]

    def test_a_cell_has_the_median_and_the_spread(self):
        text = report.markdown({"command": "bench", "measured": "today"}, {"Java": "17"}, self.ROWS)
        self.assertIn("| contestant | threads | rounds | events_per_s | events_per_cpu_s | peak_mib |", text)
        self.assertIn("| segflow | 1 | 3 | 1,500 (1,000 - 3,000) | 9 (9 - 9) | 100 |", text)
        self.assertIn("| Java | 17 |", text)

    def test_threads_and_customers_have_rows_of_their_own(self):
        rows = [
            {"measure": "growth", "contestant": "segflow", "threads": 2, "customers": n, "events_per_s": n}
            for n in (1_000_000, 100_000)
        ]
        text = report.markdown({"command": "", "measured": ""}, {}, rows)
        self.assertLess(text.index("| segflow | 2 | 100,000 | 1 |"), text.index("| segflow | 2 | 1,000,000 | 1 |"))

    def test_outcomes_say_in_words_whether_anything_differs(self):
        row = {"measure": "outcomes", "contestant": "flink", "threads": 2, "events": 1, "changes": 2}
        same = differences(changes(change()), changes(change()))
        other = differences(changes(change()), changes(change(to="mid")))
        text = report.markdown(
            {"command": "", "measured": ""},
            {},
            [{**row, "differences": same}, {**row, "threads": 1, "differences": other}],
        )
        self.assertIn("| flink | 2 | 1 | 1 | 2 | none |", text)
        self.assertIn("| flink | 1 | 1 | 1 | 2 | 1 of 1 |", text)

    def test_both_files_are_written(self):
        with tempfile.TemporaryDirectory() as folder:
            text = report.write(Path(folder), {"command": "", "measured": ""}, {"Java": "17"}, self.ROWS)
            self.assertEqual((Path(folder) / "report.md").read_text(), text)
            self.assertEqual(json.loads((Path(folder) / "report.json").read_text())["rows"], self.ROWS)


if __name__ == "__main__":
    unittest.main()
