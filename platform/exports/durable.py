"""Files and folders that survive a power cut, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from core.durable import sync_folder


def write_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all: temporary name, sync, rename, sync of its folder."""
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def publish(building: Path, final: Path) -> None:
    """Give a finished folder its name. FileExistsError when the name is taken: a release is never written over."""
    if final.exists():
        raise FileExistsError(f"{final.name} is published already")
    sync_folder(building)
    building.rename(final)
    sync_folder(final.parent)
