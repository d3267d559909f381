"""The API: what it lists and refuses, its tokens, its schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from catalog.models import Membership
from core.errors import BadInput, Conflict, NotAllowed
from core.models import Event
from exports import actions, token_actions
from exports.models import Release, Token
from exports.token_auth import digest
from people.models import User
from people.rules import Role
from tests.exports import judged
from tests.exports.shelves import Shelf, other_project
from tests.worlds import person

LIST = "/api/v1/releases/"


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    said = answer.json()
    assert (said["status"], said["code"]) == (status, code)
    assert said["title"]
    assert said["detail"]
    return dict(said)


def test_listing_and_looking(shelf: Shelf) -> None:
    _, secret = shelf.token()
    client = shelf.bearer(secret)
    answer = client.get(LIST)
    assert answer.status_code == 200
    [one] = answer.json()["results"]
    assert one["name"] == "sample"
    assert (one["version"], one["status"], one["project"]) == ("1.0.0", "published", "test")
    assert one["manifest_sha256"] == shelf.release.manifest_sha256
    detail = client.get(one["url"])
    assert detail.json()["manifest"] == shelf.release.manifest
    files = {file["path"]: file for file in detail.json()["files"]}
    assert set(files) == {"MANIFEST.json", "README.md", "SHA256SUMS", "data/sft/train-00000-of-00001.parquet"}
    shard = files["data/sft/train-00000-of-00001.parquet"]
    assert (shard["row_count"], shard["byte_size"]) == (4, len(judged.PAGE))
    assert b"".join(client.get(shard["url"]).streaming_content) == judged.PAGE


def test_pages_of_the_list(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exports.api.NewestFirst.page_size", 2)
    for n in range(4):
        judged.published(shelf.world, name=f"more{n}")
    client = shelf.signed_in()
    seen: list[str] = []
    url: str | None = LIST
    while url:
        page = client.get(url).json()
        seen += [release["name"] for release in page["results"]]
        url = page["next"]
    assert seen == ["more3", "more2", "more1", "more0", "sample"]


def test_releases_that_are_not_published_are_not_there(shelf: Shelf) -> None:
    building = actions.start_release(recipe=judged.recipe(shelf.world, name="later"), by=shelf.world.lead)
    client = shelf.signed_in()
    assert len(client.get(LIST).json()["results"]) == 1
    problem(client.get(f"{LIST}{building.pk}/"), 404, "not_found")
    problem(client.get(f"{LIST}999999999999999999999/"), 404, "not_found")


def test_withdrawn_releases_are_tombstones(shelf: Shelf) -> None:
    actions.withdraw(release=shelf.release, by=shelf.world.lead, reason="A licence was wrong.")
    client = shelf.signed_in()
    [one] = client.get(LIST).json()["results"]
    assert (one["status"], one["withdrawn_reason"]) == ("withdrawn", "A licence was wrong.")
    said = problem(client.get(one["url"]), 410, "release_withdrawn")
    assert said["reason"] == "A licence was wrong."


@pytest.mark.parametrize("query", ["?page=2", "?Cursor=x", "?cursor=x&limit=1", "?format=csv"])
def test_unknown_query_parameters_are_refused(shelf: Shelf, query: str) -> None:
    said = problem(shelf.signed_in().get(LIST + query), 400, "bad_input")
    assert said["problems"][0]["what"] == "is unknown"
    problem(shelf.signed_in().get(f"{LIST}{shelf.release.pk}/?fields=id"), 400, "bad_input")
    problem(shelf.signed_in().get(f"{LIST}{shelf.release.pk}/files/README.md?raw=1"), 400, "bad_input")


def test_a_cursor_that_is_none(shelf: Shelf) -> None:
    problem(shelf.signed_in().get(f"{LIST}?cursor=%00nonsense"), 400, "bad_input")


def test_who_is_refused(shelf: Shelf) -> None:
    for url in (LIST, f"{LIST}{shelf.release.pk}/", f"{LIST}{shelf.release.pk}/files/README.md"):
        answer = Client().get(url)
        problem(answer, 401, "not_authenticated")
        assert answer["WWW-Authenticate"] == "Bearer"
        for who in (person(f"stranger{len(url)}"), shelf.world.person("ada", Role.CONTRIBUTOR)):
            problem(shelf.signed_in(who).get(url), 403, "not_allowed")
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(shelf.signed_in(), method)(LIST, data={}, content_type="application/json")
        problem(answer, 405, "method_not_allowed")


def test_a_token_reaches_its_own_project_only(shelf: Shelf) -> None:
    elsewhere = other_project(shelf)
    Membership.objects.create(project=elsewhere, user=shelf.user, role=Role.ML)
    _, secret = shelf.token(project=elsewhere)
    client = shelf.bearer(secret)
    assert client.get(LIST).json()["results"] == []
    problem(client.get(f"{LIST}{shelf.release.pk}/"), 404, "not_found")
    problem(client.get(f"{LIST}{shelf.release.pk}/files/README.md"), 404, "not_found")
    assert len(shelf.signed_in().get(LIST).json()["results"]) == 1


def test_a_token_ends_with_the_membership(shelf: Shelf) -> None:
    _, secret = shelf.token()
    assert shelf.bearer(secret).get(LIST).status_code == 200
    Membership.objects.filter(user=shelf.user).delete()
    problem(shelf.bearer(secret).get(LIST), 403, "not_allowed")


def test_tokens_that_are_not_taken(shelf: Shelf) -> None:
    token, secret = shelf.token()
    expired, expired_secret = shelf.token()
    Token.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    idle, idle_secret = token_actions.make_token(
        by=shelf.world.person("idle", Role.ML), project=shelf.world.project, name="x", days=1
    )
    User.objects.filter(pk=idle.user_id).update(is_active=False)
    assert shelf.bearer(secret).get(LIST).status_code == 200
    token_actions.revoke_token(by=shelf.user, token=token)
    for sent, why in (
        (secret, "revoked"),
        (expired_secret, "expired"),
        (idle_secret, "no longer active"),
        (secret[:-1], "not known"),
        ("hc_" + "x" * 5000, "not known"),
        ("ключ", "not known"),
    ):
        said = problem(
            Client(headers={"authorization": f"Bearer {sent}"}).get(LIST), 401, "authentication_failed"
        )
        assert why in said["detail"]
    for scheme in ("Basic abc", "Bearer", f"Token {secret}"):
        problem(Client(headers={"authorization": scheme}).get(LIST), 401, "not_authenticated")
    problem(Client().get(f"{LIST}?token={secret}"), 401, "not_authenticated")


def test_making_and_revoking_tokens(shelf: Shelf) -> None:
    token, secret = shelf.token()
    assert secret.startswith(token.prefix)
    assert len(secret) > 11 + 43
    assert token.digest == digest(secret)
    assert secret not in str(Token.objects.filter(pk=token.pk).values())
    shelf.bearer(secret).get(LIST)
    token.refresh_from_db()
    assert token.last_used_at is not None
    for wrong in ({"name": " "}, {"name": "x" * 61}, {"days": 0}, {"days": 366}):
        with pytest.raises(BadInput):
            shelf.token(**wrong)
    with pytest.raises(NotAllowed):
        shelf.token(by=shelf.world.person("ada", Role.CONTRIBUTOR))
    with pytest.raises(NotAllowed):
        token_actions.revoke_token(by=shelf.world.person("ada"), token=token)
    seen_before = Token.objects.get(pk=token.pk)
    token_actions.revoke_token(by=shelf.world.lead, token=token)
    with pytest.raises(Conflict):
        token_actions.revoke_token(by=shelf.user, token=seen_before)
    events = Event.objects.filter(machine="exports.token").order_by("id").values_list("verb", "actor_id")
    assert list(events) == [("make", shelf.user.pk), ("revoke", shelf.world.lead.pk)]


def test_the_schema_is_whole(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    schema = SchemaGenerator().get_schema(public=True)
    validate_schema(schema)
    assert capsys.readouterr().err == ""  # spectacular prints its warnings there
    assert schema["openapi"].startswith("3.1")
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    [path] = [path for path in schema["paths"] if "files" in path]
    file = schema["paths"][path]["get"]
    assert {"200", "206", "304", "416", "401", "403", "404", "410", "503"} <= set(file["responses"])
    served = shelf.signed_in().get(reverse("api:schema"))
    assert served.status_code == 200
    assert Client().get(reverse("api:schema")).status_code == 401


def test_the_reference_is_served_from_here(shelf: Shelf) -> None:
    page = shelf.signed_in().get(reverse("api:docs"))
    assert page.status_code == 200
    text = page.content.decode()
    assert "https://" not in text.replace("https://www.w3.org", "")
    assert "<script>" not in text
    script = shelf.signed_in().get(reverse("api:docs") + "?script=")
    assert script.status_code == 200
    assert Release.objects.count() == 1
