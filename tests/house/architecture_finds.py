# SPDX-License-Identifier: BSD-3-Clause
"""Runs architecture.py on a copy of the tree with faults in it: it finds each of them, and nothing else."""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import tree

LICENCE = "// SPDX-License-Identifier: BSD-3-Clause\n"


def source(*lines, namespace="kapitza"):
    return LICENCE + "\n".join((*lines, f"namespace {namespace} {{", "}", ""))


def header(*lines, **names):
    return source("#pragma once", *lines, **names)


# A file that is written, and what is said of it: patterns, one for each problem.
WRITTEN = {
    "include/kapitza/nowhere/lost.hpp": (header(), ["nowhere: it has no place"]),
    "include/kapitza/kinetic/upwards.hpp": (
        header('#include "kapitza/defect/mesh.hpp"', namespace="kapitza::kinetic"),
        ["'kinetic' must not include kapitza/defect/mesh.hpp", "in a circle: defect, kinetic$"],
    ),
    "include/kapitza/field/elsewhere.hpp": (header(), ["kapitza must be kapitza::field"]),
    "include/kapitza/field/everywhere.hpp": (LICENCE + "#pragma once\n", ["is in no namespace"]),
    "include/kapitza/model/unguarded.hpp": (source(), ["no #pragma once"]),
    "src/model/unguarded.cpp": (
        source('#include "kapitza/model/thermal.hpp"'),
        ["its first include must be include/kapitza/model/unguarded.hpp"],
    ),
    "src/orphan.cpp": (source(), ["belongs in src/SUBJECT"]),
    "src/model/foreign.cpp": (source("#include <fmt/format.h>"), ["<fmt/format.h> is not the standard"]),
    "src/model/nearby.cpp": (source('#include "nearby.hpp"'), ["nearby.hpp is not named from the root"]),
    "src/model/below.cpp": (
        source('#include "kernels/device/block/lines.hpp"'),
        ["'model' must not include", r"src/ must not include kernels/"],
    ),
    "src/model/busy.cpp": (
        source(
            "auto a = fftw_malloc(1);", "kernel<<<1, 1>>>();", "std::thread b;", "std::mutex c;",
            "#pragma omp parallel", "#include <Eigen/Core>", "auto d = dgesv_(1);",
        ),
        [
            "'fftw_malloc' belongs in", "'<<<' belongs in", "'std::thread' belongs in",
            "'std::mutex' belongs in", "'#pragma omp' belongs in", "'<Eigen/' belongs in",
            r"'dgesv_\(' belongs in", "<Eigen/Core> is not the standard library's",
        ],
    ),
    "kernels/model/adrift.hpp": (header(), ["belongs in kernels/SUBJECT"]),
    "kernels/kinetic/cpu/sideways.hpp": (
        header('#include "kernels/kinetic/staged/tables.hpp"'),
        ["cpu/ must not include kernels/kinetic/staged/tables.hpp"],
    ),
    "kernels/kinetic/cpu/sine.cpp": (
        source("double y = std::sin(1.0);  // std::cos() in a comment is none"),
        [r"'std::sin\(' belongs in a plan's table"],
    ),
    "host/config/outwards.cpp": (
        source('#include "host/output/hdf5.hpp"'), ["must not include host/output/hdf5.hpp"],
    ),
    "host/runs/spelt.cpp": (
        source('const char* key = "defect.Lamda";'), ['"defect.Lamda" is a key of host/jobs'],
    ),
    "tests/kinetic/what.cpp": (source(), ["its name begins with none of"]),
    "tests/support/oracle_borrowed.hpp": (
        header('#include "kapitza/model/thermal.hpp"'), ["an oracle must not include"],
    ),
    "tools/unlicensed.py": ("print(1)\n", ["no SPDX line"]),
    "docs/later.md": ("TO" + "DO\n", ["'TO" + "DO' in a tracked file"]),
    "docs/here.md": ("see /ho" + "me/me/results\n", ["a path of one machine"]),
}
TAKEN_AWAY = {
    "tests/core/unit_core.cpp": ["core: tests of its parts are missing"],
    "docs/linear.md": ["linear: a page is missing"],
    "configs/kinetic/collision.toml": [],
    "configs/kinetic/collision_cosine.toml": ["no configuration in configs/ shows the job collision"],
}
REPLACED = {
    "CMakeLists.txt": ("kapitza_subject(linear USES kinetic)", "kapitza_subject(linear USES field)",
                       ["'linear' is linked with field, kinetic, random"]),
    "python/kapitza/plots/__init__.py": ('"relax":', '"relaks":',
                                         ["the job relax has no figure", "there is no job relaks"]),
}  # fmt: skip


class Copy:
    def __init__(self, folder):
        self.root = Path(folder)
        for path in tree.files():
            self.write(path, (tree.ROOT / path).read_bytes())

    def write(self, path, content):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def check(self):
        """The problems that are found, and the exit code."""
        command = [sys.executable, self.root / "tests/house/architecture.py"]
        result = subprocess.run(command, capture_output=True, text=True)
        *problems, last = result.stdout.splitlines()
        assert re.fullmatch(r"architecture: \d+ problems?", last), result.stdout + result.stderr
        return problems, result.returncode


class Architecture(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.copy = Copy(folder)

    def test_finds_every_fault_and_nothing_else(self):
        self.assertEqual(self.copy.check(), ([], 0))
        expected = []
        for path, (content, found) in WRITTEN.items():
            self.copy.write(path, content)
            expected += found
        for path, found in TAKEN_AWAY.items():
            (self.copy.root / path).unlink()
            expected += found
        for path, (before, after, found) in REPLACED.items():
            text = tree.text(path)
            self.assertIn(before, text)
            self.copy.write(path, text.replace(before, after))
            expected += found
        problems, code = self.copy.check()
        self.assertEqual(code, 1)
        for pattern in expected:
            said = [problem for problem in problems if re.search(pattern, problem)]
            self.assertEqual(len(said), 1, f"{pattern}: {said}")
            problems.remove(said[0])
        self.assertEqual(problems, [])


if __name__ == "__main__":
    unittest.main()
