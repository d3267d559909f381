"""Tells a refinement from one that changes nothing: almost the same code, and the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks import pictures, shingles
from checks.looking import look
from checks.verdict import Files, Finding, Outcome, Severity, Subject, Verdict

if TYPE_CHECKING:
    from checks.browser import Browser

NAME = "effort"
VERSION = 1
QUEUE = "chromium"

NO_OP = 0.98
# Under this share of changed pixels two pictures look the same: a blinking cursor, a clock's digit.
SAME_PICTURE = 0.0005
# Behaviour may change without a picture, but not with fewer new runs of code than one small handler makes.
FEW_SHINGLES = 25
WIDTHS = (1280, 375)  # of those that a look has


def run(subject: Subject, browser: Browser | None) -> Verdict:
    """Judge whether the refined files differ from the base in code and picture.

    The pages are shown only where the code is nearly the same. Raises ValueError when that needs a browser and there
    is none, BrowserLost when it fails.
    """
    if subject.base is None:
        return _from_scratch(subject)
    left, right = shingles.tokens(subject.base), shingles.tokens(subject.refined)
    before, after = shingles.shingles(left), shingles.shingles(right)
    similarity = shingles.jaccard(before, after)
    common = round(similarity * (len(before) + len(after)) / (1 + similarity))
    changed = len(before) + len(after) - 2 * common
    metrics: dict[str, object] = {"similarity": round(similarity, 4), "changed_shingles": changed}
    if left == right:
        return _no_op(
            "The code is the base's; at most comments, spaces or file layout differ.", Severity.ERROR, metrics
        )
    if similarity < NO_OP:
        return Verdict(
            Outcome.PASS, f"{1 - similarity:.0%} of the code differs from the base.", metrics=metrics
        )
    if browser is None:
        raise ValueError("The effort check needs a browser to compare pictures.")
    share = _changed_pixels(browser, subject.base, subject.refined, subject.framework)
    metrics["changed_pixels"] = None if share is None else round(share, 6)
    if share is None or share > SAME_PICTURE:
        seen = "could not be compared" if share is None else f"differs in {share:.1%} of its pixels"
        return Verdict(
            Outcome.PASS,
            f"Little code differs from the base ({1 - similarity:.1%}), and the picture {seen}.",
            metrics=metrics,
        )
    if changed < FEW_SHINGLES:
        return _no_op(
            "Hardly any code differs from the base and the page looks the same.", Severity.ERROR, metrics
        )
    return _no_op(
        f"Little code differs from the base ({1 - similarity:.1%}) and the page looks the same when it opens.",
        Severity.WARNING,
        metrics,
    )


def _no_op(message: str, severity: Severity, metrics: dict[str, object]) -> Verdict:
    fix = (
        "Change what people see or do: see the criteria. If the base beats the rival already, submit that outcome instead."
        if severity is Severity.ERROR
        else "If the change is in behaviour, say in the rationale what to try; otherwise improve the page further."
    )
    outcome = Outcome.FAIL if severity is Severity.ERROR else Outcome.WARN
    metrics["no_op"] = severity is Severity.ERROR
    # An edit of behaviour looks the same when the page opens: it is a remark to the reviewer, and no no-op.
    code = "no_op" if severity is Severity.ERROR else "looks_the_same"
    return Verdict(outcome, message, (Finding(code, severity, message, fix),), metrics=metrics)


def _from_scratch(subject: Subject) -> Verdict:
    size = len(shingles.of(subject.refined))
    metrics: dict[str, object] = {"shingles": size}
    if size < FEW_SHINGLES:
        message = "There is hardly any code, and no base it could have been added to."
        finding = Finding("no_op", Severity.ERROR, message, "Write the page the prompt asks for.")
        return Verdict(Outcome.FAIL, message, (finding,), metrics=metrics | {"no_op": True})
    return Verdict(Outcome.PASS, "Written from scratch: there is no base to compare with.", metrics=metrics)


def _changed_pixels(browser: Browser, base: Files, refined: Files, framework: str) -> float | None:
    """The largest share of pixels that differ at any width, or None when a page did not answer, or not in time."""
    left, right = look(browser, base, framework), look(browser, refined, framework)
    if left.hung or right.hung or not set(WIDTHS) <= set(left.shots) & set(right.shots):
        return None
    return max(pictures.compare(left.shots[width].png, right.shots[width].png).share for width in WIDTHS)
