"""Imports: asked for, run under a lease, finished or refused as a whole.

A run reads the file twice. First every line is checked and staged, and nothing is written; if there is any
problem the import is refused with all of them. Then the outputs' files are stored by content, in batches (they
show nowhere by themselves), and one transaction writes prompts and outputs. A run that was lost is run again from
the start: it finds what it stored.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import structlog
from django.db import IntegrityError, connection, models, transaction
from django.db.models.functions import Now

from catalog import import_files, import_lines, protected, telling
from catalog.import_lines import KnownModel, Line
from catalog.import_staging import Staging
from catalog.models import CodeModel, Import, Project
from catalog.rules import demand
from catalog.states import IMPORT, ImportStatus, ProjectStatus
from core import jobs
from core.errors import BadInput, Problem, WrongState
from core.flow import NOW, DatabaseNow, created
from core.jobs import Job
from people.models import User
from people.rules import Permission
from protect import actions as protect
from protect import identity
from protect.gate import Gate, registry

log = structlog.get_logger(__name__)

LEASE_SECONDS = 120
# The last transaction cannot renew its lease; this many rows a second is far below what is measured.
SLOWEST_ROWS = 500
HEARTBEAT_SECONDS = 1.0
MAX_RUNS = 3
# The lease is renewed between windows of the file.
WINDOW_LINES = 500
WINDOW_BYTES = 16 * 1024 * 1024
MAX_PROBLEMS = 200

Say = Callable[[str, int, int], None]


class LostLease(Exception):
    """Another worker has taken this import over."""


class RegistryGrew(Exception):
    """A protected set was registered that this file was not asked against."""


def request_import(
    *, project: Project, chunks: Iterable[bytes], file_name: str, update: bool, by: User | None
) -> Import:
    """Keep the uploaded file and queue its import. Raises NotAllowed, or WrongState for a closed project."""
    if by is not None:
        demand(by, Permission.LEAD, project.pk)
    if project.status == ProjectStatus.CLOSED:
        raise WrongState("This project is closed; nothing can be imported into it any more.")
    path = import_files.keep(chunks)
    try:
        with transaction.atomic():
            row = Import.objects.create(
                project=project, file_name=file_name[-200:], path=path, update=update, created_by=by
            )
            created(IMPORT, row, by=by, file_name=row.file_name, update=update)
            jobs.ring(Job.RUN_IMPORT, row.pk)
    except BaseException:
        import_files.discard(path)
        raise
    return row


def due() -> list[int]:
    """Ids of imports that nobody is running: queued, or left by a lost worker. For the sweep to ring."""
    return list(Import.objects.filter(_is_due()).order_by("id").values_list("pk", flat=True)[:50])


def run(pk: int, *, say: Say | None = None) -> Import | None:
    """Run import `pk` unless somebody else does (then None). The row tells how it ended: done or refused.

    `say(phase, done, total)` is called about once a second.
    """
    row = _take(pk)
    if row is None:
        return None
    try:
        try:
            _Run(row, say).go()
        except BadInput as refusal:
            _refuse(row, refusal)
    except LostLease:
        log.info("import taken over by another worker", pk=pk, epoch=row.epoch)
        return None
    except Exception:
        # Due again at once; _take bounds how often.
        Import.objects.filter(pk=pk, epoch=row.epoch, status=ImportStatus.RUNNING).update(lease_until=Now())
        raise
    import_files.discard(row.path)
    return row


def wait(pk: int, *, say: Say | None = None) -> Import:
    """Wait for the worker that runs import `pk`; takes over if it is lost. Returns the finished row."""
    while True:
        row = Import.objects.get(pk=pk)
        if row.status in (ImportStatus.DONE, ImportStatus.REFUSED):
            return row
        if say is not None:
            say(row.phase, row.lines_done, row.lines_total)
        time.sleep(HEARTBEAT_SECONDS)
        run(pk, say=say)


def _is_due() -> models.Q:
    return models.Q(status=ImportStatus.QUEUED) | models.Q(
        status=ImportStatus.RUNNING, lease_until__lte=Now()
    )


def _take(pk: int) -> Import | None:
    with transaction.atomic():
        row = Import.objects.select_for_update(skip_locked=True).filter(_is_due(), pk=pk).first()
        if row is None:
            return None
        IMPORT.move(
            row, "start", by=None, where={"epoch": row.epoch}, epoch=row.epoch + 1,
            lease_until=DatabaseNow(LEASE_SECONDS), phase="reading", lines_done=0,
        )  # fmt: skip
        if row.epoch > MAX_RUNS:
            todo = "Import it in smaller files; if that fails too, the log of the worker tells why."
            problem = Problem("file", f"was given up after {MAX_RUNS} runs that ended without a result", todo)
            _refuse(row, BadInput("The import was given up.", problems=[problem]))
            return None
    return row


def _refuse(row: Import, refusal: BadInput) -> None:
    problems = [problem.as_dict() for problem in refusal.problems[:MAX_PROBLEMS]]
    total = refusal.extra.get("total", len(problems))
    try:
        IMPORT.move(
            row, "refuse", by=None, where={"epoch": row.epoch}, note={"problems": total}, problems=problems,
            counts={"problems": total}, phase="", finished_at=NOW, lease_until=None,
        )  # fmt: skip
    except WrongState:
        raise LostLease from None


class _Problems:
    """The first problems by line, and how many there are in all. A file with nothing but faults stays small."""

    def __init__(self) -> None:
        self.first: list[tuple[int, Problem]] = []
        self.total = 0

    def add(self, number: int, problem: Problem) -> None:
        self.total += 1
        if len(self.first) < MAX_PROBLEMS:
            self.first.append((number, problem))

    def refuse_if_any(self) -> None:
        if self.total:
            raise BadInput(
                f"The file has {self.total} problems; nothing was written.",
                problems=[problem for _, problem in sorted(self.first, key=lambda pair: pair[0])],
                extra={"total": self.total},
            )


class _Run:
    """One run of one import."""

    def __init__(self, row: Import, say: Say | None) -> None:
        self.row = row
        self.say = say
        self.path = import_files.place(row.path)
        self.beat_at = 0.0

    def go(self) -> None:
        """Check, store, write; all of it anew when a protected set was registered meanwhile."""
        if not self.path.exists():
            problem = Problem("file", "is not where it was kept", "Upload it again.")
            raise BadInput("The file is gone.", problems=[problem])
        self.row.lines_total = import_files.count_lines(self.path)
        while not self._gone_through():
            log.info("a protected set was registered during an import", pk=self.row.pk)

    def _gone_through(self) -> bool:
        """Check, store, write; False when a protected set was registered meanwhile: nothing is written then."""
        asked = registry().digest
        with Staging(self.row.project_id) as staging:
            self._check(staging)
            if staging.bodies_wanted():
                self._store(staging)
            try:
                self._write(staging, asked)
            except RegistryGrew:
                return False
        return True

    def _check(self, staging: Staging) -> None:
        """Stage every line. Raises BadInput with what is wrong in the whole file."""
        models = list(CodeModel.objects.values_list("name", "vendor", "id", "use"))
        known = {name: KnownModel(pk, use) for name, _, pk, use in models}
        own = identity.own_names((name, vendor) for name, vendor, _, _ in models)
        gate = Gate()
        problems = _Problems()
        number = 0
        for number, raw in import_files.lines(self.path):
            self._beat("checking", number)
            if raw is None:
                limit = f"{import_lines.MAX_LINE:,} bytes"
                problems.add(number, Problem(f"line {number}", f"is longer than {limit}", "Split it."))
                continue
            try:
                line = import_lines.parse(raw, known)
            except BadInput as faulty:
                for fault in faulty.problems:
                    where = f"line {number}" if fault.where == "line" else f"line {number}, {fault.where}"
                    # The parser counts lines within this one line.
                    what = fault.what.replace(" at line 1, column", " at column")
                    problems.add(number, Problem(where, what, fault.todo))
                if (key := import_lines.key_of(raw)) is not None:
                    staging.add_key(number, key)
                continue
            kept = protected.why(gate, line.text, (output.files for output in line.outputs))
            staging.add(number, line, kept, _names(line, own))
        if number == 0:
            problems.add(0, Problem("file", "has no lines", "Write one prompt a line, as JSON."))
        self._beat("comparing", number, now=True)
        staging.settle()
        for line_number, problem in staging.faults(update=self.row.update):
            problems.add(line_number, problem)
        problems.refuse_if_any()

    def _store(self, staging: Staging) -> None:
        """Store the files of every output. Somebody may store the same files just then: try again, for the rest."""
        for last_try in (False, False, True):
            try:
                self._store_missing(staging)
            except IntegrityError:
                if last_try:
                    raise
            else:
                return

    def _store_missing(self, staging: Staging) -> None:
        lines = import_files.lines(self.path)
        line = next(lines, None)
        while line is not None:
            first = line[0]
            self._beat("storing", first)
            wanted = staging.wanted(first, first + WINDOW_LINES)
            size = 0
            with staging.bodies() as put:
                while line is not None and line[0] < first + WINDOW_LINES and size < WINDOW_BYTES:
                    assert line[1] is not None  # checked a moment ago
                    for packed in import_lines.packed_outputs(line[1]) if wanted else ():
                        if packed.digest in wanted:
                            wanted.remove(packed.digest)
                            put(packed)
                    size += len(line[1])
                    line = next(lines, None)

    def _write(self, staging: Staging, asked: str) -> None:
        """Write the catalogue and finish, in one transaction. Raises RegistryGrew unless the registry is as `asked`."""
        lease = max(LEASE_SECONDS, sum(staging.count()) // SLOWEST_ROWS)
        self._beat("writing", self.row.lines_total, now=True, lease=lease)
        with transaction.atomic():
            staging.lock(update=self.row.update)
            # Asked again now that nobody can interfere: work may have been opened, or another import have ended.
            problems = _Problems()
            for number, problem in staging.faults(update=self.row.update):
                problems.add(number, problem)
            problems.refuse_if_any()
            counts = staging.write()
            # Whoever registers a set from here on finds these prompts in the catalogue, and asks about them itself.
            protect.freeze()
            if registry().digest != asked:
                raise RegistryGrew
            try:
                IMPORT.move(
                    self.row, "finish", by=None, where={"epoch": self.row.epoch}, note=counts, counts=counts,
                    phase="", lines_done=self.row.lines_total, finished_at=NOW, lease_until=None,
                )  # fmt: skip
            except WrongState:
                raise LostLease from None

    def _beat(self, phase: str, done: int, *, now: bool = False, lease: int = LEASE_SECONDS) -> None:
        """Renew the lease and show progress, about once a second. Raises LostLease if it is ours no more."""
        clock = time.monotonic()
        if not now and phase == self.row.phase and clock - self.beat_at < HEARTBEAT_SECONDS:
            return
        self.beat_at = clock
        self.row.phase = phase
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE catalog_import SET phase = %s, lines_done = %s, lines_total = %s,"
                " lease_until = clock_timestamp() + make_interval(secs => %s)"
                " WHERE id = %s AND epoch = %s AND status = 'running'",
                [phase, done, self.row.lines_total, lease, self.row.pk, self.row.epoch],
            )
            if cursor.rowcount != 1:
                raise LostLease
        if self.say is not None:
            self.say(phase, done, self.row.lines_total)


def _names(line: Line, own: Sequence[str]) -> list[str]:
    """Of each output, which names of models and vendors it tells that the prompt does not ask for; empty: none.

    What every output of the prompt says tells nothing about one of them.
    """
    found = [identity.names_in(output.files, own) for output in line.outputs]
    common = set.intersection(*map(set, found)) if len(found) > 1 else set()
    asked = {word.text.lower() for word in identity.find(line.text, own)}
    return [telling.said(each, known=common | asked) for each in found]
