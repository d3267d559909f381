"""One journey: a lead imports and opens tasks, people work until nothing is left, a release is built and fetched."""

from __future__ import annotations

import hashlib
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from exports import proof
from tests.journeys import work
from tests.journeys.browserless import Refused, Session
from tests.journeys.stage import Stage

# Seconds. The whole of the real outputs takes minutes on a quiet machine; a crowded one may need ten times that.
PATIENCE = 3600.0
GLANCE = 0.5
IDLE = 8.0

Say = Callable[[str], None]


@dataclass
class Journey:
    """The state of a journey in progress."""

    origin: str
    stage: Stage
    say: Say
    target: Path
    done: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _door: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _faults: list[Exception] = field(default_factory=list)

    def run(self) -> Path:
        """The whole of it; the folder of the downloaded release."""
        lead = self._person(self.stage.lead)
        self._import(lead)
        self._work()
        release = self._release(lead)
        return self._download(self._person(self.stage.ml), release)

    def _person(self, name: str) -> Session:
        session = Session(self.origin, name)
        # One after the other: attempts in flight from one address count as failed ones until they succeed.
        with self._door:
            session.sign_in(self.stage.password)
        return session

    def _note(self, what: str) -> None:
        with self._lock:
            self.done[what] += 1

    def _import(self, lead: Session) -> None:
        self.say("A lead imports the prompts in the admin")
        add = "/admin/catalog/import/add/"
        lead.get(add)
        content = self.stage.file.read_bytes()
        page = lead.post(
            add, {"project": str(self.stage.project.pk)}, {"file": (self.stage.file.name, content)}
        )
        found = re.search(r"/admin/catalog/import/(\d+)/", page.url)
        if not found:
            raise Refused(f"the import was not taken: {page.url}")
        self._wait(
            lambda: b"every 1s" not in lead.get(f"/admin/catalog/import/{found[1]}/progress/").body,
            "the import",
        )
        said = lead.get(f"/admin/catalog/import/{found[1]}/progress/").text
        if f"{self.stage.prompts}" not in said:
            raise Refused(f"the import did not end well: {re.sub(r'<[^>]+>', ' ', said)[:400]}")
        self._take_names_out(lead)
        page = lead.post(f"/desk/{self.stage.project.slug}/open-tasks/", {})
        self.say("The lead opens the tasks")
        if page.status != 200:
            raise Refused(f"the tasks were not opened: {page.status}")
        if self.stage.only:
            self._withdraw_others(lead)

    def _take_names_out(self, lead: Session) -> None:
        """What names a model waits for the lead, who lets nobody see it: the names are taken out."""
        page = lead.get(f"/desk/{self.stage.project.slug}/names/").text
        kept = sorted(set(re.findall(r"/desk/names/output/\d+/", page)))
        for look in kept:
            lead.get(look)
            if lead.post(f"{look}take-out/", {}).status != 200:
                raise Refused(f"the names were not taken out of {look}")
        if kept:
            self.say(f"The lead takes names of models out of {len(kept)} outputs")

    def _withdraw_others(self, lead: Session) -> None:
        """Leave open only the tasks of the prompts that this journey is about."""
        page = lead.get(f"/admin/work/task/?project={self.stage.project.pk}").text
        tasks = re.findall(r"/admin/work/task/(\d+)/change/.*?field-prompt_key[^>]*>\s*([^<\s]+)", page, re.S)
        if {key for _, key in tasks} < self.stage.only or len(tasks) != self.stage.prompts:
            raise Refused(f"the list of tasks shows {len(tasks)} of {self.stage.prompts}")
        others = [task for task, key in tasks if key not in self.stage.only]
        for task in others:
            lead.post(f"/admin/work/task/{task}/do/withdraw/", {"reason": "Not part of this journey."})
        self.say(f"The lead withdraws {len(others)} tasks; {len(tasks) - len(others)} stay")

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not ready():
            if time.monotonic() > until:
                raise Refused(f"{what} took longer than {PATIENCE:.0f} s")
            time.sleep(GLANCE)

    def _work(self) -> None:
        """Everybody works at once, each in a thread of their own, until nothing is left to do."""
        self.say(
            f"{len(self.stage.contributors)} contributors and {len(self.stage.reviewers)} reviewers work"
        )
        threads = [
            threading.Thread(target=self._guarded, args=(self._contributor, name))
            for name in self.stage.contributors
        ]
        threads += [
            threading.Thread(target=self._guarded, args=(self._reviewer, name))
            for name in self.stage.reviewers
        ]
        for thread in threads:
            thread.start()
        until = time.monotonic() + PATIENCE
        while not self._over.is_set() and not self._settled():
            if time.monotonic() > until:
                self._faults.append(Refused(f"work was not done after {PATIENCE:.0f} s: {dict(self.done)}"))
                break
            self._over.wait(2 * GLANCE)
        self._over.set()
        for thread in threads:
            thread.join()
        if self._faults:
            raise self._faults[0]

    def _guarded(self, act: Callable[[Session], None], name: str) -> None:
        try:
            act(self._person(name))
        except Exception as fault:
            self._faults.append(fault)
            self._over.set()

    def _settled(self) -> bool:
        """Whether no task is open and no submission on its way; asked of the database, as nobody sees all of it."""
        from django.db import connection

        from work.models import Submission, Task

        try:
            project = self.stage.project
            if Task.objects.filter(project=project, status="open").exists():
                return False
            waiting = Submission.objects.filter(project=project, status__in=["checking", "awaiting_review"])
            unpaired = Submission.objects.filter(
                project=project, status="accepted", outcome="refined", pairs__isnull=True
            )
            return not waiting.exists() and not unpaired.exists()
        finally:
            connection.close()

    def _pause(self, idle: float) -> float:
        """Look again later, and later each time, as a person does who finds nothing; the next pause."""
        self._over.wait(idle)
        return min(idle * 2, IDLE)

    def _contributor(self, person: Session) -> None:
        rng, idle = _temper(person), GLANCE
        while not self._over.is_set():
            for kind in ("refine", "write", "compare"):
                page = work.claim(person, self.stage.project.pk, kind)
                if page is None:
                    continue
                if kind == "compare":
                    work.voter(person, page)
                    self._note("votes")
                else:
                    work.author(person, page, careless=rng.random() < 0.12)
                    self._note("submissions")
                idle = GLANCE
                break
            else:
                idle = self._pause(idle)

    def _reviewer(self, person: Session) -> None:
        rng, idle = _temper(person), GLANCE
        while not self._over.is_set():
            page = work.claim(person, self.stage.project.pk, "review")
            if page is None:
                idle = self._pause(idle)
                continue
            idle = GLANCE
            self._note(work.reviewer(person, page, mood=rng.random()))

    def _release(self, lead: Session) -> int:
        self.say("The lead writes a recipe and builds it")
        add = "/admin/exports/recipe/add/"
        lead.get(add)
        fields: dict[str, str | list[str]] = {
            "project": str(self.stage.project.pk), "name": self.stage.project.slug, "tags": "", "seed": "1",
            "configs": ["default", "preference", "kto", "sft", "edit"], "formats": ["parquet", "jsonl"],
            "held_out_share": "0.1", "min_votes": "3", "licence": "other", "_continue": "1",
        }  # fmt: skip
        page = lead.post(add, fields)
        found = re.search(r"/admin/exports/recipe/(\d+)/change/", page.url)
        if not found:
            raise Refused(
                "the recipe was not taken: "
                + " ".join(re.findall(r"errorlist[^>]*>(.*?)</ul>", page.text, re.S))
            )
        page = lead.post(f"/admin/exports/recipe/{found[1]}/do/build/", {})
        built = re.search(r"/admin/exports/release/(\d+)/", page.url)
        if not built:
            raise Refused(f"the build did not start: {page.url}")
        pk = int(built[1])
        self._wait(
            lambda: b"every 1s" not in lead.get(f"/admin/exports/release/{pk}/progress/").body, "the build"
        )
        return pk

    def _download(self, ml: Session, release: int) -> Path:
        self.say("An ML user makes a token and downloads the release, resuming each file half way")
        ml.get("/releases/tokens/")
        fields: dict[str, str | list[str]] = {
            "project": str(self.stage.project.pk),
            "name": "journey",
            "days": "1",
            "verbs": ["read", "download"],
        }
        page = ml.post("/releases/tokens/", fields)
        secret = re.search(r"hc_[0-9a-f]{8}_[\w-]+", page.text)
        if not secret:
            raise Refused("no token was shown")
        api = Session(self.origin, "token")
        bearer = {"Authorization": f"Bearer {secret[0]}"}
        about = api.get(f"/api/v1/releases/{release}/", bearer)
        if about.status != 200:
            raise Refused(f"the API answered {about.status}: {about.text[:300]}")
        for file in about.json()["files"]:
            path = file["url"].removeprefix(self.origin)
            half = file["byte_size"] // 2
            first = api.get(path, {**bearer, "Range": f"bytes=0-{max(half - 1, 0)}"})
            rest = api.get(path, {**bearer, "Range": f"bytes={half}-", "If-Range": first.headers["etag"]})
            content = first.body[:half] + rest.body
            if hashlib.sha256(content).hexdigest() != file["sha256"]:
                raise Refused(f"{file['path']} does not match its checksum after resuming")
            place = self.target / file["path"]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        keys = [proof.key_of(key["public_key"]) for key in api.get("/api/v1/signing-keys/").json()]
        if faults := proof.faults(self.target, trusted=keys):
            raise Refused(f"the release does not verify: {'; '.join(faults)}")
        return self.target


def _temper(person: Session) -> random.Random:
    """What the third contributor is like does not depend on when a journey starts."""
    return random.Random(person.name.rpartition("-")[2])
