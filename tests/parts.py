"""The parts of ./test: builds and runs each in turn, keeps their output in build/logs, shows only what failed.

A part has a budget of minutes. It is printed before and held against the time taken after; a part that takes
three times its budget is stopped and counts as failed. The sum over all parts is the last line.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"
# A part that only reads, and the part whose compiler is the same and that built what it could.
READ_BY = {"clang": "asan", "debug": "release"}
BY_MODE = re.compile(r"(?<!\w)assert\s*\(|\bNDEBUG\b|\b__OPTIMIZE__\b|\b_GLIBCXX_ASSERTIONS\b")
HOUSE = [sys.executable, str(ROOT / "tests" / "house" / "run.py")]
INSTALLED = [sys.executable, str(ROOT / "tests" / "installed" / "run.py")]


class Tally:
    def __init__(self, passed=0, failed=0):
        self.passed, self.failed = passed, failed

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed"


class Part:
    """One line of the table below: a name, a budget, and what it does with its log."""

    def __init__(self, name, title, minutes, steps):
        self.name, self.title, self.minutes, self.steps = name, title, minutes, steps
        self.log = LOGS / f"{name}.log"
        self.deadline = 0.0

    def run(self, options):
        self.deadline = time.monotonic() + 3 * 60 * self.minutes * patience(options)
        self.log.write_text("")
        tally = Tally()
        try:
            for step in self.steps:
                result = step(self, options)
                tally.add(result)
                if step in (configure_and_build, compile_only) and result.failed:
                    break
        except subprocess.TimeoutExpired as stopped:
            print(f"  stopped: {stopped.cmd} ran past three times the budget of this part")
            tally.add(Tally(0, 1))
        return tally

    def call(self, command, env=None):
        """Runs `command` into the log; returns its exit status and what it wrote."""
        begin = self.log.stat().st_size
        with self.log.open("ab") as log:
            child = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
                                     stdin=subprocess.DEVNULL, start_new_session=True,
                                     env={**os.environ, **(env or {})})
            try:
                child.wait(max(1.0, self.deadline - time.monotonic()))
            except BaseException as why:  # the budget is spent, or somebody stopped us: nothing is left behind
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                if isinstance(why, subprocess.TimeoutExpired):
                    raise subprocess.TimeoutExpired(" ".join(command[:3]), 0) from None
                raise
        with self.log.open("rb") as log:
            log.seek(begin)
            return child.returncode, log.read().decode(errors="replace")


def patience(options):
    """How many times the usual time a part and a test of it may take."""
    return 100 if options.nightly else 20 if options.soak else 1


def jobs():
    return str(os.cpu_count() or 2)


def show(text, most=40):
    lines = text.rstrip().splitlines()
    for line in lines[:most]:
        print("  " + line)
    if len(lines) > most:
        print(f"  … {len(lines) - most} more lines in the log")


def build_errors(output):
    """The diagnostics of a failed build, each once, without the command lines around them."""
    lines = output.splitlines()
    wanted = [i for i, line in enumerate(lines) if re.search(r"\b(error|FAILED|Error)\b[: ]", line)]
    keep = sorted({j for i in wanted for j in (i, i + 1, i + 2) if j < len(lines)})
    text = "\n".join(dict.fromkeys(lines[j] for j in keep if len(lines[j]) < 400))
    return text or "\n".join(lines[-20:])


def configure_and_build(part, options, targets=("all",), flags=()):
    # -k 0: one broken test must not hide what the others say.
    long = "ON" if options.soak or options.nightly else "OFF"
    status, output = part.call(["cmake", "--preset", part.name, f"-DPORTOLAN_TEST_PATIENCE={patience(options)}",
                                f"-DPORTOLAN_LONG_TESTS={long}", *flags])
    if status == 0:
        status, output = part.call(["cmake", "--build", "--preset", part.name, "-j", jobs(), "--target", *targets,
                                    "--", "-k", "0"])
    if status != 0:
        show(build_errors(output), 60)
        print(f"  {part.name} does not build; the whole log: {part.log.relative_to(ROOT)}")
        return Tally(0, 1)
    return Tally()


def compile_only(part, options):
    """What nobody runs is read by the compiler and not turned into code; a soak builds and runs it."""
    if options.soak:
        result = configure_and_build(part, options, ("all", "all_verify_interface_header_sets"))
        return result if result.failed else run_tests(part, options)
    status, output = part.call(["cmake", "--preset", part.name])
    if status != 0:
        show(output[-2000:])
        return Tally(0, 1)
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor(int(jobs())) as pool:
        for source, status, output in pool.map(check_syntax, unread(part.name)):
            tally.add(Tally(status == 0, status != 0))
            with part.log.open("a") as log:
                log.write(f"{source}: {'ok' if status == 0 else 'FAILED'}\n{output}")
            if status != 0:
                print(f"  FAILED {source}")
                show(build_errors(output), 20)
    return tally


def unread(name):
    """What the same compiler has not read yet in a part that built it (READ_BY), and what it reads otherwise here: text
    that depends on NDEBUG or on optimisation. Every header alone is the house's affair (checks/headers.py)."""
    read = {place(source) for source in built_sources(READ_BY[name])}
    folders = [ROOT / folder for folder in ("portolan", "bench", "tools", "examples", "tests")]
    by_mode = {path for folder in folders for path in folder.rglob("*.[ch]pp") if BY_MODE.search(path.read_text())}
    everything = any(path.suffix == ".hpp" for path in by_mode)
    seen = set()
    for entry in database(name):
        path = pathlib.Path(entry["file"])
        if "_verify_interface_header_sets/" in entry["file"] or path.name.startswith(("cmake_pch", "shared_header")):
            continue
        if not path.exists():  # a copy with faults planted in it, which only a build makes; its original is read
            continue
        if path in seen:  # of two programs that share a source, one is enough
            continue
        if everything or path in by_mode or place(path) not in read:
            seen.add(path)
            yield entry


def database(name):
    path = ROOT / "build" / name / "compile_commands.json"
    return json.loads(path.read_text()) if path.exists() else []


def built_sources(name):
    """The sources of which the build `name` holds objects; of a batch, those it includes."""
    for entry in database(name):
        output = re.search(r" -o (\S+)", entry["command"])
        if output is None or not (pathlib.Path(entry["directory"]) / output.group(1)).exists():
            continue
        source = pathlib.Path(entry["file"])
        if source.parent.name == "Unity":
            yield from map(pathlib.Path, re.findall(r'^#include "(.+)"', source.read_text(), re.M))
        yield source


def place(source):
    """A generated source is the same one in every build."""
    return re.sub(r"^build/[^/]+/", "build/*/", os.path.relpath(source, ROOT))


def check_syntax(entry):
    """All that a compiler refuses or warns of before it makes code, with the very flags of the build. No precompiled
    header is there: the file shows that it includes what it uses."""
    words, kept = shlex.split(entry["command"]), []
    while words:
        word = words.pop(0)
        if word in ("-o", "-c", "-include", "-include-pch", "-Xclang", "-Winvalid-pch"):
            if word == "-o" or word == "-include" and "cmake_pch" in words[0]:
                words.pop(0)
            elif word == "-Xclang":
                words.pop(0)
            elif word == "-include":
                kept += [word, words.pop(0)]
            continue
        kept.append(word)
    done = subprocess.run([*kept, "-fsyntax-only"], cwd=entry["directory"], capture_output=True, text=True)
    return os.path.relpath(entry["file"], ROOT), done.returncode, done.stderr


def run_tests(part, options):
    results = ROOT / "build" / part.name / "results"
    for old in results.glob("*.json"):
        old.unlink()
    env = {"PORTOLAN_SCALE": "20"} if options.soak else {}
    if options.nightly:
        env["PORTOLAN_NIGHTLY"] = "1"
    command = ["ctest", "--preset", part.name, "-j", str(int(jobs()) * 3 // 2), "--output-junit",
               str(LOGS / f"{part.name}.xml")]
    if options.only:
        command += ["-R", re.escape(options.only)]
    command = without_randomised_addresses(part) + command
    status, output = part.call(command, env)
    return count_tests(part, status, output, results)


def without_randomised_addresses(part):
    """ThreadSanitizer of clang 14 cannot start where the kernel randomises more than 28 bits of an address."""
    bits = pathlib.Path("/proc/sys/vm/mmap_rnd_bits")
    if part.name != "tsan":
        return []
    try:
        if int(bits.read_text()) <= 28:
            return []
    except (OSError, ValueError):
        pass
    probe = subprocess.run(["setarch", "-R", "true"], capture_output=True)
    return ["setarch", "-R"] if probe.returncode == 0 else []


def count_tests(part, status, output, results):
    """Counts test cases; an executable that crashed, hung or could not start is one failure."""
    import xml.etree.ElementTree as xml
    report = LOGS / f"{part.name}.xml"
    tally = Tally()
    if not report.exists():
        show(output)
        return Tally(0, 1)
    for entry in xml.parse(report).getroot().iter("testcase"):
        name, passed = entry.get("name"), entry.get("status") == "run"
        cases = cases_of(results / f"{name}.json")
        if passed and cases == [] and (results / f"{name}.json").exists() and not skips(results / f"{name}.json"):
            print(f"  FAILED {name}: ran no test; look at its filter in tests/CMakeLists.txt")
            tally.failed += 1
            continue
        failed_cases = [case for case, ok in cases if not ok]
        tally.passed += sum(ok for _, ok in cases) if cases else int(passed)
        tally.failed += len(failed_cases) if failed_cases else int(not passed)
        if not passed:
            output_of = entry.findtext("system-out") or ""
            print(f"  FAILED {name}: {', '.join(failed_cases[:5]) or ended(entry, output_of)}")
            show(interesting(output_of), 30)
    if status != 0 and tally.failed == 0:
        show(output[-2000:])
        tally.failed = 1
    return tally


def ended(entry, output):
    """How an executable ended that told of no failed case: where it was, and what ctest says."""
    began = re.findall(r"^\[ RUN +\] (\S+)", output, re.M)
    over = set(re.findall(r"^\[ +(?:OK|FAILED|SKIPPED) +\] ([^\s,]+)", output, re.M))
    inside = [case for case in began if case not in over]
    failure = entry.find("failure")
    why = (failure.get("message") if failure is not None else None) or "did not end well"
    return f"{why}, in {inside[-1]}" if inside else why


def cases_of(path):
    """(name, passed) of each case an executable ran; empty when it died before it could write its report."""
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    found = []
    for suite in data.get("testsuites", []):
        for case in suite.get("testsuite", []):
            if case.get("status") == "RUN" and case.get("result") != "SKIPPED":
                found.append((f"{suite['name']}.{case['name']}", not case.get("failures")))
    return found


def skips(path):
    """Whether a report has cases at all, all of them skipped."""
    return json.loads(path.read_text()).get("tests", 0) > 0


def interesting(output):
    """A failing test's words without the cases that passed."""
    skip = re.compile(r"^\[ +(RUN|OK|-+) +\]|^\[=+\]|^\[-+\]|^Running main|^$|^Note: ")
    return "\n".join(line for line in output.splitlines() if not skip.match(line))


def counted_script(command):
    """A step that runs a script whose own last line is `N passed, N failed`."""
    def step(part, options):
        # Alone, --house compiles the documents itself; the whole run has just built them with both compilers.
        status, output = part.call([*command, *([] if options.parts or command != HOUSE else ["--built"])])
        closing = re.search(r"^(\d+) passed, (\d+) failed\s*\Z", output, re.M)
        body = output[:closing.start()] if closing else output
        show("\n".join(line for line in body.splitlines() if not line.startswith("ok ")), 200)
        tally = Tally(*map(int, closing.groups())) if closing else Tally(0, 1)
        if status != 0 and tally.failed == 0:
            tally.failed = 1
        return tally
    return step


PARTS = [
    Part("release", "g++ release, every test", 7, [configure_and_build, run_tests]),
    Part("tsan", "clang with ThreadSanitizer, every test that starts threads", 4, [configure_and_build, run_tests]),
    Part("asan", "clang with Address and UB sanitizers, every test", 6, [configure_and_build, run_tests]),
    Part("house", "the rules of the house, both compilers", 1, [counted_script(HOUSE)]),
    Part("installed", "a project built against the installed package", 1, [counted_script(INSTALLED)]),
    Part("clang", "clang with NDEBUG, compiles what sanitizers leave out", 1, [compile_only]),
    Part("debug", "g++ debug, compiles what differs from release", 1, [compile_only]),
]


def minutes(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def parse():
    parser = argparse.ArgumentParser(prog="./test", description="Runs Portolan's tests, part after part.")
    parser.add_argument("--quick", dest="parts", action="append_const", const="release", help="g++ release only")
    parser.add_argument("--tsan", dest="parts", action="append_const", const="tsan", help="ThreadSanitizer only")
    parser.add_argument("--asan", dest="parts", action="append_const", const="asan",
                        help="Address and UB sanitizers only")
    parser.add_argument("--house", dest="parts", action="append_const", const="house",
                        help="the rules of the house only")
    parser.add_argument("--soak", action="store_true",
                        help="20 times the work, and the combinations that otherwise only compile run too")
    parser.add_argument("--nightly", action="store_true",
                        help="the large numbers of a night: 10,000 cycles where a plain run makes 300")
    parser.add_argument("-R", dest="only", metavar="TEXT", help="only tests whose name holds TEXT")
    return parser.parse_args()


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    LOGS.mkdir(parents=True, exist_ok=True)
    sys.stdout.reconfigure(line_buffering=True)
    chosen = [part for part in PARTS if not options.parts or part.name in options.parts]
    print(f"{len(chosen)} parts, {sum(part.minutes for part in chosen)} minutes of budget; logs in build/logs")
    total, begin = Tally(), time.monotonic()
    for number, part in enumerate(chosen, 1):
        print(f"\n{number}/{len(chosen)} {part.name}: {part.title} (budget {part.minutes} min)")
        start = time.monotonic()
        tally = part.run(options)
        took = time.monotonic() - start
        over = "" if took <= 60 * part.minutes * patience(options) else "   OVER BUDGET"
        print(f"  {tally}   {minutes(took)} of {part.minutes}:00{over}")
        total.add(tally)
    print(f"\n{minutes(time.monotonic() - begin)} in all")
    print(total)
    return 1 if total.failed or total.passed == 0 else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
