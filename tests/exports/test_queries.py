"""Rows that are streamed: all of them, in order, on a connection that is whole again afterwards."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from psycopg.errors import DivisionByZero

from exports.queries import one, streamed

NUMBERS = "SELECT n, n::text AS said FROM (SELECT generate_series(1, %(last)s::int)) numbers(n)"
NO_END = {"last": 2_000_000_000}  # at a million a second, longer than any test may take


@pytest.mark.django_db
@pytest.mark.parametrize("last", [0, 1, 7, 8, 1_003])
def test_every_row_comes_once_in_order_and_the_connection_goes_on(last: int) -> None:
    with streamed(NUMBERS, {"last": last}, size=8) as batches:
        found = list(batches)
    assert [row for batch in found for row in batch] == [(n, str(n)) for n in range(1, last + 1)]
    assert all(len(batch) == 8 for batch in found[:-1])
    assert one("SELECT 1") == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_gives_up_gets_the_fault_and_the_connection_back() -> None:
    """A build that fails among its rows must end, not wait for rows that nobody reads."""

    def give_up() -> None:
        with transaction.atomic(), streamed(NUMBERS, NO_END) as batches:
            next(batches)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    assert one("SELECT 1") == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_else_is_asked_meanwhile() -> None:
    def others() -> None:
        with pytest.raises(RuntimeError, match="still coming"), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        with pytest.raises(RuntimeError, match="still coming"), streamed("SELECT 1"):
            pass

    with transaction.atomic(), streamed(NUMBERS, {"last": 3}, size=1) as batches:
        others()
        assert next(batches) == [(1, "1")]
        others()
        assert list(batches) == [[(2, "2")], [(3, "3")]]
        others()
    assert one("SELECT 1") == 1


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_the_query_is_told_where_its_rows_are_awaited() -> None:
    query = "SELECT 1 / (3 - n) FROM generate_series(1, 5) n"
    with pytest.raises(DivisionByZero), transaction.atomic(), streamed(query, size=1) as batches:
        list(batches)
    assert one("SELECT 1") == 1
