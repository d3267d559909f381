"""What a lead should know before a release is built. Pure: facts in, sentences out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exports.candidates import CHOSEN, REJECTED

FEW = 0.5  # share of rows that rest on no more votes than asked for
ONE_SIDED = 0.8  # share of one framework or tag
LONGER = 0.75
LARGE_CLUSTER = 0.1
LEAST_TEST = 30
SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Caution:
    """One caution: its subject, what is so, and what to do about it."""

    subject: str  # leakage | imbalance | votes | contributor | test split | rights | length
    what: str
    todo: str


def cautions(facts: Mapping[str, Any]) -> list[Caution]:
    """The cautions that hold, the gravest first. `facts` are those of `exports.estimating`."""
    total = facts["rows"]
    if not total:
        return []
    return [
        *_leakage(facts["near"]),
        *_rights(facts["dropped"]),
        *_test(facts["splits"], facts["held_out_share"]),
        *_votes(facts["few"] / total, facts["min_votes"]),
        *_contributor(facts["largest_share"]),
        *_imbalance(facts, total),
        *_length(facts["longer"]),
    ]


def _leakage(near: Sequence[tuple[str, str, str]]) -> list[Caution]:
    if not near:
        return []
    named = "; ".join(f"{key} and {other} ({rule})" for key, other, rule in near[:5])
    n = len(near)
    return [
        Caution(
            "Leakage",
            f"{n:,} train prompt{' is' if n == 1 else 's are'} near to a test prompt of another cluster: {named}.",
            "Import these prompts with one cluster: splits never cross it.",
        )
    ]


def _rights(dropped: Mapping[str, int]) -> list[Caution]:
    n = dropped.get(CHOSEN, 0) + dropped.get(REJECTED, 0)
    if not n:
        return []
    return [
        Caution(
            "Rights",
            f"{n:,} pair{'s are' if n > 1 else ' is'} refused: a side may not be trained on.",
            "Below they are named. A lead who holds other terms can override, for the record.",
        )
    ]


def _test(splits: Mapping[str, int], share: float) -> list[Caution]:
    n = splits.get("test", 0)
    if n >= LEAST_TEST or (n == 0 and share == 0):
        return []
    what = (
        "The test split is empty."
        if n == 0
        else f"The test split has {n:,} rows: too few for a rate to say much."
    )
    return [Caution("Test split", what, "Hold out a larger share, or wait for more verdicts.")]


def _votes(few: float, least: int) -> list[Caution]:
    if few <= FEW:
        return []
    return [
        Caution(
            "Few votes",
            f"{few:.0%} of the rows rest on {least} votes or fewer, the least that is asked for.",
            "Ask for more votes, or weigh rows by their margin when training.",
        )
    ]


def _contributor(share: float) -> list[Caution]:
    if share <= SHARE + 1e-9:
        return []
    return [
        Caution(
            "One contributor",
            f"One contributor carries {share:.0%} of the weight.",
            "With fewer than 20 contributors no weighting can hold everyone under 5%: the card says so.",
        )
    ]


def _imbalance(facts: Mapping[str, Any], total: int) -> list[Caution]:
    found = []
    for name, word in (("frameworks", "framework"), ("tags", "tag")):
        offers = facts["offers"][name]
        if len(offers) > 1 and offers[0][1] / total > ONE_SIDED:
            value, n = offers[0]
            found.append(
                Caution(
                    "Imbalance",
                    f"{n / total:.0%} of the rows are of the {word} {value}.",
                    "Filter, or say in the project's purpose that it is so.",
                )
            )
    if total >= 10 and facts["largest_cluster"] / total > LARGE_CLUSTER:
        found.append(
            Caution(
                "Imbalance",
                f"One prompt cluster has {facts['largest_cluster']:,} of {total:,} rows.",
                "Its weight is capped at that of one full row, yet its pages are all there.",
            )
        )
    return found


def _length(longer: float | None) -> list[Caution]:
    if longer is None or 1 - LONGER <= longer <= LONGER:
        return []
    which = "longer" if longer > 0.5 else "shorter"
    share = longer if longer > 0.5 else 1 - longer
    return [
        Caution(
            "Length",
            f"The chosen side is {which} in {share:.0%} of the pairs: a model may learn length instead.",
            "The card's length report tells how far length alone foretells the votes.",
        )
    ]
