# SPDX-License-Identifier: BSD-3-Clause
"""kapitza-plot FILE.h5... [-o FIGURE], or python3 -m kapitza.plots FILE.h5... [-o FIGURE]"""

import argparse
import sys

from .. import Error, save


def main():
    parser = argparse.ArgumentParser(prog="kapitza-plot", description="draws results of kapitza")
    parser.add_argument("file", nargs="+", help="result file, HDF5; of several: a comparison")
    parser.add_argument("-o", "--out", help="figure; its suffix chooses the format [FILE.png]")
    arguments = parser.parse_args()
    try:
        print(save(arguments.file, arguments.out))
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
