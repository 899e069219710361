"""A room includes only the rooms that tests/house/layers.txt lets it; the cores include the standard library and
nothing dear of it."""

import re

from tree import Finding

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
CORES = ("base", "reclaim", "map")
# What would pull half of the library into every program that has a map, and what to use here.
DEAR = {
    "memory": "take allocators from <vector> and memory from base/platform.hpp",
    "functional": "take the callable as a template parameter; hashing is base/hash.hpp",
    "chrono": "count nanoseconds of platform::now_ns()",
    "thread": "threads are started through base/platform.hpp",
    "mutex": "the locks are in base/wait.hpp",
    "shared_mutex": "the lock is in base/shared_mutex.hpp",
    "condition_variable": "waiting is in base/wait.hpp, on futex words",
    "future": "waiting is in base/wait.hpp, on futex words",
    "iostream": "give the caller a value to print",
    "sstream": "give the caller a value to print",
    "fstream": "give the caller a value to print",
    "string": "take std::string_view, or any key with data() and size()",
    "regex": "this belongs into a tool",
    "format": "give the caller a value to print",
    "execution": "this belongs to the caller",
}
# Headers that no map includes: who dumps a map pays for strings, nobody else. Of these the map's own must name none.
APART = re.compile(r"portolan/map/dump(?:\.hpp|/)")


def allowed(tree):
    table = {}
    for line in tree.text("tests/house/layers.txt").splitlines():
        room, colon, others = line.split("#")[0].partition(":")
        if colon:
            table[room.strip()] = set(others.split())
    return table


def room_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "portolan" and len(parts) > 2 else parts[0]


def check(tree):
    table = allowed(tree)
    for path in tree.cpp("portolan/", "bench/", "tools/"):
        room = room_of(path)
        if room not in table:
            yield Finding(path, 1, f"the room {room}/ is unknown; name it and what it may include in "
                                   "tests/house/layers.txt")
            continue
        for match in INCLUDE.finditer(tree.text(path)):
            line = tree.text(path).count("\n", 0, match.start(2)) + 1
            yield from judge(path, line, room, table[room], match.group(1), match.group(2))


def judge(path, line, room, may, quote, target):
    in_library = path.startswith("portolan/")
    if target.startswith("portolan/"):
        if path.startswith("portolan/") and APART.match(target) and not APART.match(path):
            yield Finding(path, line, f"{target} lies apart, so that a map does not cost what it costs; let the user "
                                      "include it")
        other = room_of(target)
        if "*" not in may and other != room and other not in may:
            rooms = ", ".join(sorted(may)) or "no other room"
            yield Finding(path, line, f"{room}/ may not include {other}/ (allowed: {rooms}); move the code down, "
                                      "or hand it in as a policy")
        return
    if not in_library:
        return
    if quote == '"':
        yield Finding(path, line, f'"{target}" is relative; write #include <portolan/…>, as a user does')
    elif target.split("/")[0] in ("bench", "tools", "tests", "gtest"):
        yield Finding(path, line, f"the library may not include <{target}>; what it needs belongs into portolan/")
    elif foreign(target) and not path.startswith("portolan/base/platform") and not of_component(path, room):
        yield Finding(path, line, f"<{target}> is not the standard library; reach the machine through "
                                  "base/platform.hpp, or make an optional component of it")
    elif path.endswith(".hpp") and room in CORES and target in DEAR and not (target == "string" and APART.match(path)):
        yield Finding(path, line, f"<{target}> is too dear for a header of the cores; {DEAR[target]}")


def of_component(path, room):
    """The sources, not the headers, of rooms that are components of their own: they bring what they need."""
    return room not in CORES and path.endswith(".cpp")


def foreign(target):
    vector_instructions = re.fullmatch(r"\w*intrin\.h|arm_neon\.h", target)
    return ("/" in target or target.endswith(".h")) and not vector_instructions
