"""Every header of the library compiles alone, without warnings, under both compilers."""

import compilers
from tree import Finding


def check(tree):
    jobs = [(compiler, path) for path in tree.matching(r"portolan/.*\.hpp") for compiler in compilers.BOTH]

    def alone(job):
        compiler, path = job
        return job, compilers.run([compiler, "-std=c++20", *compilers.WARNINGS, "-fsyntax-only", f"-I{tree.root}",
                                   "-include", path, "-x", "c++", "/dev/null"], cwd=tree.root)

    for (compiler, path), (status, _, said) in compilers.in_parallel(alone, jobs):
        if status != 0:
            yield Finding(path, 1, f"does not compile alone with {compiler}: {compilers.first_error(said)}; include "
                                   "what it uses, or mend it")
