"""The pages of ML teams: what they show, to whom, and safely."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from exports import actions
from exports.card_page import as_html
from exports.models import Token
from people.rules import Role
from tests.exports import judged
from tests.exports.shelves import Shelf, bare
from tests.worlds import person

LIST = "/releases/"


def test_the_list(shelf: Shelf) -> None:
    page = shelf.signed_in().get(LIST).content.decode()
    assert "sample 1.0.0" in page
    assert reverse("exports:detail", args=[shelf.release.pk]) in page
    actions.withdraw(release=shelf.release, by=shelf.world.lead, reason="A licence was wrong.")
    assert "Withdrawn" in shelf.signed_in().get(LIST).content.decode()
    for n in range(31):
        judged.published(shelf.world, name=f"more{n}")
    assert 'rel="next"' in shelf.signed_in().get(LIST).content.decode()
    assert 'rel="prev"' in shelf.signed_in().get(f"{LIST}?page=2").content.decode()


def test_an_empty_list_says_when_a_release_appears(db: None) -> None:
    shelf = bare()
    page = shelf.signed_in().get(LIST).content.decode()
    assert "No release yet" in page
    assert "when a lead" in page


def test_a_release(shelf: Shelf) -> None:
    page = shelf.signed_in().get(reverse("exports:detail", args=[shelf.release.pk])).content.decode()
    for file in shelf.release.files.all():
        assert reverse("exports:file", args=[shelf.release.pk, file.path]) in page
        assert file.sha256 in page
    assert 'load_dataset("./sample-1.0.0"' in page
    assert "<h2>Contents</h2>" in page
    assert 'class="num">4</td>' in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_a_damaged_card_is_not_shown(shelf: Shelf) -> None:
    (shelf.folder / "README.md").write_text("# Other words", encoding="utf-8")
    answer = shelf.signed_in().get(reverse("exports:detail", args=[shelf.release.pk]))
    assert answer.status_code == 200
    assert "Other words" not in answer.content.decode()
    assert "is not the file that was published" in answer.content.decode()


def test_a_tombstone(shelf: Shelf) -> None:
    actions.withdraw(release=shelf.release, by=shelf.world.lead, reason="A licence <b>was</b> wrong.")
    answer = shelf.signed_in().get(reverse("exports:detail", args=[shelf.release.pk]))
    assert answer.status_code == 410
    page = answer.content.decode()
    assert "A licence &lt;b&gt;was&lt;/b&gt; wrong." in page
    assert shelf.release.manifest_sha256 in page
    assert "/files/" not in page


@pytest.mark.parametrize("name", ["list", "tokens"])
def test_who_may_see_them(shelf: Shelf, name: str) -> None:
    url = reverse(f"exports:{name}")
    assert shelf.signed_in(shelf.world.lead).get(url).status_code == 200
    for who in (person("stranger"), shelf.world.person("ada", Role.CONTRIBUTOR)):
        assert shelf.signed_in(who).get(url).status_code == 403
    assert shelf.bearer("x").get(url).status_code == 302
    elsewhere = bare("elsewhere")
    assert elsewhere.signed_in().get(reverse("exports:detail", args=[shelf.release.pk])).status_code == 404


def test_a_token_is_shown_once_and_revoked(shelf: Shelf) -> None:
    client, url = shelf.signed_in(), reverse("exports:tokens")
    made = client.post(
        url,
        {
            "name": "training node",
            "project": shelf.world.project.pk,
            "days": "30",
            "verbs": ["read", "download"],
        },
    )
    assert "no-store" in made["Cache-Control"]
    [secret] = set(re.findall(r"hc_[0-9a-f]{8}_[\w-]+", made.content.decode()))
    assert shelf.bearer(secret).get("/api/v1/releases/").status_code == 200
    again = client.get(url).content.decode()
    assert secret not in again
    assert "training node" in again
    token = Token.objects.get()
    stranger = shelf.signed_in(shelf.world.person("mo", Role.ML))
    assert stranger.post(reverse("exports:revoke", args=[token.pk])).status_code == 404
    assert client.post(reverse("exports:revoke", args=[token.pk])).status_code == 302
    assert "Revoked" in client.get(url).content.decode()
    assert shelf.bearer(secret).get("/api/v1/releases/").status_code == 401


def test_a_token_that_cannot_be_made_says_why_and_keeps_what_was_typed(shelf: Shelf) -> None:
    client, url = shelf.signed_in(), reverse("exports:tokens")
    page = client.post(
        url, {"name": "node", "project": shelf.world.project.pk, "days": "9999", "verbs": ["read"]}
    ).content.decode()
    assert "days must be 1 to 365" in page
    assert 'value="node"' in page
    assert page.count(" checked") == 1
    refused = client.post(
        url, {"name": "node", "project": shelf.world.project.pk, "days": "9", "verbs": ["import"]}
    )
    assert "need the permission of a lead" in refused.content.decode()
    nothing = client.post(url, {"name": "node", "project": shelf.world.project.pk, "days": "9"})
    assert "verbs must be chosen" in nothing.content.decode()
    elsewhere = bare("elsewhere")
    assert (
        client.post(url, {"name": "n", "project": elsewhere.world.project.pk, "days": "1"}).status_code == 404
    )
    assert client.post(url, {"name": "n", "project": "x", "days": "1"}).status_code == 404
    assert not Token.objects.exists()


def test_a_card_as_a_part_of_a_page() -> None:
    html = as_html(judged.CARD)
    assert "license: mit" not in html
    assert "<h1>" not in html
    assert "<script" not in html
    assert "<a" not in html
    assert '<td class="num">4</td>' in html
    assert as_html("plain") == "<p>plain</p>\n"
    assert as_html("") == ""
