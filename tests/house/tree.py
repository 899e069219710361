"""The files a check looks at, and C++ text with its comments and literals taken out."""

import dataclasses
import functools
import os
import pathlib
import re
import subprocess


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    message: str  # what is wrong; what to do

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


class Tree:
    """A working tree, or a sample of one: the paths that belong to it and their text."""

    def __init__(self, root, settings):
        self.root = pathlib.Path(root)
        self.settings = pathlib.Path(settings)  # where .clang-format and .clang-tidy lie
        self.hints = []  # lines to print that fail nothing
        self.built = False  # both compilers have just built the tests and the documents

    @functools.cached_property
    def paths(self):
        found = self._known_to_git() if (self.root / ".git").exists() else self._walked()
        return sorted(p for p in found if (self.root / p).is_file() and not p.startswith("tests/house/samples/"))

    def _known_to_git(self):
        listing = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=self.root,
                                 capture_output=True, text=True, check=False)
        if listing.returncode != 0:
            return self._walked()
        return {p for p in listing.stdout.split("\0") if p}

    def _walked(self):
        return {str(p.relative_to(self.root)) for p in self.root.rglob("*")
                if p.is_file() and not p.relative_to(self.root).parts[0] in ("build", ".git")}

    def matching(self, pattern):
        """Paths that match a regular expression from their beginning to their end."""
        return [p for p in self.paths if re.fullmatch(pattern, p)]

    def cpp(self, *folders):
        """C++ files under the folders; all of them where none is named."""
        where = "|".join(re.escape(f) for f in folders)
        return self.matching(rf"(?:{where}).*\.(?:hpp|cpp)" if folders else r".*\.(?:hpp|cpp)")

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def lines(self, path):
        return self.text(path).splitlines()

    @functools.lru_cache(maxsize=None)
    def code(self, path):
        return blanked(self.text(path))

    def empty_folders(self):
        for folder, below, files in os.walk(self.root):
            parts = pathlib.Path(folder).relative_to(self.root).parts
            below[:] = [b for b in below if b not in (".git", "build", "__pycache__", ".cache")]
            if parts and not below and not [f for f in files if not f.endswith(".pyc")]:
                yield "/".join(parts)


LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n]){1,8}\'', re.S)


def blanked(text):
    """`text` with comments, strings and characters as spaces: every offset and line stays where it was."""
    def blank(match):
        # 1'000'000 is a number, not a character.
        if match.group().startswith("'") and text[match.start() - 1:match.start()].isalnum():
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())
    return LITERAL.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
