# SPDX-License-Identifier: BSD-3-Clause
"""Do libraries that are compiled with other flags hold functions that compute? copies.py BUILD_FOLDER

The linker keeps one copy of an inline function, whichever library it comes from: of one in a header that
the program's own code or the host's part of device code instantiates, too, that may be the one without
-march and -O3. Its speed and its last bit would depend on what else was compiled. Such a function gets a
body in src/.
"""

import re
import subprocess
import sys
from pathlib import Path

import tree

FAST = re.compile(r"libkapitza_(?:numerics|model|kinetic|defect|linear|field|kinetic_cpu|field_cpu)\.(?:a|so)$")
OTHERS = re.compile(r"libkapitza_(?:host|kinetic_cuda|field_cuda|machine)\.(?:a|so)$")
# What the compiler makes of a class: it copies and moves, and computes nothing.
# Nor do errors.
SPECIAL = re.compile(
    r"^(?:vtable|typeinfo|guard|VTT)|~|^kapitza::(?:LibraryFailure|OutOfMemory|\w+Error)::|::operator=\(|\b(kapitza::(?:\w+::)*(\w+))::\2\(\1(?: const)?&&?\)"
)


def functions(library, kinds):
    """Demangled names of ours, but those of the program's own."""
    text = subprocess.run(["nm", "-C", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        _, kind, name = line.split(" ", 2) if line.count(" ") >= 2 else ("", "", "")
        if kind in kinds and name.startswith("kapitza::") and not name.startswith("kapitza::host::"):
            if not SPECIAL.search(name):
                yield name


def problems(build):
    libraries = sorted(build.glob("libkapitza_*"))
    fast = {name: path.name for path in libraries if FAST.search(path.name) for name in functions(path, "TWV")}
    if not fast:
        yield f"{build}: there is no library of a subject"
    for path in filter(lambda path: OTHERS.search(path.name), libraries):
        for name in sorted(set(functions(path, "WV")) & fast.keys()):
            yield f"{path.name} has a copy of {name}, as {fast[name]}"


if __name__ == "__main__":
    tree.report(list(problems(Path(sys.argv[1]))), "copies")
