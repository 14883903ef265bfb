# SPDX-License-Identifier: BSD-3-Clause
"""Checks the layers: who may include whom, and where threads, launches and FFT calls may stand."""

import re

import tree

# Folder of include/kapitza: the folders that its headers may include.
LAYERS = {
    "core": {"core"},
    "numerics": {"core", "numerics"},
    "random": {"core", "random"},
    "model": {"core", "numerics", "model"},
    "kinetic": {"core", "numerics", "model", "kinetic"},
    "defect": {"core", "numerics", "model", "kinetic", "defect"},
    "linear": {"core", "numerics", "model", "kinetic", "linear"},
    "field": {"core", "numerics", "random", "model", "field"},
    "machine": {"machine"},
}

# Top folder: the project's top folders that its files may include.
TOP_LEVELS = {
    "include": {"kapitza"},
    "src": {"kapitza", "src"},
    "kernels": {"kapitza", "kernels"},
    "host": {"kapitza", "host"},
}
TOP_LEVEL_NAMES = {"kapitza", "src", "kernels", "host", "tests", "bench"}

# Role of a file of host: what its files may include of host. The others may include all.
HOST_ROLES = (
    (re.compile(r"host/config/"), re.compile(r"host/config/")),
    (re.compile(r"host/output/"), re.compile(r"host/(output/|[^/]+$)")),
    (re.compile(r"host/jobs/.*keys\.\w+$"), re.compile(r"host/(config/|jobs/.*keys\.hpp$)")),
    (re.compile(r"host/jobs/.*read\.\w+$"), re.compile(r"host/(config/|jobs/.*(keys|read)\.hpp$)")),
)

# A key's name alone, where it is not the key that is defined: the key itself cannot be misspelt.
KEY_NAME = r'(?<!\.name = )"(?:%s)\.\w+"'
SECTION = re.compile(r'^    \{"(\w+)", ', re.MULTILINE)

# A kernel launch, a foreign library or a thread: where one may stand, and where else.
DEVICE = re.compile(
    r"<<<|\bcu(?:fft|rand|solver|da)[A-Z]\w*|\b(?:cuda_runtime|cufft|curand\w*|cusolver\w*|cub/\w+)\.(?:h|hpp|cuh)\b"
)
FFTW = re.compile(r"\bfftwf?_\w+|<fftw3\.h>")
EIGEN = re.compile(r"<Eigen/")
OPENMP = re.compile(r"#\s*pragma\s+omp\b|\bomp_\w+\(|<omp\.h>")
THREAD = re.compile(r"\bstd::(?:j?thread|async|condition_variable)\b")
MUTEX = re.compile(r"\bstd::mutex\b")  # of what several threads share, though they are not ours
ALLOWED = (
    (DEVICE, ("kernels/device/cuda/", "kernels/kinetic/cuda/", "kernels/field/cuda/", "kernels/machine/", "tests/", "bench/")),
    (FFTW, ("kernels/device/cpu/", "kernels/kinetic/cpu/", "kernels/field/cpu/", "tests/", "bench/")),
    (EIGEN, ("src/linear/", "kernels/kinetic/cpu/", "tests/")),
    (THREAD, ("src/numerics/rendezvous.cpp", "tests/", "bench/")),
    (MUTEX, ("src/numerics/rendezvous.cpp", "src/kinetic/pair_table.cpp", "kernels/device/cuda/", "tests/", "bench/")),
    (OPENMP, ("kernels/kinetic/cpu/", "kernels/field/cpu/", "kernels/machine/", "tests/", "bench/")),
)

# Functions whose values are tables of a plan, made once on the host: backends would have other bits.
FORMULA = re.compile(
    r"\b(?:std::|__)?(?:a?sin|a?cos|a?tan|atan2|a?sinh|a?cosh|a?tanh|sincos|sinpi|cospi|sincospi|exp|exp2|exp10"
    r"|expm1|log|log2|log10|log1p|polar|pow|cbrt)[fl]?\s*\(|\b__(?:sin|cos|tan|sincos|exp|exp10|log|log2|log10)f\s*\("
)
NO_FORMULAS = ("kernels/",)
TABLES = "kernels/device/block/fft_tables.hpp"  # made once on the host

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
ONE_MACHINE = re.compile(r"(?<![\w.}>)])/(?:home|root|work|Users|mnt|scratch|private)/\w")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def includes(path):
    content = tree.text(path)
    for match in INCLUDE.finditer(content):
        yield match[1], tree.line_of(content, match.start())


def check_layers():
    for path in tree.files({".hpp"}):
        if path.parts[:2] != ("include", "kapitza") or len(path.parts) < 4:
            continue
        folder = path.parts[2]
        if folder not in LAYERS:
            yield f"{path}: the folder '{folder}' has no place in tests/house/architecture.py"
            continue
        for name, line in includes(path):
            parts = name.split("/")
            if parts[0] == "kapitza" and parts[1] not in LAYERS[folder]:
                yield f"{path}:{line}: '{folder}' must not include {name}"


def check_top_levels():
    for path in tree.files(tree.CPP):
        allowed = TOP_LEVELS.get(path.parts[0])
        for name, line in includes(path) if allowed else ():
            top = name.split("/")[0]
            if top in TOP_LEVEL_NAMES and top not in allowed:
                yield f"{path}:{line}: {path.parts[0]}/ must not include {name}"


def check_host():
    for path in tree.files({".hpp", ".cpp"}):
        for role, allowed in HOST_ROLES:
            if not role.match(path.as_posix()):
                continue
            for name, line in includes(path):
                if name.startswith("host/") and not allowed.match(name):
                    yield f"{path}:{line}: must not include {name}"


def check_key_names():
    sections = SECTION.findall(tree.text("host/jobs/table.cpp"))
    name = re.compile(KEY_NAME % "|".join(sections))
    for path in tree.files({".hpp", ".cpp"}):
        if path.parts[0] not in TOP_LEVELS:
            continue
        code = tree.code_of(tree.text(path))
        for match in name.finditer(code):
            yield f"{path}:{tree.line_of(code, match.start())}: {match[0]} is a key of host/jobs"


def check_oracles():
    """What the tests compare with must not contain what they test."""
    for path in tree.files(tree.CPP):
        if path.parts[:2] == ("tests", "support") and path.stem.startswith("oracle"):
            for name, line in includes(path):
                if name.startswith(("kapitza/", "kernels/", "host/")):
                    yield f"{path}:{line}: an oracle must not include {name}"


def check_vocabulary():
    for path in tree.files(tree.CPP):
        code = tree.code_of(tree.text(path))
        for pattern, folders in ALLOWED:
            if path.as_posix().startswith(folders):
                continue
            for match in pattern.finditer(code):
                line = tree.line_of(code, match.start())
                yield f"{path}:{line}: '{match[0]}' belongs in {folders[0]}"


def check_formulas():
    """Backends compute no sine, cosine, exponential or logarithm of their own."""
    for path in tree.files(tree.CPP):
        if not path.as_posix().startswith(NO_FORMULAS) or path.as_posix() == TABLES:
            continue
        code = tree.code_of(tree.text(path))
        for match in FORMULA.finditer(code):
            yield f"{path}:{tree.line_of(code, match.start())}: '{match[0]}' belongs in a plan's table"


def check_words():
    for path in tree.files():
        if path.parts[:2] == ("tests", "house"):
            continue
        content = tree.text(path)
        for match in ONE_MACHINE.finditer(content):
            yield f"{path}:{tree.line_of(content, match.start())}: a path of one machine"
        for match in UNFINISHED.finditer(content):
            yield f"{path}:{tree.line_of(content, match.start())}: '{match[0]}' in a tracked file"


def check_licences():
    for path in tree.files(tree.CPP | {".py", ".cmake"}):
        if "SPDX-License-Identifier: BSD-3-Clause" not in tree.text(path)[:300]:
            yield f"{path}:1: no SPDX line"


CHECKS = (
    check_layers, check_top_levels, check_host, check_key_names, check_oracles, check_vocabulary, check_formulas, check_words,
    check_licences
)

if __name__ == "__main__":
    tree.report([problem for check in CHECKS for problem in check()], "architecture")
