"""clang-tidy, the few checks of .clang-tidy, over one translation unit that holds all public headers."""

import re
import tempfile

import compilers
from tree import Finding


def check(tree):
    headers = tree.matching(r"portolan/[^/]+/[^/]+\.hpp")
    sources = tree.matching(r"portolan/.*\.cpp")
    if not headers:
        return
    with tempfile.TemporaryDirectory() as folder:
        # Two units, so that both processors have work.
        units = sources
        for i in range(2):
            unit = f"{folder}/headers_{i}.cpp"
            with open(unit, "w", encoding="utf-8") as file:
                file.writelines(f"#include <{header}>\n" for header in headers[i::2])
            units = [*units, unit]

        def look(unit):
            # What stands for the platform in a checked program is compiled for nothing else.
            checked = ["-DPORTOLAN_CHECKED"] if unit.startswith("portolan/prove/") else []
            return compilers.run(["clang-tidy", "--quiet", f"--config-file={tree.settings / '.clang-tidy'}",
                                  rf"--header-filter={re.escape(str(tree.root))}/portolan/.*", unit, "--",
                                  "-std=c++20", f"-I{tree.root}", *checked, "-x", "c++"], cwd=tree.root)

        seen = set()
        for _, out, _ in compilers.in_parallel(look, units):
            for path, line, said in re.findall(r"^(\S+?):(\d+):\d+: (?:warning|error): (.*)$", out, re.M):
                path = path.removeprefix(str(tree.root) + "/")
                if (path, line, said) not in seen:
                    seen.add((path, line, said))
                    yield Finding(path, int(line), f"clang-tidy: {said}; mend it, or write `// NOLINT(check): why`")
