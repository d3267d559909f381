"""Files in a model's answer: fenced blocks with paths, read line by line as they come. Pure.

The format asked for is a fence of three or more backticks whose info string is the path. Models vary it; the usual
variants are understood, everything else is left out and named. Words outside the blocks are dropped: they may say
which model speaks. Every path and text passes `core.filesets` before it is offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core import filesets
from core.errors import Problem

MAX_BLOCKS = 200
_LABEL = 300  # no name of a file is looked for beyond so many characters
_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<info>.*)$")
_PATH = r"[^\s`'\"*<>|:=,;(){}\[\]]*\.(?:html?|css|m?jsx?|tsx?|json|svg|md|txt)"
# `index.html`, html index.html, html:index.html, html title="index.html", {path=index.html}
_IN_INFO = re.compile(rf"(?:^|[\s:=\"'{{])(?P<path>{_PATH})(?=$|[\s\"'}},;])", re.IGNORECASE)
# A line of its own before the block: **index.html**, ### `index.html`, File: index.html, 1. index.html:
_HEADING = re.compile(
    rf"^\s*(?:[#>*\-\s]*|\d+[.)]\s*)(?:(?:file|path|filename)\s*:\s*)?[*`_\"']*(?P<path>{_PATH})[*`_\"':]*\s*$", re.IGNORECASE
)  # fmt: skip
# The first line of the block: // index.html, /* index.html */, <!-- index.html -->, # index.html
_COMMENT = re.compile(rf"^\s*(?:<!--|/\*|//|#)\s*(?:file(?:name)?\s*:\s*)?(?P<path>{_PATH})\s*(?:-->|\*/)?\s*$", re.IGNORECASE)  # fmt: skip
_SUFFIXES = {
    "html": (".html", ".htm"), "htm": (".html", ".htm"), "css": (".css",), "javascript": (".js", ".mjs", ".jsx"),
    "js": (".js", ".mjs"), "jsx": (".jsx", ".js"), "typescript": (".ts", ".tsx"), "ts": (".ts", ".tsx"),
    "tsx": (".tsx",), "json": (".json",), "svg": (".svg",), "xml": (".svg",),
}  # fmt: skip
_NEW = {"html": "index.html", "htm": "index.html", "tsx": "App.tsx", "jsx": "App.jsx"}


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked about: the files then, the path in question, the lines selected in it (1-based, inclusive)."""

    files: Mapping[str, str]
    path: str | None = None
    lines: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file as it came in; `path` is what the block calls itself, if it does."""

    path: str | None
    text: str


@dataclass(slots=True)
class Block:
    """One fenced block: its info string, the line before it, its lines; `closed` once its fence ended."""

    info: str
    heading: str
    mark: str
    lines: list[str] = field(default_factory=list)
    closed: bool = False

    @property
    def label(self) -> str | None:
        """The path that stands before or at the opening fence, as written."""
        for pattern, text in ((_IN_INFO, self.info), (_HEADING, self.heading)):
            if found := pattern.search(text[:_LABEL].strip()):
                return found["path"].removeprefix("./")
        return None

    @property
    def comment(self) -> str | None:
        """The path in a comment on the first line, as written."""
        found = _COMMENT.match(self.lines[0][:_LABEL]) if self.lines else None
        return found["path"].removeprefix("./") if found else None

    @property
    def named(self) -> str | None:
        """The path this block gives itself."""
        return self.label or self.comment

    @property
    def language(self) -> str:
        """The first word of its info string, in lower case."""
        words = re.split(r"[\s:{=]", self.info.strip(), maxsplit=1)
        return words[0].lower()


@dataclass(frozen=True, slots=True)
class Offered:
    """One file of the answer, sound to be shown and taken. `partial`: it ends where the answer broke off."""

    path: str
    text: str
    before: str | None
    partial: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an answer comes to: files, and what had to be left out."""

    files: tuple[Offered, ...]
    problems: tuple[Problem, ...]


class Reader:
    """Reads an answer as it comes."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._rest = ""
        self._before = ""
        self._prose: list[str] = []

    def feed(self, text: str) -> Iterator[Line]:
        """Lines of files that the next piece completed."""
        *whole, self._rest = (self._rest + text).split("\n")
        for line in whole:
            yield from self._line(line.removesuffix("\r"))

    def close(self, *, whole: bool) -> None:
        """No more will come. A whole answer's last line may lack its end, and so may its last fence."""
        if self._rest:
            list(self._line(self._rest.removesuffix("\r"), cut=not whole))
            self._rest = ""
        if self.blocks and whole:
            self.blocks[-1].closed = True
        if not self.blocks and (bare := _bare_page(self._prose)):
            self.blocks.append(Block("html", "", "", bare, closed=whole))

    def _line(self, line: str, *, cut: bool = False) -> Iterator[Line]:
        block = self.blocks[-1] if self.blocks and not self.blocks[-1].closed else None
        fence = _FENCE.match(line)
        if block is None:
            if fence and "`" not in fence["info"] and len(self.blocks) < MAX_BLOCKS:
                self.blocks.append(Block(fence["info"], self._before, fence["mark"]))
            elif line.strip():
                self._before = line
            if not self.blocks:
                self._prose.append(line)
            return
        if fence and not fence["info"].strip() and fence["mark"].startswith(block.mark):
            block.closed = True
            self._before = ""
        elif not cut:  # Half a line is no line.
            block.lines.append(line)
            yield Line(block.named, line)


def _bare_page(lines: Sequence[str]) -> list[str]:
    """A page without any fence around it, as small models answer."""
    start = next((n for n, line in enumerate(lines) if re.match(r"\s*<(!doctype\s+html|html)\b", line, re.IGNORECASE)), None)  # fmt: skip
    if start is None:
        return []
    ends = [n for n, line in enumerate(lines) if re.search(r"</html>\s*$", line, re.IGNORECASE)]
    return list(lines[start : ends[-1] + 1 if ends else len(lines)])


def read(text: str, *, whole: bool) -> list[Block]:
    """The blocks of a finished answer."""
    reader = Reader()
    for _ in reader.feed(text):
        pass
    reader.close(whole=whole)
    return reader.blocks


def propose(blocks: Sequence[Block], question: Question, *, max_bytes: int) -> Proposal:
    """The files that `blocks` come to; a block that gives no sound file is named among the problems."""
    found: dict[str, Offered] = {}
    problems: list[Problem] = []
    for number, block in enumerate(blocks, start=1):
        path = _path(block, question, lone=len(blocks) == 1)
        if path is None:
            problems.append(
                Problem(f"block {number}", "came without the name of its file", "It was left out.")
            )
            continue
        text = _text(block, path, question)
        merged = {**question.files, **{each.path: each.text for each in found.values()}, path: text}
        if faults := filesets.faults(merged, max_bytes=max_bytes):
            problems.append(Problem(faults[0].where, faults[0].what, "It was left out."))
            continue
        before = question.files.get(path)
        if text != before:
            found[path] = Offered(path, text, before, partial=not block.closed)
    return Proposal(tuple(found.values()), tuple(problems))


def _path(block: Block, question: Question, *, lone: bool) -> str | None:
    """Where a block belongs: where it says, else where the question was about, else where alone it can."""
    if block.language in ("diff", "patch"):
        return None
    if block.named is not None:
        return block.named
    if question.lines is not None:
        return question.path
    suffixes = _SUFFIXES.get(block.language)
    if question.path is not None and lone and (suffixes is None or question.path.lower().endswith(suffixes)):
        return question.path
    fitting = [path for path in question.files if suffixes and path.lower().endswith(suffixes)]
    if len(fitting) == 1:
        return fitting[0]
    return _NEW.get(block.language) if not fitting else None


def _text(block: Block, path: str, question: Question) -> str:
    """The file's whole text. A nameless block holds the lines that take the place of the selected ones."""
    lines = block.lines
    if block.label is None and block.comment is not None:
        lines = lines[1:]
    if question.lines is not None and path == question.path and block.named is None:
        old = question.files[path].split("\n")
        first, last = question.lines
        # What was cut off replaces nothing that did not come.
        kept = [] if block.closed else old[first - 1 + len(lines) : last]
        return "\n".join([*old[: first - 1], *lines, *kept, *old[last:]])
    return "\n".join(lines) + "\n" if lines else ""
