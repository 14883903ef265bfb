# SPDX-License-Identifier: BSD-3-Clause
"""Results of kapitza as xarray datasets, and their figures.

    import kapitza

    data = kapitza.open("quickstart.h5")               # an xarray.Dataset; parameters: data.attrs
    kapitza.plot(data)                                 # its figure, as a notebook shows it
    kapitza.save("quickstart.h5")                      # writes quickstart.png
    kapitza.save(["N11.h5", "N21.h5", "N41.h5"])       # one figure of several results
    kapitza.plot(["microscopic.h5", "stationary.h5"])  # a field, and what kinetic theory says
"""

from .error import Error
from .plots import compare, draw, plot, save
from .results import open

__all__ = ["Error", "compare", "draw", "open", "plot", "save"]
__version__ = "0.1.0"
