"""Which rows are trained on and which are held out. Pure and deterministic.

1. The split of a row is that of its prompt cluster: "test" when any row of the cluster is marked held out, else by
   a hash of seed and cluster. A cluster never crosses.
2. No contributor has rows in both splits. A contributor with rows on one side only keeps them all. The others are
   taken for "test" one by one, first who brings most test rows per train row lost (ties: by hash), until half of
   the test rows are kept, and only while half of the train rows stay; all the rest are taken for "train". Rows on
   the other side than their contributor are dropped, by id, and listed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

TRAIN = "train"
TEST = "test"
TEST_SHARE = 0.1
KEEP_TEST = 0.5
KEEP_TRAIN = 0.5


class Candidate(NamedTuple):
    """What splitting needs to know of a row."""

    row: Hashable
    cluster: str
    contributor: Hashable
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class Splits:
    """`of` maps each kept row to its split, in the order given; `dropped` lists the rows left out."""

    of: dict[Hashable, str]
    dropped: tuple[Hashable, ...]

    def count(self, split: str) -> int:
        """How many rows are kept in a split."""
        return sum(1 for name in self.of.values() if name == split)


def in_order(splits: Iterable[str]) -> list[str]:
    """Names of splits in the order that people expect: train first."""
    return sorted(splits, key=lambda split: (split != TRAIN, split))


def cluster_split(cluster: str, *, seed: int, test_share: float = TEST_SHARE) -> str:
    """The split of a cluster by its hash alone."""
    return TEST if _draw(seed, "cluster", cluster) < test_share else TRAIN


def assign(
    rows: Iterable[Candidate],
    *,
    seed: int,
    test_share: float = TEST_SHARE,
    keep_test: float = KEEP_TEST,
    keep_train: float = KEEP_TRAIN,
) -> Splits:
    """Splits of `rows` by the rules above. ValueError when a row comes twice."""
    taken = list(rows)
    if len({row.row for row in taken}) < len(taken):
        raise ValueError("a row comes twice")
    held_out = {row.cluster for row in taken if row.held_out}
    split_of = {
        cluster: TEST if cluster in held_out else cluster_split(cluster, seed=seed, test_share=test_share)
        for cluster in {row.cluster for row in taken}
    }
    count: dict[str, Counter[Hashable]] = {TRAIN: Counter(), TEST: Counter()}
    for row in taken:
        count[split_of[row.cluster]][row.contributor] += 1
    testers = set(
        held_out_contributors(
            count[TRAIN], count[TEST], seed=seed, keep_test=keep_test, keep_train=keep_train
        )
    )
    kept: dict[Hashable, str] = {}
    dropped: list[Hashable] = []
    for row in taken:
        split = split_of[row.cluster]
        if (split == TEST) == (row.contributor in testers):
            kept[row.row] = split
        else:
            dropped.append(row.row)
    return Splits(kept, tuple(dropped))


def held_out_contributors(
    train: Mapping[Hashable, int],
    test: Mapping[Hashable, int],
    *,
    seed: int,
    keep_test: float = KEEP_TEST,
    keep_train: float = KEEP_TRAIN,
) -> set[Hashable]:
    """Who keeps their test rows (and loses their train rows), by rule 2, from rows per contributor and split."""
    testers = {who for who in test if who not in train}
    mixed = [who for who in test if who in train]
    mixed.sort(key=lambda who: (train[who] / test[who], _draw(seed, "contributor", str(who)), str(who)))
    kept_test = sum(test[who] for who in testers)
    kept_train = all_train = sum(train.values())
    for who in mixed:
        if kept_test >= keep_test * sum(test.values()):
            break
        if kept_train - train[who] < keep_train * all_train:
            continue
        testers.add(who)
        kept_test += test[who]
        kept_train -= train[who]
    return testers


def _draw(seed: int, kind: str, label: str) -> float:
    digest = hashlib.sha256(f"{seed}|{kind}|{label}".encode()).digest()
    # 52 bits: exact as a double, and as easily drawn in SQL (exports.candidates).
    return (int.from_bytes(digest[:7]) >> 4) / 2**52
