"""Commands: an import in the foreground, the sample project, its logins."""

from __future__ import annotations

import re
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog import sample_logins
from catalog.models import Import, Project, Prompt
from core.models import Event
from people.models import User
from tests.factories import ProjectFactory, json_lines, line
from work.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.VAR_DIR = tmp_path / "var"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def call(name: str, *args: object, **options: Any) -> str:
    out = StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


def test_an_import_says_what_it_did_or_what_is_wrong(tmp_path: Path) -> None:
    project = ProjectFactory(slug="mine")
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_bytes(json_lines([line("a")]))
    bad.write_bytes(json_lines([line("a"), line("b", framework="vue")]))
    assert "Prompts: 1 new, 0 changed, 0 unchanged." in call("import_prompts", "mine", good)
    with pytest.raises(
        CommandError, match=r"nothing was written. 1 problems:\nline 2, framework: is missing"
    ):
        call("import_prompts", "mine", bad)
    with pytest.raises(CommandError, match="There are: mine"):
        call("import_prompts", "other", good)
    with pytest.raises(CommandError, match="is not a file"):
        call("import_prompts", "mine", tmp_path)
    assert Prompt.objects.filter(project=project).count() == 1


def test_the_sample_is_loaded_once() -> None:
    assert "Loaded Sample" in call("load_sample")
    counts = [Task.objects.count(), Event.objects.count(), Import.objects.count(), User.objects.count()]
    passwords = sample_logins.path().read_text()
    assert call("load_sample") == ""
    assert counts == [
        Task.objects.count(),
        Event.objects.count(),
        Import.objects.count(),
        User.objects.count(),
    ]
    assert sample_logins.path().read_text() == passwords

    project = Project.objects.get(slug="sample")
    assert project.status == "active"
    assert dict.fromkeys(Task.objects.values_list("kind", flat=True)).keys() == {"refine", "write"}
    assert project.prompts.filter(held_out=True).exists()
    assert {p.framework for p in project.prompts.all()} == {"html", "react"}


def test_logins_work_and_only_their_owner_reads_them() -> None:
    call("load_sample")
    assert stat.S_IMODE(sample_logins.path().stat().st_mode) == 0o600
    printed = call("print_logins")
    for login in sample_logins.load():
        assert User.objects.get(username=login["username"]).check_password(login["password"])
        assert login["password"] in printed
    assert re.search(r"Vote as peer1, peer2, … peer7", printed)
    assert len({login["password"] for login in sample_logins.load() if login.get("voter")}) == 1
    assert User.objects.get(username="lead").is_staff
    assert User.objects.get(username="operator").is_operator
    assert not User.objects.get(username="contributor").is_staff


def test_lost_logins_are_made_anew() -> None:
    call("load_sample")
    sample_logins.path().unlink()
    assert "No sample" in call("print_logins")
    call("load_sample")
    assert len(sample_logins.load()) == 12
    login = sample_logins.load()[0]
    assert User.objects.get(username=login["username"]).check_password(login["password"])
