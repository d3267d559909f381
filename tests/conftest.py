"""Stores for the whole test run: one PostgreSQL and one Valkey, embedded unless the environment names them.

The process that was started by hand (with xdist: the controller) starts them; each worker process has a
database and a Valkey database number of its own.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from urllib.parse import urlsplit, urlunsplit

import pytest
from hypothesis import HealthCheck, settings

_stack = ExitStack()

# How long an example takes on a crowded machine says nothing about the code.
settings.register_profile("hillclimb", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hillclimb")


def pytest_configure(config: pytest.Config) -> None:
    """Start the stores and name the settings, before pytest-django loads them."""
    if not hasattr(config, "workerinput"):
        _start_stores()
    else:
        os.environ["REDIS_URL"] = _own_database(os.environ["REDIS_URL"], config.workerinput["workerid"])
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    from django.conf import settings as site

    # pytest-django sets Django up now only if its settings were read; else, without -n, after the tests are collected.
    assert site.DATABASES
    # Every Client() sets the middleware up, and WhiteNoise would then walk all static files: a third of a second each.
    site.WHITENOISE_AUTOREFRESH = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What drives browsers and workers takes longest and comes first: at the end no process waits for another."""
    early = ("worker", "browser", "slow")
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in early))


def pytest_unconfigure() -> None:
    """Stop what was started."""
    _stack.close()


def _start_stores() -> None:
    from dev import stores
    from dev.environment import site_environment
    from dev.processes import MARK

    area = _stack.enter_context(stores.passing_area("test"))
    # The preview origin must be another site than the app's; nothing listens there unless a test starts it.
    env = site_environment(area, 8000, _stack.enter_context(stores.running(area, "test")))
    del env[MARK]
    os.environ.update(env)


def _own_database(url: str, worker: str) -> str:
    """The same Valkey, with the worker's own database: gw0 counts on from the number in the address."""
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or 0) + 1 + int(worker.removeprefix("gw"))
    return urlunsplit(parts._replace(path=f"/{number}"))
