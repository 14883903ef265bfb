# SPDX-License-Identifier: BSD-3-Clause
"""Results of kapitza as xarray datasets, and their figures.

    import kapitza_plots as kp

    data = kp.open("quickstart.h5")          # an xarray.Dataset; the parameters are in data.attrs
    figure = kp.draw(data)                   # a matplotlib figure
    kp.save("quickstart.h5")                 # writes quickstart.png
    kp.save(["N11.h5", "N21.h5", "N41.h5"])  # one figure of several results
    kp.save(["microscopic.h5", "stationary.h5"])  # a field, and what kinetic theory says about it
"""

from pathlib import Path

__all__ = ["PlotError", "compare", "draw", "open", "save"]

_PACKAGES = "python3-xarray python3-h5netcdf python3-h5py python3-matplotlib"


class PlotError(Exception):
    """Something is wrong with the file or the installation; the message says what."""


def _load(path):
    """The root group; what the groups left and right hold is named n_left for n of left."""
    import h5netcdf
    import xarray

    data = xarray.load_dataset(path, engine="h5netcdf")
    with h5netcdf.File(path, "r") as file:
        sides = [side for side in ("left", "right") if side in file.groups]
    for side in sides:
        group = xarray.load_dataset(path, engine="h5netcdf", group=side)
        names = {name: f"{name}_{side}" for name in group.data_vars}
        data = data.merge(group.drop_vars(list(group.coords)).rename(names))
    return data


def open(path):
    """The whole result in memory, so that the file may be overwritten while it is looked at."""
    try:
        import h5netcdf  # noqa: F401  xarray's own message for a missing engine is obscure
        import xarray  # noqa: F401
    except ImportError as error:
        raise PlotError(f"{error}: plots need the packages {_PACKAGES}") from error
    if not Path(path).is_file():
        raise PlotError(f"{path}: there is no such file")
    try:
        data = _load(path)
    except Exception as error:  # the HDF5 layers raise whatever they like
        raise PlotError(f"{path}: is no HDF5 result, or a damaged one ({error})") from error
    if "job" not in data.attrs:
        raise PlotError(f"{path}: is no result of kapitza: it has no attribute 'job'")
    return data


def _figure(function, job, results):
    """Each job's module has draw(), some compare(). Late import: matplotlib takes a second."""
    try:
        from . import collision, linear, microscopic, relax, stationary
    except ImportError as error:
        raise PlotError(f"{error}: plots need the packages {_PACKAGES}") from error
    modules = {
        "collision": collision, "linear": linear, "microscopic": microscopic, "relax": relax,
        "stationary": stationary,
    }
    able = {name: module for name, module in modules.items() if hasattr(module, function)}
    if job not in able:
        what = {"draw": "figure", "compare": "figure of several results"}[function]
        raise PlotError(f"there is no {what} for the job '{job}', only for: {', '.join(able)}")
    try:
        return getattr(able[job], function)(results)
    except KeyError as error:
        raise PlotError(f"the result has no dataset or attribute {error}") from error


def draw(data):
    """The figure of a result."""
    return _figure("draw", data.attrs["job"], data)


def compare(results):
    """The figure of several results of one job, or of a field and its kinetic predictions."""
    jobs = sorted({data.attrs["job"] for data in results})
    if "microscopic" in jobs:
        return _figure("compare", "microscopic", results)
    if len(jobs) > 1:
        raise PlotError(f"these are results of different jobs: {', '.join(jobs)}")
    return _figure("compare", jobs[0], results)


def save(path, out=None):
    """Draws the result in `path` into `out`, by default beside it; returns the figure's path.
    `path` may be a list: of more than one result a comparison is drawn."""
    paths = [Path(one) for one in (path if isinstance(path, (list, tuple)) else [path])]
    default = paths[0].with_name("-".join(one.stem for one in paths) + ".png")
    out = Path(out) if out else default
    results = [open(one) for one in paths]
    figure = draw(results[0]) if len(results) == 1 else compare(results)
    try:
        figure.savefig(out)
    except (OSError, ValueError) as error:
        raise PlotError(f"{out}: cannot be written: {error}") from error
    return out
