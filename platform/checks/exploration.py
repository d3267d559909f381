"""What came of trying a page out: each thing tried, what it did, and what went wrong. Pure data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from checks.rendering import Message


@dataclass(frozen=True, slots=True)
class Step:
    """One thing tried. `kind` is click, type, choose, set or keys; `label` and `selector` name the control.

    `effects` says what changed: page, looks, scroll, focus, input, change, dialog, link, download, draws, sound, ...;
    `dead` that nothing did although something should have; `busy` that the page worked for `BUSY_MS` or longer.
    """

    kind: str
    label: str
    selector: str = ""
    effects: tuple[str, ...] = ()
    dead: bool = False
    busy: bool = False

    @property
    def name(self) -> str:
        """The control as a sentence names it."""
        return f"“{self.label}”" if self.label else self.selector or "an element without a name"


@dataclass(slots=True)
class Exploration:
    """One page tried out at one width. `shift` scores what moved while nobody touched the page, 0 to 1.

    `hung` means the page had to be stopped, `at` after what; `cut` that time ran out before the budget of actions did.
    """

    steps: list[Step] = field(default_factory=list)
    errors: list[Message] = field(default_factory=list)
    shift: float = 0.0
    shift_selector: str = ""
    hung: bool = False
    why: str = ""
    at: str = ""
    left: bool = False
    cut: bool = False
    took_ms: int = 0

    @property
    def dead(self) -> Iterator[Step]:
        """Controls that did nothing each time they were tried, once each."""
        alive = {step.selector for step in self.steps if not step.dead}
        told: set[str] = set()
        for step in self.steps:
            if step.dead and step.selector not in alive and step.selector not in told:
                told.add(step.selector)
                yield step

    @property
    def broken(self) -> Iterator[Message]:
        """Errors that something done to the page raised; those of loading are the render check's."""
        return (error for error in self.errors if error.after)

    def as_dict(self) -> Mapping[str, object]:
        """The visit as JSON-able numbers, for tables and comparison."""
        return {
            "actions": len(self.steps),
            "errors": sum(1 for _ in self.broken),
            "dead": sum(1 for _ in self.dead),
            "busy": sum(step.busy for step in self.steps),
            "shift": self.shift,
            "hung": self.hung,
            "cut": self.cut,
        }

    def told(self) -> dict[str, object]:
        """The visit as JSON-able data for people to read: everything but how long the machine took."""
        return {
            **self.as_dict(),
            "at": self.at,
            "steps": [asdict(step) | {"effects": list(step.effects)} for step in self.steps],
            "broken": [
                {"text": error.text, "after": error.after, "path": error.path, "line": error.line}
                for error in self.broken
            ],
        }
