"""State machines: a transition table and one guarded move. Nobody else assigns a status.

A move is one SQL statement: it locks the row if its state allows the verb, changes it, and appends the audit
event. Two racing moves therefore cannot both win, and no transition is without its event (invariant I8).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psycopg
from django.apps import apps
from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

from core import audit
from core.errors import WrongState

if TYPE_CHECKING:
    from django.db.models import Model

MACHINES: dict[str, Flow] = {}


class DatabaseNow:
    """A field value that stands for the database clock, optionally some seconds from now."""

    def __init__(self, plus_seconds: float = 0) -> None:
        self.plus_seconds = plus_seconds


NOW = DatabaseNow()


@dataclass(frozen=True, slots=True)
class Transition:
    """`verb` moves a row from any of `sources` to `target`."""

    verb: str
    sources: frozenset[str]
    target: str


def transition(verb: str, sources: str | Iterable[str], target: str) -> Transition:
    """A transition from one source or several."""
    return Transition(verb, frozenset([sources] if isinstance(sources, str) else sources), target)


class Flow:
    """The state machine of one model: its states, its initial states and its transitions."""

    def __init__(
        self,
        model: str,
        states: type[models.TextChoices],
        transitions: Sequence[Transition],
        *,
        initial: str | Sequence[str],
    ) -> None:
        self.label = model
        self.states = states
        self.initial = (initial,) if isinstance(initial, str) else tuple(initial)
        self.transitions: Mapping[str, Transition] = {t.verb: t for t in transitions}
        if len(self.transitions) != len(transitions):
            raise ValueError(f"{model}: a verb is declared twice")
        known = set(states.values)
        for step in transitions:
            if strange := (step.sources | {step.target}) - known:
                raise ValueError(f"{model}: {step.verb} names unknown states {sorted(strange)}")
        MACHINES[model] = self

    @cached_property
    def model(self) -> type[Model]:
        """The Django model this machine belongs to."""
        return apps.get_model(self.label)

    def can(self, status: str, verb: str) -> bool:
        """Whether `verb` is open to a row in `status`; for showing buttons, never for guarding writes."""
        return status in self.transitions[verb].sources

    def move(
        self,
        row: Model,
        verb: str,
        *,
        by: Model | None,
        note: Mapping[str, object] | None = None,
        where: Mapping[str, object] | None = None,
        **fields: object,
    ) -> None:
        """Move `row` by `verb`, setting `fields`, and append the event; all in one statement.

        `where` adds equality guards (such as an epoch); `note` is kept on the event. The row in memory takes the
        new values, except those set to the database clock, which are read back. Raises WrongState if the row is
        not in a source state or fails a guard.
        """
        step = self.transitions[verb]
        guards = "".join(f" AND {self._column(name)} = %s" for name in where or {})
        select = f"SELECT id, status FROM {self._table} WHERE id = %s AND status = ANY(%s){guards} FOR UPDATE"
        params = [row.pk, sorted(step.sources), *(where or {}).values()]
        clocked = [name for name, value in fields.items() if isinstance(value, DatabaseNow)]
        moved = self._moved(select, params, verb, by=by, note=note, fields=fields, returning=clocked)
        if not moved:
            row.refresh_from_db()
            status = self.states(row.status).label.lower()  # type: ignore[attr-defined]  # every machine's row has one
            raise WrongState(
                f"This {self.model._meta.verbose_name} is {status}, so it cannot be moved by “{verb}”. "
                "Reload the page to see where it stands.",
                extra={"current": row.status},  # type: ignore[attr-defined]  # as above
            )
        row.status = step.target  # type: ignore[attr-defined]  # as above
        _, *times = moved[0]
        for name, value in {**fields, **dict(zip(clocked, times, strict=True))}.items():
            setattr(row, name, value)

    def take(
        self,
        select: str,
        params: Sequence[Any],
        verb: str,
        *,
        by: Model | None,
        note: Mapping[str, object] | None = None,
        planned: bool = False,
        **fields: object,
    ) -> list[int]:
        """Move every row that `select` (columns id, status, locked) yields; returns their ids.

        `select` must itself restrict the status to the verb's sources and lock its rows, usually with
        `FOR UPDATE SKIP LOCKED`. It is written by our own code only, never from input. `planned`: PostgreSQL keeps the
        plan with the connection, for what is asked so often that planning it costs more than running it.
        """
        moved = self._moved(select, params, verb, by=by, note=note, fields=fields, planned=planned)
        return [pk for pk, *_ in moved]

    def _moved(
        self,
        select: str,
        params: Sequence[Any],
        verb: str,
        *,
        by: Model | None,
        note: Mapping[str, object] | None,
        fields: Mapping[str, object],
        returning: Sequence[str] = (),
        planned: bool = False,
    ) -> list[tuple[Any, ...]]:
        """`take`, answering the id and the fields named by `returning` of each moved row."""
        step = self.transitions[verb]
        assignments, values = self._assignments({**fields, "status": step.target})
        returned = ", ".join(["id", *(self._column(name) for name in returning)])
        # MATERIALIZED: the locking select runs once, whatever plan joins it.
        sql = (
            f"WITH was AS MATERIALIZED ({select}), "
            f"moved AS (UPDATE {self._table} AS row SET {assignments} FROM was WHERE row.id = was.id RETURNING row.*), "
            "said AS (INSERT INTO core_event (machine, verb, object_id, source, target, actor_id, data, at) "
            "SELECT %s, %s, was.id, was.status, %s, %s::bigint, %s::jsonb, clock_timestamp() FROM was JOIN moved USING (id)) "
            f"SELECT {returned} FROM moved"
        )
        event = [
            self.label.lower(),
            verb,
            step.target,
            audit.actor_id(by),
            json.dumps(note or {}, default=str),
        ]
        if planned:
            return _planned(sql, [*params, *values, *event])
        with connection.cursor() as cursor:
            cursor.execute(sql, [*params, *values, *event])
            return list(cursor.fetchall())

    def create(self, row: Model, *, by: Model | None, **note: object) -> None:
        """Insert a new `row` and append the event of its birth, in one statement.

        The row in memory takes its id and what the database filled in. Raises ValueError unless its state is an
        initial one.
        """
        status: str = row.status  # type: ignore[attr-defined]  # every machine's row has one
        if status not in self.initial:
            raise ValueError(f"no {self.label} begins {status}")
        columns, values, filled = [], [], [self.model._meta.pk.attname]
        for field in self.model._meta.local_concrete_fields:
            value = field.pre_save(row, add=True)
            if isinstance(value, DatabaseDefault):
                filled.append(field.attname)
            elif not field.primary_key:
                columns.append(self._column(field.name))
                values.append(field.get_db_prep_save(value, connection))
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH made AS (INSERT INTO {self._table} ({', '.join(columns)}) "
                f"VALUES ({', '.join(['%s'] * len(columns))}) RETURNING *), "
                "said AS (INSERT INTO core_event (machine, verb, object_id, source, target, actor_id, data, at) "
                "SELECT %s, 'create', id, '', status, %s, %s, clock_timestamp() FROM made) "
                f"SELECT {', '.join(self._column(name) for name in filled)} FROM made",
                [*values, self.label.lower(), audit.actor_id(by), json.dumps(note, default=str)],
            )
            for name, value in zip(filled, cursor.fetchone(), strict=True):
                setattr(row, name, value)
        row._state.adding, row._state.db = False, connection.alias

    @property
    def _table(self) -> str:
        return str(self.model._meta.db_table)

    def _column(self, name: str) -> str:
        field = self.model._meta.get_field(name)
        return str(field.column)  # type: ignore[union-attr]  # only concrete fields are moved

    def _assignments(self, fields: Mapping[str, object]) -> tuple[str, list[Any]]:
        parts: list[str] = []
        values: list[Any] = []
        for name, value in fields.items():
            column = self._column(name)
            if isinstance(value, DatabaseNow):
                parts.append(f"{column} = clock_timestamp() + make_interval(secs => %s)")
                values.append(value.plus_seconds)
            else:
                field: Any = self.model._meta.get_field(name)
                raw = value.pk if isinstance(value, models.Model) else value
                parts.append(f"{column} = %s")
                values.append(field.get_db_prep_save(raw, connection))
        return ", ".join(parts), values


def _planned(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement whose plan stays with the connection; Django's own cursors send text to be planned anew."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql.encode(), params, prepare=True)
        return cursor.fetchall()


def created(machine: Flow, row: Model, *, by: Model | None, **note: object) -> None:
    """Append the event of a row's birth in its initial state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_event (machine, verb, object_id, source, target, actor_id, data, at)"
            " VALUES (%s, 'create', %s, '', %s, %s, %s, clock_timestamp())",
            [
                machine.label.lower(),
                row.pk,
                row.status,  # type: ignore[attr-defined]  # every machine's row has one
                audit.actor_id(by),
                json.dumps(note, default=str),
            ],
        )
