"""Parse errors with their lines: CSS by tinycss2, JavaScript and TSX by tree-sitter, JSON by the standard library."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

import tinycss2
import tree_sitter_typescript
from tree_sitter import Language as Grammar
from tree_sitter import Parser

from checks.sources import Fault, Language, Piece

MAX_FAULTS = 20
# Deeper nesting than any stylesheet or object has, shallower than what exhausts tinycss2's and json's recursion.
MAX_DEPTH = 200


def faults(piece: Piece) -> list[Fault]:
    """The parse errors of one piece, at most `MAX_FAULTS`; HTML's come from cutting it up."""
    if piece.language is Language.SCRIPT:
        found = _script(piece)
    elif piece.language is Language.CSS:
        found = _css(piece)
    elif piece.language is Language.JSON:
        found = _json(piece)
    else:
        return []
    done = []
    for fault in found:
        done.append(fault)
        if len(done) == MAX_FAULTS:
            break
    return done


@cache
def _grammar(typed_only: bool) -> Grammar:
    return Grammar(
        tree_sitter_typescript.language_typescript() if typed_only else tree_sitter_typescript.language_tsx()
    )


def _script(piece: Piece) -> Iterator[Fault]:
    # Plain TypeScript allows `<T>value`, which TSX reads as an element; everything else is a subset of TSX.
    source = piece.text.encode()
    tree = Parser(_grammar(piece.path.lower().endswith(".ts"))).parse(source)
    if not tree.root_node.has_error:
        return
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.is_missing:
            yield _fault(piece, node.start_point[0], f"`{node.type}` is missing")
        elif node.type == "ERROR":
            near = (
                source[node.start_byte : node.start_byte + 60].decode(errors="replace").split("\n")[0].strip()
            )
            yield _fault(piece, node.start_point[0], f"syntax error near `{near[:40]}`")
        elif node.has_error:
            stack.extend(reversed(node.children))


def imports(piece: Piece) -> list[tuple[int, str]]:
    """The (line, specifier) of each import and re-export statement of a script, as the grammar sees them."""
    if "import" not in piece.text and "export" not in piece.text:
        return []
    tree = Parser(_grammar(piece.path.lower().endswith(".ts"))).parse(piece.text.encode())
    found = []
    for node in tree.root_node.children:
        if node.type in ("import_statement", "export_statement"):
            source = node.child_by_field_name("source")
            # `import type` leaves nothing behind at run time.
            typed = len(node.children) > 1 and node.children[1].type == "type"
            if source is not None and source.text and not typed:
                spec = source.text.decode(errors="replace").strip("\"'")
                found.append((piece.line + node.start_point[0], spec[:500]))
    return found


_BRACKETS = re.compile(r"[\[\](){}]")


def _depth(text: str) -> int:
    """The deepest bracket nesting of `text`; strings are not told apart, which can only make it larger."""
    depth = deepest = 0
    for match in _BRACKETS.finditer(text):
        depth = depth + 1 if match.group() in "[({" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _css(piece: Piece) -> Iterator[Fault]:
    if _depth(piece.text) > MAX_DEPTH:
        yield _fault(piece, 0, f"brackets are nested more than {MAX_DEPTH} deep")
        return
    for rule in tinycss2.parse_stylesheet(piece.text, skip_comments=True, skip_whitespace=True):
        if rule.type == "error":
            yield _fault(piece, rule.source_line - 1, _css_words(rule))
            continue
        content = getattr(rule, "content", None)
        if content is None:
            continue
        if rule.type == "qualified-rule" or rule.at_keyword in (
            "font-face",
            "page",
            "property",
            "counter-style",
        ):
            for part in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
                if part.type == "error":
                    yield _fault(piece, part.source_line - 1, _css_words(part))
    opened = piece.text.count("{") - piece.text.count("}")
    if opened > 0 and _unclosed(piece.text):
        yield _fault(piece, piece.text.count("\n"), "a `{` is never closed")


def _css_words(error: object) -> str:
    kind, message = getattr(error, "kind", ""), getattr(error, "message", "")
    return f"invalid CSS ({message or kind})".replace(
        "EOF reached before {} block for a qualified rule.", "a rule without a block"
    )


_CSS_TOKENS = re.compile(
    r"""/\*[\s\S]*?(?:\*/|\Z)|"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?|[{}]"""
)


def _unclosed(text: str) -> bool:
    depth = 0
    for match in _CSS_TOKENS.finditer(text):
        depth += (match.group() == "{") - (match.group() == "}")
    return depth > 0


def _json(piece: Piece) -> Iterator[Fault]:
    if _depth(piece.text) > MAX_DEPTH:
        yield _fault(piece, 0, f"brackets are nested more than {MAX_DEPTH} deep")
        return
    try:
        # Numbers are kept as text: turning a megabyte of digits into an integer takes quadratic time.
        json.loads(piece.text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        yield _fault(piece, error.lineno - 1, f"invalid JSON ({error.msg})")


def _fault(piece: Piece, row: int, what: str) -> Fault:
    """`row` counts from 0 inside the piece; an attribute has one line, its tag's."""
    line = piece.line if piece.kind == "attribute" else piece.line + row
    return Fault(piece.path, piece.language, line, what)
