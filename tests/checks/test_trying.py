"""The real edits and pairs through the checks. The whole table is `make manage ARGS="try_checks FILE…"`,
and the test marked journey here holds it to what is known of these files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from checks import effort, originality, static, trying
from checks.browser import Browser
from checks.registry import CHECKS
from checks.verdict import Outcome, Verdict
from tests.checks.test_interaction import BUDGET_S
from tests.checks.test_similarity import DATA

pytestmark = pytest.mark.django_db

PAIRS, EDITS = DATA / "frontend-pairs" / "prompts.jsonl", DATA / "human-edits" / "edits.jsonl"


@pytest.fixture
def patient(settings: Settings, tmp_path: Path) -> Iterator[Browser]:
    settings.MEDIA_ROOT = tmp_path
    with Browser.launch(budget_s=BUDGET_S) as browser:
        yield browser


def test_seven_pairs_and_six_edits_are_read() -> None:
    pairs, edits = list(trying.cases(PAIRS)), list(trying.cases(EDITS))
    assert (len(pairs), len(edits)) == (14, 6)
    for case in pairs:
        verdict = originality.run(case.subject)
        assert verdict.metrics["copied_from_rival"] is case.name.endswith("rival's copy"), case.name
        if case.name.endswith("no change"):
            assert effort.run(case.subject, None).metrics["no_op"] is True, case.name
    for case in edits:
        assert originality.run(case.subject).outcome is Outcome.PASS, case.name
        errors = {each.code for each in static.run(case.subject, None).findings if each.severity == "error"}
        # One of the pages is about what models write, and names one.
        assert errors <= {"identity_word"}, case.name


def real_edit(told: dict[str, Verdict]) -> bool:
    """Whether the checks take it for one: it changes something, is no copy, and breaks nothing."""
    return (
        told["effort"].metrics.get("no_op") is not True
        and told["originality"].metrics["copied_from_rival"] is False
        and told["render"].outcome is not Outcome.FAIL
        and "interaction.json" in told["render"].evidence
    )


@pytest.mark.browser
@pytest.mark.journey
def test_a_real_edit_goes_through_every_check(patient: Browser) -> None:
    edit = min(trying.cases(EDITS), key=lambda case: sum(map(len, case.subject.refined.values())))
    rows = list(trying.rows([edit], patient))
    assert {row.check for row in rows} == set(CHECKS)
    assert real_edit({row.check: row.verdict for row in rows})
    assert all(row.verdict.summary for row in rows)


@pytest.mark.browser
@pytest.mark.journey
def test_every_edit_is_real_and_every_copy_is_told(patient: Browser) -> None:
    told: dict[str, dict[str, Verdict]] = {}
    for row in trying.rows([*trying.cases(PAIRS), *trying.cases(EDITS)], patient):
        told.setdefault(row.case, {})[row.check] = row.verdict
    for case, verdicts in told.items():
        match case.partition(": ")[2]:
            case "edit":
                assert real_edit(verdicts), case
            case "rival's copy":
                assert verdicts["originality"].metrics["copied_from_rival"] is True, case
            case "no change":
                assert verdicts["effort"].metrics["no_op"] is True, case
                assert verdicts["render"].outcome is not Outcome.FAIL, case
    assert len(told) == 20


def test_other_files_are_refused_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text('{"key": "a", "generations": []}\n{"key": 1}\n')
    with pytest.raises(CommandError, match="line 2"):
        call_command("try_checks", str(file))
    with pytest.raises(CommandError, match="no such case"):
        call_command("try_checks", str(PAIRS), only="nothing like this")
