"""Set-up: where data lies, what is done once, what is refused, and that the map matches the house."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dev import chromium, environment, frontend, places, stores
from dev.lineup import lineup
from dev.only_one import try_lock, waiting_lock
from dev.postgres import PROFILES, Postgres
from dev.processes import Identity, identify, write_identity
from dev.progress import StepFailed, command

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 2**22 + 1  # above the largest pid that Linux gives


def test_platform_is_a_source_root_and_never_hides_pythons_own():
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert platform.python_version() == sys.version.split()[0]


def test_every_room_stands_on_a_floor_and_on_the_map():
    rooms = {folder.name for folder in (ROOT / "platform").iterdir() if (folder / "__init__.py").exists()}
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    floors = {room.strip() for layer in contract["layers"] for room in layer.replace("|", ":").split(":")}
    assert floors == rooms | {"tasks"}
    house = (ROOT / "docs" / "HOUSE.md").read_text()
    assert [room for room in rooms if f"| `{room}` |" not in house] == []


def test_an_installation_needs_no_sources_of_the_front_end():
    """The image has `platform`, `tasks` and what is built: a path into `frontend/` would be missing there."""
    named = [
        path
        for room in ("platform", "tasks")
        for path in (ROOT / room).rglob("*.py")
        if '"frontend"' in path.read_text()
    ]
    assert named == []
    assert (ROOT / "static" / "build" / "preview" / "axe.min.js").is_file()


def test_the_fleet_runs_the_same_processes_as_a_laptop():
    compose = (ROOT / "deploy" / "compose.yaml").read_text()
    assert [name for name in lineup({}) if f"dev.lineup, {name}]" not in compose] == []


def test_sizes_and_address_of_processes_come_from_the_environment():
    web = lineup({"BIND": "0.0.0.0:9000", "WEB_WORKERS": "7", "WEB_THREADS": "3"})["web"].argv
    assert {"0.0.0.0:9000", "7", "3"} <= set(web)
    assert "127.0.0.1:8123" in lineup({"PORT": "8123"})["web"].argv


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path):
    first = places.secret(tmp_path, "django")
    assert len(first) >= 50
    assert places.secret(tmp_path, "django") == first
    assert (tmp_path / "secrets" / "django").stat().st_mode & 0o777 == 0o600


def test_two_checkouts_have_stores_of_their_own():
    assert places.store_home(Path("/a/var")) != places.store_home(Path("/b/var"))


def test_given_stores_are_used_and_none_is_embedded(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/else")
    monkeypatch.setenv("REDIS_URL", "redis://somewhere")
    assert stores.embedded(tmp_path, "run") == []
    assert stores.addresses([]) == {
        "DATABASE_URL": "postgres://somewhere/else",
        "REDIS_URL": "redis://somewhere",
    }


def test_a_laptops_data_survive_a_power_cut():
    assert "fsync" not in PROFILES["run"]
    assert "synchronous_commit" not in PROFILES["run"]


def test_a_stale_pid_file_that_names_a_stranger_is_not_a_leftover(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "is_root", lambda: False)
    server = Postgres(tmp_path, 1, "test")
    server.data.mkdir(parents=True)
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    assert server.leftover() is None


def test_data_of_another_major_version_are_refused_and_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "is_root", lambda: False)
    server = Postgres(tmp_path, 1, "test")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(RuntimeError, match="written by PostgreSQL 9"):
        server.prepare()
    assert (server.data / "PG_VERSION").read_text() == "9\n"


def test_a_lock_has_one_holder_and_goes_with_it(tmp_path):
    path = tmp_path / "lock"
    held = try_lock(path)
    assert held is not None
    assert try_lock(path) is None
    told: list[bool] = []
    with (
        pytest.raises(TimeoutError),
        waiting_lock(path, seconds=0.3, waiting=lambda: told.append(True)),
    ):
        pytest.fail("the lock was held")
    assert told == [True]
    os.close(held)
    with waiting_lock(path, seconds=1, waiting=lambda: pytest.fail("nobody holds it")):
        assert try_lock(path) is None


def test_a_second_run_says_who_runs_and_where(tmp_path):
    held = try_lock(tmp_path / "run" / "lock")
    me = identify(os.getpid())
    assert held is not None
    assert me is not None
    environment.announce(tmp_path, environment.RunningSite(me, "http://localhost:8123", "14:02", {}))
    second = subprocess.run(
        [sys.executable, "-m", "dev.run"],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    os.close(held)
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert "http://localhost:8123" in second.stderr
    assert str(os.getpid()) in second.stderr


def test_a_taken_port_is_told_before_anything_starts(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = subprocess.run(
            [sys.executable, "-m", "dev.run"],
            cwd=ROOT,
            env={**os.environ, "VAR_DIR": str(tmp_path), "PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert run.returncode == 1
    assert f"Port {port} is taken" in run.stdout
    assert not (tmp_path / "log").exists()


def test_word_of_a_site_counts_only_while_its_supervisor_lives(tmp_path):
    gone = environment.RunningSite(Identity(NOBODY, "then"), "http://localhost:1", "14:02", {"A": "b"})
    environment.announce(tmp_path, gone)
    assert environment.running_site(tmp_path) is None
    me = identify(os.getpid())
    assert me is not None
    environment.announce(tmp_path, environment.RunningSite(me, "http://localhost:1", "14:02", {"A": "b"}))
    site = environment.running_site(tmp_path)
    assert site is not None
    assert site.environment == {"A": "b"}
    assert (tmp_path / "run" / "site.json").stat().st_mode & 0o777 == 0o600
    environment.withdraw(tmp_path)
    assert environment.running_site(tmp_path) is None


def test_areas_of_killed_runs_are_removed_and_living_ones_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "VAR", tmp_path)
    dead = tmp_path / "test" / str(NOBODY)
    dead.mkdir(parents=True)
    (dead / "owner.pid").write_text(f"{NOBODY}\nthen\n")
    alive = tmp_path / "test" / "1"
    write_identity(alive / "owner.pid", 1)
    with stores.passing_area("test") as area:
        assert area.is_dir()
        assert not dead.exists()
        assert alive.is_dir()
    assert not area.exists()


def test_the_front_end_is_built_again_when_a_name_or_a_byte_changes(tmp_path):
    one = tmp_path / "one.ts"
    one.write_text("let a = 1")
    before = frontend.digest([one])
    assert frontend.digest([one]) == before
    one.write_text("let a = 2")
    changed = frontend.digest([one])
    assert changed != before
    assert frontend.digest([one.rename(tmp_path / "two.ts")]) != changed


def test_installed_packages_are_no_sources(tmp_path, monkeypatch):
    monkeypatch.setattr(frontend, "SOURCES", tmp_path)
    for name in ("app/bench.ts", "node_modules/big/index.js"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    assert frontend.source_files() == [tmp_path / "app" / "bench.ts"]


def test_a_browser_that_does_not_start_is_not_found(tmp_path, monkeypatch):
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\necho 'please install the snap'; exit 1\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "MAC", ())
    assert chromium.find() is None
    stub.write_text("#!/bin/sh\necho 'Chromium 130.0'\n")
    assert chromium.find() == str(stub)


def test_without_any_chromium_it_says_what_will_not_work(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "STAMP", tmp_path / "stamp")
    for source in ("find", "_from_playwright", "_from_debian"):
        monkeypatch.setattr(chromium, source, lambda *_: None)
    assert chromium.ensure(tmp_path / "log") is False
    assert "no submission reaches a reviewer" in capsys.readouterr().out


def test_a_failing_step_shows_the_end_of_its_output(tmp_path):
    talk = [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]
    with pytest.raises(StepFailed, match=r"(?s)exit 3.*the reason"):
        command("Something", talk, log=tmp_path / "log", timeout=30)


def test_the_sites_environment_respects_what_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv("APP_ORIGIN", "https://app.example.org")
    monkeypatch.delenv("PREVIEW_ORIGIN", raising=False)
    env = environment.site_environment(tmp_path, 8123, {"DATABASE_URL": "postgres://x/y"})
    assert env["APP_ORIGIN"] == "https://app.example.org"
    assert env["PREVIEW_ORIGIN"] == "http://127.0.0.1:8123"
    assert env["DATABASE_URL"] == "postgres://x/y"


def test_pinned_packages_have_hashes_and_no_index():
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-node.txt"):
        text = (ROOT / name).read_text()
        assert "--index-url" not in text
        assert "--find-links" not in text
        packages = [
            line for line in text.splitlines() if line and not line[0].isspace() and line[0] not in "#-"
        ]
        assert packages
        assert text.count("==") >= len(packages)
        assert text.count("--hash=sha256:") >= len(packages)
