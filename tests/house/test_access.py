"""Who may open what: every URL of the site, each kind of person, own and foreign objects, against one table.

The table is access.txt beside this file. A URL that is not in it fails; the failure says what it answers now, as a
line to be judged before it is added.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import RegexPattern
from django.utils.crypto import get_random_string

from tests.house.stage import EYES, Stage, build, newest
from work.states import TaskKind

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

TABLE = Path(__file__).with_name("access.txt")
SIGN_IN = "in"
NOT_OWNED = "-"

# What a URL with a pk is about, by the names of tests.house.stage.
ABOUT = {
    "work:resume": "round",
    "work:bench": "held", "work:draft": "held", "work:versions": "held", "work:version": "held",
    "work:heartbeat": "held", "work:release": "held",
    "work:submit": "held", "work:assist": "held", "work:assist_stream": "held", "work:assist_cancel": "held",
    "work:assist_accept": "held", "checks:draft": "held",
    "work:submission": "submission", "work:submission_progress": "submission", "work:dispute": "rejected", "desk:files": "submission",
    "desk:names_look": "output", "desk:take_names_out": "output", "desk:let_names_stand": "output",
    "review:review": "reviewing", "review:decide": "reviewing", "review:heartbeat": "reviewing",
    "review:release": "reviewing",
    "arena:compare": "comparing", "arena:vote": "comparing", "arena:heartbeat": "comparing",
    "arena:release": "comparing",
    "checks:blob": "evidence",
    "exports:detail": "release", "exports:look": "release", "exports:file": "release", "api:release": "release",
    "api:file": "release", "api:build": "release", "api:builds": "recipe", "api:deprecate": "release",
    "api:withdraw": "release", "api:import": "import", "api:protected_set": "protected", "api:webhook": "webhook",
    "api:webhook_secret": "webhook", "api:webhook_test": "webhook", "api:deliveries": "webhook",
    "api:replay": "delivery",
    "exports:revoke": "token", "exports:preview": "recipe",
}  # fmt: skip
# What is sent by POST; everything else is opened by GET. JSON endpoints get an empty object: who may use them is told
# that it says too little (400), and nothing happens.
POSTS: dict[str, dict[str, Any]] = {
    "work:claim": {"kind": TaskKind.REFINE},
    "work:next": {},
    "work:watch": {"kind": TaskKind.REFINE},
    "work:unwatch": {"kind": TaskKind.REFINE},
    "work:dismiss": {},
    "work:acknowledge": {"version": 2},
    "work:resume": {},
    "work:dispute": {"reason": "The menu is not cut off at 375 pixels."},
    "exports:revoke": {},
    "desk:open_tasks": {},
    "desk:take_names_out": {},
    "desk:let_names_stand": {"reason": "The prompt asks for a page about it."},
    "desk:judge_switch": {"on": "1"},
    "desk:judge_order": {"on": "1"},
}
JSON_POSTS = {
    "work:heartbeat", "work:release", "work:submit", "work:assist_stream", "work:assist_cancel",
    "work:assist_accept",
    "review:decide", "review:heartbeat", "review:release",
    "arena:vote", "arena:heartbeat", "arena:release",
    "api:deprecate", "api:withdraw", "api:webhook_secret", "api:webhook_test", "api:replay",
}  # fmt: skip


def urls(
    resolver: URLResolver | None = None, spaces: tuple[str, ...] = (), before: str = ""
) -> Iterator[tuple[str, str, Any]]:
    """Every URL: its name (its route where it has none), its whole route, its pattern."""
    for each in (resolver or get_resolver()).url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield ":".join([*spaces, each.name]) if each.name else route, route, each
        else:
            yield from urls(each, (*spaces, each.namespace) if each.namespace else spaces, route)


def arguments(name: str, route: str, pattern: URLPattern, stage: Stage) -> dict[str, Any]:
    """Values for the parts of a URL, taken from the stage."""
    wanted = (
        set(pattern.pattern.converters)
        if not isinstance(pattern.pattern, RegexPattern)
        else set(pattern.pattern.regex.groupindex)
    )
    values: dict[str, Any] = {
        "slug": stage.scene.world.project.slug, "path": "README.md", "key": "x-y", "uidb36": "1",
        "app_label": "catalog", "url": "nothing/", "content_type_id": 1, "name": "refined-375.png",
        "rev": 1, "kind": "output",
    }  # fmt: skip
    if name == "api:prompt":
        values["key"] = stage.scene.world.prompts[0].key
    if name in ABOUT:
        values["pk"] = values["run"] = stage.things[ABOUT[name]].pk
    elif route.startswith("admin/"):
        label = ".".join(route.split("/")[1:3])
        site = {f"{model._meta.label_lower}": (model, its) for model, its in admin.site._registry.items()}
        if label in site:
            model, its = site[label]
            values["object_id"] = values["pk"] = values["id"] = newest(model, stage).pk
            values["name"] = its.buttons[0].name if getattr(its, "buttons", ()) else "nothing"
        else:
            values["object_id"] = 1
    return {part: values[part] for part in wanted}


def ask(client: Client, name: str, url: str, stage: Stage) -> str:
    """What one person is answered; every effect is taken back."""
    with transaction.atomic():
        if name in JSON_POSTS:
            answer = client.post(
                url, {}, content_type="application/json", headers={"Idempotency-Key": get_random_string(12)}
            )
        elif name in POSTS or name.endswith("_do"):
            answer = client.post(url, {"project": stage.scene.world.project.pk, **POSTS.get(name, {})})
        else:
            answer = client.get(url, {"rev": "1"} if name == "checks:draft" else {})
        if getattr(answer, "streaming", False):
            answer.close()
        transaction.set_rollback(True)
    door = (reverse("account_login"), reverse("admin:login"))
    if answer.status_code == 302 and answer["Location"].split("?")[0] in door:
        return SIGN_IN
    return str(answer.status_code)


def test_every_url_answers_each_kind_of_person_as_the_table_says(settings: Any, tmp_path: Path) -> None:
    settings.RELEASE_ROOT, settings.MEDIA_ROOT = tmp_path / "releases", tmp_path / "media"
    logging.disable(logging.ERROR)
    stage = build()
    clients = {
        eye: Client(raise_request_exception=False, headers={"host": settings.APP_HOST}) for eye in EYES[:-1]
    }
    for eye, user in stage.people.items():
        if user is not None:
            clients[eye].force_login(user)
    known = read_table()
    wrong, seen = [], set()
    for name, route, pattern in urls():
        seen.add(name)
        part = arguments(name, route, pattern, stage)
        url = (
            reverse(name, kwargs=part)
            if pattern.name
            else "/" + route.split("(")[0].split("<")[0] + str(part.get("object_id", "nothing")) + "/"
        )
        answers = [ask(clients[eye], name, url, stage) for eye in EYES[:-1]]
        answers.append(_owner(name, url, stage))
        now = " ".join(answers)
        if known.get(name) != now:
            wrong.append(f"{name} {now}   (the table: {known.get(name, 'not in it')})")
    logging.disable(logging.NOTSET)
    wrong += [f"{name} is in the table, but is no URL" for name in known.keys() - seen]
    assert not wrong, "\n".join(["", *wrong])


def _owner(name: str, url: str, stage: Stage) -> str:
    owner = stage.owners.get(ABOUT.get(name, ""))
    if owner is None:
        return NOT_OWNED
    client = Client(raise_request_exception=False, headers={"host": settings.APP_HOST})
    client.force_login(owner)
    return ask(client, name, url, stage)


def read_table() -> dict[str, str]:
    """The table: a URL's name, then what each kind of person is answered."""
    lines = [line.split("#")[0].split() for line in TABLE.read_text().splitlines()]
    return {cells[0]: " ".join(cells[1:]) for cells in lines if cells}


def test_the_table_is_whole() -> None:
    for name, answers in read_table().items():
        assert len(answers.split()) == len(EYES), name
        assert "500" not in answers, name
