# SPDX-License-Identifier: BSD-3-Clause
"""Puts the GPU programs of build/static into dist/gpu, with all that they take but CUDA: carry.py"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from gpu import pieces, source

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / "build/static"
CARRIED = ROOT / "dist/gpu"

# What the C library and the CUDA toolkit bring.
THERE = re.compile(r"/lib(c|m|dl|rt|pthread|gcc_s|cuda|cufft|curand)\.so")
LIBRARY = re.compile(r" => (/\S*)")
MISSING = re.compile(r"(\S+) => not found")
MOST_MEBIBYTES = 40


def libraries(program):
    """The shared libraries that have to come along."""
    lines = subprocess.run(["ldd", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    missing = [name for name in MISSING.findall(lines) if not THERE.search(f"/{name}")]
    if missing:
        sys.exit(f"error: {program.name} lacks {', '.join(missing)}")
    return [path for path in LIBRARY.findall(lines) if not THERE.search(path)]


def main():
    shutil.rmtree(CARRIED, ignore_errors=True)
    CARRIED.mkdir(parents=True)
    programs = [BUILT / name for name in pieces.program_names()]
    for path in {str(path) for program in programs for path in [program, *libraries(program)]}:
        shutil.copy(path, CARRIED)
    files = sorted(CARRIED.iterdir())
    subprocess.run(["strip", *files], check=True)
    (CARRIED / "commit").write_text(source.commit_of(ROOT) + "\n", encoding="utf-8")
    mebibytes = sum(path.stat().st_size for path in files) / 2**20
    print(f"built in {CARRIED} ({mebibytes:.0f} MiB):", *(path.name for path in files), sep="\n")
    if mebibytes > MOST_MEBIBYTES:
        sys.exit(f"error: dist/gpu has more than {MOST_MEBIBYTES} MiB")


if __name__ == "__main__":
    main()
