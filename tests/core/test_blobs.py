"""Blobs: whole or absent, stored once, named by content."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from core import blobs


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_what_was_put_is_read_back_under_its_digest() -> None:
    digest = blobs.put(b"\x89PNG")
    assert digest == hashlib.sha256(b"\x89PNG").hexdigest()
    with blobs.open(digest) as file:
        assert file.read() == b"\x89PNG"
    assert blobs.path(digest).parent.name == digest[:2]


def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    assert blobs.put(b"a") == blobs.put(b"a")
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 1


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_handle: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="disk full"):
        blobs.put(b"a")
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_only_digests_name_a_blob(name: str) -> None:
    with pytest.raises(ValueError, match="64 hex"):
        blobs.path(name)
