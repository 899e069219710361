"""The cpp blocks and the rows of the documents compile under both compilers, and quotations stand in their files.

(ctest runs them: tests/documents.)
"""

import pathlib
import re
import sys
import tempfile

import compilers
from tree import Finding

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "documents"))

import extract  # noqa: E402  (after the path is set)


def check(tree):
    with tempfile.TemporaryDirectory() as folder:
        try:
            programs = extract.write(pathlib.Path(folder), tree.root)
        except extract.Unreadable as why:
            for fault in str(why).splitlines():
                path, line, said = fault.split(":", 2)
                yield Finding(path, int(line), said.strip())
            programs = sorted(pathlib.Path(folder).glob("*.cpp"))

        def compiles(job):
            compiler, program = job
            return compiler, compilers.run([compiler, "-std=c++20", "-Wall", "-Wextra", "-Wno-unused",
                                            "-Wno-unused-result", "-Werror", "-fsyntax-only", f"-I{tree.root}",
                                            str(program)], cwd=tree.root)

        jobs = [(compiler, program) for program in programs for compiler in compilers.BOTH if not tree.built]
        for compiler, (status, _, said) in compilers.in_parallel(compiles, jobs):
            where = re.search(r"^([^:\n]+\.md):(\d+)", said, re.M)
            if status != 0:
                path, line = where.groups() if where else ("docs", "1")
                yield Finding(path, int(line), f"the example does not compile with {compiler}: "
                                               f"{compilers.first_error(said)}; mend it, or make it a `text` block")
