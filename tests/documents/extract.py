"""Turns every `cpp` block of the documents into a program.

    extract.py --list                  the documents that hold such blocks
    extract.py --write FOLDER          FOLDER/<document>[.<n>].cpp; prints their paths

A block with `main` is a program of its own. Any other block is a fragment: its #include lines go to the top, the rest
becomes the body of a function, and the fragments of one document are one program that calls them in turn. A comment
above a block, which readers of the page do not see, changes that:

    <!-- example: declarations -->              the block stands at file scope and is compiled, not called
    <!-- example: after: portolan::sync_map<int, int> ages; -->    these words precede the block in its function
    <!-- example: includes: portolan/map/sync_map.hpp, string -->  these headers are included first
    <!-- example: as the one before -->         the block continues the one before it
    <!-- example: from examples/metrics.cpp -->  the block is a quotation: it must stand there word for word (indentation
                                                apart), and is compiled and run there
    <!-- example: column: Portolan; … -->       above a table: its rows are examples (rows.py)

Several such comments may stand above one block. Each program must return 0; `#line` names the document in every error.
"""

import argparse
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import rows  # noqa: E402  (after the path is set)

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"((?:^<!-- example: (?:(?!-->).)*-->\n+)*)^```cpp[^\n]*\n(.*?)^```", re.M | re.S)
INSTRUCTION = re.compile(r"<!-- example: (.*?) -->", re.S)


class Unreadable(Exception):
    pass


def plain(text):
    """`text` without the indentation of its lines."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


class Block:
    def __init__(self, root, path, line, instructions, body):
        self.root, self.path, self.line = root, path, line
        self.declarations = self.continues = False
        self.before, self.includes, self.quoted = "", [], None
        for instruction in instructions:
            self.obey(" ".join(instruction.split()))
        if self.quoted:
            self.must_stand_in(self.quoted, body)
        self.lines = []
        for offset, text in enumerate(body.splitlines()):
            if re.match(r"\s*#\s*include\b", text):
                self.includes.append(text.strip())
                text = ""
            self.lines.append(text)
        self.program = re.search(r"^(?:int|auto) main\(", body, re.M) is not None

    def obey(self, instruction):
        if instruction == "declarations":
            self.declarations = True
        elif instruction == "as the one before":
            self.continues = True
        elif instruction.startswith("after: "):
            self.before = instruction.removeprefix("after: ")
        elif instruction.startswith("from "):
            self.quoted = instruction.removeprefix("from ")
        elif instruction.startswith("includes: "):
            self.includes += [f"#include <{h.strip()}>" for h in instruction.removeprefix("includes: ").split(",")]
        else:
            raise Unreadable(f"{self.path}:{self.line}: `{instruction}` is no instruction; "
                             "tests/documents/extract.py lists those there are")

    def must_stand_in(self, source, body):
        """Each paragraph of `body` stands in `source`; a line `…` or `// …` stands for what is left out."""
        try:
            there = plain((self.root / source).read_text(encoding="utf-8"))
        except OSError:
            raise Unreadable(f"{self.path}:{self.line}: there is no {source} to quote") from None
        for part in re.split(r"^\s*(?:// )?…$", body, flags=re.M):
            if plain(part) and plain(part) not in there:
                raise Unreadable(f"{self.path}:{self.line}: this does not stand in {source} word for word; copy it from "
                                 "there again")

    def text(self):
        return f'#line {self.line} "{self.path}"\n' + "\n".join(self.lines) + "\n"


def documents(root):
    found = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "bench").rglob("*.md")]
    return sorted(path for path in found if holds_examples(path.read_text(encoding="utf-8")))


def holds_examples(text):
    return BLOCK.search(text) or rows.TABLE.search(text)


def blocks(path, root):
    text = path.read_text(encoding="utf-8")
    name = str(path.relative_to(root))
    found = [Block(root, name, line_of(text, match.start(2)), INSTRUCTION.findall(match.group(1)), match.group(2))
             for match in BLOCK.finditer(text)]
    for match in rows.TABLE.finditer(text):
        found += row_blocks(root, name, line_of(text, match.start(2)), INSTRUCTION.findall(match.group(1)),
                            match.group(2))
    return [block for block in found if not block.quoted]


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def row_blocks(root, name, line, instructions, table):
    marked, rest = rows.columns([" ".join(instruction.split()) for instruction in instructions])
    try:
        for at, before, code in rows.row_blocks(table, marked, line):
            yield Block(root, name, at, [*rest, "after: " + before], code)
    except ValueError as why:
        raise Unreadable(f"{name}:{line}: {why}") from None


def programs(path, root):
    """(suffix, source) of each program a document holds."""
    every = blocks(path, root)
    for number, block in enumerate(every, 1):
        if block.program:
            yield f".{number}", "\n".join(block.includes) + "\n" + block.text()
    fragments = [block for block in every if not block.program]
    if fragments:
        yield "", joined(fragments)


def joined(fragments):
    top = sorted({include for block in fragments for include in block.includes})
    body, calls = [], []
    for block in fragments:
        if block.declarations:
            body.append(block.text())
        elif block.continues and calls:
            body[-1] = body[-1].removesuffix("}\n") + f"  {block.before}\n{block.text()}}}\n"
        else:
            calls.append(f"example_{block.line}_{len(calls)}")
            body.append(f"static void {calls[-1]}() {{\n  {block.before}\n{block.text()}}}\n")
    body.append("int main() {\n" + "".join(f"  {call}();\n" for call in calls) + "}\n")
    return "\n".join(top) + "\n\n" + "\n".join(body)


def write(folder, root):
    folder.mkdir(parents=True, exist_ok=True)
    kept, faults = set(), []
    for path in documents(root):
        stem = re.sub(r"\W+", "_", str(path.relative_to(root).with_suffix("")))
        try:
            found = list(programs(path, root))
        except Unreadable as why:
            faults.append(str(why))
            continue
        for suffix, source in found:
            target = folder / f"{stem}{suffix}.cpp"
            kept.add(target)
            if not target.exists() or target.read_text(encoding="utf-8") != source:
                target.write_text(source, encoding="utf-8")
    for old in set(folder.glob("*.cpp")) - kept:
        old.unlink()
    if faults:
        raise Unreadable("\n".join(faults))
    return sorted(kept)


def main():
    parser = argparse.ArgumentParser(description="Turns the cpp blocks of the documents into programs.")
    parser.add_argument("--list", action="store_true", help="print the documents that hold blocks")
    parser.add_argument("--write", type=pathlib.Path, metavar="FOLDER", help="write the programs there")
    options = parser.parse_args()
    try:
        for path in write(options.write, ROOT) if options.write else documents(ROOT):
            print(path)
    except Unreadable as why:
        sys.exit(str(why))


if __name__ == "__main__":
    main()
