"""Every operation of the API against its own schema, by cases that fit it and cases that do not: no 5xx, nothing undeclared.

API_EXAMPLES=<n> tries so many cases of each kind and operation, drawn anew each time; without it a dozen, always the same.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given
from hypothesis import settings as drawn
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from exports import token_actions
from exports.models import Verb
from tests.house.stage import Stage, build
from webhooks import targets

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
EXAMPLES = int(os.environ.get("API_EXAMPLES", "0"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# They end what others are about, so they come last.
LAST = ("post /api/v1/releases/{id}/withdraw/", "delete /api/v1/webhooks/{id}/")


def real(path: str, stage: Stage) -> dict[str, Any]:
    """Parts of an address that lead to something."""
    things = stage.things
    about = {
        "/imports/": "import", "/protected-sets/": "protected", "/recipes/": "recipe", "/builds/": "release",
        "/releases/": "release", "/webhooks/": "webhook", "/deliveries/": "delivery",
    }  # fmt: skip
    if "{slug}" in path:
        return {
            "slug": stage.scene.world.project.slug,
            **({"key": stage.scene.world.prompts[0].key} if "{key}" in path else {}),
        }
    found = next((things[name].pk for part, name in about.items() if f"v1{part}" in path), None)
    return {"id": found, **({"path": "README.md"} if "{path}" in path else {})} if "{id}" in path else {}


def _tried(operation: Any, headers: dict[str, str], parts: dict[str, Any], mode: GenerationMode) -> None:
    given_parts = {"path_parameters": parts} if parts else {}
    strategy = operation.as_strategy(generation_mode=mode, **given_parts)

    @drawn(
        max_examples=EXAMPLES or 12, derandomize=not EXAMPLES, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def ask(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()


def test_the_whole_api_keeps_to_its_schema(settings: Any, tmp_path: Path) -> None:
    settings.RELEASE_ROOT, settings.MEDIA_ROOT = tmp_path / "releases", tmp_path / "media"
    settings.WEBHOOK_TARGETS = targets.parse_allowed("https://hooks.example.org/")
    stage = build()
    _, secret = token_actions.make_token(
        by=stage.scene.world.lead, project=stage.scene.world.project, name="all", days=1, verbs=list(Verb)
    )
    schemathesis.serializer.alias("application/x-ndjson", "text/plain")
    schema = from_dict(SchemaGenerator().get_schema(public=True))
    schema.app = get_wsgi_application()
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 29
    operations.sort(key=lambda each: f"{each.method} {each.path}" in LAST)
    headers = {"Authorization": f"Bearer {secret}", "Host": settings.APP_HOST}
    for operation in operations:
        parts = real(operation.path, stage)
        ways = [(parts, GenerationMode.POSITIVE), (parts, GenerationMode.NEGATIVE)]
        if parts:
            ways.append(({}, GenerationMode.POSITIVE))
        for found, mode in ways:
            try:
                _tried(operation, headers, found, mode)
            except Unsatisfiable:
                # No case of this kind can be made: nothing of the request can be wrong.
                assert mode == GenerationMode.NEGATIVE
