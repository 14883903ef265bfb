# SPDX-License-Identifier: BSD-3-Clause
"""Result files as xarray datasets."""

from pathlib import Path

from .error import Error, missing_package


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
        raise missing_package(error) from error
    if not Path(path).is_file():
        raise Error(f"{path}: there is no such file")
    try:
        data = _load(path)
    except Exception as error:  # the HDF5 layers raise whatever they like
        raise Error(f"{path}: is no HDF5 result, or a damaged one ({error})") from error
    if "job" not in data.attrs:
        raise Error(f"{path}: is no result of kapitza: it has no attribute 'job'")
    return data
