"""Signing in: throttled in the database, sent nowhere else, under a new session."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from people.models import User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def someone() -> User:
    return UserFactory.create(username="someone")


def sign_in(password: str, login: str = "someone", client: Client | None = None, **extra: str) -> bool:
    """Whether that signs in."""
    client = client or Client()
    client.post("/accounts/login/", {"login": login, "password": password}, **extra)  # type: ignore[arg-type]
    return "_auth_user_id" in client.session


def test_five_wrong_passwords_lock_the_name_for_every_process(someone: User) -> None:
    assert sign_in(PASSWORD)
    for n in range(5):
        assert not sign_in("wrong", login="Someone" if n % 2 else "someone", REMOTE_ADDR=f"192.0.2.{n + 1}")
    assert not sign_in(PASSWORD, REMOTE_ADDR="192.0.2.99")
    # Where another worker, or this one after a restart, finds it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_throttle WHERE expires > now()")
        assert cursor.fetchone()[0] >= 2


def test_the_address_that_is_counted_is_the_one_our_own_proxy_saw(someone: User, settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for n in range(10):
        sign_in(
            "wrong",
            login=f"nobody{n}",
            HTTP_X_FORWARDED_FOR=f"10.0.0.{n}, 192.0.2.7",
            REMOTE_ADDR="172.18.0.2",
        )
    assert not sign_in(PASSWORD, HTTP_X_FORWARDED_FOR="10.9.9.9, 192.0.2.7", REMOTE_ADDR="172.18.0.2")
    assert sign_in(PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.8", REMOTE_ADDR="172.18.0.2")


def test_a_header_alone_changes_no_address(someone: User) -> None:
    assert settings.ALLAUTH_TRUSTED_PROXY_COUNT == 0
    for n in range(10):
        sign_in("wrong", login=f"nobody{n}", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}")
    assert not sign_in(PASSWORD, HTTP_X_FORWARDED_FOR="10.1.1.1")


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:evil.example",
                "https://127.0.0.1:8000/frame", "\t//evil.example"],
)  # fmt: skip
def test_signing_in_and_out_leads_nowhere_else(someone: User, address: str) -> None:
    client = Client()
    given = {"login": "someone", "password": PASSWORD, "next": address}
    assert client.post("/accounts/login/", given)["Location"] == "/"
    for path in ("/accounts/login/", "/admin/login/"):
        answer = client.get(path, {"next": address})
        assert answer.status_code in (302, 403)
        assert "evil" not in answer.get("Location", "")
        assert "frame" not in answer.get("Location", "")
    assert "evil" not in client.post("/accounts/logout/", {"next": address})["Location"]


def test_a_session_that_was_planted_is_not_the_one_signed_in(someone: User) -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    assert sign_in(PASSWORD, client=client)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie.value != "a" * 32
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["domain"]


def test_who_is_made_inactive_is_out_at_once(someone: User) -> None:
    client = Client()
    assert sign_in(PASSWORD, client=client)
    User.objects.filter(pk=someone.pk).update(is_active=False)
    assert client.get("/queue/").status_code == 302
