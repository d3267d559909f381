"""What a piece of news says: the body of its message, after Standard Webhooks: type, timestamp, data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from arena.models import Pair
from catalog.models import Import
from exports.models import Release
from webhooks.models import Delivery
from webhooks.states import News


def body_of(delivery: Delivery) -> str:
    """The message as JSON text. It says what is so when it is first sent, and is then kept."""
    about = _ABOUT[delivery.event.partition(".")[0]]
    said = {
        "type": delivery.event,
        "timestamp": _time(delivery.happened_at),
        "data": {"project": delivery.endpoint.project.slug, **about(delivery)},
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def _release(delivery: Delivery) -> Mapping[str, Any]:
    release = Release.objects.select_related("recipe").get(pk=delivery.object_id)
    reasons = {
        News.RELEASE_FAILED: release.error,
        News.RELEASE_WITHDRAWN: release.withdrawn_reason,
        News.RELEASE_DEPRECATED: release.deprecated_reason,
    }
    reason = reasons.get(News(delivery.event))
    return {
        "id": release.pk,
        "name": release.recipe.name,
        "version": release.version,
        "status": release.status,
        "published_at": _time(release.published_at),
        "manifest_sha256": release.manifest_sha256 or None,
        "url": settings.APP_ORIGIN + reverse("api:release", args=[release.pk]),
        **({"reason": reason} if reason is not None else {}),
    }


def _import(delivery: Delivery) -> Mapping[str, Any]:
    row = Import.objects.get(pk=delivery.object_id)
    return {
        "id": row.pk,
        "file_name": row.file_name,
        "status": row.status,
        "counts": row.counts,
        "finished_at": _time(row.finished_at),
        "url": settings.APP_ORIGIN + reverse("api:import", args=[row.pk]),
    }


def _verdict(delivery: Delivery) -> Mapping[str, Any]:
    pair = Pair.objects.select_related("task__prompt").get(pk=delivery.object_id)
    return {
        "id": pair.pk,
        "submission": pair.submission_id,
        "prompt": pair.task.prompt.key,
        "kind": pair.kind,
        "status": pair.status,
        "outcome": pair.outcome or None,
        "votes": {"refined": pair.wins, "rival": pair.losses, "tied": pair.ties},
        "decided_at": _time(pair.decided_at),
    }


def _test(delivery: Delivery) -> Mapping[str, Any]:
    return {"id": delivery.object_id, "says": "This is a test. Nothing happened."}


_ABOUT: Mapping[str, Callable[[Delivery], Mapping[str, Any]]] = {
    "release": _release, "import": _import, "verdict": _verdict, "webhook": _test,
}  # fmt: skip
