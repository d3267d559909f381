"""Real outputs through the whole loop, on a site with everything real: web server, workers, beat, Chromium.

All of the file is imported and its tasks opened; the work is done on some of the prompts, for the time's sake:
of both models with a library from a CDN, and of one model. `make journey` works on all of them. Where the real outputs
are not at hand, the sample's take their place.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from datasets import load_dataset

from dev import places
from exports import proof
from tests.journeys.stage import REAL

SECONDS = 1500
BOTH_MODELS = ("tea-dunkability",)
ONE_MODEL = ("trivia-quiz-game",)

pytestmark = [pytest.mark.worker, pytest.mark.browser]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What a journey printed, and the folder it downloaded."""
    only = ["--only", *BOTH_MODELS, *ONE_MODEL] if REAL.is_file() else []
    out = tmp_path_factory.mktemp("journey")
    # A site of its own: stores and all. The stores of this test run are not for it.
    env = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "VAR_DIR")
    }
    for name in ("APP_ORIGIN", "PREVIEW_ORIGIN", "SECRET_KEY", "SIGNING_KEY", "PORT", "PYTEST_XDIST_WORKER"):
        env.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-m", "dev.run", "--own", "tests.journeys", "--out", str(out), *only],
        cwd=places.ROOT, env=env, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout, Path(done.stdout.rsplit("The release is in ", 1)[1].splitlines()[0])


def _line(printed: str, name: str) -> str:
    found = re.search(rf"^\s+{name}\s+(.*)$", printed, re.M)
    assert found, f"no line {name} in:\n{printed}"
    return found[1]


def test_real_prompts_are_refined_checked_reviewed_and_judged(journey: tuple[str, Path]) -> None:
    printed, _ = journey
    assert _line(printed, "prompts") == ("33" if REAL.is_file() else "12")
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", _line(printed, "submissions"))}
    assert counts["accepted"] >= 1, "a rejection is the exception"
    assert not set(counts) & {"checking", "awaiting_review"}
    assert re.match(r"\d+ on \d+ pairs", _line(printed, "votes"))
    assert re.search(r"\d+% \(95% Wilson \d+% to \d+%, n = \d+ pairs\)", _line(printed, "win rate"))


def test_the_release_is_whole_and_loads(
    journey: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, folder = journey
    assert proof.file_faults(folder) == []
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for config in ("default", "preference", "kto", "sft"):
        data = load_dataset(str(folder), config, cache_dir=str(tmp_path))
        assert sum(split.num_rows for split in data.values()) > 0
