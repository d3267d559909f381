"""How long checks wait and take, and what somebody who waits is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from checks import actions, registry, waiting
from checks.models import CheckRun
from checks.states import RunStatus
from people.rules import Role
from tests.scenes import Scene
from tests.visitors import visitor
from tests.worlds import world
from work.models import Submission

TOKEN = "a token of more than twenty-four characters"
# Durations as a database has them, in milliseconds.
seconds = st.lists(st.integers(0, 10**8).map(lambda n: n / 1000), min_size=1, max_size=50)


@given(seconds)
def test_half_and_nine_in_ten_stay_below(taken: list[float]) -> None:
    told = waiting.spread(taken)
    assert min(taken) - 1e-3 <= told.half <= told.nine <= max(taken) + 1e-3
    assert sum(each <= told.half + 1e-3 for each in taken) >= len(taken) / 2
    assert sum(each <= told.nine + 1e-3 for each in taken) >= int(len(taken) * 0.9)


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_words_never_say_less_than_the_number(one: float, other: float) -> None:
    low, high = sorted((one, other))
    units = {"s": 1, "min": 60, "h": 3600}
    last = waiting.Estimate(low, high, 0).words.removeprefix("about ").split(" to ")[-1].split()
    assert int(last[0]) * units[last[1]] >= high


@pytest.fixture
def scene() -> Scene:
    return Scene(world(prompts=4))


def _sent(scene: Scene, name: str) -> Submission:
    sent = scene.send(scene.world.person(name, Role.CONTRIBUTOR), text=name)
    actions.plan(submission_id=sent.pk)
    return sent


def _history(sent: Submission, *, each: float, times: int = 12, waited: float = 3.0) -> None:
    """Old drafts whose every check waited and took these seconds."""
    begun = timezone.now() - timedelta(hours=1)
    versions = [_version(sent, n) for n in range(times)]
    CheckRun.objects.bulk_create(
        CheckRun(
            draft=version, check_name=check.name, version=check.version, queue=check.queue, policy="warn",
            status=RunStatus.PASSED, queued_at=begun, started_at=begun + timedelta(seconds=waited),
            finished_at=begun + timedelta(seconds=waited + each),
        )
        for version in versions
        for check in registry.CHECKS.values()
    )  # fmt: skip


def _version(sent: Submission, n: int) -> object:
    return sent.assignment.versions.create(rev=1000 + n, fileset=sent.fileset)


@pytest.mark.django_db
def test_nothing_is_promised_before_enough_is_known(scene: Scene) -> None:
    sent = _sent(scene, "first")
    assert waiting.estimate(sent.check_runs.all()) is None
    _history(sent, each=4.0, times=waiting.LEAST - 1)
    assert waiting.estimate(sent.check_runs.all()) is None


@pytest.mark.django_db
def test_an_estimate_counts_what_stands_before(scene: Scene) -> None:
    first, second = _sent(scene, "first"), _sent(scene, "second")
    _history(first, each=4.0)
    alone, behind = (waiting.estimate(sent.check_runs.all()) for sent in (first, second))
    assert alone is not None
    assert behind is not None
    chromium = sum(check.queue == "chromium" for check in registry.CHECKS.values())
    assert alone.low == alone.high == 4.0 * chromium
    assert alone.before == 0
    assert behind.low == 2 * alone.low
    assert behind.before == len(registry.CHECKS)
    # Two at a time get through what is before in half the time; one's own are still one after the other.
    CheckRun.objects.filter(submission=first).update(status=RunStatus.RUNNING)
    assert (later := waiting.estimate(second.check_runs.all())) is not None
    assert later.low == alone.low
    CheckRun.objects.filter(submission=second).update(status=RunStatus.PASSED)
    assert waiting.estimate(second.check_runs.all()) is None


@pytest.fixture
def told() -> Iterator[None]:
    with override_settings(METRICS_TOKEN=TOKEN):
        yield


def _scrape(client: Client, token: str) -> int:
    return client.get("/metrics", headers={"authorization": f"Bearer {token}"}).status_code


@pytest.mark.django_db
def test_figures_are_told_to_the_token_alone(scene: Scene) -> None:
    client = visitor(scene.world.lead)
    assert _scrape(client, "") == _scrape(client, TOKEN) == 404
    with override_settings(METRICS_TOKEN=TOKEN):
        assert _scrape(client, "") == _scrape(client, TOKEN + "x") == 404
        assert client.get("/metrics").status_code == 404
        assert _scrape(client, TOKEN) == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("told")
def test_prometheus_reads_queues_waits_and_steps(scene: Scene) -> None:
    sent = _sent(scene, "first")
    _history(sent, each=4.0)
    CheckRun.objects.filter(submission=sent, check_name="static").update(status=RunStatus.RUNNING)
    answer = visitor().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    families = {each.name: each for each in text_string_to_metric_families(answer.content.decode())}
    values = {
        (name, *sorted(sample.labels.values())): sample.value
        for name, family in families.items()
        for sample in family.samples
    }
    chromium = sum(check.queue == "chromium" for check in registry.CHECKS.values())
    assert values["hillclimb_check_runs", "chromium", "waiting"] == chromium
    assert values["hillclimb_check_runs", "light", "running"] == 1
    assert values["hillclimb_check_step_seconds", "0.9", "render"] == 4.0
    assert values["hillclimb_check_wait_seconds", "0.5", "chromium"] == 3.0
    assert values["hillclimb_check_wait_runs", "light"] > 0
    assert 0 <= values["hillclimb_check_oldest_wait_seconds", "chromium"] < 60


@pytest.mark.django_db
def test_a_page_that_waits_is_told_what_is_new_and_nothing_else(scene: Scene) -> None:
    sent = _sent(scene, "first")
    _history(sent, each=4.0)
    author = visitor(sent.author)
    page = author.get(f"/work/{sent.pk}/").content.decode()
    chromium = sum(check.queue == "chromium" for check in registry.CHECKS.values())
    assert f"Done in about {-(-4 * chromium // 5) * 5} s" in page
    asked = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert author.get(asked).status_code == 204
    CheckRun.objects.filter(submission=sent, check_name="static").update(status=RunStatus.PASSED)
    part = author.get(asked)
    assert part.status_code == 200
    assert part.content.decode().lstrip().startswith("<section")
    assert 'id="check-static"' in part.content.decode()
    assert "<html" not in part.content.decode()
    Submission.objects.filter(pk=sent.pk).update(status="awaiting_review")
    over = author.get(asked)
    assert (over.status_code, over.headers["HX-Refresh"]) == (204, "true")
