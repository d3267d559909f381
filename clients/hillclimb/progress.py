"""How far a pull is: a bar where somebody looks, a line a file where a log is kept."""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH = 24
EVERY_SECONDS = 0.1


def size(count: float) -> str:
    """A number of bytes for people, in powers of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


class Bar:
    """Progress over all bytes of a release; `quiet` says nothing at all."""

    def __init__(self, total: int, *, quiet: bool, stream: TextIO | None = None) -> None:
        self._total, self._done, self._fetched = total, 0, 0
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._live = not quiet and self._stream.isatty()
        self._begun = self._shown = time.monotonic()

    def have(self, count: int) -> None:
        """Bytes that were there already."""
        self._done += count
        self._draw()

    def fetched(self, count: int) -> None:
        """Bytes that came over the wire."""
        self._done += count
        self._fetched += count
        self._draw()

    def lost(self, count: int) -> None:
        """Bytes that counted and must be fetched again."""
        self._done -= count

    def file(self, path: str, what: str) -> None:
        """A file is there now."""
        if not self._quiet and not self._live:
            print(f"{what} {path}", file=self._stream, flush=True)

    def say(self, text: str) -> None:
        """A remark, such as that the connection broke."""
        if not self._quiet:
            self.clear()
            print(text, file=self._stream, flush=True)

    def clear(self) -> None:
        """Remove the bar from the line."""
        if self._live:
            print("\r\x1b[K", end="", file=self._stream, flush=True)

    def _draw(self) -> None:
        now = time.monotonic()
        if not self._live or (now - self._shown < EVERY_SECONDS and self._done < self._total):
            return
        self._shown = now
        share = self._done / self._total if self._total else 1.0
        full = round(WIDTH * share)
        speed = self._fetched / max(now - self._begun, 0.001)
        left = (self._total - self._done) / speed if speed else 0.0
        told = f"{size(self._done)} of {size(self._total)}, {size(speed)}/s, {left // 60:.0f}:{left % 60:02.0f} left"
        print(
            f"\r[{'#' * full}{'.' * (WIDTH - full)}] {share:4.0%}  {told}\x1b[K",
            end="",
            file=self._stream,
            flush=True,
        )
