"""A protected set that comes later: what matches it is kept from work, and nothing is taken from who has begun."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from catalog import protected
from catalog.models import Generation, Prompt, PromptScan
from core import filesets
from core.jobs import Job
from core.models import Event
from desk import sweeping
from people.models import User
from people.rules import Role
from protect.actions import register_set
from protect.models import ProtectedSet
from protect.set_files import Item
from tests.worlds import World, world
from work import actions, protected_actions
from work.actions import NothingToClaim
from work.models import Assignment, Task
from work.protected_actions import rescan
from work.states import TaskKind

pytestmark = pytest.mark.django_db

TEXTS = [
    "Build a calm weather board for a harbour master on duty at night, with tides and wind",
    "Draw a periodic table whose elements open a card with their history and their uses",
    "Write a page that plans a week of meals and adds up what has to be bought for them",
]
LISTING = " ".join(f"const value{n} = compute({n}, 'alpha{n}');" for n in range(40))


def scene() -> World:
    made = world(prompts=3)
    for prompt, text in zip(made.prompts, TEXTS, strict=True):
        Prompt.objects.filter(pk=prompt.pk).update(text=text)
    return made


def register(by: User, *items: Item, version: str = "1") -> ProtectedSet:
    return register_set(
        slug="bench", version=version, name="Bench", source="here", licence="CC0", items=items, by=by
    )


def claimed(made: World, by: User) -> Assignment:
    seat = actions.claim(by=by, project_id=made.project.pk, kind=TaskKind.REFINE)
    return Assignment.objects.get(pk=seat.pk)


def quarantined() -> dict[str, str]:
    return dict(Prompt.objects.exclude(quarantine="").values_list("key", "quarantine"))


def test_a_prompt_that_is_here_already_is_kept_from_work() -> None:
    made = scene()
    mine = claimed(made, made.person("early", Role.CONTRIBUTOR))
    begun = mine.task.prompt
    texts = dict(Prompt.objects.values_list("pk", "text"))
    other, free = (prompt for prompt in made.prompts if prompt.pk != begun.pk)
    known = register(made.lead, Item("i1", text=texts[other.pk].upper()), Item("i2", text=texts[begun.pk]))
    done = rescan(set_id=known.pk)
    assert done is not None
    assert (done.kept_back, done.begun) == (1, 1)
    [(key, said)] = quarantined().items()
    assert key == other.key
    assert "“i1” of protected set bench 1" in said
    # Its task is out of the queue; who has begun goes on.
    task = Task.objects.get(prompt=other)
    assert (task.status, task.seats) == ("withdrawn", 0)
    assert Event.objects.get(machine="work.task", verb="withdraw").data["reason"] == said
    mine.refresh_from_db()
    assert mine.status == "active"
    assert claimed(made, made.person("late", Role.CONTRIBUTOR)).task.prompt_id == free.pk
    with pytest.raises(NothingToClaim):
        claimed(made, made.person("last", Role.CONTRIBUTOR))
    assert actions.open_tasks(project=made.project, by=None).refine == 0
    assert Event.objects.get(machine="protect.set", verb="ask_prompts").data == {"kept_back": 1, "begun": 1}


def test_an_output_that_matches_protected_code_keeps_its_prompt_from_work() -> None:
    made = scene()
    files = filesets.store({"index.html": f"<script>{LISTING}</script>"})
    Generation.objects.filter(prompt=made.prompts[1], model=made.project.rival).update(fileset=files)
    known = register(made.lead, Item("c1", files={"a.js": LISTING}))
    assert rescan(set_id=known.pk) is not None
    assert list(quarantined()) == ["p1"]
    assert quarantined()["p1"].startswith("An output: Matches item “c1”")


def test_each_set_is_asked_once_and_the_sweep_rings_for_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene()
    first = register(made.lead, Item("i1", text="An unlike thing about tulips in spring"))
    assert protected_actions.due() == [first.pk]
    rung: list[tuple[Job, int]] = []
    monkeypatch.setattr("core.jobs.ring_now", lambda job, pk: rung.append((job, pk)))
    sweeping.sweep()
    assert (Job.RESCAN_PROMPTS, first.pk) in rung
    assert rescan(set_id=first.pk) is not None
    assert quarantined() == {}
    assert rescan(set_id=first.pk) is None
    assert protected_actions.due() == []
    second = register(made.lead, Item("i1", text=TEXTS[0]), version="2")
    assert protected_actions.due() == [second.pk]


def test_a_lost_scan_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene()
    known = register(made.lead, *(Item(f"i{n}", text=text) for n, text in enumerate(TEXTS)))
    monkeypatch.setattr(protected_actions, "CHUNK", 1)
    real, asked = protected.why, []

    def dying(gate: Any, text: str, outputs: Any) -> str:
        asked.append(text)
        if len(asked) == 2:
            raise MemoryError
        return real(gate, text, outputs)

    monkeypatch.setattr(protected, "why", dying)
    with pytest.raises(MemoryError):
        rescan(set_id=known.pk)
    assert list(quarantined()) == ["p0"]
    assert rescan(set_id=known.pk) is None, "its lease holds"
    assert protected_actions.due() == []
    PromptScan.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert protected_actions.due() == [known.pk]
    done = rescan(set_id=known.pk)
    assert done is not None
    assert done.kept_back == 3
    assert asked == [TEXTS[0], TEXTS[1], TEXTS[1], TEXTS[2]]
    assert not Assignment.objects.exclude(status="withdrawn").exists()


def test_who_was_taken_over_changes_nothing() -> None:
    made = scene()
    known = register(made.lead, Item("i1", text=TEXTS[0]))
    PromptScan.objects.create(protected_set=known)
    slow = PromptScan.objects.get()
    assert rescan(set_id=known.pk) is not None
    Prompt.objects.update(quarantine="")
    with pytest.raises(protected_actions.LostLease):
        protected_actions._chunk(slow, protected_actions.Gate())
    assert quarantined() == {}
    assert PromptScan.objects.get().kept_back == 1
