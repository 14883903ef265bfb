# SPDX-License-Identifier: BSD-3-Clause
"""What a GPU is asked: tests, sanitizers, benchmarks; how each is run and when it has passed."""

import json
import re
from dataclasses import dataclass

from gpu.process import Command

# Of the sanitizers initcheck is left out: the last lines of a batch of transforms may be read before
# anything was written, and what becomes of them is never used. The other benchmarks measure the CPU,
# or compare methods or theories, not machines.
PARTS = {
    "tests": ("test", ["blocks", "conformance", "physics"]),
    "bench": (
        "bench",
        ["ceilings", "first", "ensemble", "sweep", "chain", "newton", "together"]
        + ["linear:times", "campaign"],
    ),
    "sanitize": ("sanitize", ["memcheck", "racecheck", "synccheck"]),
}
# Every operation of the backend, and every kind of block algorithm, at a small size.
OPERATIONS = (
    "Fields.OneStepIsLiteral",
    "Collision.ThreeToThreeIsItsLiteralSum",
    "Collision.JacobianIsTheSlopeOfTheLiteralSum",
    "Chain.PivotsMatter",
)
SANITIZED = {
    "conformance": ":".join([*(f"Backends/{name}/cuda*" for name in OPERATIONS), "BlockFftCuda*/0.*"]),
    "blocks": "*OnCuda/*Fused256:*OnCuda/Blocks128*:*OnCuda/Tiles36",
}
SHARDS = 8

PASSED = re.compile(r"^\[  PASSED  \] (\d+) ")
SKIPPED = re.compile(r"^\[  SKIPPED \] (\d.*)[.,]")


class Unknown(ValueError):
    """Asks for what there is not."""


@dataclass(frozen=True)
class Piece:
    kind: str  # test, sanitize, bench
    name: str
    sections: str = ""  # those of a benchmark that are run; all where there are none

    @property
    def key(self):
        return f"{self.kind}/{self.name}"

    def __str__(self):
        return self.key + (f":{self.sections}" if self.sections else "")


def piece_of(kind, text):
    name, _, sections = text.partition(":")
    return Piece(kind, name, sections)


def all_pieces():
    return [piece_of(kind, name) for kind, names in PARTS.values() for name in names]


def chosen(part=None, *names):
    """The pieces of a part of the report, those that are named or all."""
    if part is None:
        return all_pieces()
    if part not in PARTS:
        raise Unknown(f"gpu knows {', '.join(PARTS)}, not '{part}'")
    kind, texts = PARTS[part]
    known = [text.partition(":")[0] for text in texts]
    pieces = [piece_of(kind, name) for name in names or texts]
    for piece in pieces:
        if piece.name not in known or (piece.sections and kind != "bench"):
            raise Unknown(f"gpu {part} knows {' '.join(known)}, not '{str(piece)[len(kind) + 1:]}'")
    return pieces


def program_names():
    """The programs that all of it takes."""
    return [f"{piece.kind}_{piece.name}" for piece in all_pieces() if piece.kind != "sanitize"]


def stages(piece, programs, threads, results):
    """Lists of commands: those of a list run side by side, a list after the one before has passed."""
    if piece.kind == "test":
        return [shards(programs / f"test_{piece.name}", min(threads, SHARDS))]
    if piece.kind == "sanitize":
        return [
            [sanitized(piece.name, programs / f"test_{name}", tests)]
            for name, tests in SANITIZED.items()
        ]
    program = str(programs / f"bench_{piece.name}")
    # All of them, whatever the shell says: the report calls it the CPU.
    environment = {"KAPITZA_REQUIRE_GPU": "1", "OMP_NUM_THREADS": str(threads)}
    return [[Command([program, "--json", *piece.sections.split()], environment, results)]]


def shards(program, count):
    """Several share the tests of a program: most of their time is the CPU's, which computes what to compare with."""
    return [
        Command(
            [str(program), "--gtest_brief=1"],
            {
                "KAPITZA_REQUIRE_GPU": "1",
                "KAPITZA_TEST_DEVICE": "cuda",
                "OMP_WAIT_POLICY": "passive",
                "OMP_NUM_THREADS": "2",
                "GTEST_TOTAL_SHARDS": str(count),
                "GTEST_SHARD_INDEX": str(shard),
            },
        )
        for shard in range(count)
    ]


def sanitized(tool, program, tests):
    return Command(
        ["compute-sanitizer", "--tool", tool, "--error-exitcode", "1"]
        + [str(program), "--gtest_brief=1", f"--gtest_filter={tests}"],
        {"KAPITZA_REQUIRE_GPU": "1"},
    )


def results_of(path):
    """The JSON object in a file that a benchmark wrote, or None."""

    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    try:
        results = json.loads(path.read_bytes(), parse_constant=refuse)
    except (OSError, ValueError, RecursionError):
        return None
    return results if isinstance(results, dict) else None


def verdict(piece, problem, lines, results):
    """A skipped test is a failed one here, and nothing done is a failure: a broken driver must not look like success."""
    if problem:
        return problem
    if any(line.startswith("no GPU") for line in lines):
        return "found no GPU"
    if piece.kind == "bench":
        return "printed no JSON object" if results is None else "passed"
    skipped = [match[1] for match in map(SKIPPED.match, lines) if match]
    tests = sum(int(match[1]) for match in map(PASSED.match, lines) if match)
    if skipped:
        return f"skipped {';'.join(skipped)}"
    return f"passed, {tests} tests" if tests else "ran no test"
