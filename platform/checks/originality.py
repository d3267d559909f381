"""Tells a refinement from a copy: of the rival, or of another person's submission. A human decides what follows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks import passages, shingles
from checks.passages import Passage
from checks.verdict import Files, Finding, Outcome, Severity, Sibling, Subject, Verdict, conclude, plural

if TYPE_CHECKING:
    from checks.browser import Browser

NAME = "originality"
VERSION = 2
QUEUE = "light"

# Measured on real files: other models' answers to one prompt share at most .18, the same model's at most .34.
COPIED = 0.30
COPIED_MORE = 0.15
NEAR_DUPLICATE = 0.50
# Shorter texts are alike by chance: a bare skeleton of a page makes about this many shingles.
MIN_SHINGLES = 30
MATCHES = "matches.json"


@dataclass(frozen=True, slots=True)
class _Near:
    """A sibling over the threshold: the share of what both add, and of the whole code."""

    sibling: Sibling
    share: float
    whole: float


def run(subject: Subject, browser: Browser | None = None) -> Verdict:
    """Compare with the rival and with siblings. Never fails: what it finds goes to a person."""
    mine = shingles.of(subject.refined)
    base = shingles.of(subject.base) if subject.base is not None else None
    metrics: dict[str, object] = {"copied_from_rival": False, "near_duplicate_of": None, **subject.sought}
    if len(mine) < MIN_SHINGLES:
        return Verdict(Outcome.PASS, "Too little code to compare.", metrics=metrics | {"shingles": len(mine)})
    findings: list[Finding] = []
    matches: dict[str, object] = {}
    if subject.rival is not None and (copied := _rival(subject, mine, base, metrics, matches)):
        findings.append(copied)
    if near := _near(subject, mine, base, metrics, matches):
        findings.append(near)
    clean = "Not a copy of the rival or of another submission, by these thresholds."
    if subject.rival is None:
        clean = "Not a copy of another submission, by these thresholds. There is no rival to compare with."
    evidence = {MATCHES: json.dumps(matches).encode()} if matches else {}
    return conclude(findings, clean=clean, evidence=evidence, metrics=metrics)


def added(files: Files, base: Files | None) -> shingles.Shingles:
    """The shingles of `files` that its base lacks: refinements of one base are alike by origin, and that is no copying."""
    return shingles.without(shingles.of(files), shingles.of(base) if base is not None else None)


def _rival(
    subject: Subject,
    mine: shingles.Shingles,
    base: shingles.Shingles | None,
    metrics: dict[str, object],
    matches: dict[str, object],
) -> Finding | None:
    assert subject.rival is not None
    rival = shingles.of(subject.rival)
    to_rival = shingles.jaccard(mine, rival)
    base_to_rival = shingles.jaccard(base, rival) if base is not None else 0.0
    metrics |= {"rival_similarity": round(to_rival, 4), "base_rival_similarity": round(base_to_rival, 4)}
    if to_rival < COPIED or to_rival < base_to_rival + COPIED_MORE or len(rival) < MIN_SHINGLES:
        return None
    metrics["copied_from_rival"] = True
    found = passages.shared(subject.refined, subject.rival, beyond=base)
    matches["rival"] = {
        "share": round(to_rival, 4),
        "base_share": round(base_to_rival, 4) if base is not None else None,
        "passages": [passage.told(subject.refined, subject.rival) for passage in found],
    }
    was = f"; the base shares {base_to_rival:.0%}" if base is not None else ""
    return _finding(
        "copied_from_rival",
        f"The code shares {to_rival:.0%} of its passages with the rival's{was}.{_where(found)} A person will look at it.",
        "Write the improvement in your own way, from the base; the rival is there to be beaten, not to be copied.",
        found,
    )


def _near(
    subject: Subject,
    mine: shingles.Shingles,
    base: shingles.Shingles | None,
    metrics: dict[str, object],
    matches: dict[str, object],
) -> Finding | None:
    """The siblings whose own part is near to this one's own part; the nearest is told with what both have."""
    near, nearest = [], 0.0
    own = shingles.without(mine, base)
    for sibling in subject.siblings:
        other = added(sibling.files, sibling.base)
        # Two small edits of one base may coincide; that is no copy.
        if min(len(own), len(other)) < MIN_SHINGLES:
            continue
        share = shingles.jaccard(own, other)
        nearest = max(nearest, share)
        if share >= NEAR_DUPLICATE:
            near.append(_Near(sibling, share, shingles.jaccard(mine, shingles.of(sibling.files))))
    near.sort(key=lambda each: (-each.share, each.sibling.number))
    metrics |= {
        "sibling_similarity": round(nearest, 4),
        "near": [[each.sibling.number, round(each.share, 4)] for each in near],
    }
    if not near:
        return None
    first = near[0]
    metrics |= {
        "near_duplicate_of": first.sibling.number,
        "sibling_whole_similarity": round(first.whole, 4),
    }
    found = passages.shared(subject.refined, first.sibling.files, beyond=base)
    matches["submission"] = {
        "number": first.sibling.number,
        "share": round(first.share, 4),
        "whole": round(first.whole, 4),
        "same_prompt": first.sibling.same_prompt,
        "others": [[each.sibling.number, round(each.share, 4)] for each in near[1:]],
        "passages": [passage.told(subject.refined, first.sibling.files) for passage in found],
    }
    what = "of what it adds to the base" if base is not None else "of its passages"
    which = "for this prompt" if first.sibling.same_prompt else "for another prompt"
    more = f" {plural(len(near) - 1, 'more submission')} are near too." if len(near) > 2 else ""
    more = " One more submission is near too." if len(near) == 2 else more
    return _finding(
        "near_duplicate",
        f"The code shares {first.share:.0%} {what} with another submission {which}.{_where(found)}{more}"
        " A person will look at it.",
        "Hand in your own work; if you worked on both, say so in the rationale.",
        found,
    )


def _where(found: list[Passage]) -> str:
    return f" Most of it: {found[0]}." if found else ""


def _finding(code: str, message: str, fix: str, found: list[Passage]) -> Finding:
    path, line = (found[0].path, found[0].first) if found else ("", None)
    return Finding(code, Severity.WARNING, message, fix, path, line)
