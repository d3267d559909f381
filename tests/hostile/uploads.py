"""Hostile bodies against the endpoints that take JSON or files: each is refused as a problem, and nothing is written."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.test import Client

from core import strict_json
from core.models import Event, FileSet, IdempotencyKey
from people.rules import Role
from review import actions as review
from review.models import Review
from tests.scenes import Scene
from tests.worlds import world
from work.models import DraftVersion, Submission
from work.states import TaskKind

# No refusal may cost more than this, on a crowded machine too: what is quadratic takes minutes.
REFUSED_WITHIN_S = 5.0
TABLES = (DraftVersion, FileSet, Submission, Event, Review, IdempotencyKey)

# Raw bodies that no endpoint takes, whatever it expects.
BODIES: Mapping[str, bytes] = {
    "not JSON": b"{files:",
    "not UTF-8": b'{"files": {"index.html": "\xff\xfe"}}',
    "UTF-16": '{"rev": 0}'.encode("utf-16"),
    "a list": b"[1, 2]",
    "a string": b'"files"',
    "null": b"null",
    "100,000 deep, arrays": b"[" * 100_000,
    "100,000 deep, objects": b'{"a":' * 100_000,
    "deep below a field": b'{"files": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a key twice": b'{"rev": 0, "rev": 1, "files": {"index.html": "x"}}',
    "a path twice": b'{"rev": 0, "files": {"index.html": "seen", "index.html": "used"}}',
    "a key twice after many": b"{" + b",".join(b'"%x": 1' % n for n in range(200_000)) + b',"1869f": 1}',
    "a number of 100,000 digits": b'{"rev": 1' + b"0" * 100_000 + b"}",
    "NaN": b'{"rev": NaN}',
    "Infinity": b'{"rev": -Infinity}',
    "NUL in a text": rb'{"rev": 0, "outcome": "refined", "reason": "a\u0000b", "files": {"index.html": "a\u0000b"}}',
    "NUL in a name": rb'{"rev": 0, "fi\u0000les": {}}',
    "a raw NUL": b'{"rev": 0, "files": {"index.html": "a\x00b"}}',
    "a lone surrogate": rb'{"rev": 0, "reason": "\ud800", "files": {"index.html": "\ud800"}}',
    "a lone surrogate in a path": rb'{"rev": 0, "files": {"\udfff.html": "x"}}',
    "nine megabytes": b'{"rev": 0, "reason": "' + b"x" * 9 * 1024 * 1024 + b'"}',
}

# File sets that no endpoint takes.
FILES: Mapping[str, object] = {
    "up and out": {"../../etc/cron.d/x.html": "x"},
    "up in the middle": {"a/../../x.html": "x"},
    "absolute": {"/etc/x.html": "x"},
    "a drive": {"C:/x.html": "x"},
    "backslashes": {"..\\..\\x.html": "x"},
    "here": {"./index.html": "x"},
    "an empty part": {"a//b.html": "x"},
    "a folder": {"a/": "x"},
    "no name": {"": "x"},
    "a control character": {"a\nb.html": "x"},
    "an override mark": {"gp\u202elmth.html": "x"},
    "not NFC": {"e\u0301.html": "x"},
    "case collision": {"index.html": "x", "INDEX.html": "y"},
    "fold collision": {"straße.html": "x", "STRASSE.html": "y"},
    "width collision": {"a.html": "x", "ａ.html": "y"},
    "a program": {"x.html": "x", "run.sh": "x"},
    "a hidden kind": {".htaccess": "x"},
    "a long name": {"a" * 300 + ".html": "x"},
    "51 files": {f"{n}.html": "x" for n in range(51)},
    "over a mebibyte": {"index.html": "x" * (1024 * 1024 + 1)},
    "over a mebibyte in bytes": {"index.html": "é" * (600 * 1024)},
    "no files": {},
    "a list": ["index.html"],
    "a text": "index.html",
    "a number as text": {"index.html": 1},
    "an object as text": {"index.html": {"a": "b"}},
    "null as text": {"index.html": None},
}


@dataclass
class Target:
    """One endpoint, and a body for it that would be taken but for its hostile part."""

    name: str
    client: Client
    method: str
    path: str
    sound: Mapping[str, object]
    takes_files: bool


def targets() -> list[Target]:
    """A seat on the bench and a seat of a review, each held by a signed-in person."""
    scene = Scene(world(prompts=2))
    author = scene.world.person("author", Role.CONTRIBUTOR)
    reviewer = scene.world.person("reviewer", Role.REVIEWER)
    sent = scene.check(scene.send(author))
    review.open_review(submission_id=sent.pk)
    checked = scene.claim(reviewer, TaskKind.REVIEW)
    seat = scene.claim(author, TaskKind.REFINE)
    bench, desk = Client(raise_request_exception=False), Client(raise_request_exception=False)
    bench.force_login(author)
    desk.force_login(reviewer)
    draft = {"rev": 0, "rationale": "", "ratings": {}}
    sending = {"rev": 0, "outcome": "cannot_beat", "reason": "It cannot be beaten, really."}
    fixing = {"decision": "fix_accept", "notes": "Mended.", "scores": {}}
    return [
        Target("draft", bench, "PUT", f"/bench/{seat.pk}/draft", draft, True),
        Target("submit", bench, "POST", f"/bench/{seat.pk}/submit", sending, False),
        Target("release", bench, "POST", f"/bench/{seat.pk}/release", {"reason": ""}, False),
        Target("draft checks", bench, "POST", f"/checks/drafts/{seat.pk}/", {"rev": 0}, False),
        Target("decide", desk, "POST", f"/review/{checked.pk}/decide", fixing, True),
        Target("release review", desk, "POST", f"/review/{checked.pk}/release", {"reason": ""}, False),
    ]


def attempts(target: Target) -> Iterator[tuple[str, bytes]]:
    """Every hostile body for an endpoint, by name."""
    yield from BODIES.items()
    if target.takes_files:
        for name, files in FILES.items():
            yield f"files: {name}", json.dumps({**target.sound, "files": files}, ensure_ascii=True).encode()
    for name in target.sound:
        for kind, value in (("object", {"a": [{}]}), ("list", [[]]), ("number", -1e308), ("truth", True)):
            # An empty object is what some fields are; every other kind is wrong for every field.
            yield f"{name} is a {kind}", json.dumps({**target.sound, name: value}).encode()


def send_sound(target: Target) -> int:
    """The status for a sound body: what shows that the refusals are for the hostile part."""
    body = {**target.sound, "files": {"index.html": "<p>sound</p>"}}
    return _send(target, json.dumps(body).encode()).status_code


def _send(target: Target, body: bytes) -> Any:
    return target.client.generic(
        target.method,
        target.path,
        body,
        content_type="application/json",
        HTTP_IDEMPOTENCY_KEY=uuid.uuid4().hex,
        HTTP_HOST="localhost:8000",
    )


def refused(target: Target, body: bytes) -> str:
    """Send a body; what is wrong with the answer, or nothing."""
    before = [table.objects.count() for table in TABLES]
    began = time.monotonic()
    answer = _send(target, body)
    took = time.monotonic() - began
    if answer.status_code not in (400, 413):
        return f"answered {answer.status_code}: {answer.content[:200]!r}"
    if answer.headers["Content-Type"] != "application/problem+json":
        return f"answered as {answer.headers['Content-Type']}"
    told = strict_json.loads(answer.content)
    if not {"type", "title", "status", "detail", "code"} <= set(told):
        return f"told {sorted(told)}"
    if took > REFUSED_WITHIN_S:
        return f"took {took:.1f} s"
    after = [table.objects.count() for table in TABLES]
    if before != after:
        return f"wrote something: {before} became {after}"
    return ""
