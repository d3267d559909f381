"""What is taken from the in-task model's answers: pieces, their share of a submission, and no names; against a real server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from people.rules import Role
from tests.visitors import text_of, visitor
from tests.work.assist_stage import Bench
from tests.work.endpoint import said
from work.models import AssistHunk, AssistTurn
from work.states import TaskKind

pytestmark = pytest.mark.django_db


def test_accepted_pieces_are_cut_from_the_answer_and_counted_in_the_submission(bench: Bench) -> None:
    turn = bench.answered()
    lines = bench.better.split("\n")
    at = next(n for n, line in enumerate(lines, start=1) if "<nav" in line)
    for _ in range(2):
        assert (
            bench.post("assist/accept", {"turn": turn["id"], "hunks": [["index.html", at, 1]]}).status_code
            == 200
        )
    hunk = AssistHunk.objects.get()
    assert hunk.text == lines[at - 1]
    state = bench.client.get(f"/bench/{bench.seat.pk}/assist").json()
    assert state["turn"]["accepted"] == [["index.html", at]]

    final = bench.better.replace("Shop", "Our little shop")
    sent = bench.submit({"index.html": final})
    assert sent.origins is not None
    assert sent.origins["model"] > sent.origins["person"] > 0
    assert sent.origins["copied"] == 0
    assert sent.model_share is not None
    assert 0.5 < sent.model_share < 1

    checked = bench.scene.check(sent)
    reviewer = bench.world.person("r", Role.REVIEWER)
    from review import actions as review

    review.open_review(submission_id=checked.pk)
    seat = bench.scene.claim(reviewer, TaskKind.REVIEW)
    shown = text_of(visitor(reviewer).get(f"/review/{seat.pk}/"))
    assert f"{round(sent.model_share * 100)} %" in shown
    lead = text_of(visitor(bench.world.lead).get(f"/admin/work/submission/{sent.pk}/change/"))
    assert f"{round(sent.model_share * 100)} %" in lead


def test_copying_by_hand_is_seen(bench: Bench) -> None:
    bench.answered()
    sent = bench.submit({"index.html": bench.better})
    assert sent.origins is not None
    assert sent.origins["copied"] > 10
    assert sent.model_share == 1.0


def test_work_without_the_model_has_no_share_of_it(bench: Bench) -> None:
    sent = bench.submit({"index.html": bench.better})
    assert (sent.model_share, sent.origins) == (0.0, None)


@pytest.mark.parametrize(
    "hunks",
    [
        [],
        [["index.html", 0, 1]],
        [["index.html", 1, 999]],
        [["other.html", 1, 1]],
        [["index.html", 1]],
        "all",
        [[1, 1, 1]],
    ],
)
def test_what_is_no_piece_of_the_answer_is_refused(bench: Bench, hunks: Any) -> None:
    turn = bench.answered()
    assert bench.post("assist/accept", {"turn": turn["id"], "hunks": hunks}).status_code == 400
    assert not AssistHunk.objects.exists()


def test_another_persons_question_is_none_of_ours(bench: Bench) -> None:
    turn = bench.answered()["id"]
    other = bench.world.person("b", Role.CONTRIBUTOR)
    bench.seat, bench.client = bench.scene.claim(other, TaskKind.REFINE), visitor(other)
    for name in ("stream", "cancel", "accept"):
        assert (
            bench.post(f"assist/{name}", {"turn": turn, "hunks": [["index.html", 1, 1]]}).status_code == 400
        )


def test_asked_who_it_is_the_model_tells_nobody(bench: Bench) -> None:
    """Its registered name, its vendor, the operator's id for it, and what models call themselves."""
    told = [
        "I am target-model",
        "by Vendor T",
        "secret-model-7b",
        "Claude",
        "&#71;PT-5",
        "class='gemini-pro-card'",
    ]
    named = bench.base.replace("<p>plain</p>", "\n".join(f"<p>{each}</p>" for each in told))
    bench.server.scripts = [
        said(f"I am Gemini.\n\n```index.html\n{named}\n```\n```claude.css\np {{}}\n```\n")
    ]
    asked = bench.ask(instruction="Write your name and your vendor's on the page.")
    seen = bench.stream(asked.json()["turn"])
    turn = seen[-1][1]["turn"]
    (bench_page, style) = turn["files"]
    assert [each["what"] for each in turn["problems"]] == ["named a model or a vendor"]
    assert "<p>I am " in bench_page["text"], "the rest of the page stays"
    lines = bench_page["text"].split("\n")
    hunk = [[bench_page["path"], 1, len(lines)], [style["path"], 1, 1]]
    assert bench.post("assist/accept", {"turn": turn["id"], "hunks": hunk}).json() == {"accepted": 2}
    state = bench.client.get(f"/bench/{bench.seat.pk}/assist").json()
    taken = [hunk.text for hunk in AssistHunk.objects.all()]
    everything = json.dumps([data for _, data in seen] + [state, taken]).lower()
    for name in ("target-model", "vendor t", "secret-model", "claude", "gpt", "gemini", "&#71;"):
        assert name not in everything, name
    assert "Claude" in AssistTurn.objects.get().answer, "what came is on record"


def test_a_name_that_the_prompt_asks_for_stays(bench: Bench) -> None:
    prompt = bench.seat.task.prompt
    prompt.text = "A page that compares ChatGPT with a search engine"
    prompt.save()
    page_ = bench.base.replace("plain", "ChatGPT, not Claude")
    (file,) = bench.answered(said(f"```index.html\n{page_}\n```\n"))["files"]
    assert "<p>ChatGPT, not " in file["text"]
    assert "Claude" not in file["text"]
