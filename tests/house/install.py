# SPDX-License-Identifier: BSD-3-Clause
"""Installs a build into an empty folder and uses what lies there as a stranger would: install.py BUILD_FOLDER"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import tree

BUILD = Path(sys.argv.pop()) if len(sys.argv) > 1 else tree.ROOT / "build"


def run(*command, **more):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, **more)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {result.returncode}:\n{result.stdout}")
    return result.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def found(self, pattern):
        files = list(self.prefix.rglob(pattern))
        self.assertEqual(len(files), 1, f"{pattern}: {files}")
        return files[0]

    def test_the_program_runs(self):
        self.assertIn("kapitza", run(self.prefix / "bin/kapitza", "--version"))

    def test_the_library_is_found_compiled_against_and_run(self):
        here = self.folder / "consumer"
        # No folder of the sources is named: what is not installed is not found.
        flags = f"-DCMAKE_PREFIX_PATH={self.prefix}"
        run("cmake", "-S", tree.ROOT / "tests/house/consumer", "-B", here, "-G", "Ninja", flags)
        run("cmake", "--build", here)
        self.assertIn("of the gain", run(here / "consumer"))

    def test_nothing_installed_names_the_folder_of_the_sources(self):
        for file in self.prefix.rglob("*.cmake"):
            self.assertNotIn(str(tree.ROOT), file.read_text(), file.name)

    def test_an_older_version_is_refused(self):
        asks = self.folder / "asks"
        asks.mkdir()
        (asks / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(asks LANGUAGES CXX)\nfind_package(Kapitza 99 REQUIRED)\n"
        )
        flags = f"-DCMAKE_PREFIX_PATH={self.prefix}"
        with self.assertRaisesRegex(AssertionError, r"compatible\s+with\s+requested\s+version"):
            run("cmake", "-S", asks, "-B", asks / "build", "-G", "Ninja", flags)

    def test_the_manual_and_the_completions_are_those_of_the_program(self):
        program = self.prefix / "bin/kapitza"
        for file, words in (
            ("kapitza.1", ["manual"]),
            ("bash-completion/completions/kapitza", ["completion", "bash"]),
            ("_kapitza", ["completion", "zsh"]),
            ("kapitza.fish", ["completion", "fish"]),
        ):
            self.assertEqual(self.found(file).read_text(), run(program, *words), file)


if __name__ == "__main__":
    os.environ.pop("CMAKE_PREFIX_PATH", None)
    unittest.main()
