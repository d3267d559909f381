"""Logins of the sample project's people: made once, kept in a file that only its owner reads, never in git."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import NotRequired, TypedDict, cast

from django.conf import settings


class Login(TypedDict):
    """How one person of the sample signs in, and what they are there for."""

    username: str
    password: str
    shown: str
    # One of those who are there to vote: they share a password, since a person plays several of them.
    voter: NotRequired[bool]


def path() -> Path:
    """Where the logins are kept."""
    return Path(settings.VAR_DIR) / "sample-logins.json"


def load() -> list[Login]:
    """The logins, or none when no sample was loaded here."""
    try:
        return cast("list[Login]", json.loads(path().read_text()))
    except FileNotFoundError:
        return []


def save(logins: list[Login]) -> None:
    """Keep the logins: whole or not at all, readable by their owner alone."""
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(logins, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)


def new_password() -> str:
    """Sixteen letters and digits in groups: 82 bit, easy to type from a screen."""
    signs = "abcdefghijkmnpqrstuvwxyzACDEFHJKLMNPRTUVWXY34679"
    return "-".join("".join(secrets.choice(signs) for _ in range(4)) for _ in range(4))
