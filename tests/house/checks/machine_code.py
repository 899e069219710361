"""What the compilers make of the hot paths. tests/machine_code/hot_paths.cpp holds one operation a function, under a line
that says what its way must be:

    // reader                         no locked instruction, no exchange with memory, no fence
    // writer: cmpxchg16b             that locked instruction, beyond those of moving a table
    // writer: cmpxchg16b alone       and where it stands a way through the function that meets no other
    // branches: 9, unforeseen 1      above such a line: at most so many conditional jumps in the function itself, and
                                      in each on its way whose name holds that word

The way of an operation is its function and all that it calls in the object file, but for what the compiler put into a
section for unlikely code: functions declared cold, and the `.cold` parts of others. Both compilers, -O2 and -O3, plain
x86-64; elsewhere the rule has nothing to look at.
"""

import platform
import re
import tempfile

import compilers
from tree import Finding

SOURCE = "tests/machine_code/hot_paths.cpp"
LEVELS = ("-O2", "-O3")
OPERATION = re.compile(r"^// (reader|writer: (\w+( alone)?))\n(?:[\w:]+ )+(\w+)\(", re.M)
BRANCHES = re.compile(r"^// branches: (\d+), (\w+) (\d+)\n// .*\n(?:[\w:]+ )+(\w+)\(", re.M)
FENCE = re.compile(r"(?:[msl]fence\b|lock\b|xchg\w*\s.*\()")
MOVING = re.compile(r"5mover|4help|12finish_moves|16finish_idle_move")
# Outside of the object file, and without a fence that a reader meets.
OUTSIDE = re.compile(r"mem(?:cmp|cpy|move|set)|bcmp|strlen|abort|_Unwind_Resume|__cxa_\w+|__stack_chk_fail|"
                     r"__tls_get_addr|_Zn[wa]m|_Zd[la]Pv\w*|_ZSt\d+__throw_\w+|_ZSt9terminatev|__clang_call_terminate|"
                     r"_ZNK8portolan6detail9text_hash7of_long\w+")


class Function:
    def __init__(self, section):
        self.unlikely = section.startswith(".text.unlikely")
        self.instructions, self.addresses, self.targets, self.calls = [], [], [], set()


def functions_of(listing):
    """name → Function, from `objdump -dr --no-show-raw-insn`."""
    found, section, now = {}, "", None
    lines = listing.splitlines()
    for line, following in zip(lines, [*lines[1:], ""]):
        if heading := re.match(r"Disassembly of section (\S+):", line):
            section = heading.group(1)
        elif heading := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            now = found.setdefault(heading.group(1), Function(section))
        elif instruction := re.match(r"\s+([0-9a-f]+):\s+((?!R_X86_64)\S.*)", line):
            now.addresses.append(instruction.group(1))
            now.instructions.append(instruction.group(2))
            jump = re.match(r"(?:call|j\w+)\s+[0-9a-f]+ <([^+>]+)", instruction.group(2))
            # What a relocation will put there is another target than what stands there now.
            relocation = re.match(r"\s+[0-9a-f]+: R_X86_64_\w+\s+([^\s+-]+)", following)
            inside = re.match(r"j\w+\s+([0-9a-f]+) ", instruction.group(2))
            now.targets.append(inside.group(1) if inside and not relocation else None)
            if jump:
                now.calls.add((relocation or jump).group(1))
    return found


def way_of(name, functions):
    """The functions on the way of an operation, and the names that lie elsewhere."""
    way, outside, open_names = {}, set(), [name]
    while open_names:
        here = open_names.pop()
        if here in way or here.startswith(".text"):
            continue
        function = functions.get(here)
        if function is None:
            outside.add(here)
        elif not function.unlikely:
            way[here] = function
            open_names += function.calls
    return way, outside


def compiled(tree, compiler, level):
    """The functions of the hot paths, or what the compiler said."""
    with tempfile.TemporaryDirectory() as folder:
        status, _, said = compilers.run([compiler, "-std=c++20", level, "-DNDEBUG", f"-I{tree.root}", "-c", SOURCE,
                                         "-o", f"{folder}/hot.o"], cwd=tree.root)
        if status != 0:
            return said
        return functions_of(compilers.run(["objdump", "-dr", "--no-show-raw-insn", f"{folder}/hot.o"])[1])


def meets_alone(function, wanted):
    """Whether a way from the function's beginning to its end meets `lock wanted` once, and no other locked instruction."""
    place_of = {address: at for at, address in enumerate(function.addresses)}
    seen, open_places = set(), [(0, False)]
    while open_places:
        at, met = here = open_places.pop()
        if here in seen or at >= len(function.instructions):
            continue
        seen.add(here)
        instruction = function.instructions[at]
        if FENCE.match(instruction):
            if met or not re.match(rf"lock {wanted}\b", instruction):
                continue
            met = True
        if met and instruction.startswith("ret"):
            return True
        if function.targets[at] in place_of:
            open_places.append((place_of[function.targets[at]], met))
        if not instruction.startswith(("jmp", "ret")):
            open_places.append((at + 1, met))
    return False


def faults_of(name, wanted, functions):
    """What is wrong with the way of an operation."""
    way, outside = way_of(name, functions)
    if not way:
        yield "is not there"
    if wanted is None:
        for function in way.values():
            for instruction in function.instructions:
                if FENCE.match(instruction):
                    yield f"holds `{' '.join(instruction.split())}`"
        for stranger in outside:
            if not OUTSIDE.fullmatch(stranger):
                yield f"calls {stranger}, which lies elsewhere and may hold anything"
        return
    wanted, _, alone = wanted.partition(" ")
    holders = [function for symbol, function in way.items() if not MOVING.search(symbol) and
               any(re.match(rf"lock {wanted}\b", instruction) for instruction in function.instructions)]
    if not holders:
        yield f"holds no `lock {wanted}`"
    elif alone and not all(meets_alone(function, wanted) for function in holders):
        yield f"meets another locked instruction wherever it meets `lock {wanted}`"


def branches_too_many(most, word, most_there, name, functions):
    """A branch on an outcome that nobody foresees costs a whole find every second time."""
    for symbol, function in way_of(name, functions)[0].items():
        allowed = most if symbol == name else most_there if word in symbol else None
        found = sum(re.match(r"j(?!mp)", instruction) is not None for instruction in function.instructions)
        if allowed is not None and found > int(allowed):
            yield f"has {found} conditional jumps in {symbol[:60]}, {allowed} are allowed"


def length_of(name, functions):
    return sum(len(function.instructions) for function in way_of(name, functions)[0].values())


def check(tree):
    if platform.machine() != "x86_64" or not tree.matching(re.escape(SOURCE)):
        return
    text = tree.text(SOURCE)
    jobs = [(compiler, level) for compiler in compilers.BOTH for level in LEVELS]
    objects = compilers.in_parallel(lambda job: compiled(tree, *job), jobs)
    for (compiler, level), functions in zip(jobs, objects):
        if isinstance(functions, str):
            yield Finding(SOURCE, 1, f"does not compile with {compiler} {level}: {compilers.first_error(functions)}")
            return
    counts = []
    for operation in OPERATION.finditer(text):
        _, wanted, _, name = operation.groups()
        line = text.count("\n", 0, operation.start(4)) + 1
        said = {}
        for (compiler, level), functions in zip(jobs, objects):
            for fault in faults_of(name, wanted, functions):
                said.setdefault(f"{compiler} {level}", fault)
        if said:
            yield Finding(SOURCE, line, f"{name} " + "; ".join(f"{fault} ({where})" for where, fault in said.items()) +
                          ("; move it to a function declared [[gnu::cold, gnu::noinline]]" if wanted is None else
                           "; put the compare-and-swap back"))
        if wanted is None:
            counts.append(f"{name} " + " ".join(str(length_of(name, functions)) for functions in objects))
    for wanted in BRANCHES.finditer(text):
        said = {" ".join(job): fault for job, functions in zip(jobs, objects)
                for fault in branches_too_many(*wanted.groups(), functions)}
        if said:
            yield Finding(SOURCE, text.count("\n", 0, wanted.start(4)) + 1, f"{wanted.group(4)} " +
                          "; ".join(f"{fault} ({where})" for where, fault in said.items()) +
                          "; see platform::unforeseen")
    if counts:
        tree.hints.append(f"instructions ({', '.join(map(' '.join, jobs))}): " + ", ".join(counts))
