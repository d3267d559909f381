"""MinHash signatures in bands, so that likely near-duplicates are found by equal keys (locality-sensitive hashing). Pure.

Two sets of Jaccard similarity s agree in one MinHash with probability s, in all `ROWS` of a band with s^r, and in at
least one of `BANDS` bands with 1 - (1 - s^r)^b (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4.2).
"""

from __future__ import annotations

import hashlib

from rensa import RMinHash

from checks.shingles import Shingles

BANDS = 20
ROWS = 5
_SEED = 20_05


def keys(shingles: Shingles, *, salt: int) -> list[int]:
    """One signed 64-bit key a band; only sets of the same `salt` (a project's id) can share one. Empty for no shingles.

    Keys are kept: a change of their making needs a new `signatures.FORMAT`.
    """
    if not len(shingles):
        return []
    packed = shingles.astype("<u8").tobytes()
    made = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    made.update([packed[at : at + 8] for at in range(0, len(packed), 8)])
    digest = made.digest()
    return [_key(digest[band * ROWS : (band + 1) * ROWS], band, salt) for band in range(BANDS)]


def recall(similarity: float) -> float:
    """The probability that two sets of this Jaccard similarity share a key."""
    return float(1 - (1 - similarity**ROWS) ** BANDS)


def _key(values: list[int], band: int, salt: int) -> int:
    text = f"{salt}:{band}:{','.join(map(str, values))}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
