"""What the documents say can be done: commands exist, links lead somewhere, named files and tests are there.

A test is named as `tests/promises/reentry_test.cpp: is_refused_through_another_map`.
"""

import re

from tree import Finding

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
PLACE = re.compile(r"`((?:bench|cmake|docs|examples|portolan|tests|tools)/[\w./-]*\.\w+)(?:: (\w+))?`")
LANGUAGES = {"cpp", "console", "text", "cmake", "python", "json", "csv"}


def check(tree):
    for path in tree.matching(r"[^/]*\.md|(?:docs|bench|examples|tools)/.*\.md"):
        text = tree.text(path)
        for fence in FENCE.finditer(text):
            line = text.count("\n", 0, fence.start()) + 1
            yield from judge_block(tree, path, line, fence.group(1), fence.group(2))
        prose = re.sub(FENCE, lambda m: "\n" * m.group().count("\n"), text)
        for place in PLACE.finditer(prose):
            yield from judge_place(tree, path, prose.count("\n", 0, place.start()) + 1, *place.groups())
        for link in LINK.finditer(prose):
            line = text.count("\n", 0, text.find(link.group())) + 1
            yield from judge_link(tree, path, line, link.group(1))
    yield from errors_without_a_page(tree)
    yield from pages_without_a_link(tree)
    if "README.md" in tree.paths and len(tree.lines("README.md")) > 120:
        yield Finding("README.md", 121, "is longer than 120 lines; move the rest into docs/ and link it")
    if "ARCHITECTURE.md" in tree.paths and len(tree.lines("ARCHITECTURE.md")) > 250:
        yield Finding("ARCHITECTURE.md", 251, "is longer than 250 lines; say less of each room")


def errors_without_a_page(tree):
    """Each code of portolan::errc has its section in docs/errors.md."""
    header, page = "portolan/base/error.hpp", "docs/errors.md"
    if header not in tree.paths:
        return
    codes = re.search(r"enum class errc[^{]*\{(.*?)\}", tree.code(header), re.S)
    written = tree.text(page) if page in tree.paths else ""
    for code in re.findall(r"\w+", codes.group(1)) if codes else []:
        if not re.search(rf"^## {code}$", written, re.M):
            yield Finding(page, 1, f"says nothing of errc::{code}; write `## {code}`: what happened, what to do")


def pages_without_a_link(tree):
    """Each page of the guide is in the guide's own list."""
    index = "docs/guide/README.md"
    listed = LINK.findall(tree.text(index)) if index in tree.paths else []
    for page in tree.matching(r"docs/guide/[^/]*\.md"):
        if page != index and page.rpartition("/")[2] not in listed:
            yield Finding(page, 1, f"is not in {index}; add a row: the link, and when to read it")


def judge_block(tree, path, line, language, body):
    if language not in LANGUAGES:
        yield Finding(path, line, f"a block of `{language or 'no language'}`; write one of "
                                  f"{', '.join(sorted(LANGUAGES))} (cpp is compiled and run)")
    if language != "console":
        return
    for offset, text in enumerate(body.splitlines(), 1):
        if text.startswith("$ "):
            for command in re.split(r"\s*(?:&&|\|\||\||;)\s*", text[2:].split(" # ")[0]):
                yield from judge_command(tree, path, line + offset, command.split())


def judge_command(tree, path, line, words):
    if not words:
        return
    program, arguments = words[0], words[1:]
    if program in ("./run", "portolan", "build/release/bin/portolan"):
        yield from judge_tool(tree, path, line, arguments)
    elif program == "./test":
        known = tree.text("tests/parts.py") if "tests/parts.py" in tree.paths else ""
        for argument in arguments:
            if argument.startswith("-") and f'"{argument}"' not in known:
                yield Finding(path, line, f"./test has no {argument}; write what `./test --help` knows")
    elif program == "cmake" and "--preset" in arguments[:-1]:
        preset = arguments[arguments.index("--preset") + 1]
        if f'"name": "{preset}"' not in tree.text("CMakePresets.json"):
            yield Finding(path, line, f"there is no preset {preset}; CMakePresets.json names those there are")
    elif program == "python3" and arguments and arguments[0] not in tree.paths:
        yield Finding(path, line, f"{arguments[0]} does not exist; name a script that does")
    elif program.startswith("./") and program[2:] not in tree.paths:
        yield Finding(path, line, f"{program} does not exist; name a program that does")


def judge_tool(tree, path, line, arguments):
    """The first word is a command of tools/portolan (one file a command), every flag stands in its sources."""
    sources = tree.matching(r"(?:tools/portolan|bench)/.*\.(?:cpp|hpp)")
    everything = "\n".join(tree.text(source) for source in sources)
    if arguments and not arguments[0].startswith("-"):
        command = arguments[0]
        if not tree.matching(rf"tools/portolan/{re.escape(command)}\.cpp") and f'"{command}"' not in everything:
            yield Finding(path, line, f"portolan has no command `{command}`; `./run --help` lists those there are")
    for argument in arguments:
        flag = argument.split("=")[0]
        if flag.startswith("--") and flag not in ("--help", "--version") and f"{flag}" not in everything:
            yield Finding(path, line, f"portolan has no flag `{flag}`; `./run {arguments[0]} --help` lists those "
                                      "there are")


def judge_place(tree, path, line, file, case):
    """`file` is in the tree, and holds a test of the name `case`."""
    if not (tree.root / file).exists():
        yield Finding(path, line, f"there is no {file}; name a file that is there")
    elif case and not re.search(rf"\b(?:TYPED_)?TEST\w*\(\s*\w+\s*,\s*{case}\s*\)|\bdef {case}\b", tree.text(file)):
        yield Finding(path, line, f"{file} has no test `{case}`; name one that it has")


def judge_link(tree, path, line, target):
    if re.match(r"[a-z]+:", target) or target.startswith("#"):
        return
    folder = (tree.root / path).parent
    if not (folder / target.split("#")[0]).exists():
        yield Finding(path, line, f"the link to {target} leads nowhere; name what exists")
