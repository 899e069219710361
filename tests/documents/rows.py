"""Tables whose cells are code: each row of a marked table becomes a block that is compiled and run.

    <!-- example: column: Portolan; portolan::concurrent_map<std::string, int> map; -->
    <!-- example: column: oneTBB; tbb::concurrent_hash_map<std::string, int> map; -->
    | to | oneTBB | Portolan | what differs |
    |---|---|---|---|
    | look up | `map.find(result, key)` | `map.find(key)` | … |

What follows the first semicolon precedes each row's code in its function. `\\|` in a cell is `|`. A cell without code is
passed over; a marked column that is not there, or a table without one row of code, is a fault.
"""

import re

TABLE = re.compile(r"((?:^<!-- example: (?:(?!-->).)*-->\n+)+)((?:^\|[^\n]*\n)+)", re.M | re.S)
CODE = re.compile(r"`([^`]+)`")


def cells(row):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip())[1:-1]]


def columns(instructions):
    """(name, what precedes) of each `column:` among them, and the rest."""
    marked = [i.removeprefix("column: ").partition(";") for i in instructions if i.startswith("column: ")]
    rest = [i for i in instructions if not i.startswith("column: ")]
    return [(name.strip(), before.strip()) for name, _, before in marked], rest


def row_blocks(text, instructions, first_line):
    """(line, what precedes, code) of each cell with code in a marked column; raises ValueError."""
    lines = text.splitlines()
    head = cells(lines[0])
    for name, before in instructions:
        if name not in head:
            raise ValueError(f"the table has no column `{name}`; it has {', '.join(head)}")
        found = 0
        for offset, row in enumerate(lines[2:], 2):
            there = cells(row)
            if len(there) != len(head):
                raise ValueError(f"the row `{row[:40]}…` has {len(there)} cells and not {len(head)}; write `\\|` for a "
                                 "bar inside a cell")
            code = ";\n".join(part.replace("\\|", "|").rstrip(";") for part in CODE.findall(there[head.index(name)]))
            if code:
                found += 1
                yield first_line + offset, before, code + ";"
        if found == 0:
            raise ValueError(f"no cell of the column `{name}` holds code; write it between backticks")
