"""Runs the rules of the house: `python3 tests/house/run.py [RULE…]`.

Each rule is run on the working tree and must find nothing; and on its sample, a small tree that breaks it on purpose,
where it must find exactly what tests/house/samples/RULE/expect.txt says. `--renew` prints generated pages anew;
`--weights` prints what each header of a map costs, beside the peers'.
"""

import argparse
import importlib
import pathlib
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

from tree import Tree  # noqa: E402  (after the path is set)

RULES = ["layers", "platform", "pairs", "tags", "evidence", "words", "lengths", "dead", "documents", "examples",
         "format", "refusals", "weight", "headers", "machine_code", "tidy"]


def findings_of(rule, root, built=False):
    module = importlib.import_module(f"checks.{rule}")
    tree = Tree(root, ROOT)
    tree.built = built
    return sorted(set(module.check(tree))), tree.hints


def holds(rule, built):
    """The rule on the working tree."""
    start = time.monotonic()
    findings, hints = findings_of(rule, ROOT, built)
    for finding in findings:
        print(finding)
    for hint in hints:
        print(f"hint: {hint}")
    print(f"{'FAILED' if findings else 'ok    '} {rule}: "
          f"{len(findings) or 'no'} finding{'' if len(findings) == 1 else 's'}, {time.monotonic() - start:.1f} s")
    return not findings


def catches(rule):
    """The rule on its sample."""
    sample = HERE / "samples" / rule
    if not (sample / "expect.txt").exists():
        print(f"FAILED {rule}: has no sample; write tests/house/samples/{rule}/ and its expect.txt")
        return False
    expected = [line for line in (sample / "expect.txt").read_text(encoding="utf-8").splitlines() if line]
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / rule
        shutil.copytree(sample, copy, ignore=shutil.ignore_patterns("expect.txt", "empty_folders.txt"))
        if (sample / "empty_folders.txt").exists():  # git keeps none
            for name in (sample / "empty_folders.txt").read_text(encoding="utf-8").split():
                (copy / name).mkdir(parents=True)
        findings, hints = findings_of(rule, copy)
    unexplained = [str(f) for f in findings] + hints
    missed = []
    for part in expected:
        match = next((text for text in unexplained if part in text), None)
        if match is None:
            missed.append(part)
        else:
            unexplained.remove(match)
    for part in missed:
        print(f"tests/house/samples/{rule}: not found: {part}")
    for text in unexplained:
        print(f"tests/house/samples/{rule}: found without being a fault: {text}")
    good = not missed and not unexplained
    print(f"{'ok    ' if good else 'FAILED'} {rule} catches its sample: {len(expected)} faults")
    return good


def renew():
    print("renewed " + importlib.import_module("checks.pairs").renew(Tree(ROOT, ROOT)))
    return 0


def main():
    parser = argparse.ArgumentParser(description="Runs the rules of the house.")
    parser.add_argument("rules", nargs="*", metavar="RULE", help=", ".join(RULES))
    parser.add_argument("--weights", action="store_true", help="print what each header costs, beside the peers'")
    parser.add_argument("--built", action="store_true", help="both compilers have just built the tests and the documents")
    parser.add_argument("--renew", action="store_true", help="print generated pages anew")
    options = parser.parse_args()
    unknown = [rule for rule in options.rules if rule not in RULES]
    if unknown:
        parser.error(f"no rule {unknown[0]}; there are {', '.join(RULES)}")
    if options.renew:
        return renew()
    if options.weights:
        print("    lines  g++ -std=c++20 -E -P", *importlib.import_module("checks.weight").table(Tree(ROOT, ROOT)), sep="\n")
        return 0
    results = [done for rule in options.rules or RULES for done in (catches(rule), holds(rule, options.built))]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
