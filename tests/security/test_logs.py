"""What is logged when something breaks: where, never what somebody typed."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.test import Client


def fail(password: str) -> None:
    """Break while a secret is at hand."""
    raise RuntimeError("broken")


def test_a_traceback_shows_no_values() -> None:
    line: dict[str, Any] = settings.LOGGING["formatters"]["line"]  # type: ignore[index]  # a nested dict
    formatter = structlog.stdlib.ProcessorFormatter(processor=line["processor"])
    try:
        fail("correct-horse-" + "battery")
    except RuntimeError as error:
        record = logging.LogRecord(
            "django.request", logging.ERROR, "", 0, "broken", (), (type(error), error, None)
        )
        record.exc_info = (type(error), error, error.__traceback__)
    printed = formatter.format(record)
    assert "RuntimeError" in printed
    assert "correct-horse-battery" not in printed


@pytest.mark.django_db
def test_no_log_line_of_a_request_holds_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = Client(raise_request_exception=False)
    client.post("/accounts/login/", {"login": "someone", "password": "correct-horse-battery"})
    client.get("/api/v1/releases/", headers={"Authorization": "Bearer hc_12345678_correct-horse-battery"})
    client.cookies["sessionid"] = "correct-horse-battery"
    client.get("/queue/")
    own = [
        record for record in caplog.records if record.name.startswith(("django_structlog", "django.request"))
    ]
    assert own
    for record in own:
        assert "correct-horse-battery" not in str(record.msg) + str(record.args), record.msg
