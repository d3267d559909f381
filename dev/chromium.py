"""Find a Chromium that starts, or get one: the system's, else Playwright's, else Debian's."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

from dev import places
from dev.progress import StepFailed, command, kept, say

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
STAMP = places.STAMPS / "chromium"
INSTALL_SECONDS = 600.0
MISSING = """
  No Chromium was found and none could be installed. The site starts, but without one:
    - the render and accessibility checks of submissions wait, so no submission reaches a reviewer;
    - the tests that drive a browser fail.
  Install one (Debian, Ubuntu: `apt install chromium`; macOS: `brew install --cask chromium`) or name one
  with CHROMIUM=/path/to/chromium, then start again.
"""


def remembered() -> str | None:
    """The path of the Chromium that the set-up found; CHROMIUM in the environment goes first."""
    if given := os.environ.get("CHROMIUM"):
        return given
    try:
        path = STAMP.read_text().strip()
    except FileNotFoundError:
        return None
    return path if os.access(path, os.X_OK) else None


def ensure(log: Path) -> bool:
    """Make sure that a Chromium is at hand and remember it; say what will not work when none can be had."""
    if path := remembered():
        kept("Chromium", path if os.environ.get("CHROMIUM") else "as before")
        return True
    found = find() or _from_playwright(log) or _from_debian(log)
    if not found:
        say(MISSING)
        return False
    STAMP.parent.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(f"{found}\n")
    kept("Chromium", found)
    return True


def find() -> str | None:
    """The first Chromium on this machine that starts."""
    candidates = [path for name in NAMES if (path := shutil.which(name))]
    candidates += MAC
    for pattern in ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"):
        candidates += sorted(glob.glob(str(_playwright_folder() / pattern)), reverse=True)
    return next((path for path in candidates if _starts(path)), None)


def _playwright_folder() -> Path:
    if given := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(given)
    if places.is_root():
        # The browser never runs as root, and another user cannot enter root's home.
        return places.SYSTEM_HOME / "browsers"
    home = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path.home() / home / "ms-playwright"


def _starts(path: str) -> bool:
    # A browser whose libraries are missing, or a stub that asks for a snap, fails here and not in a check.
    if not os.access(path, os.X_OK):
        return False
    try:
        shown = subprocess.run([path, "--version"], capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return shown.returncode == 0 and b"Chrom" in shown.stdout


def _from_playwright(log: Path) -> str | None:
    try:
        command(
            "Chromium, from Playwright",
            [places.VENV_PYTHON, "-m", "playwright", "install", "chromium"],
            log=log,
            timeout=INSTALL_SECONDS,
            env={**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(_playwright_folder())},
        )
    except StepFailed:
        return None
    return find()


def _from_debian(log: Path) -> str | None:
    if not places.is_root() or not shutil.which("apt-get"):
        return None
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends"]
    try:
        command("Package lists", ["apt-get", "update"], log=log, timeout=INSTALL_SECONDS, env=quiet)
        command(
            "Chromium, from the system's packages",
            [*install, "chromium", "fonts-liberation", "fonts-noto-color-emoji"],
            log=log,
            timeout=INSTALL_SECONDS,
            env=quiet,
        )
    except StepFailed as problem:
        say(str(problem))
        return None
    return find()
