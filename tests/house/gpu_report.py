# SPDX-License-Identifier: BSD-3-Clause
"""Runs `./dev gpu` where the GPU and its programs are shell scripts, and reads the report."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import performance
import tree

# All that a machine has to have beside its GPU. What is not here, `./dev gpu` does not call.
TOOLS = (
    "bash basename cat date dirname grep head ldd mkdir nproc paste rm sed tail tee timeout tr uname"
).split()
TESTS = ("blocks", "conformance", "physics")
BENCHES = "ceilings chain ensemble first linear newton sweep together".split()
LEFT_OUT = [p.stem for p in sorted((tree.ROOT / "bench").glob("*/*.cpp")) if p.stem not in {*BENCHES, "ceilings_stub"}]

# Several processes share the tests of a program; here all of them are the first one's.
FIRST = "[[ ${GTEST_SHARD_INDEX:-0} == 0 ]] || { echo '[  PASSED  ] 0 tests.'; exit; }; "
PASSES = FIRST + "echo '[  PASSED  ] 3 tests.'"
SKIPS = FIRST + "echo '[  PASSED  ] 3 tests.'; echo '[  SKIPPED ] 2 tests.'"
MEASURES = """echo "the table of $*" >&2; echo '{"rows": [1, 2]}'"""
BREAKS = """echo "broken off" >&2; printf '{"rows": ['; exit 3"""
NVIDIA = 'case $1 in *name*) echo NVIDIA Fake 1;; *) echo 1.2;; esac'
# ... --tool NAME --error-exitcode 1 PROGRAM ARGUMENTS
SANITIZES = 'shift 4; exec "$@"'


class Machine:
    """A copy of ./dev with programs in dist/gpu, and nothing on PATH but TOOLS and a GPU's."""

    def __init__(self, folder):
        self.root = Path(folder, "kapitza")
        self.bin = Path(folder, "bin")
        self.root.mkdir()
        shutil.copy(tree.ROOT / "dev", self.root)
        for name in tree.files({".cpp"}):
            if name.parts[0] == "bench":
                self.write(self.root / name, "")
        for tool in TOOLS:
            self.bin.mkdir(exist_ok=True)
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.script(self.bin / "nvidia-smi", NVIDIA)
        self.script(self.bin / "compute-sanitizer", SANITIZES)
        for name in TESTS:
            self.program(f"test_{name}", PASSES)
        for name in BENCHES:
            self.program(f"bench_{name}", MEASURES)

    def write(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def script(self, path, text):
        self.write(path, f"#!{shutil.which('bash')}\n{text}\n")
        path.chmod(0o755)

    def program(self, name, text):
        self.script(self.root / "dist/gpu" / name, text)

    def gpu(self, *arguments, **environment):
        """Exit code, output and report of ./dev gpu."""
        result = subprocess.run(
            [self.root / "dev", "gpu", *arguments],
            env={"PATH": str(self.bin), "HOME": str(self.root), **environment},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
        )
        report = self.root / "bench/results/Fake-1.json"
        return result.returncode, result.stdout, json.loads(report.read_text()) if report.exists() else {}

    def markdown(self):
        return (self.root / "bench/results/Fake-1.md").read_text()


class GpuReport(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.machine = Machine(folder.name)

    def test_holds_all_that_passed_and_says_what_is_left_out_on_purpose(self):
        code, output, report = self.machine.gpu()
        self.assertEqual(code, 0, output)
        self.assertEqual(report["gpu"], "NVIDIA Fake 1")
        self.assertEqual(report["verdicts"]["test/physics"]["verdict"], "passed, 3 tests")
        for name in BENCHES:
            self.assertEqual(report[name], {"rows": [1, 2]}, name)
        self.assertEqual(
            report["not_measured"],
            [
                "bench/linear: all but its section times",
                *(f"bench/{name}: left out" for name in LEFT_OUT),
            ],
        )
        self.assertIn("the table of --json times\n```\n", self.machine.markdown())
        self.assertIn("| bench/linear:times | passed |", self.machine.markdown())

    def test_names_the_benchmark_that_failed_and_keeps_the_others(self):
        self.machine.program("bench_newton", BREAKS)
        code, _, report = self.machine.gpu()
        self.assertEqual(code, 1)
        self.assertNotIn("newton", report)
        self.assertIn("sweep", report)
        self.assertIn("bench/newton: failed with exit status 3", report["not_measured"])
        self.assertIn("- bench/newton: failed with exit status 3", self.machine.markdown())
        self.assertIn("broken off", self.machine.markdown())

    def test_can_be_quoted_whatever_it_holds(self):
        rows = '[{"path": "fused", "site_steps_per_second": {"double": 2.5e10}}, {"new": [1]}]'
        self.machine.program("bench_sweep", f"""echo '{{"cost": {rows}}}'""")
        _, _, report = self.machine.gpu("bench", "sweep", "chain")
        text = performance.quoted({"Fake-1": report})
        self.assertIn("| path | site steps per second double |\n| --- | --- |\n| fused | 2.5e+10 |", text)
        self.assertIn("test/blocks: was not run", text)

    def test_counts_as_failed_what_skips_or_does_nothing(self):
        self.machine.program("test_conformance", SKIPS)
        self.machine.program("test_blocks", "echo '[  PASSED  ] 0 tests.'")
        self.machine.program("bench_ceilings", "echo 'no GPU: nothing measured' >&2; echo '{}'")
        self.machine.gpu("bench", "ceilings")
        code, _, report = self.machine.gpu("tests")
        self.assertEqual(code, 1)
        self.assertIn("test/conformance: skipped 2 tests", report["not_measured"])
        self.assertIn("test/blocks: ran no test", report["not_measured"])
        self.assertIn("bench/ceilings: found no GPU", report["not_measured"])

    def test_stops_where_a_library_is_missing_and_names_it(self):
        self.machine.script(self.machine.root / "ldd", "echo '  libcufft.so.12 => not found'")
        (self.machine.bin / "ldd").unlink()
        (self.machine.bin / "ldd").symlink_to(self.machine.root / "ldd")
        code, output, report = self.machine.gpu()
        self.assertEqual((code, report), (1, {}))
        self.assertIn("libcufft.so.12", output)

    def test_builds_its_programs_where_it_can(self):
        (self.machine.root / "dist/gpu").rename(self.machine.root / "build")
        self.machine.script(self.machine.bin / "cmake", 'echo >"$4/build.ninja"')
        self.assertEqual(self.machine.gpu("tests")[0], 1, "there is no ninja")
        self.machine.script(self.machine.bin / "ninja", 'echo "built $*"')
        code, output, _ = self.machine.gpu("tests")
        self.assertEqual(code, 0, output)
        self.assertRegex(output, "built .*test_physics.*bench_ceilings")

    def test_takes_programs_from_where_it_is_told_to(self):
        elsewhere = self.machine.root / "elsewhere"
        (self.machine.root / "dist/gpu").rename(elsewhere)
        (elsewhere / "commit").write_text("abc")
        code, output, report = self.machine.gpu("tests", "physics", KAPITZA_GPU_PROGRAMS=str(elsewhere))
        self.assertEqual(code, 0, output)
        self.assertEqual(report["verdicts"]["test/physics"]["commit"], "abc")

    def test_fails_when_one_of_the_processes_does(self):
        self.machine.program("test_physics", "[[ $GTEST_SHARD_INDEX == 0 ]] && exit 7; " + PASSES)
        code, _, report = self.machine.gpu("tests", "physics")
        self.assertEqual(code, 1)
        self.assertIn("test/physics: failed with exit status 7", report["not_measured"])

    def test_is_assembled_from_parts(self):
        self.machine.program("bench_newton", BREAKS)
        self.machine.gpu("bench", "newton", "ceilings")
        _, _, report = self.machine.gpu("tests", "physics")
        self.assertIn("ceilings", report)
        self.assertIn("test/conformance: was not run", report["not_measured"])
        self.machine.program("bench_newton", MEASURES)
        code, _, report = self.machine.gpu("bench", "newton")
        self.assertEqual(code, 0)
        self.assertEqual(report["newton"], {"rows": [1, 2]})
        self.assertEqual(report["verdicts"]["test/physics"]["verdict"], "passed, 3 tests")

    def test_says_what_is_missing_or_never_ends(self):
        (self.machine.bin / "compute-sanitizer").unlink()
        (self.machine.root / "dist/gpu/test_physics").unlink()
        self.machine.program("bench_chain", "sleep 60; echo never")
        (self.machine.bin / "sleep").symlink_to(shutil.which("sleep"))
        code, _, report = self.machine.gpu(KAPITZA_GPU_LIMIT="1")
        self.assertEqual(code, 1)
        for line in (
            "sanitize/memcheck: compute-sanitizer is not installed",
            "test/physics: the program is missing",
            "bench/chain: was stopped after 1 s",
        ):
            self.assertIn(line, report["not_measured"])

    def test_refuses_what_it_does_not_know_and_machines_without_a_gpu(self):
        self.assertEqual(self.machine.gpu("bench", "nothing")[0], 2)
        self.machine.script(self.machine.bin / "nvidia-smi", "exit 9")
        code, output, _ = self.machine.gpu()
        self.assertEqual(code, 2)
        self.assertIn("no NVIDIA GPU", output)


if __name__ == "__main__":
    unittest.main()
