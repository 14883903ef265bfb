# SPDX-License-Identifier: BSD-3-Clause
"""The commit that programs were made from."""

import subprocess

UNKNOWN = "unknown"


def git(root, *arguments):
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def commit_of(root):
    """That of the sources; the reports and documents change without changing what is measured."""
    try:
        commit = git(root, "rev-parse", "--short=12", "HEAD")
    except FileNotFoundError:
        return UNKNOWN
    if commit.returncode:
        return UNKNOWN
    changed = git(root, "diff", "--quiet", "HEAD", "--", ".", ":!bench/results", ":!*.md").returncode
    return commit.stdout.strip() + ("-dirty" if changed else "")


def source_of(programs, root):
    """What was carried says it; our own build is that of the tree."""
    carried = programs / "commit"
    if carried.exists():
        return carried.read_text(encoding="utf-8").strip()
    return commit_of(root) if programs == root / "build" else UNKNOWN
