"""Import beside raw COPY of the same rows into tables with the same indexes, and its memory at two sizes."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from django.db import connection

from benchmarks import memory, seed
from benchmarks.table import Row, Table
from catalog.models import Project

TABLES = {
    "core_fileset": "digest, body, file_count, byte_size, created_at",
    "catalog_prompt": "project_id, key, text, tags, framework, source, licence, cluster, held_out, quarantine, created_at",
    "catalog_generation": "prompt_id, model_id, fileset_id, params, use, created_at",
}


def write_file(path: Path, prompts: int, size: int) -> None:
    """An import file of `prompts` prompts of 200 characters, two outputs of `size` bytes each, none equal."""
    pages = [seed.output(n, size) for n in range(50)]
    with path.open("w") as file:
        for n in range(prompts):
            generations = [
                {
                    "model": model,
                    "files": {"index.html": f"<!-- {n} {model} -->" + pages[(n + at) % 50]["index.html"]},
                }
                for at, model in enumerate(("target", "rival"))
            ]
            row = {
                "key": f"import-{n}", "text": f"Make page {n} ".ljust(200, "x"), "tags": ["bench"], "framework": "html",
                "source": "benchmark", "license": "CC0-1.0", "generations": generations,
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")


def measure(table: Table, *, sizes: tuple[int, int]) -> None:
    """Import `sizes[1]` prompts of two 6 kB outputs beside COPY; memory at both sizes; then 10,000 of two 25 kB."""
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "prompts.jsonl"
        for prompts in sizes:
            write_file(file, prompts, 6_000)
            done = _import(f"import-{prompts}", file)
            peaks[prompts] = done["rss_mb"]
        seconds, prompts = done["seconds"], sizes[1]
        copied = _copy(f"import-{prompts}")
        table.add(
            Row(
                f"import, {prompts:,} prompts, two 6 kB outputs",
                f"{prompts / seconds:,.0f} prompts/s",
                f"{prompts / copied:,.0f} prompts/s by COPY",
                copied / seconds,
                0.25,
            )
        )
        small, large = sizes
        table.add(
            Row(
                f"import, peak memory at {large:,} prompts",
                f"{peaks[large]:.0f} MB",
                f"{peaks[small]:.0f} MB at {small:,}",
                peaks[large] / peaks[small],
                1.25,
                at_most=True,
            )
        )
        write_file(file, 10_000, 25_000)
        done = _import("import-heavy", file)
        rate = f"{10_000 / done['seconds']:,.0f} prompts/s"
        table.add(
            Row("import, 10,000 prompts, two 25 kB outputs", rate, "", note=f"peak {done['rss_mb']:.0f} MB")
        )


def _import(slug: str, file: Path) -> dict[str, float]:
    seed.project(slug, 0)
    return memory.in_process("benchmarks.import_step", slug, str(file))


def _copy(slug: str) -> float:
    """Seconds to COPY the rows that the import of `slug` wrote into empty copies of their tables."""
    project = Project.objects.get(slug=slug)
    mine = {
        "core_fileset": "SELECT DISTINCT ON (f.id) {} FROM core_fileset f JOIN catalog_generation g ON g.fileset_id ="
        " f.id JOIN catalog_prompt p ON p.id = g.prompt_id WHERE p.project_id = %s",
        "catalog_prompt": "SELECT {} FROM catalog_prompt WHERE project_id = %s",
        "catalog_generation": "SELECT {} FROM catalog_generation g JOIN catalog_prompt p ON p.id = g.prompt_id"
        " WHERE p.project_id = %s",
    }
    alias = {"core_fileset": "f", "catalog_prompt": "catalog_prompt", "catalog_generation": "g"}
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder, connection.cursor() as cursor:
        for name, columns in TABLES.items():
            file = Path(folder) / name
            picked = ", ".join(f"{alias[name]}.{column.strip()}" for column in columns.split(","))
            with (
                file.open("wb") as out,
                cursor.copy(f"COPY ({mine[name].format(picked)}) TO STDOUT", [project.pk]) as copy,
            ):
                for block in copy:
                    out.write(block)
            cursor.execute(f"CREATE TABLE bench_copy (LIKE {name} INCLUDING ALL)")
            begun = time.perf_counter()
            with file.open("rb") as rows, cursor.copy(f"COPY bench_copy ({columns}) FROM STDIN") as copy:
                while block := rows.read(1 << 20):
                    copy.write(block)
            seconds += time.perf_counter() - begun
            cursor.execute("DROP TABLE bench_copy")
    return seconds
