"""Starting, recognising, restarting and ending processes, with real ones."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dev.processes import MARK, Identity, end, identify, marked, read_identity, spawn, write_identity
from dev.supervise import Child, Supervisor

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="the system tells of a parent's death on Linux only"
)
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def wait_until(true: Callable[[], object], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return False


def child(name: str, code: str, **more: object) -> Child:
    values = {
        "env": dict(os.environ),
        "cwd": Path("/"),
        "stop_signal": signal.SIGTERM,
        "patience": 5,
        "parting_signal": signal.SIGTERM,
    }
    return Child(name=name, argv=[sys.executable, "-uc", code], **{**values, **more})


def test_a_process_is_known_by_its_start_as_well_as_its_pid():
    process = subprocess.Popen(SLEEP)
    try:
        mine = identify(process.pid)
        assert mine is not None
        assert mine.running
        assert not Identity(process.pid, "another time").running
    finally:
        process.kill()
    # Dead but not yet reaped: nothing runs there any more.
    assert wait_until(lambda: not mine.running)
    process.wait()


def test_a_stranger_with_a_reused_pid_is_not_signalled():
    process = subprocess.Popen(SLEEP)
    try:
        assert end([Identity(process.pid, "another time")], [(signal.SIGKILL, 0.2)]) == []
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_an_identity_survives_its_file_and_a_damaged_file_is_none(tmp_path):
    write_identity(tmp_path / "me.pid", os.getpid())
    assert read_identity(tmp_path / "me.pid") == identify(os.getpid())
    (tmp_path / "me.pid").write_text("half a li")
    assert read_identity(tmp_path / "me.pid") is None
    assert read_identity(tmp_path / "absent.pid") is None


@linux_only
def test_a_child_ends_with_a_killed_parent(tmp_path):
    code = (
        "import os, sys, time; from pathlib import Path; from dev.processes import spawn\n"
        "child = spawn([sys.executable, '-c', 'import time; time.sleep(60)'], env=os.environ, cwd=Path('/'), output=2)\n"
        "Path(sys.argv[1]).write_text(str(child.pid)); time.sleep(60)"
    )
    note = tmp_path / "child"
    root = str(Path(__file__).resolve().parents[2])
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(note)], cwd=root, env={**os.environ, "PYTHONPATH": root}
    )
    assert wait_until(lambda: note.exists() and note.read_text())
    grandchild = identify(int(note.read_text()))
    assert grandchild is not None
    time.sleep(0.3)
    parent.kill()
    parent.wait()
    assert wait_until(lambda: not grandchild.running)


@linux_only
def test_the_watchman_ends_what_a_killed_supervisor_left(tmp_path):
    env = {**os.environ, MARK: str(tmp_path)}
    left = subprocess.Popen(SLEEP, env=env, start_new_session=True)
    code = "import dev.watchman as w; w.GRACE_SECONDS = 0.1; w.main()"
    watchman = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
        env=env,
    )
    assert wait_until(lambda: len(marked(tmp_path)) == 2)
    assert left.poll() is None
    assert watchman.stdin is not None
    # What the death of the supervisor looks like from here.
    watchman.stdin.close()
    assert left.wait(timeout=10) == -signal.SIGTERM
    assert watchman.wait(timeout=10) == 0


def test_a_child_that_ends_is_started_again_after_a_growing_wait(tmp_path):
    lines: list[tuple[str, str]] = []
    supervisor = Supervisor(tmp_path, lambda name, line: lines.append((name, line)))
    supervisor.start(child("short", "print('hello')"))
    try:
        assert wait_until(lambda: supervisor.tick() or sum("starts again" in line for _, line in lines) == 2)
    finally:
        supervisor.stop_all(impatient=lambda: False)
    told = [line for _, line in lines if "starts again" in line]
    assert "exit 0" in told[0]
    assert told[0].endswith("in 1 s")
    assert told[1].endswith("in 2 s")
    assert lines.count(("short", "hello")) == 2


def test_stopping_ends_a_stubborn_child_and_its_own_children(tmp_path):
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(inner.pid, flush=True); time.sleep(60)"
    )
    lines: list[str] = []
    supervisor = Supervisor(tmp_path, lambda _name, line: lines.append(line))
    supervisor.start(child("stubborn", code, patience=0.3))
    assert wait_until(lambda: supervisor.tick() or lines)
    inner = identify(int(lines[0]))
    assert inner is not None
    supervisor.stop_all(impatient=lambda: False)
    assert not supervisor.children[0].running
    assert wait_until(lambda: not inner.running)


def test_an_impatient_stop_does_not_wait(tmp_path):
    supervisor = Supervisor(tmp_path, lambda _name, _line: None)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    supervisor.start(child("slow", code, patience=60, env={**os.environ, MARK: str(tmp_path)}))
    begun = time.monotonic()
    supervisor.stop_all(impatient=lambda: time.monotonic() - begun > 0.2)
    assert time.monotonic() - begun < 5


def test_a_child_whose_preparation_fails_is_tried_again(tmp_path):
    tries: list[int] = []

    def prepare() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("not yet")

    lines: list[str] = []
    supervisor = Supervisor(tmp_path, lambda _name, line: lines.append(line))
    supervisor.start(child("late", "import time; print('up'); time.sleep(60)", prepare=prepare))
    try:
        assert wait_until(lambda: supervisor.tick() or "up" in lines)
        assert "not yet" in lines
    finally:
        supervisor.stop_all(impatient=lambda: False)


def test_the_log_of_the_start_before_is_kept(tmp_path):
    for word in ("first", "second"):
        supervisor = Supervisor(tmp_path, lambda _name, _line: None)
        supervisor.start(child("talker", f"print('{word}'); import time; time.sleep(60)"))
        assert wait_until(lambda: word in (tmp_path / "log" / "talker.log").read_text())  # noqa: B023  # read at once
        supervisor.stop_all(impatient=lambda: False)
    assert (tmp_path / "log" / "talker.before.log").read_text() == "first\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_starts_a_program_as_another_user(tmp_path):
    nobody = pwd.getpwnam("nobody")
    with (tmp_path / "out").open("wb") as output:
        process = spawn(
            ["/usr/bin/id", "-u"],
            env={},
            cwd=Path("/"),
            output=output,
            user=nobody.pw_uid,
        )
        assert process.wait(timeout=10) == 0
    assert (tmp_path / "out").read_text().strip() == str(nobody.pw_uid)
