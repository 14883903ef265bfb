# SPDX-License-Identifier: BSD-3-Clause
"""What every piece left behind, and the report that is made of it: bench/results/GPU.json and .md."""

import json
import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gpu import pieces

# Lines that are shown of what a piece printed that is no benchmark and has not passed.
SHOWN = 40


@dataclass(frozen=True)
class Machine:
    gpu: str
    driver: str
    cpu: str
    threads: int

    def file_name(self):
        return re.sub(r"[^A-Za-z0-9]+", "-", re.sub("^NVIDIA ", "", self.gpu))


def write_whole(path, text):
    """The old text or the new one: never half of it, whenever we are stopped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


class Parts:
    """A file with the record of every piece that was begun, and beside it what the piece printed.

    A run may be cut short or done in several, on copies of the tree too where the folder is taken along.
    """

    def __init__(self, folder, source):
        self.folder = Path(folder)
        self.source = source  # the commit of the programs

    def path(self, piece, suffix):
        return self.folder / piece.kind / f"{piece.name}.{suffix}"

    def put(self, piece, verdict, results=None, seconds=0.0):
        record = {
            "piece": str(piece),
            "verdict": verdict,
            "seconds": round(seconds, 1),
            "date": date.today().isoformat(),
            "commit": self.source,
            "results": results,
        }
        write_whole(self.path(piece, "json"), json.dumps(record))

    def begin(self, piece, verdict):
        """Forgets what the piece left before."""
        self.put(piece, verdict)
        self.path(piece, "txt").write_bytes(b"")

    def records(self):
        """Pairs of a piece and its record, by name."""
        for path in sorted(self.folder.glob("*/*.json")):
            record = json.loads(path.read_text(encoding="utf-8"))
            yield pieces.piece_of(*record["piece"].split("/", 1)), record

    def printed(self, piece):
        return self.path(piece, "txt").read_text(encoding="utf-8").rstrip("\n")


def benchmarks(root):
    """The names of all benchmarks: of the sources that are programs."""
    for path in root.glob("bench/**/*.cpp"):
        if "int main(" in path.read_text(encoding="utf-8", errors="replace"):
            yield path.stem


def not_measured(parts, root):
    """What the report does not contain, and why."""
    records = {piece.key: (piece, record) for piece, record in parts.records()}
    for piece in pieces.all_pieces():
        found, record = records.get(piece.key, (piece, {"verdict": "was not run"}))
        if not record["verdict"].startswith("passed"):
            yield f"{piece.key}: {record['verdict']}"
        elif found.sections:
            yield f"{piece.key}: all but its section {found.sections}"
    run = {piece.name for piece in pieces.all_pieces() if piece.kind == "bench"}
    for name in sorted(set(benchmarks(root)) - run):
        yield f"bench/{name}: left out"


def as_json(machine, parts, root):
    records = list(parts.records())
    return {
        "gpu": machine.gpu,
        "driver": machine.driver,
        "cpu": machine.cpu,
        "threads": machine.threads,
        "date": date.today().isoformat(),
        "verdicts": {
            str(piece): {key: record.get(key) for key in ("verdict", "seconds", "date", "commit")}
            for piece, record in records
        },
        "not_measured": list(not_measured(parts, root)),
        **{piece.name: record["results"] for piece, record in records if record["results"]},
    }


def as_markdown(machine, parts, root):
    """Lines."""
    yield f"# {machine.gpu}"
    yield ""
    yield (
        f"CPU beside it: {machine.cpu}, {machine.threads} threads. Driver {machine.driver}. "
        "Made by `./dev gpu`."
    )
    yield ""
    yield "| piece | verdict | seconds | date | source |"
    yield "|---|---|---|---|---|"
    for piece, record in parts.records():
        columns = [record.get(key) for key in ("verdict", "seconds", "date", "commit")]
        yield " | ".join([f"| {piece}", *map(str, columns)]) + " |"
    for piece, record in parts.records():
        yield from what_it_printed(piece, record, parts.printed(piece))
    yield from ["", "## Not measured", ""]
    yield from (f"- {line}" for line in not_measured(parts, root))


def what_it_printed(piece, record, text):
    """All of a benchmark; of the others the end, and only if they have not passed."""
    if piece.kind != "bench":
        passed = record["verdict"].startswith("passed")
        text = "" if passed else "\n".join(text.split("\n")[-SHOWN:])
    if text:
        yield from ["", f"## {piece}", "", "```", text, "```"]


def write(path, machine, parts, root):
    """Makes both files anew of all that lies in the parts."""
    report = as_json(machine, parts, root)
    write_whole(path.with_name(path.name + ".json"), json.dumps(report, indent=2) + "\n")
    lines = as_markdown(machine, parts, root)
    write_whole(path.with_name(path.name + ".md"), "".join(f"{line}\n" for line in lines))
