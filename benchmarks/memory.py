"""Peak memory of one step in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys


def in_process(module: str, *arguments: str) -> dict[str, float]:
    """Run `python -m module arguments`, which prints one JSON object last; returns it with its peak RSS in MB."""
    code = (
        "import resource, runpy, sys; sys.argv = sys.argv[1:]; "
        "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=False); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, module, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=7200,
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stderr[-2000:]}")
    *_, answer, peak = done.stdout.strip().splitlines()
    found: dict[str, float] = json.loads(answer)
    return {**found, "rss_mb": int(peak) / 1024}
