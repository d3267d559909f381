"""Who runs: the site's processes and their commands, the same on a laptop and on a fleet.

    python -m dev.lineup NAME

becomes that process (the containers in `deploy/` do this); the supervisor of `make run` starts all four.
This is the one place where the web server and the workers' sizes are chosen.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from dev import places


@dataclass(frozen=True, slots=True)
class Process:
    """One kind of process: its command, and how it is asked to stop."""

    name: str
    argv: tuple[str, ...]
    # Sent when a person stops the site: finish what is in hand.
    stop_signal: signal.Signals
    # Seconds it may take to finish before it is ended.
    patience: float
    # Sent by the system when the supervisor was killed: nobody waits any more.
    parting_signal: signal.Signals


def lineup(env: Mapping[str, str]) -> dict[str, Process]:
    """The site's processes by name. Reads PORT, BIND, WEB_WORKERS, WEB_THREADS and LIGHT_WORKERS."""
    cpus = os.cpu_count() or 1
    bind = env.get("BIND") or f"127.0.0.1:{env.get('PORT') or 8000}"
    web = (
        "gunicorn", "config.wsgi:application",
        "--bind", bind,
        "--worker-class", "gthread",
        "--workers", env.get("WEB_WORKERS") or str(min(4, cpus)),
        "--threads", env.get("WEB_THREADS") or "8",
        "--timeout", "60",
        "--graceful-timeout", "8",
        "--keep-alive", "30",
        "--log-level", "warning",
        "--no-control-socket",
        *(["--worker-tmp-dir", "/dev/shm"] if os.path.isdir("/dev/shm") else []),
    )  # fmt: skip
    return {
        process.name: process
        for process in (
            Process("web", _module(*web), signal.SIGTERM, 10, signal.SIGTERM),
            # Imports, releases and sweeps: two hands, so that a long build does not stop the sweep.
            _worker("worker-light", "light", env.get("LIGHT_WORKERS") or "2"),
            # One Chromium at a time: a render check wants a core and up to 2 GB for itself.
            _worker("worker-chromium", "chromium", "1"),
            Process("beat", _celery("beat", "--pidfile="), signal.SIGTERM, 5, signal.SIGTERM),
        )
    }


def _worker(name: str, queue: str, concurrency: str) -> Process:
    argv = _celery(
        "worker",
        "--queues", queue,
        "--hostname", f"{name}@%h",
        "--pool", "prefork",
        "--concurrency", concurrency,
        # Workers have nothing to tell each other.
        "--without-gossip", "--without-mingle",
    )  # fmt: skip
    # Quit drops the task in hand; its row's lease runs out and the sweep rings again.
    return Process(name, argv, signal.SIGTERM, 15, signal.SIGQUIT)


def _celery(command: str, *arguments: str) -> tuple[str, ...]:
    # In a container we are root, and Celery says so at length; hostile code never runs in the worker itself.
    silent = ("-W", "ignore:You're running the worker with superuser privileges")
    argv = _module(
        "celery", "--quiet", "--app", "config.celery:app", command, *arguments, "--loglevel", "WARNING"
    )
    return (argv[0], *silent, *argv[1:])


def _module(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *arguments)


def main() -> None:
    """Become the process named on the command line."""
    processes = lineup(os.environ)
    if len(sys.argv) != 2 or sys.argv[1] not in processes:
        sys.exit(f"Name one process: {', '.join(processes)}.")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(places.ROOT / "platform"), str(places.ROOT)])
    argv = processes[sys.argv[1]].argv
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main()
