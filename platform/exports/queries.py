"""How a release asks the database: for one number, and for rows as they come."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection

FETCH = 500  # rows of both pages at a time: they are in memory twice while they are handed over


@contextmanager
def named_cursor(name: str) -> Iterator[Any]:
    """A server-side cursor of psycopg's own; read in steps of FETCH when it is walked."""
    connection.ensure_connection()
    assert connection.connection is not None
    with connection.connection.cursor(name=name) as cursor:
        cursor.itersize = FETCH
        yield cursor


def ahead(cursor: Any, size: int) -> Iterator[list[tuple[Any, ...]]]:
    """What an executed cursor answers, in batches of `size`.

    The next ones are on their way while these are worked on: else PostgreSQL waits for us, and we for it.
    """
    with ThreadPoolExecutor(1, "release-rows") as reader:
        coming = reader.submit(cursor.fetchmany, size)
        while rows := coming.result():
            coming = reader.submit(cursor.fetchmany, size)
            yield rows


def one(query: str, params: Any = None) -> int:
    """The whole number that a query answers."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return int(cursor.fetchone()[0])
