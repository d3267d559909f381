"""A protected set that is registered today also reaches the prompts that came before it.

Each set is asked once about every prompt, in chunks, under a lease; an import that ends later has asked it by itself.
Where people have begun to work nothing is taken from them: the gate of the release leaves such rows out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from catalog import protected
from catalog.models import Generation, Prompt, PromptScan
from core import audit
from protect.gate import Gate
from protect.models import ProtectedSet
from work import actions
from work.models import Assignment, Task
from work.states import TaskStatus

CHUNK = 200
LEASE = timedelta(seconds=120)  # a chunk is asked in seconds, a set's index is made in a minute
_FREE = Q(ended_at=None) & (Q(lease_until=None) | Q(lease_until__lte=Now()))


class LostLease(Exception):
    """Another worker goes on with this set."""


def due() -> list[int]:
    """Sets that prompts are still to be asked against and that nobody is asking."""
    taken = PromptScan.objects.exclude(_FREE).values("protected_set")
    return list(ProtectedSet.objects.exclude(pk__in=taken).order_by("id").values_list("pk", flat=True)[:50])


def rescan(*, set_id: int) -> PromptScan | None:
    """Keep from work what matches one set, going on where a lost worker left; None when others do it, or it is done.

    Raises RegistryUnreadable when nothing could match the set.
    """
    PromptScan.objects.get_or_create(protected_set_id=set_id)
    if not PromptScan.objects.filter(_FREE, pk=set_id).update(lease_until=Now() + LEASE):
        return None
    scan = PromptScan.objects.select_related("protected_set").get(pk=set_id)
    gate = Gate({(scan.protected_set.slug, scan.protected_set.version)})
    try:
        while scan.ended_at is None:
            _chunk(scan, gate)
    except LostLease:
        return None
    return scan


@transaction.atomic
def _chunk(scan: PromptScan, gate: Gate) -> None:
    """Ask about the next prompts. Raises LostLease, and then changes nothing, when somebody else has."""
    prompts = list(Prompt.objects.filter(pk__gt=scan.asked_to).order_by("pk")[:CHUNK])
    kept_back = begun = 0
    for prompt in prompts:
        if prompt.quarantine or not (said := protected.why(gate, prompt.text, _outputs(prompt))):
            continue
        if Assignment.objects.filter(task__prompt=prompt, assignee__isnull=False).exists():
            begun += 1
        else:
            kept_back += _keep(prompt, said)
    moved = PromptScan.objects.filter(pk=scan.pk, asked_to=scan.asked_to, ended_at=None).update(
        asked_to=prompts[-1].pk if prompts else scan.asked_to,
        kept_back=F("kept_back") + kept_back,
        begun=F("begun") + begun,
        lease_until=Now() + LEASE,
        ended_at=Now() if len(prompts) < CHUNK else None,
    )
    if not moved:
        raise LostLease
    scan.refresh_from_db(fields=["asked_to", "kept_back", "begun", "ended_at"])
    if scan.ended_at is not None:
        audit.record(
            "protect.set", "ask_prompts", scan.pk, by=None, kept_back=scan.kept_back, begun=scan.begun
        )


def _outputs(prompt: Prompt) -> Iterator[dict[str, str]]:
    bodies = Generation.objects.filter(prompt=prompt).order_by("id").values_list("fileset__body", flat=True)
    return map(json.loads, bodies.iterator(chunk_size=1))


def _keep(prompt: Prompt, said: str) -> int:
    """Keep a prompt from work and take its tasks out of the queue; 0 when it was imported anew meanwhile."""
    same = Prompt.objects.filter(pk=prompt.pk, text=prompt.text, quarantine="")
    if not same.update(quarantine=said):
        return 0
    audit.record("catalog.prompt", "quarantine", prompt.pk, by=None, reason=said)
    # Locked: a task that is settled or withdrawn at this moment is left as it is.
    for task in Task.objects.select_for_update(no_key=True).filter(prompt=prompt, status=TaskStatus.OPEN):
        actions.withdraw_task(task=task, by=None, reason=said)
    return 1
