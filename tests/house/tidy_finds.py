# SPDX-License-Identifier: BSD-3-Clause
"""Runs tidy.py on a made-up tree: it finds what is wrong in a source and in a header, and says it once."""

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import tree

GOOD_HEADER = "#pragma once\nnamespace a { int twice(int n); }\n"
BAD_HEADER = "#pragma once\nnamespace a { int twice(int n); inline int bad(int unused) { return 1; } }\n"
INCLUDES = '#include "kapitza/a.hpp"\n'
SOURCES = {
    "one": INCLUDES + "namespace a { namespace { struct S { int n; }; }\nint one() { return S{1}.n; } }\n",
    "two": INCLUDES + "namespace a { namespace { struct S { long n; }; }\nlong two() { return S{2}.n; } }\n",
    "three": "namespace a { int three() { return 3; } }\n",
}
BAD = "namespace a { int bad_source(int unused) { return 1; } }\n"
UNITED = "build/Unity/unity_src_cxx.cxx"
COMPILE = "{compiler} -I{root}/include -c {source} -o {stem}.o"


class Tree:
    def __init__(self, folder):
        self.as_one = False
        self.root = Path(folder).resolve()
        self.build = self.root / "build"
        for name in ("tidy.py", "tree.py"):
            self.write(f"tests/house/{name}", tree.text(f"tests/house/{name}"))
        self.write(".clang-tidy", tree.text(".clang-tidy"))
        self.write("include/kapitza/a.hpp", GOOD_HEADER)
        for name, text in SOURCES.items():
            self.write(f"src/{name}.cpp", text)

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def compiled(self):
        sources = sorted(self.root.glob("src/*.cpp"))
        if not self.as_one:
            return sources
        self.write(UNITED, "".join(f'#include "{source}"\n\n' for source in sources))
        return [self.root / UNITED]

    def prepare(self):
        """Compiles, so that ninja knows who includes what; what does not compile is left."""
        rules, commands = ["rule c\n command = $compile -MD -MF $out.d\n deps = gcc\n depfile = $out.d"], []
        for source in self.compiled():
            command = COMPILE.format(
                compiler=shutil.which("c++"), root=self.root, source=source, stem=source.stem
            )
            rules.append(f"build {source.stem}.o: c {source}\n compile = {command}")
            commands.append({"file": str(source), "command": command, "directory": str(self.build)})
        self.write("build/build.ninja", "\n".join(rules) + "\n")
        self.write("build/compile_commands.json", json.dumps(commands))
        subprocess.run(["ninja", "-k", "0"], cwd=self.build, stdout=subprocess.DEVNULL)

    def tidy(self):
        """Exit code and output."""
        self.prepare()
        result = subprocess.run(
            [sys.executable, self.root / "tests/house/tidy.py", self.build],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        return result.returncode, result.stdout


@unittest.skipUnless(shutil.which("clang-tidy-19"), "clang-tidy-19 is not installed")
class Tidy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Tree(folder.name)

    def assert_counts(self, output, counts):
        self.assertEqual(output.splitlines()[-1], f"clang-tidy: {counts}", output)

    def test_passes_each_file_once_until_it_changes(self):
        code, output = self.tree.tidy()
        self.assertEqual(code, 0, output)
        self.assert_counts(output, "3 of 3 files checked, 0 with findings")
        self.assert_counts(self.tree.tidy()[1], "0 of 3 files checked, 0 with findings")
        self.tree.write("include/kapitza/a.hpp", GOOD_HEADER + "\n")
        self.assert_counts(self.tree.tidy()[1], "2 of 3 files checked, 0 with findings")

    def test_finds_what_is_wrong_in_a_source_that_clashes_with_another(self):
        self.tree.write("src/two.cpp", SOURCES["two"] + BAD)
        code, output = self.tree.tidy()
        self.assertEqual(code, 1, output)
        self.assertEqual(output.count("error: "), 1, output)
        self.assertIn("src/two.cpp:4:34: error: parameter 'unused' is unused", output)
        self.assert_counts(output, "3 of 3 files checked, 1 with findings")
        self.assert_counts(self.tree.tidy()[1], "1 of 3 files checked, 1 with findings")

    def test_reads_what_is_compiled_as_one(self):
        self.tree.as_one = True
        self.tree.write("src/two.cpp", BAD)
        code, output = self.tree.tidy()
        self.assertEqual(code, 1, output)
        self.assertEqual(output.count("error: "), 1, output)
        self.assertIn("src/two.cpp:1:34: error: parameter 'unused' is unused", output)
        self.assert_counts(output, "3 of 3 files checked, 1 with findings")
        self.tree.write("src/two.cpp", "")
        self.assert_counts(self.tree.tidy()[1], "1 of 3 files checked, 0 with findings")

    def test_says_once_what_is_wrong_in_a_header(self):
        self.tree.write("include/kapitza/a.hpp", BAD_HEADER)
        code, output = self.tree.tidy()
        self.assertEqual(code, 1, output)
        self.assertEqual(output.count("error: "), 1, output)
        self.assertIn("include/kapitza/a.hpp:2:", output)
        self.assert_counts(output, "3 of 3 files checked, 2 with findings")

    def test_reports_what_does_not_compile(self):
        self.tree.write("src/three.cpp", "int three() { return nothing; }\n")
        code, output = self.tree.tidy()
        self.assertEqual(code, 1, output)
        self.assertIn("src/three.cpp:1:22: error: use of undeclared identifier 'nothing'", output)
        self.assert_counts(output, "3 of 3 files checked, 1 with findings")


if __name__ == "__main__":
    unittest.main()
