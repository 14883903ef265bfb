# SPDX-License-Identifier: BSD-3-Clause
"""Runs `./dev gpu` where the GPU and its programs are shell scripts, and reads the report."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import performance
import tree

sys.path.insert(0, str(tree.ROOT / "tools"))
from gpu import process  # noqa: E402  # lies beside the tool, not beside this test

# All that a machine has to have beside its GPU. What is not here, `./dev gpu` does not call.
TOOLS = "bash cat dirname ldd mkdir".split()
TESTS = ("blocks", "conformance", "physics")
BENCHES = "campaign ceilings chain ensemble first linear newton sweep together".split()
BENCH_SOURCES = [
    path for path in tree.files({".cpp"}) if path.parts[0] == "bench" and "int main(" in tree.text(path)
]
LEFT_OUT = sorted({path.stem for path in BENCH_SOURCES} - set(BENCHES) | {"far_down"})

# Several processes share the tests of a program; here all of them are the first one's.
FIRST = "[[ ${GTEST_SHARD_INDEX:-0} == 0 ]] || { echo '[  PASSED  ] 0 tests.'; exit; }; "
PASSES = FIRST + "echo '[  PASSED  ] 3 tests.'"
SKIPS = FIRST + "echo '[  PASSED  ] 3 tests.'; echo '[  SKIPPED ] 2 tests.'"
MEASURES = """echo "the table of $*" >&2; echo '{"rows": [1, 2]}'"""
BREAKS = """echo "broken off" >&2; printf '{"rows": ['; exit 3"""
NVIDIA = 'case $1 in *name*) echo NVIDIA Fake 1;; *) echo 1.2;; esac'
LEAVES = 'sleep 60 & echo $! >"$HOME/noted"'
# ... --tool NAME --error-exitcode 1 PROGRAM ARGUMENTS
SANITIZES = 'shift 4; exec "$@"'


class Machine:
    """A copy of ./dev with programs in dist/gpu, and nothing on PATH but TOOLS and a GPU's."""

    def __init__(self, folder):
        self.root = Path(folder, "kapitza")
        self.bin = Path(folder, "bin")
        self.root.mkdir()
        shutil.copy(tree.ROOT / "dev", self.root)
        shutil.copytree(tree.ROOT / "tools", self.root / "tools")
        for name in BENCH_SOURCES:
            self.write(self.root / name, tree.text(name))
        self.write(self.root / "bench/some/folder/far_down.cpp", "int main() {}")
        self.write(self.root / "bench/some/helper.cpp", "int helps() { return 1; }")
        self.bin.mkdir()
        for tool in TOOLS:
            self.tool(tool)
        (self.bin / "python3").symlink_to(sys.executable)
        self.script(self.bin / "nvidia-smi", NVIDIA)
        self.script(self.bin / "compute-sanitizer", SANITIZES)
        for name in TESTS:
            self.program(f"test_{name}", PASSES)
        for name in BENCHES:
            self.program(f"bench_{name}", MEASURES)

    def tool(self, name):
        (self.bin / name).symlink_to(shutil.which(name))

    def write(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def script(self, path, text):
        self.write(path, f"#!{shutil.which('bash')}\n{text}\n")
        path.chmod(0o755)

    def program(self, name, text):
        self.script(self.root / "dist/gpu" / name, text)

    def environment(self):
        return {"PATH": str(self.bin), "HOME": str(self.root)}

    def gpu(self, *arguments, **environment):
        """Exit code, output and report of ./dev gpu."""
        result = subprocess.run(
            [self.root / "dev", "gpu", *arguments],
            env={**self.environment(), **environment},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
        )
        return result.returncode, result.stdout, self.report()

    def report(self):
        path = self.root / "bench/results/Fake-1.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def markdown(self):
        return (self.root / "bench/results/Fake-1.md").read_text()

    def noted(self):
        """The process that a program has noted as being started by it."""
        return int((self.root / "noted").read_text())


def is_running(process):
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


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
        gpu = '{"device": "cuda", "path": "fused", "M": 1024, "seconds": 0.0005, "new": [1]}'
        cpu = '{"device": "cpu", "path": "FFTW", "M": 1024, "seconds": 0.25}'
        self.machine.program("bench_sweep", f"""echo '{{"measured": [{gpu}, {cpu}, 7]}}'""")
        self.machine.program("bench_newton", """echo '{"repeated": "another form"}'""")
        self.machine.program("bench_campaign", """echo '{"L400": [{"another": "form"}]}'""")
        _, _, report = self.machine.gpu("bench", "sweep", "chain", "newton", "campaign")
        text, short = (quote({"Fake-1": report}) for quote in (performance.quoted, performance.in_short))
        self.assertIn("(65, 1024) | 0.5 ms | 0.25 s | 500 |\n", text)
        self.assertIn("test/blocks: was not run", text)
        self.assertIn("| what | [NVIDIA Fake 1](bench/results/Fake-1.md) |", short)
        self.assertIn("(65, 1024) | 0.5 ms (500) |\n", short)
        self.assertNotIn("Jacobians", short)
        self.assertNotIn("driven", short)

    def test_measures_the_cpu_on_all_cores_whatever_the_shell_says(self):
        self.machine.program("bench_chain", """echo "{\\"threads\\": $OMP_NUM_THREADS}\"""")
        _, _, report = self.machine.gpu("bench", "chain", OMP_NUM_THREADS="1000")
        self.assertEqual(report["chain"], {"threads": len(os.sched_getaffinity(0))})

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
        for tool in ("nproc", "sed"):
            self.machine.tool(tool)
        self.machine.script(self.machine.bin / "cmake", "echo configured")
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
        self.machine.tool("sleep")
        code, _, report = self.machine.gpu(KAPITZA_GPU_LIMIT="1")
        self.assertEqual(code, 1)
        for line in (
            "sanitize/memcheck: compute-sanitizer is not installed",
            "test/physics: the program is missing",
            "bench/chain: was stopped after 1 s",
        ):
            self.assertIn(line, report["not_measured"])

    def test_stops_what_a_program_leaves_running(self):
        self.machine.tool("sleep")
        self.machine.program("bench_chain", f"{LEAVES}; {MEASURES}")
        self.machine.program("bench_newton", f"{LEAVES}; sleep 60")
        code, output, report = self.machine.gpu("bench", "chain")
        self.assertEqual((code, report["chain"]), (0, {"rows": [1, 2]}), output)
        self.assertTrue(until(lambda: not is_running(self.machine.noted())))
        self.machine.gpu("bench", "newton", KAPITZA_GPU_LIMIT="0.5")
        self.assertTrue(until(lambda: not is_running(self.machine.noted())))
        self.assertIn("bench/newton: was stopped after 0.5 s", self.machine.report()["not_measured"])

    def test_stops_what_does_not_want_to_end(self):
        grace, process.GRACE = process.GRACE, 0.2
        self.addCleanup(setattr, process, "GRACE", grace)
        stubborn = process.Command(["bash", "-c", "trap '' TERM; echo here; while :; do sleep 0.1; done"])
        lines = []
        problem = process.run([stubborn, stubborn], 0.5, lines.append)
        self.assertEqual((problem, lines), ("was stopped after 0.5 s", ["here", "here"]))

    def test_stops_its_programs_when_it_is_stopped(self):
        self.machine.tool("sleep")
        self.machine.program("bench_chain", f"{LEAVES}; wait")
        noted = self.machine.root / "noted"
        dev = subprocess.Popen(
            [self.machine.root / "dev", "gpu", "bench", "ceilings", "chain"],
            env=self.machine.environment(), stdout=subprocess.DEVNULL,
        )
        self.assertTrue(until(lambda: noted.exists() and noted.read_text().strip()))
        dev.send_signal(signal.SIGTERM)
        self.assertEqual(dev.wait(20), 128 + signal.SIGTERM)
        self.assertTrue(until(lambda: not is_running(self.machine.noted())))
        self.assertIn("bench/chain: was interrupted", self.machine.report()["not_measured"])
        self.assertEqual(self.machine.report()["ceilings"], {"rows": [1, 2]})

    def test_reads_whatever_is_printed(self):
        self.machine.program("bench_first", rf"printf 'caf\351 \377 and no end' >&2; {MEASURES}")
        self.machine.program("bench_chain", r"""printf '{"name": "caf\351"}'""")
        self.machine.program("bench_newton", "echo '[1, 2]'")
        self.machine.program("bench_sweep", """echo '{"rows": }'""")
        self.machine.program("bench_ensemble", """echo '{"rate": NaN}'""")
        self.machine.program("bench_together", "true")
        code, output, report = self.machine.gpu("bench", PYTHONIOENCODING="ascii")
        self.assertEqual(code, 1, output)
        self.assertEqual(report["first"], {"rows": [1, 2]})
        self.assertIn("caf\N{REPLACEMENT CHARACTER} ", self.machine.markdown())
        for name in ("chain", "newton", "sweep", "ensemble", "together"):
            self.assertIn(f"bench/{name}: printed no JSON object", report["not_measured"])
            self.assertNotIn(name, report)

    def test_says_how_a_program_broke_down(self):
        self.machine.program("bench_chain", "kill -SEGV $$")
        (self.machine.root / "dist/gpu/bench_newton").chmod(0o644)
        (self.machine.root / "dist/gpu/bench_sweep").write_text("no program")
        _, _, report = self.machine.gpu("bench")
        for line in (
            "bench/chain: was ended by signal 11 (Segmentation fault)",
            "bench/newton: cannot be started: Permission denied",
            "bench/sweep: cannot be started: Exec format error",
        ):
            self.assertIn(line, report["not_measured"])

    def test_tells_no_paths_of_where_it_was_compiled(self):
        self.machine.program("test_blocks", "echo 'at /home/someone/kapitza/tests/blocks/a.cpp:3'; exit 1")
        self.machine.gpu("tests", "blocks")
        self.assertIn("at tests/blocks/a.cpp:3\n", self.machine.markdown())

    def test_refuses_what_it_does_not_know_and_machines_without_a_gpu(self):
        for arguments in (["bench", "nothing"], ["nothing"], ["tests", "physics:times"]):
            self.assertEqual(self.machine.gpu(*arguments)[0], 2, arguments)
        self.assertEqual(self.machine.gpu(KAPITZA_GPU_LIMIT="soon")[0], 2)
        self.assertEqual(self.machine.gpu(KAPITZA_GPU_PROGRAMS="nowhere")[0], 2)
        self.machine.script(self.machine.bin / "nvidia-smi", "exit 9")
        code, output, _ = self.machine.gpu()
        self.assertEqual(code, 2)
        self.assertIn("no NVIDIA GPU", output)


if __name__ == "__main__":
    unittest.main()
