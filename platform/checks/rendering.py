"""What the worker browser saw of one file set. Pure data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_LOG_BYTES = 256 * 1024
MAX_LOG_ITEMS = 500
LIGHT_MS = 2_000
LIGHT_ELEMENTS = 3_000


@dataclass(frozen=True, slots=True)
class Message:
    """An error or a line of the console: `kind` is the console's level, or `uncaught`; `after` what was done to the page."""

    kind: str
    text: str
    path: str = ""
    line: int | None = None
    width: int | None = None
    after: str = ""

    @property
    def key(self) -> str:
        """The message without what changes from run to run (numbers, addresses, quoted names), to compare by."""
        return re.sub(r"https?://\S+|blob:\S+|\d+", "#", self.text[:300])


@dataclass(frozen=True, slots=True)
class Blocked:
    """A request that was not let through; `kind` is Chromium's resource type, or `navigation`."""

    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something the assembler could not do: `message`, where, and what to do."""

    message: str
    path: str = ""
    line: int | None = None
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on a picture, in its pixels, and what is wrong there: `kind` is overflow, clipped or overlap.

    `other` is the selector of what it overlaps; `text` begins what stands there.
    """

    kind: str
    selector: str
    x: int
    y: int
    width: int
    height: int
    other: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Shot:
    """The page at one width (CSS pixels): its picture (PNG), text length in characters, overflow in pixels."""

    width: int
    png: bytes
    text_length: int
    elements: int
    height: int
    overflow_px: int
    overflow_selector: str = ""
    blank: bool = False
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """A box on a picture, in its pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How two pictures differ: the share of pixels, 0 to 1, and boxes around them, the largest last."""

    share: float
    regions: tuple[Region, ...] = ()


@dataclass(slots=True)
class Rendering:
    """One visit. `hung` means the page had to be stopped, and `why` says why: time, gpu
    (drawing without a graphics card took too long), memory or crash; `left` that it
    navigated itself away, so that what is seen is not the page; `skipped` are widths there was no time for."""

    shots: dict[int, Shot] = field(default_factory=dict)
    errors: list[Message] = field(default_factory=list)
    console: list[Message] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    problems: list[Trouble] = field(default_factory=list)
    unshelved: list[Trouble] = field(default_factory=list)
    settle_ms: float | None = None
    hung: bool = False
    why: str = ""
    left: bool = False
    skipped: tuple[int, ...] = ()
    dropped: int = 0
    peak_bytes: int = 0
    result: object = None

    @property
    def blank(self) -> bool:
        """Whether nothing was drawn at any width."""
        return bool(self.shots) and all(shot.blank for shot in self.shots.values())

    @property
    def light(self) -> bool:
        """Whether a script in passing leaves the page the time it needs for its other widths."""
        elements = max((shot.elements for shot in self.shots.values()), default=0)
        return (self.settle_ms or 0) < LIGHT_MS and elements < LIGHT_ELEMENTS

    def as_dict(self) -> Mapping[str, object]:
        """The numbers of the visit as JSON-able data."""
        return {
            "settle_ms": None if self.settle_ms is None else round(self.settle_ms),
            "errors": len(self.errors),
            "console_errors": sum(message.kind == "error" for message in self.console),
            "blocked": len(self.blocked),
            "hung": self.hung,
            "why": self.why,
            "left": self.left,
            "skipped": list(self.skipped),
            "blank": self.blank,
            "overflow_px": {str(width): shot.overflow_px for width, shot in self.shots.items()},
            "text_length": {str(width): shot.text_length for width, shot in self.shots.items()},
            "elements": max((shot.elements for shot in self.shots.values()), default=0),
            "peak_mib": self.peak_bytes // (1024 * 1024),
            "log_lines_dropped": self.dropped,
        }


class Log:
    """Collects what one visit says into a Rendering, and counts instead of keeping once the cap is reached."""

    def __init__(self, into: Rendering) -> None:
        self._into, self._bytes, self._items = into, 0, 0
        self._seen: set[object] = set()
        self.width: int | None = None
        self.after = ""

    def _room(self, text: str, key: object) -> bool:
        if key in self._seen:
            return False
        if self._bytes + len(text) > MAX_LOG_BYTES or self._items >= MAX_LOG_ITEMS:
            self._into.dropped += 1
            return False
        self._seen.add(key)
        self._bytes += len(text.encode(errors="replace"))
        self._items += 1
        return True

    def message(self, kind: str, text: str, path: str = "", line: int | None = None) -> None:
        """An uncaught error (`uncaught`) or a line of the console."""
        text, path = text[:2_000], path[:200]
        if self._room(text, (kind, text, path, line)):
            said = Message(kind, text, path, line, self.width, self.after)
            (self._into.errors if kind == "uncaught" else self._into.console).append(said)

    def blocked(self, url: str, kind: str) -> None:
        """A request that was stopped."""
        url = url[:500]
        if self._room(url, ("blocked", url)):
            self._into.blocked.append(Blocked(url, kind))
