"""Runs the programs of known outcome once for each fault that is planted in the checker: `checker_faults.py PROGRAM LIST`.

PROGRAM is the checker's tests linked with a checker that has the faults of checker_faults.txt, LIST the faults. Without a
fault all of them must pass; with each at least one must fail, and which one is printed.
"""

import os
import re
import subprocess
import sys

# Half a million executions: no fault needs them.
LEFT_OUT = "seqlock.has_as_many_executions_as_others_counted:locks.*"


def run(program, fault):
    """The test that failed; "" if none did."""
    try:
        done = subprocess.run([program, "--gtest_fail_fast", f"--gtest_filter=-{LEFT_OUT}", "--gtest_output="],
                              env={**os.environ, "PORTOLAN_SPOILED": fault}, capture_output=True, text=True, timeout=60,
                              check=False)
    except subprocess.TimeoutExpired:
        return "no end within a minute"
    if done.returncode == 0:
        return ""
    named = re.search(r"\[  FAILED  \] (\S+)", done.stdout) or re.search(r"\[ RUN      \] (\S+)\s*\Z", done.stdout)
    return named.group(1) if named else f"exit status {done.returncode}"


def main():
    program, listed = sys.argv[1:]
    failed = run(program, "")
    if failed:
        print(f"without a fault: {failed} fails")
        return 1
    survivors = 0
    with open(os.path.join(os.path.dirname(listed), "stale.txt"), encoding="utf-8") as lines:
        for stale in lines:
            print(f"{stale.strip():<44}ITS STATEMENTS ARE GONE: plant it where they are now")
            survivors += 1
    with open(listed, encoding="utf-8") as lines:
        faults = [line.split("\t")[0] for line in lines]
    for fault in faults:
        killer = run(program, fault)
        survivors += not killer
        print(f"{fault:<44}{killer or 'NOT NOTICED: write a program that tells it apart'}")
    print(f"{len(faults)} faults, {survivors} not noticed")
    return 1 if survivors or not faults else 0


if __name__ == "__main__":
    sys.exit(main())
