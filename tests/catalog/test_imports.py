"""Imports as a whole: nothing by halves, nothing twice, every problem with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoCaptureOnCommitCallbacks

from catalog import import_actions, import_files
from catalog.import_staging import Staging
from catalog.models import CodeModel, Generation, Import, Project, Prompt, Use
from catalog.states import ImportStatus
from core.errors import NotAllowed, WrongState
from core.models import Event, FileSet
from people.rules import Role
from protect import actions as protect
from protect.set_files import Item
from tests.factories import CodeModelFactory, ProjectFactory, UserFactory, json_lines, line, member
from work import actions as work

pytestmark = pytest.mark.django_db

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "frontend-pairs" / "prompts.jsonl"


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def project() -> Project:
    return ProjectFactory(ready=True)


def ask(project: Project, content: bytes, *, update: bool = False) -> Import:
    return import_actions.request_import(
        project=project, chunks=[content], file_name="prompts.jsonl", update=update, by=None
    )


def run(project: Project, content: bytes, *, update: bool = False) -> Import:
    ran = import_actions.run(ask(project, content, update=update).pk)
    assert ran is not None
    return ran


def contents(project: Project) -> list[tuple[object, ...]]:
    rows = Generation.objects.filter(prompt__project=project).order_by("prompt__key", "model_id")
    outputs = rows.values_list("pk", "prompt_id", "model_id", "fileset__digest", "use", "params")
    prompts = Prompt.objects.filter(project=project).order_by("key")
    return [*prompts.values_list("pk", "key", "text", "tags", "cluster", "held_out", "quarantine"), *outputs]


def test_prompts_and_outputs_arrive_as_written(project: Project) -> None:
    done = run(project, json_lines([line("a", held_out=True, cluster="c"), line("b", target=None)]))
    assert done.status == ImportStatus.DONE, done.problems
    assert (done.counts["new"], done.counts["outputs_new"]) == (2, 3)
    prompt = Prompt.objects.get(project=project, key="a")
    assert (prompt.text, prompt.tags, prompt.licence) == ("Make the page a.", ["test"], "CC0-1.0")
    assert (prompt.held_out, prompt.cluster, prompt.quarantine) == (True, "c", "")
    base, rival = prompt.generations.order_by("id")
    assert base.fileset.files == {"index.html": "<!-- a --><p>base</p>"}
    assert (base.use, rival.use) == (Use.TRAIN, Use.EVAL_ONLY)
    assert not import_files.place(done.path).exists()


def test_the_same_file_again_changes_nothing(project: Project) -> None:
    content = json_lines([line("a"), line("b")])
    run(project, content)
    before = contents(project)
    again = run(project, content)
    assert (again.counts["new"], again.counts["unchanged"], again.counts["outputs_unchanged"]) == (0, 2, 4)
    assert contents(project) == before


def test_a_problem_anywhere_refuses_all_of_it_with_its_line(project: Project) -> None:
    bad = line("c", framework="vue")
    refused = run(project, json_lines([line("a"), line("b"), bad, line("d"), line("a")]))
    assert refused.status == ImportStatus.REFUSED
    assert [problem["where"] for problem in refused.problems] == ["line 3, framework", "line 5, key"]
    assert refused.counts["problems"] == 2
    assert contents(project) == []
    assert not FileSet.objects.exists()


def test_the_double_of_a_faulty_line_is_found_too(project: Project) -> None:
    refused = run(project, json_lines([line("a", framework="vue"), line("a")]))
    assert [problem["where"] for problem in refused.problems] == ["line 1, framework", "line 2, key"]


def test_problems_are_counted_but_only_the_first_are_kept(project: Project) -> None:
    refused = run(project, json_lines([line(f"k{n}", source="") for n in range(250)]))
    assert refused.counts["problems"] == 250
    assert len(refused.problems) == import_actions.MAX_PROBLEMS


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_a_problem(project: Project, content: bytes) -> None:
    assert run(project, content).problems[0]["what"] == "has no lines"


def test_a_mark_of_byte_order_blank_lines_and_windows_ends_do_no_harm(project: Project) -> None:
    content = (
        b"\xef\xbb\xbf"
        + json_lines([line("a")]).replace(b"\n", b"\r\n\r\n")
        + json_lines([line("b")]).rstrip()
    )
    assert run(project, content).counts["new"] == 2


def test_an_overlong_line_is_refused_without_reading_it_whole(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_files, "MAX_LINE", 1000)
    refused = run(project, json_lines([line("a"), line("b", text="x" * 5000), line("c", framework="vue")]))
    assert [problem["where"] for problem in refused.problems] == ["line 2", "line 3, framework"]


def test_a_changed_prompt_or_output_is_refused_unless_updates_are_allowed(project: Project) -> None:
    run(project, json_lines([line("a"), line("b")]))
    before = contents(project)
    changed = json_lines([line("a", text="Another text.", tags=[]), line("b", rival="<p>better</p>")])
    refused = run(project, changed)
    assert refused.status == ImportStatus.REFUSED
    assert [problem["what"] for problem in refused.problems] == [
        "“a” was imported before with another text and tags",
        "“b” was imported before with another output of rival-model",
    ]
    assert contents(project) == before

    done = run(project, changed, update=True)
    assert (done.counts["changed"], done.counts["outputs_changed"]) == (1, 1)
    assert Prompt.objects.get(key="a").text == "Another text."
    better = Generation.objects.get(prompt__key="b", model__name="rival-model")
    assert "better" in better.fileset.files["index.html"]


def test_what_people_work_on_is_not_updated(project: Project) -> None:
    run(project, json_lines([line("a"), line("b")]))
    work.open_tasks(project=project, by=None)
    before = contents(project)
    refused = run(project, json_lines([line("a", text="Another."), line("b")]), update=True)
    assert [problem["where"] for problem in refused.problems] == ["line 1"]
    assert "already work on it" in refused.problems[0]["what"]
    assert contents(project) == before


def test_outputs_of_a_further_model_join_prompts_that_are_there(project: Project) -> None:
    run(project, json_lines([line("a", rival=None)]))
    done = run(project, json_lines([line("a", target=None)]))
    assert (done.counts["unchanged"], done.counts["outputs_new"]) == (1, 1)
    assert Generation.objects.filter(prompt__key="a").count() == 2


def test_a_cluster_is_held_out_as_a_whole(project: Project) -> None:
    run(project, json_lines([line("a", cluster="c", held_out=True)]))
    refused = run(project, json_lines([line("b", cluster="c")]))
    assert [problem["where"] for problem in refused.problems] == ["line 1, held_out"]


def test_one_content_is_stored_once(project: Project) -> None:
    lines = [line("a"), line("b")]
    for value in lines:
        for output in value["generations"]:
            output["files"] = {"index.html": "<p>the same</p>"}
    assert run(project, json_lines(lines)).counts["outputs_new"] == 4
    assert FileSet.objects.count() == 1


def test_a_prompt_that_matches_a_protected_set_is_kept_from_work(project: Project) -> None:
    secret = "Design a landing page for a bakery that sells sourdough bread by bicycle in three cities"
    code = " ".join(f"const a{n} = run{n}(b{n});" for n in range(40))
    protect.register_set(
        slug="bench", version="1", name="Bench", source="test", licence="CC0", by=UserFactory(operator=True),
        items=[Item("item-7", text=secret), Item("code-1", files={"a.js": code})],
    )  # fmt: skip
    copied = line("c", rival=f"<script>{code}</script>")
    done = run(project, json_lines([line("a", text=secret.upper()), line("b"), copied]))
    assert done.counts["quarantined"] == 2
    assert "item-7" in Prompt.objects.get(key="a").quarantine
    assert "code-1" in Prompt.objects.get(key="c").quarantine
    assert Prompt.objects.get(key="b").quarantine == ""
    assert work.open_tasks(project=project, by=None).refine == 1


def test_a_set_registered_during_an_import_is_asked_before_anything_is_written(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "Design a landing page for a bakery that sells sourdough bread by bicycle in three cities"
    real, rounds = Staging.settle, []

    def settle(staging: Staging) -> None:
        if not rounds:
            protect.register_set(
                slug="late", version="1", name="Late", source="test", licence="CC0", by=UserFactory(operator=True),
                items=[Item("item-1", text=secret)],
            )  # fmt: skip
        rounds.append(1)
        real(staging)

    monkeypatch.setattr(Staging, "settle", settle)
    done = run(project, json_lines([line("a", text=secret), line("b")]))
    assert (done.status, len(rounds), done.counts["quarantined"]) == (ImportStatus.DONE, 2, 1), done.problems
    assert "item-1" in Prompt.objects.get(key="a").quarantine


def test_a_lost_run_is_due_again_and_the_old_worker_is_shut_out(project: Project) -> None:
    row = ask(project, json_lines([line("a")]))
    assert row.pk in import_actions.due()
    taken = import_actions._take(row.pk)
    assert taken is not None
    assert import_actions.due() == []
    assert import_actions.run(row.pk) is None, "a held lease must not be taken"
    _lose(row)
    assert import_actions.due() == [row.pk]
    assert import_actions._take(row.pk) is not None
    with pytest.raises(import_actions.LostLease):
        import_actions._Run(taken, None).go()
    _lose(row)
    done = import_actions.run(row.pk)
    assert done is not None
    assert done.status == ImportStatus.DONE
    assert Prompt.objects.count() == 1


def test_a_worker_that_wakes_after_the_end_changes_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ask(project, json_lines([line("a")]))
    asleep = import_actions._take(row.pk)
    _lose(row)
    done = import_actions.run(row.pk)
    assert done is not None
    monkeypatch.setattr(import_actions, "_take", lambda pk: asleep)
    assert import_actions.run(row.pk) is None
    row.refresh_from_db()
    assert row.status == ImportStatus.DONE


def test_a_run_that_never_ends_is_given_up(project: Project) -> None:
    row = ask(project, json_lines([line("a")]))
    for _ in range(import_actions.MAX_RUNS):
        assert import_actions._take(row.pk) is not None
        _lose(row)
    assert import_actions.run(row.pk) is None
    row.refresh_from_db()
    assert row.status == ImportStatus.REFUSED
    assert "given up after 3 runs" in row.problems[0]["what"]


def test_a_fault_in_the_middle_leaves_nothing_and_is_tried_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ask(project, json_lines([line("a")]))
    monkeypatch.setattr("catalog.import_staging.Staging.write", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        import_actions.run(row.pk)
    assert Prompt.objects.count() == 0
    monkeypatch.undo()
    assert import_actions.due() == [row.pk]
    done = import_actions.run(row.pk)
    assert done is not None
    assert done.status == ImportStatus.DONE


def test_every_step_leaves_its_event(project: Project) -> None:
    done = run(project, json_lines([line("a")]))
    events = Event.objects.filter(machine="catalog.import", object_id=done.pk).order_by("id")
    assert [(event.verb, event.target) for event in events] == [
        ("create", "queued"), ("start", "running"), ("finish", "done"),
    ]  # fmt: skip
    assert events[2].data["new"] == 1


def test_only_leads_ask_and_only_of_open_projects(project: Project) -> None:
    stranger = member(ProjectFactory(), Role.LEAD)
    with pytest.raises(NotAllowed):
        import_actions.request_import(project=project, chunks=[b""], file_name="x", update=False, by=stranger)
    Project.objects.filter(pk=project.pk).update(status="closed")
    project.refresh_from_db()
    with pytest.raises(WrongState):
        ask(project, b"")


def test_asking_rings_the_worker(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    rung: list[tuple[str, int]] = []
    monkeypatch.setattr("core.jobs.ring_now", lambda job, pk: rung.append((job.value, pk)))
    with django_capture_on_commit_callbacks(execute=True):
        row = ask(project, json_lines([line("a")]))
    assert rung == [("tasks.imports.run", row.pk)]


@pytest.mark.skipif(not REAL.exists(), reason=f"the real prompts are not here: {REAL}")
def test_the_real_prompts_are_taken_whole(project: Project) -> None:
    CodeModelFactory(name="gpt-5", use=Use.TRAIN)
    CodeModelFactory(name="gpt-5.2")
    done = run(project, REAL.read_bytes())
    assert done.status == ImportStatus.DONE, done.problems
    assert (done.counts["new"], done.counts["outputs_new"]) == (33, 40)
    assert run(project, REAL.read_bytes()).counts["unchanged"] == 33


def test_an_unknown_model_is_refused_with_what_to_do(project: Project) -> None:
    CodeModel.objects.filter(name="rival-model").update(name="renamed")
    refused = run(project, json_lines([line("a")]))
    assert refused.problems[0]["where"] == "line 1, generations[1].model"
    assert "Register it" in refused.problems[0]["todo"]


def _lose(row: Import) -> None:
    """As if the worker had died and its lease run out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_import SET lease_until = clock_timestamp() - interval '1 s' WHERE id = %s",
            [row.pk],
        )
