"""The API beside releases: projects, prompts, tasks, climb, imports, builds, protected sets, webhooks; verbs of tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from catalog import import_actions
from catalog.models import Import, Project
from core.models import IdempotencyKey
from exports import building, token_actions
from exports.models import Recipe, Release, Token, Verb
from people.models import User
from people.rules import Role
from protect.actions import register_set
from protect.set_files import Item
from tests.exports import judged
from tests.exports.shelves import bare
from tests.exports.test_api import problem
from tests.webhooks.receiver import Receiver
from tests.worlds import World, world
from webhooks import delivering, targets
from webhooks.models import Endpoint

pytestmark = pytest.mark.django_db
V1 = "/api/v1"
LINE = {
    "key": "new", "text": "Make a page about tides", "tags": ["sea"], "framework": "html", "source": "test", "license": "CC0",
    "generations": [],
}  # fmt: skip


def bearer(by: User, project: Project, *verbs: Verb, recipe: Recipe | None = None) -> Client:
    """A program with a token for these verbs."""
    _, secret = token_actions.make_token(by=by, project=project, name="x", days=1, verbs=verbs, recipe=recipe)
    return Client(headers={"authorization": f"Bearer {secret}"})


@pytest.fixture
def made(settings: Any, tmp_path: Path) -> World:
    settings.MEDIA_ROOT, settings.RELEASE_ROOT = tmp_path / "media", tmp_path / "releases"
    return world(prompts=3)


@pytest.fixture
def lead(made: World) -> Client:
    """A program of the lead that may do everything."""
    return bearer(made.lead, made.project, *Verb)


def send(client: Client, path: str, body: Any = None, *, key: str = "k1", method: str = "post") -> Any:
    """A JSON request with an Idempotency-Key."""
    return getattr(client, method)(f"{V1}{path}", json.dumps({} if body is None else body), content_type="application/json", headers={"Idempotency-Key": key})  # fmt: skip


def test_projects_prompts_tasks_and_climb(made: World, lead: Client) -> None:
    [one] = lead.get(f"{V1}/projects/").json()["results"]
    assert (one["slug"], one["status"], one["target"], one["rival"]) == (
        "test",
        "active",
        "target-model",
        "rival-model",
    )
    found = lead.get(one["url"]).json()
    assert [each["slug"] for each in found["criteria"]] == ["design"]
    assert found["guideline_version"] is None
    prompts = lead.get(f"{V1}/projects/test/prompts/").json()["results"]
    assert [(each["key"], each["models"]) for each in prompts] == [
        (f"p{n}", ["rival-model", "target-model"]) for n in (2, 1, 0)
    ]
    assert lead.get(f"{V1}/projects/test/prompts/?tag=none").json()["results"] == []
    assert (
        len(
            lead.get(f"{V1}/projects/test/prompts/?framework=html&held_out=false&quarantined=false").json()[
                "results"
            ]
        )
        == 3
    )
    for query in ("framework=vue", "held_out=1", "quarantined=yes", "key=p1", "tag=%00"):
        problem(lead.get(f"{V1}/projects/test/prompts/?{query}"), 400, "bad_input")
    assert lead.get(f"{V1}/projects/test/prompts/p1").json()["text"] == "Make page 1"
    problem(lead.get(f"{V1}/projects/test/prompts/zzz"), 404, "not_found")
    tasks = lead.get(f"{V1}/projects/test/tasks/").json()
    assert (tasks["prompts"], len(tasks["days"])) == (3, 28)
    assert {"kind": "refine", "status": "open", "n": 3} in tasks["tasks"]
    climb = lead.get(f"{V1}/projects/test/climb/").json()
    assert climb["pairs"] == {"rate": None, "low": None, "high": None, "n": 0, "won": 0, "lost": 0, "tied": 0}


def test_the_climb_after_a_verdict() -> None:
    scene = judged.scene(2)
    client = bearer(scene.world.lead, scene.world.project, Verb.PROJECT)
    climb = client.get(f"{V1}/projects/test/climb/").json()
    assert (climb["pairs"]["rate"], climb["pairs"]["n"], climb["votes"]["n"]) == (1.0, 2, 6)
    assert 0 < climb["pairs"]["low"] < 1 == climb["pairs"]["high"]
    assert "half a win" in climb["ties"]
    assert (climb["train"], climb["gap"]) == (climb["votes"], None)
    assert climb["held_out"] == {"rate": None, "low": None, "high": None, "n": 0}, (
        "nobody voted on those alone"
    )


def test_prompts_come_a_page_at_a_time(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exports.api_parts.NewestFirst.page_size", 2)
    url, seen = f"{V1}/projects/test/prompts/?framework=html", []
    while url:
        page = lead.get(url).json()
        seen += [each["key"] for each in page["results"]]
        url = page["next"]
    assert seen == ["p2", "p1", "p0"]


def test_an_import_goes_in_and_is_followed_to_its_end(made: World, lead: Client) -> None:
    body = json.dumps(LINE) + "\n"
    url = f"{V1}/projects/test/imports/?file_name=tides.jsonl"

    def post(text: str, key: str = "one") -> Any:
        return lead.post(url, text, content_type="application/x-ndjson", headers={"Idempotency-Key": key})

    asked = post(body)
    assert asked.status_code == 202, asked.content
    said = asked.json()
    assert (said["status"], said["is_over"], said["file_name"], asked["Location"]) == (
        "queued",
        False,
        "tides.jsonl",
        said["url"],
    )
    assert post(body).json()["id"] == said["id"]
    problem(post(body + body), 422, "idempotency_key_reused")
    assert Import.objects.count() == 1
    folder = Path(import_actions.import_files.place("imports"))
    assert len(list(folder.iterdir())) == 1
    import_actions.run(said["id"])
    over = lead.get(said["url"]).json()
    assert (over["status"], over["is_over"], over["counts"]["new"]) == ("done", True, 1)
    bad = post('{"key": 5}\n', "two").json()
    import_actions.run(bad["id"])
    over = lead.get(bad["url"]).json()
    assert (over["status"], over["problems"][0]["where"]) == ("refused", "line 1, key")
    assert [each["id"] for each in lead.get(f"{V1}/projects/test/imports/").json()["results"]] == [
        bad["id"],
        said["id"],
    ]


def test_imports_that_are_not_taken(made: World, lead: Client, settings: Any) -> None:
    url = f"{V1}/projects/test/imports/"
    lines = "application/x-ndjson"
    problem(lead.post(url, b"", content_type=lines, headers={"Idempotency-Key": "a"}), 400, "bad_input")
    problem(lead.post(url, b"{}\n", content_type=lines), 400, "bad_input")
    problem(
        lead.post(url, b"{}", content_type="application/json", headers={"Idempotency-Key": "a"}),
        415,
        "unsupported_media_type",
    )
    problem(
        lead.post(f"{url}?update=maybe", b"{}\n", content_type=lines, headers={"Idempotency-Key": "a"}),
        400,
        "bad_input",
    )
    settings.IMPORT_MAX_BYTES = 10
    problem(lead.post(url, b"x" * 11, content_type=lines, headers={"Idempotency-Key": "a"}), 413, "too_large")
    assert Import.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_build_deprecated_and_withdrawn(settings: Any, tmp_path: Path) -> None:
    settings.RELEASE_ROOT = tmp_path / "releases"
    scene = judged.scene(1)
    recipe = judged.recipe(scene.world, frameworks=["html"], licences=["CC0"])
    client = bearer(scene.world.lead, scene.world.project, Verb.BUILD, Verb.READ)
    [found] = client.get(f"{V1}/recipes/").json()["results"]
    assert (found["name"], found["id"]) == ("sample", recipe.pk)
    assert (found["frameworks"], found["licences"]) == (["html"], ["CC0"])
    asked = send(client, f"/recipes/{recipe.pk}/builds/", {"note": "The first."})
    assert asked.status_code == 202, asked.content
    assert asked.json()["status"] == "building"
    assert (
        send(client, f"/recipes/{recipe.pk}/builds/", {"note": "The first."}).json()["id"]
        == asked.json()["id"]
    )
    building.build(asked.json()["id"])
    over = client.get(asked["Location"]).json()
    assert (over["status"], over["version"], over["note"]) == ("published", "1.0.0", "The first.")
    problem(send(client, f"/recipes/{recipe.pk}/builds/", {"version": "1.0.0"}, key="k2"), 409, "conflict")
    problem(send(client, f"/recipes/{recipe.pk}/builds/", {"versoin": "2.0.0"}, key="k3"), 400, "bad_input")
    path = f"/releases/{over['id']}"
    problem(send(client, f"{path}/deprecate/", {"reason": "x"}), 400, "bad_input")
    assert send(client, f"{path}/deprecate/", {"reason": "Use the next one."}).status_code == 200
    problem(send(client, f"{path}/deprecate/", {"reason": "Use the next one."}), 409, "conflict")
    assert client.get(f"{V1}{path}/").json()["deprecated_reason"] == "Use the next one."
    assert (
        send(client, f"{path}/withdraw/", {"reason": "A licence was wrong."}).json()["status"] == "withdrawn"
    )
    problem(client.get(f"{V1}{path}/"), 410, "release_withdrawn")


def test_protected_sets_are_listed_without_their_items(made: World, lead: Client) -> None:
    register_set(slug="bench", version="1", name="Bench", source="test", licence="CC0", items=[Item("p1", "Make a page about nothing else.")], by=made.lead)  # fmt: skip
    [one] = lead.get(f"{V1}/protected-sets/").json()["results"]
    assert (one["slug"], one["item_count"]) == ("bench", 1)
    assert lead.get(one["url"]).json() == one
    assert "items" not in one


def test_each_verb_opens_its_own_operations_and_no_other(made: World) -> None:
    recipe = judged.recipe(made)
    release = judged.published(made, name="other")
    asked = {
        Verb.READ: ("/releases/", f"/releases/{release.pk}/"),
        Verb.DOWNLOAD: (f"/releases/{release.pk}/files/README.md",),
        Verb.PROJECT: ("/projects/", "/projects/test/", "/projects/test/prompts/", "/projects/test/tasks/", "/projects/test/climb/", "/projects/test/imports/", "/protected-sets/"),
        Verb.BUILD: ("/recipes/", f"/recipes/{recipe.pk}/builds/"),
        Verb.WEBHOOKS: ("/projects/test/webhooks/",),
    }  # fmt: skip
    for verb in Verb:
        client = bearer(made.lead, made.project, verb)
        for other, paths in asked.items():
            for path in paths:
                answer = client.get(V1 + path)
                assert answer.status_code == (200 if verb == other else 403), (verb, path, answer.status_code)
                if verb != other:
                    assert verb in answer.json()["detail"]
        posted = client.post(f"{V1}/projects/test/imports/", b"", content_type="application/x-ndjson")
        assert posted.status_code == (400 if verb == Verb.IMPORT else 403)


def test_a_token_for_one_dataset_sees_no_other(made: World) -> None:
    mine, other = judged.published(made, name="mine"), judged.published(made, name="other")
    client = bearer(made.lead, made.project, Verb.READ, Verb.DOWNLOAD, Verb.BUILD, recipe=mine.recipe)
    assert [each["name"] for each in client.get(f"{V1}/releases/").json()["results"]] == ["mine"]
    assert [each["name"] for each in client.get(f"{V1}/recipes/").json()["results"]] == ["mine"]
    assert client.get(f"{V1}/releases/{mine.pk}/").status_code == 200
    for path in (
        f"/releases/{other.pk}/",
        f"/releases/{other.pk}/files/README.md",
        f"/builds/{other.pk}/",
        f"/recipes/{other.recipe_id}/builds/",
    ):
        problem(client.get(V1 + path), 404, "not_found")
    problem(send(client, f"/releases/{other.pk}/withdraw/", {"reason": "It is not mine."}), 404, "not_found")
    assert Release.objects.get(pk=other.pk).status == "published"


def test_tokens_beyond_what_their_person_may(made: World) -> None:
    from core.errors import BadInput

    mila = made.person("mila", Role.ML)
    recipe = judged.recipe(made)
    for verbs, dataset in (
        ((Verb.IMPORT,), None),
        ((Verb.BUILD,), None),
        ((), None),
        (("all",), None),
        ((Verb.PROJECT,), recipe),
        ((Verb.READ,), bare_recipe()),
    ):
        with pytest.raises(BadInput):
            token_actions.make_token(
                by=mila, project=made.project, name="x", days=1, verbs=verbs, recipe=dataset
            )
    client = bearer(mila, made.project, Verb.PROJECT)
    assert client.get(f"{V1}/projects/test/").status_code == 200
    problem(client.get(f"{V1}/projects/test/prompts/"), 403, "not_allowed")
    # What the person may no longer, the token may no longer.
    lead = bearer(made.lead, made.project, Verb.WEBHOOKS)
    made.lead.memberships.update(role=Role.ML)
    problem(lead.get(f"{V1}/projects/test/webhooks/"), 403, "not_allowed")
    assert Token.objects.count() == 2


def bare_recipe() -> Recipe:
    """A recipe of another project."""
    return judged.recipe(bare().world, name="elsewhere")


def test_webhooks_from_the_first_to_the_replay(made: World, lead: Client, receiver: Receiver) -> None:
    path = "/projects/test/webhooks/"
    asked = send(lead, path, {"target": receiver.url, "events": ["release.published"]})
    assert asked.status_code == 201, asked.content
    said = asked.json()
    assert said["secret"].startswith("whsec_")
    assert send(lead, path, {"target": receiver.url, "events": ["release.published"]}).json() == said
    assert said["secret"] not in str(IdempotencyKey.objects.values())
    [one] = lead.get(V1 + path).json()["results"]
    assert "secret" not in one
    assert one == lead.get(said["url"]).json()
    for wrong in ({}, {"target": receiver.url, "events": []}, {"target": receiver.url, "events": ["x"]}, {"target": "https://evil.example", "events": ["release.published"]}, {"target": receiver.url, "events": ["release.published"], "secret": "mine"}, []):  # fmt: skip
        problem(send(lead, path, wrong, key=str(wrong)), 400, "bad_input")
    test = send(lead, f"/webhooks/{one['id']}/test/", key="t")
    assert test.status_code == 202, test.content
    problem(send(lead, f"/deliveries/{test.json()['id']}/replay/", key="r0"), 409, "conflict")
    assert delivering.deliver(one["id"]) == 1
    assert receiver.got[0].is_signed_by(said["secret"])
    [logged] = lead.get(f"{V1}/webhooks/{one['id']}/deliveries/").json()["results"]
    assert (logged["status"], logged["attempts"][0]["answer"], logged["message"]) == (
        "delivered",
        204,
        receiver.got[0].headers["webhook-id"],
    )
    assert send(lead, f"/deliveries/{logged['id']}/replay/", key="r").status_code == 202
    assert delivering.deliver(one["id"]) == 1
    rotated = send(lead, f"/webhooks/{one['id']}/secret/").json()["secret"]
    assert rotated != said["secret"]
    paused = send(
        lead, f"/webhooks/{one['id']}/", {"paused": True, "events": ["import.finished"]}, method="patch"
    ).json()
    assert paused["paused_at"]
    assert paused["events"] == ["import.finished"]
    assert (
        send(lead, f"/webhooks/{one['id']}/", {"paused": False}, method="patch").json()["paused_at"] is None
    )
    assert lead.delete(said["url"]).status_code == 204
    problem(lead.get(said["url"]), 404, "not_found")
    assert Endpoint.objects.get().removed_at is not None


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("[" * 65 + "]" * 65, "deeper"), ('{"reason": "a\\u0000bcdefghi"}', "NUL"), ('{"reason": "aaaaaaaa", "reason": "bbbbbbbb"}', "twice"),
        ('{"reason": NaN}', "NaN"), ("{", "not JSON"), ('{"reason": "\\ud800aaaaaaaa"}', "surrogate"), ('{"a": ' + "9" * 5000 + "}", "digits"),
        ("[]", "not an object"), ('"x"', "not an object"),
    ],
)  # fmt: skip
def test_bodies_that_are_no_sound_json(made: World, lead: Client, body: str, what: str) -> None:
    release = judged.published(made)
    answer = lead.post(f"{V1}/releases/{release.pk}/withdraw/", body, content_type="application/json")
    said = problem(answer, 400, "bad_input")
    assert what in said["problems"][0]["what"]
    assert Release.objects.get().status == "published"


def test_bodies_that_are_too_long_or_of_another_kind(made: World, lead: Client) -> None:
    release = judged.published(made)
    url = f"{V1}/releases/{release.pk}/withdraw/"
    problem(lead.post(url, "x" * (9 * 1024 * 1024), content_type="application/json"), 413, "too_large")
    problem(
        lead.post(url, "reason=because+of+it", content_type="application/x-www-form-urlencoded"),
        415,
        "unsupported_media_type",
    )


@pytest.fixture
def receiver(settings: Any) -> Any:
    """A receiver that the operator allows."""
    made = Receiver()
    settings.WEBHOOK_TARGETS = targets.parse_allowed(f"http://127.0.0.1:{made.port}/hook")
    settings.WEBHOOK_PRIVATE_NETWORKS = targets.parse_networks("127.0.0.1/32")
    yield made
    made.close()
