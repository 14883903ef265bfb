# SPDX-License-Identifier: BSD-3-Clause
"""clang-tidy on every C++ file that has changed since it last passed: tidy.py BUILD_FOLDER [TOP_FOLDER ...]"""

import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tree

TIDY = "clang-tidy-19"


def project_headers(build):
    """For every object file the files of ours that it was compiled from, as ninja recorded them."""
    text = subprocess.run(
        ["ninja", "-C", build, "-t", "deps"], check=True, capture_output=True, text=True
    ).stdout
    headers = {}
    for block in text.split("\n\n"):
        name, *lines = block.split("\n")
        paths = [(build / line.strip()).resolve() for line in lines]
        headers[name.split(":")[0]] = [p for p in paths if p.is_relative_to(tree.ROOT)]
    return headers


def sources(build):
    """(source, object, command) of what is ours, C++, and not generated."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = Path(entry["file"])
        if source.suffix == ".cpp" and source.is_relative_to(tree.ROOT):
            if not source.is_relative_to(build):
                yield source, entry.get("output") or output_of(entry["command"]), entry["command"]


def output_of(command):
    return re.search(r" -o (\S+)", command)[1]


def key_of(source, headers, command):
    """Changes with anything that the verdict depends on."""
    digest = hashlib.sha256((tree.ROOT / ".clang-tidy").read_bytes() + command.encode())
    for path in sorted({source, *headers}):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def check(build, source):
    # Warnings are g++'s business: with -Werror among its flags clang's would be errors here.
    command = [TIDY, "-p", build, "--quiet", "--extra-arg=-w", source]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.returncode == 0, result.stdout


def main():
    build = Path(sys.argv[1]).resolve()
    passed = build / "tidy"
    passed.mkdir(exist_ok=True)
    headers = project_headers(build)
    stamps = {
        source: passed / key_of(source, headers.get(output, []), command)
        for source, output, command in sources(build)
    }
    folders = sys.argv[2:]
    chosen = [s for s in stamps if not folders or s.relative_to(tree.ROOT).parts[0] in folders]
    changed = [source for source in chosen if not stamps[source].exists()]
    bad = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = pool.map(lambda source: check(build, source), changed)
        for source, (good, text) in zip(changed, verdicts):
            if good:
                stamps[source].touch()
            else:
                bad += 1
                print(text, flush=True)
    print(f"clang-tidy: {len(changed)} of {len(chosen)} files checked, {bad} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
