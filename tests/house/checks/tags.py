"""Each public function of a public header says, in this order, what it returns, what other threads see, its progress,
its cost, what it throws and which user code it calls. tests/house/public.txt names the public headers; what a class in
them inherits in public from the machinery is as public."""

import re

import declarations
from tree import Finding

TAGS = ["@returns", "@sees", "@progress", "@cost", "@throws", "@calls"]


def public_headers(tree):
    for line in tree.text("tests/house/public.txt").splitlines():
        pattern = line.split("#")[0].strip()
        if pattern:
            yield from tree.matching(re.escape("portolan/" + pattern).replace(r"\*", "[^/]*"))


def is_map(path):
    """Where even one line may meet other threads; the other public headers hold value types too."""
    return re.search(r"_map\.hpp$|/mixin\.hpp$|portolan/map/[^/]+/", path) is not None


def speaks_for_itself(function, path):
    """What the language or its own line says: no thread, no lock and no user code can be behind it."""
    words = function.words
    tail = "".join(words[-2:])
    if function.name.startswith("~") or tail in ("=delete", "=default") or "friend" in words or "<>" in words:
        return True
    if "->" in words and function.name == function.owner == "" or words[0] == function.name and "->" in words:
        return True  # a deduction guide
    arguments = words[words.index(function.name) + 1] if function.name in words[:-1] else ""
    if function.owner and function.name in (function.owner, "operator =") or function.name.startswith("operator="):
        if re.match(rf"\( (?:const )?{re.escape(function.owner)}\b[^,]*&&? ?\w* \)$", arguments) or arguments == "( )":
            return True  # copy, move, or nothing given
    if function.name == "swap":
        return True
    if is_map(path):
        return False
    if "constexpr" in words or "consteval" in words:
        return True
    return function.body is not None and "\n" not in function.body.strip() and "noexcept" in words


def offered(tree):
    """(path, functions) of what a user can call."""
    read = {path: declarations.read(tree.text(path), tree.code(path)) for path in tree.matching(r"portolan/.*\.hpp")}
    public = set(public_headers(tree))
    bases = {}
    for _, classes in read.values():
        bases.update(classes)
    reached = {f.owner for path in public for f in read[path][0] if not f.inside}
    reached |= {name for path in public for name in read[path][1]}
    inherited, left = set(), list(reached)
    while left:
        more = bases.get(left.pop(), set()) - inherited
        inherited |= more
        left += more
    for path, (functions, _) in sorted(read.items()):
        yield path, [f for f in functions if (path in public and not f.inside) or f.owner in inherited]


def check(tree):
    for path, functions in offered(tree):
        before = None
        for function in functions:
            documented = function.comment and any(c.startswith("///") for c in function.comment)
            overload = before is not None and not documented and before == (function.owner, function.name)
            if documented:
                before = (function.owner, function.name)
            if speaks_for_itself(function, path) or overload:
                continue
            yield from judge(path, function)
            before = (function.owner, function.name)


def judge(path, function):
    title = f"{function.owner}::{function.name}" if function.owner else function.name
    lines = [c[3:].strip() for c in function.comment if c.startswith("///")]
    found = [tag for line in lines for tag in re.findall(r"^@\w+", line)]
    if not lines:
        yield Finding(path, function.line, f"{title} has no documentation; say in two sentences what it does, then "
                                           + ", ".join(TAGS))
    elif found != TAGS:
        missing = [tag for tag in TAGS if tag not in found]
        unknown = [tag for tag in found if tag not in TAGS]
        what = (f"lacks {', '.join(missing)}" if missing else
                f"has a tag we do not use ({', '.join(unknown)})" if unknown else "has its tags out of order")
        yield Finding(path, function.line, f"{title} {what}; write all six in this order: {' '.join(TAGS)}")
    elif not lines[0] or lines[0].startswith("@"):
        yield Finding(path, function.line, f"{title} begins with a tag; say first in a sentence what it does")
    for line in lines:
        empty = re.match(r"(@\w+)\s*$", line)
        if empty and lines.index(line) + 1 == len(lines):
            yield Finding(path, function.line, f"{title}: {empty.group(1)} says nothing; write `nothing`, `never "
                                               "waits`, or what is true")
