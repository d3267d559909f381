"""The browser that this worker process keeps: launched when first needed, replaced when worn or lost.

It is never launched in the process that forks workers: Playwright's thread and pipes would not survive the fork. Who
ends a worker process calls `discard` (a pool's children leave without Python's own exit functions); should the process
be killed instead, the browser sees its pipe close and ends by itself.
"""

from __future__ import annotations

import atexit

from django.conf import settings

from checks.browser import Browser

# What Chromium and its driver leak over a hundred checks is still small beside what one page may take.
MAX_RUNS = 100

_kept: Browser | None = None
_runs = 0


def browser() -> Browser:
    """A healthy browser. Raises BrowserLost when none can be started, ChromiumMissing when there is none."""
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
