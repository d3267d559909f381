"""Building a release: select, stream to files, card, manifest, publish. All of it, or nothing that anyone sees."""

from __future__ import annotations

import hmac
import shutil
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction

from core.errors import HillclimbError, WrongState
from exports import actions, changes, left_out, measuring, proof, selection, trainers, versions
from exports.actions import LeaseLost
from exports.card import Facts, card
from exports.certificate import statement
from exports.columns import OF_EVIDENCE, OF_RIVALS
from exports.croissant import CROISSANT, croissant
from exports.durable import publish, write_text
from exports.manifest import file_entry, write_manifest
from exports.models import Release
from exports.names import CARD, CHANGES, LEFT_OUT, ROWS
from exports.proof import CERTIFICATE, CHECKSUMS, MANIFEST, canonical_json, digest
from exports.selection import Choice, Selected
from exports.versions import Bump, Changes
from exports.writers import WrittenFile, write_data
from protect import actions as protect
from protect import matching
from protect.gate import registry

log = structlog.get_logger(__name__)

BEAT_SECONDS = 1.0  # how often a build says how far it is
RULES = tuple(words for _, _, words in matching.RULES.values())

Progress = Callable[[str, int, int], None]


class VersionTooLow(HillclimbError):
    """The rows changed further than the version says."""

    code = "version_too_low"
    title = "This version promises too much"

    def __init__(self, detail: str, least: Bump) -> None:
        super().__init__(detail)
        self.least = least


class NothingToRelease(HillclimbError):
    """The recipe selects no row."""

    code = "nothing_to_release"
    title = "No row is left to release"


class RegistryGrew(HillclimbError):
    """A protected set was registered that these files were not scanned against."""

    code = "registry_grew"
    title = "The protected registry has grown"


def folder_of(release: Release) -> Path:
    """Where the files of a published release are."""
    return Path(settings.RELEASE_ROOT) / str(release.pk)


def build(release_id: int) -> None:
    """Build a release that is due. A fault fails it with its reason; a lost lease leaves it to whoever took over."""
    release = actions.take(release_id=release_id)
    if release is None:
        return
    final = folder_of(release)
    _sweep(final)
    part = final.with_name(f".{release.pk}-{release.epoch}.part")
    try:
        for last_try in (False, False, True):
            try:
                _write_and_publish(release, part, final)
                break
            except RegistryGrew:
                if last_try:
                    raise
                shutil.rmtree(part, ignore_errors=True)
    except LeaseLost:
        log.warning("build was taken over", release=release.pk, epoch=release.epoch)
    except VersionTooLow as error:
        _fail(release, error.detail)
        _again(release, error.least)
    except HillclimbError as error:
        _fail(release, error.detail)
    except Exception as error:  # whatever it is, the lead must read that it failed
        log.exception("build failed", release=release.pk)
        _fail(release, f"The build stopped by a fault of ours: {type(error).__name__}.")
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_and_publish(release: Release, part: Path, final: Path) -> None:
    """Write into `part`, and publish it as `final`. Raises RegistryGrew when it was scanned against too little."""
    manifest, files, people = write(release, part, progress=_beat(release))
    with transaction.atomic():
        actions.hold(release=release)
        protect.freeze()
        if registry().digest != manifest["protected"]["sha256"]:
            raise RegistryGrew(
                "Protected sets were registered while this was built, again and again. Build it once more."
            )
        # A build that was lost between its rename and its commit left its folder: ours replaces it.
        shutil.rmtree(final, ignore_errors=True)
        publish(part, final)
        actions.publish(
            release=release,
            manifest=manifest,
            manifest_sha256=digest(final / MANIFEST),
            files=files,
            people=people,
        )


def _fail(release: Release, error: str) -> None:
    """Fail the release, unless it is another worker's by now: then that one ends it."""
    try:
        actions.fail(release=release, error=error)
    except WrongState:
        log.warning("build was taken over", release=release.pk, epoch=release.epoch)


def _again(release: Release, bump: Bump) -> None:
    """Start a re-issue anew under the version that it needs: nobody chose its number, so nobody is to be asked."""
    before = release.previous
    if before is not None and before.as_of == release.as_of:
        actions.begin(
            recipe=release.recipe,
            version=actions.next_version(release.recipe, bump),
            kept=release.frozen,
            as_of=release.as_of,
            before=before,
            note=release.note,
            created_by=release.created_by,
            by=None,
        )


def _sweep(final: Path) -> None:
    """Remove what workers that were killed left of this release."""
    for left in final.parent.glob(f".{final.name}-*.part"):
        shutil.rmtree(left, ignore_errors=True)


def _beat(release: Release) -> Progress:
    last, told = 0.0, ""

    def beat(phase: str, done: int, total: int) -> None:
        nonlocal last, told
        now = time.monotonic()
        if now - last >= BEAT_SECONDS or phase != told or done == total:
            last, told = now, phase
            _outside(lambda: actions.progress(release=release, phase=phase, done=done, total=total))

    return beat


def _outside(work: Callable[[], None]) -> None:
    """Run `work` on a connection of its own: the build's transaction must not hide its progress."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as beside:
        beside.submit(run).result()


def choice_of(release: Release) -> Choice:
    """What a release's frozen recipe asks for."""
    recipe = release.frozen
    key = hmac.digest(
        settings.SECRET_KEY.encode(), f"release|{release.recipe_id}|{release.version}".encode(), "sha256"
    )
    return Choice(
        project_id=release.project_id,
        as_of=release.as_of,
        tags=tuple(recipe["tags"]),
        min_votes=int(recipe["min_votes"]),
        held_out_share=float(recipe["held_out_share"]),
        seed=int(recipe["seed"]),
        key=key,
        evidence=bool(set(recipe["configs"]) & set(OF_EVIDENCE)),
        rivals=bool(set(recipe["configs"]) & set(OF_RIVALS)),
        frameworks=tuple(recipe.get("frameworks", ())),
        licences=tuple(recipe.get("licences", ())),
        allowed=tuple(each["model_id"] for each in recipe.get("overrides", ())),
    )


def write(
    release: Release, folder: Path, *, progress: Progress
) -> tuple[dict[str, Any], list[WrittenFile], dict[int, int]]:
    """Write all files of a release into `folder`, from one snapshot of the database: manifest, files, rows by person.

    Depends on the frozen recipe, the data and the release before alone, so it can be run again to compare bytes.
    Raises NothingToRelease, PredecessorMissing, and VersionTooLow when rows changed further than the version says.
    """
    folder.mkdir(parents=True)
    recipe = release.frozen
    name = str(recipe["project"])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        progress("Selecting rows", 0, 0)
        choice = choice_of(release)
        selected = selection.select(choice, on_scan=lambda n: progress("Scanning", n, 0))
        if selected.rows == 0:
            raise NothingToRelease(_nothing(selected, recipe))
        progress("Comparing with the release before", 0, 0)
        changed = _compared(release)
        progress("Writing files", 0, selected.rows + selected.aside)
        with (
            selection.stream(name, as_of=release.as_of, configs=recipe["configs"]) as batches,
            closing(changes.listed(folder, batches)) as rows,
        ):
            data = write_data(
                folder,
                rows,
                configs=recipe["configs"],
                formats=recipe["formats"],
                on_progress=lambda n: progress("Writing files", n, selected.rows + selected.aside),
            )
        left_out.write(folder, name)
        if changed is not None and changed.since:
            changes.write_changes(folder, name)
        progress("Measuring", selected.rows, selected.rows)
        facts = _facts(release, selected, changed)
        people = changes.people(evidence=choice.evidence)
    files = sorted([*data, *_beside(folder, facts, data, release)], key=lambda file: file.path)
    manifest = write_manifest(
        folder,
        files,
        name=str(recipe["name"]),
        version=release.version,
        recipe={**recipe, "as_of": release.as_of.isoformat()},
        code_version=settings.CODE_VERSION,
        seed=int(recipe["seed"]),
        protected={
            **selected.scan.registry.as_json(),
            "rules_version": matching.RULES_VERSION,
            "rules": list(RULES),
        },
        dropped=selected.dropped,
    )
    said = statement(manifest=manifest, manifest_sha256=digest(folder / MANIFEST), scan=selected.scan)
    write_text(folder / CERTIFICATE, canonical_json(proof.sign(said, settings.SIGNING_KEY)))
    own = [file_entry(folder, path) for path in (MANIFEST, CHECKSUMS, CERTIFICATE)]
    return manifest, [*files, *own], people


def _beside(folder: Path, facts: Facts, data: list[WrittenFile], release: Release) -> list[WrittenFile]:
    """Write what lies beside the data and is listed in the manifest."""
    pages = {CARD: card(facts, data, rules=RULES)}
    if info := trainers.dataset_info(facts.name, data):
        pages[trainers.DATASET_INFO] = canonical_json(info)
    if "parquet" in facts.formats:
        published = f"{release.as_of.astimezone(UTC):%Y-%m-%d}"
        pages[CROISSANT] = canonical_json(croissant(facts, data, published=published))
    for path, text in pages.items():
        write_text(folder / path, text)
    lists = [path for path in (ROWS, CHANGES, LEFT_OUT) if (folder / path).exists()]
    return [file_entry(folder, path) for path in (*pages, *lists)]


def _compared(release: Release) -> Changes | None:
    """What changed since the release before. Raises VersionTooLow, PredecessorMissing."""
    before = release.previous
    if before is None:
        return Changes(note=release.note) if release.note else None
    bump, words = versions.recipe_changes(before.frozen, release.frozen)
    found = changes.compare(before, folder_of(before), recipe=words, note=release.note)
    least = max(bump, versions.least(found))
    if versions.bump_between(before.version, release.version) < least:
        kind = "rows moved between train and test" if found.moved else "rows were added"
        raise VersionTooLow(
            f"Since {before.version} {kind}: this needs version {versions.after(before.version, least)} or higher.",
            least,
        )
    return found


def _nothing(selected: Selected, recipe: Mapping[str, Any]) -> str:
    filters = [
        f"{what} {' or '.join(recipe[key])}"
        for key, what in (("tags", "the tag"), ("frameworks", "the framework"), ("licences", "the licence"))
        if recipe.get(key)
    ]
    if not selected.dropped and filters:
        return f"No pair with a verdict is of a prompt with {' and '.join(filters)}."
    if not selected.dropped:
        return "No pair of this project has a verdict yet. Rows come from accepted work that voters compared."
    reasons = "; ".join(f"{n} {reason}" for reason, n in selected.dropped.items())
    return f"Every pair was left out: {reasons}. {left_out.refusal(str(recipe['project']))}".rstrip()


def _facts(release: Release, selected: Selected, changed: Changes | None) -> Facts:
    recipe = release.frozen
    counted = measuring.facts()
    as_of, seed = release.as_of, int(recipe["seed"])
    measuring.score(as_of)
    rates = [measuring.by_pair(release.project_id, as_of), measuring.by_vote(seed)]
    notes = []
    if selected.largest_share > 0.05:
        notes.append(
            f"One contributor carries {selected.largest_share:.0%} of the weight: with fewer than 20 contributors no "
            "weighting can hold everyone under 5%."
        )
    return Facts(
        name=str(recipe["name"]),
        version=release.version,
        summary=str(recipe["summary"]),
        licence=str(recipe["licence"]),
        target=str(recipe["target"]),
        rival=str(recipe["rival"]),
        dropped=selected.dropped,
        win_rates=[rate for rate in rates if rate is not None],
        climb=measuring.climb(seed),
        agreement=measuring.agreed(),
        length=measuring.lengths(),
        scan=selected.scan,
        notes=notes,
        tags=tuple(recipe["tags"]),
        configs=tuple(recipe["configs"]),
        formats=tuple(recipe["formats"]),
        changes=changed,
        models=recipe.get("models", ()),
        overrides=recipe.get("overrides", ()),
        **counted,
    )
