"""`make manage ARGS="…"`: a Django command on the data of the site that runs from this checkout."""

from __future__ import annotations

import os
import sys

from dev import places
from dev.environment import running_site
from dev.processes import MARK


def main() -> None:
    """Become manage.py with the running site's environment; DATABASE_URL in ours goes first."""
    env = dict(os.environ)
    if "DATABASE_URL" not in env:
        site = running_site(places.VAR)
        if site is None:
            sys.exit("No site runs from this checkout: start it with `make run`, or set DATABASE_URL.")
        env = {**site.environment, **env}
        # A command that outlives the site is not a leftover of it.
        env.pop(MARK, None)
    os.execve(sys.executable, [sys.executable, str(places.ROOT / "manage.py"), *sys.argv[1:]], env)


if __name__ == "__main__":
    main()
