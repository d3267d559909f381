"""The gate: one prompt or file set asked against every protected set, with the nearest match in words."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import HillclimbError
from protect import canaries
from protect.fingerprints import CodeFingerprint, Fingerprinter, PromptFingerprint
from protect.matching import CodeIndex, Match, PromptIndex, Rule
from protect.models import ProtectedCanary, ProtectedItem, ProtectedSet


class RegistryUnreadable(HillclimbError):
    """The registry cannot be asked, so nothing passes."""

    code = "registry_unreadable"
    title = "The protected sets cannot be asked"


@dataclass(frozen=True, slots=True)
class Hit:
    """A match at the gate: which item of which set, by which rule, how near."""

    protected_set: str
    version: str
    key: str
    match: Match

    def __str__(self) -> str:
        return (
            f"Matches item “{self.key}” of protected set {self.protected_set} {self.version} by rule "
            f"{self.match.rule} ({self.match.score:.2f}, threshold {self.match.threshold:.2f})."
        )


@dataclass(frozen=True, slots=True)
class Registry:
    """The registered sets at one moment. Sets are only ever added, so `version`, their number, counts up."""

    sets: tuple[dict[str, Any], ...]

    @property
    def version(self) -> int:
        """How many versions of sets are registered."""
        return len(self.sets)

    @property
    def digest(self) -> str:
        """SHA-256 over the sets, each named with the digest of its items."""
        return hashlib.sha256(json.dumps(self.sets, sort_keys=True).encode()).hexdigest()

    @property
    def names(self) -> set[tuple[str, str]]:
        """(set, version) of each."""
        return {(str(each["set"]), str(each["version"])) for each in self.sets}

    def as_json(self) -> dict[str, Any]:
        """As manifests and certificates name it."""
        return {"version": self.version, "sha256": self.digest, "sets": list(self.sets)}


def registry() -> Registry:
    """Every registered set: slug, version, number of items, digest."""
    rows = ProtectedSet.objects.order_by("slug", "version").values("slug", "version", "item_count", "digest")
    return Registry(
        tuple(
            {
                "set": row["slug"],
                "version": row["version"],
                "items": row["item_count"],
                "sha256": row["digest"],
            }
            for row in rows
        )
    )


Name = tuple[str, str, str]
Only = Collection[tuple[str, str]] | None


@dataclass(frozen=True, slots=True)
class Recall:
    """Of the items of one kind that were edited in one way and planted: how many a scan finds."""

    kind: str  # prompt | code
    edit: str  # one of protect.canaries.EDITS
    planted: int
    found: int


class Gate:
    """Protected sets as they stood when the gate was made, in memory: all, or `only` those of (slug, version).

    Raises RegistryUnreadable when fingerprints were made in another way than ours.
    """

    def __init__(self, only: Only = None) -> None:
        self._make = Fingerprinter()
        self._sets = self._checked(only)
        try:
            self._prompts = PromptIndex(
                (name, PromptFingerprint.from_json(value)) for name, value in self._items("prompt")
            )
            self._code = CodeIndex(
                (name, CodeFingerprint.from_json(value)) for name, value in self._items("code")
            )
        except (ValueError, KeyError, TypeError) as error:
            raise RegistryUnreadable(f"A protected item cannot be read: {error}.") from error

    def _checked(self, only: Only) -> dict[int, tuple[str, str]]:
        """Slug and version of the sets to be asked, by id."""
        ours = self._make.probe()
        found: dict[int, tuple[str, str]] = {}
        for pk, slug, version, probe in ProtectedSet.objects.values_list("pk", "slug", "version", "probe"):
            if only is not None and (slug, version) not in only:
                continue
            if probe != ours:
                raise RegistryUnreadable(
                    f"Protected set {slug} {version} was fingerprinted in another way than candidates are now, so "
                    "nothing could match it. Register its texts again as a new version."
                )
            found[pk] = slug, version
        return found

    @property
    def guards_prompts(self) -> bool:
        """Whether any protected prompt is registered."""
        return len(self._prompts) > 0

    @property
    def guards_code(self) -> bool:
        """Whether any protected code is registered: without it, code need not be fingerprinted."""
        return len(self._code) > 0

    @property
    def is_set(self) -> bool:
        """Whether anything is registered to be matched against."""
        return self.guards_prompts or self.guards_code

    def prompt(self, text: str) -> Hit | None:
        """The nearest protected prompt; None means no match by these rules at these thresholds."""
        if not self.guards_prompts:
            return None
        return _hit(self._prompts.match(self._make.prompt(text)))

    def code(self, files: Mapping[str, str]) -> Hit | None:
        """The nearest protected code; None means no match by these rules at these thresholds."""
        if not self.guards_code:
            return None
        return _hit(self._code.match(self._make.code(files)))

    def nearest_prompt(self, text: str) -> dict[Rule, float]:
        """How near each rule of prompts comes to an item, 0 to 1 (see PromptIndex.nearest)."""
        return self._prompts.nearest(self._make.prompt(text))

    def nearest_code(self, files: Mapping[str, str]) -> dict[Rule, float]:
        """How near the rule of code comes to an item, 0 to 1."""
        return self._code.nearest(self._make.code(files))

    def recall(self) -> list[Recall]:
        """Ask for every planted item like for a candidate; by kind and edit, in the order of protect.canaries."""
        planted: Counter[tuple[str, str]] = Counter()
        found: Counter[tuple[str, str]] = Counter()
        rows = ProtectedCanary.objects.filter(protected_set__in=list(self._sets)).order_by("id")
        for kind, edit, value in rows.values_list("kind", "edit", "fingerprint").iterator(chunk_size=500):
            planted[kind, edit] += 1
            match = (
                self._prompts.match(PromptFingerprint.from_json(value))
                if kind == "prompt"
                else self._code.match(CodeFingerprint.from_json(value))
            )
            found[kind, edit] += match is not None
        return [
            Recall(kind, edit, planted[kind, edit], found[kind, edit])
            for kind in ("prompt", "code")
            for edit in canaries.EDITS
            if planted[kind, edit]
        ]

    def _items(self, kind: str) -> Iterator[tuple[Hashable, Mapping[str, object]]]:
        rows = ProtectedItem.objects.filter(kind=kind, protected_set__in=list(self._sets)).order_by("id")
        fields = ("protected_set", "key", "fingerprint")
        for pk, key, value in rows.values_list(*fields).iterator(chunk_size=2000):
            yield (*self._sets[pk], key), value


def _hit(match: Match | None) -> Hit | None:
    if match is None:
        return None
    assert isinstance(match.item, tuple)
    protected_set, version, key = match.item
    return Hit(protected_set, version, key, match)
