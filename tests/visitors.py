"""A browser's visit without the browser: Django's client, on the app's own host."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people.models import User


def visitor(user: User | None = None) -> Client:
    """A client at the app's origin, signed in as `user`."""
    client = Client(headers={"host": settings.APP_HOST})
    if user is not None:
        client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    """The answer's page, its white space as a reader sees it."""
    return " ".join(answer.content.decode().split())


def queries(client: Client, url: str) -> int:
    """How many queries one visit costs."""
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)
