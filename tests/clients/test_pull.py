"""Pulling from the real site: whole, by its digests, going on after a kill, told plainly when it cannot be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.models import Event
from exports import actions
from exports.models import Token
from tests.clients.conftest import Run, environment
from tests.clients.hostile import SlowRoad
from tests.exports import judged
from tests.exports.shelves import Shelf

pytestmark = pytest.mark.django_db(transaction=True)
SHARD = "data/sft/train-00000-of-00001.parquet"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_pull_gives_the_published_bytes_and_each_download_is_an_event(
    shelf: Shelf, known: dict[str, str], run: Run, tmp_path: Path
) -> None:
    done = run("pull", "sample@1.0.0", **known)
    assert (done.returncode, done.stderr.splitlines()) == (
        0, ["got  MANIFEST.json", "got  README.md", "got  SHA256SUMS", f"got  {SHARD}"],
    )  # fmt: skip
    assert "sample@1.0.0: 4 files" in done.stdout
    assert contents(tmp_path / "sample-1.0.0") == contents(shelf.folder)
    events = Event.objects.filter(verb="download").values_list("data__path", flat=True)
    assert sorted(events) == ["MANIFEST.json", "README.md", "SHA256SUMS", SHARD]
    assert {event.data["token"] for event in Event.objects.filter(verb="download")} == {
        Token.objects.get().prefix
    }
    again = run("pull", str(shelf.release.pk), "--quiet", **known)
    assert (again.returncode, again.stderr) == (0, "")
    assert "(0 fetched now)" in again.stdout
    assert Event.objects.filter(verb="download").count() == 4
    assert run("verify", "sample-1.0.0").returncode == 0


def test_names_numbers_projects_and_the_newest(
    shelf: Shelf, known: dict[str, str], run: Run, tmp_path: Path
) -> None:
    for version in ("1.10.0", "1.9.0"):
        judged.published(shelf.world, of=shelf.release.recipe, version=version)
    assert run("pull", "test/sample", "--to", "a", **known).returncode == 0
    assert (tmp_path / "a" / "MANIFEST.json").exists()
    assert "sample@1.10.0" in run("pull", "sample", "--to", "a", **known).stdout
    for wanted, code in (("nothing", 4), ("sample@9.0.0", 4), ("else/sample", 4), ("999", 4), ("../x", 2)):
        assert run("pull", wanted, **known).returncode == code, wanted


def test_a_pull_that_was_killed_goes_on_where_it_was(
    shelf: Shelf, known: dict[str, str], live_server: Any, run: Run, tmp_path: Path
) -> None:
    big = os.urandom(6_000_000)
    release = judged.published(shelf.world, name="big", page=big)
    road = SlowRoad(live_server.url, piece=16_384, seconds=0.002)
    told = environment(tmp_path, **{**known, "HILLCLIMB_SITE": road.url})
    command = [sys.executable, "-m", "hillclimb", "pull", "big"]
    sha256 = release.files.get(path=SHARD).sha256
    part = tmp_path / "big-1.0.0" / ".hillclimb" / f"{sha256}.part"
    sizes = []
    for wait_for in (500_000, 2_000_000):
        child = subprocess.Popen(command, cwd=tmp_path, env=told, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size > wait_for):
            assert child.poll() is None, "it ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        sizes.append(part.stat().st_size)
        assert not (tmp_path / "big-1.0.0" / SHARD).exists()
    assert 500_000 < sizes[0] < sizes[1] < len(big)
    assert run("verify", "big-1.0.0").returncode == 1
    done = run("pull", "big", **known)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "big-1.0.0" / SHARD).read_bytes() == big
    assert not (tmp_path / "big-1.0.0" / ".hillclimb").exists()
    starts = list(Event.objects.filter(data__path=SHARD).order_by("id").values_list("data__start", flat=True))
    assert starts == [0, sizes[0], sizes[1]]
    road.close()


def test_a_part_of_another_file_is_not_continued(
    shelf: Shelf, known: dict[str, str], run: Run, tmp_path: Path
) -> None:
    state = tmp_path / "sample-1.0.0" / ".hillclimb"
    state.mkdir(parents=True)
    sha256 = shelf.release.files.get(path=SHARD).sha256
    (state / f"{sha256}.part").write_bytes(b"x" * 1000)
    done = run("pull", "sample", **known)
    assert done.returncode == 0
    assert "came damaged; it is fetched once more" in done.stderr
    assert (tmp_path / "sample-1.0.0" / SHARD).read_bytes() == judged.PAGE


def test_what_the_site_says_no_to(shelf: Shelf, known: dict[str, str], run: Run) -> None:
    nobody = run("pull", "sample", HILLCLIMB_SITE=known["HILLCLIMB_SITE"])
    assert nobody.returncode == 3
    assert "tokens page" in nobody.stderr
    wrong = run("pull", "sample", **{**known, "HILLCLIMB_TOKEN": "hc_0000_notknown"})
    assert (wrong.returncode, "not known" in wrong.stderr) == (3, True)
    actions.withdraw(release=shelf.release, by=shelf.world.lead, reason="A licence was wrong.")
    gone = run("pull", "sample", **known)
    assert gone.returncode == 5
    assert "A licence was wrong." in gone.stderr
    away = run("pull", "sample", "--retries", "0", **{**known, "HILLCLIMB_SITE": "http://127.0.0.1:9"})
    assert (away.returncode, "cannot be reached" in away.stderr) == (6, True)


def test_a_damaged_file_on_the_site_is_no_success(shelf: Shelf, known: dict[str, str], run: Run) -> None:
    (shelf.folder / SHARD).write_bytes(b"y" * len(judged.PAGE))
    done = run("pull", "sample", "--retries", "0", **known)
    assert done.returncode == 6
    assert "is not the file that was published" in done.stderr


def test_what_lies_in_the_way_is_not_written_over(
    shelf: Shelf, known: dict[str, str], run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "sample-1.0.0"
    folder.mkdir()
    (folder / "README.md").write_text("mine")
    done = run("pull", "sample", **known)
    assert (done.returncode, (folder / "README.md").read_text()) == (8, "mine")
    (folder / "README.md").unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "data").symlink_to(elsewhere)
    done = run("pull", "sample", **known)
    assert done.returncode == 8
    assert "is a link" in done.stderr
    assert not list(elsewhere.iterdir())


def test_a_deprecated_release_says_so(shelf: Shelf, known: dict[str, str], run: Run) -> None:
    from exports.withdrawal_actions import deprecate

    deprecate(release=shelf.release, by=shelf.world.lead, reason="Use 2.0.0 instead.")
    done = run("pull", "sample", "-q", **known)
    assert (done.returncode, done.stderr) == (0, "sample@1.0.0 is deprecated: Use 2.0.0 instead.\n")


def test_two_pulls_into_one_folder_do_not_mix(
    shelf: Shelf, known: dict[str, str], live_server: Any, run: Run, tmp_path: Path
) -> None:
    road = SlowRoad(live_server.url, piece=512, seconds=0.05)
    told = environment(tmp_path, **{**known, "HILLCLIMB_SITE": road.url})
    first = subprocess.Popen(
        [sys.executable, "-m", "hillclimb", "pull", "sample"],
        cwd=tmp_path,
        env=told,
        stderr=subprocess.DEVNULL,
    )
    while not (tmp_path / "sample-1.0.0" / ".hillclimb").exists():
        assert first.poll() is None
        time.sleep(0.01)
    second = run("pull", "sample", **known)
    assert (second.returncode, "Another pull" in second.stderr) == (8, True)
    assert first.wait(60) == 0
    road.close()
