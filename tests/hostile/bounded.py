"""The vectors of the long form in a process of their own, which is ended when one of them takes too long.

A page may hold more than itself: the whole browser, or the protocol the test listens by, where no waiting of
Playwright's ends. Then that vector is wrong, the rest goes on in a new process, and the table always ends.

    python -m tests.hostile.bounded 0,1,2      what the process runs: vectors by their place, a line of JSON a report
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from typing import IO, Any

from tests.hostile import preview
from tests.hostile.table import Row
from tests.hostile.vectors import VECTORS, Vector

# Longest between two reports, in seconds: a group of vectors with all its own waits, on a crowded machine.
SILENCE_S = 240.0
_END: dict[str, Any] = {}


def everything(vectors: Sequence[Vector]) -> Iterator[Row]:
    """As `preview.everything`, and sure to end."""
    left = [VECTORS.index(vector) for vector in vectors]
    while left:
        trying: list[int] = []
        for report in _reports(left):
            if "trying" in report:
                trying = report["trying"]
                continue
            if "fault" in report:
                for at in trying or left:
                    vector = VECTORS[at]
                    yield Row(vector.name, vector.route, vector.expected, "", report["fault"])
                left = [at for at in left if at not in (trying or left)]
                break
            left = [at for at in left if report["key"] != f"v{at}"]
            yield Row(*report["row"])
        else:
            return


def _reports(chosen: Sequence[int]) -> Iterator[dict[str, Any]]:
    """What a process says of the vectors; the last word is a `fault` when it did not come to its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hostile.bounded", ",".join(map(str, chosen))],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        said: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=_listen, args=(process.stdout, said), daemon=True).start()
        while (report := said.get(timeout=SILENCE_S)) is not _END:
            yield report
        if code := process.wait(timeout=SILENCE_S):
            yield {"fault": f"the process that tried it ended with {code}"}
    except (queue.Empty, subprocess.TimeoutExpired):
        yield {"fault": f"did not end within {SILENCE_S:.0f} s"}
    finally:
        # Its browser goes with it: the pipe between them closes.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _listen(stream: IO[str], said: queue.Queue[dict[str, Any]]) -> None:
    for line in stream:
        said.put(json.loads(line))
    said.put(_END)


def _say(**report: object) -> None:
    print(json.dumps(report), flush=True)


def main() -> None:
    """Try the vectors named and report on each."""
    vectors = [VECTORS[int(at)] for at in sys.argv[1].split(",")]
    for key, row in preview.told(vectors, trying=lambda keys: _say(trying=[int(key[1:]) for key in keys])):
        _say(key=key, row=astuple(row))


if __name__ == "__main__":
    main()
