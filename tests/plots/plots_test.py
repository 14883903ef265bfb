# SPDX-License-Identifier: BSD-3-Clause
"""Draws small results of the program, and looks at what comes out: plots_test.py PROGRAM"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import h5netcdf  # noqa: F401
    import h5py
    import matplotlib.image
    import numpy as np
    import xarray  # noqa: F401
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

import kapitza_plots as kp
from kapitza_plots.relax import snapshots
from kapitza_plots.style import number_text

TWO_PEAKS = "2.62*(0.8*exp(-(abs(k)-1.2)^2/0.2)+0.05)"
SMALL = f'[state]\nn = "{TWO_PEAKS}"\n[grid]\nK = 32\n[numerics]\ntolerance = 0.5\n'


class Plots(unittest.TestCase):
    program = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def result(self, job, text=SMALL):
        config = self.folder / f"{job}.toml"
        config.write_text(f'job = "{job}"\n{text}')
        out = self.folder / f"{job}.h5"
        subprocess.run([self.program, "run", config, "--out", out, "--quiet"], check=True)
        return out

    def assert_figure(self, path):
        picture = matplotlib.image.imread(path)[..., :3]
        self.assertGreaterEqual(picture.shape[1], 1200)
        ink = (picture < 0.9).any(axis=2).mean()
        self.assertGreater(ink, 0.01)
        self.assertLess(ink, 0.5)

    def test_collision(self):
        self.assert_figure(kp.save(self.result("collision")))

    def test_relax(self):
        self.assert_figure(kp.save(self.result("relax", SMALL + "[relax]\ndeviation = 0.1\n")))

    def test_relax_without_a_step(self):
        text = SMALL.replace(f'"{TWO_PEAKS}"', "{thermal = {beta = 1.0, mu = -1.0}}")
        self.assert_figure(kp.save(self.result("relax", text)))

    def test_result_is_a_dataset(self):
        data = kp.open(self.result("collision"))
        self.assertEqual(dict(data.sizes), {"k": 32})
        # I is projected and gain and loss are not: equal within the error of the evaluation.
        error = float(data.attrs["error_estimate"] * data["gain"].max())
        np.testing.assert_allclose(data["I"], data["gain"] + data["n"] * data["loss"], atol=error)

    def test_any_format(self):
        out = self.folder / "figure.pdf"
        self.assertEqual(kp.save(self.result("collision"), out), out)
        self.assertEqual(out.read_bytes()[:4], b"%PDF")

    def test_what_is_wrong_is_said(self):
        with self.assertRaisesRegex(kp.PlotError, "no such file"):
            kp.save(self.folder / "missing.h5")
        text = self.folder / "text.h5"
        text.write_text("no result")
        with self.assertRaisesRegex(kp.PlotError, "no HDF5 result"):
            kp.save(text)
        foreign = self.folder / "foreign.h5"
        with h5py.File(foreign, "w") as file:
            file.attrs["job"] = "cooking"
        with self.assertRaisesRegex(kp.PlotError, "cooking"):
            kp.save(foreign)
        with self.assertRaisesRegex(kp.PlotError, "cannot be written"):
            kp.save(self.result("collision"), self.folder / "missing" / "figure.png")

    def test_snapshots(self):
        n = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [10.0]])
        np.testing.assert_array_equal(snapshots(n, 3), [0, 3, 5])
        np.testing.assert_array_equal(snapshots(n[:1], 3), [0])

    def test_numbers(self):
        self.assertEqual(number_text(0.38394), "0.384")
        self.assertEqual(number_text(-2.1e-5), r"-2.1\times 10^{-5}")
        self.assertEqual(number_text(1e-4, 1), "10^{-4}")
        self.assertEqual(number_text(0), "0")


if __name__ == "__main__":
    Plots.program = sys.argv.pop(1)
    unittest.main()
