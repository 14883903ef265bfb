# SPDX-License-Identifier: BSD-3-Clause
"""The files of the project, for the checks of this folder."""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CPP = {".cpp", ".hpp", ".cu", ".cuh"}
_SKIPPED = re.compile(r"^(\..*|build.*|dist|__pycache__)$")
_KEPT = {".ci", ".clang-format", ".clang-tidy", ".editorconfig", ".github", ".gitignore"}
_KEPT |= {".gitlab-ci.yml", ".pre-commit-config.yaml"}
_BINARY = {".h5", ".png", ".pdf", ".pyc", ".o"}


def is_ours(name):
    return name in _KEPT or not _SKIPPED.match(name)


def files(suffixes=None):
    """Paths relative to the root, of all text files or of those with the given suffixes."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(filter(is_ours, folders))
        for path in (Path(folder, name) for name in sorted(names) if is_ours(name)):
            if path.suffix in suffixes if suffixes else path.suffix not in _BINARY:
                found.append(path.relative_to(ROOT))
    return found


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def line_of(content, position):
    return content.count("\n", 0, position) + 1


_COMMENT_OR_STRING = re.compile(
    r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL
)


def code_of(content):
    """C++ without comments; strings stay, and so does every line's number."""

    def keep_lines(match):
        return match[0] if match[0].startswith('"') else "\n" * match[0].count("\n")

    return _COMMENT_OR_STRING.sub(keep_lines, content)


def report(problems, checked):
    """Prints what was found and ends the program as a test is expected to."""
    for problem in problems:
        print(problem)
    print(f"{checked}: {len(problems)} problem{'' if len(problems) == 1 else 's'}")
    sys.exit(1 if problems else 0)
