"""The gate at release: whatever a release shows is asked, planted copies must be found, and the certificate tells it all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from arena.models import Pair
from catalog.models import Generation, Prompt
from core import filesets
from core.errors import NotAllowed
from core.models import Event
from desk import sweeping
from exports import actions, building, proof, rescanning, scanning, verifying, withdrawal_actions
from exports.models import Release, Rescan
from people.models import User
from people.rules import Role
from protect.actions import register_set
from protect.gate import Gate
from protect.matching import Rule
from protect.set_files import Item
from tests.exports import judged
from tests.exports.shelves import Shelf
from tests.scenes import Scene
from work.models import Submission

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Build a calm weather board for a harbour master on duty at night, with tides and wind"
LISTING = " ".join(f"const value{n} = compute({n}, 'alpha{n}') + other{n};" for n in range(40))
CODE = {"index.html": f"<!doctype html><title>x</title><script>{LISTING}</script>"}


@pytest.fixture(autouse=True)
def releases(settings: Any, tmp_path: Path) -> None:
    settings.RELEASE_ROOT = tmp_path / "releases"


def register(by: User, *items: Item, slug: str = "bench", version: str = "1") -> None:
    register_set(slug=slug, version=version, name=slug, source="here", licence="CC0", items=items, by=by)


def built(made: Scene, **fields: object) -> Release:
    release = actions.start_release(recipe=judged.recipe(made.world, **fields), by=made.world.lead)
    building.build(release.pk)
    release.refresh_from_db()
    return release


def certificate(release: Release) -> dict[str, Any]:
    text = (building.folder_of(release) / proof.CERTIFICATE).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_certificate_tells_what_was_asked_and_found() -> None:
    made = judged.scene(4)
    Prompt.objects.filter(key="p0").update(text=TEXT)
    register(
        made.world.lead,
        Item("i1", text=TEXT.upper()),
        Item("i2", text="An unlike thing about tulips in spring"),
    )
    release = built(made)
    assert (release.status, release.manifest["dropped"]) == ("published", {"matches a protected set": 1}), (
        release.error
    )
    said = certificate(release)
    assert said["manifest_sha256"] == release.manifest_sha256
    assert said["as_of"] == release.as_of.isoformat()
    assert said["registry"]["version"] == release.manifest["protected"]["version"] == 1
    [one] = said["registry"]["sets"]
    assert (one["set"], one["items"], one["rows_left_out"]) == ("bench", 2, 1)
    assert said["result"] == "No match by these rules at these thresholds."
    assert said["scanned"] == {"prompts": 4, "file_sets": 0}, "no code is protected, so none is read"
    planted = {each["edit"]: (each["planted"], each["found"]) for each in said["planted"]}
    assert planted["exact"] == planted["restyled"] == (2, 2)
    nearest = {each["rule"]: each for each in said["nearest"]}
    assert sum(nearest["char-5-gram"]["scores"].values()) == nearest["char-5-gram"]["measured_on"] == 4
    assert nearest["exact"]["scores"]["0.9 to 1.0"] == 1
    assert [rule["threshold"] for rule in said["rules"]] == ["= 1", ">= 0.6", "> 0.5", ">= 0.8", ">= 0.5"]
    assert "clean" not in json.dumps(said).lower()
    card = (building.folder_of(release) / "README.md").read_text(encoding="utf-8")
    assert "| bench 1 | 2 | 1 | no match by these rules at these thresholds |" in card
    assert "| prompt, word for word | 2 | 2 |" in card
    assert verifying.faults(release) == []
    assert release.files.get(path=proof.CERTIFICATE).row_count is None


def test_everything_that_is_shown_is_asked() -> None:
    """Chosen, rejected and rival pages alike, each only where the configs show it."""
    made = judged.scene(3)
    files = filesets.store(CODE)
    register(made.world.lead, Item("c1", files={"main.html": f"<script>{LISTING}</script>"}))
    project = made.world.project
    for at, model in ((0, project.target), (1, project.rival)):
        Generation.objects.filter(prompt__key=f"p{at}", model=model).update(fileset=files)
    Submission.objects.filter(task__prompt__key="p2").update(fileset=files)
    release = built(made, configs=["sft"])
    assert release.manifest["dropped"] == {"matches a protected set": 2}, (
        "nobody sees the rival's page in sft"
    )
    assert certificate(release)["scanned"] == {"prompts": 0, "file_sets": 4}
    everything = built(made, name="all")
    assert everything.status == "failed"
    assert everything.error == "Every pair was left out: 3 matches a protected set."


def test_without_protected_sets_nothing_is_claimed() -> None:
    said = certificate(built(judged.scene(1)))
    assert said["result"] == "Scanned against no protected set. Nothing is claimed about overlap."
    assert (said["registry"]["version"], said["planted"], said["nearest"]) == (0, [], [])


def test_a_scan_that_misses_its_planted_copies_releases_nothing() -> None:
    made = judged.scene(2)
    register(made.world.lead, Item("i1", text=TEXT))
    with patch.object(
        Gate,
        "recall",
        lambda self: [type("R", (), {"kind": "prompt", "edit": "exact", "planted": 3, "found": 2})()],
    ):
        release = built(made)
    assert release.status == "failed"
    assert "Of 3 planted copies of protected items (prompt) the scan found 2." in release.error
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE protect_protectedset DISABLE TRIGGER USER")
        cursor.execute("UPDATE protect_protectedset SET probe = 'made otherwise'")
        cursor.execute("ALTER TABLE protect_protectedset ENABLE TRIGGER USER")
    again = built(made, name="again")
    assert again.status == "failed"
    assert "was fingerprinted in another way" in again.error


def test_a_set_registered_during_a_build_is_asked_before_anything_is_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = judged.scene(2)
    Prompt.objects.filter(key="p0").update(text=TEXT)
    real, rounds = building.write_data, []

    def growing(*args: Any, **options: Any) -> Any:
        if not rounds:
            from tests.exports.test_building import elsewhere

            elsewhere(lambda: register(made.world.lead, Item("i1", text=TEXT)))
        rounds.append(1)
        return real(*args, **options)

    monkeypatch.setattr(building, "write_data", growing)
    release = built(made)
    assert (release.status, len(rounds)) == ("published", 2), release.error
    assert release.manifest["dropped"] == {"matches a protected set": 1}


def test_a_large_release_is_measured_on_a_sample_that_hangs_on_the_texts_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = judged.scene(8)
    register(made.world.lead, Item("i1", text=TEXT))
    monkeypatch.setattr(scanning, "MEASURED", 4)
    first, second = built(made), built(made, name="second")
    nearest = {each["rule"]: each for each in certificate(first)["nearest"]}
    assert 0 < nearest["char-5-gram"]["measured_on"] < 8
    assert certificate(first)["nearest"] == certificate(second)["nearest"]
    assert certificate(first)["scanned"]["prompts"] == 8


def test_bins_are_whole_and_name_what_is_not_told() -> None:
    assert [name for name, _, _ in scanning.bin_names(Rule.CHARS)][:2] == ["under 0.3", "0.3 to 0.4"]
    assert next(name for name, _, _ in scanning.bin_names(Rule.COVER)) == "0.0 to 0.1"
    for rule in Rule:
        ends = [(at, end) for _, at, end in scanning.bin_names(rule)]
        assert [at for at, _ in ends] == [0, *[end for _, end in ends[:-1]]]
        assert ends[-1][1] == scanning.BINS


def test_a_grown_registry_rescans_what_is_published() -> None:
    made = judged.scene(3)
    lead = made.world.lead
    register(lead, Item("i1", text="An unlike thing about tulips in spring"), slug="old")
    Prompt.objects.filter(key="p0").update(text=TEXT)
    Prompt.objects.filter(key="p1").update(text="An unlike thing about tulips in spring")
    release = built(made)
    assert release.manifest["dropped"] == {"matches a protected set": 1}
    assert rescanning.due() == []
    register(lead, Item("i1", text=TEXT), slug="new")
    assert rescanning.due() == [release.pk]
    with patch("core.jobs.ring_now") as ring:
        sweeping.sweep()
    assert ("tasks.releases.rescan", release.pk) in [
        (call.args[0].value, call.args[1]) for call in ring.call_args_list
    ]
    found = rescanning.rescan(release_id=release.pk)
    assert found is not None
    pair = Pair.objects.get(task__prompt__key="p0")
    assert (found.registry_version, found.row_count, found.match_count, found.error) == (2, 2, 1, "")
    [one] = found.found
    assert (one["row"], one["set"], one["rule"]) == (f"test-{pair.submission_id}", "new", "exact")
    assert (
        found.result
        == "Against version 2 of the protected registry: 1 row matches what was registered since."
    )
    assert rescanning.due() == []
    assert rescanning.rescan(release_id=release.pk) is None
    assert Event.objects.get(verb="rescan", object_id=release.pk).data["matches"] == 1
    # The re-issue leaves the row out, from the same moment, and owes nothing.
    again = withdrawal_actions.reissue(release=release, note="Without what matches set new 1.", by=lead)
    building.build(again.pk)
    again.refresh_from_db()
    assert (again.status, again.version) == ("published", "1.0.1"), again.error
    assert again.manifest["rows"]["sft"] == {"train": 1}
    assert rescanning.due() == []


def test_a_rescan_that_finds_nothing_or_cannot_ask_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    made = judged.scene(1)
    release = built(made)
    register(made.world.lead, Item("i1", text=TEXT))
    found = rescanning.rescan(release_id=release.pk)
    assert found is not None
    assert found.result == (
        "Against version 1 of the protected registry: no match by these rules at these thresholds."
    )
    register(made.world.lead, Item("i1", text=TEXT), version="2")
    monkeypatch.setattr("protect.fingerprints.Fingerprinter.probe", lambda self: "0")
    broken = rescanning.rescan(release_id=release.pk)
    assert broken is not None
    assert "could not be scanned" in broken.result
    assert rescanning.due() == [], "not asked in a circle"
    assert Rescan.objects.count() == 2


def test_the_page_and_the_api_show_proof_and_rescans() -> None:
    made = judged.scene(2)
    Prompt.objects.filter(key="p1").update(text=TEXT)
    register(made.world.lead, Item("i1", text="An unlike thing about tulips in spring"))
    release = built(made)
    register(made.world.lead, Item("i1", text=TEXT), slug="late")
    rescanning.rescan(release_id=release.pk)
    shelf = Shelf(made.world, release, made.world.person("mila", Role.ML))
    page = shelf.signed_in().get(f"/releases/{release.pk}/").content.decode()
    key = proof.key_id(certificate_key(release))
    for said in (
        "No match by these rules at these thresholds.",
        "bench 1",
        "Word for word".lower(),
        key,
        "Scanned again",
        "1 row matches",
    ):
        assert said in page, said
    _, secret = shelf.token()
    detail = shelf.bearer(secret).get(f"/api/v1/releases/{release.pk}/").json()
    assert [(each["registry_version"], each["match_count"]) for each in detail["rescans"]] == [(2, 1)]
    assert (detail["deprecated_at"], detail["deprecated_reason"]) == (None, "")
    [published] = shelf.bearer("").get("/api/v1/signing-keys/").json()
    assert (published["key_id"], published["current"]) == (key, True)
    # What the site publishes verifies what it serves, without the site.
    folder = building.folder_of(release)
    assert proof.faults(folder, trusted=[proof.key_of(published["public_key"])]) == []
    call_command("verify_release", str(folder), key=[published["public_key"]])
    (folder / "README.md").write_text("x", encoding="utf-8")
    with pytest.raises(CommandError, match=r"README\.md has"):
        call_command("verify_release", str(folder))


def certificate_key(release: Release) -> bytes:
    return proof.key_of(certificate(release)["signature"]["public_key"])


def test_only_a_lead_issues_again() -> None:
    made = judged.scene(1)
    release = built(made)
    with pytest.raises(NotAllowed):
        withdrawal_actions.reissue(release=release, note="Because.", by=made.world.person("mila", Role.ML))
