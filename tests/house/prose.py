# SPDX-License-Identifier: BSD-3-Clause
"""How the documents are set: a sentence begins its own line, lines and paragraphs are short."""

import re

LONGEST_LINE = 100  # as in the code
MOST_LINES = 5  # of a paragraph or a list item

# What is quoted from elsewhere, or made by a script, is not ours to set.
QUOTED = re.compile(r"<!-- (\w+): begin -->")
ITEM = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+")
HEADING = re.compile(r"#+\s")
DEFINITION = re.compile(r"\s*\[[^\]]+\]:\s")
ADDRESS = re.compile(r"\s*(?:[-*+]\s+)?<?\w+://\S+$")

# A line's words without what may hold dots and is no text: code, the targets of links.
CODE = re.compile(r"`[^`]*`")
TARGET = re.compile(r"\]\([^)\s]*\)")
ABBREVIATION = re.compile(r"\b(?:Eqs?|Figs?|Secs?|Refs?|Nos?|e\.g|i\.e|cf|vs|Dr|St|[A-Z])\.$")
END = re.compile(r"(?<![.\s])[.?!][\"')\]*_]*(?=\s+\S)")


def second_sentence(line):
    """Where a sentence ends and another begins in the same line, or None."""
    plain = CODE.sub(lambda code: "c" * len(code[0]), ITEM.sub("", line))
    plain = TARGET.sub("]", plain)
    for end in END.finditer(plain):
        if not ABBREVIATION.search(plain[: end.start() + 1]):
            return plain[end.end() :].strip()
    return None


def kinds(lines):
    """The kind of every line: text, item (where one begins), heading, blank or other."""
    closing, before = None, "blank"
    for line in lines:
        if closing:
            kind = "other"
            closing = None if closing in line else closing
        elif line.lstrip().startswith("```"):
            kind, closing = "other", "```"
        elif line.strip().startswith("$$"):
            kind, closing = "other", None if line.count("$$") > 1 else "$$"
        elif quoted := QUOTED.search(line):
            kind, closing = "other", f"<!-- {quoted[1]}: end -->"
        elif not line.strip():
            kind = "blank"
        elif line.startswith("    ") and before in ("blank", "code"):
            kind = "code"
        elif HEADING.match(line):
            kind = "heading"
        elif line.lstrip().startswith(("|", "<!--")) or DEFINITION.match(line) or ADDRESS.match(line):
            kind = "other"
        else:
            kind = "item" if ITEM.match(line) else "text"
        # Blank lines do not end indented code.
        before = "code" if kind == "blank" and before == "code" else kind
        yield kind


def problems(content):
    """Line and fault of all that is set otherwise, in a document's order."""
    lines = content.split("\n")
    length = 0  # lines of the paragraph or item so far
    for number, (line, kind) in enumerate(zip(lines, kinds(lines)), start=1):
        length = {"item": 1, "text": length + 1}.get(kind, 0)
        if kind not in ("text", "item", "heading"):
            continue
        if len(line) > LONGEST_LINE:
            yield number, f"{len(line)} characters, more than {LONGEST_LINE}"
        if length == MOST_LINES + 1:
            yield number, f"a paragraph or list item of more than {MOST_LINES} lines"
        if kind == "heading":
            if line.rstrip().endswith((".", ":", ";", ",")):
                yield number, "a heading asks or names: it ends without a stop"
        elif (second := second_sentence(line)) is not None:
            yield number, f"a second sentence: '{second[:40]}'"
