"""How much of one page's code is another's: Jaccard similarity over runs of five tokens.

Comments and vendored code are dropped first. Tokens are words, numbers and single signs, so layout and spaces do not
count. J(A, B) = |A n B| / |A u B| over the sets of shingles (Broder 1997). Hashes are stable between processes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from checks.sources import Language, language_of
from checks.verdict import Files

LENGTH = 5
Shingles = npt.NDArray[np.uint64]

_TOKEN = re.compile(r"[^\W\d]\w*|\d+|[^\w\s]", re.ASCII)
# Every alternative ends in something optional, so none is tried twice over the same text.
_SCRIPT_NOISE = re.compile(
    r"""("(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?|`(?:[^`\\]|\\[\s\S])*`?)|/\*[\s\S]*?(?:\*/|\Z)|//[^\n]*"""
)
_CSS_NOISE = re.compile(r"""("(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?)|/\*[\s\S]*?(?:\*/|\Z)""")
_DATA_URL = re.compile(r"data:[\w/+.-]{0,100};base64,[A-Za-z0-9+/=]+")
_BANNER = re.compile(r"/\*!|@license|@preserve|\bMIT License\b|\(c\) \d{4}|Copyright \(c\)", re.IGNORECASE)
_VENDOR_PATH = re.compile(
    r"(?:^|/)(?:vendor|vendors|third[_-]party|node_modules)/|\.min\.(?:js|css|mjs)$", re.IGNORECASE
)


def tokens(files: Files) -> list[str]:
    """The tokens of all `files` in order of path, without comments, vendored code and embedded binary data."""
    found: list[str] = []
    for path, text in sorted(files.items()):
        for _, part in _parts(path, text):
            found.extend(_TOKEN.findall(part))
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """Where a token stands: the file, and its line counted from 1."""

    path: str
    line: int


def located(files: Files) -> tuple[list[str], list[Place]]:
    """`tokens(files)`, and where each of them stands."""
    found: list[str] = []
    places: list[Place] = []
    for path, text in sorted(files.items()):
        for line, part in _parts(path, text):
            place, at = Place(path, line), 0
            for match in _TOKEN.finditer(part):
                if lines := part.count("\n", at, match.start()):
                    place = Place(path, place.line + lines)
                at = match.start()
                found.append(match.group())
                places.append(place)
    return found, places


def _parts(path: str, text: str) -> Iterator[tuple[int, str]]:
    """What counts of one file: each part with the line it begins on, and with every line break it had."""
    if _VENDOR_PATH.search(path):
        return
    for line, part in _code(path, text):
        yield line, _DATA_URL.sub("data:", part)


def shingles(words: Iterable[str]) -> Shingles:
    """The sorted, distinct 64-bit hashes of every run of `LENGTH` tokens; a shorter text is one shingle."""
    return np.unique(in_order(words))


def in_order(words: Iterable[str]) -> Shingles:
    """The 64-bit hash of every run of `LENGTH` tokens, in their order: the n-th begins at the n-th token."""
    known: dict[str, int] = {}
    numbers = [known[word] if word in known else known.setdefault(word, _hash(word)) for word in words]
    if not numbers:
        return np.empty(0, dtype=np.uint64)
    numbers += [0] * (LENGTH - len(numbers))
    column = np.array(numbers, dtype=np.uint64)
    total = np.zeros(len(column) - LENGTH + 1, dtype=np.uint64)
    for place in range(LENGTH):
        # A polynomial over 2^64 with an odd multiplier; overflow is the modulus.
        total = total * np.uint64(0x9E3779B97F4A7C15) + column[place : place + len(total)]
        total ^= total >> np.uint64(29)
    return total


def of(files: Files) -> Shingles:
    """The shingles of a file set."""
    return shingles(tokens(files))


def jaccard(left: Shingles, right: Shingles) -> float:
    """|A n B| / |A u B|, from 0 to 1; two empty sets are equal."""
    if not len(left) and not len(right):
        return 1.0
    common = len(np.intersect1d(left, right, assume_unique=True))
    return common / (len(left) + len(right) - common)


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(errors="replace"), digest_size=8).digest(), "big")


def _code(path: str, text: str) -> Iterator[tuple[int, str]]:
    language = language_of(path)
    if language is Language.HTML:
        yield from _page(text)
    elif language is Language.CSS:
        if not _vendored(text):
            yield 1, _strip(_CSS_NOISE, text)
    elif language is Language.SCRIPT:
        if not _vendored(text):
            yield 1, _strip(_SCRIPT_NOISE, text)
    else:
        yield 1, text


def _page(text: str) -> Iterator[tuple[int, str]]:
    """The parts of a page: markup without comments, script and style bodies stripped by their own rules."""
    line = counted = 0
    for start, part in _page_parts(text):
        line += text.count("\n", counted, start)
        counted = start
        yield line + 1, part


def _page_parts(text: str) -> Iterator[tuple[int, str]]:
    """The same, each with the offset it begins at."""
    lower, at = text.lower(), 0
    if len(lower) != len(text):
        # Some letters grow when lowered (U+0130); offsets must agree, so only ASCII is folded then.
        lower = re.sub("[A-Z]", lambda match: match.group().lower(), text)
    marks = re.compile(r"<!--|<script(?=[\s>/])|<style(?=[\s>/])")
    while (mark := marks.search(lower, at)) is not None:
        yield at, text[at : mark.start()]
        if mark.group() == "<!--":
            end = lower.find("-->", mark.end())
            at = len(text) if end < 0 else end + 3
            continue
        name = mark.group()[1:]
        opened = lower.find(">", mark.end())
        if opened < 0:
            yield mark.start(), text[mark.start() :]
            return
        yield mark.start(), text[mark.start() : opened + 1]
        closed = lower.find(f"</{name}", opened)
        body = text[opened + 1 : closed if closed >= 0 else len(text)]
        if not _vendored(body):
            yield opened + 1, _strip(_SCRIPT_NOISE if name == "script" else _CSS_NOISE, body)
        at = closed if closed >= 0 else len(text)
    yield at, text[at:]


def _strip(noise: re.Pattern[str], text: str) -> str:
    """`text` without comments but with their line breaks; strings are kept, since they may hold the marks of one."""
    return noise.sub(lambda match: match.group(1) or " " + "\n" * match.group().count("\n"), text)


def _vendored(text: str) -> bool:
    """Whether `text` is somebody's library: long, with a licence banner, and minified."""
    if len(text) < 8_000:
        return False
    lines = text.count("\n") + 1
    return len(text) / lines > 400 and _BANNER.search(text[:2_000]) is not None


def without(left: Shingles, right: Shingles | None) -> Shingles:
    """The shingles of `left` that `right` lacks; all of them when there is no `right`."""
    return left if right is None else np.setdiff1d(left, right, assume_unique=True)
