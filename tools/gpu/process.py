# SPDX-License-Identifier: BSD-3-Clause
"""Runs programs that may hang, crash, print anything, or leave others running."""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional

# Seconds between asking a program to end and ending it, and between looks at what it prints.
GRACE = 10
LOOK = 0.05


@dataclass(frozen=True)
class Command:
    arguments: List[str]
    environment: Dict[str, str] = field(default_factory=dict)
    results: Optional[Path] = None  # where its standard output goes, if not to what it prints


class Program:
    """A command that has been started and ends with the `with` block, and what it started with it.

    It is the leader of a process group, and writes to files: of what it leaves running nothing can
    keep us waiting at the end of a pipe.
    """

    def __init__(self, command, limit):
        self.limit = limit
        self.deadline = time.monotonic() + limit
        self.stopped = False
        with contextlib.ExitStack() as files:
            self.printed = tempfile.TemporaryFile()
            output = self.printed
            if command.results:
                output = files.enter_context(open(command.results, "wb"))
            self.process = subprocess.Popen(
                command.arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=self.printed,
                env={**os.environ, **command.environment},
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.printed.close()

    def lines(self):
        """What it prints, line by line, until it has ended or its time is up."""
        rest, position, running = b"", 0, True
        while running:
            running = self.process.poll() is None  # first: what it printed before is complete then
            if running and time.monotonic() > self.deadline:
                self.stopped, running = True, False
                self.stop()
            size = os.fstat(self.printed.fileno()).st_size
            rest += os.pread(self.printed.fileno(), size - position, position)
            position = size
            *lines, rest = rest.split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
            if running:
                self._wait(LOOK)
        if rest:
            yield rest.decode(errors="replace")

    def stop(self):
        """Ends the whole group. A program that waits for a GPU may outlive even that: we go on."""
        if self.process.poll() is None:
            self._signal(signal.SIGTERM)
            self._wait(GRACE)
        self._signal(signal.SIGKILL)
        self._wait(GRACE)

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def _wait(self, seconds):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def problem(self):
        """What is wrong with how it ended, or nothing."""
        status = self.process.returncode
        if self.stopped:
            return f"was stopped after {self.limit:g} s"
        if status < 0:
            return f"was ended by signal {-status} ({signal.strsignal(-status)})"
        return f"failed with exit status {status}" if status else ""


def run(commands, limit, say):
    """Runs the commands side by side, each for `limit` seconds at most, and says what they print.

    Returns what is wrong with the first of them that failed, or nothing.
    """
    with contextlib.ExitStack() as stack:
        try:
            programs = [stack.enter_context(Program(command, limit)) for command in commands]
        except FileNotFoundError:
            return "the program is missing"
        except OSError as error:
            return f"cannot be started: {error.strerror}"
        for program in programs:
            for line in program.lines():
                say(line)
        return next(filter(None, (program.problem() for program in programs)), "")
