"""How a release asks the database: for one number, and for rows as they come."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from itertools import islice
from typing import Any, NoReturn, cast

import psycopg
from django.db import connection

FETCH = 500  # rows of both pages at a time: they are in memory twice while they are handed over


@contextmanager
def streamed(
    query: str, params: Any = None, *, size: int | None = None
) -> Iterator[Iterator[list[tuple[Any, ...]]]]:
    """What a query answers, in batches of `size` (FETCH) rows, as PostgreSQL sends it; memory does not grow with the answer.

    A server-side cursor would be planned for its first rows, and would wait for us between any two FETCHes. Here the next
    rows are on their way while these are worked on. Until the block is left the connection answers nothing else:
    RuntimeError for whoever queries by Django or streams again, who would wait for ever; what goes past Django's `execute`
    (COPY, a commit) does wait. Left by an error, it ends the query and leaves a failed transaction.
    """
    if _refuse in connection.execute_wrappers:
        _refuse()
    connection.ensure_connection()
    assert connection.connection is not None
    with (
        connection.execute_wrapper(_refuse),
        psycopg.Cursor(connection.connection) as cursor,
        closing(cast("Generator[tuple[Any, ...]]", cursor.stream(query, params))) as rows,
        ThreadPoolExecutor(1, "release-rows") as reader,
    ):
        try:
            yield _ahead(reader, rows, size or FETCH)
        except BaseException:
            # Else the reader is waited for until its batch is there, which may take as long as the whole query's sort.
            with suppress(psycopg.Error):  # of a server that is gone: what was raised tells more
                connection.connection.cancel_safe()
            raise


def _ahead(
    reader: ThreadPoolExecutor, rows: Iterator[tuple[Any, ...]], size: int
) -> Iterator[list[tuple[Any, ...]]]:
    coming = reader.submit(_take, rows, size)
    while batch := coming.result():
        coming = reader.submit(_take, rows, size)
        yield batch


def _take(rows: Iterator[tuple[Any, ...]], size: int) -> list[tuple[Any, ...]]:
    return list(islice(rows, size))


def _refuse(*_: Any) -> NoReturn:
    raise RuntimeError("Rows are still coming on this connection: ask when the last one is there.")


def one(query: str, params: Any = None) -> int:
    """The whole number that a query answers."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return int(cursor.fetchone()[0])
