# SPDX-License-Identifier: BSD-3-Clause
"""The former name of what is in the package kapitza, for one release."""

import warnings

from kapitza import Error as PlotError
from kapitza import compare, draw, open, save

__all__ = ["PlotError", "compare", "draw", "open", "save"]

warnings.warn("kapitza_plots is called kapitza now", DeprecationWarning, stacklevel=2)
