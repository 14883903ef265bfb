# SPDX-License-Identifier: BSD-3-Clause
"""Two builds of the program, or one with two numbers of threads: do all configurations give the same bits?

    same_results.py BEFORE AFTER [CONFIG ...] [--short] [--threads N M] [--within X] [--list]

BEFORE and AFTER are programs (build/kapitza), or folders with the result files of one, named as their
configurations are. Every configuration, of configs/ unless some are named, is run by both. Datasets, and
attributes that are results, are compared by their SHA-256, with type and shape. With --within, numbers may
differ by X of the largest one beside them, or of 1 where all are smaller: a residual has no digits of its
own. What only AFTER writes is listed, and is a difference where BEFORE and AFTER are the same. The exit code
is 1 where something differs or is missing, 2 where a run fails.
"""

import argparse
import hashlib
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What makes a run take a second or two: of a job, and of a configuration that needs something else.
SHORT = {
    "collision": {"grid.K": 64, "numerics.tolerance": 2e-2},
    "relax": {"grid.K": 64, "numerics.tolerance": 5e-2, "relax.t_end": 0.05},
    "stationary": {"grid.K": 32, "grid.cells": 8, "numerics.tolerance": 1e-1},
    "linear": {"grid.K": 32, "numerics.tolerance": 2e-1},
    "microscopic": {"ensemble.trajectories": 4, "ensemble.max_time": 40},
}
SHORT_CONFIGS = {
    "microscopic": {"ensemble.burn_in": 20},
    "microscopic_box": {"ensemble.burn_in": 20},
    "homogeneous_kinetic": {"relax.t_end": 20},
}

# Attributes that differ between two runs of one build.
OF_THE_RUN = {
    "argv", "compiler", "config", "device", "git_commit", "hdf5", "host", "site_steps_per_second",
    "slurm_job_id", "started", "threads", "version", "wall_seconds",
}


def job_of(config):
    for line in config.read_text().splitlines():
        if line.startswith("job"):
            return line.split('"')[1]
    raise SystemExit(f"{config}: it names no job")


def overrides(config):
    job = job_of(config)
    if job not in SHORT:
        raise SystemExit(f"{config}: SHORT in {__file__} does not say what makes job {job} short")
    given = SHORT[job] | SHORT_CONFIGS.get(config.stem, {})
    return [word for key, value in given.items() for word in ("--set", f"{key}={value}")]


def run(program, config, threads, short, target):
    words = [program, "run", config, "--out", target, "--overwrite", "--quiet"]
    words += ["--threads", str(threads)] if threads else []
    words += overrides(config) if short else []
    ended = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        print(ended.stderr, file=sys.stderr)
        print(f"{config.stem}: {program} ended with {ended.returncode}", file=sys.stderr)
        raise SystemExit(2)


def digest(name, value):
    contents = hashlib.sha256(f"{name} {value.dtype} {value.shape} ".encode())
    contents.update(repr(value.tolist()).encode() if value.dtype.hasobject else value.tobytes())
    return contents.hexdigest()


def results(path):
    """SHA-256 and value of everything in a result file that is a result."""
    found = {}

    def visit(name, thing):
        if isinstance(thing, h5py.Dataset):
            found[name] = digest(name, thing[()]), thing[()]

    with h5py.File(path) as file:
        file.visititems(visit)
        for name in file.attrs:
            if name not in OF_THE_RUN:
                attribute = h5py.h5a.open(file.id, name.encode())
                value = file.attrs[name]
                found[f"@{name}"] = hashlib.sha256(f"{attribute.dtype} {value!r}".encode()).hexdigest(), value
    return found


def distance(before, after):
    """Of numbers, as --within has it; infinite where they cannot be compared."""
    a, b = numpy.asarray(before), numpy.asarray(after)
    if a.dtype.kind != "f" or a.shape != b.shape or a.dtype != b.dtype or not (numpy.isnan(a) == numpy.isnan(b)).all():
        return float("inf")
    difference = numpy.nan_to_num(numpy.abs(a - b))
    return float(difference.max(initial=0) / max(1, numpy.nan_to_num(numpy.abs(a)).max(initial=0)))


def differences(before, after, within):
    for name, (sha, value) in before.items():
        if name not in after:
            yield f"{name} is missing"
        elif after[name][0] != sha:
            far = distance(value, after[name][1])
            if within is None or not far <= within:
                yield f"{name} differs, by {far:.1e}: {sha[:12]} before, {after[name][0][:12]} after"


def compare(config, options):
    with tempfile.TemporaryDirectory() as folder:
        sides = []
        for side, given in enumerate((options.before, options.after)):
            target = given / f"{config.stem}.h5" if given.is_dir() else pathlib.Path(folder) / f"{side}.h5"
            if not given.is_dir():
                run(given, config, options.threads[side], options.short, target)
            sides.append(results(target))
    before, after = sides
    if options.list:
        for name, (sha, _) in before.items():
            print(f"{sha}  {config.stem} {name}")
    problems = list(differences(before, after, options.within))
    new = sorted(after.keys() - before.keys())
    if options.before == options.after:
        problems += [f"{name} is missing before" for name in new]
    print(f"{config.stem}: {len(before)} results, {len(problems)} different or missing"
          + (f", new: {' '.join(new)}" if new else ""), flush=True)
    for problem in problems:
        print(f"  {problem}", flush=True)
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=pathlib.Path)
    parser.add_argument("after", type=pathlib.Path)
    parser.add_argument("configs", type=pathlib.Path, nargs="*")
    parser.add_argument("--short", action="store_true", help="runs of a second or two")
    parser.add_argument("--threads", type=int, nargs=2, default=(0, 0), metavar=("N", "M"),
                        help="of BEFORE and of AFTER")
    parser.add_argument("--within", type=float, metavar="X", help="how far numbers may differ [not at all]")
    parser.add_argument("--list", action="store_true", help="print the SHA-256 of every result")
    options = parser.parse_args()
    options.before, options.after = options.before.resolve(), options.after.resolve()
    configs = options.configs or sorted((ROOT / "configs").rglob("*.toml"))
    same = [compare(config, options) for config in configs]
    what = "bits" if options.within is None else f"results within {options.within:g}"
    print(f"{sum(same)} of {len(same)} configurations give the same {what}")
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
