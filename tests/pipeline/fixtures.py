"""The yard as a fixture: real workers and a beat on the test's own database, for the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tests.pipeline.yard import Yard


@contextmanager
def committed(area: Path) -> Iterator[Yard]:
    """A yard on a database whose rows other processes can see; all rows are removed afterwards."""
    yard = Yard(area)
    try:
        yield yard
    finally:
        left = yard.close()
        call_command("flush", verbosity=0, interactive=False)
    assert left == []


@pytest.fixture(scope="module")
def yard(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Yard]:
    """Nothing runs yet: start what the tests need."""
    with django_db_blocker.unblock(), committed(tmp_path_factory.mktemp("yard")) as made:
        yield made


@pytest.fixture
def _django_db_helper() -> None:
    """In place of pytest-django's, which would hide a test's rows in a transaction or remove them under the workers.

    The mark `django_db` stays, since by it the test database is made.
    """
