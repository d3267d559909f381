"""A contributor on the bench beside a model's endpoint, for the tests of the in-task model."""

from __future__ import annotations

import json
import os
from typing import Any

from django.test import Client
from django.utils.crypto import get_random_string

from people.rules import Role
from tests.scenes import Scene
from tests.visitors import visitor
from tests.work.endpoint import MODEL, ChatServer, Script, said
from tests.worlds import page, world
from work import assist_endpoints, draft_actions
from work.models import Submission
from work.states import Outcome, TaskKind

KEY = "sk-very-secret-key"
BASE = page("Base 0", "plain")["index.html"]
BETTER = BASE.replace("<p>plain</p>", "<p>plain</p>\n<nav aria-label='Main'><a href='#shop'>Shop</a></nav>")
ANSWER = f"```index.html\n{BETTER}\n```\n"


class Bench:
    """A contributor with a claimed seat, and the panel's requests."""

    def __init__(self, server: ChatServer, settings: Any) -> None:
        self.server, self.settings = server, settings
        self.world = world(prompts=2, assist_on=True)
        self.scene = Scene(self.world)
        self.by = self.world.person("a", Role.CONTRIBUTOR)
        self.seat = self.scene.claim(self.by, TaskKind.REFINE)
        prompt = self.seat.task.prompt
        self.base = page(f"Base {prompt.key[1:]}", "plain")["index.html"]
        self.better = BETTER.replace("Base 0", f"Base {prompt.key[1:]}")
        self.answer = f"```index.html\n{self.better}\n```\n"
        self.client: Client = visitor(self.by)

    def configure(self, url: str | None = None, **fields: Any) -> None:
        """What the operator set."""
        entry = {"url": url or self.server.url, "model": MODEL, "key_env": "TEST_ASSIST_KEY", **fields}
        self.settings.ASSIST_ENDPOINTS = assist_endpoints.parse(
            json.dumps({"target-model": entry}), os.environ
        )

    def post(self, name: str, data: Any, **headers: str) -> Any:
        """A POST of the panel; `name` is the last part of the address."""
        url = f"/bench/{self.seat.pk}/{name}"
        return self.client.post(url, data, content_type="application/json", headers=headers)

    def ask(self, *, key: str | None = None, **data: Any) -> Any:
        """Ask about the page as it was first seen, unless `data` says otherwise."""
        asked = {"rev": 0, "scope": "page", "instruction": "Add a menu.", **data}
        return self.post("assist", asked, **{"Idempotency-Key": key or get_random_string(12)})

    def stream(self, turn: int) -> list[tuple[str, Any]]:
        """The events of an answer, to its end."""
        answer = self.post("assist/stream", {"turn": turn})
        assert answer.status_code == 200, answer.content
        return events(b"".join(answer.streaming_content).decode())

    def answered(self, script: Script | None = None, **data: Any) -> dict[str, Any]:
        """Ask, and read the answer; the turn as the page is told at the end."""
        self.server.scripts = [script or said(self.answer)]
        asked = self.ask(**data)
        assert asked.status_code == 201, asked.content
        name, told = self.stream(asked.json()["turn"])[-1]
        assert name == "end"
        turn: dict[str, Any] = {**told["turn"], "left": told["left"], "retry_after": told["retry_after"]}
        return turn

    def submit(self, files: dict[str, str], rev: int = 0) -> Submission:
        """Save and submit."""
        saved = draft_actions.save(
            by=self.by, assignment=self.seat, rev=rev, files=files, rationale="", ratings={}
        )
        return draft_actions.submit(
            by=self.by,
            assignment=self.seat,
            rev=saved.rev,
            outcome=Outcome.REFINED,
            reason="A menu to go by.",
        )


def events(raw: str) -> list[tuple[str, Any]]:
    """Server-sent events as names and values."""
    blocks = [block.split("\n") for block in raw.strip().split("\n\n")]
    return [
        (block[0].removeprefix("event: "), json.loads(block[1].removeprefix("data: "))) for block in blocks
    ]


def hang_up(answer: Any) -> None:
    """What a server does when the page is gone; the client's wrapper spares the test's database connection."""
    answer._iterator.close()
