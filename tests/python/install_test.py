# SPDX-License-Identifier: BSD-3-Clause
"""Installs the package as a user does, and draws a result with it: install_test.py PROGRAM

Without a network: what pip would fetch are the packages that this Python has.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest
import venv
from pathlib import Path

NEEDED = ("h5netcdf", "h5py", "hatchling", "matplotlib", "numpy", "pip", "xarray")
ROOT = Path(__file__).resolve().parents[2]
SHORT = ("grid.K=32", "grid.cells=4", "numerics.tolerance=0.5")


def tree():
    """The files of the package's folder, and when they were changed."""
    files = (path for path in (ROOT / "python").rglob("*") if path.suffix != ".pyc")
    return {path: path.stat().st_mtime_ns for path in files if path.is_file()}


class Install(unittest.TestCase):
    program = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def call(self, *command):
        """What it prints, in a folder where the package's sources are not."""
        return subprocess.run(
            command, check=True, cwd=self.folder, text=True, stdout=subprocess.PIPE
        ).stdout

    def test_install_open_and_draw(self):
        before = tree()
        programs = self.folder / "environment" / "bin"
        venv.create(programs.parent, system_site_packages=True, symlinks=True)
        self.call(programs / "python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
                  "--no-build-isolation", "--disable-pip-version-check", ROOT / "python")
        self.assertEqual(tree(), before)

        settings = [word for setting in SHORT for word in ("--set", setting)]
        self.call(self.program, "run", ROOT / "configs" / "quickstart.toml", "--quiet", *settings)
        code = "import kapitza; print(kapitza.__file__, kapitza.open('quickstart.h5').sizes['k'])"
        file, size = self.call(programs / "python", "-c", code).split()
        self.assertTrue(Path(file).is_relative_to(programs.parent))
        self.assertEqual(size, "32")
        self.assertEqual(self.call(programs / "kapitza-plot", "quickstart.h5"), "quickstart.png\n")
        self.assertTrue((self.folder / "quickstart.png").is_file())
        command = [programs / "kapitza-plot", "missing.h5"]
        wrong = subprocess.run(command, check=False, cwd=self.folder, text=True, capture_output=True)
        self.assertEqual((wrong.returncode, wrong.stdout), (4, ""))
        self.assertEqual(wrong.stderr, "error: missing.h5: there is no such file\n")


if __name__ == "__main__":
    if missing := [name for name in NEEDED if not importlib.util.find_spec(name)]:
        print(f"skipped: this Python has no {', '.join(missing)}")
        sys.exit(77)
    Install.program = sys.argv.pop(1)
    os.environ.pop("PYTHONPATH", None)
    unittest.main()
