"""A signed-in person at the site's own web server, over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from people.models import User
from tests.pipeline.stage import Stage, refined
from work.models import Assignment


@dataclass
class Author:
    """Somebody with a saved draft who is about to submit it: the same request, as often as it takes."""

    stage: Stage
    seat: Assignment
    user: User
    rev: int
    cookie: str
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    def submit(self) -> tuple[int, object]:
        """Send the submission; status and body of the answer. Raises OSError or HTTPException when none comes."""
        body = {"rev": self.rev, "outcome": "refined", "reason": "Clearer type and order."}
        request = urllib.request.Request(
            f"{self.stage.yard.origin}/bench/{self.seat.pk}/submit",
            data=json.dumps(body).encode(),
            headers={
                "Cookie": self.cookie,
                "X-CSRFToken": "c" * 32,
                "Origin": self.stage.yard.origin,
                "Content-Type": "application/json",
                "Idempotency-Key": self.key,
            },
            method="POST",
        )
        try:
            with _open(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def await_site(self) -> None:
        """Wait until the web server answers."""
        self.stage.yard.wait(self._answered, "the web server")

    def _answered(self) -> bool:
        address = f"{self.stage.yard.origin}/healthz"
        try:
            with _open(urllib.request.Request(address, headers={"Cookie": self.cookie})) as answer:
                return answer.status == 200
        except (OSError, HTTPException):
            return False


def author(stage: Stage) -> Author:
    """A new person with a seat and a draft saved, signed in; the web server answers."""
    seat, user = stage.seat()
    rev = stage.save(seat, user, refined(uuid.uuid4().hex))
    made = Author(stage, seat, user, rev, _sign_in(user))
    stage.yard.start("web")
    made.await_site()
    return made


def _sign_in(user: User) -> str:
    """The cookies of a signed-in person."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}; csrftoken={'c' * 32}"


def _open(request: urllib.request.Request) -> HTTPResponse:
    return urllib.request.urlopen(request, timeout=30)  # type: ignore[no-any-return]  # http only
