"""Finds the functions that a header offers: a reader of C++ just good enough for declarations.

It follows namespaces, classes and access, jumps over bodies, template heads, constraints and initialisers, and names
each function with the comment above it. What it cannot read it leaves out; tests/house/samples/tags shows what it can.
"""

import dataclasses
import re

from tree import line_of

TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.']*|::|->|\[\[|\]\]|<=>|&&|\|\||[^\s\w]")
OPEN = {"(": ")", "[": "]", "{": "}", "[[": "]]"}
SKIP_BEFORE_PAREN = {"noexcept", "explicit", "alignas", "decltype", "requires", "__attribute__", "throw", "asm"}


@dataclasses.dataclass
class Function:
    name: str
    line: int
    words: list      # the tokens of its declaration, body left out
    body: str        # the text of its body; None where it is only declared
    owner: str       # the class it belongs to, or ""
    comment: list    # the lines of comment directly above it
    inside: bool     # in a namespace of the inside (detail): offered only through a class that derives from its owner


@dataclasses.dataclass
class Scope:
    kind: str        # namespace, class or other
    name: str
    visible: bool    # public all the way up
    inside: bool = False


class Reader:
    def __init__(self, text, code):
        self.lines = text.splitlines()
        self.code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), code,
                           flags=re.M)
        self.tokens = [(m.group(), m.start()) for m in TOKEN.finditer(self.code)]
        self.at = 0
        self.scopes = [Scope("namespace", "", True)]
        self.functions = []
        self.bases = {}  # a class, and what it derives from in public

    def peek(self, ahead=0):
        i = self.at + ahead
        return self.tokens[i][0] if i < len(self.tokens) else ""

    def skip_balanced(self):
        """Stands on an opening bracket; leaves behind its closing one."""
        closing = [OPEN[self.peek()]]
        self.at += 1
        while closing and self.at < len(self.tokens):
            token = self.peek()
            if token in OPEN and not (token == "[[" and closing[-1] == "]"):
                closing.append(OPEN[token])
            elif token == closing[-1]:
                closing.pop()
            elif token == "]]" and closing[-1] == "]":  # a[b[i]]
                closing.pop()
                if closing and closing[-1] == "]":
                    closing.pop()
            self.at += 1

    def skip_angles(self):
        depth = 0
        while self.at < len(self.tokens):
            token = self.peek()
            if token == "<":
                depth += 1
            elif token == ">":
                depth -= 1
                if depth == 0:
                    self.at += 1
                    return
            elif token in OPEN:
                self.skip_balanced()
                continue
            self.at += 1

    def read(self):
        while self.at < len(self.tokens):
            token = self.peek()
            if token == "}":
                if len(self.scopes) > 1:
                    self.scopes.pop()
                self.at += 1
            elif token in ("public", "private", "protected") and self.peek(1) == ":":
                scope = self.scopes[-1]
                scope.visible = scope.kind == "class" and token == "public" and self.scopes[-2].visible
                self.at += 2
            elif token == ";":
                self.at += 1
            else:
                self.statement()
        return self.functions

    def statement(self):
        """One declaration: to its semicolon, past its body, or into its scope."""
        start, words, name = self.at, [], None
        assigned = constructing = False
        while self.at < len(self.tokens):
            token = self.peek()
            if token == ";":
                self.at += 1
                break
            if token == "}":
                break
            if token == "template" and self.peek(1) == "<":
                words.append("template")
                self.at += 1
                if self.peek(1) == ">":
                    words.append("<>")
                self.skip_angles()
                continue
            if token == "requires":
                self.skip_constraint()
                continue
            if token == "[[" or token == "[":
                self.skip_balanced()
                continue
            if token == "operator" and name is None:
                name = self.operator_name()
                words.append(name)
                continue
            if token in SKIP_BEFORE_PAREN and self.peek(1) == "(":
                words.append(token)
                self.at += 1
                self.skip_balanced()
                continue
            if token == "(":
                if name is None and not assigned and words:
                    name = words[-1] if words[-1] != ">" else None
                before = self.at
                self.skip_balanced()
                words.append(" ".join(t for t, _ in self.tokens[before:self.at]))
                continue
            if token == "<" and name is None and words and re.match(r"\w", words[-1]):
                before = self.at
                self.skip_angles()
                words.append(" ".join(t for t, _ in self.tokens[before:self.at]))
                continue
            if token == ":" and name is not None:
                constructing = True
            if token == "{":
                if self.enter(words, name, assigned, constructing):
                    return
                if name is not None and not assigned and not (constructing and self.is_initialiser()):
                    opened = self.tokens[self.at][1]
                    self.skip_balanced()
                    closed = self.tokens[self.at - 1][1]
                    self.note(start, name, words, self.code[opened + 1:closed])
                    return
                self.skip_balanced()
                if self.peek() not in (",", ";", "{") and not constructing and not assigned:
                    break
                continue
            if token == "=":
                assigned = True
            words.append(token)
            self.at += 1
        if name is not None:
            self.note(start, name, words, None)

    def is_initialiser(self):
        """In a constructor's list: is this brace a member's value (`a_{1}`) or the body?"""
        before = self.tokens[self.at - 1][0]
        return re.match(r"\w", before) is not None or before == ">"

    def skip_constraint(self):
        self.at += 1
        while self.peek() not in ("", ";"):
            token = self.peek()
            if token == "requires":
                self.at += 1
                if self.peek() == "(":
                    self.skip_balanced()
                self.skip_balanced()
            elif token == "(":
                self.skip_balanced()
            else:  # a concept's name, with its arguments
                while re.match(r"\w|::", self.peek()) and self.peek() not in ("requires",):
                    self.at += 1
                if self.peek() == "<":
                    self.skip_angles()
                while self.peek() == "::" or (self.tokens[self.at - 1][0] == "::" and re.match(r"\w", self.peek())):
                    self.at += 1
            if self.peek() == "!":
                self.at += 1
                continue
            if self.peek() not in ("&&", "||"):
                return
            self.at += 1

    def operator_name(self):
        self.at += 1
        name = "operator"
        if self.peek() == "(" and self.peek(1) == ")":
            self.at += 2
            return "operator()"
        while self.peek() not in ("(", ""):
            name += (" " if re.match(r"\w", self.peek()) else "") + self.peek()
            self.at += 1
        return name

    def enter(self, words, name, assigned, constructing):
        """Opens the scope of a namespace or class; false if this brace is something else."""
        plain = [w for w in words if w != "template"]
        if plain and plain[0] in ("namespace", "inline") and "namespace" in plain:
            inner = "".join(plain[plain.index("namespace") + 1:])
            hidden = inner == "" or re.search(r"\b(detail|inside|internal|impl)\b", inner)
            self.scopes.append(Scope("namespace", inner, self.scopes[-1].visible,
                                     bool(hidden) or self.scopes[-1].inside))
        elif name is None and not assigned and plain and plain[0] in ("class", "struct", "union"):
            title = next((w for w in plain[1:] if re.match(r"[A-Za-z_]\w*$", w) and w not in SKIP_BEFORE_PAREN), "")
            # `class outer::inner {` was declared inside `outer`, whose access counts.
            head = plain[:plain.index(":")] if ":" in plain else plain
            visible = self.scopes[-1].visible and plain[0] != "class"
            if "::" in head:
                self.scopes.append(Scope("other", title, False))
                self.at += 1
                return True
            self.scopes.append(Scope("class", title, visible, self.scopes[-1].inside))
            self.bases[title] = public_bases(plain)
        elif plain and plain[0] == "extern" and name is None:
            self.scopes.append(Scope("namespace", "", self.scopes[-1].visible, self.scopes[-1].inside))
        else:
            return False
        self.at += 1
        return True

    def note(self, start, name, words, body):
        if not self.scopes[-1].visible or not re.match(r"[A-Za-z_~]", name):
            return
        if words[0] in ("using", "typedef", "static_assert", "concept", "friend", "enum", "extern") or "concept" in words:
            return
        if name in words[1:] and words[words.index(name) - 1] == "::":
            return  # defined here, declared in its class
        if "~" in words:
            name = "~" + name
        line = line_of(self.code, self.tokens[start][1])
        owner = self.scopes[-1].name if self.scopes[-1].kind == "class" else ""
        self.functions.append(Function(name, line, words, body, owner, self.comment_above(line),
                                       self.scopes[-1].inside))

    def comment_above(self, line):
        found = []
        at = line - 2
        while at >= 0 and self.lines[at].lstrip().startswith("//"):
            found.insert(0, self.lines[at].strip())
            at -= 1
        return found


def public_bases(head):
    """`class map : public detail::reads<map>, private other` derives in public from `reads`."""
    if ":" not in head:
        return set()
    found, access, last = set(), head[0] == "struct", ""
    for word in [*head[head.index(":") + 1:], ","]:
        if word == ",":
            if access and last:
                found.add(last)
            access, last = head[0] == "struct", ""
        elif word in ("public", "private", "protected"):
            access = word == "public"
        elif re.match(r"[A-Za-z_]\w*$", word) and word not in ("virtual", "typename"):
            last = word
    return found


def read(text, code):
    """The functions a header offers, and its classes with what they derive from."""
    reader = Reader(text, code)
    return reader.read(), reader.bases
