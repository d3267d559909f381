"""`make run`: the whole site from this checkout under one supervisor, until Ctrl-C.

python -m dev.run                          the site, on PORT (default 8000), data kept in var/
python -m dev.run --for MODULE ARGUMENTS   run a module against the running site, or one started for it
python -m dev.run --own MODULE ARGUMENTS   run a module against a site started for it, whatever else runs
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from dev import places
from dev.bootstrap import refuse_second_run
from dev.environment import RunningSite, announce, running_site, site_environment, withdraw
from dev.lineup import Process, lineup
from dev.processes import MARK, identify
from dev.progress import StepFailed, command, last_lines, say, step
from dev.stores import Store, addresses, embedded, free_port, passing_area, port_is_free
from dev.supervise import TICK, Child, Supervisor, end_leftovers

READY_SECONDS = 90.0
PREPARE_SECONDS = 900.0
NAME_WIDTH = 15
TITLES = {"postgres": "PostgreSQL", "valkey": "Valkey"}


class Site:
    """The stores and processes of one area, started in order and stopped as one."""

    def __init__(self, area: Path, port: int, profile: str, show: Callable[[str, str], None]) -> None:
        """`profile`: how the embedded PostgreSQL is set, a key of `dev.postgres.PROFILES`."""
        self.area, self.port = area, port
        self.supervisor = Supervisor(area, self._show)
        # Lines are shown once it is up: what goes wrong before is told by the step that failed.
        self._show_line = show
        self._up = False
        self._profile = profile
        self.env: dict[str, str] = {}
        self._hurries = 0
        self._watchman: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        """Where a person opens the app."""
        return self.env["APP_ORIGIN"]

    def start(self) -> None:
        """Start all of it, a step a line; raises StepFailed or RuntimeError with what went wrong."""
        if left := end_leftovers(self.area):
            say(f"  Ended {left} processes that an earlier, killed run had left.")
        stores = embedded(self.area, self._profile)
        self._set_watchman()
        self.env = site_environment(self.area, self.port, addresses(stores))
        for store in stores:
            self._start_store(store)
        logins = self.area / "run" / "logins.txt"
        command(
            "Database schema and sample project",
            [sys.executable, "-m", "dev.prepare", logins],
            log=self.area / "log" / "prepare.log",
            timeout=PREPARE_SECONDS,
            cwd=places.ROOT,
            env=self.env,
        )
        web, *others = lineup(self.env).values()
        with step("Web server"):
            self._start_process(web)
            self._await("web", self._web_answers)
        # A person can sign in by now; the queue keeps what the workers find a moment later.
        for process in others:
            self._start_process(process)
        me = identify(os.getpid())
        assert me is not None
        self._up = True
        announce(self.area, RunningSite(me, self.origin, time.strftime("%H:%M"), self.env))

    def logins(self) -> str:
        """The sample project's logins, as printed for a person."""
        return (self.area / "run" / "logins.txt").read_text().rstrip()

    def stop(self) -> None:
        """Stop all of it; a second Ctrl-C meanwhile stops waiting for work in hand."""
        self._hurries = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._hurry)
        withdraw(self.area)
        self.supervisor.stop_all(impatient=lambda: self._hurries > 0)
        if self._watchman:
            self._watchman.kill()
            self._watchman.wait()

    def _show(self, name: str, line: str) -> None:
        if self._up:
            self._show_line(name, line)

    def _hurry(self, _number: int, _frame: FrameType | None) -> None:
        self._hurries += 1

    def _set_watchman(self) -> None:
        self._watchman = subprocess.Popen(
            [sys.executable, "-m", "dev.watchman", str(self.area)],
            stdin=subprocess.PIPE,
            cwd=places.ROOT,
            env={**os.environ, MARK: str(self.area)},
            start_new_session=True,
        )

    def _start_store(self, store: Store) -> None:
        with step(f"{TITLES[store.name]} on 127.0.0.1:{store.port}"):
            self.supervisor.start(
                Child(
                    name=store.name,
                    argv=store.argv,
                    env=store.env,
                    cwd=Path("/"),
                    stop_signal=store.parting_signal,
                    patience=30,
                    parting_signal=store.parting_signal,
                    user_id=store.user_id,
                    prepare=store.prepare,
                )
            )
            self._await(store.name, store.ready)

    def _start_process(self, process: Process) -> None:
        self.supervisor.start(
            Child(
                name=process.name,
                argv=process.argv,
                env=self.env,
                cwd=places.ROOT,
                stop_signal=process.stop_signal,
                patience=process.patience,
                parting_signal=process.parting_signal,
            )
        )

    def _await(self, name: str, ready: Callable[[], bool]) -> None:
        child = next(child for child in self.supervisor.children if child.name == name)
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            self.supervisor.tick()
            # Restarting is for later; what fails at the very start is told at once.
            if not child.running or time.monotonic() > deadline:
                raise StepFailed(f"{name} does not come up. {self._tail(name)}")
            time.sleep(TICK)

    def _tail(self, name: str) -> str:
        log = self.area / "log" / f"{name}.log"
        return "\n".join([f"The end of {log}:", *(f"    {line}" for line in last_lines(log, 25))])

    def _web_answers(self) -> bool:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        host = self.origin.partition("://")[2]
        try:
            link.request("GET", "/accounts/login/", headers={"Host": host})
            answer = link.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()
        if answer.status >= 500:
            raise StepFailed(f"The sign-in page answers {answer.status}. {self._tail('web')}")
        return True


def _show(name: str, line: str) -> None:
    if not line.strip():
        return
    # The stores are talkative; what matters of it is shown, all of it is in var/log.
    if name in TITLES and not re.search(r"\b(FATAL|PANIC|it starts again)\b", line):
        return
    say(f"{name:<{NAME_WIDTH}} | {line}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run_site() -> int:
    """Start the site from `var/` and keep it running; return the exit code."""
    if "HILLCLIMB_RUN_LOCK" not in os.environ:
        refuse_second_run()
    # Held open by us and inherited by nobody: it is released when we end, however that happens.
    os.set_inheritable(int(os.environ.pop("HILLCLIMB_RUN_LOCK")), False)
    port = int(os.environ.get("PORT") or 8000)
    if not port_is_free(port):
        say(f"\nPort {port} is taken by another program. Choose another: `make run PORT={port + 1}`.")
        return 1
    site = Site(places.VAR, port, "run", _show)
    return _with_site(site, lambda: _stay(site))


def _stay(site: Site) -> int:
    say(f"\n{site.logins()}\n\n  {site.origin}    Ctrl-C stops it.\n")
    while True:
        site.supervisor.tick()
        time.sleep(TICK)


def run_for(module: str, arguments: list[str], *, own: bool) -> int:
    """Run a module with the environment of the running site, or of one started for it; return its exit code.

    `own`: start one even when a site is running.
    """
    argv = [sys.executable, "-m", module, *arguments]
    if (site := running_site(places.VAR)) and not own:
        say(f"On the site that runs at {site.origin}.\n")
        return subprocess.call(argv, env=site.environment, cwd=places.ROOT)
    with passing_area(module.rpartition(".")[2]) as area:
        started = Site(area, free_port(), "run", _to_log_only)
        return _with_site(started, lambda: _work(started, argv))


def _to_log_only(_name: str, _line: str) -> None:
    """The module's own output is what a person came for; logs are in files."""


def _work(site: Site, argv: list[str]) -> int:
    say("")
    process = subprocess.Popen(argv, env=site.env, cwd=places.ROOT)
    try:
        while (code := process.poll()) is None:
            site.supervisor.tick()
            time.sleep(TICK)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return code


def _with_site(site: Site, work: Callable[[], int]) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    begun = time.monotonic()
    code = 1
    try:
        say("Starting Hillclimb")
        site.start()
        say(f"  Ready after {time.monotonic() - begun:.1f} s.")
        code = work()
    except KeyboardInterrupt:
        code = 0
    except (StepFailed, RuntimeError) as problem:
        say(f"\n{problem}")
    finally:
        say("\nStopping; work in hand is finished first (Ctrl-C again: at once).")
        stopping = time.monotonic()
        site.stop()
        say(f"Stopped in {time.monotonic() - stopping:.1f} s.")
    return code


def main() -> None:
    """Parse the two forms of the command."""
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(run_site())
    if arguments[0] in ("--for", "--own") and len(arguments) > 1:
        sys.exit(run_for(arguments[1], arguments[2:], own=arguments[0] == "--own"))
    sys.exit(__doc__)


if __name__ == "__main__":
    main()
