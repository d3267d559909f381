"""A published release on a running server, and the client as a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.exports.shelves import Shelf

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


def environment(home: Path, **given: str) -> dict[str, str]:
    """The client's environment: nothing of ours but where it lies."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT / "clients"), "no_proxy": "*", **given}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the client in `tmp_path`."""

    def run_(*arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hillclimb", *arguments], cwd=tmp_path, env=environment(tmp_path, **given),
            text=True, capture_output=True, timeout=120, check=False,
        )  # fmt: skip

    return run_


@pytest.fixture
def shelf(transactional_db: None, settings: Any, tmp_path: Path) -> Shelf:
    """A published release, seen by the server's own threads."""
    from tests.exports.shelves import filled

    return filled(tmp_path / "releases", settings)


@pytest.fixture
def known(shelf: Shelf, live_server: Any) -> dict[str, str]:
    """What the client is told of the site: address and token."""
    _, secret = shelf.token()
    return {"HILLCLIMB_SITE": live_server.url, "HILLCLIMB_TOKEN": secret}
