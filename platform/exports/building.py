"""Building a release: select, stream to files, card, manifest, publish. All of it, or nothing that anyone sees."""

from __future__ import annotations

import hmac
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction

from arena import win_rate
from core.errors import HillclimbError, WrongState
from exports import actions, selection
from exports.actions import LeaseLost
from exports.card import Facts, Interval, Scan, card
from exports.manifest import CHECKSUMS, MANIFEST, digest, file_entry, write_manifest
from exports.models import Release
from exports.selection import Choice, Selected
from exports.writers import WrittenFile, publish, write_data, write_text
from protect import matching

log = structlog.get_logger(__name__)

BEAT_SECONDS = 1.0  # how often a build says how far it is
RULES = (
    "prompts: equal after normalising",
    f"prompts: Jaccard similarity of character 5-grams of {matching.CHAR_JACCARD} or more",
    f"protected prompts of {matching.LONG} words or more: over {matching.COVER:.0%} of their 8-word grams present",
    f"protected prompts of fewer words: {matching.CONTAINMENT:.0%} or more of their words present",
    f"code: Jaccard similarity of 5-token shingles of {matching.CODE_JACCARD} or more",
)

Progress = Callable[[str, int, int], None]


class NothingToRelease(HillclimbError):
    """The recipe selects no row."""

    code = "nothing_to_release"
    title = "No row is left to release"


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
        manifest, files = write(release, part, progress=_beat(release))
        with transaction.atomic():
            actions.hold(release=release)
            # A build that was lost between its rename and its commit left its folder: ours replaces it.
            shutil.rmtree(final, ignore_errors=True)
            publish(part, final)
            actions.publish(
                release=release, manifest=manifest, manifest_sha256=digest(final / MANIFEST), files=files
            )
    except LeaseLost:
        log.warning("build was taken over", release=release.pk, epoch=release.epoch)
    except HillclimbError as error:
        _fail(release, error.detail)
    except Exception as error:  # whatever it is, the lead must read that it failed
        log.exception("build failed", release=release.pk)
        _fail(release, f"The build stopped by a fault of ours: {type(error).__name__}.")
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fail(release: Release, error: str) -> None:
    """Fail the release, unless it is another worker's by now: then that one ends it."""
    try:
        actions.fail(release=release, error=error)
    except WrongState:
        log.warning("build was taken over", release=release.pk, epoch=release.epoch)


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
    )


def write(release: Release, folder: Path, *, progress: Progress) -> tuple[dict[str, Any], list[WrittenFile]]:
    """Write all files of a release into `folder`, from one snapshot of the database.

    Depends on the frozen recipe and the data alone, so it can be run again to compare bytes. Raises
    NothingToRelease.
    """
    folder.mkdir(parents=True)
    recipe = release.frozen
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        progress("Selecting rows", 0, 0)
        selected = selection.select(choice_of(release), on_scan=lambda n: progress("Scanning", n, 0))
        if selected.rows == 0:
            raise NothingToRelease(_nothing(selected, recipe["tags"]))
        files = write_data(
            folder,
            selection.stream(str(recipe["project"])),
            configs=recipe["configs"],
            formats=recipe["formats"],
            on_progress=lambda n: progress("Writing files", n, selected.rows),
        )
        facts = _facts(release, selected)
    write_text(folder / "README.md", card(facts, files, rules=RULES))
    files = sorted([*files, file_entry(folder, "README.md")], key=lambda file: file.path)
    manifest = write_manifest(
        folder,
        files,
        name=str(recipe["name"]),
        version=release.version,
        recipe={**recipe, "as_of": release.as_of.isoformat()},
        code_version=settings.CODE_VERSION,
        seed=int(recipe["seed"]),
        protected={
            "sets": selected.scanned,
            "rules_version": matching.RULES_VERSION,
            "rules": list(RULES),
        },
        dropped=selected.dropped,
    )
    return manifest, [*files, file_entry(folder, MANIFEST), file_entry(folder, CHECKSUMS)]


def _nothing(selected: Selected, tags: list[str]) -> str:
    if not selected.dropped and tags:
        return f"No pair with a verdict is of a prompt with one of the tags {', '.join(tags)}."
    if not selected.dropped:
        return "No pair of this project has a verdict yet. Rows come from accepted work that voters compared."
    reasons = "; ".join(f"{n} {reason}" for reason, n in selected.dropped.items())
    return f"Every pair was left out: {reasons}."


def _facts(release: Release, selected: Selected) -> Facts:
    recipe = release.frozen
    counted = selection.facts()
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
        win_rates=_win_rates(release.project_id, release.as_of),
        scans=[
            Scan(name=str(each["set"]), version=str(each["version"]), items=int(each["items"]), matches=0)
            for each in selected.scanned
        ],
        notes=notes,
        **counted,
    )


def _win_rates(project_id: int, as_of: datetime) -> list[Interval]:
    """The refined pages' win rate against the rival over every pair with a verdict, undecided ones as ties."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE outcome = 'refined'), count(*) FILTER (WHERE outcome <> 'refined'"
            " AND outcome <> 'rival'), count(*) FROM arena_pair"
            " WHERE project_id = %s AND status <> 'open' AND decided_at < %s",
            [project_id, as_of],
        )
        wins, ties, n = cursor.fetchone()
    if n == 0:
        return []
    score = wins + ties / 2
    low, high = win_rate.wilson(score, n)
    label = "Refined pages against the rival, by pair; ties and undecided pairs count half"
    return [Interval(label=label, rate=score / n, low=low, high=high, n=n, method="Wilson, 95%")]
