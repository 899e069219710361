"""C++ is laid out as .clang-format says."""

import re

import compilers
from tree import Finding


def check(tree):
    paths = tree.cpp()
    shares = [paths[i::8] for i in range(8) if paths[i::8]]

    def look(share):
        return compilers.run(["clang-format", f"--style=file:{tree.settings / '.clang-format'}", "--dry-run", *share], cwd=tree.root)

    seen = set()
    for _, _, said in compilers.in_parallel(look, shares):
        for path, line in re.findall(r"^(\S+?):(\d+):\d+: (?:warning|error): ", said, re.M):
            if path not in seen:
                seen.add(path)
                yield Finding(path, int(line), f"is not laid out as .clang-format says; run: clang-format -i {path}")
