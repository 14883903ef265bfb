# SPDX-License-Identifier: BSD-3-Clause
"""What this package raises."""

_PACKAGES = "python3-xarray python3-h5netcdf python3-h5py python3-matplotlib"


class Error(Exception):
    """Something is wrong with a result or the installation; the message says what."""


def missing_package(error):
    return Error(f"{error}: the package kapitza needs {_PACKAGES}")
