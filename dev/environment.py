"""The environment of a running site: every setting that `platform/config/settings.py` demands."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev import places
from dev.chromium import remembered
from dev.processes import MARK, Identity


def site_environment(area: Path, port: int, stores: Mapping[str, str]) -> dict[str, str]:
    """The whole environment for the site of an area; what the caller's environment sets is respected.

    `port`: where the web server listens; the app is on `localhost`, previews on `127.0.0.1`, two sites to a browser.
    """
    made = {
        "SECRET_KEY": places.secret(area, "django"),
        "SIGNING_KEY": places.secret(area, "signing", length=32),
        "APP_ORIGIN": f"http://localhost:{port}",
        "PREVIEW_ORIGIN": f"http://127.0.0.1:{port}",
    }
    if chromium := remembered():
        made["CHROMIUM"] = chromium
    # Files are served from static/build; the server still wants the folder of collected ones to exist.
    (area / "static").mkdir(parents=True, exist_ok=True)
    return {
        **made,
        **os.environ,
        **stores,
        "PORT": str(port),
        "VAR_DIR": str(area),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": os.pathsep.join([str(places.ROOT / "platform"), str(places.ROOT)]),
        "PYTHONUNBUFFERED": "1",
        MARK: str(area),
    }


@dataclass(frozen=True, slots=True)
class RunningSite:
    """A site that runs from an area: who supervises it, where it is, how to reach its data."""

    supervisor: Identity
    origin: str
    since: str
    environment: dict[str, str]


def _path(area: Path) -> Path:
    return area / "run" / "site.json"


def announce(area: Path, site: RunningSite) -> None:
    """Leave word of a running site for `make manage`, `make journey` and a second `make run`."""
    path = _path(area)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    # It holds passwords of the stores.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(
            {
                "pid": site.supervisor.pid,
                "started": site.supervisor.started,
                "origin": site.origin,
                "since": site.since,
                "environment": site.environment,
            },
            file,
        )


def withdraw(area: Path) -> None:
    """Take back the word of a running site."""
    _path(area).unlink(missing_ok=True)


def running_site(area: Path) -> RunningSite | None:
    """The site that runs from an area now, or None."""
    try:
        told = json.loads(_path(area).read_text())
    except (FileNotFoundError, ValueError):
        return None
    supervisor = Identity(told["pid"], told["started"])
    if not supervisor.running:
        return None
    return RunningSite(supervisor, told["origin"], told["since"], told["environment"])
