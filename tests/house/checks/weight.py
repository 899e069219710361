"""What a header costs who includes it: preprocessed lines, `g++ -std=c++20 -E -P`."""

import compilers
from tree import Finding

MAP_LINES, FORWARD_LINES = 35_000, 3_000


def weights(tree):
    """(path, lines) of each public map header."""
    def lines(path):
        status, text, _ = compilers.run(["g++", "-std=c++20", "-E", "-P", f"-I{tree.root}", "-x", "c++", path],
                                        cwd=tree.root)
        return path, text.count("\n") if status == 0 else None
    return compilers.in_parallel(lines, tree.matching(r"portolan/map/[^/]*\.hpp"))


PEERS = ["tbb/concurrent_hash_map.h", "libcuckoo/cuckoohash_map.hh", "boost/unordered/concurrent_flat_map.hpp",
         "unordered_map"]


def table(tree):
    """Our headers beside those of the peers that this machine has."""
    for path, lines in weights(tree):
        yield f"{lines or 0:>9,}  {path}"
    for peer in PEERS:
        status, text, _ = compilers.run(["g++", "-std=c++20", "-E", "-P", "-include", peer, "-x", "c++", "/dev/null"])
        lines = f"{text.count(chr(10)):,}" if status == 0 else "not here"
        yield f"{lines:>9}  <{peer}>"


def check(tree):
    for path, lines in weights(tree):
        limit = FORWARD_LINES if path.endswith("/fwd.hpp") else MAP_LINES
        if lines is None:
            yield Finding(path, 1, "does not preprocess; include what exists")
        elif lines > limit:
            yield Finding(path, 1, f"costs {lines:,} preprocessed lines of {limit:,}; "
                                   f"look for the dear include: g++ -std=c++20 -H -fsyntax-only {path}")
        elif path.endswith("_map.hpp"):
            tree.hints.append(f"{path}: {lines:,} of {limit:,} preprocessed lines")
