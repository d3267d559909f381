"""Which candidate a voter sees on which side: drawn by HMAC, so it is fixed, even and not foreseeable. Pure."""

from __future__ import annotations

import hashlib
import hmac
from typing import TypeVar

T = TypeVar("T")

REPEAT_SHARE = 0.05


def swapped(key: bytes, pair: int, voter: int, *, repeat: bool = False) -> bool:
    """Whether the pair's first candidate is shown as B. A repeat for the same voter is always the other way round."""
    digest = hmac.digest(key, b"sides|%d|%d" % (pair, voter), hashlib.sha256)
    return bool(digest[0] & 1) != repeat


def lay_out(first: T, second: T, is_swapped: bool) -> tuple[T, T]:
    """(A, B) of (first, second)."""
    return (second, first) if is_swapped else (first, second)


def for_first(choice: int, is_swapped: bool) -> int:
    """A choice on the -3 (A much better) .. +3 (B much better) scale as a score for the first candidate.

    The result is positive when the first candidate was preferred. ValueError outside the scale.
    """
    if not -3 <= choice <= 3:
        raise ValueError("a choice is between -3 and 3")
    return choice if is_swapped else -choice


def is_repeated(key: bytes, pair: int, voter: int, share: float = REPEAT_SHARE) -> bool:
    """Whether this vote is to be asked again, sides swapped, for self-consistency (5% of votes)."""
    digest = hmac.digest(key, b"repeat|%d|%d" % (pair, voter), hashlib.sha256)
    return int.from_bytes(digest[:8]) < int(share * 2**64)
