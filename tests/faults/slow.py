"""A moment made long enough to strike in: a trigger in the test's own database holds a write back for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.pipeline.stage import Stage

SLOW_S = 1.5


@contextmanager
def slow(table: str, event: str, when: str) -> Iterator[None]:
    """While the block runs, every `event` (INSERT or UPDATE) on `table` with `when` takes SLOW_S more, uncommitted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION faults_slow() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN PERFORM pg_sleep({SLOW_S}); RETURN NEW; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER faults_slow BEFORE {event} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION faults_slow()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER faults_slow ON {table}")


def await_slow(stage: Stage) -> None:
    """Wait until a write is held back."""

    def look() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
            )
            return bool(cursor.fetchone()[0])

    stage.yard.wait(look, "a write that is held back")
