"""Each promise in the documentation of a public function is shown by something.

A row of tests/promises.txt says with `for` what it shows:

    == sync_map | every history of calls on a key has a sequential explanation
    run   linear.other_maps --gtest_filter=*sync_map*
    for   returns sees | find insert erase                functions of sync_map, or of a class by name: go_names::*

Rows of the `family` speak of each class in FAMILY that has the function.

1. Each tag of each public function is named by a row: one that runs something, or one that says with `open` why nothing
   shows it, which docs/evidence.md then lists as not covered.
2. A row's program is a test of this tree, and its sources call each function that the row names without a star.
3. A name in `for` names a function; a fault in tests/faults.txt names a test that is there.
"""

import dataclasses
import fnmatch
import re

from checks import tags
from tree import Finding

LIST = "tests/promises.txt"
FAULTS = "tests/faults.txt"
FAMILY = ("concurrent_map", "sync_map", "guarded_map", "sharded_map", "locked_map", "locked_reads", "snapshot_map",
          "lock_free_map", "versioned_map", "plain_map", "map_mixin", "go_names")
# What `as Map's find` and `as find` say is shown where it is said first.
BORROWED = re.compile(r"as (?:Map's |map\.|\w+_map's |the map's )?[\w<>:]+(?: of the map)?$")


@dataclasses.dataclass
class Row:
    line: int
    of: str
    program: str = ""
    open: bool = False
    tags: tuple = ()
    names: tuple = ()


def rows(tree):
    found = []
    for number, line in enumerate(tree.lines(LIST), 1):
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if word == "==":
            found.append(Row(number, rest.rsplit(" | ", 1)[0].strip()))
        elif word == "run":  # python3 SCRIPT: the script
            found[-1].program = next(w for w in rest.split() if w != "python3")
        elif word == "open":
            found[-1].open = True
        elif word == "for":
            head, _, names = rest.partition(" | ")
            found[-1].tags += tuple((tag, meant(found[-1].of, name)) for tag in head.split() for name in names.split())
    return found


def meant(of, name):
    """The patterns of Class::function that a name in `for` stands for."""
    if "::" in name:
        return (name,)
    return tuple(f"{owner}::{name}" for owner in (FAMILY if of == "family" else (of,)))


def promised(offered):
    """(path, line, title, tag) of what the documentation of public functions promises."""
    for path, functions in offered:
        for function in functions:
            title = f"{function.owner}::{function.name}"
            for tag, text in documented(function):
                if not BORROWED.match(text):
                    yield path, function.line, title, tag


def documented(function):
    found = []
    for comment in function.comment:
        line = comment[3:].strip() if comment.startswith("///") else ""
        tag = re.match(r"@(\w+)\s+(.*)", line)
        if tag and "@" + tag.group(1) in tags.TAGS:
            found.append([tag.group(1), tag.group(2)])
        elif found:
            found[-1][1] += " " + line
    return found


def source_of(tree, program):
    """The test's own file; of what is no test file, like model.scenarios' lists, its folder tells."""
    path = "tests/" + program.replace(".", "/") + "_test.cpp"
    return path if path in tree.paths else None


def text_of(tree, source):
    """The test with all that it includes from tests/, and the sources beside that which are no tests."""
    known = {path for path in tree.paths if path.startswith("tests/")}
    reached, left = set(), [source]
    while left:
        path = left.pop()
        if path in reached or path not in known:
            continue
        reached.add(path)
        folder = path.rsplit("/", 1)[0]
        for name in re.findall(r'^#include "([^"]+)"', tree.text(path), re.M):
            for place in (name, normal(f"{folder}/{name}")):
                left.append(place)
        left += [p for p in known if p.rsplit("/", 1)[0] == folder and p.endswith(".cpp")
                 and not p.endswith(("_test.cpp", "_fuzzer.cpp"))]
    return "\n".join(tree.code(path) for path in reached)


def normal(path):
    parts = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def check(tree):
    if LIST not in tree.paths:
        return
    offered = list(tags.offered(tree))
    everything = {f"{function.owner}::{function.name}" for _, functions in offered for function in functions}
    texts = {}
    shown = set()
    for row in rows(tree):
        if "/" in row.program and row.program not in tree.paths:
            yield Finding(LIST, row.line, f"runs {row.program}, which is not there; name a test")
        elif row.program and "/" not in row.program:
            source = source_of(tree, row.program)
            if source is None:
                yield Finding(LIST, row.line, f"runs {row.program}, and no tests/…_test.cpp is called so; name a test")
                continue
            if row.program not in texts:
                texts[row.program] = text_of(tree, source)
        for tag, patterns in row.tags:
            name = patterns[0].removeprefix(FAMILY[0]) if len(patterns) > 1 else patterns[0]
            if "@" + tag not in tags.TAGS:
                yield Finding(LIST, row.line, f"`for` names the tag {tag}; there are "
                                              + ", ".join(t[1:] for t in tags.TAGS))
                continue
            named = "*" not in name.rsplit("::", 1)[1]
            if named and row.program in texts and not calls(texts[row.program], name):
                yield Finding(LIST, row.line, f"{row.program} never calls {name}; take it out of `for`, or test it")
            matching = {title for pattern in patterns for title in fnmatch.filter(everything, pattern)}
            if not matching:
                yield Finding(LIST, row.line, f"`for` names {name}, and no public function is called so")
            if row.program or row.open:
                shown |= {(title, tag) for title in matching}
    missing = {}
    for path, line, title, tag in sorted(set(promised(offered))):
        if (title, tag) not in shown:
            missing.setdefault((path, line, title), []).append("@" + tag)
    for (path, line, title), left in missing.items():
        yield Finding(path, line, f"nothing shows what {title.removeprefix('::')} promises under {', '.join(left)}; name a "
                                  f"test that does in a row of {LIST} (`for {left[0][1:]} | {title}`), write one, or say "
                                  "in a row with `open` why there is none")
    yield from faults(tree)


def calls(text, name):
    function = name.rsplit("::", 1)[1]
    owner = name.rsplit("::", 1)[0]
    if function.startswith("operator") or function == owner:
        return True
    return re.search(rf"\b{re.escape(function)}\s*[(<{{]", text) is not None


def faults(tree):
    if FAULTS not in tree.paths:
        return
    for number, line in enumerate(tree.lines(FAULTS), 1):
        parts = line.split("\t")
        if line.startswith("#") or not line.strip():
            continue
        if len(parts) != 4:
            yield Finding(FAULTS, number, "wants four parts between tabulators: what, came with, found by, test")
            continue
        program, _, case = parts[3].partition(" ")
        source = source_of(tree, program)
        if source is None:
            yield Finding(FAULTS, number, f"names {program}, and no tests/…_test.cpp is called so; name a test")
        elif case and not re.search(rf"\b{re.escape(case.rsplit('.', 1)[-1])}\b", text_of(tree, source)):
            yield Finding(FAULTS, number, f"names {case}, which {source} has not; name a test that fails where the fault is")
