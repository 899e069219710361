"""tests/compile_fail/*.cpp must be refused by both compilers, with the sentence of the first line:

    // expect: a floating-point key is refused
"""

import re

import compilers
from tree import Finding

# The compilers repeat the faulty source line; a sentence that stands in it would seem to be theirs.
QUIET = {"g++": ["-fno-diagnostics-show-caret"], "clang++": ["-fno-caret-diagnostics"]}


def check(tree):
    cases = tree.matching(r"tests/compile_fail/.*\.cpp")
    expected = {path: re.match(r"// expect: (.+)", tree.text(path)) for path in cases}
    for path in cases:
        if expected[path] is None:
            yield Finding(path, 1, "the first line says nothing; write `// expect: ` and a part of the refusal")
    jobs = [(compiler, path) for path in cases if expected[path] for compiler in compilers.BOTH]

    def refuse(job):
        compiler, path = job
        return job, compilers.run([compiler, "-std=c++20", "-fsyntax-only", *QUIET[compiler], f"-I{tree.root}", path],
                                  cwd=tree.root)

    for (compiler, path), (status, _, said) in compilers.in_parallel(refuse, jobs):
        sentence = expected[path].group(1).strip()
        if status == 0:
            yield Finding(path, 1, f"{compiler} compiles it; the refusal `{sentence}` is gone, put it back")
        elif sentence not in plain(said):
            yield Finding(path, 1, f"{compiler} refuses it with another sentence ({compilers.first_error(said)}); "
                                   f"say `{sentence}`, or mend the case")


def plain(said):
    return re.sub(r"[‘’]", "'", said)
