"""The in-task model asked and answering: streams, faults, limits; against a real server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.visitors import text_of
from tests.work.assist_stage import ANSWER, KEY, Bench, hang_up
from tests.work.endpoint import DONE, MODEL, Script, chunk, closed_port, said
from work import assist, assist_actions, assist_relay
from work.models import Assignment, AssistTurn
from work.states import AssistFault, AssistStatus

pytestmark = pytest.mark.django_db


def test_an_answer_streams_and_comes_to_files(bench: Bench) -> None:
    turn = bench.answered()
    assert (turn["status"], turn["fault"]) == ("answered", None)
    (file,) = turn["files"]
    assert (file["path"], file["text"], file["before"], file["partial"]) == (
        "index.html", bench.better + "\n", bench.base, False,
    )  # fmt: skip
    asked = bench.server.asked[0]
    assert (asked["model"], asked["stream"]) == (MODEL, True)
    assert asked["max_tokens"] <= 16_000
    said_to_it = "".join(message["content"] for message in asked["messages"])
    assert bench.seat.task.prompt.text in said_to_it
    assert "Add a menu." in said_to_it
    assert bench.base in said_to_it
    assert "rather good" not in said_to_it, "the rival's page is never sent"
    assert bench.server.headers[0]["Authorization"] == f"Bearer {KEY}"
    row = AssistTurn.objects.get()
    assert (row.tokens, row.answer) == (100, bench.answer)


def test_lines_come_while_it_is_written(bench: Bench) -> None:
    bench.server.scripts = [said(bench.answer)]
    seen = bench.stream(bench.ask().json()["turn"])
    assert seen[0][0] == "begin"
    lines = [line for name, data in seen if name == "lines" for line in data["lines"]]
    assert "\n".join(line["text"] for line in lines) == bench.better
    assert {line["path"] for line in lines} == {"index.html"}


def test_no_name_of_model_vendor_endpoint_or_key_reaches_the_page(bench: Bench) -> None:
    """I9, in good answers and in bad ones."""
    names = (MODEL, "secret-model", "target-model", "Vendor T", f":{bench.server.port}", KEY, "TEST_ASSIST")
    chatty = said(f"I am {MODEL} by Vendor T.\n{bench.answer}")
    broken = Script([b'data: {"error": {"message": "org/secret-model-7b is overloaded"}}\n\n'], 500)
    for script in (chatty, broken, Script([chunk("a", model="other-secret-model")])):
        bench.server.scripts = [script]
        turn = bench.ask().json()["turn"]
        shown = str(bench.stream(turn)) + bench.client.get(f"/bench/{bench.seat.pk}/assist").content.decode()
        assert not [name for name in names if name in shown]
        assert not [name for name in names if name in text_of(bench.client.get(f"/bench/{bench.seat.pk}/"))]


@pytest.mark.parametrize(
    ("script", "status", "fault"),
    [
        (Script(status=500), "failed", AssistFault.BROKEN),
        (Script(status=401), "failed", AssistFault.REFUSED),
        (Script(status=302, headers={"Location": "/v1/elsewhere"}), "failed", AssistFault.REFUSED),
        (Script([b"data: {broken\n\n"]), "failed", AssistFault.NONSENSE),
        (Script([b'{"choices": "all wrong"}'], kind="application/json"), "failed", AssistFault.NONSENSE),
        (Script([b"data: \xff\xfe\n\n"]), "failed", AssistFault.NONSENSE),
        (Script([b"data: " + b"x" * 700_000]), "failed", AssistFault.NONSENSE),
        (Script([chunk("a", model="another")]), "failed", AssistFault.OTHER_MODEL),
        (Script([chunk(ANSWER), chunk("b", model="another")]), "failed", AssistFault.OTHER_MODEL),
        (Script([chunk(reason="stop"), DONE]), "failed", AssistFault.NONSENSE),
        (said("I would rather not."), "cut_off", AssistFault.NO_FILES),
        (Script([chunk(ANSWER[:-20])]), "cut_off", AssistFault.CUT_OFF),
        (Script([chunk(ANSWER[:-20]), chunk(reason="length"), DONE]), "cut_off", AssistFault.LENGTH),
        (Script([chunk(ANSWER[:-20]), b"data: {\n\n"]), "cut_off", AssistFault.NONSENSE),
        (Script([chunk("```index.html\n" + "x" * 100_000)], forever=True), "cut_off", AssistFault.TOO_LONG),
        (Script([b": keep waiting\n\n" * 20_000], forever=True), "failed", AssistFault.TOO_LONG),
    ],
)
def test_every_kind_of_bad_answer_ends_in_words_and_in_a_state(
    bench: Bench, script: Script, status: str, fault: AssistFault
) -> None:
    bench.configure(max_tokens=256)
    turn = bench.answered(script)
    assert (turn["status"], turn["fault"], turn["said"]) == (status, fault.value, fault.label)
    row = AssistTurn.objects.get()
    assert row.ended_at is not None
    assert bool(row.answer) == (status == "cut_off")
    assert turn["left"]["requests"] == (30 if status == "failed" else 29), (
        "what failed outright costs no question"
    )
    assert bench.ask().status_code == 201, "and another may be asked"


def test_what_arrived_of_a_cut_off_answer_can_be_used(bench: Bench) -> None:
    turn = bench.answered(Script([chunk(f"```index.html\n{bench.better}\n<p>more"), chunk(" and mo")]))
    (file,) = turn["files"]
    assert (file["text"], file["partial"]) == (bench.better + "\n", True)


def test_a_dead_endpoint_is_told_in_plain_words(bench: Bench) -> None:
    bench.configure(f"http://127.0.0.1:{closed_port()}/v1")
    turn = bench.answered()
    assert (turn["fault"], turn["status"]) == ("unreachable", "failed")
    bench.configure("http://does-not-exist.invalid/v1")
    assert bench.answered()["fault"] == "unreachable"


def test_a_busy_endpoint_says_when_to_come_back(bench: Bench) -> None:
    turn = bench.answered(Script(status=429, headers={"Retry-After": "7"}))
    assert (turn["fault"], turn["retry_after"]) == ("busy", 7)


@pytest.mark.parametrize("script", [Script([None]), Script([chunk("```index.html\nhalf\nha"), None])])
def test_a_silent_endpoint_is_hung_up_on(bench: Bench, script: Script) -> None:
    bench.configure(first_seconds=1, quiet_seconds=1)
    turn = bench.answered(script)
    assert turn["fault"] == "slow"
    assert turn["status"] == ("cut_off" if len(script.body) > 1 else "failed")
    assert bench.server.hung_up.wait(5)


def test_a_page_that_leaves_hangs_up_and_what_came_is_kept(bench: Bench) -> None:
    bench.server.scripts = [Script([chunk("```index.html\n" + "line\n" * 4), None])]
    turn = bench.ask().json()["turn"]
    answer = bench.post("assist/stream", {"turn": turn})
    pieces = iter(answer.streaming_content)
    while b"line" not in next(pieces):
        pass
    hang_up(answer)
    row = AssistTurn.objects.get()
    assert row.status == AssistStatus.CANCELLED
    assert row.answer.count("line") == 4
    assert 0 < row.tokens < 2_000
    assert bench.server.hung_up.wait(5)
    assert bench.ask().status_code == 201


def test_a_question_is_cancelled_from_elsewhere(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assist_relay, "KEEP_SECONDS", 0.0)
    bench.server.scripts = [Script([chunk("```index.html\nline\n"), None])]
    turn = bench.ask().json()["turn"]
    answer = bench.post("assist/stream", {"turn": turn})
    pieces = iter(answer.streaming_content)
    while b"line" not in next(pieces):
        pass
    assert bench.post("assist/cancel", {"turn": turn}).status_code == 200
    assert b"event: end" not in b"".join(pieces)
    assert AssistTurn.objects.get().status == AssistStatus.CANCELLED
    assert bench.post("assist/cancel", {"turn": turn}).status_code == 409


def test_an_answer_is_fetched_once(bench: Bench) -> None:
    turn = bench.answered()
    assert bench.post("assist/stream", {"turn": turn["id"]}).status_code == 409
    assert len(bench.server.asked) == 1


def test_only_so_many_answers_stream_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr(assist_relay, "_STREAMS", threading.BoundedSemaphore(1))
    bench.server.scripts = [Script([None])]
    turn = bench.ask().json()["turn"]
    first = bench.post("assist/stream", {"turn": turn})
    assert b"begin" in next(iter(first.streaming_content))
    busy = bench.post("assist/stream", {"turn": turn})
    assert (busy.status_code, busy.json()["code"], busy.json()["retry_after"]) == (503, "assist_busy", 2)
    hang_up(first)
    assert bench.answered()["status"] == "answered", "the slot is free again"


def test_one_question_at_a_time_and_one_effect_a_key(bench: Bench) -> None:
    first = bench.ask(key="one")
    assert bench.ask(key="one").json() == first.json()
    assert AssistTurn.objects.count() == 1
    second = bench.ask(key="two")
    assert (second.status_code, second.json()["code"]) == (409, "assist_open")
    assert second.json()["turn"] == first.json()["turn"]


def test_limits_of_questions_tokens_and_rate_hold(bench: Bench) -> None:
    bench.settings.ASSIST_PER_MINUTE = 3
    project = bench.world.project
    for _ in range(3):
        bench.answered()
    rate = bench.ask()
    assert (rate.status_code, rate.json()["code"]) == (429, "assist_limit")
    assert 1 <= rate.json()["retry_after"] <= 60

    bench.settings.ASSIST_PER_MINUTE = 100
    project.assist_requests = 3
    project.save()
    assert "All 3 questions" in bench.ask().json()["detail"]

    project.assist_requests, project.assist_tokens = 100, 700
    project.save()
    assert "400 are left" in bench.ask(instruction="long " * 700).json()["detail"]
    project.assist_tokens = 1_000
    project.save()
    bench.answered()
    assert bench.server.asked[-1]["max_tokens"] < 700, "the answer may only cost what is left"


def test_limits_span_a_persons_seats_on_the_task(bench: Bench) -> None:
    bench.answered()
    Assignment.objects.filter(pk=bench.seat.pk).update(lease_until="2020-01-01T00:00Z")
    from work import actions, drafts

    actions.expire_due()
    bench.seat.refresh_from_db()
    free = drafts.free_seats(bench.seat.task_id, bench.by.pk).first()
    assert free is not None
    actions.claim_seat(by=bench.by, seat=free)
    assert assist.left(Assignment.objects.get(pk=free.pk)).requests == 29


def test_a_stream_whose_process_died_is_ended_by_the_sweep(bench: Bench) -> None:
    bench.ask()
    turn = AssistTurn.objects.get()
    assist_actions.begin(by=bench.by, turn=turn)
    assist_actions.keep(turn=turn, answer="```index.html\n<p>\n")
    AssistTurn.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    state = bench.client.get(f"/bench/{bench.seat.pk}/assist").json()
    assert (state["turn"]["status"], state["turn"]["fault"]) == ("failed", "lost")
    assert assist_actions.expire_due() == 1
    turn.refresh_from_db()
    assert (turn.status, turn.fault) == ("cut_off", "lost")
    assert not assist_actions.keep(turn=turn, answer="late")
    assert assist_actions.expire_due() == 0


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"scope": "everything"}, "scope"),
        ({"scope": "file", "path": "../x"}, "path"),
        ({"scope": "file"}, "path"),
        ({"scope": "selection", "path": "index.html"}, "lines"),
        ({"scope": "selection", "path": "index.html", "lines": [0, 1]}, "lines"),
        ({"scope": "selection", "path": "index.html", "lines": [1, 99]}, "lines"),
        ({"scope": "selection", "path": "index.html", "lines": [True, 2]}, "lines"),
        ({"instruction": "  "}, "instruction"),
        ({"instruction": "x" * 5_000}, "instruction"),
        ({"rev": "1"}, "rev"),
    ],
)
def test_bad_questions_are_refused_where_they_are_wrong(
    bench: Bench, data: dict[str, Any], says: str
) -> None:
    refused = bench.ask(**data)
    assert refused.status_code == 400
    assert refused.json()["problems"][0]["where"] == says
    assert not AssistTurn.objects.exists()


def test_a_question_is_about_the_draft_as_saved(bench: Bench) -> None:
    assert bench.ask(rev=3).status_code == 409
    turn = bench.answered(said("```\n<p>new</p>\n```"), scope="selection", path="index.html", lines=[1, 1])
    assert turn["files"][0]["text"] == "<p>new</p>"
    assert "Write one fenced block" in bench.server.asked[-1]["messages"][0]["content"]
    fresh = bench.answered(scope="fresh", instruction="")
    assert fresh["status"] == "answered"
    assert bench.base not in bench.server.asked[-1]["messages"][1]["content"]


def test_without_endpoint_or_with_the_switch_off_there_is_no_panel(bench: Bench) -> None:
    assert 'id="tab-ask"' in text_of(bench.client.get(f"/bench/{bench.seat.pk}/"))
    bench.world.project.assist_on = False
    bench.world.project.save()
    assert bench.ask().json()["code"] == "assist_off"
    assert 'id="tab-ask"' not in text_of(bench.client.get(f"/bench/{bench.seat.pk}/"))
    bench.world.project.assist_on = True
    bench.world.project.save()
    bench.settings.ASSIST_ENDPOINTS = {}
    assert bench.ask().status_code == 409
    assert 'id="tab-ask"' not in text_of(bench.client.get(f"/bench/{bench.seat.pk}/"))
