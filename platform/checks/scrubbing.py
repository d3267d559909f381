"""Takes the names of models and vendors out of a file set and keeps its code running. Pure.

The files are cut into tokens by their grammars (tree-sitter), and a name is replaced within a token only: an
identifier, a string, a comment, a class name, a value. The same name becomes the same word in every file and in file
names, so what referred to each other still does. Lengths do not change, so the picture hardly does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import tree_sitter_css
import tree_sitter_html
import tree_sitter_typescript
from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser

from checks.parsing import faults
from checks.sources import Language, cut, language_of
from checks.verdict import Files
from protect import identity
from protect.neutral import Neutral, resolved, taken_out

# A real page has a few hundred tags and some tens of kilobytes; the parsers take more than linear time on what nests.
MAX_TAGS = 10_000
MAX_FILE = 300_000  # characters

# Alone it is too short to be told by the check, but where longer names with it go, it goes too.
_ALSO = ("gpt",)
# Values of these are lists of names: a space parts them.
_LISTS = {"class", "for", "headers", "aria-labelledby", "aria-describedby", "aria-controls", "rel"}
_SCRIPT_TYPES = re.compile(
    r"^(?:|module|(?:text|application)/(?:x-)?(?:javascript|ecmascript|babel|jsx|typescript|tsx))$"
)


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """The files without names; what was put in place of which name; names that could not be taken out, and where."""

    files: dict[str, str]
    replaced: Mapping[str, str]
    left: Mapping[str, Sequence[str]]

    @property
    def sound(self) -> bool:
        """Whether nothing is left, and something was done."""
        return bool(self.replaced) and not self.left


def scrub(files: Files, own: Sequence[str] = ()) -> Scrubbed:
    """`files` without names of models and vendors; `own` are further ones. Names that stay are told in `left`.

    Files that would parse worse than before, or are larger than any real one, are left as they were.
    """
    if any(len(text) > MAX_FILE or text.count("<") > MAX_TAGS for text in files.values()):
        return Scrubbed(dict(files), {}, identity.names_in(files, own))
    plain = {path: resolved(text, own) for path, text in sorted(files.items())}
    neutral = Neutral("\n".join([*plain, *plain.values()]))
    names = (*own, *_ALSO)
    replaced: dict[str, str] = {}

    def without(token: str) -> str:
        text, told = taken_out(token, names, neutral)
        replaced.update(told)
        return text

    done = {
        without(path): "".join(without(part) if is_token else part for is_token, part in _parts(path, text))
        for path, text in plain.items()
    }
    if len(done) != len(files) or _faults(done) > _faults(files):
        return Scrubbed(dict(files), {}, identity.names_in(files, own))
    return Scrubbed(done, replaced, identity.names_in(done, own))


def _faults(files: Files) -> int:
    done = cut(files)
    return len(done.faults) + sum(len(faults(piece)) for piece in done.pieces)


# --- Tokens -----------------------------------------------------------------------------------------


@cache
def _parser(kind: str) -> Parser:
    grammars = {
        "html": tree_sitter_html.language,
        "css": tree_sitter_css.language,
        "tsx": tree_sitter_typescript.language_tsx,
        "ts": tree_sitter_typescript.language_typescript,
    }
    return Parser(Grammar(grammars[kind]()))


def _parts(path: str, text: str) -> Iterator[tuple[bool, str]]:
    """`text` in parts that make it up again; with each, whether it is a token."""
    language = language_of(path)
    if language is Language.HTML or path.lower().endswith(".svg"):
        yield from _html(text)
    elif language is Language.CSS:
        yield from _code(text, "css")
    elif language is Language.SCRIPT:
        yield from _code(text, "ts" if path.lower().endswith(".ts") else "tsx")
    else:
        yield True, text


@dataclass(frozen=True, slots=True)
class _At:
    """A node and what it is in; asking a tree for a parent walks from its root each time."""

    node: Node
    inside: _At | None

    def up(self, steps: int) -> Node | None:
        """The node so many steps outwards."""
        at: _At | None = self
        for _ in range(steps):
            at = at.inside if at is not None else None
        return at.node if at is not None else None


def _code(text: str, kind: str) -> Iterator[tuple[bool, str]]:
    """Every leaf of the tree is a token, except a package that a script imports; what lies between is none."""
    for leaf, between, token in _leaves(text, kind):
        yield False, between
        if leaf is not None:
            yield not _is_package(leaf, token), token


def _html(text: str) -> Iterator[tuple[bool, str]]:
    for leaf, between, token in _leaves(text, "html"):
        yield False, between
        if leaf is not None:
            yield from _piece(leaf, token)


def _leaves(text: str, kind: str) -> Iterator[tuple[_At | None, str, str]]:
    """Nodes without children, in order: each with the text before it and its own; last, None and the text that is left.

    Never recursive: nesting is an attacker's to choose.
    """
    source, at = text.encode(), 0
    for leaf in _walk(_parser(kind).parse(source).root_node):
        node = leaf.node
        yield leaf, source[at : node.start_byte].decode(), source[node.start_byte : node.end_byte].decode()
        at = node.end_byte
    yield None, source[at:].decode(), ""


def _walk(root: Node) -> Iterator[_At]:
    stack = [_At(root, None)]
    while stack:
        at = stack.pop()
        if at.node.child_count:
            stack.extend(_At(child, at) for child in reversed(at.node.children))
        elif at.node.end_byte > at.node.start_byte:
            yield at


def _piece(leaf: _At, token: str) -> Iterator[tuple[bool, str]]:
    """A leaf of a page: scripts and styles by their own grammars, lists word by word."""
    element = leaf.up(1)
    if leaf.node.type == "raw_text" and element is not None:
        if element.type == "style_element":
            yield from _code(token, "css")
        elif _SCRIPT_TYPES.match(_type_of(element)):
            yield from _code(token, "tsx")
        else:
            yield True, token
    elif leaf.node.type == "attribute_value":
        name = _attribute(leaf)
        if name.startswith("on"):
            yield from _code(token, "tsx")
        elif name in _LISTS:
            yield from ((not part.isspace(), part) for part in re.split(r"(\s+)", token))
        else:
            yield name != "integrity", token
    else:
        yield True, token


def _is_package(leaf: _At, token: str) -> bool:
    """Whether a leaf is the text of `from "package"`, `import("package")` or `require("package")`."""
    if leaf.node.type != "string_fragment" or token.startswith((".", "/")):
        return False
    around, call = leaf.up(2), leaf.up(3)
    if around is None:
        return False
    if around.type in ("import_statement", "export_statement"):
        return True
    called = call.child(0) if around.type == "arguments" and call is not None else None
    return called is not None and called.text in (b"import", b"require")


def _type_of(script: Node) -> str:
    """The `type` of a script element, in small letters."""
    for attribute in [part for start in script.children[:1] for part in start.children]:
        texts = [leaf.node.text or b"" for leaf in _walk(attribute)]
        if texts and texts[0].lower() == b"type":
            value = b"".join(texts[1:]).decode(errors="replace").strip("=\"' \t\n")
            return value.lower().split(";")[0]
    return ""


def _attribute(leaf: _At) -> str:
    """The name of the attribute whose value this is."""
    for steps in (1, 2):
        node = leaf.up(steps)
        if node is not None and node.type == "attribute":
            return (node.children[0].text or b"").decode(errors="replace").lower()
    return ""
