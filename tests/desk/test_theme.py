"""The admin comes in the site's theme: this browser's choice, else the person's, else the system's."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.worlds import person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("of_account", "of_browser", "expected"),
    [
        ("", None, None),
        ("dark", None, "dark"),
        ("light", None, "light"),
        ("light", "dark", "dark"),
        ("dark", "system", None),
    ],
)
def test_the_theme_of_the_admin(
    client: Client, of_account: str, of_browser: str | None, expected: str | None
) -> None:
    client.force_login(person("operator", is_staff=True, is_superuser=True, theme=of_account))
    if of_browser:
        client.cookies["theme"] = of_browser
    page = client.get(reverse("admin:core_event_changelist")).content.decode()
    root = re.search(r"<html[^>]*>", page)
    assert root is not None
    shown = re.search(r'class="(\w+)"', root[0])
    assert (shown[1] if shown else None) == expected
    assert "desk/theme.js" in page
