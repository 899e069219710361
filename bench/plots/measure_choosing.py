"""Measures the tables and plots of docs/choosing.md anew: `python3 bench/plots/measure_choosing.py`.

A measured part of the page is a command and what it printed:

    <!-- measured -->
    ```console
    $ ./run advise --scenario read-mostly
    ```
    ```text
    …
    ```

Each such command is run, in the order of the page, and its block of text replaced; `<!-- measured: machine -->` stands
above a block that says where. Plots are written by the commands themselves (--plots docs/plots). Everything else on the
page stays as it is. The whole takes about ten minutes; the machine should do nothing else meanwhile.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "choosing.md"
TOOL = ROOT / "build" / "release" / "bin" / "portolan"
PART = re.compile(r"(<!-- measured -->\n```console\n\$ \./run (?P<command>[^\n]+)\n```\n```text\n)(?P<text>.*?)(?=```)", re.S)
MACHINE = re.compile(r"(<!-- measured: machine -->\n```text\n)(?P<text>.*?)(?=```)", re.S)


def portolan(arguments):
    """What the command printed; its status must be 0: a map that was refused has no place on the page."""
    done = subprocess.run([TOOL, *arguments], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode != 0:
        sys.exit(f"portolan {shlex.join(arguments)}: status {done.returncode}\n{done.stderr}{done.stdout}")
    return done.stdout


def machine():
    told = json.loads(portolan(["advise", "--scenario", "lazy-init", "--quick", "--json"]))["machine"]
    return (f"{told['processors']} processors ({told['processor']}), {told['compiler']} {told['build']}\n"
            f"{time.strftime('%Y-%m-%d')}; load before the first run: {told['load_before']:.2f}\n")


def main():
    parser = argparse.ArgumentParser(description="Measures docs/choosing.md anew.")
    parser.add_argument("--only", default="", metavar="TEXT", help="only commands that hold TEXT")
    parser.add_argument("--list", action="store_true", help="print the commands and measure nothing")
    options = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    commands = [part["command"] for part in PART.finditer(page) if options.only in part["command"]]
    if options.list:
        print(*commands, sep="\n")
        return 0
    if not commands:
        sys.exit(f"docs/choosing.md has no measured part with {options.only!r} in its command; --list shows them")
    if not TOOL.exists():
        sys.exit("build/release/bin/portolan is not built: ./run --version builds it")

    def measured(part):
        if options.only not in part["command"]:
            return part[0]
        begin = time.monotonic()
        text = portolan(shlex.split(part["command"]))
        print(f"{time.monotonic() - begin:6.1f} s  {part['command']}", flush=True)
        text = re.sub(r"^(?:next|plot) .*(?:\n {10}.*)*\n?", "", text, flags=re.M)  # for who sits at the terminal
        return part[1] + "\n".join(line.rstrip() for line in text.rstrip().splitlines()) + "\n"

    if not options.only:
        where = machine()
        page = MACHINE.sub(lambda part: part[1] + where, page)
    page = PART.sub(measured, page)
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
