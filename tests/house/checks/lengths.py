"""Hints, not walls: functions above a screen and files above 400 lines. Prints them; fails nothing."""

import declarations

FUNCTION_LINES, FILE_LINES = 60, 400


def check(tree):
    for path in tree.cpp("portolan/", "bench/", "tools/"):
        count = len(tree.lines(path))
        if count > FILE_LINES:
            tree.hints.append(f"{path}: {count} lines; above {FILE_LINES} look for the second idea")
        for name, line, length in long_functions(tree, path):
            tree.hints.append(f"{path}:{line}: {name} fills {length} lines; above {FUNCTION_LINES} give the rare path "
                              "a name of its own")
    return []


def long_functions(tree, path):
    reader = declarations.Reader(tree.text(path), tree.code(path))
    found = []

    def note(start, name, words, body):
        length = (body or "").count("\n") + 1
        if length > FUNCTION_LINES:
            found.append((name, tree.code(path).count("\n", 0, reader.tokens[start][1]) + 1, length))

    reader.note = note
    reader.read()
    return found
