"""Where things are: this checkout, its `var/`, and, for root, a folder in /var/lib/hillclimb.

An *area* is a folder below `var/` that holds one running copy of the site: its stores, files and logs.
`make run` owns `var/` itself; tests and benchmarks get an area of their own that is removed afterwards.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VAR = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMPS = ROOT / "var" / "stamps"
SYSTEM_HOME = Path("/var/lib/hillclimb")
# Servers never run as root; the first of these that exists owns their files.
UNPRIVILEGED = ("postgres", "daemon", "nobody")


def is_root() -> bool:
    """Whether servers must be started as another user."""
    return os.geteuid() == 0


def store_user(home: Path) -> pwd.struct_passwd | None:
    """The user that runs the stores of `home`: None for ourselves, else the unprivileged owner of its files.

    Raises RuntimeError when root finds no unprivileged user on the machine.
    """
    if not is_root():
        return None
    if home.exists() and (owner := home.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(f"No unprivileged user to run the database as; tried {', '.join(UNPRIVILEGED)}.")


def store_home(area: Path) -> Path:
    """The folder for the stores' files of an area.

    For root it lies in /var/lib, keyed by the area's path, because an unprivileged server must reach it and
    the checkout may lie below a folder that only root may enter, whose mode is not ours to change.
    """
    if not is_root():
        return area / "stores"
    return SYSTEM_HOME / hashlib.sha256(str(area).encode()).hexdigest()[:16]


def make_store_home(area: Path) -> Path:
    """Create the stores' folder, private to the user that runs them, and return it."""
    home = store_home(area)
    user = store_user(home)
    if user is None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return home
    SYSTEM_HOME.mkdir(mode=0o755, exist_ok=True)
    if not home.exists():
        home.mkdir(mode=0o700)
        os.chown(home, user.pw_uid, user.pw_gid)
    # Tells a person which checkout a folder in /var/lib belongs to.
    SYSTEM_HOME.joinpath(f"{home.name}.belongs-to").write_text(f"{area}\n")
    return home


def secret(area: Path, name: str, *, length: int = 40) -> str:
    """`length` random bytes as URL-safe base64, made once per area and kept readable for its owner alone."""
    folder = area / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(length))
    return path.read_text()
