# SPDX-License-Identifier: BSD-3-Clause
"""clang-tidy on every C++ file that has changed since it last passed.

Most of its time goes into the headers of libraries, which it reads and searches anew for every file.
So files that are compiled with the same flags are read as one, which includes them: thirteen files of
host/ take 18 s instead of 66 s. Those that do not go together (two have a class of the same name in
their anonymous namespaces) are sorted out by the compiler's errors and read with fewer others, alone
in the end.
"""

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import tree

# Warnings are g++'s business: with -Werror among its flags clang's would be errors here.
TIDY = ["clang-tidy-19", "--quiet", f"--config-file={tree.ROOT / '.clang-tidy'}", "--extra-arg=-w"]
TIDY += ["--extra-arg=-ferror-limit=0"]
# Files read as one: of tests with more, sorting out those that do not go together takes the gain away.
TOGETHER = 16

FINDING = re.compile(r"(/.*?):\d+:\d+: (?:warning|error): .*\[([\w.,-]+)\]$", re.MULTILINE)
COMPILERS = "clang-diagnostic-error"
INCLUDED = re.compile(r'^#include "(.*)"$', re.MULTILINE)


@dataclass(frozen=True)
class Source:
    path: Path
    flags: tuple  # of the compiler
    headers: frozenset  # of ours that it includes
    united: bool  # with the others of its folder, when it is compiled

    def key(self, without):
        """Changes with anything that the verdict depends on."""
        configuration = (tree.ROOT / ".clang-tidy").read_bytes()
        digest = hashlib.sha256(configuration + repr((self.flags, without)).encode())
        for path in sorted({self.path, *self.headers}):
            digest.update(path.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Finding:
    path: Path
    check: str
    text: str


def is_ours(path, build):
    return path.is_relative_to(tree.ROOT) and not path.is_relative_to(build)


def project_headers(build):
    """For every object file the headers of ours that it was compiled from, as ninja recorded them."""
    text = subprocess.run(
        ["ninja", "-C", build, "-t", "deps"], check=True, capture_output=True, text=True
    ).stdout
    headers = {}
    for block in text.split("\n\n"):
        name, *lines = block.split("\n")
        paths = [(build / line.strip()).resolve() for line in lines]
        headers[name.split(":")[0]] = frozenset(p for p in paths if is_ours(p, build) and p.suffix != ".cpp")
    return headers


def without_common_headers(flags):
    """Without what CMake includes before everything: a file is to include what it needs."""
    flags = list(flags)
    for at in reversed([i for i, word in enumerate(flags) if word == "-include"]):
        del flags[at : at + 2]
    return [word for word in flags if word not in ("-Winvalid-pch", "-fpch-preprocess")]


def is_united(path):
    return path.match("Unity/unity_*.cxx")


def written(path, build):
    """What is ours and C++ in a file that is compiled: itself, or those of a folder that it unites."""
    if is_united(path):
        return [Path(name) for name in INCLUDED.findall(path.read_text())]
    return [path] if is_ours(path, build) and path.suffix == ".cpp" else []


def sources(build):
    headers = project_headers(build)
    for entry in json.loads((build / "compile_commands.json").read_text()):
        _, *flags = shlex.split(entry["command"])
        at = flags.index("-o")
        output = flags[at + 1]
        del flags[at : at + 2]
        flags = tuple(without_common_headers(word for word in flags if word not in ("-c", entry["file"])))
        compiled = Path(entry["file"])
        for path in written(compiled, build):
            yield Source(path, flags, headers.get(output, frozenset()), is_united(compiled))


def groups(chosen):
    """Lists of files that are read as one: all that are united. Of others, those of one folder, which are
    alike and may clash, go to different lists.

    What takes longest, Eigen in tests/, begins first.
    """
    alike = defaultdict(list)
    for source in sorted(chosen, key=lambda source: source.path):
        alike[source.flags, source.united].append(source)
    for members in sorted(alike.values(), key=lambda members: members[0].path, reverse=True):
        count = 1 if members[0].united else -(-len(members) // TOGETHER)
        yield from (members[first::count] for first in range(count))


def read_as_one(group, folder):
    """The file that clang-tidy is given."""
    if len(group) == 1:
        return group[0].path
    text = "".join(f'#include "{s.path}"  // NOLINT(bugprone-suspicious-include)\n' for s in group)
    path = folder / f"{hashlib.sha256(text.encode()).hexdigest()}.cpp"
    path.write_text(text)
    return path


def findings_of(output):
    """Every finding with the lines that belong to it."""
    for text in re.split(r"^(?=/.*?:\d+:\d+: (?:warning|error): )", output, flags=re.MULTILINE):
        found = FINDING.match(text)
        if found:
            yield Finding(Path(found[1]).resolve(), found[2].split(",")[0], text)


def check(group, folder, without):
    """The findings in a group, and the files of it that have to be read without the others."""
    checks = [f"--checks={','.join(f'-{name}' for name in without)}"] if without else []
    command = [*TIDY, *checks, read_as_one(group, folder), "--", *group[0].flags]
    result = subprocess.run(command, capture_output=True, text=True, errors="replace")
    found = list(findings_of(result.stdout))
    if result.returncode and not found:
        found.append(Finding(group[0].path, COMPILERS, result.stdout + result.stderr))
    if len(group) == 1:
        return found, []
    wrong = {finding.path for finding in found if finding.check == COMPILERS}
    apart = [source for source in group if source.path in wrong]
    if wrong - {source.path for source in apart}:
        apart = group
    unsure = wrong.union(source.path for source in apart)
    return [finding for finding in found if finding.path not in unsure], apart


def check_all(chosen, folder, without):
    """The findings in all files, each once: of a header's, many files have the same."""
    found, left = {}, list(groups(chosen))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        while left:
            verdicts = list(zip(left, pool.map(lambda group: check(group, folder, without), left)))
            left = []
            for group, (findings, apart) in verdicts:
                for finding in findings:
                    first = finding.text.partition("\n")[0]
                    if first not in found:
                        found[first] = finding
                        print(finding.text, end="", flush=True)
                stuck = len(apart) == len(group)
                left += [[source] for source in apart] if stuck else groups(apart)
    return found.values()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("build", type=Path, help="folder with compile_commands.json")
    parser.add_argument("places", nargs="*", help="how the paths of the files begin; all without")
    parser.add_argument("--without", action="append", default=[], metavar="CHECK")
    given = parser.parse_args()
    build, places = given.build.resolve(), tuple(given.places)
    passed, read = build / "tidy", build / "tidy-together"
    for folder in (passed, read):
        folder.mkdir(exist_ok=True)
    chosen = [
        source
        for source in sources(build)
        if source.path.relative_to(tree.ROOT).as_posix().startswith(places or "")
    ]
    keys = {source: source.key(given.without) for source in chosen}
    changed = [source for source in chosen if not (passed / keys[source]).exists()]
    wrong = {finding.path for finding in check_all(changed, read, given.without)}
    bad = [source for source in changed if wrong & {source.path, *source.headers}]
    if wrong - {path for source in bad for path in (source.path, *source.headers)}:
        bad = changed  # whose it is, is not known
    for source in set(changed) - set(bad):
        (passed / keys[source]).touch()
    print(f"clang-tidy: {len(changed)} of {len(chosen)} files checked, {len(bad)} with findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
