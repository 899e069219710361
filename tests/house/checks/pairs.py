"""Memory orders: every access that orders belongs to a named pair with both its sides, every relaxed one has a reason,
and docs/memory-orders.md is printed from them (`python3 tests/house/run.py --renew`).

    // pair table_move: release, so that a reader of the new table sees what was moved into it
    root_.store(next, platform::release);
"""

import collections
import re

from tree import Finding, line_of

CORES = ("portolan/",)
PAGE = "docs/memory-orders.md"
PAIR = re.compile(r"//.*?\bpair\s+([a-z][a-z0-9_]*)\s*:\s*(\w+)\b\s*(.*)")
# A fence orders both ways; an acq_rel or seq_cst access can stand on either side.
SIDES = {"release": "gives", "acquire": "takes", "acq_rel": "both", "seq_cst": "both", "fence": "both",
         "light_fence": "both", "heavy_fence": "both"}
NAMED = r"\bplatform::(relaxed|acquire|release|acq_rel|seq_cst)\b"
# Where a file takes the orders by `using`, they stand alone.
BARE = r"[(,]\s*(relaxed|acquire|release|acq_rel|seq_cst)\s*(?=[,)])"
FENCE = r"\bplatform::(fence|light_fence|heavy_fence)\s*\("
# A read-modify-write without an order is sequentially consistent in silence; so is `load()` of an atomic.
SILENT = re.compile(r"\.(fetch_\w+|compare_exchange_(?:weak|strong))\s*(?=\()")
# What the comment must call a side for the access to be it.
MEANT = {"release": {"release", "acq_rel", "seq_cst"}, "acquire": {"acquire", "acq_rel", "seq_cst"}}

Side = collections.namedtuple("Side", "path line order reason")


def sides_of(tree):
    """Every side of every pair, by the pair's name; and what is written so that no machine can read it."""
    pairs, broken = collections.defaultdict(list), []
    for path in tree.cpp(*CORES):
        lines = tree.lines(path)
        for number, line in enumerate(lines, 1):
            match = PAIR.search(line)
            if match is None:
                if re.search(r"//+\s*pair\b(?!\s*(?:of|is|with|in|that|and|or|,|\.))\s*\w*\s*:", line):
                    broken.append(Finding(path, number, "this pair cannot be read; write `// pair NAME: release, so "
                                                        "that …`, the name in small letters"))
                continue
            name, order, rest = match.groups()
            if order not in SIDES:
                if not re.search(r"//+\s*pair\b", line):
                    continue  # a sentence about a pair
                broken.append(Finding(path, number, f"`{order}` is no side of a pair; write one of "
                                                    f"{', '.join(SIDES)}"))
                continue
            pairs[name].append(Side(path, number, order, sentence(rest, lines, number)))
    return pairs, broken


def sentence(rest, lines, number):
    """The reason of a side, over all the comment lines it fills."""
    words = [rest]
    for line in lines[number:]:
        more = re.match(r"\s*//+\s?(.*)", line)
        if more is None or PAIR.search(line) or re.match(r"\s*//+\s*relaxed:", line) or not more.group(1).strip():
            break
        words.append(more.group(1).strip())
    return re.sub(r"\s+", " ", " ".join(words)).strip(" ,.;")


def comments_at(lines, code_lines, number):
    """The comment of an access: on its own line, on the lines of its statement, and directly above that."""
    found = [lines[number - 1]]
    at = number - 1  # the index of the access's line
    while at > 0:
        above = code_lines[at - 1].strip()
        comment = lines[at - 1].strip()
        if above == "" and comment.startswith("//"):
            found.append(comment)
        elif above.endswith("{") and len(found) == 1 and at == number - 1:
            found.extend(comments_above_head(lines, code_lines, at - 1))
            break
        elif above == "" or above.startswith("#") or above.endswith((";", "{", "}", ":")):
            break
        elif any("//" in f for f in found[1:]):
            break
        else:
            found.append(comment)
        at -= 1
    found.reverse()
    # A statement that goes on below the access may carry its comment at its end.
    at = number
    while at < len(lines) and not code_lines[at - 1].rstrip().endswith((";", "{", "}")):
        found.append(lines[at])
        at += 1
    return "\n".join(found)


def comments_above_head(lines, code_lines, at):
    """The comment above the head of the block whose first statement the access is."""
    while at > 0 and code_lines[at - 1].strip() and not code_lines[at - 1].strip().endswith((";", "}", "{", ":")):
        at -= 1
    found = []
    while at > 0 and lines[at - 1].strip().startswith("//"):
        found.append(lines[at - 1].strip())
        at -= 1
    return found


def words_of(comments):
    """Only what is comment, as one line."""
    return " ".join(" ".join(re.findall(r"//+(.*)", comments)).split())


def accesses(tree):
    for path in tree.cpp(*CORES):
        if path.startswith("portolan/base/platform"):
            continue
        code = tree.code(path)
        lines, code_lines = tree.lines(path), code.splitlines()
        by_using = re.search(r"\busing (?:namespace )?(?:portolan::)?platform\b", code)
        access = re.compile("|".join([NAMED, FENCE] + [BARE] * bool(by_using)))
        for match in access.finditer(code):
            order = next(group for group in match.groups() if group)
            number = line_of(code, match.start(match.lastindex))
            if re.match(r"\s*using\b", code_lines[number - 1]):
                continue
            yield path, number, order, comments_at(lines, code_lines, number)


def check(tree):
    pairs, broken = sides_of(tree)
    yield from broken
    for path, number, order, comments in accesses(tree):
        if order == "relaxed":
            if not re.search(r"\brelaxed on failure\b|\brelaxed\b[^:;]*:\s*\w+", words_of(comments)):
                yield Finding(path, number, "a relaxed access without its reason; write `// relaxed: why it may be` "
                                            "on this line or above it")
            continue
        # `acq_rel` may be written out: `release on success, acquire on failure, so that …`
        named = {word for match in PAIR.finditer(comments)
                 for word in re.findall(r"\w+", (match.group(2) + " " + match.group(3)).split("so that")[0])
                 if word in SIDES}
        if not named:
            yield Finding(path, number, f"an access that orders ({order}) and belongs to no pair; write "
                                        f"`// pair NAME: {order}, so that …` above it and on the other side")
        elif order in MEANT and not named & MEANT[order] and "compare_exchange" not in comments:
            yield Finding(path, number, f"the access is {order}, its pair says {', '.join(sorted(named))}; make them "
                                        "one")
    yield from silent_orders(tree)
    for name, sides in sorted(pairs.items()):
        yield from judge(name, sides)
    yield from page_is_current(tree, pairs)


def silent_orders(tree):
    for path in tree.cpp(*CORES):
        if path.startswith("portolan/base/platform"):
            continue
        code = tree.code(path)
        for match in SILENT.finditer(code):
            if not re.search(r"\b(?:relaxed|acquire|release|acq_rel|seq_cst)\b|\border\b|_order\b",
                             arguments(code, match.end())):
                yield Finding(path, line_of(code, match.start()), f"`{match.group(1)}` names no memory order; name the "
                                                                  "one it needs")
        if "word16" not in code:  # a word16 has one order only, and its load() says so
            for match in re.finditer(r"\.load\(\s*\)", code):
                yield Finding(path, line_of(code, match.start()), "`load()` names no memory order; name the one it "
                                                                  "needs")


def arguments(code, at):
    """The text from the bracket at `at` to the one that closes it."""
    depth = 0
    for end in range(at, len(code)):
        depth += (code[end] == "(") - (code[end] == ")")
        if depth == 0:
            return code[at:end]
    return code[at:]


def judge(name, sides):
    roles = {SIDES[side.order] for side in sides}
    first = sides[0]
    if "both" not in roles and roles != {"gives", "takes"}:
        missing, there = ("acquire", "release") if roles == {"gives"} else ("release", "acquire")
        yield Finding(first.path, first.line, f"pair {name} has its {there} side only; write `// pair {name}: "
                                              f"{missing}, so that …` where the other thread meets it")
    if roles == {"both"} and len(sides) == 1 and first.order != "acq_rel":
        yield Finding(first.path, first.line, f"pair {name} stands at one place only; name the other thread's place "
                                              f"with `// pair {name}: …` too")
    for side in sides:
        if len(side.reason.split()) < 3:
            yield Finding(side.path, side.line, f"pair {name} does not say what it is for; go on with `, so that …`")


def page(tree):
    pairs, _ = sides_of(tree)
    lines = ["# Memory orders", "",
             "Which store makes which load safe. Printed from the comments of the sources by "
             "`python3 tests/house/run.py --renew`;",
             "a test holds it current and demands both sides. Weakening either side is a bug that a test must "
             "catch.", ""]
    for name, sides in sorted(pairs.items()):
        lines += [f"## {name}", "", "| where | order | why |", "|---|---|---|"]
        rows = {f"| `{side.path}` | {side.order} | {side.reason.replace('|', chr(92) + '|')} |" for side in sides}
        lines += sorted(rows) + [""]
    return "\n".join(lines).rstrip() + "\n"


def page_is_current(tree, pairs):
    written = tree.text(PAGE) if PAGE in tree.paths else ""
    if pairs and written != page(tree):
        yield Finding(PAGE, 1, "the page is not what the sources say; renew it: python3 tests/house/run.py --renew")


def renew(tree):
    (tree.root / PAGE).parent.mkdir(exist_ok=True)
    (tree.root / PAGE).write_text(page(tree), encoding="utf-8")
    return PAGE
