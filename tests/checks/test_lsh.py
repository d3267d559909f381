"""MinHash bands: the published S-curve, and that candidates hold the exhaustive answer as often as it promises."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import lsh, signatures
from checks.shingles import Shingles, jaccard


def pair(rng: random.Random, size: int, similarity: float) -> tuple[Shingles, Shingles]:
    """Two sets of `size` hashes whose Jaccard similarity is as near to `similarity` as whole numbers allow."""
    common = round(2 * size * similarity / (1 + similarity))
    values = rng.sample(range(1, 2**63), 2 * size - common)
    left, right = values[:size], values[size - common :]
    return np.unique(np.array(left, dtype=np.uint64)), np.unique(np.array(right, dtype=np.uint64))


@pytest.mark.parametrize(("similarity", "expected"), [(0.5, 0.4701), (0.8, 0.9996), (0.0, 0.0), (1.0, 1.0)])
def test_the_published_curve(similarity: float, expected: float) -> None:
    assert lsh.recall(similarity) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.65, 0.8])
def test_bands_meet_as_often_as_the_curve_says(similarity: float) -> None:
    rng, n, met = random.Random(similarity), 500, 0
    for _ in range(n):
        left, right = pair(rng, rng.choice([60, 400]), similarity)
        met += bool(set(lsh.keys(left, salt=1)) & set(lsh.keys(right, salt=1)))
    expected = lsh.recall(similarity)
    # Four standard errors of a share of n: one run of 4,000 (all four cases) would fail by chance, and this one is seeded.
    assert abs(met / n - expected) <= 4 * math.sqrt(expected * (1 - expected) / n) + 0.01


def test_candidates_hold_the_exhaustive_answer_at_the_declared_recall() -> None:
    """Over a corpus: of what comparing everything finds, the bands find at least what the curve gives for it."""
    rng = random.Random(5)
    corpus: list[Shingles] = []
    for _ in range(120):
        corpus.extend(pair(rng, rng.randint(40, 300), rng.uniform(0.2, 1.0)))
    banded = [set(lsh.keys(each, salt=3)) for each in corpus]
    promised = variance = 0.0
    exhaustive = found = 0
    for a in range(len(corpus)):
        for b in range(a):
            if (similarity := jaccard(corpus[a], corpus[b])) >= 0.5:
                exhaustive += 1
                chance = lsh.recall(similarity)
                promised += chance
                variance += chance * (1 - chance)
                found += bool(banded[a] & banded[b])
    assert exhaustive > 50
    assert found >= promised - 3 * math.sqrt(variance)


def test_keys_of_two_projects_never_meet_and_are_kept_as_they_are() -> None:
    same = np.arange(1, 200, dtype=np.uint64)
    assert not set(lsh.keys(same, salt=1)) & set(lsh.keys(same, salt=2))
    assert len(lsh.keys(same, salt=1)) == lsh.BANDS
    assert all(-(2**63) <= key < 2**63 for key in lsh.keys(same, salt=1))
    assert lsh.keys(same[:0], salt=1) == []
    # Kept in the database: when this changes (a new version of the library), signatures.FORMAT must change with it.
    assert lsh.keys(same, salt=1)[0] == GOLDEN


GOLDEN = 901566167354949272

sets = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=80, unique=True)


@given(sets, st.lists(sets, min_size=1, max_size=6))
def test_the_scan_gives_the_jaccard_similarity_of_every_row(mine: list[int], rows: list[list[int]]) -> None:
    def packed(values: list[int]) -> bytes:
        return np.array(sorted(values), dtype="<u4").tobytes()

    own = np.array(sorted(mine), dtype=np.uint32)
    expected = [len(set(mine) & set(row)) / len(set(mine) | set(row)) for row in rows]
    flags = signatures.flags_of(own)
    assert signatures.similarities(own, flags, [packed(row) for row in rows]) == pytest.approx(expected)
    assert signatures.similarities(own, flags, [packed(mine)]) == [1.0]
