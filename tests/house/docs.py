# SPDX-License-Identifier: BSD-3-Clause
"""Checks that what the documents and comments refer to exists, and how the documents are set."""

import re

import prose
import tree

NOTATION = "docs/notation.md"
EQUATIONS = re.compile(r"\bEqs?\.\s*(\(\d+\)(?:\s*(?:,|and|or|to|-)+\s*\(\d+\))*)")
NUMBER = re.compile(r"\((\d+)\)")
# Where an equation is defined: its number ends the line, or is its tag.
DEFINITION = re.compile(r"\\tag\{(\d+)\}|\s{2,}\((\d+)\)\s*$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
OUR_PATH = re.compile(r"(?:include|src|kernels|host|tests|bench|configs|docs|python|tools|cmake)/[\w./-]*")
COMMAND = re.compile(r"\./dev ([a-z]+)")


def defined_equations():
    if not (tree.ROOT / NOTATION).is_file():
        return []
    return [int(a or b) for a, b in DEFINITION.findall(tree.text(NOTATION))]


def cited_equations():
    for path in tree.files(tree.CPP | {".md", ".py", ".toml"}):
        content = tree.text(path)
        for match in EQUATIONS.finditer(content):
            for number in NUMBER.findall(match[1]):
                yield path, tree.line_of(content, match.start()), int(number)


def check_equations():
    defined = defined_equations()
    for number in sorted({number for number in defined if defined.count(number) > 1}):
        yield f"{NOTATION}: Eq. ({number}) is defined twice"
    for path, line, number in cited_equations():
        if number not in defined and path.parts[:2] != ("tests", "house"):
            yield f"{path}:{line}: Eq. ({number}) is not in {NOTATION}"


def anchors(content):
    """The names that headings get where the documents are shown."""
    for heading in re.findall(r"^#+\s+(.*)$", FENCE.sub("", content), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        yield plain.replace(" ", "-")


def check_links():
    for path in tree.files({".md"}):
        content = tree.text(path)
        for match in LINK.finditer(content):
            target, _, anchor = match[1].partition("#")
            if re.match(r"\w+:", target):
                continue
            line = tree.line_of(content, match.start())
            file = (tree.ROOT / path).parent / target if target else tree.ROOT / path
            if not file.exists():
                yield f"{path}:{line}: {target} does not exist"
            elif anchor and file.suffix == ".md":
                if anchor not in anchors(file.read_text(encoding="utf-8")):
                    yield f"{path}:{line}: {target or path} has no heading #{anchor}"


def check_paths():
    for path in tree.files({".md"}):
        content = tree.text(path)
        for match in INLINE.finditer(content):
            named = OUR_PATH.fullmatch(match[1])
            if named and not (tree.ROOT / named[0]).exists():
                yield f"{path}:{tree.line_of(content, match.start())}: {named[0]} does not exist"


def check_commands():
    known = set(re.findall(r"^cmd_(\w+)\(\)", tree.text("dev"), re.MULTILINE))
    for path in tree.files({".md", ".toml"}):
        content = tree.text(path)
        for match in COMMAND.finditer(content):
            if match[1] not in known:
                yield f"{path}:{tree.line_of(content, match.start())}: there is no ./dev {match[1]}"


def check_prose():
    for path in tree.files({".md"}):
        if path.parts[:2] != ("bench", "results"):  # reports are made by a script
            for line, problem in prose.problems(tree.text(path)):
                yield f"{path}:{line}: {problem}"


CHECKS = (check_equations, check_links, check_paths, check_commands, check_prose)

if __name__ == "__main__":
    tree.report([problem for check in CHECKS for problem in check()], "docs")
