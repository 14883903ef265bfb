# SPDX-License-Identifier: BSD-3-Clause
"""What docs/performance.md and README.md quote of the reports of `./dev gpu`: checks it, or with --write makes it."""

import json
import re
import sys

import tree

REPORTS = "bench/results"
MARKED = re.compile(r"(?<=<!-- reports: begin -->\n).*?(?=<!-- reports: end -->)", re.DOTALL)

NO_REPORT = "**The CUDA backend has never run on a GPU.**\n"


def table(columns, rows):
    for row in [columns, ["---"] * len(columns), *rows]:
        yield "| " + " | ".join(row) + " |"


def time(seconds):
    return f"{seconds:.3g} s" if seconds >= 0.1 else f"{1e3 * seconds:.3g} ms"


def speed(site_steps):
    return f"{site_steps / 1e9:.3g}e9/s"


class Measured:
    """What a report says was measured; what it lacks is not quoted, because a report may be older than this script."""

    def __init__(self, report):
        self.report = report

    def rows(self, benchmark, section):
        found = self.report.get(benchmark, {}).get(section, [])
        return [row for row in (found if isinstance(found, list) else [found]) if isinstance(row, dict)]

    def value(self, benchmark, section, wanted, **keys):
        """Of the row with these keys, or nothing."""
        for row in self.rows(benchmark, section):
            if all(str(row.get(key)) == str(value) for key, value in keys.items()):
                return row.get(wanted)
        return None

    def quotable(self):
        """What, on the GPU, on the CPU beside it, how many times faster: as numbers and the format of the first two."""
        yield from self.fields()
        yield from self.collisions()
        yield from self.solutions()

    def fields(self):
        for what, section, path, keys in (
            ("fields of 2048 sites, noise every 2 steps: site-steps", "ladder", "fused", (2048, "double")),
            ("the same in single precision", "ladder", "fused", (2048, "single")),
            ("rings of 32768 sites, noise every 4 steps", "long", "two passes", (32768, "double")),
        ):
            sites, precision = keys
            gpu, cpu = (
                self.value(
                    "ensemble",
                    section,
                    "site_steps_per_second",
                    device=device,
                    path=of_device,
                    sites=sites,
                    precision=precision,
                )
                for device, of_device in (("cuda", path), ("cpu", "FFTW"))
            )
            yield what, gpu, cpu, gpu / cpu if gpu and cpu else None, speed

    def collisions(self):
        for what, wanted in (
            ("collision integrals of 41 densities, K = 256, (T, M) = (65, 1024)", "seconds"),
            ("their Jacobians", "jacobian_seconds"),
        ):
            gpu, cpu = (
                self.value("sweep", "measured", wanted, device=device, path=path, M=1024)
                for device, path in (("cuda", "fused"), ("cpu", "FFTW"))
            )
            yield self.of_times(what, gpu, cpu)

    def solutions(self):
        beside = f"CPU, {self.report.get('threads')} threads"
        yield self.of_times(
            "stationary defect, K = 256, 40 cells, tolerance 1e-4",
            self.value("newton", "repeated", "median_seconds", K=256),
            self.value("newton", "solutions", "seconds", backend=beside, K=256),
        )
        scans = {row.get("backend"): row.get("seconds_side_by_side") for row in self.rows("together", "scan")}
        cpu = scans.pop(beside, None)
        yield self.of_times(
            "64 stationary defects side by side, K = 64, 16 cells", next(iter(scans.values()), None), cpu
        )
        for L in (400, 3200, 12800):
            for row in self.rows("campaign", f"L{L}")[:1]:
                what = f"a field driven through L = {L} sites, {row.get('trajectories')} trajectories, n to 1 %"
                # Of the CPU its site-steps were measured, and no such run, which needs fewer of them.
                yield what, row.get("seconds"), None, None, time

    @staticmethod
    def of_times(what, gpu, cpu):
        return what, gpu, cpu, cpu / gpu if gpu and cpu else None, time


def comparison(report):
    """Lines: the GPU beside the CPU of its machine."""
    rows = [
        [what, form(gpu), form(cpu) if cpu else "", f"{ratio:.0f}" if ratio else ""]
        for what, gpu, cpu, ratio, form in Measured(report).quotable()
        if gpu
    ]
    if rows:
        yield from [*table(["what", "GPU", "CPU", "ratio"], rows), ""]


def about(report, name, folder):
    """Lines."""
    yield f"### {report.get('gpu', name)}"
    yield ""
    yield f"Driver {report.get('driver')}, {report.get('date')}."
    yield f"The CPU beside it: {report.get('cpu')}, {report.get('threads')} threads."
    yield f"[The whole report]({folder}/{name}.md)."
    yield ""


def checks(report):
    """Lines: the verdicts of tests and sanitizers."""
    verdicts = [
        [piece, found.get("verdict")]
        for piece, found in report.get("verdicts", {}).items()
        if not piece.startswith("bench/")
    ]
    if verdicts:
        yield from [*table(["check", "verdict"], verdicts), ""]


def ceilings(report):
    found = report.get("ceilings", {}).get("ceilings", {})
    if found:
        rows = [[name.replace("_", " "), f"{float(value):.3g}"] for name, value in found.items()]
        yield from [*table(["ceiling", "measured"], rows), ""]


def missing(report):
    if report.get("not_measured"):
        yield from ["Not measured:", "", *(f"- {what}" for what in report["not_measured"]), ""]


def quoted(reports):
    """For docs/performance.md, of reports by name: the text between the markers."""
    lines = [""]
    for name, report in sorted(reports.items()):
        lines += [*about(report, name, f"../{REPORTS}"), *checks(report), *ceilings(report)]
        lines += [*comparison(report), *missing(report)]
    return "\n".join(lines) + "\n" if reports else f"\n{NO_REPORT}\n"


def in_short(reports):
    """For README.md: every GPU in a column, with how many times faster than the CPU beside it."""
    if not reports:
        return NO_REPORT
    names = sorted(reports)
    found = {name: {} for name in names}
    for name in names:
        for what, gpu, _, ratio, form in Measured(reports[name]).quotable():
            if gpu:
                found[name][what] = form(gpu) + (f" ({ratio:.0f})" if ratio else "")
    whats = list(dict.fromkeys(what for name in names for what in found[name]))
    heads = [f"[{reports[name].get('gpu', name)}]({REPORTS}/{name}.md)" for name in names]
    rows = [[what, *(found[name].get(what, "") for name in names)] for what in whats]
    return "\n".join(table(["what", *heads], rows)) + "\n"


DOCUMENTS = {"docs/performance.md": quoted, "README.md": in_short}


def main():
    reports = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in (tree.ROOT / REPORTS).glob("*.json")
    }
    stale = []
    for name, quote in DOCUMENTS.items():
        document = tree.text(name)
        made = MARKED.sub(lambda _, quote=quote: quote(reports), document)
        if "--write" in sys.argv:
            (tree.ROOT / name).write_text(made, encoding="utf-8")
        elif made != document:
            stale.append(f"{name}: is not what ./dev docs --write makes of {REPORTS}")
    if "--write" not in sys.argv:
        tree.report(stale, "performance")


if __name__ == "__main__":
    main()
