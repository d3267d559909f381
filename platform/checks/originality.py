"""Tells a refinement from a copy: of the rival, or of another person's submission. A human decides what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks import shingles
from checks.verdict import Finding, Outcome, Severity, Subject, Verdict, conclude

if TYPE_CHECKING:
    from checks.browser import Browser

NAME = "originality"
VERSION = 1
QUEUE = "light"

# Measured on real files: other models' answers to one prompt share at most .18, the same model's at most .34.
COPIED = 0.30
COPIED_MORE = 0.15
NEAR_DUPLICATE = 0.50
# Shorter texts are alike by chance: a bare skeleton of a page makes about this many shingles.
MIN_SHINGLES = 30


def run(subject: Subject, browser: Browser | None = None) -> Verdict:
    """Compare with the rival and with siblings. Never fails: what it finds goes to a person."""
    mine = shingles.of(subject.refined)
    base = shingles.of(subject.base) if subject.base is not None else None
    findings: list[Finding] = []
    metrics: dict[str, object] = {"copied_from_rival": False, "near_duplicate_of": None}
    if len(mine) < MIN_SHINGLES:
        return Verdict(Outcome.PASS, "Too little code to compare.", metrics=metrics | {"shingles": len(mine)})
    if subject.rival is not None:
        findings += _rival(mine, base, shingles.of(subject.rival), metrics)
    findings += _siblings(subject, mine, base, metrics)
    clean = "Not a copy of the rival or of another submission, by these thresholds."
    if subject.rival is None:
        clean = "Not a copy of another submission, by these thresholds. There is no rival to compare with."
    return conclude(findings, clean=clean, metrics=metrics)


def _rival(
    mine: shingles.Shingles,
    base: shingles.Shingles | None,
    rival: shingles.Shingles,
    metrics: dict[str, object],
) -> list[Finding]:
    to_rival = shingles.jaccard(mine, rival)
    base_to_rival = shingles.jaccard(base, rival) if base is not None else 0.0
    metrics |= {"rival_similarity": round(to_rival, 4), "base_rival_similarity": round(base_to_rival, 4)}
    if to_rival < COPIED or to_rival < base_to_rival + COPIED_MORE or len(rival) < MIN_SHINGLES:
        return []
    metrics["copied_from_rival"] = True
    was = f"; the base shares {base_to_rival:.0%}" if base is not None else ""
    return [
        Finding(
            "copied_from_rival",
            Severity.WARNING,
            f"The code shares {to_rival:.0%} of its passages with the rival's{was}. A person will look at it.",
            "Write the improvement in your own way, from the base; the rival is there to be beaten, not to be copied.",
        )
    ]


def _siblings(
    subject: Subject, mine: shingles.Shingles, base: shingles.Shingles | None, metrics: dict[str, object]
) -> list[Finding]:
    """The nearest sibling. Refinements of one base are alike by origin, so only what each added is compared."""
    nearest, best = None, 0.0
    whole = 0.0
    added = shingles.without(mine, base)
    for number, files in subject.siblings:
        theirs = shingles.of(files)
        other = shingles.without(theirs, base)
        # Two small edits of one base may coincide; that is no copy.
        if min(len(added), len(other)) < MIN_SHINGLES:
            continue
        likeness = shingles.jaccard(added, other)
        if likeness > best:
            nearest, best, whole = number, likeness, shingles.jaccard(mine, theirs)
    metrics |= {
        "sibling_similarity": round(best, 4),
        "sibling_whole_similarity": round(whole, 4),
        "siblings": len(subject.siblings),
    }
    if nearest is None or best < NEAR_DUPLICATE:
        return []
    metrics["near_duplicate_of"] = nearest
    what = "of what it adds to the base" if base is not None else "of its passages"
    return [
        Finding(
            "near_duplicate",
            Severity.WARNING,
            f"The code shares {best:.0%} {what} with another submission for this prompt. A person will look at it.",
            "Hand in your own work; if you worked on both, say so in the rationale.",
        )
    ]
