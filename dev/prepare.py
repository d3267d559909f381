"""Bring the data up to date before the site starts: schema, sample project, and the sample's logins.

    python -m dev.prepare FILE FOR THE LOGINS

One process for all three, since loading Django costs more than each of them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Migrate, load the sample project unless it is there, write the logins into the named file."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_sample")
    logins = Path(sys.argv[1])
    logins.unlink(missing_ok=True)
    # They hold passwords.
    handle = os.open(logins, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        call_command("print_logins", stdout=file)


if __name__ == "__main__":
    main()
