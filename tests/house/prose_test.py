# SPDX-License-Identifier: BSD-3-Clause
"""The check of prose finds what it should, and nothing else."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import docs
import prose
import tree

WORDS = "one more word " * 8  # longer than a line may be


def faults(*lines):
    """Numbers of the lines that are found at fault."""
    return [number for number, _ in prose.problems("\n".join(lines))]


class Lines(unittest.TestCase):
    def test_are_short(self):
        self.assertEqual(faults("x" * prose.LONGEST_LINE), [])
        self.assertEqual(faults("x" * (prose.LONGEST_LINE + 1)), [1])
        self.assertEqual(faults("A word.", "- " + WORDS, "", "# " + WORDS), [2, 4])

    def test_may_be_long_where_they_are_no_prose(self):
        self.assertEqual(faults("| " + WORDS + "|"), [])
        self.assertEqual(faults("A word.", "", "    " + WORDS, "", "    " + WORDS), [])
        self.assertEqual(faults("```", WORDS, "", WORDS, "```"), [])
        self.assertEqual(faults("$$", WORDS, "$$"), [])
        self.assertEqual(faults("$$ " + WORDS + "$$"), [])
        self.assertEqual(faults("[name]: https://" + "x" * 100), [])
        self.assertEqual(faults("- <https://" + "x" * 100 + ">"), [])

    def test_are_prose_again_afterwards(self):
        for kept in (["```", WORDS, "```"], ["$$", WORDS, "$$"], ["$$ x $$"], ["    x", ""]):
            self.assertEqual(faults("", *kept, WORDS), [len(kept) + 2], kept)

    def test_quoted_from_a_report_are_the_reports(self):
        quoted = "<!-- reports: begin -->", WORDS + "A. b. c", "", WORDS, "<!-- reports: end -->"
        self.assertEqual(faults(*quoted), [])
        self.assertEqual(faults(*quoted, WORDS), [6])

    def test_indented_within_a_paragraph_or_item_are_prose(self):
        self.assertEqual(faults("- an item", "    " + WORDS), [2])


class Sentences(unittest.TestCase):
    def test_begin_a_line(self):
        self.assertEqual(faults("A sentence.", "Another one."), [])
        for line in (
            "A sentence. Another one",
            "A sentence. another one",
            "Does it? It does.",
            "It does! **So** it does.",
            "(In brackets.) Or not.",
            "**Bold.** Then not.",
            "- An item. With two.",
            "1. An item. With two.",
            "The file `a.b`. And more.",
            "See [this](a.md). And more.",
            "A word, by `f(x. y)`. Another.",
        ):
            self.assertEqual(faults(line), [1], line)

    def test_may_hold_dots_that_end_none(self):
        for line in (
            "By Eq. (12), and Eqs. (3) and (4), Fig. 2",
            "a loop, e.g. this one, i.e. cf. that one of S. Name",
            "x_1 ... x_N, 0.05 to 1.5, version 3.3.10",
            "1. An item",
            "- A point: `a. b` and [name](a.b) in kernels/cpu/a.cpp",
            "The end.",
            "The end (in brackets).",
        ):
            self.assertEqual(faults(line), [], line)


class Paragraphs(unittest.TestCase):
    def test_have_five_lines(self):
        five = ["a line"] * prose.MOST_LINES
        self.assertEqual(faults(*five), [])
        self.assertEqual(faults(*five, "a line"), [6])
        self.assertEqual(faults(*five, "", *five), [])
        self.assertEqual(faults(*five, "# A heading", *five, "a line"), [12])

    def test_as_have_items_each(self):
        item = ["- a line"] + ["  a line"] * (prose.MOST_LINES - 1)
        self.assertEqual(faults(*item, *item), [])
        self.assertEqual(faults(*item, "  a line", *item), [6])

    def test_are_counted_without_tables_and_code(self):
        self.assertEqual(faults(*["| a |"] * 9, "", *["    x"] * 9, "```", *["x"] * 9, "```"), [])


class Headings(unittest.TestCase):
    def test_ask_or_name(self):
        self.assertEqual(faults("# A name", "## When does a test ask?"), [])
        self.assertEqual(faults("# A sentence."), [1])


class Documents(unittest.TestCase):
    def test_are_checked_wherever_they_are_but_reports(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("README.md", "docs/page.md", "bench/results/report.md"):
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("One. Two.\n", encoding="utf-8")
            with mock.patch.object(tree, "ROOT", Path(folder)):
                found = [problem.split(": ")[0] for problem in docs.check_prose()]
        self.assertEqual(found, ["README.md:1", "docs/page.md:1"])
        self.assertIn(docs.check_prose, docs.CHECKS)


if __name__ == "__main__":
    unittest.main()
