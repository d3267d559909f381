"""What the robot saw of files it is shown again and again: bases and rivals, which do not change.

Two thirds of a check set go into showing base and rival, the same for every draft and every submission of a prompt.
What was seen of them is kept as blobs under a key of everything the picture depends on: the files, the way of
showing, the check and its version, the front end's build, our scripts, and Chromium itself. What hung, was cut short
or was slow is not kept: that may have been the machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from checks import chromium
from checks.browser import WIDTHS
from checks.models import Sight
from checks.rendering import Blocked, Message, Rendering, Shot, Trouble
from core import blobs

if TYPE_CHECKING:
    from checks.browser import Browser
    from checks.registry import Check
    from checks.verdict import Files, Subject

# A page that took longer to settle was shown on a machine with too much to do, or needs watching each time.
KEEP_UNDER_MS = 5_000
_HERE = Path(__file__).parent


def remembering(browser: Browser, subject: Subject, check: Check) -> Browser:
    """`browser`, except that it knows base and rival of `subject` when it has seen them before."""
    known = [files for files in (subject.base, subject.rival) if files is not None]
    # It answers every call the checks make; it is no Browser by class, since it starts and ends nothing.
    return cast("Browser", _Remembering(browser, known, f"{check.name} {check.version}"))


class _Remembering:
    def __init__(self, browser: Browser, known: Sequence[Files], mark: str) -> None:
        self._browser, self._known, self._mark = browser, known, mark

    def __getattr__(self, name: str) -> Any:
        return getattr(self._browser, name)

    def render(
        self,
        files: Files,
        framework: str,
        widths: Sequence[int] = WIDTHS,
        *,
        script: str | None = None,
        screenshots: bool = True,
    ) -> Rendering:
        """As `Browser.render`; base and rival from memory where they were seen in just this way."""

        def show() -> Rendering:
            return self._browser.render(files, framework, widths, script=script, screenshots=screenshots)

        if not any(files == known for known in self._known):
            return show()
        way = [framework, sorted(files.items()), list(widths), script, screenshots, self._mark]
        key = hashlib.sha256(json.dumps([way, _surroundings(self._browser.build_dir)]).encode()).hexdigest()
        seen = _recall(key)
        if seen is None:
            seen = show()
            if not (seen.hung or seen.skipped or (seen.settle_ms or 0) > KEEP_UNDER_MS):
                _keep(key, seen)
        return seen


@cache
def _surroundings(build_dir: Path) -> str:
    """A digest of what a picture depends on besides the files: our build and scripts, and the browser's own file."""
    total = hashlib.sha256()
    scripts = [
        *sorted((build_dir / "preview").glob("*")),
        build_dir / "shelf" / "shelf.json",
        *sorted(_HERE.glob("*.js")),
    ]
    for path in scripts:
        if path.is_file():
            total.update(f"{path.name}\0".encode() + path.read_bytes())
    program = chromium.find().stat()
    total.update(f"{program.st_size} {program.st_mtime_ns}".encode())
    return total.hexdigest()


def _keep(key: str, seen: Rendering) -> None:
    told = asdict(seen)
    told["shots"] = [
        {**asdict(shot), "png": blobs.put(shot.png) if shot.png else ""} for shot in seen.shots.values()
    ]
    blob = blobs.put(json.dumps(told).encode())
    Sight.objects.bulk_create(
        [Sight(key=key, blob=blob)], update_conflicts=True, unique_fields=["key"], update_fields=["blob"]
    )


def _recall(key: str) -> Rendering | None:
    """What was seen, or None when nothing was, or its blobs are gone (another machine's disk, a cleared folder)."""
    blob = Sight.objects.filter(key=key).values_list("blob", flat=True).first()
    if blob is None:
        return None
    try:
        told = json.loads(_read(blob))
        shots = [
            Shot(**{**shot, "png": _read(shot["png"]) if shot["png"] else b""}) for shot in told["shots"]
        ]
    except FileNotFoundError:
        return None
    return Rendering(
        **{
            **told,
            "shots": {shot.width: shot for shot in shots},
            "errors": [Message(**each) for each in told["errors"]],
            "console": [Message(**each) for each in told["console"]],
            "blocked": [Blocked(**each) for each in told["blocked"]],
            "problems": [Trouble(**each) for each in told["problems"]],
            "unshelved": [Trouble(**each) for each in told["unshelved"]],
            "skipped": tuple(told["skipped"]),
        }
    )


def _read(digest: str) -> bytes:
    with blobs.open(digest) as file:
        return file.read()
