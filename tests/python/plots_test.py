# SPDX-License-Identifier: BSD-3-Clause
"""Draws small results of the program, and looks at what comes out: plots_test.py PROGRAM"""

import os
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

import kapitza
from kapitza.plots.defect import each_Lambda, extrapolated
from kapitza.plots.field import binned, kinetic_change, outgoing, places
from kapitza.plots.kinetic import snapshots
from kapitza.plots.linear import chosen
from kapitza.plots.style import number_text
from kapitza.plots.thermal import thermal_fit

TWO_PEAKS = "2.62*(0.8*exp(-(abs(k)-1.2)^2/0.2)+0.05)"
SMALL = f'[state]\nn = "{TWO_PEAKS}"\n[grid]\nK = 32\n[numerics]\ntolerance = 0.5\n'
DEFECT = (
    f'[injection]\nleft = "{TWO_PEAKS}"\n[grid]\nK = 32\ncells = 6\n'
    "[numerics]\ntolerance = 0.5\n"
)
THERMAL = (
    "[state]\nn = {thermal = {beta = 1.0, mu = -1.0}}\n[grid]\nK = 32\n"
    '[numerics]\nchannels = [3]\ntolerance = 0.1\n[linear]\ndn = {left = "sin(k)"}\n'
)
INJECTED = (
    f'[injection]\nleft = "{TWO_PEAKS}"\nright = "0.4"\n[defect]\nLambda = 0.05\nL = 20\n'
    "[lattice]\nabsorber = {width = 16, Gamma = 16.0}\nwindow = 16\ndt = 0.1\n"
    "[ensemble]\ntrajectories = 8\nmax_time = 200\n"
)
CHAIN = (
    f'[state]\nn = "{TWO_PEAKS}"\n[defect]\nlambda = 0.02\n'
    '[lattice]\nsites = 96\nabsorber = "none"\ndt = 0.1\n'
    "[ensemble]\ntrajectories = 64\nmax_time = 12\n"
)
# A backend of matplotlib whose figures have windows, though nobody sees them.
WINDOW = (
    "from matplotlib.backend_bases import FigureManagerBase\n"
    "from matplotlib.backends.backend_agg import FigureCanvasAgg\n"
    "class FigureManager(FigureManagerBase): pass\n"
    "class FigureCanvas(FigureCanvasAgg): manager_class = FigureManager\n"
)
BOTH_SIDES = THERMAL.replace('{left = "sin(k)"}', '{left = "sin(k)", right = "-1"}')


class Plots(unittest.TestCase):
    program = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def result(self, job, text=SMALL, *options, status=0):
        config = self.folder / f"{job}.toml"
        config.write_text(f'job = "{job}"\n{text}')
        out = self.folder / f"{job}.h5"
        command = [self.program, "run", config, "--out", out, "--quiet", *options]
        self.assertEqual(subprocess.run(command, check=False).returncode, status)
        return out

    def assert_figure(self, path):
        picture = matplotlib.image.imread(path)[..., :3]
        self.assertGreaterEqual(picture.shape[1], 1200)
        ink = (picture < 0.9).any(axis=2).mean()
        self.assertGreater(ink, 0.01)
        self.assertLess(ink, 0.5)

    def test_collision(self):
        self.assert_figure(kapitza.save(self.result("collision")))

    def test_relax(self):
        self.assert_figure(kapitza.save(self.result("relax", SMALL + "[relax]\ndeviation = 0.1\n")))

    def test_relax_draws_the_thermal_state_of_the_energies_in_the_file(self):
        text = SMALL + 'channels = [3]\n[model]\ndispersion = "cosine"\n[relax]\nt_end = 1e-3\n'
        data = kapitza.open(self.result("relax", text))
        np.testing.assert_allclose(data["E"], 2 * (1 - np.cos(data["k"])), atol=1e-14)
        np.testing.assert_allclose(data["v"], 2 * np.sin(data["k"]), atol=1e-14)
        thermal = 1 / (data.attrs["beta"] * (data["E"].values - data.attrs["mu"]))
        _, drawn = self.curve(kapitza.draw(data).axes[0], "thermal")
        np.testing.assert_array_equal(drawn, thermal)

    def test_relax_without_energies(self):
        data = kapitza.open(self.result("relax", SMALL + "[relax]\ndeviation = 0.5\n"))
        with self.assertRaisesRegex(kapitza.Error, "no dataset 'E'.*run it again"):
            kapitza.draw(data.drop_vars("E"))

    def test_relax_without_a_step(self):
        text = SMALL.replace(f'"{TWO_PEAKS}"', "{thermal = {beta = 1.0, mu = -1.0}}")
        self.assert_figure(kapitza.save(self.result("relax", text)))

    def test_stationary(self):
        self.assert_figure(kapitza.save(self.result("stationary", DEFECT)))

    def test_stationary_between_different_reservoirs(self):
        right = f'[injection]\nright = "0.3*{TWO_PEAKS}"\n'
        text = DEFECT.replace("[injection]\n", right)
        self.assert_figure(kapitza.save(self.result("stationary", text)))

    def test_stationary_at_a_list_of_Lambdas(self):
        path = self.result("stationary", DEFECT + "[defect]\nLambda = [0.1, 0.3, 1.0]\n")
        self.assert_figure(kapitza.save(path))
        results = each_Lambda(kapitza.open(path))
        self.assertEqual([data.attrs["Lambda"] for data in results], [0.1, 0.3, 1.0])
        weak, _, strong = (data.attrs["centre.deviation"] for data in results)
        self.assertGreater(weak, strong)

    def curve(self, axes, label):
        """What was drawn under a name that contains this one, without the gaps."""
        (line,) = (line for line in axes.lines if label in line.get_label())
        x, y = line.get_data()
        return x[~np.isnan(x)], y[~np.isnan(x)]

    def points(self, axes, label):
        """What was drawn with error bars under a name that contains this one."""
        (bars,) = (bars for bars in axes.containers if label in bars.get_label())
        return bars.lines[0].get_data()

    def title(self, path):
        return self.heading(kapitza.draw(kapitza.open(path)))

    def test_linear(self):
        path = self.result("linear", THERMAL)
        self.assert_figure(kapitza.save(path))
        data = kapitza.open(path)
        reflected = kapitza.draw(data).axes[0]
        for name, label in ("milne", "Milne"), ("milne_thermal", "thermal"):
            k, dn = self.curve(reflected, label)
            np.testing.assert_array_equal(k, data["k"][16:])
            np.testing.assert_array_equal(dn, data[name][:16][::-1])
        np.testing.assert_array_equal(self.curve(reflected, "injected")[1], data["dn_in"][16:])

    def test_linear_with_injection_from_both_sides(self):
        path = self.result("linear", BOTH_SIDES + "[defect]\nLambda = [1.0, 0.0]\n")
        self.assert_figure(kapitza.save(path))
        data = kapitza.open(path)
        k, dn = self.curve(kapitza.draw(data).axes[0], "Milne")
        np.testing.assert_array_equal(k, data["k"])
        np.testing.assert_array_equal(dn, data["milne"])

    def test_linear_at_a_list_of_Lambdas(self):
        Lambdas = [float(f"{factor}e{power}") for power in range(-3, 6) for factor in (1, 2, 5)]
        path = self.result("linear", THERMAL + f"[defect]\nLambda = {Lambdas}\n")
        self.assert_figure(kapitza.save(path))
        data = kapitza.open(path)
        rows = chosen(data)
        self.assertLessEqual(len(rows), 6)
        self.assertGreater(float(data["Lambda"][rows[0]]), 1e-2)
        self.assertLess(float(data["Lambda"][rows[-1]]), 1e3)
        for few in data.isel(Lambda=slice(0, 8)), data.isel(Lambda=slice(-8, None)):
            rows = chosen(few)
            self.assertLessEqual(len(rows), 6)
            self.assertEqual([rows[0], rows[-1]], [0, 7])

    def test_resistance(self):
        data = kapitza.open(self.result("linear", THERMAL + "[defect]\nLambda = [0.3, 3.0]\n"))
        axes = kapitza.draw(data).axes[3]
        for symbol, at in (r"\rho\rho", (0, 0)), ("ee", (1, 1)):
            Lambda, total = self.curve(axes, f"$R_{{{symbol}}} =")
            known = data["resistance"].values[:, at[0], at[1]]
            drawn = np.interp(data["Lambda"], Lambda, total)
            np.testing.assert_allclose(drawn, known, rtol=1e-3)

    def test_linear_without_its_datasets(self):
        data = kapitza.open(self.result("linear", THERMAL))
        for name in "milne", "spectrum", "boundary_resistance":
            with self.assertRaisesRegex(kapitza.Error, name):
                kapitza.draw(data.drop_vars(name))
        del data.attrs["resistance.bulk"]
        with self.assertRaisesRegex(kapitza.Error, "resistance.bulk"):
            kapitza.draw(data)

    def results_with_cells(self, *cells):
        paths = []
        for N in cells:
            path = self.result("stationary", DEFECT.replace("cells = 6", f"cells = {N}"))
            paths.append(path.rename(self.folder / f"N{N}.h5"))
        return paths

    def test_comparison_of_numbers_of_cells(self):
        paths = self.results_with_cells(4, 6, 8)
        picture = kapitza.save(paths)
        self.assertEqual(picture, self.folder / "N4-N6-N8.png")
        self.assert_figure(picture)
        self.assert_figure(kapitza.save(paths[:2], self.folder / "two.png"))

    def test_what_cannot_be_compared(self):
        paths = self.results_with_cells(4)
        with self.assertRaisesRegex(kapitza.Error, "number of cells"):
            kapitza.save(paths * 2)
        other = self.result("collision")
        with self.assertRaisesRegex(kapitza.Error, "different jobs: collision, stationary"):
            kapitza.save([*paths, other])
        with self.assertRaisesRegex(kapitza.Error, "no figure of several results"):
            kapitza.save([other, other])

    def test_extrapolation(self):
        def result(N):
            n = ("k", [3 - 2 / N + 5 / N**2])
            return xarray.Dataset({"density": ("X", np.zeros(N)), "n": n})

        limit = extrapolated([result(N) for N in (11, 21, 41)], "n")
        np.testing.assert_allclose(limit, [3], rtol=1e-13)

    def test_field_with_a_defect(self):
        path = self.result("microscopic", INJECTED + "[numerics]\nerror_check = true\n")
        self.assert_figure(kapitza.save(path))
        data = kapitza.open(path)
        leaving, excess, _, error = kapitza.draw(data).axes
        v = data["v"].values
        for label, sign in ("leaving", 1), ("coming in", -1):
            k, n = self.points(leaving, label)
            np.testing.assert_array_equal(k, data["k"])
            np.testing.assert_array_equal(n[sign * v < 0], data["n_left"][sign * v < 0])
            np.testing.assert_array_equal(n[sign * v > 0], data["n_right"][sign * v > 0])
        _, change = self.points(excess, "_nolegend_")
        np.testing.assert_array_equal(change, outgoing(data) - data["n_expected"])
        _, percent = self.curve(error, "half the time step")
        expected = 100 * np.abs(outgoing(data, "n_step")) / outgoing(data)
        np.testing.assert_array_equal(percent, expected)

    def test_places_of_absorbers_and_windows(self):
        data = kapitza.open(self.result("microscopic", INJECTED, "--set", "lattice.sites=100"))
        self.assertEqual(places(data), (-50, 16, [(-30, 16), (14, 16)]))

    def test_field_that_is_not_stationary(self):
        text = INJECTED.replace("max_time = 200", "max_time = 10")
        path = self.result("microscopic", text)
        self.assert_figure(kapitza.save(path))
        self.assertIn("not known to be stationary", self.title(path))

    def test_unfinished_fields(self):
        for text in INJECTED, CHAIN:
            long = text.replace("max_time = ", "max_time = 10000").replace("= 64", "= 512")
            path = self.result("microscopic", long, "--max-walltime", "0.3s", status=75)
            self.assert_figure(kapitza.save(path))
            self.assertIn("stopped at", self.title(path))
            path.unlink()

    def test_field_without_numbers(self):
        data = kapitza.open(self.result("microscopic", INJECTED))
        for name in data.data_vars:
            if name.startswith(("n_left", "n_right", "n_err", "density")):
                data[name] = data[name] * np.nan
        data.attrs["injected.ratio"] = np.nan
        kapitza.draw(data)

    def test_field_and_its_stationary_state(self):
        field = self.result("microscopic", INJECTED)
        text = INJECTED[: INJECTED.index("[defect]")] + "[grid]\nK = 32\ncells = 6\n"
        text += "[numerics]\ntolerance = 0.5\n"
        kinetic = self.result("stationary", text + "[defect]\nLambda = [0.01, 0.05, 0.2]\n")
        self.assert_figure(kapitza.save([field, kinetic]))
        data, results = kapitza.open(field), each_Lambda(kapitza.open(kinetic))
        axes = kapitza.compare([kapitza.open(kinetic), data]).axes[0]
        _, n = self.curve(axes, "kinetic theory")
        np.testing.assert_array_equal(n, outgoing(results[1]))
        data.attrs["Lambda"] = 0.1
        with self.assertRaisesRegex(kapitza.Error, "differ in Lambda"):
            kapitza.compare([data, kapitza.open(kinetic)])
        wrong = text.replace("0.4", "0.6") + "[defect]\nLambda = 0.05\n"
        other = self.result("stationary", wrong, "--overwrite")
        with self.assertRaisesRegex(kapitza.Error, "what is injected"):
            kapitza.save([field, other])

    def test_chain(self):
        path = self.result("microscopic", CHAIN + "[numerics]\nerror_check = true\n")
        self.assert_figure(kapitza.save(path))
        start = kapitza.open(path).isel(t=slice(0, 1))
        self.assertEqual(len(kapitza.draw(start).axes), 2)

    def test_chain_and_its_relaxation(self):
        chain = self.result("microscopic", CHAIN)
        text = SMALL + "[relax]\nlambda = 0.02\ndeviation = 0\n"
        kinetic = self.result("relax", text + "t_end = 20\n")
        self.assert_figure(kapitza.save([chain, kinetic, kinetic]))
        data, relaxed = kapitza.open(chain), kapitza.open(kinetic)
        t, change = kinetic_change(data, relaxed)
        self.assertEqual((t[0], t[-1]), (0, float(data["t"][-1])))
        np.testing.assert_array_equal(change[0], 0)
        _, drawn = self.curve(kapitza.compare([data, relaxed]).axes[1], "kinetic theory")
        np.testing.assert_array_equal(drawn, change[-1])

    def test_what_a_chain_cannot_be_compared_with(self):
        chain = self.result("microscopic", CHAIN)
        for coupling, end, message in (0.02, 5, "ends at t = 5"), (0.03, 20, "differ in lambda"):
            relax = f"[relax]\nlambda = {coupling}\ndeviation = 0\nt_end = {end}\n"
            other = self.result("relax", SMALL + relax, "--overwrite")
            with self.assertRaisesRegex(kapitza.Error, message):
                kapitza.save([chain, other])
        with self.assertRaisesRegex(kapitza.Error, "results of the job relax"):
            kapitza.save([chain, self.result("collision")])
        with self.assertRaisesRegex(kapitza.Error, "one result of the job microscopic"):
            kapitza.save([chain, chain])

    def test_bins(self):
        n, errors = np.array([[1.0, 3.0, 5.0, 5.0, 8.0]]), np.array([[3.0, 4.0, 1.0, 1.0, 2.0]])
        mean, error = binned(n, errors, 2)
        np.testing.assert_allclose(mean, [[3.0, 6.5]])
        np.testing.assert_allclose(error, [[np.sqrt(26) / 3, np.sqrt(5) / 2]])

    def test_thermal_fit(self):
        energy = np.linspace(-np.pi, np.pi, 64) ** 2
        for b, c in (1.0, 0.01), (0.0, 2.0), (-0.1, 1.0):
            n = 1 / (b * energy + c)
            np.testing.assert_allclose(thermal_fit(n, energy), n, rtol=1e-9)

    def test_result_is_a_dataset(self):
        data = kapitza.open(self.result("collision"))
        self.assertEqual(dict(data.sizes), {"k": 32})
        # I is projected and gain and loss are not: equal within the error of the evaluation.
        error = float(data.attrs["error_estimate"] * data["gain"].max())
        np.testing.assert_allclose(data["I"], data["gain"] + data["n"] * data["loss"], atol=error)

    def test_any_format(self):
        out = self.folder / "figure.pdf"
        self.assertEqual(kapitza.save(self.result("collision"), out), out)
        self.assertEqual(out.read_bytes()[:4], b"%PDF")

    def test_what_is_wrong_is_said(self):
        with self.assertRaisesRegex(kapitza.Error, "no such file"):
            kapitza.save(self.folder / "missing.h5")
        text = self.folder / "text.h5"
        text.write_text("no result")
        with self.assertRaisesRegex(kapitza.Error, "no HDF5 result"):
            kapitza.save(text)
        foreign = self.folder / "foreign.h5"
        with h5py.File(foreign, "w") as file:
            file.attrs["job"] = "cooking"
        with self.assertRaisesRegex(kapitza.Error, "cooking"):
            kapitza.save(foreign)
        with self.assertRaisesRegex(kapitza.Error, "cannot be written"):
            kapitza.save(self.result("collision"), self.folder / "missing" / "figure.png")

    def test_nothing_to_draw(self):
        data = kapitza.open(self.result("collision"))
        del data.attrs["job"]
        for function in kapitza.draw, kapitza.plot:
            with self.assertRaisesRegex(kapitza.Error, "no attribute 'job'"):
                function(data)
        for function in kapitza.compare, kapitza.plot, kapitza.save:
            with self.assertRaisesRegex(kapitza.Error, "nothing to draw"):
                function([])

    def test_plot_takes_paths_and_datasets(self):
        path, *others = self.results_with_cells(4, 6)
        for one in path, str(path), kapitza.open(path), [path]:
            self.assertIn("Stationary defect", self.heading(kapitza.plot(one)))
        self.assertIn("$N$ cells", self.heading(kapitza.plot([kapitza.open(path), *others])))

    def heading(self, figure):
        return figure._suptitle.get_text()

    def with_backend(self, backend, code):
        """Runs code after `import kapitza`, in a Python whose matplotlib has this backend."""
        (self.folder / "window.py").write_text(WINDOW)
        search = os.pathsep.join([str(self.folder), os.environ["PYTHONPATH"]])
        environment = {**os.environ, "MPLBACKEND": backend, "PYTHONPATH": search}
        command = [sys.executable, "-c", f"import kapitza\n{code}"]
        subprocess.run(command, check=True, env=environment, cwd=self.folder)

    def test_a_figure_on_paper_needs_no_display(self):
        self.result("collision")
        code = "kapitza.draw(kapitza.open('collision.h5')); kapitza.save('collision.h5')"
        self.with_backend("module://no_such_backend", code)
        self.assert_figure(self.folder / "collision.png")

    def test_a_figure_on_the_screen_stays_where_it_has_a_window(self):
        self.result("collision")
        code = "kapitza.plot('collision.h5')\nimport matplotlib.pyplot as plt\n"
        self.with_backend("agg", code + "assert not plt.get_fignums()")
        self.with_backend("module://window", code + "assert len(plt.get_fignums()) == 1")

    def test_a_figure_that_cannot_be_drawn_is_not_shown(self):
        self.result("collision")
        code = (
            "data = kapitza.open('collision.h5').drop_vars('gain')\n"
            "try: kapitza.plot(data)\nexcept kapitza.Error as error: assert 'gain' in str(error)\n"
            "import matplotlib.pyplot as plt\nassert not plt.get_fignums()"
        )
        self.with_backend("module://window", code)

    def test_snapshots(self):
        n = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [10.0]])
        np.testing.assert_array_equal(snapshots(n, 3), [0, 3, 5])
        np.testing.assert_array_equal(snapshots(n[:1], 3), [0])

    def test_numbers(self):
        self.assertEqual(number_text(0.38394), "0.384")
        self.assertEqual(number_text(-2.1e-5), r"-2.1\times 10^{-5}")
        self.assertEqual(number_text(1e-4, 1), "10^{-4}")
        self.assertEqual(number_text(0), "0")
        self.assertEqual(number_text(3001.0, 2), "3000")


if __name__ == "__main__":
    Plots.program = sys.argv.pop(1)
    unittest.main()
