# SPDX-License-Identifier: BSD-3-Clause
"""python3 -m kapitza_plots FILE.h5... [-o FIGURE]: the former name of kapitza-plot."""

import sys
import warnings

from kapitza.plots.__main__ import main

if __name__ == "__main__":
    warnings.warn("python3 -m kapitza_plots is called kapitza-plot now", DeprecationWarning)
    sys.exit(main())
