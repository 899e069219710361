#!/usr/bin/env python3
"""Branch coverage of the library: builds tests with clang's source-based coverage, runs them, prints a table.

    python3 tests/coverage.py                  all tests that TESTS names: an hour on one core
    python3 tests/coverage.py fuzz. unit.map   only tests whose name begins like this
    python3 tests/coverage.py --missing ...    and each way of a branch that was not taken
    python3 tests/coverage.py --built ...      with the programs as they are
    python3 tests/coverage.py --add ...        with what earlier runs took, as long as the library is the same
    python3 tests/coverage.py --ran            the same table again

1. A branch has two ways. A way counts as taken if it was taken in any instantiation of its template, by any test.
2. Counters lie in the profile's own pages, so that a process that is killed, aborts or leaves by _exit counts too; they
   are atomic, so that no count is lost between threads.
3. Left out are branches that the compiler decides (of constants), lines of the kinds that KINDS names, and the lines of tests/coverage_exclusions.txt, each with its
   reason. A line there that is gone, or whose branches were all taken after all, is an error.
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
EXCLUSIONS = ROOT / "tests" / "coverage_exclusions.txt"
ROOMS = ("portolan/base/", "portolan/map/", "portolan/reclaim/", "portolan/prove/history", "portolan/prove/linearize")
# Not fuzz.failures, which takes minutes: fuzz.maps fails calls too.
TESTS = ("unit.base.", "unit.map.", "unit.reclaim.", "unit.history.", "promises.", "fuzz.maps", "fuzz.own_words",
         "fuzz.parsers.", "schedules.", "hostile.", "linear.", "stress.", "upstream.")
# A line with this text is left out, because:
KINDS = {
    "static_assert": "the compiler decides",
    "if constexpr": "the compiler decides",
    "switch (": "its missing default: all values are named, and both compilers see to that",
    "= default;": "a comparison that the compiler wrote",
}
# How much of their usual work the tests do: branches are taken early or never.
SCALE = "0.1"


def tool(name):
    return next(path for path in (f"/usr/bin/{name}-14", f"/usr/bin/{name}") if os.path.exists(path))


def run(command, **how):
    return subprocess.run(command, cwd=ROOT, check=True, **how)


def tests_named(prefixes):
    """[(name, command, environment)] of the tests that ctest knows."""
    listing = json.loads(run(["ctest", "--test-dir", str(BUILD), "--show-only=json-v1"], capture_output=True).stdout)
    found = []
    for test in listing["tests"]:
        if not test["name"].startswith(tuple(prefixes)) or "command" not in test:
            continue
        settings = next((p["value"] for p in test["properties"] if p["name"] == "ENVIRONMENT"), [])
        found.append((test["name"], test["command"], dict(each.split("=", 1) for each in settings)))
    return found


def program_of(test):
    return pathlib.Path(test[1][0])


def run_tests(tests, profiles):
    for name, command, settings in tests:
        environment = {**os.environ, **settings, "PORTOLAN_SCALE": SCALE,
                       "LLVM_PROFILE_FILE": str(profiles / f"%c{name}-%p.profraw")}
        environment.pop("GTEST_OUTPUT", None)
        try:
            status = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                    env=environment, timeout=600).returncode
        except subprocess.TimeoutExpired:
            status = "a timeout"
        if status != 0:
            print(f"{name} ended with {status}; what it took counts all the same", file=sys.stderr)


def merged(profiles):
    """One profile of all; a process that was killed while it wrote its file may leave one that cannot be read."""
    whole, parts = profiles / "all.profdata", sorted(profiles.glob("*.profraw"))
    run([tool("llvm-profdata"), "merge", "-sparse", "-failure-mode=all", "-o", str(whole), *map(str, parts)],
        stderr=subprocess.DEVNULL)
    return whole


def folders():
    return sorted({str(ROOT / room.rsplit("/", 1)[0]) for room in ROOMS})


def branches_in(program, profile):
    """{(file, line, column): [taken, not taken]} of one program."""
    export = run([tool("llvm-cov"), "export", "-skip-functions", "-skip-expansions", "-instr-profile", str(profile),
                  str(program), *folders()], capture_output=True).stdout
    counts = collections.defaultdict(lambda: [0, 0])
    for file in json.loads(export)["data"][0]["files"]:
        for line, column, _, _, *ways, _, _, _ in file["branches"]:
            for way, count in enumerate(ways):
                # Between fork's two returns one way is counted once and taken twice: a difference below zero is none.
                counts[file["filename"], line, column][way] += count if count < 1 << 63 else 0
    return counts


def decided_in(program, profile):
    """Places whose branch is of a constant in some instantiation: {(file, line, column)}."""
    shown = run([tool("llvm-cov"), "show", "-show-branches=count", "-show-instantiations=false", "-instr-profile",
                 str(profile), str(program), *folders()], capture_output=True).stdout.decode(errors="replace")
    found, file = set(), ""
    for line in shown.splitlines():
        if line.startswith("/") and line.endswith(":"):
            file = line[:-1]
        elif "[Folded - Ignored]" in line:
            place = re.search(r"Branch \((\d+):(\d+)\)", line)
            found.add((file, int(place[1]), int(place[2])))
    return found


def branches_of(programs, profile):
    all_counts, decided = collections.defaultdict(lambda: [0, 0]), set()
    for program in programs:
        decided |= decided_in(program, profile)
        for place, ways in branches_in(program, profile).items():
            all_counts[place][0] += ways[0]
            all_counts[place][1] += ways[1]
    # A constant in one instantiation may be a question in another: what was asked anywhere counts.
    return {place: ways for place, ways in all_counts.items() if place not in decided or any(ways)}


def exclusions():
    """{(file, line's text): reason}; a reason stands above the lines that it is for."""
    found, reason = {}, ""
    for line in EXCLUSIONS.read_text().splitlines():
        if line.startswith("## "):
            reason = line[3:]
        elif " | " in line and not line.startswith("#"):
            name, text = line.split(" | ", 1)
            found[name, text.strip()] = reason
    return found


class Table:
    def __init__(self, counts):
        self.rows = collections.defaultdict(lambda: [0, 0])
        self.missing, self.left_out, self.of_kind = [], collections.Counter(), collections.Counter()
        self.excluded, self.needed, self.lines = exclusions(), set(), {}
        for (path, line, column), ways in sorted(counts.items()):
            self.take(path, line, column, ways)

    def take(self, path, line, column, ways):
        name = os.path.relpath(path, ROOT)
        if not name.startswith(ROOMS):
            return
        text = self.lines.setdefault(name, pathlib.Path(path).read_text().splitlines())[line - 1].strip()
        kind = next((mark for mark in KINDS if mark in text), None)
        reason = self.excluded.get((name, text))
        if kind is not None:
            self.of_kind[kind] += 1
        elif reason is not None:
            self.left_out[reason] += 1
            if 0 in ways:
                self.needed.add((name, text))
        else:
            self.rows[name][0] += sum(count > 0 for count in ways)
            self.rows[name][1] += 2
            for way, count in zip(("true", "false"), ways):
                if count == 0:
                    self.missing.append(f"{name}:{line}:{column}: never {way}: {text}")

    def stale(self):
        """Excluded lines that are gone or need no excuse; only of files that these tests hold at all."""
        return [f"{name} | {text}" for name, text in sorted(set(self.excluded) - self.needed) if name in self.lines]

    def print(self, show_missing):
        for name, (taken, ways) in sorted(self.rows.items(), key=lambda row: row[1][0] / row[1][1]):
            print(f"{name:55}{taken:6} of {ways:5}  {100 * taken / ways:6.1f} %")
        for room in (*ROOMS, "portolan/"):
            taken, ways = (sum(row[i] for name, row in self.rows.items() if name.startswith(room)) for i in (0, 1))
            print(f"{room + '*':55}{taken:6} of {ways:5}  {100 * taken / max(ways, 1):6.1f} %")
        for mark, count in self.of_kind.items():
            print(f"left out: {count:4} branches on lines with {mark}: {KINDS[mark]}")
        for reason, count in self.left_out.items():
            print(f"left out: {count:4} branches: {reason}")
        if show_missing:
            print("\n".join(self.missing))


def main():
    parser = argparse.ArgumentParser(description="Branch coverage of the library.")
    parser.add_argument("prefixes", nargs="*", default=TESTS, help="tests whose names begin like this")
    parser.add_argument("--missing", action="store_true", help="list the ways that were not taken")
    parser.add_argument("--built", action="store_true", help="run the programs that are there, build nothing")
    parser.add_argument("--add", action="store_true", help="keep what earlier runs took")
    parser.add_argument("--ran", action="store_true", help="print again what the last run took")
    parser.add_argument("--jobs", default="1", help="how many files are compiled beside each other")
    options = parser.parse_args()
    if not options.built and not options.ran:
        run(["cmake", "--preset", "coverage"], stdout=subprocess.DEVNULL)
    tests = tests_named(options.prefixes)
    if not options.built and not options.ran:
        targets = sorted({program_of(test).name for test in tests})
        run(["cmake", "--build", "--preset", "coverage", "-j", options.jobs, "--target", *targets],
            stdout=subprocess.DEVNULL)
    tests = [test for test in tests if program_of(test).exists()]
    profiles = BUILD / "profiles"
    profiles.mkdir(exist_ok=True)
    if not options.ran:
        for old in profiles.iterdir() if not options.add else ():
            old.unlink()
        run_tests(tests, profiles)
    table = Table(branches_of(sorted({program_of(test) for test in tests}), merged(profiles)))
    table.print(options.missing)
    for line in table.stale():
        print(f"tests/coverage_exclusions.txt: needs no excuse or is gone: {line}", file=sys.stderr)
    return 1 if table.stale() else 0


if __name__ == "__main__":
    sys.exit(main())
