# SPDX-License-Identifier: BSD-3-Clause
"""Runs the checks that are named, says which of them failed, and counts: check.py [--write] CHECK ..."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
HOUSE = ROOT / "tests/house"

sys.path.insert(0, str(HOUSE))
import tree  # noqa: E402  # which files are ours has its home there

SHELL = ("dev", ".ci/run")


def run(*command):
    """One check that has passed or failed."""
    if not shutil.which(command[0]):
        print(f"{command[0]} is not installed", flush=True)
        return 0, 1
    good = subprocess.run([str(word) for word in command], cwd=ROOT).returncode == 0
    return (1, 0) if good else (0, 1)


def python(script, *arguments):
    return run(sys.executable, script, *arguments)


def layout(write):
    """clang-format; writes if asked to."""
    mode = ["-i"] if write else ["--dry-run", "-Werror"]
    return run("clang-format-19", *mode, *tree.files(tree.CPP))


def worth_showing(lines):
    """Without tests that passed or were skipped."""
    of_skipped = False
    for line in lines:
        of_skipped = line.strip() and (of_skipped or line.startswith("The following tests did not run"))
        passed = line.lstrip().startswith("Start ") or " Passed " in line or "***Skipped" in line
        if not (of_skipped or passed):
            yield line


def tests():
    """Those of the test preset; as many have passed and failed as CTest says."""
    found = BUILD / "tests.xml"
    found.unlink(missing_ok=True)
    command = ["ctest", "--preset", "test", "-j", str(os.cpu_count()), "--output-junit", str(found)]
    # As many tests as there are cores: none of them has another one left for a second thread.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8", errors="replace"
    ) as ctest:
        for line in worth_showing(ctest.stdout):
            print(line, end="", flush=True)
    if not found.exists():
        print("ctest did not finish", flush=True)
        return 0, 1
    suite = ElementTree.parse(found).getroot().attrib
    total, failed, disabled, skipped = (
        int(suite[name]) for name in ("tests", "failures", "disabled", "skipped")
    )
    print(f"skipped: {skipped} (what needs a GPU, where there is none)", flush=True)
    # CTest's report takes a test whose program is missing for a skipped one; its exit status does not.
    return total - failed - disabled - skipped, failed or int(ctest.returncode != 0)


CHECKS = {
    "tests": lambda write: tests(),
    "format": layout,
    "shellcheck": lambda write: run("shellcheck", *SHELL),
    # Of the product - block algorithms and stages as they are compiled for the host - without what
    # takes a third of the time; and of tests and benchmarks as well, with all checks.
    "clang-tidy": lambda write: python(
        HOUSE / "tidy.py", BUILD, "src/", "kernels/", "host/", "tests/support/staged_",
        "--without", "performance-unnecessary-value-param",
    ),
    "clang-tidy-all": lambda write: python(HOUSE / "tidy.py", BUILD),
    "architecture": lambda write: python(HOUSE / "architecture.py"),
    "docs": lambda write: python(HOUSE / "docs.py"),
    "performance": lambda write: python(HOUSE / "performance.py", *(["--write"] if write else [])),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="mend what a check can mend")
    parser.add_argument("checks", nargs="+", choices=CHECKS, metavar="CHECK", help=", ".join(CHECKS))
    given = parser.parse_args()
    counts = {name: CHECKS[name](given.write) for name in given.checks}
    passed, failed = (sum(count) for count in zip(*counts.values()))
    if failed:
        print("failed:", *(name for name, (_, bad) in counts.items() if bad))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
