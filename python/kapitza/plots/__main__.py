# SPDX-License-Identifier: BSD-3-Clause
"""python3 -m kapitza_plots FILE.h5... [-o FIGURE]"""

import argparse
import sys

from . import PlotError, save


def main():
    parser = argparse.ArgumentParser(prog="kapitza_plots", description="draws results of kapitza")
    parser.add_argument("file", nargs="+", help="result file, HDF5; of several: a comparison")
    parser.add_argument("-o", "--out", help="figure; its suffix chooses the format [FILE.png]")
    arguments = parser.parse_args()
    try:
        print(save(arguments.file, arguments.out))
    except PlotError as error:
        print(f"error: {error}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
