"""One release build, or its bare cursor, in a process of its own: python -m benchmarks.release_step build|bare PK."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import django


def main() -> None:
    """Do the step, print its seconds."""
    django.setup()
    from exports.models import Release

    release = Release.objects.select_related("project", "recipe").get(pk=int(sys.argv[2]))
    with tempfile.TemporaryDirectory() as folder:
        done = build(release, Path(folder)) if sys.argv[1] == "build" else bare(release, Path(folder))
    print(json.dumps(done))


def build(release: object, folder: Path) -> dict[str, float]:
    """The whole build: selection, files, card, manifest."""
    from exports import building

    phases: dict[str, float] = {}
    begun = time.perf_counter()

    def progress(phase: str, done: int, total: int) -> None:
        phases.setdefault(phase, time.perf_counter() - begun)

    building.write(release, folder / "release", progress=progress)  # type: ignore[arg-type]  # set up after Django
    return {"seconds": time.perf_counter() - begun, "select": phases["Writing files"]}


def bare(release: object, folder: Path) -> dict[str, float]:
    """A server-side cursor feeding one Parquet file of the same columns, nothing else."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from django.db import transaction

    from exports import building, selection
    from exports.columns import SOURCE_SCHEMA

    with transaction.atomic():
        selection.select(building.choice_of(release))  # type: ignore[arg-type]  # set up after Django
        begun = time.perf_counter()
        with pq.ParquetWriter(folder / "bare.parquet", SOURCE_SCHEMA, compression="zstd") as writer:
            for rows in selection.stream("bare"):
                columns = [
                    pa.array(column, type=field.type)
                    for column, field in zip(zip(*rows, strict=True), SOURCE_SCHEMA, strict=True)
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=SOURCE_SCHEMA))
        return {"seconds": time.perf_counter() - begun}


if __name__ == "__main__":
    main()
