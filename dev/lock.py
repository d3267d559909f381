"""`make lock`: write requirements*.txt anew from requirements*.in, every version and hash pinned."""

from __future__ import annotations

import os
import subprocess
import sys

from dev import places
from dev.progress import command, say

# In this order: the tools are held to the site's versions.
FILES = ("requirements", "requirements-dev", "requirements-node")
OLDEST_PYTHON = "3.11"


def main() -> None:
    """Compile each list; `make lock ARGS=--upgrade` takes newer versions."""
    log = places.ROOT / "var" / "log" / "lock.log"
    uv = places.VENV / "bin" / "uv"
    if not uv.exists():
        command(
            "uv, which compiles the lists",
            [sys.executable, "-m", "pip", "install", "uv"],
            log=log,
            timeout=300,
        )
    # Names of indexes and local paths stay out of the files.
    env = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    for name in FILES:
        argv = [uv, "pip", "compile", f"{name}.in", "-o", f"{name}.txt", "--quiet", "--no-header",
                "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate",
                "--python-version", OLDEST_PYTHON, *sys.argv[1:]]  # fmt: skip
        if code := subprocess.call([str(part) for part in argv], cwd=places.ROOT, env=env):
            sys.exit(code)
        say(f"  {name}.txt written")


if __name__ == "__main__":
    main()
