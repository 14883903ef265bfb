# SPDX-License-Identifier: BSD-3-Clause
"""The part of docs/performance.md that quotes the reports of `./dev gpu`: checks it, or with --write makes it."""

import json
import re
import sys

import tree

DOCUMENT = "docs/performance.md"
REPORTS = "bench/results"
MARKED = re.compile(r"(?<=<!-- reports: begin -->\n).*?(?=<!-- reports: end -->)", re.DOTALL)

NO_REPORT = """
**The CUDA backend has never run on a GPU.** It compiles for sm_80 and sm_90, links, and all of it but the libraries and the
kernel launches runs in the fast tests on the host ([architecture.md](architecture.md)).
"""


def table(columns, rows):
    for row in [columns, ["---"] * len(columns), *rows]:
        yield "| " + " | ".join(map(str, row)) + " |"
    yield ""


def number(value):
    return f"{value:.3g}" if isinstance(value, float) else value


def is_measured(row):
    """Says how fast something is, and where."""
    return isinstance(row, dict) and bool({"device", "backend", "site_steps_per_second"} & row.keys())


def flat(row):
    """Without lists; what is given by precision, say, gets a column for each."""
    for key, value in row.items():
        if isinstance(value, dict):
            yield from ((f"{key} {inner}", v) for inner, v in value.items())
        elif not isinstance(value, list):
            yield key, value


def of_rows(rows):
    rows = [dict(flat(row)) for row in rows]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    yield from table(
        [key.replace("_", " ") for key in columns],
        [[number(row.get(key, "")) for key in columns] for row in rows],
    )


def of_benchmark(results):
    """Its rows, wherever it put them: a report may be older or newer than this script."""
    if is_measured(results):
        yield from of_rows([results])
    elif isinstance(results, list) and any(map(is_measured, results)):
        yield from of_rows(filter(is_measured, results))
    elif isinstance(results, (dict, list)):
        for inner in results.values() if isinstance(results, dict) else results:
            yield from of_benchmark(inner)


def of_ceilings(results):
    ceilings = results.get("ceilings", {})
    if ceilings:
        yield from table(
            ["ceiling", "measured"],
            [[name.replace("_", " "), number(float(value))] for name, value in ceilings.items()],
        )


def of_report(report, name):
    """The lines that quote one report; what it lacks is not mentioned."""
    yield f"### {report.get('gpu', name)}"
    yield ""
    yield (
        f"Driver {report.get('driver')}, {report.get('date')}; beside it {report.get('cpu')}, "
        f"{report.get('threads')} threads. [The whole report](../{REPORTS}/{name}.md)."
    )
    yield ""
    verdicts = report.get("verdicts", {}).items()
    checks = [(piece, found.get("verdict")) for piece, found in verdicts if "bench" not in piece]
    if checks:
        yield from table(["check", "verdict"], checks)
    yield from of_ceilings(report.get("ceilings", {}))
    for benchmark, results in report.items():
        lines = [] if benchmark == "ceilings" else list(of_benchmark(results))
        if lines:
            yield from [f"#### {benchmark}", "", *lines]
    if report.get("not_measured"):
        yield from ["Not measured:", "", *(f"- {what}" for what in report["not_measured"]), ""]


def quoted(reports):
    """The text between the markers, for reports by name."""
    if not reports:
        return NO_REPORT + "\n"
    lines = [line for name, report in sorted(reports.items()) for line in of_report(report, name)]
    return "\n" + "\n".join(lines) + "\n"


def main():
    reports = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in (tree.ROOT / REPORTS).glob("*.json")
    }
    document = tree.text(DOCUMENT)
    made = MARKED.sub(lambda _: quoted(reports), document)
    if "--write" in sys.argv:
        (tree.ROOT / DOCUMENT).write_text(made, encoding="utf-8")
        return
    stale = [] if made == document else [f"{DOCUMENT}: is not what ./dev docs --write makes of {REPORTS}"]
    tree.report(stale, "performance")


if __name__ == "__main__":
    main()
