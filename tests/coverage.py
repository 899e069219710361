#!/usr/bin/env python3
"""Branch coverage of the library's headers: builds tests with clang's source-based coverage, runs them, prints a table.

    python3 tests/coverage.py                  unit, promise and fuzz tests: half an hour on two cores
    python3 tests/coverage.py fuzz.            only tests whose name begins like this
    python3 tests/coverage.py --missing ...    and each branch that was not taken both ways

A branch counts as covered if both ways were taken in any instantiations of its template. Left out are branches on which
no test can stand; EXCLUDED says which and why.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "coverage"
FOLDERS = ("portolan/base/", "portolan/map/", "portolan/reclaim/")
# A line with this text is left out, because:
EXCLUDED = {
    "static_assert": "the compiler decides",
    "if constexpr": "the compiler decides",
    "PORTOLAN_ASSERT": "false is a fault of ours",
    "bad_alloc": "more than an address space holds",
    "catch (...)": "clang 14 gives no count of its own",
}


def tool(name):
    return next(path for path in (f"/usr/bin/{name}-14", f"/usr/bin/{name}") if os.path.exists(path))


def run(command, **how):
    return subprocess.run(command, cwd=ROOT, check=True, **how)


def tests_named(prefixes):
    listing = run(["ctest", "--test-dir", str(BUILD), "-N"], capture_output=True, text=True).stdout
    names = re.findall(r"Test +#\d+: (\S+)", listing)
    return [name for name in names if name.startswith(tuple(prefixes))]


def branches_of(binaries, profile):
    """{(file, line, column): [taken, not taken]} over all instantiations."""
    objects = [word for binary in binaries[1:] for word in ("-object", str(binary))]
    export = run([tool("llvm-cov"), "export", "-instr-profile", str(profile), str(binaries[0]), *objects,
                  *[str(ROOT / folder) for folder in FOLDERS]], capture_output=True, text=True).stdout
    counts = collections.defaultdict(lambda: [0, 0])
    for function in json.loads(export)["data"][0]["functions"]:
        for line, column, _, _, taken, not_taken, where, *_ in function["branches"]:
            counts[function["filenames"][where], line, column][0] += taken
            counts[function["filenames"][where], line, column][1] += not_taken
    return counts


def is_left_out(text):
    return any(mark in text for mark in EXCLUDED)


def table(counts, show_missing):
    lines, rows, missing, left_out = {}, collections.defaultdict(lambda: [0, 0]), [], 0
    for (path, line, column), both in sorted(counts.items()):
        name = os.path.relpath(path, ROOT)
        if not name.startswith(FOLDERS) or not name.endswith(".hpp"):
            continue
        text = lines.setdefault(path, pathlib.Path(path).read_text().splitlines())[line - 1]
        if is_left_out(text):
            left_out += 1
            continue
        rows[name][1] += 2
        rows[name][0] += sum(count > 0 for count in both)
        if 0 in both:
            missing.append(f"{name}:{line}:{column}: never {'true' if both[0] == 0 else 'false'}: {text.strip()}")
    for name, (taken, ways) in sorted(rows.items(), key=lambda row: row[1][0] / row[1][1]):
        print(f"{name:50}{taken:6} of {ways:5}  {100 * taken / ways:6.1f} %")
    taken, ways = (sum(row[i] for row in rows.values()) for i in (0, 1))
    print(f"{'all headers':50}{taken:6} of {ways:5}  {100 * taken / max(ways, 1):6.1f} %")
    print(f"left out: {left_out} branches on lines with " + "; ".join(f"`{m}` ({why})" for m, why in EXCLUDED.items()))
    if show_missing:
        print("\n".join(missing))


def main():
    parser = argparse.ArgumentParser(description="Branch coverage of the library's headers.")
    parser.add_argument("prefixes", nargs="*", default=["unit.base", "unit.map", "unit.reclaim", "promises.", "fuzz."],
                        help="tests whose names begin like this")
    parser.add_argument("--missing", action="store_true", help="list the branches that were not taken both ways")
    options = parser.parse_args()
    run(["cmake", "--preset", "coverage", "-DPORTOLAN_TOOLS=OFF"], stdout=subprocess.DEVNULL)
    names = tests_named(options.prefixes)
    run(["cmake", "--build", "--preset", "coverage", "--target", *names])
    profiles = BUILD / "profiles"
    profiles.mkdir(exist_ok=True)
    for old in profiles.iterdir():
        old.unlink()
    for name in names:
        done = subprocess.run([BUILD / "bin" / "tests" / name], cwd=ROOT, stdout=subprocess.DEVNULL,
                              env={**os.environ, "LLVM_PROFILE_FILE": str(profiles / f"{name}-%p.profraw")})
        if done.returncode != 0:
            print(f"{name} failed with {done.returncode}; its branches count all the same", file=sys.stderr)
    merged = profiles / "all.profdata"
    run([tool("llvm-profdata"), "merge", "-sparse", "-o", str(merged), *map(str, profiles.glob("*.profraw"))])
    table(branches_of([BUILD / "bin" / "tests" / name for name in names], merged), options.missing)


if __name__ == "__main__":
    main()
