"""Words that promise later work, code that is switched off, and words for which the project has another."""

import re

from tree import Finding

UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|TBD|WIP)\b|\btodo:|\b(?i:placeholder|not(?: yet)? implemented)\b")
# tests/house/words.txt: a word, and the one to use.
COMMENTED_CODE = re.compile(
    r"^\s*//\s?(?:"
    r"(?:[\w:<>,*&\[\].>-]+\s+)*[\w:.>\[\]()-]+\s*(?:=|\+=|-=|\|=|&=)[^=].*;|"   # an assignment
    r"[\w:.>-]+(?:<[\w:, ]+>)?\(.*\);|"                                         # a call
    r"(?:if|for|while|switch)\s*\(.*\)\s*\{?|"
    r"return\b[^.]*;|"
    r"#\s*(?:include|if|define|endif)\b.*|"
    r"[{}];?"
    r")\s*$")


def avoided(tree):
    for line in tree.text("tests/house/words.txt").splitlines():
        word, arrow, better = line.split("#")[0].partition("->")
        if arrow:
            yield re.compile(rf"\b{word.strip()}\b", re.I), word.strip(), better.strip()


def check(tree):
    table = list(avoided(tree))
    for path in tree.matching(r".*\.(?:hpp|cpp|py|cmake|md|txt|sh)|run|test|.*CMakeLists\.txt"):
        if path.startswith("tests/house/") or path == "LICENSE":
            continue
        for number, line in enumerate(tree.lines(path), 1):
            yield from judge(path, number, line, table)


def judge(path, number, line, table):
    unfinished = UNFINISHED.search(line)
    if unfinished:
        yield Finding(path, number, f"`{unfinished.group()}`: unfinished work is not left in the tree; finish it, or "
                                    "say as a limit what is not there")
    if path.endswith((".hpp", ".cpp")) and COMMENTED_CODE.match(line) and not re.search(r"//\s?(?:pair|relaxed)\b", line):
        yield Finding(path, number, "code that is commented out; delete it, git remembers (an example in a comment is "
                                    "indented by three spaces or more)")
    for pattern, word, better in table:
        if pattern.search(line):
            yield Finding(path, number, f"we do not say `{word}`; write {better}")
