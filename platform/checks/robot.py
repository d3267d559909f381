"""The browser that this worker process keeps: launched when first needed, replaced when worn or lost."""

from __future__ import annotations

import atexit

from django.conf import settings

from checks.browser import Browser

MAX_RUNS = 100

_kept: Browser | None = None
_runs = 0


def browser() -> Browser:
    """A healthy browser. Raises BrowserLost when none can be started."""
    global _kept, _runs
    if _kept is not None and (_runs >= MAX_RUNS or not _kept.healthy()):
        discard()
    if _kept is None:
        _kept = Browser.launch(settings.BUILD_DIR)
        _runs = 0
    _runs += 1
    return _kept


def discard() -> None:
    """Close and forget the kept browser."""
    global _kept
    gone, _kept = _kept, None
    if gone is not None:
        gone.close()


atexit.register(discard)
