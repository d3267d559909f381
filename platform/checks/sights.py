"""What the robot saw of files it is shown again and again: bases and rivals, which do not change.

Two thirds of a check set go into showing base and rival, the same for every draft and every submission of a prompt.
What was seen of them is kept as blobs under a key of everything the picture depends on: the files, the way of
showing, the front end's build, our own code, and Chromium itself. What hung, was cut short or was slow is not kept:
that may have been the machine.

The checks of one set ask for the same look at the same pages, one right after the other: what the last set saw stays
in memory, the refinement too, so that a page is shown once a set and not once a check. What hung is shown again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from checks import chromium
from checks.browser import EXPLORED_WIDTH
from checks.exploration import Exploration, Step
from checks.looking import WIDTHS
from checks.models import Sight
from checks.rendering import Blocked, Mark, Message, Rendering, Shot, Trouble
from core import blobs

if TYPE_CHECKING:
    from checks.browser import Browser
    from checks.verdict import Files, Subject

# A page that took longer to settle was shown on a machine with too much to do, or needs watching each time.
KEEP_UNDER_MS = 5_000
_HERE = Path(__file__).parent


def remembering(browser: Browser, subject: Subject, check_set: str) -> Browser:
    """`browser`, except that it knows base and rival of `subject` when it has seen them before.

    `check_set` names what the set of checks is about: what it saw is not shown to it again.
    """
    known = [files for files in (subject.base, subject.rival) if files is not None]
    # It answers every call the checks make; it is no Browser by class, since it starts and ends nothing.
    return cast("Browser", _Remembering(browser, known, check_set))


class _LastSet:
    """What the check set that this process works on has seen, by key; forgotten when the next set comes."""

    def __init__(self) -> None:
        self._name = ""
        self._seen: dict[str, Rendering] = {}

    def of(self, name: str) -> dict[str, Rendering]:
        """The sights of the set called `name`."""
        if name != self._name:
            self._name, self._seen = name, {}
        return self._seen


_last = _LastSet()


class _Remembering:
    def __init__(self, browser: Browser, known: Sequence[Files], check_set: str) -> None:
        self._browser, self._known, self._set = browser, known, check_set

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
        """As `Browser.render`; from memory what was seen in just this way."""
        key = self._look(files, framework, widths, script, screenshots)
        seen = self._seen(key, files)
        if seen is None:
            seen = self._browser.render(files, framework, widths, script=script, screenshots=screenshots)
            self._keep_seen(key, files, seen)
        return seen

    def explore(self, files: Files, framework: str, width: int = EXPLORED_WIDTH) -> Exploration:
        """As `Browser.explore`; base and rival from memory where they were tried out in just this way."""
        key = self._trial(files, framework, width)
        found = self._found(key, files)
        if found is None:
            found = self._browser.explore(files, framework, width)
            self._keep_found(key, files, found)
        return found

    def examine(
        self, files: Files, framework: str, *, script: str | None = None
    ) -> tuple[Rendering, Exploration | None]:
        """As `Browser.examine`; what is known of either half is not done again."""
        look, trial = self._look(files, framework, WIDTHS, script, True), self._trial(files, framework)
        seen, found = self._seen(look, files), self._found(trial, files)
        if seen is None and found is None:
            seen, found = self._browser.examine(files, framework, script=script)
            self._keep_seen(look, files, seen)
            if found is not None:
                self._keep_found(trial, files, found)
            return seen, found
        if seen is None:
            seen = self.render(files, framework, script=script)
        if found is None and not (seen.hung or seen.left):
            found = self.explore(files, framework)
        return seen, found

    def _look(
        self, files: Files, framework: str, widths: Sequence[int], script: str | None, screenshots: bool
    ) -> str:
        return self._key([framework, sorted(files.items()), list(widths), script, screenshots])

    def _trial(self, files: Files, framework: str, width: int = EXPLORED_WIDTH) -> str:
        return self._key([framework, sorted(files.items()), width, "explore"])

    def _seen(self, key: str, files: Files) -> Rendering | None:
        lately = _last.of(self._set)
        if key not in lately and self._knows(files):
            told = _recall(key)
            if told is not None and (seen := _rendering(told)) is not None:
                lately[key] = seen
        return lately.get(key)

    def _keep_seen(self, key: str, files: Files, seen: Rendering) -> None:
        if seen.hung:
            return
        _last.of(self._set)[key] = seen
        if self._knows(files) and not (seen.skipped or (seen.settle_ms or 0) > KEEP_UNDER_MS):
            shots = [
                {**asdict(shot), "png": blobs.put(shot.png) if shot.png else ""}
                for shot in seen.shots.values()
            ]
            _keep(key, {**asdict(seen), "shots": shots})

    def _found(self, key: str, files: Files) -> Exploration | None:
        told = _recall(key) if self._knows(files) else None
        return None if told is None else _exploration(told)

    def _keep_found(self, key: str, files: Files, found: Exploration) -> None:
        if self._knows(files) and not (found.hung or found.cut):
            _keep(key, asdict(found))

    def _knows(self, files: Files) -> bool:
        return any(files == known for known in self._known)

    def _key(self, way: list[object]) -> str:
        about = [way, _surroundings(self._browser.build_dir)]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()


@cache
def _surroundings(build_dir: Path) -> str:
    """A digest of what a picture depends on besides the files: our build and code, and the browser's own file."""
    total = hashlib.sha256()
    scripts = [
        *sorted((build_dir / "preview").glob("*")),
        build_dir / "shelf" / "shelf.json",
        *sorted(_HERE.glob("*.js")),
        *(
            _HERE / f"{name}.py"
            for name in (
                "browser",
                "visit",
                "rendering",
                "looking",
                "showing",
                "exploring",
                "exploration",
                "pictures",
            )
        ),
    ]
    for path in scripts:
        if path.is_file():
            total.update(f"{path.name}\0".encode() + path.read_bytes())
    program = chromium.find().stat()
    total.update(f"{program.st_size} {program.st_mtime_ns}".encode())
    return total.hexdigest()


def _keep(key: str, told: Mapping[str, object]) -> None:
    blob = blobs.put(json.dumps(told).encode())
    Sight.objects.bulk_create(
        [Sight(key=key, blob=blob)], update_conflicts=True, unique_fields=["key"], update_fields=["blob"]
    )


def _recall(key: str) -> dict[str, Any] | None:
    """What was told, or None when nothing was, or its blob is gone (another machine's disk, a cleared folder)."""
    blob = Sight.objects.filter(key=key).values_list("blob", flat=True).first()
    if blob is None:
        return None
    try:
        told: dict[str, Any] = json.loads(_read(blob))
    except FileNotFoundError:
        return None
    return told


def _rendering(told: dict[str, Any]) -> Rendering | None:
    """None when one of its pictures is gone."""
    try:
        shots = [
            Shot(
                **{
                    **shot,
                    "png": _read(shot["png"]) if shot["png"] else b"",
                    "marks": tuple(Mark(**each) for each in shot["marks"]),
                }
            )
            for shot in told["shots"]
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


def _exploration(told: dict[str, Any]) -> Exploration:
    return Exploration(
        **{
            **told,
            "steps": [Step(**{**step, "effects": tuple(step["effects"])}) for step in told["steps"]],
            "errors": [Message(**each) for each in told["errors"]],
        }
    )


def _read(digest: str) -> bytes:
    with blobs.open(digest) as file:
        return file.read()
