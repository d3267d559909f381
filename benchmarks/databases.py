"""A database for each size, all on one server, so that sizes are measured in turns and not one after another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from django.db import connection


def url(name: str) -> str:
    """DATABASE_URL with another database's name."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


@contextmanager
def inside(name: str) -> Iterator[None]:
    """This process's connection goes to the database `name` while the block runs."""
    before = connection.settings_dict["NAME"]
    _turn_to(name)
    try:
        yield
    finally:
        _turn_to(before)


def _turn_to(name: str) -> None:
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name


@contextmanager
def copied(names: list[str]) -> Iterator[None]:
    """Copies of the migrated, empty database under `names`, dropped afterwards."""
    model = connection.settings_dict["NAME"]
    with inside("postgres"), connection.cursor() as cursor:
        for name in names:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{model}"')
    try:
        yield
    finally:
        with inside("postgres"), connection.cursor() as cursor:
            for name in names:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
