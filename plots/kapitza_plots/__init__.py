# SPDX-License-Identifier: BSD-3-Clause
"""Results of kapitza as xarray datasets, and their figures.

    import kapitza_plots as kp

    data = kp.open("quickstart.h5")          # an xarray.Dataset; the parameters are in data.attrs
    figure = kp.draw(data)                   # a matplotlib figure
    kp.save("quickstart.h5")                 # writes quickstart.png
"""

from pathlib import Path

__all__ = ["PlotError", "draw", "open", "save"]

_PACKAGES = "python3-xarray python3-h5netcdf python3-h5py python3-matplotlib"


class PlotError(Exception):
    """Something is wrong with the file or the installation; the message says what."""


def open(path):
    """The whole result in memory, so that the file may be overwritten while it is looked at."""
    try:
        import h5netcdf  # noqa: F401  xarray's own message for a missing engine is obscure
        import xarray
    except ImportError as error:
        raise PlotError(f"{error}: plots need the packages {_PACKAGES}") from error
    if not Path(path).is_file():
        raise PlotError(f"{path}: there is no such file")
    try:
        data = xarray.load_dataset(path, engine="h5netcdf")
    except Exception as error:  # the HDF5 layers raise whatever they like
        raise PlotError(f"{path}: is no HDF5 result, or a damaged one ({error})") from error
    if "job" not in data.attrs:
        raise PlotError(f"{path}: is no result of kapitza: it has no attribute 'job'")
    return data


def _artists():
    """One drawing function for each job. Imported late: matplotlib takes a second to load."""
    try:
        from . import collision, relax
    except ImportError as error:
        raise PlotError(f"{error}: plots need the packages {_PACKAGES}") from error
    return {"collision": collision.draw, "relax": relax.draw}


def draw(data):
    """The figure of a result."""
    artists, job = _artists(), data.attrs["job"]
    if job not in artists:
        raise PlotError(f"there is no figure for the job '{job}', only for: {', '.join(artists)}")
    try:
        return artists[job](data)
    except KeyError as error:
        raise PlotError(f"the result has no dataset or attribute {error}") from error


def save(path, out=None):
    """Draws the result in `path` into `out`, by default beside it; returns the figure's path."""
    out = Path(out) if out else Path(path).with_suffix(".png")
    data = open(path)
    figure = draw(data)
    try:
        figure.savefig(out)
    except (OSError, ValueError) as error:
        raise PlotError(f"{out}: cannot be written: {error}") from error
    return out
