"""The same recipe and data give the same bytes: in another database, under other plans, clocks and zones."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import time_machine
from django.db import connection, transaction

from benchmarks.databases import inside
from dev.postgres import programs
from exports import actions, building, proof, verifying
from exports.models import Release
from tests.exports import judged
from tests.exports.drawn import contents
from tests.scenes import Scene
from tests.worlds import world

pytestmark = pytest.mark.django_db(transaction=True)

TWIN = "twin"
# Other plans, other places on disk, other numbers to come, another zone: nothing of it may show.
OTHERWISE = """
ALTER DATABASE {twin} SET enable_hashjoin = off; ALTER DATABASE {twin} SET enable_seqscan = off;
ALTER DATABASE {twin} SET timezone = 'Asia/Tokyo';
ALTER DATABASE {twin} SET extra_float_digits = 0; ALTER DATABASE {twin} SET work_mem = '1MB';
"""


def quiet(phase: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def twin() -> Iterator[None]:
    """A place for a copy of the test's database; the copy is made by `restore`."""
    yield
    with inside("postgres"), connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(_twin())} WITH (FORCE)")


def _twin() -> str:
    return f"{TWIN}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


def restore() -> None:
    """Dump the test's database and restore it as another one, then shake the copy."""
    source = str(connection.settings_dict["NAME"])
    url = urlsplit(os.environ["DATABASE_URL"])
    binaries = programs() / "bin"
    quoted = connection.ops.quote_name(_twin())

    def address(name: str) -> str:
        return urlunsplit(url._replace(path=f"/{name}"))

    with inside("postgres"), connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {quoted}")
    dump = [binaries / "pg_dump", "--no-owner", "--dbname", address(source)]
    dumped = subprocess.run(dump, capture_output=True, check=True, timeout=120)
    load = [
        binaries / "psql",
        "--quiet",
        "--no-psqlrc",
        "-v",
        "ON_ERROR_STOP=1",
        "--dbname",
        address(_twin()),
    ]
    subprocess.run(load, input=dumped.stdout, capture_output=True, check=True, timeout=120)
    with inside("postgres"), connection.cursor() as cursor:
        cursor.execute(OTHERWISE.format(twin=quoted))
    with inside(_twin()), connection.cursor() as cursor:
        cursor.execute("UPDATE arena_pair SET opened_at = opened_at WHERE id % 2 = 0")
        cursor.execute("UPDATE work_submission SET submitted_at = submitted_at WHERE id % 3 = 0")
        cursor.execute(
            "SELECT setval('work_submission_id_seq', 900000), setval('core_fileset_id_seq', 900000)"
        )
        cursor.execute("VACUUM ANALYZE")


def test_two_databases_of_one_dump_give_the_same_bytes(settings: Any, tmp_path: Path, twin: None) -> None:
    settings.RELEASE_ROOT = tmp_path / "releases"
    made = judged.scene(2, scratch=1, authors=2)
    with transaction.atomic():
        judged.many(made.world, rows=150, clusters=70, authors=25)
    recipe = judged.recipe(made.world, held_out_share=0.3)
    first = actions.start_release(recipe=recipe, by=made.world.lead)
    building.build(first.pk)
    first.refresh_from_db()
    assert first.status == "published", first.error
    second = actions.start_release(recipe=recipe, by=made.world.lead)
    restore()
    building.write(second, tmp_path / "here", progress=quiet)
    with inside(_twin()), time_machine.travel(datetime(2031, 2, 3, 4, 5, tzinfo=UTC)):
        for pk, name in ((first.pk, "first"), (second.pk, "there")):
            building.write(Release.objects.get(pk=pk), tmp_path / name, progress=quiet)
    assert contents(tmp_path / "first") == contents(building.folder_of(first))
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert contents(tmp_path / "there") != contents(tmp_path / "first")
    assert {path.name for path in (tmp_path / "here/data").iterdir()} == {*judged.CONFIGS} - {"feedback"}


def test_one_changed_byte_anywhere_is_found(settings: Any, tmp_path: Path) -> None:
    settings.RELEASE_ROOT = tmp_path / "releases"
    made = Scene(world(prompts=0))
    with transaction.atomic():
        judged.many(made.world, rows=20, clusters=10, authors=5)
    release = actions.start_release(recipe=judged.recipe(made.world), by=made.world.lead)
    building.build(release.pk)
    release.refresh_from_db()
    folder = building.folder_of(release)
    assert verifying.faults(release) == []
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(paths) > 12
    for path in paths:
        whole = path.read_bytes()
        for at in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert verifying.faults(release), f"{path.name}, byte {at}"
            assert proof.faults(folder, trusted=settings.PUBLIC_KEYS), f"{path.name}, byte {at}"
        path.write_bytes(whole)
    assert verifying.faults(release) == []
