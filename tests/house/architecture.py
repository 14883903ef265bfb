# SPDX-License-Identifier: BSD-3-Clause
"""Checks the rooms of the house: who may include whom, what stands where, what a subject has.

    architecture.py [--graph]      --graph prints who includes whom instead
"""

import collections
import re
import sys
from pathlib import Path

import tree

# Subject: what it may use, beside core, itself, and what these may use.
SUBJECTS = {
    "core": (),
    "random": (),
    "numerics": (),
    "model": ("numerics",),
    "kinetic": ("model",),
    "defect": ("kinetic",),
    "linear": ("kinetic",),
    "field": ("model", "random"),
}
# What a user asks for by the name of a job. Each has all that ROOMS lists.
SYSTEMS = ("kinetic", "defect", "linear", "field")
ROOMS = {
    "a job": "host/jobs/{}/*.cpp",
    "its keys": "host/jobs/{}/*keys.cpp",
    "a page": "docs/{}.md",
    "a figure": "python/kapitza/plots/{}.py",
    "a configuration": "configs/{}/*.toml",
    "tests of its physics": "tests/{}/physics_*.cpp",
    "a benchmark": "bench/{}/*.cpp",
}

UNIT_TESTS = "tests/{}/unit_*.cpp"  # of every subject
TEST_KINDS = ("unit_", "blocks_", "conformance_", "physics_", "host_")

# Folder of kernels/SUBJECT and of kernels/device: the folders of both that its files may include.
DEVICES = {
    "block": {"block"},
    "staged": {"block", "staged"},
    "cpu": {"cpu"},
    "cuda": {"block", "staged", "cuda"},
}

# Top folder: the project's top folders that its files may include.
TOP_LEVELS = {
    "include": {"kapitza"},
    "src": {"kapitza", "src"},
    "kernels": {"kapitza", "kernels"},
    "host": {"kapitza", "host"},
}
TOP_LEVEL_NAMES = {"kapitza", "src", "kernels", "host", "tests", "bench"}

# Files of host: what they may include of host. The others may include all.
HOST_ROLES = (
    (re.compile(r"host/config/"), re.compile(r"host/config/")),
    (re.compile(r"host/usage/"), re.compile(r"host/(config/|usage/|[^/]+$)")),
    (re.compile(r"host/output/"), re.compile(r"host/(output/|[^/]+$)")),
    (re.compile(r"host/jobs/.*keys\.\w+$"), re.compile(r"host/(config/|jobs/.*keys\.hpp$)")),
    (re.compile(r"host/jobs/.*read\.\w+$"), re.compile(r"host/(config/|jobs/.*(keys|read)\.hpp$)")),
)

# A key's name alone, where it is not the key that is defined: the key itself cannot be misspelt.
KEY_NAME = r'(?<!\.name = )"(?:%s)\.\w+"'
SECTION = re.compile(r'^    \{"(\w+)", ', re.MULTILINE)

# A kernel launch, a foreign library or a thread: where one may stand, and where else.
DEVICE = re.compile(
    r"<<<|\bcu(?:fft|rand|solver|blas|sparse|da)[A-Z]\w*|\b(?:cuda_runtime|cufft|curand\w*|cusolver\w*|cub/\w+)\.(?:h|hpp|cuh)\b"
)
FFTW = re.compile(r"\bfftwf?_\w+|<fftw3\.h>")
EIGEN = re.compile(r"<Eigen/")
LAPACK = re.compile(r"\b[dz](?:ge|po|or|un|tr|sy|he|st|la)\w+_\(|\bopenblas_\w+")
JSON = re.compile(r"<nlohmann/json\.hpp>")
OPENMP = re.compile(r"#\s*pragma\s+omp\b|\bomp_\w+\(|<omp\.h>")
THREAD = re.compile(r"\bstd::(?:j?thread|async|condition_variable)\b")
MUTEX = re.compile(r"\bstd::mutex\b")  # of what several threads share, though they are not ours
ALLOWED = (
    (DEVICE, r"kernels/\w+/cuda/|tests/|bench/"),
    (FFTW, r"kernels/\w+/cpu/|tests/|bench/"),
    (OPENMP, r"kernels/(\w+/cpu|machine)/|tests/|bench/"),
    (EIGEN, r"kernels/kinetic/cpu/|tests/"),
    (JSON, r"host/json\.cpp|tests/|bench/"),
    (LAPACK, r"src/numerics/dense\.cpp|tests/"),
    (THREAD, r"src/numerics/rendezvous\.cpp|tests/|bench/"),
    (
        MUTEX,
        r"src/numerics/rendezvous\.cpp|include/kapitza/numerics/remembered\.hpp|src/kinetic/pair_table\.cpp|"
        r"kernels/device/cuda/|tests/|bench/",
    ),
)

# Functions whose values are tables of a plan, made once on the host: backends would have other bits.
FORMULA = re.compile(
    r"\b(?:std::|__)?(?:a?sin|a?cos|a?tan|atan2|a?sinh|a?cosh|a?tanh|sincos|sinpi|cospi|sincospi|exp|exp2|exp10"
    r"|expm1|log|log2|log10|log1p|polar|pow|cbrt)[fl]?\s*\(|\b__(?:sin|cos|tan|sincos|exp|exp10|log|log2|log10)f\s*\("
)
MACROS = ("include/kapitza/core/hd.hpp",)  # in no namespace
NO_FORMULAS = "kernels/"
TABLES = "kernels/device/block/fft_tables.hpp"  # of roots of unity, made once on the host

JOB = re.compile(r'\bconst Job \w+\{\s*\.name = "(\w+)"')
JOB_OF_CONFIG = re.compile(r'^job\s*=\s*"(\w+)"', re.MULTILINE)
CMAKE_SUBJECT = re.compile(r"^kapitza_subject\((\w+)(?: USES ([\w ]*?))?(?: LIBRARIES [^)]*)?\)", re.MULTILINE)
NAMESPACE = re.compile(r"^(?:inline )?namespace (\w[\w:]*) \{", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]((?:kapitza|src|kernels|host|tests|bench)/[^">]+)[">]', re.MULTILINE)
QUOTED = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
FOREIGN = re.compile(r"^\s*#\s*include\s+<([^>]*[./][^>]*)>", re.MULTILINE)  # none of the standard library's
ONE_MACHINE = re.compile(r"(?<![\w.}>)])/(?:home|root|work|Users|mnt|scratch|private)/\w")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|(?:TIME|BEFORE|NOW)_[A-Z]+)\b")


def includes(path):
    content = tree.text(path)
    for match in INCLUDE.finditer(content):
        yield match[1], tree.line_of(content, match.start())


def may_use(subject):
    """The subjects whose headers a subject may include."""
    found = {"core", subject}
    for other in SUBJECTS[subject]:
        found |= may_use(other)
    return found


def subject_of(path):
    """The subject that a file belongs to: that of its folder, `device` and `machine` included."""
    parts = path.split("/")
    if parts[0] == "include":
        parts = parts[1:]
    if parts[:2] == ["host", "jobs"]:
        return parts[2] if len(parts) > 3 else None
    return parts[1] if parts[0] in ("kapitza", "src", "kernels") and len(parts) > 2 else None


def arrows():
    """(file, line, subject, included name, its subject) of all that subjects include of others."""
    for path in tree.files(tree.CPP):
        subject = subject_of(path.as_posix()) if path.parts[0] in TOP_LEVELS else None
        for name, line in includes(path) if subject else ():
            other = subject_of(name)
            if path.parts[0] == "host" and other == "machine":
                continue  # a job is given the machine that the program has chosen
            if other not in (None, subject):
                yield path, line, subject, name, other


def allowed_arrow(subject, other, path):
    if subject == "machine":
        return True  # the only one that knows all
    if subject == "device":
        return other in ("core", "numerics")
    if path.parts[0] == "kernels" and other == "device":
        return True
    return other in may_use(subject)


def check_subjects():
    folders = {path.parts[2] for path in tree.files({".hpp"}) if path.parts[:2] == ("include", "kapitza")}
    for folder in sorted(folders - {*SUBJECTS, "machine"}):
        yield f"include/kapitza/{folder}: it has no place in tests/house/architecture.py"
    for path, line, subject, name, other in arrows():
        if subject not in {*SUBJECTS, "machine", "device"}:
            yield f"{path}: the folder '{subject}' has no place in tests/house/architecture.py"
        elif not allowed_arrow(subject, other, path):
            yield f"{path}:{line}: '{subject}' must not include {name}"


def check_cycles():
    left = collections.defaultdict(set)
    for _, _, subject, _, other in arrows():
        left[subject].add(other)
    while True:
        pointed_at = set().union(*left.values())
        free = [one for one, others in left.items() if not others & left.keys() or one not in pointed_at]
        if not free:
            break
        for subject in free:
            del left[subject]
    if left:
        yield f"in a circle: {', '.join(sorted(left))}"


def check_links():
    """What CMake links a subject with is what it may include."""
    linked = {name: set((uses or "").split()) for name, uses in CMAKE_SUBJECT.findall(tree.text("CMakeLists.txt"))}
    if set(linked) != set(SUBJECTS):
        yield f"CMakeLists.txt: kapitza_subject() of {', '.join(sorted(set(linked) ^ set(SUBJECTS)))}"
        return
    for name, uses in linked.items():
        reached = {"core", name}.union(*(may_use(other) for other in uses))
        if reached != may_use(name):
            yield f"CMakeLists.txt: '{name}' is linked with {', '.join(sorted(reached ^ may_use(name)))}"


def check_rooms():
    for subject in SUBJECTS:
        if not any(tree.ROOT.glob(UNIT_TESTS.format(subject))):
            yield f"{subject}: tests of its parts are missing, {UNIT_TESTS.format(subject)}"
    for subject in SYSTEMS:
        for what, pattern in ROOMS.items():
            if not any(tree.ROOT.glob(pattern.format(subject))):
                yield f"{subject}: {what} is missing, {pattern.format(subject)}"


def check_jobs():
    """Every job has a configuration that shows it, and a figure in the module of its subject."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(tree.ROOT / "python"))
    from kapitza.plots import FIGURES  # the standard library is enough for that

    shown = {JOB_OF_CONFIG.search(path.read_text())[1] for path in tree.ROOT.glob("configs/**/*.toml")}
    jobs = {}
    for path in tree.files({".cpp"}):
        if path.parts[:2] == ("host", "jobs"):
            jobs |= dict.fromkeys(JOB.findall(tree.text(path)), path)
    for job, path in jobs.items():
        if FIGURES.get(job, ("",))[0] != path.parts[2]:
            yield f"{path}: the job {job} has no figure in python/kapitza/plots/{path.parts[2]}.py"
        if job not in shown:
            yield f"{path}: no configuration in configs/ shows the job {job}"
    for job in FIGURES.keys() - jobs.keys():
        yield f"python/kapitza/plots/__init__.py: there is no job {job}"


def check_devices():
    for path in tree.files(tree.CPP):
        parts = path.parts
        if parts[0] != "kernels" or parts[1] == "machine":
            continue
        for name, line in includes(path):
            other = name.split("/")
            if other[0] == "kernels" and (len(other) < 4 or other[2] not in DEVICES.get(parts[2], ())):
                yield f"{path}:{line}: {parts[2]}/ must not include {name}"


def check_places():
    """A file that lies elsewhere is compiled by nobody, or escapes the other rules."""
    for path in tree.files(tree.CPP):
        parts, place = path.parts, path.as_posix()
        if parts[0] == "kernels" and not re.match(r"kernels/(machine|\w+/(%s))/[^/]+$" % "|".join(DEVICES), place):
            yield f"{path}: belongs in kernels/SUBJECT/{{{','.join(DEVICES)}}}"
        if parts[0] == "src" and not (len(parts) == 3 and parts[1] in SUBJECTS):
            yield f"{path}: belongs in src/SUBJECT"
        if parts[0] == "tests" and path.suffix == ".cpp" and parts[1] not in ("support", "house"):
            named = re.search(rf"\b{parts[1]}/{path.name}\b", tree.text("tests/CMakeLists.txt"))
            if not (len(parts) == 3 and path.name.startswith(TEST_KINDS)) and not named:
                yield f"{path}: its name begins with none of {', '.join(TEST_KINDS)}"


def check_includes():
    """Ours are named from the root; the library's sources read nothing but the standard library."""
    for path in tree.files(tree.CPP):
        content = tree.text(path)
        for match in QUOTED.finditer(content):
            if match[1].split("/")[0] not in TOP_LEVEL_NAMES:
                yield f"{path}:{tree.line_of(content, match.start())}: {match[1]} is not named from the root"
        if path.parts[0] in ("include", "src"):
            for match in FOREIGN.finditer(content):
                yield f"{path}:{tree.line_of(content, match.start())}: <{match[1]}> is not the standard library's"


def check_headers():
    """A header is guarded, and its own .cpp includes it first."""
    for path in tree.files({".hpp", ".cuh"}):
        if "\n#pragma once\n" not in tree.text(path):
            yield f"{path}:1: no #pragma once"
    for path in tree.files({".cpp"}):
        header = path.with_suffix(".hpp")
        if path.parts[0] == "src":
            header = Path("include/kapitza", *header.parts[1:])
        first = next((name for name, _ in includes(path)), None)
        if (tree.ROOT / header).exists() and first != header.as_posix().removeprefix("include/"):
            yield f"{path}: its first include must be {header}"


def check_namespaces():
    """A subject that is a system has a namespace of its own; what all of them use is in kapitza itself."""
    for path in tree.files(tree.CPP):
        if path.parts[0] not in ("include", "src"):
            continue
        subject = subject_of(path.as_posix())
        if subject == "machine":
            continue  # declares what others define
        expected = f"kapitza::{subject}" if subject in SYSTEMS else "kapitza"
        content = tree.text(path)
        names = list(NAMESPACE.finditer(content))
        if not names and path.as_posix() not in MACROS:
            yield f"{path}: is in no namespace"
        for match in names:
            if match[1] != expected:
                yield f"{path}:{tree.line_of(content, match.start())}: {match[1]} must be {expected}"


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
        for pattern, places in ALLOWED:
            if re.match(places, path.as_posix()):
                continue
            for match in pattern.finditer(code):
                line = tree.line_of(code, match.start())
                yield f"{path}:{line}: '{match[0]}' belongs in {places.split('|tests')[0]}"


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
    check_subjects, check_cycles, check_links, check_rooms, check_jobs, check_devices, check_places,
    check_includes, check_headers, check_namespaces,
    check_top_levels, check_host, check_key_names, check_oracles, check_vocabulary, check_formulas,
    check_words, check_licences,
)


def print_graph():
    """Which subject includes which, and how often."""
    count = collections.Counter((subject, other) for _, _, subject, _, other in arrows())
    for subject in sorted({subject for subject, _ in count}):
        others = (f"{other} {n}" for (one, other), n in sorted(count.items()) if one == subject)
        print(f"{subject:9}-> {', '.join(others)}")
    tree.report(list(check_cycles()), "cycles")


if __name__ == "__main__":
    if sys.argv[1:] == ["--graph"]:
        print_graph()
    tree.report([problem for check in CHECKS for problem in check()], "architecture")
