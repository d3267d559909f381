"""Input of strangers that is small to send must be small to refuse."""

from __future__ import annotations

import time
from base64 import b64encode

import pytest
from django.test import Client

from core import strict_json
from core.errors import BadInput
from people.rules import Role
from tests import worlds
from work.states import TaskKind


def test_a_repeated_key_is_found_in_linear_time() -> None:
    keys = ",".join(f'"{n}":0' for n in range(60_000))
    started = time.perf_counter()
    with pytest.raises(BadInput) as told:
        strict_json.loads(f'{{{keys},"59999":1}}')
    assert "59999" in told.value.problems[0].what
    assert time.perf_counter() - started < 5  # quadratic, it was minutes


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "1" * 41])
def test_numbers_that_json_cannot_say_again_are_refused(number: str) -> None:
    with pytest.raises(BadInput):
        strict_json.loads(f'{{"n": {number}}}')


@pytest.mark.django_db
def test_nul_and_huge_numbers_are_answers_not_faults() -> None:
    world = worlds.world()
    client = Client(raise_request_exception=False)
    client.force_login(world.lead)
    huge = "9" * 30
    for path in (
        "/releases/1/files/a%00b", "/checks/1/a%00b.png", f"/bench/{huge}/", f"/work/{huge}/", f"/releases/{huge}/",
        f"/checks/{huge}/a.png", f"/admin/work/task/{huge}/change/", "/admin/work/task/1%00/change/",
        "/admin/catalog/prompt/?q=%00", "/admin/catalog/project/?q=a%00", f"/admin/catalog/prompt/?project={huge}",
        f"/admin/work/task/?project={huge}", f"/admin/work/submission/?task={huge}", "/statement/?month=%00",
        "/releases/?page=%00", "/work/?page=%00", "/desk/%00/", "/accounts/login/?next=%00", f"/admin/work/task/?q={huge}",
        "/api/v1/releases/?cursor=%00", "/admin/core/event/?machine=%00", "/admin/review/review/?decision=%00",
    ):  # fmt: skip
        assert client.get(path).status_code < 500, path


@pytest.mark.django_db
def test_numbers_longer_than_python_reads_are_answers_not_faults() -> None:
    from tests.scenes import Scene

    scene = Scene(worlds.world())
    author = scene.world.person("author", Role.CONTRIBUTOR)
    seat = scene.claim(author, TaskKind.REFINE)
    client = Client(raise_request_exception=False)
    client.force_login(author)
    endless = "1" * 5000
    for path in (f"/bench/{seat.pk}/versions?before={endless}", f"/bench/{seat.pk}/versions?before={'1' * 30}",
                 f"/checks/drafts/{seat.pk}/?rev={endless}", f"/work/?page={endless}"):  # fmt: skip
        assert client.get(path).status_code < 500, path
    client.force_login(scene.world.lead)
    for path in (f"/admin/work/task/?project={endless}", f"/admin/catalog/prompt/?project={endless}",
                 f"/admin/work/task/?p=a{endless}", f"/admin/catalog/project/?p={endless}"):  # fmt: skip
        assert client.get(path).status_code < 500, path


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cursor", ["p=abc", "p=" + "9" * 30, "p=" + "1" * 5000, "p=%00", "o=-1", "p=1&o=9999", "p=²"]
)
def test_a_forged_cursor_is_an_answer_not_a_fault(cursor: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(worlds.world().lead)
    forged = b64encode(cursor.encode()).decode()
    assert client.get("/api/v1/releases/", {"cursor": forged}).status_code in (200, 400)


@pytest.mark.django_db
def test_nul_in_a_form_is_an_answer_not_a_fault() -> None:
    from tests.scenes import Scene

    world = worlds.world()
    author, reviewer = world.person("author", Role.CONTRIBUTOR), world.person("reviewer", Role.REVIEWER)
    sent = Scene(world).rejected(author, reviewer)
    client = Client(raise_request_exception=False)
    client.force_login(author)
    reason = {"reason": "It is quite right as it is.\0"}
    assert client.post(f"/work/{sent.pk}/dispute/", reason).status_code < 500
    client.force_login(world.lead)
    token = {"project": world.project.pk, "name": "a\0b", "days": 7, "verbs": "read"}
    assert client.post("/releases/tokens/", token).status_code < 500
    assert client.post(f"/admin/work/task/{sent.task_id}/do/withdraw/", reason).status_code < 500
    assert (
        Client(raise_request_exception=False)
        .post("/accounts/login/", {"login": "a\0", "password": "\0"})
        .status_code
        < 500
    )
