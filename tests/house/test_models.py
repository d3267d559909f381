"""Sweeps over every model, machine and module: what the house promises of all of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.functional import Promise

from core import state_diagrams
from core.flow import MACHINES, Flow

ROOT = Path(settings.ROOT)
PLATFORM = ROOT / "platform"
ROOMS = [*settings.ROOMS, "desk", "web"]
MAX_LINES = 400

OURS = [model for room in ROOMS for model in apps.get_app_config(room).get_models()]
MODULES = sorted(
    path
    for folder in (PLATFORM, ROOT / "tasks")
    for path in folder.rglob("*.py")
    if "migrations" not in path.parts
)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_model_says_what_it_is(model: type[models.Model]) -> None:
    named = any("__str__" in cls.__dict__ for cls in model.__mro__ if cls not in (models.Model, object))
    assert named, f"{model._meta.label} has no __str__"
    assert model.__doc__, f"{model._meta.label} has no docstring"
    assert not model.__doc__.startswith(f"{model.__name__}("), f"{model._meta.label} has no docstring"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_index_and_constraint_is_named_by_us(model: type[models.Model]) -> None:
    for each in [*model._meta.indexes, *model._meta.constraints]:
        assert not each.name.endswith("_idx"), f"{model._meta.label}: {each.name} was named by a machine"


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda machine: machine.label)
def test_every_machine_is_total(machine: Flow) -> None:
    every = set(machine.states.values)
    assert state_diagrams.reachable(machine) == every, "a state cannot be reached"
    field = machine.model._meta.get_field("status")
    assert isinstance(field, models.Field)
    assert dict(field.choices or ()) == dict(machine.states.choices), "the field's choices are not the states"
    assert field.default in machine.initial
    assert field.max_length is not None
    assert max(map(len, every)) <= field.max_length
    assert state_diagrams.ends(machine), "nothing ends"
    for state in machine.states:
        label: str | Promise = state.label  # type: ignore[attr-defined]  # TextChoices
        assert str(label)[0].isupper(), f"{state} has no plain name"


def test_every_status_has_a_machine() -> None:
    labels = {label.lower() for label in MACHINES}
    with_status = {
        model._meta.label_lower
        for model in OURS
        if any(
            field.name == "status" and field.get_internal_type() == "CharField"
            for field in model._meta.fields
        )
    }
    # A tally counts rows by their status; it is no row of a machine itself.
    assert with_status - {"core.tally"} == labels


def _writes_status(tree: ast.AST) -> Iterator[int]:
    """Lines that set a row's status: assignments, setattr, and `status=` in update() calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets):
                yield node.lineno
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("update", "bulk_update", "update_or_create") and any(
                keyword.arg == "status" for keyword in node.keywords
            ):
                yield node.lineno
            if name == "setattr" and len(node.args) > 1 and getattr(node.args[1], "value", None) == "status":
                yield node.lineno


# The status of an HTTP answer, kept under a key or set on a response, is not a state.
HTTP_STATUS = {"core/idempotency.py"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_flow_assigns_a_status(path: Path) -> None:
    where = str(path.relative_to(PLATFORM)) if path.is_relative_to(PLATFORM) else path.name
    if where == "core/flow.py" or where in HTTP_STATUS:
        return
    assert list(_writes_status(ast.parse(path.read_text()))) == [], f"{where} sets a status itself"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_short_documented_and_without_signals(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert text.count("\n") <= MAX_LINES, "split it by noun"
    assert not text or ast.get_docstring(tree), "say what the module is for"
    assert path.name not in ("utils.py", "services.py", "helpers.py", "signals.py")
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in [*node.names, ast.alias(getattr(node, "module", "") or "")]
    }
    assert not imported & {"django.dispatch", "django.db.models.signals", "receiver"}, (
        "no signals for business logic"
    )


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_save_and_delete_have_no_effects_of_ours(model: type[models.Model]) -> None:
    assert "save" not in model.__dict__
    assert "delete" not in model.__dict__
