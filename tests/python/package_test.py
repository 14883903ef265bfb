# SPDX-License-Identifier: BSD-3-Clause
"""What the package promises where nothing but Python's standard library is installed."""

import ast
import re
import subprocess
import sys
import unittest
from pathlib import Path

import kapitza
from kapitza.plots import COMPARISONS, FIGURES

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "kapitza"


def python(*arguments):
    """Python without any installed package."""
    command = [sys.executable, "-S", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def functions(module):
    """The names of the functions of one of kapitza.plots, with those of their arguments."""
    code = ast.parse((PACKAGE / "plots" / f"{module}.py").read_text(encoding="utf-8"))
    return {
        node.name: [argument.arg for argument in node.args.args]
        for node in code.body
        if isinstance(node, ast.FunctionDef)
    }


class Package(unittest.TestCase):
    def test_import_needs_the_standard_library_alone(self):
        result = python("-c", "import kapitza, kapitza.plots; print(kapitza.__version__)")
        self.assertEqual((result.stdout, result.stderr), (f"{kapitza.__version__}\n", ""))

    def test_import_loads_nothing_that_takes_long(self):
        code = "import sys, kapitza.plots; print(*sys.modules)"
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        loaded = set(result.stdout.split())
        self.assertIn("kapitza.plots", loaded)
        self.assertFalse(loaded & {"h5netcdf", "h5py", "matplotlib", "numpy", "xarray"})

    def test_missing_packages_are_named(self):
        for command in "kapitza.plots", "kapitza_plots":
            result = python("-m", command, "result.h5")
            self.assertEqual((result.returncode, result.stdout), (4, ""))
            self.assertIn("error: No module named", result.stderr)
            self.assertIn("the package kapitza needs python3-xarray", result.stderr)

    def test_a_wrong_command_line_is_told_from_a_wrong_file(self):
        for arguments in [], ["result.h5", "--colour", "red"]:
            result = python("-m", "kapitza.plots", *arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertIn("usage: kapitza-plot [-h] [-o OUT] file", result.stderr)

    def test_tables_name_functions_that_exist(self):
        for table, argument in (FIGURES, "data"), (COMPARISONS, "results"):
            for job, (module, function) in table.items():
                with self.subTest(job=job):
                    self.assertEqual(functions(module)[function][:2], ["figure", argument])

    def test_former_name(self):
        code = (
            "import kapitza, kapitza_plots as former\n"
            "assert former.PlotError is kapitza.Error\n"
            "for name in 'open', 'draw', 'compare', 'save':\n"
            "    assert getattr(former, name) is getattr(kapitza, name), name\n"
        )
        result = python("-c", code)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("DeprecationWarning: kapitza_plots is called kapitza now", result.stderr)

    def test_former_command_says_so(self):
        result = python("-m", "kapitza_plots", "--help")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, python("-m", "kapitza.plots", "--help").stdout)
        self.assertIn("DeprecationWarning: python3 -m kapitza_plots is", result.stderr)

    def test_version_is_that_of_the_program(self):
        for file, pattern in {
            "CMakeLists.txt": r"^project\(kapitza VERSION (\S+)",
            "CITATION.cff": r"^version: (\S+)$",
        }.items():
            (version,) = re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE)
            self.assertEqual(version, kapitza.__version__, file)


if __name__ == "__main__":
    unittest.main()
