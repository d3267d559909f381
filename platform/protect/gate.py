"""The gate: one prompt or file set asked against every protected set, with the nearest match in words."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from protect.fingerprints import CodeFingerprint, Fingerprinter, PromptFingerprint
from protect.matching import CodeIndex, Match, PromptIndex
from protect.models import ProtectedItem, ProtectedSet


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


def registry() -> list[dict[str, object]]:
    """Every registered set, as manifests name it: slug, version, number of items."""
    rows = ProtectedSet.objects.order_by("slug", "version").values("slug", "version", "item_count")
    return [{"set": row["slug"], "version": row["version"], "items": row["item_count"]} for row in rows]


Name = tuple[str, str, str]


class Gate:
    """Every protected set as it stood when the gate was made, in memory."""

    def __init__(self) -> None:
        self._make = Fingerprinter()
        self._prompts = PromptIndex(
            (name, PromptFingerprint.from_json(value)) for name, value in _items("prompt")
        )
        self._code = CodeIndex((name, CodeFingerprint.from_json(value)) for name, value in _items("code"))

    @property
    def guards_code(self) -> bool:
        """Whether any protected code is registered: without it, code need not be fingerprinted."""
        return len(self._code) > 0

    @property
    def is_set(self) -> bool:
        """Whether anything is registered to be matched against."""
        return len(self._prompts) > 0 or self.guards_code

    def prompt(self, text: str) -> Hit | None:
        """The nearest protected prompt; None means no match by these rules at these thresholds."""
        if len(self._prompts) == 0:
            return None
        return _hit(self._prompts.match(self._make.prompt(text)))

    def code(self, files: Mapping[str, str]) -> Hit | None:
        """The nearest protected code; None means no match by these rules at these thresholds."""
        if not self.guards_code:
            return None
        return _hit(self._code.match(self._make.code(files)))


def _items(kind: str) -> Iterator[tuple[Hashable, Mapping[str, object]]]:
    rows = ProtectedItem.objects.filter(kind=kind).order_by("id")
    fields = ("protected_set__slug", "protected_set__version", "key", "fingerprint")
    for slug, version, key, value in rows.values_list(*fields).iterator(chunk_size=2000):
        yield (slug, version, key), value


def _hit(match: Match | None) -> Hit | None:
    if match is None:
        return None
    assert isinstance(match.item, tuple)
    protected_set, version, key = match.item
    return Hit(protected_set, version, key, match)
