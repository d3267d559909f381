"""One import in a process of its own, as the worker runs it: python -m benchmarks.import_step PROJECT FILE."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import django


def main() -> None:
    """Import, print the seconds it took."""
    django.setup()
    from catalog import import_actions, import_files
    from catalog.models import Project

    project = Project.objects.get(slug=sys.argv[1])
    file = Path(sys.argv[2])
    begun = time.perf_counter()
    row = import_actions.request_import(
        project=project, chunks=import_files.chunks(file), file_name=file.name, update=False, by=None
    )
    ran = import_actions.run(row.pk)
    if ran is None or ran.status != "done":
        sys.exit(f"the import did not finish: {ran and ran.problems[:3]}")
    print(json.dumps({"seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main()
