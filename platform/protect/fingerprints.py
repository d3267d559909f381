"""Fingerprints of prompts and code: keyed 64-bit hashes, no text kept. Pure.

A fingerprint hides a text from a reader. It does not hide it from somebody who has the key and guesses the text.
The key also makes fingerprints of two registries incomparable, so both sides of a match must use the same one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from protect.normalise import code_text, normalise, words

Hashes = npt.NDArray[np.uint64]

CHAR_GRAM = 5
WORD_GRAM = 8
SHINGLE = 5
FORMAT = 1
DEFAULT_KEY = b"hillclimb fingerprint 1"

_PROBE = (
    "<!-- seen --> Build a page, with \u201cquotes\u201d, \uff37\uff29\uff24\uff25 letters, \u0130stanbul and \u6771\u4eac; "
    "keep 5% margins and call render(state, { dark: true }) twice. // not this"
)

_WORD_BYTE = np.zeros(256, dtype=bool)
_WORD_BYTE[[*range(48, 58), *range(65, 91), 95, 36, *range(97, 123), *range(128, 256)]] = True
_SPACE_BYTE = np.zeros(256, dtype=bool)
_SPACE_BYTE[[9, 10, 11, 12, 13, 32]] = True


@dataclass(frozen=True, slots=True, eq=False)
class PromptFingerprint:
    """`exact`: 16 bytes. `char_grams`, `word_grams`, `words`: sorted unique hashes."""

    exact: bytes
    char_grams: Hashes
    word_grams: Hashes
    words: Hashes
    word_count: int

    def as_json(self) -> dict[str, Any]:
        """The fingerprint as JSON values (hashes as base64 of little-endian uint64)."""
        return {
            "format": FORMAT,
            "exact": self.exact.hex(),
            "chars": _pack(self.char_grams),
            "grams": _pack(self.word_grams),
            "words": _pack(self.words),
            "n": self.word_count,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PromptFingerprint:
        """Inverse of `as_json`. ValueError when it was written in another format."""
        _check_format(value)
        exact = bytes.fromhex(value["exact"])
        return cls(
            exact, _unpack(value["chars"]), _unpack(value["grams"]), _unpack(value["words"]), int(value["n"])
        )


@dataclass(frozen=True, slots=True, eq=False)
class CodeFingerprint:
    """`shingles`: sorted unique hashes of five tokens in a row. `tokens`: how many tokens there were."""

    shingles: Hashes
    tokens: int

    def as_json(self) -> dict[str, Any]:
        """The fingerprint as JSON values."""
        return {"format": FORMAT, "shingles": _pack(self.shingles), "n": self.tokens}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CodeFingerprint:
        """Inverse of `as_json`. ValueError when it was written in another format."""
        _check_format(value)
        return cls(_unpack(value["shingles"]), int(value["n"]))


class Fingerprinter:
    """Makes fingerprints under one key. Equal texts give equal hashes on every machine."""

    def __init__(self, key: bytes = DEFAULT_KEY) -> None:
        self._key = hashlib.blake2b(key, digest_size=32).digest()
        seeds = hashlib.blake2b(b"multipliers", key=self._key, digest_size=64).digest()
        # Odd multipliers are units modulo 2**64, so no position of a gram is ever lost.
        self._odd: Hashes = np.frombuffer(seeds, dtype="<u8").astype(np.uint64) | np.uint64(1)
        self._base = int(self._odd[0])
        self._powers: Hashes = np.ones(1, dtype=np.uint64)
        self._inverse_powers: Hashes = np.ones(1, dtype=np.uint64)
        self._seen: dict[str, int] = {}

    def prompt(self, text: str) -> PromptFingerprint:
        """The fingerprint of a prompt. Texts under five characters have one gram: themselves."""
        plain = normalise(text)
        exact = hashlib.blake2b(
            plain.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16
        ).digest()
        points = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
        parts = words(plain)
        hashed = np.array([self._word(part) for part in parts], dtype=np.uint64)
        return PromptFingerprint(
            exact=exact,
            char_grams=np.unique(self._grams(points, CHAR_GRAM)),
            word_grams=np.unique(self._grams(hashed, WORD_GRAM)) if len(parts) >= WORD_GRAM else hashed[:0],
            words=np.unique(hashed),
            word_count=len(parts),
        )

    def code(self, files: Mapping[str, str]) -> CodeFingerprint:
        """The fingerprint of a file set: five-token shingles of its code without comments."""
        tokens = self._token_hashes(code_text(files).encode("utf-8", "surrogatepass"))
        return CodeFingerprint(np.unique(self._grams(tokens, SHINGLE)), len(tokens))

    def probe(self) -> str:
        """A digest of the fingerprints of a fixed text: equal as long as fingerprints are made in one way."""
        made = [self.prompt(_PROBE).as_json(), self.code({"index.html": _PROBE}).as_json()]
        return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()

    def _word(self, word: str) -> int:
        known = self._seen.get(word)
        if known is None:
            if len(self._seen) > 200_000:  # bounds memory on endless imports
                self._seen.clear()
            digest = hashlib.blake2b(
                word.encode("utf-8", "surrogatepass"), key=self._key, digest_size=8
            ).digest()
            known = self._seen[word] = int.from_bytes(digest, "little")
        return known

    def _grams(self, values: Hashes, size: int) -> Hashes:
        """Hashes of every `size` values in a row; of all values, when there are fewer (none for none)."""
        if len(values) == 0:
            return values[:0]
        size = min(size, len(values))
        count = len(values) - size + 1
        total = np.full(count, np.uint64(size), dtype=np.uint64)
        for offset in range(size):
            total += _mix(values[offset : offset + count]) * self._odd[offset]
        return _mix(total)

    def _token_hashes(self, source: bytes) -> Hashes:
        """Hashes of the tokens of `source`: runs of word bytes, and every other visible byte by itself."""
        data = np.frombuffer(source, dtype=np.uint8)
        if len(data) == 0:
            return np.empty(0, dtype=np.uint64)
        word = _WORD_BYTE[data]
        starts = ~_SPACE_BYTE[data]
        starts[1:] &= ~(word[1:] & word[:-1])
        first = np.flatnonzero(starts)
        if len(first) == 0:
            return np.empty(0, dtype=np.uint64)
        ends = np.flatnonzero(word & ~np.append(word[1:], False)) + 1
        last = first + 1
        last[word[first]] = ends
        self._grow_powers(len(data))
        prefix = np.zeros(len(data) + 1, dtype=np.uint64)
        np.cumsum((data.astype(np.uint64) + np.uint64(1)) * self._powers[: len(data)], out=prefix[1:])
        return _mix((prefix[last] - prefix[first]) * self._inverse_powers[first])

    def _grow_powers(self, size: int) -> None:
        if len(self._powers) >= size:
            return
        room = max(size, 2 * len(self._powers), 1 << 16)
        inverse = pow(self._base, -1, 1 << 64)
        self._powers = np.cumprod(
            np.r_[np.uint64(1), np.full(room - 1, self._base, dtype=np.uint64)], dtype=np.uint64
        )
        self._inverse_powers = np.cumprod(
            np.r_[np.uint64(1), np.full(room - 1, inverse, dtype=np.uint64)], dtype=np.uint64
        )


def _mix(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64: a bijection that spreads every input bit."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _pack(values: Hashes) -> str:
    return base64.b64encode(values.astype("<u8").tobytes()).decode("ascii")


def _unpack(value: str) -> Hashes:
    return np.frombuffer(base64.b64decode(value), dtype="<u8").astype(np.uint64)


def _check_format(value: Mapping[str, Any]) -> None:
    if value.get("format") != FORMAT:
        raise ValueError(f"fingerprint format {value.get('format')!r} is not {FORMAT}; import the set again")
