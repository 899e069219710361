"""No header that nobody includes, no empty folder, no source that is a shell."""

import re

from tree import Finding

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def check(tree):
    included = set()
    for path in tree.cpp():
        for target in INCLUDE.findall(tree.text(path)):
            if target != path:
                included.add(target)
                included.add(path.rpartition("/")[0] + "/" + target)
    for path in tree.matching(r"(?:portolan|bench|tools|tests)/.*\.hpp"):
        public = re.fullmatch(r"portolan/[^/]+/[^/]+\.hpp", path)
        if not public and path not in included:
            yield Finding(path, 1, "nobody includes this header; delete it, or include it where it is needed")
        if not tree.code(path).replace("#pragma once", "").strip():
            yield Finding(path, 1, "the file holds no code; delete it")
    for folder in tree.empty_folders():
        yield Finding(folder, 1, "the folder is empty; remove it until something lives in it")
