"""Outlives a killed supervisor for a few seconds, to end what it left running.

    python -m dev.watchman AREA

Its standard input is a pipe that only the supervisor holds open: the end of file means that it is gone.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from dev.supervise import end_leftovers

# Children that the system told of the supervisor's death get this long to stop by themselves.
GRACE_SECONDS = 4.0


def main() -> None:
    """Wait for the supervisor's end, then for its children's, then end the rest."""
    area = Path(sys.argv[1])
    sys.stdin.buffer.read()
    time.sleep(GRACE_SECONDS)
    end_leftovers(area)


if __name__ == "__main__":
    main()
