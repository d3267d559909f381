"""Writing a release's data files: streamed, constant memory, the same bytes for the same rows.

Every file is written under a temporary name while its size, rows and SHA-256 are computed, is synced to disk, and
gets its name at the end, when the number of shards is known. The bytes depend on the order of rows and on nothing
else: not on how they were batched by the caller, not on threads, not on time. (Parquet's footer names the pyarrow
version, so the manifest records it.)
"""

from __future__ import annotations

import hashlib
import os
import queue
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import pyarrow as pa
import pyarrow.parquet as pq

from core.durable import sync_folder
from exports import evidence
from exports.columns import (
    CHOSEN_AT,
    CONFIGS,
    OF_EVIDENCE,
    REJECTED_AT,
    REPEATED,
    RIVAL_AT,
    SCHEMAS,
    SHORT_COLUMNS,
    SPLIT_AT,
    Batch,
    parted,
    view,
)
from exports.json_lines import Fragments, lines

BATCH_ROWS = 4096
BATCH_CHARS = 4 * 1024 * 1024  # of both sides; bounds memory whatever the size of a row
# A Parquet row group has at least so many, before compression: each costs the writer milliseconds.
GROUP_BYTES = 12 * 1024 * 1024
DICTIONARY_BYTES = 16 * 1024 * 1024  # more than a row group has of values that are said again and again
SHARD_BYTES = 512 * 1024 * 1024  # before compression
FORMATS = ("parquet", "jsonl")
_WAITING = 1  # batches that wait for a writer before the reader is held up

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One finished data file: its path below the release folder, and what is in it."""

    path: str
    config: str
    split: str
    format: str
    rows: int
    bytes: int
    sha256: str


class HashingFile:
    """A file that counts and hashes what is written to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.closed = False
        self.bytes = 0
        self._hash = hashlib.sha256()
        self._file: BinaryIO = path.open("xb", buffering=0)

    def write(self, data: Any) -> int:
        """Write all of `data` (bytes or a buffer)."""
        rest = memoryview(data)
        size = rest.nbytes
        self._hash.update(rest)
        while rest:
            rest = rest[self._file.write(rest) :]
        self.bytes += size
        return size

    def flush(self) -> None:
        """Nothing is buffered."""

    def close(self) -> None:
        """Sync to disk and close."""
        if not self.closed:
            os.fsync(self._file.fileno())
            self._file.close()
            self.closed = True

    @property
    def sha256(self) -> str:
        """Digest of everything written, in hex."""
        return self._hash.hexdigest()


class _ParquetShard:
    def __init__(self, path: Path, config: str) -> None:
        self.file = HashingFile(path)
        self.rows = self.raw = 0
        schema = SCHEMAS[config]
        short = [name for name in schema.names if name in SHORT_COLUMNS]
        repeated = [path for path in REPEATED if path.partition(".")[0] in schema.names]
        self._held: list[pa.RecordBatch] = []  # batches too small for a row group of their own
        self._held_bytes = 0
        self._writer: pq.ParquetWriter | None = pq.ParquetWriter(
            pa.PythonFile(self.file, mode="w"),
            schema,
            compression="zstd",
            use_dictionary=[*short, *repeated] or False,
            write_statistics=short or False,
            dictionary_pagesize_limit=DICTIONARY_BYTES,
        )

    def write(self, batch: pa.RecordBatch) -> None:
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes >= GROUP_BYTES:
            self._write_group()
        self.rows += batch.num_rows
        self.raw += batch.nbytes

    def _write_group(self) -> None:
        if self._held and self._writer is not None:
            group = pa.Table.from_batches(self._held)
            self._writer.write_table(group, row_group_size=max(1, group.num_rows))
        self._held, self._held_bytes = [], 0

    def close(self) -> None:
        self._write_group()
        if self._writer is not None:
            self._writer.close()
        self._writer = (
            None  # what it knows of its row groups is in the file now, and would add up over the shards
        )
        self.file.close()


class _JsonShard:
    def __init__(self, path: Path, config: str) -> None:
        self.file = HashingFile(path)
        self.rows = self.raw = 0

    def write(self, part: tuple[bytes, int]) -> None:
        text, rows = part
        self.file.write(text)
        self.rows += rows
        self.raw += len(text)

    def close(self) -> None:
        self.file.close()


class _Series:
    """The shards of one config, split and format, in order."""

    def __init__(self, folder: Path, config: str, split: str, format_: str, shard_bytes: int) -> None:
        self.folder, self.config, self.split, self.format = folder, config, split, format_
        self._shard_bytes = shard_bytes
        self._open: _ParquetShard | _JsonShard | None = None
        self._done: list[_ParquetShard | _JsonShard] = []

    def write(self, part: Any) -> None:
        if self._open is None:
            path = self.folder / f".{self.split}-{len(self._done):05d}.{self.format}.part"
            self._open = (_ParquetShard if self.format == "parquet" else _JsonShard)(path, self.config)
        self._open.write(part)
        if self._open.raw >= self._shard_bytes:
            self._close_shard()

    def _close_shard(self) -> None:
        if self._open is not None:
            self._open.close()
            self._done.append(self._open)
            self._open = None

    def close(self) -> None:
        """Sync the last shard."""
        self._close_shard()

    def name(self, root: Path) -> list[WrittenFile]:
        """Give the shards their names, now that their number is known."""
        written = []
        for number, shard in enumerate(self._done):
            path = self.folder / f"{self.split}-{number:05d}-of-{len(self._done):05d}.{self.format}"
            shard.file.path.rename(path)
            written.append(
                WrittenFile(
                    path.relative_to(root).as_posix(), self.config, self.split, self.format,
                    shard.rows, shard.file.bytes, shard.file.sha256,
                )
            )  # fmt: skip
        return written


# Configs in which a batch may turn out to have no row at all: then no file is begun.
_SOMETIMES: dict[str, Callable[[Batch], object]] = {
    "edit": lambda batch: batch.edited,
    "feedback": evidence.feedbacks,
    "arena": evidence.battles,
    "raw_annotations": evidence.judgements,
    "hard_negatives": evidence.negatives,
}


class _Lane:
    """One thread that writes what it is handed, in order. Compression and disk wait there, off the reader's path."""

    def __init__(self, name: str) -> None:
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue(_WAITING)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"release-{name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            if self._error is None:
                try:
                    work()
                except BaseException as error:  # handed to the reader's thread by `check`
                    self._error = error

    def put(self, work: Callable[[], None]) -> None:
        self.check()
        self._work.put(work)

    def check(self) -> None:
        if self._error is not None:
            raise self._error

    def join(self) -> None:
        self._work.put(None)
        self._thread.join()


class ReleaseWriter:
    """Writes rows into `folder`/data. Use as a context manager; leaving it by an error removes what was written.

    `write` takes source tuples (see `exports.columns.CanonicalRow`) by submission; `finish` returns the files.
    """

    def __init__(
        self,
        folder: Path,
        *,
        configs: Sequence[str] = CONFIGS,
        formats: Sequence[str] = FORMATS,
        shard_bytes: int = SHARD_BYTES,
    ) -> None:
        if unknown := [*(set(configs) - set(CONFIGS)), *(set(formats) - set(FORMATS))]:
            raise ValueError(f"no such config or format: {', '.join(sorted(unknown))}")
        self.folder = folder
        self.rows = 0
        self._configs = [config for config in CONFIGS if config in configs]
        self._formats = [format_ for format_ in FORMATS if format_ in formats]
        self._shard_bytes = shard_bytes
        self._series: dict[tuple[str, str, str], _Series] = {}
        self._waiting: dict[str, list[Row]] = {}
        self._chars: dict[str, int] = {}
        self._lanes: dict[str, _Lane] = {}
        self._made = False

    def __enter__(self) -> Self:
        (self.folder / "data").mkdir(parents=True)
        self._made = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes.values():
            lane.join()
        self._lanes = {}
        if error is not None and self._made:
            shutil.rmtree(self.folder / "data", ignore_errors=True)

    def write(self, rows: Iterable[Row]) -> None:
        """Take more rows; returns when they are handed on, not when they are on disk."""
        for row in rows:
            split = row[SPLIT_AT]
            waiting = self._waiting.get(split)
            if waiting is None:
                waiting = self._waiting[split] = []
                self._chars[split] = 0
            waiting.append(row)
            self._chars[split] += len(row[CHOSEN_AT]) + len(row[REJECTED_AT])
            if len(row) > RIVAL_AT:
                self._chars[split] += len(row[RIVAL_AT])
            if self._chars[split] >= BATCH_CHARS or len(waiting) >= BATCH_ROWS:
                self._flush(split)

    def finish(self) -> list[WrittenFile]:
        """Write what is left, sync, name the files; returns them by path."""
        for split in list(self._waiting):
            self._flush(split)
        # Last row groups are compressed, and files synced, side by side too. Those of JSON lines share one lane: they wait last.
        for series in sorted(self._series.values(), key=lambda series: series.format == "jsonl"):
            self._lane_of(series).put(series.close)
        for lane in self._lanes.values():
            lane.join()
        lanes, self._lanes = self._lanes, {}
        for lane in lanes.values():
            lane.check()
        written: list[WrittenFile] = []
        for series in self._series.values():
            written += series.name(self.folder)
        for config in self._configs:
            if (self.folder / "data" / config).exists():
                sync_folder(self.folder / "data" / config)
        sync_folder(self.folder / "data")
        return sorted(written, key=lambda file: file.path)

    def _flush(self, split: str) -> None:
        rows = self._waiting.pop(split)
        if not rows:
            return
        self.rows += len(rows)
        for batch in parted(rows):
            self._write_batch(split, batch)

    def _write_batch(self, split: str, batch: Batch) -> None:
        configs = [
            config
            for config in self._configs
            if config in batch.configs and (config not in _SOMETIMES or _SOMETIMES[config](batch))
        ]
        if "parquet" in self._formats:
            for config in configs:
                part = (evidence.view if config in OF_EVIDENCE else view)(config, batch)
                series = self._series_of(config, split, "parquet")
                self._lane_of(series).put(partial(series.write, part))
        if "jsonl" in self._formats:
            fragments = Fragments(batch)
            for config in configs:
                series = self._series_of(config, split, "jsonl")
                self._lane_of(series).put(
                    lambda series=series, config=config: series.write(lines(config, fragments))  # type: ignore[misc]  # defaults bind now
                )

    def _series_of(self, config: str, split: str, format_: str) -> _Series:
        key = (config, split, format_)
        if key not in self._series:
            folder = self.folder / "data" / config
            folder.mkdir(exist_ok=True)
            self._series[key] = _Series(folder, config, split, format_, self._shard_bytes)
        return self._series[key]

    def _lane_of(self, series: _Series) -> _Lane:
        """Parquet has one for each config. JSON lines are made of parts that all configs share, so one lane has them all."""
        name = series.config if series.format == "parquet" else series.format
        if name not in self._lanes:
            self._lanes[name] = _Lane(name)
        return self._lanes[name]


def write_data(
    folder: Path,
    batches: Iterable[Sequence[Row]],
    *,
    configs: Sequence[str] = CONFIGS,
    formats: Sequence[str] = FORMATS,
    shard_bytes: int = SHARD_BYTES,
    on_progress: Callable[[int], None] | None = None,
) -> list[WrittenFile]:
    """Write all batches (as from `changes.listed`) into `folder`/data; `on_progress` gets the rows taken so far.

    FileExistsError when there is a data folder already. Any error removes the data folder again.
    """
    taken = 0
    with ReleaseWriter(folder, configs=configs, formats=formats, shard_bytes=shard_bytes) as writer:
        for batch in batches:
            writer.write(batch)
            taken += len(batch)
            if on_progress is not None:
                on_progress(taken)
        return writer.finish()
