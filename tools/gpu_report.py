# SPDX-License-Identifier: BSD-3-Clause
"""What `./dev gpu` does once the programs are there: runs them on the GPU of this machine and writes a report.

Python's standard library (3.9 or later) is enough for it: the machine may have been made for an hour.
"""

import argparse
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from gpu import pieces, process, report, source

ROOT = Path(__file__).resolve().parents[1]

# What our files were called where they were compiled is nobody's business.
FOREIGN_PATH = re.compile(r'(^|[ ("])/[^ ]*/(include|src|kernels|host|tests|bench)/')


class CannotStart(Exception):
    """Nothing can be run: the message, and the exit status that goes with it."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


def nvidia(field):
    """What nvidia-smi says of the first GPU, or nothing."""
    command = ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader"]
    try:
        answer = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if answer.returncode:
        return ""
    return answer.stdout.decode(errors="replace").partition("\n")[0].strip()


def cpu():
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = re.search(r"^model name[^:]*: (.*)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()


def this_machine():
    gpu = nvidia("name")
    if not gpu:
        raise CannotStart("no NVIDIA GPU is usable here (nvidia-smi lists none)", 2)
    return report.Machine(gpu, nvidia("driver_version"), cpu(), len(os.sched_getaffinity(0)))


def limit():
    """Seconds that a program may take: a kernel that never ends must not keep the others from being run."""
    text = os.environ.get("KAPITZA_GPU_LIMIT", "300")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise CannotStart(f"KAPITZA_GPU_LIMIT is a number of seconds, not '{text}'", 2)
    return seconds


def reach_libraries(programs):
    """Puts the CUDA toolkit's tools and shared libraries within reach, and what was carried beside the programs."""
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    cuda = os.environ.get("CUDA_HOME") or str(Path(nvcc).parents[1])
    for variable, folders in (
        ("PATH", [f"{cuda}/bin", f"{cuda}/compute-sanitizer"]),
        ("LD_LIBRARY_PATH", [f"{cuda}/lib64", f"{cuda}/lib", str(programs)]),
    ):
        before = [os.environ[variable]] if os.environ.get(variable) else []
        os.environ[variable] = ":".join(before + folders)


def check_libraries(programs):
    for name in pieces.program_names():
        answer = subprocess.run(
            ["ldd", programs / name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ).stdout.decode(errors="replace")
        missing = [line for line in answer.splitlines() if "not found" in line]
        if missing:
            raise CannotStart(
                f"{name} cannot be loaded: the folder of the CUDA toolkit's libraries belongs into "
                "LD_LIBRARY_PATH\n" + "\n".join(missing)
            )


def run_piece(piece, programs, parts, threads, seconds):
    """Runs a piece and returns its verdict."""
    results, lines = parts.path(piece, "results"), []
    with open(parts.path(piece, "txt"), "w", encoding="utf-8") as text:

        def say(line):
            line = FOREIGN_PATH.sub(r"\1\2/", line)
            lines.append(line)
            for where in (text, sys.stdout):
                print(line, file=where, flush=True)

        problem, begin = "", time.monotonic()
        for commands in pieces.stages(piece, programs, threads, results):
            problem = problem or process.run(commands, seconds, say)
        taken = time.monotonic() - begin
    found = pieces.results_of(results) if piece.kind == "bench" else None
    verdict = pieces.verdict(piece, problem, lines, found)
    parts.put(piece, verdict, found if verdict == "passed" else None, taken)
    results.unlink(missing_ok=True)
    return verdict


def run(programs, chosen):
    """Runs the pieces one after the other; after each the report is made anew. Returns the exit status."""
    machine, seconds = this_machine(), limit()
    reach_libraries(programs)
    check_libraries(programs)
    name = machine.file_name()
    parts = report.Parts(ROOT / "build/gpu-report" / name, source.source_of(programs, ROOT))
    path = ROOT / "bench/results" / name
    passed, failed = 0, 0
    for piece in chosen:
        print(f"\n== {piece}", flush=True)
        if piece.kind == "sanitize" and not shutil.which("compute-sanitizer"):
            parts.begin(piece, "compute-sanitizer is not installed")
            continue
        parts.begin(piece, "was interrupted")  # which is true until it is not
        report.write(path, machine, parts, ROOT)
        verdict = run_piece(piece, programs, parts, machine.threads, seconds)
        if verdict.startswith("passed"):
            passed += 1
        else:
            failed += 1
            print(f"FAILED: {piece} {verdict}")
    report.write(path, machine, parts, ROOT)
    lines = report.not_measured(parts, ROOT)
    print("", f"report: {path}.md", "not measured:", *lines, sep="\n")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def arguments():
    parser = argparse.ArgumentParser(prog="gpu_report.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("programs", help="print the names of the programs that all of it takes")
    for name, text in (
        ("check", "fail where there is no GPU, or not what is asked for"),
        ("run", "run the pieces and write the report"),
    ):
        command = commands.add_parser(name, help=text)
        if name == "run":
            command.add_argument("programs", type=Path, help="the folder of the programs")
        command.add_argument("part", nargs="?", help=", ".join(pieces.PARTS))
        command.add_argument("names", nargs="*", help="what of that part; all without")
    return parser.parse_args()


def main():
    sys.stdout.reconfigure(errors="replace")
    for number in (signal.SIGTERM, signal.SIGHUP):  # the programs end with us
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    given = arguments()
    if given.command == "programs":
        print(*pieces.program_names(), sep="\n")
        return 0
    try:
        chosen = pieces.chosen(*filter(None, [given.part]), *given.names)
        if given.command == "run":
            return run(given.programs.resolve(), chosen)
        this_machine()
        limit()
        return 0
    except (CannotStart, pieces.Unknown) as error:
        print(f"error: {error}", file=sys.stderr)
        return getattr(error, "status", 2)


if __name__ == "__main__":
    sys.exit(main())
