"""A project on a yard: prompts with given pages, work sent by its author, and waiting for what the workers make of it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping

from django.db.models import F

from catalog.models import Generation, Prompt, Use
from checks.models import CheckRun
from checks.states import RunStatus
from core import filesets
from people.models import User
from people.rules import Role
from tests.faults.invariants import Answered, violations
from tests.pipeline.yard import WORKERS, Yard
from tests.worlds import world
from work import actions, draft_actions
from work.models import Assignment, Submission
from work.states import Outcome, TaskKind

HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
BASE = {
    "index.html": HEAD
    + "<title>Bakery</title></head><body><main><h1>Bakery</h1><p>Bread, rolls and cakes, baked"
    " every morning. Order before noon and collect after work.</p></main></body></html>"
}
RIVAL = {
    "index.html": HEAD
    + "<title>The corner bakery</title><style>body{font:18px serif;margin:2rem}nav{display:flex;"
    "gap:1rem}</style></head><body><nav><a href='#bread'>Bread</a><a href='#cakes'>Cakes</a></nav><main><h1>The corner"
    " bakery</h1><section id='bread'><h2>Bread</h2><p>Rye, wheat, spelt.</p></section><section id='cakes'><h2>Cakes</h2>"
    "<p>Plum, poppy seed, cheese.</p></section></main></body></html>"
}


def refined(text: str = "", *, busy_ms: int = 0) -> dict[str, str]:
    """A better page than BASE. With `busy_ms` it keeps changing for so long after it opened, so that showing it takes time."""
    busy = (
        f"<p id=t></p><script>const s=Date.now(),h=setInterval(()=>{{t.textContent=Date.now();"
        f"if(Date.now()-s>{busy_ms})clearInterval(h)}},20)</script>"
        if busy_ms
        else ""
    )
    return {
        "index.html": HEAD
        + "<title>Bakery</title><style>body{font:1.1rem/1.5 system-ui;margin:0 auto;max-width:60ch;"
        "padding:1rem;color:#222}h1{color:#174638}ul{padding:0;list-style:none}li{border-top:1px solid #ccc;padding:.5rem}"
        f"</style></head><body><main><h1>Bakery {text}</h1><p>Baked every morning. Order before noon.</p><ul>"
        f"<li>Bread</li><li>Rolls</li><li>Cakes</li></ul>{busy}</main></body></html>"
    }


class Stage:
    """The rows of one project, and the yard whose processes work on them."""

    def __init__(self, yard: Yard, *, without: tuple[str, ...] = ()) -> None:
        self.yard = yard
        self.world = world(prompts=0, check_policy=dict.fromkeys(without, "off"))
        self.answered = Answered()
        self._number = itertools.count(1)

    def seat(
        self,
        *,
        base: Mapping[str, str] | None = BASE,
        rival: Mapping[str, str] = RIVAL,
        by: User | None = None,
    ) -> tuple[Assignment, User]:
        """A new prompt with these outputs, claimed by a new person unless one is given."""
        number = next(self._number)
        prompt = Prompt.objects.create(
            project=self.world.project, key=f"s{number}", text="A page for a bakery", framework="html", source="test",
            licence="CC0", cluster=f"s{number}", tags=[],
        )  # fmt: skip
        for model, files, use in (
            (self.world.project.target, base, Use.TRAIN),
            (self.world.project.rival, rival, Use.EVAL_ONLY),
        ):
            if files is not None:
                Generation.objects.create(prompt=prompt, model=model, fileset=filesets.store(files), use=use)
        actions.open_tasks(project=self.world.project, by=self.world.lead)
        author = by or self.world.person(f"author{number}", Role.CONTRIBUTOR)
        kind = TaskKind.WRITE if base is None else TaskKind.REFINE
        held = actions.claim(by=author, project_id=self.world.project.pk, kind=kind)
        return Assignment.objects.select_related("project", "task").get(pk=held.pk), author

    def save(self, seat: Assignment, author: User, files: Mapping[str, str]) -> int:
        """Save the draft; its revision. What was answered is remembered."""
        saved = draft_actions.save(
            by=author, assignment=seat, rev=seat.versions.count(), files=dict(files), rationale="Clearer type and order.",
            ratings={},
        )  # fmt: skip
        self.answered.drafts.append((seat.pk, saved.rev, saved.fileset.digest))
        return saved.rev

    def send(self, files: Mapping[str, str], **pages: Mapping[str, str] | None) -> Submission:
        """Claim, save and submit as one does."""
        seat, author = self.seat(**pages)  # type: ignore[arg-type]  # base and rival only
        rev = self.save(seat, author, files)
        sent = draft_actions.submit(
            by=author, assignment=seat, rev=rev, outcome=Outcome.REFINED, reason="Clearer type and order."
        )
        self.remember(sent)
        return sent

    def remember(self, sent: Submission) -> None:
        """A submission was answered with success."""
        self.answered.submissions[sent.pk] = filesets.pack(sent.fileset.files).digest if sent.fileset else ""

    def running(self, sent: Submission, check: str = "render", *, epoch: int = 1) -> CheckRun:
        """Wait until a worker runs this check."""

        def look() -> CheckRun | None:
            return CheckRun.objects.filter(
                submission=sent, check_name=check, status=RunStatus.RUNNING, epoch__gte=epoch
            ).first()

        return self.yard.wait(look, f"{check} of submission {sent.pk} to run")

    def let_the_lease_run_out(self, run: CheckRun) -> bool:
        """As if two minutes went by for this run; False when it was over already."""
        return bool(
            CheckRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING, epoch=run.epoch).update(
                lease_until=F("started_at")
            )
        )

    def settled(self, sent: Submission) -> Submission:
        """Wait until the submission waits for a person; with the review task, where there should be one."""

        def look() -> Submission | None:
            sent.refresh_from_db()
            if sent.status == "awaiting_review" and not sent.follow_ups.filter(kind="review").exists():
                return None
            return sent if sent.status != "checking" else None

        return self.yard.wait(look, f"submission {sent.pk} to settle")

    def results(self, sent: Submission) -> dict[str, str]:
        """Check to status."""
        return dict(sent.check_runs.values_list("check_name", "status"))

    def faults(self) -> list[str]:
        """Broken invariants and browsers left over, once quiet."""
        self.yard.start(*WORKERS)
        deadline = time.monotonic() + 20
        # A browser whose worker was killed ends by itself, but not within the same millisecond.
        while (strays := self.yard.strays()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return violations(self.answered) + [f"Chromium {pid} is left over" for pid in strays]
