"""Text and code brought to the form in which they are compared. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

# Scripts written without spaces: each sign is a word of its own, else a sentence would be one word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w)+")
_SPACE = re.compile(r"\s+")
_COMMENT = re.compile(
    r"<!--.*?-->"  # HTML
    r"|/\*.*?\*/"  # CSS and JavaScript blocks
    r"|(?m:(?<![:\"'\w/\\])//[^\n]*$)",  # line comments, but not the // of a URL
    re.DOTALL,
)


def normalise(text: str) -> str:
    """NFKC, lower case, invisible format characters gone, runs of white space as one space, trimmed.

    NFKC is taken again after lowering, since lowering can decompose (as in U+0130).
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    if not folded.isascii():
        folded = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    return _SPACE.sub(" ", folded).strip()


def words(normalised: str) -> list[str]:
    """The words of a normalised text in order; a sign of an unspaced script counts as a word."""
    return _WORD.findall(normalised)


def strip_comments(source: str) -> str:
    """`source` without HTML, CSS and JavaScript comments, so that comments neither hide nor fake likeness.

    Lexical, not a parse: a comment sign inside a string may be taken for a comment, on both sides alike.
    """
    return _COMMENT.sub(" ", source)


def code_text(files: Mapping[str, str]) -> str:
    """All code of a file set as one text, in path order, comments stripped."""
    return "\n".join(strip_comments(files[path]) for path in sorted(files))
