"""`make trainers`: real trainers take one step each on a release's files, unchanged.

Builds a release in stores of its own, then runs `steps` in a virtual environment that has CPU torch and TRL.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import django

from dev import places
from dev.frontend import digest
from dev.progress import command

HERE = Path(__file__).parent
HOME = places.ROOT / "var" / "torch"
PYTHON = HOME / "bin" / "python"
WANTED = HERE / "requirements.txt"


def ensure_trainers() -> None:
    """The virtual environment with torch and TRL, installed once per list."""
    stamp = HOME / ".stamp"
    if stamp.exists() and stamp.read_text() == digest([WANTED]):
        return
    log = places.ROOT / "var" / "log" / "setup-trainers.log"
    if not PYTHON.exists():
        command("Virtual environment", [sys.executable, "-m", "venv", HOME], log=log, timeout=300)
    command("torch and TRL", [PYTHON, "-m", "pip", "install", "-r", WANTED], log=log, timeout=1800)
    stamp.write_text(digest([WANTED]))


def release_in(root: Path) -> Path:
    """The folder of a release with every config, built as any other."""
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import transaction

    settings.RELEASE_ROOT = root
    call_command("migrate", verbosity=0)
    from exports import actions, building
    from tests.exports import judged
    from tests.worlds import world

    made = world(prompts=0)
    with transaction.atomic():
        judged.many(made, rows=80, clusters=40, authors=12)
    release = actions.start_release(recipe=judged.recipe(made, held_out_share=0.2), by=made.lead)
    building.build(release.pk)
    release.refresh_from_db()
    if release.status != "published":
        sys.exit(f"The release was not built: {release.error}")
    return building.folder_of(release)


def main() -> None:
    """Build, then train; ends with 1 when a trainer refuses."""
    ensure_trainers()
    with tempfile.TemporaryDirectory() as area:
        folder = release_in(Path(area) / "releases")
        offline = {
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_OFFLINE": "1",
            "TRANSFORMERS_OFFLINE": "1",
            "HF_HOME": f"{area}/hf",
        }
        quiet = {"CUDA_VISIBLE_DEVICES": "", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
        sys.exit(subprocess.call([PYTHON, HERE / "steps.py", folder], env={**os.environ, **offline, **quiet}))


if __name__ == "__main__":
    main()
