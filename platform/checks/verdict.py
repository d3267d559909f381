"""What a check takes and what it says. Pure data: no model, no browser, no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum

Files = Mapping[str, str]

MAX_FINDINGS = 100
MAX_MESSAGE = 500


class Severity(StrEnum):
    """How much a finding weighs: an error fails the check, a warning is shown, a note explains."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Outcome(StrEnum):
    """What a check came to."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"


_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing seen: what (`message`), where (`path`, `line`, `width` in CSS pixels, `selector`), what to do (`fix`)."""

    code: str
    severity: Severity
    message: str
    fix: str
    path: str = ""
    line: int | None = None
    width: int | None = None
    selector: str = ""

    def as_dict(self) -> dict[str, object]:
        """The finding as JSON-able data."""
        return asdict(self) | {"severity": self.severity.value}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A check's answer. `evidence` maps a file name to its bytes; `metrics` is JSON-able."""

    outcome: Outcome
    summary: str
    findings: tuple[Finding, ...] = ()
    evidence: Mapping[str, bytes] = field(default_factory=dict)
    metrics: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another person's submission: its number, its files and its own base, and whether it answers the same prompt."""

    number: int
    files: Files
    base: Files | None = None
    same_prompt: bool = True


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: the refinement beside its base and rival, where there are any, and its siblings.

    `siblings` are earlier submissions of other people that may be near; `sought` tells how they were looked for.
    `prompt` is its text. `names` are the project's own models and vendors; `let_stand` are names, in small letters, that
    a lead has read in base or rival and lets stand.
    """

    framework: str
    refined: Files
    base: Files | None = None
    rival: Files | None = None
    siblings: Sequence[Sibling] = ()
    sought: Mapping[str, object] = field(default_factory=dict)
    prompt: str = ""
    names: Sequence[str] = ()
    let_stand: Collection[str] = ()


def clipped(text: str, limit: int = MAX_MESSAGE) -> str:
    """`text` on one line, without control characters, at most `limit` characters."""
    head = text[: limit * 2]
    flat = " ".join("".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in head).split())
    return flat if len(flat) <= limit and len(text) <= limit * 2 else flat[: limit - 1] + "\u2026"


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    """Fail on an error, warn on a warning, else pass."""
    worst = min((_WEIGHT[finding.severity] for finding in findings), default=2)
    return (Outcome.FAIL, Outcome.WARN, Outcome.PASS)[worst]


def conclude(
    findings: Sequence[Finding],
    *,
    clean: str,
    evidence: Mapping[str, bytes] | None = None,
    metrics: Mapping[str, object] | None = None,
) -> Verdict:
    """The verdict that follows from `findings`, worst first; `clean` is the summary when nothing is wrong."""
    ordered = sorted(findings, key=lambda finding: _WEIGHT[finding.severity])
    outcome = outcome_of(ordered)
    if outcome is Outcome.PASS:
        summary = clean
    else:
        errors = sum(finding.severity is Severity.ERROR for finding in ordered)
        warnings = sum(finding.severity is Severity.WARNING for finding in ordered)
        counts = [plural(errors, "error")] if errors else []
        counts += [plural(warnings, "warning")] if warnings else []
        summary = f"{' and '.join(counts)}. First: {ordered[0].message}"
    return Verdict(
        outcome, clipped(summary), tuple(ordered[:MAX_FINDINGS]), dict(evidence or {}), dict(metrics or {})
    )


def plural(count: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
