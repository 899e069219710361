"""Compiles the faults of planted.txt into copies of the sources, each behind a question that is answered at run time.

    == table.mark_before_copy | a slot is marked moved before its copy is there     a name, and what is wrong then
    portolan/map/concurrent/migrate.hpp                                             in which source
    @ void move_node                                                                behind the first line with this text
    < static_cast<void>(place_copy(to, hash, seen));                                these statements, line for line;
    > nothing();                                                                    with the fault they are these

A line `? FUNCTION | DECLARATION` before all says whom the question goes to; without it, the checker.

Without `>` lines the statements are not done. Where `>` lines contain the word FAULT they replace the statements whether
or not the fault is wanted, and FAULT says whether it is. Statements are compared without their indentation, comments
between them are passed over. Several faults may stand at one place.

The sources of the library stay as they are: who reads them sees no fault, and what ships has none. In the copies every
line keeps its number. A fault whose statements are no longer there is left out and listed in `stale.txt`.
"""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass, field


@dataclass
class Fault:
    name: str
    what: str
    source: str = ""
    after: str = ""
    old: list = field(default_factory=list)
    new: list = field(default_factory=list)


def read_faults(path):
    faults = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("? "):
            ASKED.function, _, ASKED.declaration = text[2:].partition(" | ")
        elif text.startswith("== "):
            name, _, what = text[3:].partition(" | ")
            faults.append(Fault(name.strip(), what.strip()))
        elif text.startswith("@ "):
            faults[-1].after = text[2:].strip()
        elif text.startswith("< "):
            faults[-1].old.append(text[2:].strip())
        elif text.startswith("> "):
            faults[-1].new.append(text[2:].strip())
        elif text.startswith("portolan/"):
            faults[-1].source = text
        else:
            sys.exit(f"{path}:{number}: neither a name, a source, nor a statement: {text}")
    names = [each.name for each in faults]
    for name in {each for each in names if names.count(each) > 1}:
        sys.exit(f"{path}: two faults are called {name}")
    return faults


def is_code(line):
    text = line.strip()
    return text != "" and not text.startswith("//")


def place_of(fault, lines):
    """The first and last line of the fault's statements; None if they are not there."""
    begin = 0
    if fault.after:
        begin = next((at + 1 for at, line in enumerate(lines) if fault.after in line), len(lines))
    for first in range(begin, len(lines)):
        at, left = first, list(fault.old)
        while left and at < len(lines):
            if is_code(lines[at]):
                if lines[at].strip() != left[0]:
                    break
                left.pop(0)
            elif at == first:
                break
            at += 1
        if not left:
            return first, at - 1
    return None


@dataclass
class Question:
    """The function that says whether a fault is wanted, and the line that declares it."""

    function: str = "::portolan::platform::checked::planted"
    declaration: str = "#include <portolan/base/platform/checked.hpp>"


ASKED = Question()


def question(name):
    return f'({ASKED.function}("{name}"))'


def mutated(lines, first, last, places):
    """Lines first to last with the faults of `places`, which stand there: a larger place may contain smaller ones."""
    made, at = [f"#line {first + 1}"], first
    for place in sorted(places, key=lambda each: (each[0], -each[1])):
        if place[0] < at:
            if place[1] >= at:
                sys.exit(f"{places[place][0].name}: its statements overlap those of another fault")
            continue  # inside the place before
        made += lines[at : place[0]] + [f"#line {place[0] + 1}", at_place(lines, place, places)]
        at = place[1] + 1
        made.append(f"#line {at + 1}")
    return "\n".join(made + lines[at : last + 1])


def at_place(lines, place, places):
    faults = places[place]
    inside = {each: places[each] for each in places if each != place and place[0] <= each[0] and each[1] <= place[1]}
    for fault in faults:
        if any("FAULT" in line for line in fault.new):
            if len(faults) > 1 or inside:
                sys.exit(f"{fault.name}: a fault that contains FAULT stands alone at its place")
            return " ".join(fault.new).replace("FAULT", question(fault.name))  # so that accesses keep their line
    text = ""
    for fault in faults:
        instead = "\n".join(fault.new)
        text += f"if {question(fault.name)} {{\n{instead}\n}} else "
    return f"{text}{{\n{mutated(lines, *place, inside)}\n}}"


def plant(root, source, faults):
    """The copy's text, and the faults that have no place."""
    lines = (root / source).read_text().splitlines()
    places, stale = {}, []
    for fault in faults:
        place = place_of(fault, lines)
        if place is None:
            stale.append(fault)
        else:
            places.setdefault(place, []).append(fault)
    copy = mutated(lines, 0, len(lines) - 1, places)
    return f'{ASKED.declaration}\n#line 1 "{source}"\n{copy}\n', stale


def write_if_changed(path, text):
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--root", type=pathlib.Path, required=True, help="the folder above portolan/")
    options.add_argument("--faults", type=pathlib.Path, required=True)
    options.add_argument("--to", type=pathlib.Path, required=True, help="where the copies go")
    given = options.parse_args()
    faults = read_faults(given.faults)
    stale = []
    for source in sorted({each.source for each in faults}):
        text, missing = plant(given.root, source, [each for each in faults if each.source == source])
        write_if_changed(given.to / source, text)
        stale += missing
    write_if_changed(given.to / "stale.txt", "".join(f"{each.name}\n" for each in stale))
    listed = "".join(f"{each.name}\t{each.source}\t{each.what}\n" for each in faults if each not in stale)
    write_if_changed(given.to / "planted.txt", listed)
    for each in stale:
        print(f"{given.faults.name}: {each.name}: its statements are not in {each.source} any more")


if __name__ == "__main__":
    main()
